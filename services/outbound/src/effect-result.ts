import { cloudEventHeaders } from '@dialog/contracts/cloud-events';
import { dialogKey } from '@dialog/contracts/ids';
import type { ChatImported, EffectResult } from '@dialog/contracts/inbox';
import { resultInputId } from '@dialog/contracts/outbox';
import { topics } from '@dialog/contracts/topics';
import type { NewRecord } from '@dialog/log/port';
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

/** The result as an inbox record of its dialog; published twice it is one input. */
export const inboxRecord = (input: EffectResult | ChatImported, traceparent: string | undefined): NewRecord => ({
  topic: topics.inbox,
  key: dialogKey(input),
  value: new TextEncoder().encode(JSON.stringify(input)),
  headers: cloudEventHeaders({
    id: input.inputId,
    account: input.account,
    type: input.type,
    subject: dialogKey(input),
    timeMs: input.receivedAt,
    ...(traceparent === undefined ? {} : { traceparent }),
  }),
});
