import { accountIdSchema, chatIdSchema } from '@dialog/contracts/ids';
import type { ChatImported } from '@dialog/contracts/inbox';
import type { Secret } from '@dialog/contracts/secret';
import { keyedHash } from '../keyed-hash.ts';
import { chatIdOf, first, newestThatFit, timeOf } from '../webhook/normalise.ts';
import { visitorOf } from '../webhook/parse.ts';
import { storedChat } from './chat-object.ts';

export type ImportContext = {
  readonly account: string;
  readonly hashKey: Secret;
  /** Log's time, ms. */
  readonly receivedAt: number;
};

/**
 * A chat object of the Stored Data API as an input of its dialog. Its messages are normalised as the door does it, so that one that the dialog has already has
 * the same hash; the id is made of the content, so that an object read twice is one input.
 *
 * @returns undefined for an object that names no chat, or in which nothing was said
 */
export const importedChat = (
  raw: Readonly<Record<string, unknown>>,
  { account, hashKey, receivedAt }: ImportContext,
): ChatImported | undefined => {
  const id = chatIdOf(raw['id']);
  if (typeof id === 'string') return undefined;
  const where = { account, chatId: id.id, hashKey };
  const listed = Array.isArray(raw['messages']) ? raw['messages'] : [];
  if (listed.length === 0) return undefined;
  const { kept, truncated } = newestThatFit(listed, where);
  const { closed, closedAt, operatorId } = storedChat(raw);
  const startedAt = timeOf(first(raw, 'created_at', 'createdAt', 'started_at'));
  const visitor = visitorOf(raw['visitor'], account, { hashKey });
  const content = {
    ...(visitor === undefined ? {} : { visitor }),
    messages: kept,
    ...(truncated ? { truncated } : {}),
    ...(operatorId === undefined ? {} : { operatorId }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(closedAt === undefined ? {} : { closedAt }),
    ...(closed === undefined ? {} : { closed }),
  };
  return {
    type: 'chat_imported',
    inputId: `im:${id.id}:${keyedHash(hashKey, account, id.id, JSON.stringify(content))}`,
    account: accountIdSchema.parse(account),
    chatId: chatIdSchema.parse(id.id),
    chatIdForm: id.form,
    receivedAt,
    ...content,
  };
};
