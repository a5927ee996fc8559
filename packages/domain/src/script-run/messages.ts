import type { Message } from '@dialog/contracts/message';
import type { Trigger } from '@dialog/script/types';
import { type Draft, emit, liveOf } from '../draft.ts';
import type { LiveDialog } from '../state.ts';
import { armScript, runScript } from './advance.ts';

/** The script takes an input only while its effect queue is empty and the chat is the bot's (design §5.3). */
const canTake = (state: LiveDialog): boolean =>
  state.holder.owner === 'bot' && state.trial === null && state.effects.length === 0 && !state.parked;

/** Gives visitor messages to the script, or lets them wait in order. */
export const offerMessages = (draft: Draft, messages: readonly Message[]): void => {
  for (const message of messages) {
    if (canTake(liveOf(draft)) && liveOf(draft).waiting.length === 0) take(draft, message, draft.at);
    else emit(draft, { type: 'MessageQueued', data: { hash: message.hash } });
  }
};

/** Takes waiting messages one by one until one opens an effect. */
export const takeWaiting = (draft: Draft): void => {
  for (;;) {
    const state = liveOf(draft);
    const next = state.waiting[0];
    if (next === undefined || !canTake(state)) return;
    take(draft, next.message, next.at);
  }
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
