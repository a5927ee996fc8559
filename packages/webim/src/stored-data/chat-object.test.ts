import { expect, test } from 'vitest';
import { storedChat } from './chat-object.ts';

const at = '2026-03-02T09:14:05Z';
test.each([
  ['the documented fields show no state', { id: 1, created_at: at, operator_id: 240001 }, undefined],
  ['final', { state: 'closed' }, true],
  ['spelled otherwise', { state: 'CLOSED' }, true],
  ['deleted', { state: 'deleted' }, true],
  ['the soft close', { state: 'closed_by_operator' }, false],
  ['the soft close with a time', { state: 'closed_by_agent', closed_at: at }, false],
  ['closed by the visitor, which may reopen', { state: 'closed-by-visitor' }, false],
  ['with people', { state: 'chatting' }, false],
  ['a closing time alone', { closed_at: at }, true],
  ['a closing time that is null', { closed_at: null }, undefined],
  ['a state nobody knows', { state: 'limbo' }, undefined],
])('%s: closed is %3$s', (_, chat, closed) => {
  expect(storedChat(chat).closed).toBe(closed);
});

test('times as ISO, seconds, ms or µs', () => {
  const ms = Date.parse(at);
  for (const closed_at of [at, ms / 1000, ms, ms * 1000]) expect(storedChat({ closed_at }).closedAt).toBe(ms);
  expect(storedChat({ closed_at: 'yesterday' })).toEqual({});
});

test('who closed it, and whose it was, only where it says so', () => {
  expect(storedChat({ closed_by: 'inactivity_timer' }).closedBy).toBe('inactivity_timer');
  expect(storedChat({ closed_by: 'visitor' }).closedBy).toBe('visitor');
  expect(storedChat({ closed_by: 'agent' }).closedBy).toBe('operator');
  expect(storedChat({ close_reason: 'timeout_for_chat_auto_close_if_chat_is_inactive' }).closedBy).toBe('inactivity_timer');
  expect(storedChat({ close_reason: 'timeout_for_chat_auto_close_if_closed_by_operator' }).closedBy).toBe('operator');
  expect(storedChat({ close_reason: 'timeout, closed by visitor' }).closedBy).toBe('visitor');
  expect(storedChat({ closed_by: 7 })).toEqual({});
  expect(storedChat({ operator_id: 240001 }).operatorId).toBe('240001');
  expect(storedChat({ operator_id: null, operator: { id: '7' } }).operatorId).toBe('7');
});
