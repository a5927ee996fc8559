import type { EffectResult } from '@dialog/contracts/inbox';
import { resultInputId } from '@dialog/contracts/outbox';
import type { OutboxEnvelope } from './outbox-record.ts';

/** What an attempt came to, before it has its identity. */
export type Verdict = Pick<
  EffectResult,
  'outcome' | 'reason' | 'code' | 'status' | 'desc' | 'notBefore' | 'crossed' | 'sentAt' | 'chat' | 'http'
>;

/** `at`: log's time, ms. */
export const effectResult = (envelope: OutboxEnvelope, verdict: Verdict, at: number): EffectResult => ({
  type: 'effect_result',
  inputId: resultInputId(envelope),
  account: envelope.account,
  chatId: envelope.chatId,
  chatIdForm: envelope.chatIdForm,
  receivedAt: at,
  number: envelope.number,
  attempt: envelope.attempt,
  epoch: envelope.epoch,
  ...verdict,
});
