import type { InboxInput } from '@dialog/contracts/inbox';
import type { QuarantineRecord } from '@dialog/contracts/quarantine';
import type { Secret } from '@dialog/contracts/secret';
import { parseWebhook } from '@dialog/webim/webhook/parse';

/** What the door would make of a webhook that it once put aside. */
export type ReadAgain = (record: QuarantineRecord, inputId: string) => { readonly input: InboxInput } | { readonly refused: string };

/**
 * Reads a quarantined webhook with the parser as it is now. What was cut at the door is not whole, and a GET's query was not kept: neither is
 * taken. The input has the time at which ingress received it, and no `answerBy`: Webim was answered long ago.
 */
export const readAgain =
  (options: { readonly hashKey: Secret }): ReadAgain =>
  (record, inputId) => {
    if (record.truncated) return { refused: 'truncated' };
    const parsed = parseWebhook(
      {
        account: record.account,
        query: record.event === undefined ? {} : { event: record.event },
        contentType: record.contentType ?? '',
        botApiVersion: record.verdict === 'api_version_1' ? '1.0' : undefined,
        webimVersion: undefined,
        body: Buffer.from(record.bodyBase64, 'base64'),
      },
      { hashKey: options.hashKey, inputId, receivedAt: record.receivedAt, answerBy: record.receivedAt },
    );
    if (!parsed.ok) return { refused: parsed.reason };
    const { answerBy: _, ...input } = parsed.input;
    return { input };
  };
