import { accountIdSchema, chatIdSchema } from '@dialog/contracts/ids';
import { type InboxInput, type InboxInputOf, type InboxInputType, inboxInputSchema } from '@dialog/contracts/inbox';
import type { Message } from '@dialog/contracts/message';
import { resultInputId } from '@dialog/contracts/outbox';

const account = accountIdSchema.parse('shop');
const chatId = chatIdSchema.parse('7');

type Fields<T extends InboxInputType> = Omit<InboxInputOf<T>, 'type' | 'account' | 'chatId' | 'chatIdForm' | 'receivedAt' | 'inputId'>;

/** An input of the one dialog that a test is about. @throws ZodError where it is not one that ingress could have written. */
const input = <T extends InboxInputType>(type: T, inputId: string, receivedAt: number, fields: Fields<T>): InboxInput =>
  inboxInputSchema.parse({ type, inputId, account, chatId, chatIdForm: 'number', receivedAt, ...fields });

/** A visitor's message; its id makes its hash, as ingress does it. `id` null: Webim sent none, the hash is of the content. */
export const visitorMessage = (text: string, id: string | null): Message => ({
  ...(id === null ? {} : { id }),
  hash: id === null ? `content-${text}` : `id-${id}`,
  hashOfContent: id === null,
  kind: 'visitor',
  side: 'visitor',
  text,
});

export const pressed = (button: string, id: string): Message => ({
  id,
  hash: `id-${id}`,
  hashOfContent: false,
  kind: 'keyboard_response',
  side: 'visitor',
  button: { id: button },
});

export const newChat = (id: string, at: number, fields: Fields<'new_chat'>) => input('new_chat', id, at, fields);
export const newMessage = (id: string, at: number, fields: Fields<'new_message'>) => input('new_message', id, at, fields);
export const chatStarted = (id: string, at: number, fields: Partial<Fields<'chat_started'>> = {}) =>
  input('chat_started', id, at, { bodyHash: id, ...fields });
export const chatAssigned = (id: string, at: number, fields: Partial<Fields<'chat_assigned'>> = {}) =>
  input('chat_assigned', id, at, { bodyHash: id, ...fields });
export const chatClosed = (id: string, at: number, fields: Partial<Fields<'chat_closed'>> = {}) =>
  input('chat_closed', id, at, { bodyHash: id, ...fields });
export const webhookRefused = (id: string, at: number, of: string, hashes: string[] = []) =>
  input('webhook_refused', id, at, { of, hashes });
export const timerDue = (id: string, at: number, dueAt: number) => input('timer_due', id, at, { dueAt });

/** An operator's command, with what the partition's owner wrote into it: all records applied. */
export const releaseParked = (id: string, at: number) =>
  input('release_parked', id, at, { by: 'ops', reason: 'fixed', outcome: { applied: 0, skipped: 0 } });

export const switchBot = (type: 'stop_bot' | 'start_bot', id: string, at: number) =>
  input(type, id, at, { by: 'ops', reason: 'it talks nonsense' });

/** By the visitor, who keeps them for this chat alone from now on. */
export const textsOffered = (id: string, at: number, visitor: string, texts: Fields<'texts_offered'>['texts']) =>
  input('texts_offered', id, at, { visitor, texts });

export type Answer = Omit<Fields<'effect_result'>, 'number' | 'attempt' | 'epoch'>;
export const effectResult = (at: number, attempt: { number: number; attempt: number; epoch: number }, answer: Answer) =>
  input('effect_result', resultInputId({ account, chatId, ...attempt }), at, {
    number: attempt.number,
    attempt: attempt.attempt,
    epoch: attempt.epoch,
    ...answer,
  });
