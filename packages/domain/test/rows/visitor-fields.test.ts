import { describe, expect, it } from 'vitest';
import { erasePersonal } from '../../src/erase-personal.ts';
import { fold } from '../../src/evolve.ts';
import { recordTest } from '../../src/record-test.ts';
import { restored, snapshotOf } from '../../src/snapshot.ts';
import { initialDialog } from '../../src/state.ts';
import { stateHash } from '../../src/state-hash.ts';
import { bot } from '../kit/bots.ts';
import { aDialog } from '../kit/dialog.ts';

const knowing = bot(`
defaults: { handover: { department: operators } }
scripts:
  welcome:
    when: chat_start
    steps:
      - if: empty(visitor.name)
        then: [{ say: who is there? }]
        else: [{ say: "hello {{ visitor.name }}" }]
  who: { when: { text: { any_of: [who] } }, steps: [{ say: "{{ visitor.name }}, {{ visitor.phone }}, {{ visitor.tariff }}" }] }
  human: { when: { text: { any_of: [human] } }, steps: [{ handover: { on_failed: [{ stop: true }] } }] }
  back: { when: { returned: { cause: [operator_redirect] } }, steps: [{ say: "again {{ visitor.name }}" }] }
  after: { when: { returned: { cause: [final_close] } }, deliver: drop, steps: [{ say: "bye {{ visitor.name }}" }] }
  other: { when: { fallback: { streak: 1 } }, steps: [{ say: "?" }] }
`);
const anna = { fields: { name: 'Anna', phone: '+7 900', tariff: 'gold' } };
const aKnown = () => aDialog({ script: knowing });

describe('what Webim says of the visitor', () => {
  it('is `visitor.*` of the script from the first step on: his name, phone and the fields of the account', () => {
    const dialog = aKnown();
    dialog.newChat(['who'], { visitor: anna });
    dialog.accepts();
    expect(dialog.heard()).toEqual(['hello Anna', 'Anna, +7 900, gold']);
    expect(dialog.of('ScriptAdvanced')[0]?.read).toEqual({ 'visitor.name': 'Anna' });
  });

  it('is null where Webim says nothing, also in a dialog that began with a message', () => {
    const dialog = aKnown();
    dialog.says('who');
    dialog.accepts();
    expect(dialog.heard()).toEqual(['who is there?', ', , ']);
  });

  it('is known as soon as the chat that a message overtook comes, and the newest value of each field counts', () => {
    const dialog = aKnown();
    dialog.says('hello');
    dialog.newChat([], { visitor: anna });
    dialog.accepts();
    dialog.newChat(['who'], { visitor: { fields: { name: 'Anna Petrova' } } });
    dialog.accepts();
    expect(dialog.heard().at(-1)).toBe('Anna Petrova, +7 900, gold');
  });

  it('is known to Return, in an open chat and after the final close', () => {
    const dialog = aKnown();
    dialog.newChat([], { visitor: anna });
    dialog.says('human');
    dialog.accepts();
    dialog.passes(60_000);
    dialog.newChat();
    dialog.accepts();
    expect(dialog.heard().at(-1)).toBe('again Anna');
    dialog.says('human');
    dialog.accepts();
    dialog.closed();
    expect(dialog.of('TextDropped')).toEqual([{ text: 'bye Anna', reason: 'deliver_drop' }]);
  });

  it('a refused webhook tells it by its repeat', () => {
    const dialog = aKnown();
    dialog.newChat([], { visitor: anna, refused: true });
    dialog.passes(1_000);
    dialog.newChat([], { visitor: anna });
    dialog.accepts();
    expect(dialog.heard()).toEqual(['hello Anna']);
  });

  it('is kept in a snapshot, replays, and leaves the state hash when it is erased', () => {
    const dialog = aKnown();
    dialog.newChat(['who'], { visitor: anna });
    dialog.accepts();
    const kept = restored(JSON.parse(JSON.stringify(snapshotOf(dialog.state()))));
    expect(kept).toMatchObject({ visitorFields: anna.fields });
    expect(dialog.replayed().events).toEqual(dialog.stream());
    const erased = fold(dialog.stream().map(erasePersonal), initialDialog);
    expect(JSON.stringify(erased)).not.toContain('Anna');
    expect(stateHash(erased)).toBe(stateHash(dialog.state()));
  });

  it('stands in a test made of the recording, as far as the script read it, with stand-ins', () => {
    const dialog = aKnown();
    dialog.newChat([], { visitor: anna });
    dialog.accepts();
    const { given, expect: facts } = recordTest(dialog.stream(), { name: 't', personal: [] });
    expect(given).toMatchObject([{ chat_start: { visitor: { name: 'Person1' } } }]);
    expect(given[0]?.['chat_start']).not.toHaveProperty('visitor.phone');
    expect(facts).toContainEqual({ said: 'hello Person1' });
  });
});
