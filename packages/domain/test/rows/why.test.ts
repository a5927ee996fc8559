import { describe, expect, it } from 'vitest';
import { type PlacedEvent, why } from '../../src/why.ts';
import { asker } from '../kit/bots.ts';
import { aDialog, type TestDialog } from '../kit/dialog.ts';
import { anna, minute } from '../kit/settings.ts';

const placed = (dialog: TestDialog): PlacedEvent[] => dialog.stream().map((event, revision) => ({ ...event, revision }));
/** Why the last event of a type stands there: the chain by its types, and the whole. */
const ask = (dialog: TestDialog, type: PlacedEvent['type'], holds: (event: PlacedEvent) => boolean = () => true) => {
  const events = placed(dialog);
  const found = events.findLast((event) => event.type === type && holds(event));
  const explained = why(events, found?.revision ?? -1);
  if (explained === undefined) throw new Error(`no ${type}`);
  return { ...explained, told: explained.chain.map((link) => link.event.type).join(' < ') };
};

describe('why an event stands in a history', () => {
  it('a reply: the run that said it, the message that it answers, the losers, the branch, what was read', () => {
    const dialog = aDialog({ script: asker }).welcomed();
    dialog.says('order');
    dialog.accepts();
    dialog.says('17');
    dialog.responds(200, { state: 'delivered' });
    const reply = ask(dialog, 'EffectOpened');
    expect(reply.told).toBe('EffectOpened < ScriptAdvanced < EffectSettled < InputRecorded');
    expect(reply.input?.data.input).toMatchObject({ type: 'effect_result', http: { status: 200 } });
    expect(reply.advance?.data).toMatchObject({ trace: { won: 'http 200 scripts.order.steps[1]' }, read: { 'order.state': 'delivered' } });
    expect(reply.advance?.data.trace.steps.map((step) => step.took)).toEqual(['then', undefined]);
    expect(reply.chain[2]?.completes).toMatchObject({ type: 'EffectOpened', data: { purpose: 'http' } });
    expect(reply.script).toBe('script');

    const question = ask(dialog, 'EffectOpened', (event) => event.type === 'EffectOpened' && event.data.number === 2);
    expect(question.advance?.data.trace).toMatchObject({
      won: 'text scripts.order',
      lost: expect.arrayContaining([expect.objectContaining({ trigger: 'text scripts.pay' })]),
    });
  });
  it('a reply to a message that waited names that message, not the result that let it go on', () => {
    const dialog = aDialog().welcomed();
    dialog.says('hello');
    dialog.says('two');
    dialog.answer('accepted');
    const reply = ask(dialog, 'EffectOpened');
    expect(reply.input?.data.input.type).toBe('effect_result');
    expect(reply.chain.find((link) => link.event.type === 'ScriptAdvanced')?.completes).toMatchObject({
      type: 'InputRecorded',
      data: { input: { type: 'new_message', message: { text: 'two' } } },
    });
  });
  it('a reminder: the deadline that fired, and where it was armed', () => {
    const dialog = aDialog({ script: asker }).welcomed();
    dialog.untilDeadline();
    const reminder = ask(dialog, 'EffectOpened');
    expect(reminder.told).toBe('EffectOpened < ScriptAdvanced < DeadlineFired < InputRecorded');
    expect(reminder.chain[2]?.completes).toMatchObject({ type: 'DeadlineSet', data: { name: 'silence' } });
  });
  it('the Return: flag, close, input', () => {
    const dialog = aDialog().withOperator();
    dialog.closed();
    expect(ask(dialog, 'Marked').told).toBe('Marked < ScriptAdvanced < ReturnStarted < FlagReset < DialogClosed < InputRecorded');
    expect(ask(dialog, 'FlagReset').input?.data.input.type).toBe('chat_closed');
  });
  it('a change of owner: the redirect that Webim took, or the assignment', () => {
    const dialog = aDialog().handedOver();
    expect(ask(dialog, 'OwnerChanged').told).toBe('OwnerChanged < EffectSettled < InputRecorded');
    expect(ask(dialog, 'FlagSet').told).toBe('FlagSet < OwnerChanged < EffectSettled < InputRecorded');
    dialog.passes(minute);
    dialog.assigned(anna);
    expect([ask(dialog, 'OwnerChanged').told, ask(dialog, 'OwnerChanged').input?.data.input.type]).toEqual([
      'OwnerChanged < InputRecorded',
      'chat_assigned',
    ]);
  });
  it('nobody came: deadline, trial, script', () => {
    const dialog = aDialog().handedOver();
    dialog.untilDeadline();
    expect(ask(dialog, 'ScriptAdvanced').told).toBe('ScriptAdvanced < TrialStarted < DeadlineFired < InputRecorded');
  });
  it('every event of a long life leads back to an input of its own append', () => {
    const dialog = aDialog({ script: asker }).withOperator();
    dialog.passes(minute);
    dialog.newChat(['order', '17']);
    dialog.accepts();
    dialog.closed();
    const events = placed(dialog);
    for (const event of events) {
      const explained = why(events, event.revision);
      expect(explained?.chain.map((link) => link.event.revision)).toEqual(
        explained?.chain.map((link) => link.event.revision).toSorted((a, b) => b - a),
      );
      expect(explained?.input?.data.input.inputId).toBe((event as unknown as { metadata: { $causationId: string } }).metadata.$causationId);
    }
  });
  it('an event that is not there has no why', () => expect(why(placed(aDialog().welcomed()), 9_999)).toBeUndefined());
});
