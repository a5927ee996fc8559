import { describe, expect, it } from 'vitest';
import { evolve } from '../../src/evolve.ts';
import { mayGiveAgain } from '../../src/ownership/park.ts';
import { initialDialog, type OpenEffect, parkedHead, stamp } from '../../src/state.ts';
import { stateHash } from '../../src/state-hash.ts';
import { whatIf } from '../../src/what-if.ts';
import { why } from '../../src/why.ts';
import { bot } from '../kit/bots.ts';
import { aDialog, type TestDialog } from '../kit/dialog.ts';
import { newChat, newMessage, textsOffered, visitorMessage } from '../kit/inputs.ts';
import { anna, boris, hour, minute, second } from '../kit/settings.ts';

/** Fails at a word. */
const failing = bot(`
defaults: { handover: { department: operators } }
vars: { n: { type: int }, none: { type: int } }
scripts:
  round:
    when: { text: { any_of: [round] } }
    steps:
      - set: { none: '0' }
      - set: { n: 1 / none }
  what:
    when: { fallback: { streak: 1 } }
    steps: [{ say: what? }]
`);

const parkedByScript = () => {
  const dialog = aDialog({ script: failing });
  dialog.newChat();
  dialog.says('round');
  expect(dialog.live().parked).toBe(true);
  return dialog;
};

describe('§6.7 a dialog that its own script or a send in doubt stops', () => {
  it('a script that fails is parked with its line named, and people get the chat', () => {
    const dialog = parkedByScript();
    expect(dialog.of('ScriptAdvanced').at(-1)?.error).toContain('line 11');
    expect([dialog.open(), dialog.live().effects[0]?.purpose]).toEqual([['<redirect>'], 'parked']);
  });

  it('what was on its way before is not let through: the head is its own redirect', () => {
    const dialog = aDialog({ settings: { inDoubt: 'park' } }).welcomed();
    dialog.passes(minute);
    dialog.says('two');
    dialog.answer('in_doubt');
    expect(stamp(dialog.state()).head?.number).toBe(dialog.live().effects.at(-1)?.number);
  });

  it('a send in doubt that is drained behind a stop does not stop it again', () => {
    const dialog = aDialog({ settings: { inDoubt: 'park' } }).welcomed();
    dialog.passes(minute);
    dialog.says('two');
    const said = dialog.head();
    dialog.poisoned(false);
    const redirect = dialog.live().effects.find(({ purpose }) => purpose === 'parked') ?? said;
    dialog.answerTo(redirect, { outcome: 'refused', reason: 'other' });
    dialog.answerTo(said, { outcome: 'in_doubt' });
    dialog.released();
    expect([dialog.of('DialogParked').length, dialog.live().parked, dialog.open().includes('<redirect>')]).toEqual([1, false, false]);
  });

  describe('closed by inference before it was parked by what may give the bot the chat', () => {
    const closedThenParked = () => {
      const dialog = aDialog({ settings: { closeAuthority: 'engine' } }).withOperator();
      for (let wakes = 0; wakes < 5 && dialog.owner() !== 'nobody'; wakes++) dialog.untilDeadline();
      expect(dialog.live().holder).toMatchObject({ owner: 'nobody', final: false });
      dialog.poisoned(true);
      return dialog;
    };

    it('Webim gives it to people: it is open again, a stretch of its own', () => {
      const dialog = closedThenParked();
      dialog.answer('accepted');
      expect([dialog.owner(), dialog.of('DialogReopened').length, dialog.of('FlagSet').length]).toEqual(['queue', 1, 2]);
    });

    it('Webim says that it is closed, or not the bot’s: it stays closed, nobody was given anything', () => {
      for (const reason of ['chat_closed', 'not_bots_chat'] as const) {
        const dialog = closedThenParked();
        dialog.answer('refused', { reason });
        expect([dialog.owner(), dialog.of('DialogReopened').length, dialog.of('FlagSet').length]).toEqual(['nobody', 0, 1]);
      }
    });
  });

  it('an operator who has the chat keeps it: no redirect', () => {
    const dialog = aDialog({ script: failing });
    dialog.newChat();
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.passes(minute);
    dialog.says('round');
    expect(dialog.open()).toEqual([]);
  });

  it('released, its timers are armed anew and it is heard again', () => {
    const dialog = parkedByScript();
    dialog.answer('refused', { reason: 'other' });
    dialog.released();
    expect([dialog.live().parked, dialog.owner(), dialog.open()]).toEqual([false, 'bot', []]);
    expect(dialog.deadlines().auto_close).toBeDefined();
    dialog.says('hello');
    expect(dialog.open()).toEqual(['what?']);
  });

  it('its history replays, once', () => {
    const dialog = parkedByScript();
    dialog.released();
    expect(dialog.replayed().events).toEqual(dialog.stream());
  });
});

describe('§5.6 a held text on its way when its dialog stops', () => {
  const visitor = 'ab'.repeat(8);
  const offered = (dialog: TestDialog) =>
    dialog.take(textsOffered('note:v:1', dialog.now(), visitor, [{ id: 'held', text: 'good luck', expiresAt: dialog.now() + hour }]));
  /** Its POST is out, and people have the chat by the dialog's own redirect. */
  const stoppedWhileItFlies = () => {
    const dialog = aDialog();
    dialog.newChat([], { visitor: { hash: visitor } });
    dialog.accepts();
    offered(dialog);
    const flying = dialog.head();
    dialog.poisoned(false);
    const redirect = dialog.live().effects.find((open) => open.purpose === 'parked') as OpenEffect;
    return { dialog, flying, redirect };
  };

  it('is no other chat’s before its result is known: accepted, it is taken', () => {
    const { dialog, flying, redirect } = stoppedWhileItFlies();
    dialog.answerTo(redirect, { outcome: 'accepted' });
    expect([dialog.owner(), dialog.open(), dialog.of('HeldTextGivenBack')]).toEqual(['queue', ['good luck'], []]);
    dialog.answerTo(flying, { outcome: 'accepted' });
    dialog.released();
    expect([dialog.of('HeldTextTaken'), dialog.of('HeldTextGivenBack'), dialog.open()]).toEqual([[{ textId: 'held' }], [], []]);
    expect(dialog.replayed().events).toEqual(dialog.stream());
  });

  it('whatever is drained before it; not sent after all, it is given back', () => {
    const { dialog, flying, redirect } = stoppedWhileItFlies();
    dialog.answerTo(redirect, { outcome: 'accepted' });
    dialog.assigned(anna);
    dialog.closed();
    expect(dialog.of('HeldTextGivenBack')).toEqual([]);
    dialog.answerTo(flying, { outcome: 'suppressed' });
    expect(dialog.of('HeldTextGivenBack')).toEqual([{ textId: 'held', reason: 'suppressed' }]);
  });

  it('what was opened since it stopped is on nobody’s way', () => {
    const { dialog, flying, redirect } = stoppedWhileItFlies();
    dialog.answerTo(redirect, { outcome: 'refused', reason: 'chat_closed' });
    dialog.answerTo(flying, { outcome: 'suppressed' });
    dialog.take(textsOffered('note:v:2', dialog.now(), visitor, [{ id: 'next', text: 'once more', expiresAt: dialog.now() + hour }]));
    dialog.passes(minute);
    dialog.assigned(anna);
    expect(dialog.of('HeldTextGivenBack').map((one) => one.textId)).toEqual(['held', 'next']);
  });
});

describe('§6.2 a parked dialog holds nobody', () => {
  /** Stopped while an operator has the chat, who gives it to the bot: `new_chat` follows into the parked stream. */
  const givenBack = () => {
    const dialog = aDialog().withOperator();
    dialog.poisoned(false);
    dialog.passes(minute);
    const gaveAt = dialog.now();
    dialog.poisoned();
    return { dialog, gaveAt };
  };
  const own = (dialog: TestDialog) => parkedHead(dialog.live()) as OpenEffect;

  it('people had the chat and give it to the bot: they get it again, once asked', () => {
    const { dialog } = givenBack();
    expect([dialog.open(), dialog.stream().at(-1)?.metadata.head, mayGiveAgain(dialog.live())]).toEqual([
      ['<redirect>'],
      { number: own(dialog).number, attempt: 1 },
      false,
    ]);
    dialog.answer('accepted');
    expect([dialog.owner(), dialog.flag()?.cause, mayGiveAgain(dialog.live())]).toEqual(['queue', 'handover', true]);
  });

  it('what gave it to the bot is drained behind that, and is no news', () => {
    const { dialog, gaveAt } = givenBack();
    dialog.passes(second);
    dialog.answer('accepted');
    dialog.assigned(boris);
    expect(dialog.take(newChat('back', gaveAt, { messages: [visitorMessage('hello', 'back')], bodyHash: 'back' }))).toEqual([
      'InputIgnored',
    ]);
    expect(dialog.take(newMessage('word', gaveAt, { message: visitorMessage('who', 'word') }))).toEqual(['InputIgnored']);
    dialog.released();
    expect([dialog.owner(), dialog.open(), dialog.of('ReturnStarted')]).toEqual(['operator', [], []]);
    // From then on it is one as any other.
    dialog.passes(minute);
    dialog.newChat();
    expect([dialog.owner(), dialog.open()]).toEqual(['bot', ['back again']]);
    expect(dialog.replayed().events).toEqual(dialog.stream());
  });

  it('released before Webim took it, the bot has the chat, and speaks', () => {
    const { dialog, gaveAt } = givenBack();
    dialog.answer('refused', { reason: 'other' });
    dialog.take(newChat('back', gaveAt, { messages: [], bodyHash: 'back' }));
    dialog.released();
    expect([dialog.owner(), dialog.open()]).toEqual(['bot', ['back again']]);
    expect(dialog.replayed().events).toEqual(dialog.stream());
  });

  it('it was not the bot’s after all: who has it keeps it, and no more is tried', () => {
    const { dialog } = givenBack();
    dialog.answer('refused', { reason: 'not_bots_chat' });
    expect([dialog.owner(), dialog.open(), dialog.of('OwnerChanged').at(-1)?.owner]).toEqual(['operator', [], 'operator']);
  });

  it('closed for good it is nobody’s to give', () => {
    const dialog = aDialog().withOperator();
    dialog.poisoned(false);
    dialog.closed();
    dialog.poisoned();
    expect([dialog.open(), mayGiveAgain(dialog.live())]).toEqual([[], false]);
  });

  it('closed by inference and then for good: what its redirect came to opens nothing again', () => {
    const dialog = aDialog({ settings: { closeAuthority: 'engine' } }).withOperator();
    while (dialog.owner() !== 'nobody') dialog.untilDeadline();
    dialog.poisoned();
    const redirect = own(dialog);
    dialog.released();
    dialog.closed();
    dialog.answerTo(redirect, { outcome: 'accepted' });
    expect([dialog.owner(), dialog.flag(), dialog.open()]).toEqual(['nobody', null, []]);
  });

  it('closed by inference with its Return, and then for good: what its redirect came to runs no second one', () => {
    const dialog = aDialog({ settings: { closeAuthority: 'engine' } }).withOperator();
    dialog.poisoned();
    const redirect = own(dialog);
    dialog.released();
    while (dialog.owner() !== 'nobody') dialog.untilDeadline();
    dialog.closed();
    dialog.answerTo(redirect, { outcome: 'accepted' });
    expect([dialog.owner(), dialog.flag(), dialog.open()]).toEqual(['nobody', null, []]);
    expect([dialog.of('FlagSet').length, dialog.of('ReturnStarted').length]).toEqual([1, 1]);
  });

  it('refused, as by night, its redirect is tried again, ever later, until people have the chat', () => {
    const dialog = aDialog().welcomed();
    dialog.passes(minute);
    dialog.poisoned(false);
    const pauses = Array.from({ length: 11 }, () => {
      dialog.answerTo(own(dialog), { outcome: 'refused', reason: 'other', code: 'department-offline' });
      const { notBefore } = own(dialog);
      const pause = (notBefore ?? 0) - dialog.now();
      expect(dialog.deadlines().retry?.at).toBe(notBefore);
      dialog.passes(pause);
      return pause / second;
    });
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    dialog.answerTo(own(dialog), { outcome: 'accepted' });
    expect([dialog.owner(), dialog.open(), dialog.deadlines().retry]).toEqual(['queue', [], undefined]);
  });

  it('a chat that is closed, or people’s, is not asked for again', () => {
    for (const reason of ['chat_closed', 'not_bots_chat'] as const) {
      const dialog = aDialog().welcomed();
      dialog.poisoned(false);
      dialog.answer('refused', { reason });
      expect([reason, dialog.open()]).toEqual([reason, []]);
    }
  });

  it('what was on its way before takes no deadline of it along', () => {
    const dialog = aDialog().welcomed();
    dialog.passes(minute);
    dialog.says('hello');
    const flying = dialog.head();
    dialog.poisoned(false);
    dialog.answerTo(own(dialog), { outcome: 'in_doubt' });
    dialog.answerTo(flying, { outcome: 'accepted' });
    dialog.released();
    expect(dialog.deadlines().retry?.at).toBe(dialog.live().effects[0]?.notBefore);
    dialog.untilDeadline();
    dialog.answer('accepted');
    expect(dialog.owner()).toBe('queue');
  });
});

describe('§6.7 a dialog that stops at its very first record', () => {
  const stopped = () => {
    const dialog = aDialog();
    dialog.poisoned();
    return dialog;
  };

  it('people get the chat: the bot has it, and its one effect is its own redirect', () => {
    const dialog = stopped();
    expect(dialog.stream().map((event) => event.type)).toEqual([
      'DialogParked',
      'DialogStarted',
      'OwnerChanged',
      'DeadlineSet',
      'EffectOpened',
    ]);
    expect([dialog.owner(), dialog.live().parked, dialog.live().incomplete, dialog.open()]).toEqual(['bot', true, true, ['<redirect>']]);
    expect(dialog.stream().at(-1)?.metadata.head).toEqual({ number: 1, attempt: 1 });
    dialog.answer('accepted');
    expect([dialog.owner(), dialog.flag()?.cause]).toEqual(['queue', 'handover']);
  });

  it('released, its new_chat completes the start; people keep the chat, and the bot says nothing', () => {
    const dialog = stopped();
    dialog.answer('accepted');
    expect(dialog.newChat(['hello'])).toEqual(['DialogCompleted', 'InputIgnored']);
    dialog.released();
    expect([dialog.owner(), dialog.live().incomplete, dialog.live().parked, dialog.open()]).toEqual(['queue', false, false, []]);
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.passes(minute);
    dialog.newChat();
    dialog.accepts();
    expect(dialog.heard()).toEqual(['<redirect>', 'back again']);
  });

  it('where Webim refused the redirect the bot has it still: released, it greets and answers', () => {
    const dialog = stopped();
    dialog.answer('refused', { reason: 'other' });
    dialog.newChat(['hello']);
    dialog.released();
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'hello back']);
  });

  it('its record left out: the visitor’s next message is greeted first', () => {
    const dialog = stopped();
    dialog.answer('refused', { reason: 'other' });
    dialog.released();
    dialog.says('hello');
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'hello back']);
  });

  it('a record that gives the bot no chat opens nothing; the one after it that does is the start', () => {
    const dialog = aDialog();
    expect(dialog.poisoned(false)).toEqual(['DialogParked']);
    expect(dialog.state()).toMatchObject({ status: 'unseen', parked: 'decision_failed' });
    dialog.poisoned();
    expect([dialog.owner(), dialog.open()]).toEqual(['bot', ['<redirect>']]);
  });

  it('a chat known to be closed is nobody’s to give', () => {
    const dialog = aDialog();
    dialog.closed();
    expect(dialog.poisoned()).toEqual(['DialogParked']);
  });

  it('a marker as older versions wrote it still folds', () => {
    const marker = { type: 'DialogParked', data: { reason: 'not_json', inputId: 'dialog.inbox/0/7' } } as const;
    expect(evolve(initialDialog, marker)).toEqual(initialDialog);
  });

  it('its history replays, forks, and says why', () => {
    const dialog = stopped();
    dialog.answer('accepted');
    dialog.newChat(['hello']);
    dialog.released();
    expect(dialog.replayed().events).toEqual(dialog.stream());
    const fork = whatIf(dialog.stream(), -1, dialog.pinned(), {});
    expect([fork.divergedAt, fork.gap, stateHash(fork.state)]).toEqual([null, null, stateHash(dialog.state())]);
    const placed = dialog.stream().map((event, revision) => ({ ...event, revision }));
    const opened = placed.findIndex((event) => event.type === 'EffectOpened');
    expect(why(placed, opened)?.chain.map((link) => link.event.type)).toEqual(['EffectOpened', 'DialogParked']);
    expect(why(placed, opened)?.input).toBeNull();
  });
});
