import type { Message } from '@dialog/contracts/message';
import type { Trigger } from '@dialog/script/types';
import { isLarge } from '../decision-size.ts';
import { type Draft, emit, liveOf } from '../draft.ts';
import { isStopped } from '../ownership/stopped.ts';
import type { LiveDialog } from '../state.ts';
import { armScript, runScript } from './advance.ts';

/** The script takes an input only while its effect queue is empty and the chat is the bot's (design §5.3). */
const canTake = (draft: Draft, state: LiveDialog = liveOf(draft)): boolean =>
  !isStopped(draft) &&
  state.holder.owner === 'bot' &&
  state.trial === null &&
  state.effects.length === 0 &&
  !state.parked &&
  state.start !== 'awaits_visitor';

/** More of one input than this are queued in one event. */
const queuedSingly = 20;

/** Gives visitor messages to the script, or lets them wait in order. */
export const offerMessages = (draft: Draft, messages: readonly Message[]): void => {
  let next = 0;
  for (; next < messages.length; next++) {
    if (!canTake(draft) || liveOf(draft).waiting.length > 0 || isLarge(draft)) break;
    take(draft, messages[next] as Message, draft.at);
  }
  const hashes = messages.slice(next).map((message) => message.hash);
  if (hashes.length > queuedSingly) emit(draft, { type: 'MessagesQueued', data: { hashes } });
  else for (const hash of hashes) emit(draft, { type: 'MessageQueued', data: { hash } });
  if (hashes.length > 0 && canTake(draft) && isLarge(draft)) takeLater(draft);
};

/** Takes waiting messages one by one until one opens an effect, or the decision is large. */
export const takeWaiting = (draft: Draft): void => {
  for (;;) {
    const state = liveOf(draft);
    const next = state.waiting[0];
    if (next === undefined || !canTake(draft)) return;
    if (isLarge(draft)) return takeLater(draft);
    take(draft, next.message, next.at);
  }
};

/** Nothing is open whose result would go on: a deadline that is due at once does. */
const takeLater = (draft: Draft): void => {
  if (liveOf(draft).deadlines.waiting === undefined) emit(draft, { type: 'DeadlineSet', data: { name: 'waiting', at: draft.at } });
};

/** Arms what runs from the last result, takes what waited; neither while something is open. */
export const goOn = (draft: Draft): void => {
  armScript(draft);
  takeWaiting(draft);
};

const take = (draft: Draft, message: Message, at: number): void => {
  runScript(draft, triggerOf(message), { message: { hash: message.hash, at } });
};

const triggerOf = (message: Message): Trigger => {
  if (message.button !== undefined) {
    return { kind: 'button', id: message.button.id, ...(message.button.text === undefined ? {} : { label: message.button.text }) };
  }
  if (message.file !== undefined) {
    return { kind: 'file', ...(message.file.mediaType === undefined ? {} : { mediaType: message.file.mediaType }) };
  }
  return { kind: 'text', text: message.text ?? '' };
};
