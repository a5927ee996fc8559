import { describe, expect, it } from 'vitest';
import { bot } from '../kit/bots.ts';
import { aDialog } from '../kit/dialog.ts';
import { anna, botOperator, hour, minute, second } from '../kit/settings.ts';

const speaking = (text: string, options: Parameters<typeof aDialog>[0] = {}) => {
  const dialog = aDialog(options).welcomed();
  dialog.passes(minute);
  dialog.says(text);
  return dialog;
};

describe('§5.4 the queue of effects', () => {
  it('each has a number of its own in the dialog', () => {
    const dialog = speaking('two');
    dialog.accepts();
    dialog.says('menu');
    expect(dialog.of('EffectOpened').map((opened) => opened.number)).toEqual([1, 2, 3, 4, 5]);
  });

  it('only the head is on its way, the next one on its result', () => {
    const dialog = speaking('two');
    expect([dialog.head().number, dialog.stream().at(-1)?.metadata.head]).toEqual([2, { number: 2, attempt: 1 }]);
    dialog.answer('accepted');
    expect([dialog.head().number, dialog.stream().at(-1)?.metadata.head]).toEqual([3, { number: 3, attempt: 1 }]);
  });

  it('"try later" is a result with not_before, the wait a deadline', () => {
    const dialog = speaking('hello');
    const notBefore = dialog.now() + 7 * second;
    dialog.answer('deferred', { notBefore });
    expect([dialog.deadlines().retry?.at, dialog.live().effects[0]?.notBefore]).toEqual([notBefore, notBefore]);
    expect(() => dialog.head()).toThrow('no effect is on its way');
    dialog.untilDeadline();
    expect(dialog.head()).toMatchObject({ number: 2, attempt: 2, notBefore: null });
  });

  it('a retry that waits survives a change of owner', () => {
    const dialog = aDialog({ settings: { storedData: true } }).withOperator();
    dialog.untilDeadline();
    dialog.untilDeadline();
    expect(dialog.head().effect.kind).toBe('query_chat');
    dialog.answer('deferred', { notBefore: dialog.now() + minute });
    dialog.newChat();
    expect(dialog.deadlines().retry).toBeDefined();
    dialog.untilDeadline();
    dialog.answer('suppressed');
    dialog.accepts();
    expect(dialog.heard().at(-1)).toBe('back again');
  });

  it("a result of a former owner's effect settles it and moves neither owner nor script", () => {
    const dialog = speaking('order');
    const asked = dialog.head();
    dialog.assigned(anna);
    const before = [dialog.owner(), dialog.flag(), dialog.live().scriptState];
    expect(dialog.answerTo(asked, { outcome: 'refused', reason: 'not_bots_chat' })).toEqual(['EffectSettled']);
    expect([dialog.owner(), dialog.flag(), dialog.live().scriptState]).toEqual(before);
  });

  it('a send that a change of owner crossed is recorded so', () => {
    const dialog = speaking('hello');
    const said = dialog.head();
    dialog.assigned(anna);
    dialog.answerTo(said, { outcome: 'accepted', crossed: true });
    expect(dialog.of('EffectSettled').at(-1)).toMatchObject({ outcome: 'accepted', crossed: true });
  });

  it('a second result of one attempt is late', () => {
    const dialog = speaking('hello');
    const said = dialog.head();
    dialog.answer('deferred', { notBefore: dialog.now() });
    dialog.untilDeadline();
    dialog.answer('accepted');
    expect(dialog.answerTo({ ...said, attempt: 3 }, { outcome: 'refused' })).toEqual(['InputLate']);
  });
});

describe('§5.4 replies expire', () => {
  it('a reply lives replyTtl from the time of the input that caused it, also when that waited', () => {
    const dialog = speaking('hello');
    dialog.passes(10 * second);
    const askedAt = dialog.now();
    dialog.says('two');
    dialog.passes(30 * second);
    dialog.answer('accepted');
    expect(dialog.live().effects.map((open) => open.expiresAt)).toEqual([askedAt + 120 * second, askedAt + 120 * second]);
  });

  it('expired under handover: the rest is dropped, redirect to the department', () => {
    const dialog = speaking('two');
    dialog.answer('expired');
    expect(dialog.live().effects.map((open) => open.effect)).toEqual([{ kind: 'redirect', department: 'operators' }]);
  });

  for (const [text, left] of [
    ['human', '<redirect>'],
    ['bye', '<close>'],
  ] as const) {
    it(`expired under handover with a ${left} in the queue: that one stays, no other`, () => {
      const dialog = speaking(text);
      dialog.answer('expired');
      expect(dialog.open()).toEqual([left]);
    });
  }

  it('expired under drop: the next one goes on', () => {
    const dialog = speaking('two', { settings: { onReplyExpired: 'drop' } });
    dialog.answer('expired');
    expect([dialog.owner(), dialog.open()]).toEqual(['bot', ['two']]);
  });
});

describe('§5.4 redirect and close', () => {
  it('do not expire', () => {
    const dialog = speaking('human');
    expect(dialog.live().effects.map((open) => open.expiresAt === null)).toEqual([false, true]);
  });

  for (const text of ['mute human', 'mute bye']) {
    it(`"${text}" in doubt is retried until Webim answers, ever later, at most a minute`, () => {
      const dialog = speaking(text);
      const waits: number[] = [];
      for (let attempt = 1; attempt <= 9; attempt++) {
        expect(dialog.head().attempt).toBe(attempt);
        dialog.answer('in_doubt');
        expect(() => dialog.head()).toThrow('no effect is on its way');
        waits.push((dialog.deadlines().retry?.at ?? 0) - dialog.now());
        dialog.untilDeadline();
      }
      expect(waits.map((ms) => ms / second)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    });
  }

  it('an ask for the chat in doubt waits as well, and is given up after its fourth doubt', () => {
    const dialog = aDialog().handedOver();
    dialog.untilDeadline();
    for (let doubt = 1; doubt <= 3; doubt++) {
      dialog.answer('in_doubt');
      expect(dialog.deadlines().retry?.at).toBeGreaterThan(dialog.now());
      dialog.untilDeadline();
    }
    dialog.answer('in_doubt');
    expect([dialog.owner(), dialog.of('TrialEnded')]).toEqual(['queue', [{ outcome: 'refused' }]]);
  });

  it('in doubt and waiting for its retry, chat_assigned still proves it', () => {
    const dialog = speaking('mute human');
    dialog.answer('in_doubt');
    dialog.assigned(anna);
    expect([dialog.owner(), dialog.flag()?.cause, dialog.open()]).toEqual(['operator', 'handover', []]);
  });

  it('only put off and never sent, it is proven by nothing', () => {
    const dialog = speaking('mute human');
    dialog.answer('deferred', { notBefore: dialog.now() + minute });
    dialog.assigned(anna);
    expect([dialog.owner(), dialog.flag()?.cause, dialog.open()]).toEqual(['operator', 'operator_assigned', []]);
  });

  for (const outcome of ['refused', 'expired'] as const) {
    it(`a message ${outcome} never blocks them`, () => {
      const dialog = speaking('human');
      dialog.answer(outcome, outcome === 'refused' ? { reason: 'content' } : {});
      expect(dialog.open()).toEqual(['<redirect>']);
      dialog.answer('accepted');
      expect(dialog.owner()).toBe('queue');
    });
  }

  it('a refused department is tried once without a target from Webim 10.4 on', () => {
    const dialog = aDialog();
    dialog.newChat([], { webimVersion: '10.4.1' });
    dialog.accepts();
    dialog.says('mute human');
    dialog.answer('refused', { reason: 'other' });
    expect(dialog.head()).toMatchObject({ attempt: 2, effect: { kind: 'redirect' } });
    expect(dialog.head().effect).not.toHaveProperty('department');
    dialog.answer('refused', { reason: 'other' });
    expect(dialog.marks()).toEqual(['not_handed_over']);
  });
});

describe('§5.4 groups', () => {
  it('text and keyboard: the first part refused or expired drops the rest', () => {
    for (const outcome of ['refused', 'expired'] as const) {
      const dialog = speaking('menu', { settings: { onReplyExpired: 'drop' } });
      expect(dialog.open()).toEqual(['choose', ['greet', 'person']]);
      dialog.answer(outcome, outcome === 'refused' ? { reason: 'content' } : {});
      expect(dialog.open()).toEqual([]);
    }
  });

  it('caption and file: the first part refused drops the rest', () => {
    const dialog = speaking('price');
    dialog.answer('refused', { reason: 'content' });
    expect(dialog.open()).toEqual([]);
  });

  it.each(['content', 'other'] as const)('a keyboard refused as %s: numbered text as the next attempt of the same effect', (reason) => {
    const dialog = speaking('menu');
    dialog.answer('accepted');
    dialog.answer('refused', { reason });
    expect(dialog.head()).toMatchObject({ number: 3, attempt: 2, effect: { kind: 'text', text: '1. Greet\n2. Person' } });
    dialog.accepts();
    dialog.says('1');
    expect(dialog.open()).toEqual(['hello back']);
  });

  it.each(['content', 'other'] as const)('a file refused as %s: its link as the next attempt, and no third', (reason) => {
    const dialog = speaking('price');
    dialog.answer('accepted');
    dialog.answer('refused', { reason });
    expect(dialog.head()).toMatchObject({ number: 3, attempt: 2, effect: { text: 'price.pdf: https://files.example/price.pdf' } });
    dialog.answer('refused', { reason });
    expect(dialog.of('EffectSettled').at(-1)).toMatchObject({ number: 3, attempt: 2, outcome: 'refused' });
  });

  it('in doubt is sent once more; in doubt again it counts as delivered', () => {
    const dialog = speaking('menu');
    dialog.answer('in_doubt');
    expect(dialog.head()).toMatchObject({ number: 2, attempt: 2 });
    dialog.answer('in_doubt');
    expect(dialog.open()).toEqual([['greet', 'person']]);
  });

  it('in doubt under park: the dialog is parked, the rest dropped, its own redirect to people on its way', () => {
    const dialog = speaking('two', { settings: { inDoubt: 'park' } });
    dialog.answer('in_doubt');
    expect([dialog.live().parked, dialog.open()]).toEqual([true, ['<redirect>']]);
    expect(dialog.stream().at(-1)?.metadata.head).toEqual({ number: dialog.live().effects[0]?.number, attempt: 1 });
  });

  it('a menu whose text comes out blank is its buttons alone: Webim would refuse the blank, and the buttons with it', () => {
    const greeter = bot(`
scripts:
  hello:
    when: chat_start
    steps: [{ menu: { text: ' {{ visitor.name }} ', buttons: [[{ id: again, text: Again, go: hello }]] } }]
  other:
    when: fallback
    steps: [{ stop: true }]
`);
    const dialog = aDialog({ script: greeter });
    dialog.newChat();
    expect(dialog.open()).toEqual([['again']]);
  });

  it('a menu where the account has no inline buttons is a numbered text', () => {
    const dialog = speaking('menu', { settings: { inlineButtons: false } });
    expect(dialog.open()).toEqual(['choose\n1. Greet\n2. Person']);
  });
});

describe('§5.4 an ask for the chat', () => {
  it("proven by the bot's own chat_assigned it is settled, and what the script says goes on", () => {
    const dialog = aDialog().handedOver();
    dialog.untilDeadline();
    dialog.passes(second);
    dialog.assigned(botOperator);
    expect([dialog.owner(), dialog.open()]).toEqual(['bot', ['nobody came']]);
    dialog.passes(hour);
    expect(dialog.of('EffectSettled').at(-1)).toMatchObject({ outcome: 'accepted', by: 'evidence' });
  });
});

describe("§5.2 an effect refused as not the bot's or as closed", () => {
  const said = () => {
    const dialog = aDialog().welcomed();
    dialog.passes(minute);
    dialog.says('two');
    return dialog;
  };

  it("not the bot's: the rest is dropped; queue, flag (lost), auto-close armed", () => {
    const dialog = said();
    dialog.answer('refused', { reason: 'not_bots_chat' });
    expect([dialog.owner(), dialog.flag()?.cause, dialog.open()]).toEqual(['queue', 'lost', []]);
    expect(dialog.deadlines().auto_close).toBeDefined();
  });

  it('closed: the rest is dropped, the deadline armed, owner and flag stay', () => {
    const dialog = said();
    dialog.answer('refused', { reason: 'chat_closed' });
    expect([dialog.owner(), dialog.flag(), dialog.open()]).toEqual(['bot', null, []]);
    expect(dialog.deadlines().auto_close?.at).toBe(dialog.now() + 30 * minute + 30 * second);
  });

  it('closed: what waited behind it is taken, and whoever writes later is heard', () => {
    const dialog = said();
    dialog.says('hello');
    dialog.answer('refused', { reason: 'chat_closed' });
    expect(dialog.open()).toEqual(['hello back']);
    dialog.accepts();
    dialog.says('quiet');
    expect(dialog.marks()).toEqual(['quiet']);
  });
});
