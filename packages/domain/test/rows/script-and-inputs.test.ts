import { describe, expect, it } from 'vitest';
import { forgetful } from '../kit/bots.ts';
import { aDialog } from '../kit/dialog.ts';
import { visitorMessage } from '../kit/inputs.ts';
import { anna, minute, second } from '../kit/settings.ts';

describe('§5.3 the script and its inputs', () => {
  it('takes an input only while its effect queue is empty; until then it waits, in order', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello');
    expect([dialog.says('two'), dialog.says('hello')]).toEqual([['MessageQueued'], ['MessageQueued']]);
    expect(dialog.live().waiting.map((one) => one.message.text)).toEqual(['two', 'hello']);
    expect(dialog.open()).toEqual(['hello back']);
  });

  it('the result that empties the queue takes waiting inputs one by one until one opens an effect', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello');
    for (const text of ['quiet', 'quiet', 'two', 'hello']) dialog.says(text);
    dialog.answer('accepted');
    expect([dialog.marks(), dialog.open()]).toEqual([
      ['quiet', 'quiet'],
      ['one', 'two'],
    ]);
    expect(dialog.live().waiting.map((one) => one.message.text)).toEqual(['hello']);
  });

  it('two waiting messages of one content without ids are answered each', () => {
    const dialog = aDialog().welcomed();
    dialog.says('two');
    dialog.says('hello', { id: null });
    dialog.passes(11 * second);
    dialog.says('hello', { id: null });
    dialog.accepts();
    expect(dialog.heard()).toEqual(['welcome', 'one', 'two', 'hello back', 'hello back']);
  });

  describe('a decision that would be larger than one append may be is cut into waiting inputs (§7)', () => {
    const most = 512 * 1024;
    const sizeOf = (events: readonly unknown[]) => events.reduce<number>((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)), 0);
    /** As long a history as ingress lets through. */
    const many = (text: string) => Array.from({ length: 1_700 }, (_, at) => visitorMessage(text, `long-history-${at}`));

    it.each([
      ['each of which is answered', 'hello'],
      ['none of which the script answers', 'quiet'],
    ])('1,700 messages at once, %s: none lost, each append below the limit', (_name, text) => {
      const dialog = aDialog();
      dialog.newChat(many(text));
      expect(sizeOf(dialog.stream())).toBeLessThan(most);
      for (let turn = 0; dialog.live().waiting.length > 0; turn++) {
        const before = dialog.stream().length;
        if (dialog.open().length > 0) dialog.answer('accepted');
        else dialog.untilDeadline();
        expect(sizeOf(dialog.stream().slice(before))).toBeLessThan(most);
        if (turn > 2_000) throw new Error(`${dialog.live().waiting.length} messages wait for ever`);
      }
      dialog.accepts();
      if (text === 'quiet') expect(dialog.marks()).toHaveLength(1_700);
      else expect(dialog.heard().filter((heard) => heard === 'hello back')).toHaveLength(1_700);
      expect(dialog.replayed().events).toEqual(dialog.stream());
    });

    it('what is left is taken at once, in order, before what comes later', () => {
      const dialog = aDialog().welcomed();
      dialog.newChat([...many('quiet').slice(1), visitorMessage('hello', 'last')]);
      dialog.says('two');
      while (dialog.live().waiting.length > 1) {
        expect(dialog.deadlines().waiting?.at).toBe(dialog.now());
        dialog.timerDue();
      }
      dialog.accepts();
      expect(dialog.heard()).toEqual(['welcome', 'hello back', 'one', 'two']);
    });

    it('people who get the chat meanwhile have seen it all', () => {
      const dialog = aDialog().welcomed();
      dialog.passes(minute);
      dialog.newChat(many('quiet'));
      expect(dialog.live().waiting.length).toBeGreaterThan(0);
      dialog.assigned(anna);
      expect([dialog.live().waiting, dialog.deadlines().waiting]).toEqual([[], undefined]);
    });
  });

  it('when the owner leaves bot the list is emptied: people saw them', () => {
    const dialog = aDialog().welcomed();
    dialog.passes(minute);
    dialog.says('hello');
    dialog.says('two');
    dialog.assigned(anna);
    expect(dialog.live().waiting).toEqual([]);
    expect(dialog.of('MessagesSeenByPeople')).toHaveLength(1);
  });

  it('a message that waits behind an effect of a former owner is taken when that is settled', () => {
    const dialog = aDialog({ script: forgetful });
    dialog.newChat(['anything']);
    const said = dialog.head();
    dialog.passes(minute);
    dialog.assigned(anna);
    dialog.newChat(['hello']);
    expect([dialog.owner(), dialog.live().waiting.length]).toEqual(['bot', 1]);
    dialog.answerTo(said, { outcome: 'suppressed' });
    expect([dialog.live().waiting.length, dialog.open()]).toEqual([0, ['what?']]);
  });

  it('an ask runs from the result of its question, not from the decision', () => {
    const dialog = aDialog().welcomed();
    dialog.says('order');
    expect(dialog.deadlines().script).toBeUndefined();
    dialog.passes(30 * second);
    dialog.answer('accepted');
    expect(dialog.deadlines().script?.at).toBe(dialog.now() + 10 * minute);
  });

  it('a wait runs from the result of the last effect before it', () => {
    const dialog = aDialog().welcomed();
    dialog.says('later');
    dialog.passes(20 * second);
    dialog.answer('accepted');
    expect(dialog.deadlines().script?.at).toBe(dialog.now() + 30 * second);
    dialog.untilDeadline();
    expect(dialog.open()).toEqual(['now']);
  });

  it('a menu expires from its delivery', () => {
    const dialog = aDialog().welcomed();
    dialog.says('menu');
    dialog.answer('accepted');
    expect(dialog.deadlines().script).toBeUndefined();
    dialog.passes(second);
    dialog.answer('accepted');
    expect(dialog.deadlines().script?.at).toBe(dialog.now() + 5 * minute);
  });

  for (const [word, answer, settings] of [
    ['was refused', { outcome: 'refused', reason: 'content' }, {}],
    ['expired under drop', { outcome: 'expired' }, { onReplyExpired: 'drop' }],
  ] as const) {
    it(`an ask whose question ${word} takes on_timeout`, () => {
      const dialog = aDialog({ settings }).welcomed();
      dialog.says('order');
      dialog.answerTo(dialog.head(), answer);
      expect([dialog.marks(), dialog.live().scriptState.cursor, dialog.deadlines().script]).toEqual([['asked_in_vain'], null, undefined]);
    });
  }

  it('an ask whose question expired under handover: the redirect comes instead', () => {
    const dialog = aDialog().welcomed();
    dialog.says('order');
    dialog.answer('expired');
    expect([dialog.open(), dialog.marks()]).toEqual([['<redirect>'], []]);
    dialog.answer('accepted');
    expect([dialog.owner(), dialog.flag()?.cause]).toEqual(['queue', 'handover']);
  });

  it('if that is refused, it is recorded and the script stands at the start of its triggers', () => {
    const dialog = aDialog().welcomed();
    dialog.says('order');
    dialog.answer('expired');
    dialog.answer('refused', { reason: 'other', code: 'no-department' });
    expect(dialog.of('EffectSettled').at(-1)).toMatchObject({ outcome: 'refused', code: 'no-department' });
    expect([dialog.owner(), dialog.live().scriptState.cursor]).toEqual(['bot', null]);
    dialog.says('hello');
    expect(dialog.open()).toEqual(['hello back']);
  });

  it('an open ask waits anew when the chat comes back to a bot without a Return script', () => {
    const dialog = aDialog({ script: forgetful });
    dialog.newChat(['order']);
    dialog.accepts();
    dialog.passes(minute);
    dialog.assigned(anna);
    expect(dialog.deadlines().script).toBeUndefined();
    dialog.passes(minute);
    dialog.newChat();
    expect(dialog.deadlines().script?.at).toBe(dialog.now() + 10 * minute);
  });

  it('after a handover only silent steps run', () => {
    const dialog = aDialog().handedOver();
    expect([dialog.marks(), dialog.open()]).toEqual([['handed_over'], []]);
  });
});
