import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { DomainEvent } from '@dialog/contracts/domain-event';
import { dialogSettingsSchema } from '@dialog/contracts/settings';
import { parsePinned, type Script } from '@dialog/script/parse';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical } from '../../src/state-hash.ts';
import { whatIfOne, whatIfTold } from '../../src/what-if/one.ts';
import { bot, talker, talkerSource } from '../kit/bots.ts';
import { aDialog, type TestDialog } from '../kit/dialog.ts';
import { live, move, options } from '../kit/moves.ts';
import { botOperator } from '../kit/settings.ts';

const moves = fc.array(move, { minLength: 1, maxLength: 40, size: 'max' });
const recordedOf = (dialog: TestDialog) => ({ events: dialog.stream(), pinned: dialog.pinned() });
const under = (script: Script) => ({ script: { hash: 'other', script } });

describe('a trial that changes nothing', () => {
  it('finds no difference in any dialog, whatever happened', () => {
    fc.assert(
      fc.property(options, moves, (given, happens) => {
        const { dialog } = live(given, happens);
        if (dialog.stream().length === 0) return;
        for (const trial of [{}, under(given.script ?? talker)]) {
          const tried = whatIfTold(recordedOf(dialog), trial);
          expect([tried.differs, tried.first, tried.gap, tried.diverged, tried.repliesChanged]).toEqual([false, null, null, null, 0]);
          expect(tried.end.now).toBe(tried.end.before);
          expect(tried.handovers.now).toBe(tried.handovers.before);
          expect(tried.now).toEqual(tried.before);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** The talker with one piece of its text replaced. */
const talkerWith = (edit: (source: string) => string): Script => {
  const source = edit(talkerSource);
  if (source === talkerSource) throw new Error('the edit changes nothing');
  return bot(source);
};
const heard = (seen: readonly { readonly who: string; readonly what: string; readonly text: string }[]) =>
  seen.filter(({ who, what }) => who === 'bot' && what === 'text').map(({ text }) => text);

const talks = () => {
  const dialog = aDialog().welcomed();
  dialog.passes(20_000);
  dialog.says('hello');
  dialog.accepts();
  dialog.passes(20_000);
  dialog.says('order');
  dialog.accepts();
  dialog.passes(20_000);
  dialog.says('42');
  dialog.accepts();
  return dialog;
};

describe('what is seen of a dialog', () => {
  it('has an operator who takes the chat, and not the bot that Webim gives it to', () => {
    const dialog = aDialog();
    dialog.assigned(botOperator);
    dialog.withOperator('anna');
    const taken = whatIfTold(recordedOf(dialog), {}).before.filter(({ what }) => what === 'taken');
    expect(taken.map(({ who, text }) => [who, text])).toEqual([['people', 'anna']]);
  });
});

describe('a frozen stream of a released version', () => {
  const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
  const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

  it.each(['demo-0.1.0'])('%s, decided again by what it pins, shows no difference', (name) => {
    const source = fixture(`${name}.script.yaml`);
    const settings = JSON.parse(fixture(`${name}.settings.json`)) as object;
    const parsed = parsePinned(source);
    if (!parsed.ok) throw new Error('the pinned script can not be read');
    const events = fixture(`${name}.jsonl`)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as DomainEvent);
    const pinned = {
      script: (hash: string) => (hash === hashOf(source) ? parsed.script : undefined),
      settings: (hash: string) => (hash === hashOf(canonical(settings)) ? dialogSettingsSchema.parse(settings) : undefined),
    };
    for (const trial of [{}, under(parsed.script)]) {
      expect(whatIfOne({ events, pinned }, trial)).toMatchObject({
        differs: false,
        gap: null,
        repliesChanged: 0,
        handovers: { before: 2, now: 2 },
        returns: { before: 2, now: 2 },
        end: { before: 'closed', now: 'closed' },
      });
    }
  });
});

describe('another script', () => {
  it('that only moves and renames things makes no difference', () => {
    const moved = talkerWith((source) =>
      source.replace('  hello:\n', '  # a comment\n  greeting:\n').replaceAll('go: hello', 'go: greeting'),
    );
    const dialog = talks();
    dialog.says('menu');
    dialog.accepts();
    dialog.presses('greet');
    dialog.accepts();
    expect(whatIfOne(recordedOf(dialog), under(moved))).toMatchObject({ differs: false, first: null, assumed: 0 });
  });

  it('that says one thing in other words differs there, counts one reply, and goes on as recorded', () => {
    const dialog = talks();
    const tried = whatIfTold(recordedOf(dialog), under(talkerWith((source) => source.replace('say: hello back', 'say: good day'))));
    const asked = dialog.stream().find((event) => event.type === 'EffectOpened' && JSON.stringify(event).includes('hello back'));
    expect(tried).toMatchObject({
      differs: true,
      repliesChanged: 1,
      diverged: null,
      gap: null,
      end: { before: 'bot', now: 'bot' },
      assumed: 0,
    });
    expect(tried.first).toMatchObject({
      revision: dialog.stream().indexOf(asked as never),
      before: { text: 'hello back' },
      now: { text: 'good day' },
    });
    expect(heard(tried.now)).toEqual(['welcome', 'good day', 'which number?', 'order 42']);
  });

  it('takes what Webim answered to the effect of the same kind in its place, and marks what it assumes', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello');
    dialog.answer('refused', { reason: 'content' });
    const reworded = whatIfTold(recordedOf(dialog), under(talkerWith((source) => source.replace('say: hello back', 'say: good day'))));
    expect(reworded.now.find(({ text }) => text === 'good day')).toMatchObject({ lost: 'content' });
    const twice = whatIfTold(
      recordedOf(talks()),
      under(talkerWith((source) => source.replace('order {{ order_no }}"', 'order {{ order_no }}"\n      - say: on its way'))),
    );
    expect(twice).toMatchObject({ assumed: 1, repliesChanged: 1 });
    expect(twice.now.at(-1)).toMatchObject({ text: 'on its way', assumed: true });
  });

  it('that hands over where the recorded one did not gains a handover, and its Return at the close', () => {
    const dialog = aDialog().welcomed();
    dialog.passes(20_000);
    dialog.says('hello');
    dialog.accepts();
    dialog.passes(60_000);
    dialog.closed();
    const other = talkerWith((source) =>
      source.replace('steps: [{ say: hello back }]', 'steps: [{ handover: { on_failed: [{ stop: true }] } }]'),
    );
    expect(whatIfOne(recordedOf(dialog), under(other))).toMatchObject({
      differs: true,
      handovers: { before: 0, now: 1 },
      returns: { before: 0, now: 1 },
      end: { before: 'closed', now: 'closed' },
      diverged: null,
    });
  });

  it('that keeps the chat where the recorded one handed it over loses the handover and the Return', () => {
    const dialog = aDialog().withOperator();
    dialog.passes(60_000);
    dialog.closed();
    const other = talkerWith((source) => source.replace('any_of: [human]', 'any_of: [person]'));
    const tried = whatIfOne(recordedOf(dialog), under(other));
    expect(tried).toMatchObject({
      handovers: { before: 1, now: 0 },
      returns: { before: 1, now: 0 },
      end: { before: 'closed', now: 'closed' },
    });
  });

  it('that asks something else ends where the visitor answers what he was not asked', () => {
    const dialog = talks();
    const stream = dialog.stream();
    const answer = stream.findIndex((event) => event.type === 'InputRecorded' && JSON.stringify(event).includes('"text":"42"'));
    const other = talkerWith((source) =>
      source
        .replace('order_no: { type: text, pii: true }', 'order_no: { type: text, pii: true }\n  city: { type: text }')
        .replace(
          '      - ask:\n',
          '      - ask: { text: which city?, save: city, as: text, on_fail: [{ stop: true }], on_timeout: [{ stop: true }] }\n      - ask:\n',
        ),
    );
    const tried = whatIfTold(recordedOf(dialog), under(other));
    expect(tried.diverged).toMatchObject({ revision: answer, why: 'not_asked' });
    expect([tried.end.now, tried.differs, heard(tried.now).at(-1)]).toEqual([null, true, 'which city?']);
    expect(tried.before.length).toBeGreaterThan(tried.now.length);
  });

  it('that asks the same in other words goes on', () => {
    const tried = whatIfOne(recordedOf(talks()), under(talkerWith((source) => source.replace('which number?', 'your number, please'))));
    expect(tried).toMatchObject({ differs: true, diverged: null, repliesChanged: 1 });
  });

  it('that hands over ends where the visitor speaks to the bot, which does not have the chat any more', () => {
    const other = talkerWith((source) =>
      source.replace('steps: [{ say: hello back }]', 'steps: [{ handover: { on_failed: [{ stop: true }] } }]'),
    );
    expect(whatIfOne(recordedOf(talks()), under(other))).toMatchObject({
      diverged: { why: 'other_owner' },
      handovers: { before: 0, now: 1 },
    });
  });

  it('names the http result that no recording tells', () => {
    const other = talkerWith((source) =>
      source.replace(
        'steps: [{ say: hello back }]',
        "steps: [{ http: { post: 'https://crm.example/hello?who=1', on_error: [{ stop: true }] } }, { say: told }]",
      ),
    );
    const tried = whatIfOne(recordedOf(talks()), under(other));
    expect(tried.gap).toMatchObject({ missing: 'http', what: 'POST https://crm.example/hello' });
    expect(tried.differs).toBe(true);
  });

  it('another time-out differs where nobody was faster', () => {
    const dialog = aDialog().welcomed();
    dialog.says('order');
    dialog.accepts();
    dialog.untilDeadline();
    const longer = talkerWith((source) => source.replace('up_to: 10m', 'up_to: 20m'));
    expect(whatIfOne(recordedOf(dialog), under(longer))).toMatchObject({ differs: true, first: { before: { what: 'mark' } } });
    expect(whatIfOne(recordedOf(talks()), under(longer))).toMatchObject({ differs: false });
  });
});

describe('another setting', () => {
  it('differs only where it decides', () => {
    const dialog = aDialog().handedOver();
    dialog.passes(60_000);
    dialog.says('still there?');
    expect(whatIfOne(recordedOf(dialog), { settings: { handbackGraceMs: 5_000 } })).toMatchObject({ differs: false });
    expect(whatIfOne(recordedOf(dialog), { settings: { handbackGraceMs: 600_000 } })).toMatchObject({ differs: true });
  });
});

describe('whatever another script does', () => {
  it('a trial ends, counts nothing twice, and its transcript begins as the recording up to the first difference', () => {
    const others = ['say: hello back', 'say: welcome', 'say: what?', 'any_of: [human]'].map((text) =>
      under(talkerWith((source) => source.replace(text, text.startsWith('say') ? 'say: something else' : 'any_of: [somebody]'))),
    );
    fc.assert(
      fc.property(options, moves, fc.constantFrom(...others), (given, happens, trial) => {
        const { dialog } = live({ ...given, script: talker }, happens);
        if (dialog.stream().length === 0) return;
        const tried = whatIfTold(recordedOf(dialog), trial);
        expect(tried.differs).toBe(tried.first !== null);
        if (tried.first === null) expect(tried.now).toEqual(tried.before);
        expect(tried.gap).toBeNull();
        if (tried.diverged === null) expect(tried.end.now).not.toBeNull();
      }),
      { numRuns: 200 },
    );
  });
});
