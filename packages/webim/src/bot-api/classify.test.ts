import { describe, expect, test } from 'vitest';
import { type BotApiMethod, classify } from './classify.ts';
import type { Exchange } from './exchange.ts';

const answered = (status: number, body: unknown, headers: Record<string, string> = {}): Exchange => ({
  kind: 'answered',
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const now = Date.parse('2026-03-02T09:00:00Z');
const of = (result: Exchange, method: BotApiMethod = 'send_message') => classify(method, result, now);

describe('webim-protocol §3.5, row by row', () => {
  test.each(['dns', 'connect', 'tls'] as const)('%s failure: nothing was sent', (code) => {
    expect(of({ kind: 'not_sent', code })).toEqual({ kind: 'not_sent', code });
  });
  test.each(['timeout', 'reset'] as const)('%s after the request was written: in doubt', (code) => {
    expect(of({ kind: 'in_doubt', code })).toEqual({ kind: 'in_doubt', code });
  });
  test.each([429, 502, 503, 504])('%i: later, whatever the body says', (status) => {
    expect(of(answered(status, '<html>'))).toEqual({ kind: 'retry_later', code: `http_${status}`, status });
    expect(of(answered(status, { error: 'chat-closed' }))).toMatchObject({ kind: 'retry_later' });
  });
  test.each([200, 400, 500])('server-not-ready under %i: later', (status) => {
    expect(of(answered(status, { error: 'SERVER_NOT_READY' }))).toMatchObject({ kind: 'retry_later', code: 'SERVER_NOT_READY' });
  });
  test('Retry-After in seconds and as a date, against the server’s own clock', () => {
    expect(of(answered(429, '', { 'retry-after': '7' }))).toMatchObject({ retryAfterMs: 7_000 });
    expect(of(answered(503, '', { 'retry-after': 'Mon, 02 Mar 2026 09:00:30 GMT' }))).toMatchObject({ retryAfterMs: 30_000 });
    expect(of(answered(503, '', { 'retry-after': 'Mon, 02 Mar 2026 09:00:30 GMT', date: 'Mon, 02 Mar 2026 09:00:20 GMT' }))).toMatchObject({
      retryAfterMs: 10_000,
    });
    expect(of(answered(503, '', { 'retry-after': 'soon' }))).not.toHaveProperty('retryAfterMs');
  });
  test('500: a few times', () => {
    expect(of(answered(500, 'oops'))).toMatchObject({ kind: 'retry_later', status: 500, aFewTimes: true });
    expect(of(answered(500, { error: 'chat-closed' }))).toMatchObject({ kind: 'refused', reason: 'chat_closed' });
  });
  test.each([
    [401, { error: 'chat-closed' }],
    [403, ''],
    [403, { error: 'access-denied' }],
    [200, { error: 'unauthorized' }],
    [400, { error: 'Account_Blocked' }],
  ])('%i %j: the token or the host is wrong', (status, body) => {
    expect(of(answered(status, body))).toMatchObject({ kind: 'refused', reason: 'unauthorized', status });
  });
  test('a 403 that plainly speaks of the chat does not stop the account', () => {
    expect(of(answered(403, { error: 'not-your-chat' }))).toMatchObject({ reason: 'not_bots_chat' });
  });
  test('404 without JSON and a redirect: host or path is wrong', () => {
    expect(of(answered(404, '<html>not found</html>'))).toMatchObject({ kind: 'refused', reason: 'wrong_host', code: 'http_404' });
    expect(of(answered(302, '', { location: 'https://elsewhere.example' }))).toMatchObject({ kind: 'refused', reason: 'wrong_host' });
  });
  test.each([
    'message_empty',
    'max-message-length-exceeded',
    'file_not_found',
    'max_file_size_exceeded',
    'file_size_too_small',
    'not_allowed_file_type',
    'not_allowed_mime_type',
    'incorrect-file-name',
    'content_type_not_recognized',
    'not_matching_magic_numbers',
    'max_files_count_per_chat_exceeded',
    'malicious_file_detected',
    'button-id-not-set',
  ])('%s: this message only, under 200 and 400', (error) => {
    expect(of(answered(200, { error, desc: 'why' }))).toEqual({
      kind: 'refused',
      reason: 'content',
      code: error,
      status: 200,
      desc: 'why',
    });
    expect(of(answered(400, { error }))).toMatchObject({ kind: 'refused', reason: 'content', status: 400 });
  });
  test.each([
    ['chat-required', 'not_bots_chat'],
    ['no-chat', 'not_bots_chat'],
    ['chat_not_found', 'not_bots_chat'],
    ['not-your-chat', 'not_bots_chat'],
    ['access_denied', 'not_bots_chat'],
    ['chat-not-assigned', 'not_bots_chat'],
    ['NOT_BOTS_CHAT', 'not_bots_chat'],
    ['chat-closed', 'chat_closed'],
    ['chat_is_closed', 'chat_closed'],
    ['closed_by_operator', 'chat_closed'],
  ])('%s: the chat is lost, %s', (error, reason) => {
    for (const status of [200, 400, 404]) {
      for (const method of ['send_message', 'redirect_chat', 'close_chat'] as const) {
        expect(of(answered(status, { error }), method)).toMatchObject({ kind: 'refused', reason, code: error, status });
      }
    }
  });
  test.each([
    [200, { error: 'no-tariff-option' }, 'no-tariff-option'],
    [400, { error: 'department-offline' }, 'department-offline'],
    [404, { error: 'operator-not-found' }, 'operator-not-found'],
    [400, 'plain', 'http_400'],
    [405, '', 'http_405'],
    [200, { error: { code: 'odd' } }, 'odd'],
    [200, { error: 1204 }, '1204'],
    [400, { error: { code: 17, message: 'no' } }, '17'],
    [200, { error: true }, 'unknown'],
    [200, { error: { code: ' ' } }, 'unknown'],
  ])('any other error, %i %j: refused with its code', (status, body, code) => {
    expect(of(answered(status, body), 'redirect_chat')).toEqual({ kind: 'refused', reason: 'other', code, status });
  });
});

test('a sentence in place of a code counts by its words and is kept as a description: it may quote what was sent', () => {
  const error = 'message text "+7 912 555-44-33" is too long';
  expect(of(answered(400, { error }))).toEqual({ kind: 'refused', reason: 'content', code: 'unknown', status: 400, desc: error });
  expect(of(answered(400, { error: { code: error }, desc: 'said so' }))).toMatchObject({ code: 'unknown', desc: 'said so' });
});

describe('success only where status and body say so', () => {
  test.each([{ result: 'ok' }, {}, { result: 'ok', error: null }])('200 %j', (body) => {
    expect(of(answered(200, body))).toEqual({ kind: 'accepted', status: 200 });
  });
  test.each(['<html>welcome</html>', '', 'null', '[]', '"ok"', '{"result":'])('200 with %j is in doubt', (body) => {
    expect(of(answered(200, body))).toEqual({ kind: 'in_doubt', code: 'not_json', status: 200 });
  });
  test('200 whose body did not come whole is in doubt; a refusal needs no body', () => {
    const cut = (status: number): Exchange => ({ kind: 'answered', status, headers: {}, body: undefined, bodyFault: 'reset' });
    expect(of(cut(200))).toEqual({ kind: 'in_doubt', code: 'reset', status: 200 });
    expect(of(cut(429))).toMatchObject({ kind: 'retry_later' });
    expect(of(cut(404))).toMatchObject({ kind: 'refused', reason: 'other' });
  });
  test('a code of any length is kept within the contract', () => {
    expect(of(answered(200, { error: 'x'.repeat(5000), desc: 'y'.repeat(5000) }))).toMatchObject({
      code: 'x'.repeat(200),
      desc: 'y'.repeat(2000),
    });
  });
});
