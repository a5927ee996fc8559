import { cloudEventHeaders } from './cloud-events.ts';
import { dialogKey, visitorKey } from './ids.ts';
import type { InboxInput } from './inbox.ts';
import { topics } from './topics.ts';
import { type VisitorInput, visitorInputSchema } from './visitor.ts';

const visitorTypes: ReadonlySet<string> = new Set(visitorInputSchema.options.map(({ shape }) => shape.type.value));

/** By its type: an input of a dialog may name a visitor, and one of a visitor a chat. */
const isVisitorInput = (input: InboxInput | VisitorInput): input is VisitorInput => visitorTypes.has(input.type);

/** An input as the record by which it enters: under the key of the dialog or the visitor that it is of. */
export const inboxRecord = (input: InboxInput | VisitorInput, traceparent?: string) => {
  const key = isVisitorInput(input) ? visitorKey(input) : dialogKey(input);
  return {
    topic: topics.inbox,
    key,
    value: new TextEncoder().encode(JSON.stringify(input)),
    headers: cloudEventHeaders({
      id: input.inputId,
      account: input.account,
      type: input.type,
      subject: key,
      timeMs: input.receivedAt,
      ...(traceparent === undefined ? {} : { traceparent }),
    }),
  };
};
