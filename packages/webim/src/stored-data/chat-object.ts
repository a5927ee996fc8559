import type { EffectResult } from '@dialog/contracts/inbox';
import { closedByOf, timeOf } from '../webhook/normalise.ts';

/** What the engine asks of a chat object. */
export type StoredChat = NonNullable<EffectResult['chat']>;

/**
 * Reads a chat object of the Stored Data API (webim-protocol §8). `closed` is true only where it shows the final state or a
 * closing time, false only where it shows another state that we know; the soft close `closed_by_operator` is not closed: the chat
 * may still reopen (webim-protocol §6). Whether it shows a state at all is unknown, so often the answer is: not known.
 */
export const storedChat = (chat: Readonly<Record<string, unknown>>): StoredChat => {
  const state = text(chat['state']) ?? text(chat['status']) ?? text(chat['chat_state']);
  const closedAt = timeOf(chat['closed_at'] ?? chat['close_time'] ?? chat['closedAt'] ?? chat['finished_at'] ?? chat['ended_at']);
  const closed = isClosed(state, closedAt);
  const closedBy = closedByOf(text(chat['closed_by']) ?? text(chat['close_reason']) ?? text(chat['closedBy']));
  const operatorId = id(chat['operator_id']) ?? id(record(chat['operator'])?.['id']) ?? id(chat['operatorId']);
  return {
    ...(closed === undefined ? {} : { closed }),
    ...(closedAt === undefined ? {} : { closedAt }),
    ...(closedBy === undefined ? {} : { closedBy }),
    ...(operatorId === undefined ? {} : { operatorId }),
    ...(state === undefined ? {} : { state: state.slice(0, 64) }),
  };
};

const openStates = new Set([
  'queue',
  'routing',
  'invitation',
  'chatting',
  'chatting_with_robot',
  'hold',
  'offline_queue',
  'open',
  'active',
  'closed_by_operator',
  'closed_by_agent',
  'closed_by_visitor',
]);

const isClosed = (state: string | undefined, closedAt: number | undefined): boolean | undefined => {
  const spelled = state?.toLowerCase().replaceAll('-', '_');
  if (spelled === 'closed' || spelled === 'deleted') return true;
  // A soft close may carry a time too; its state says that it is not final.
  if (spelled !== undefined && openStates.has(spelled)) return false;
  return closedAt === undefined ? undefined : true;
};

const id = (value: unknown): string | undefined => (typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : text(value));

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

export const record = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
