import { type OutboxRecord, outboxRecordSchema } from '@dialog/contracts/outbox';
import type { z } from 'zod';

/** What every outbox record carries, whatever its effect: enough to answer it. */
const envelopeSchema = outboxRecordSchema.pick({ account: true, chatId: true, chatIdForm: true, number: true, attempt: true, epoch: true });
export type OutboxEnvelope = z.infer<typeof envelopeSchema>;

export type OutboxAttempt = {
  readonly envelope: OutboxEnvelope;
  /** Undefined where this version does not know the effect or its fields: the answer is `unsupported`. */
  readonly record: OutboxRecord | undefined;
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @returns undefined where not even the envelope can be read: nobody could be answered. */
export const parseOutboxRecord = (value: Uint8Array): OutboxAttempt | undefined => {
  let body: unknown;
  try {
    body = JSON.parse(utf8.decode(value));
  } catch {
    return undefined;
  }
  const envelope = envelopeSchema.safeParse(body);
  return envelope.success ? { envelope: envelope.data, record: outboxRecordSchema.safeParse(body).data } : undefined;
};
