import { Secret } from '@dialog/contracts/secret';
import { expect, it } from 'vitest';
import { parseWebhook } from './parse.ts';

const context = { hashKey: new Secret('a-hash-key-of-at-least-32-letters'), inputId: 'wh:1', receivedAt: 1_000, answerBy: 3_000 };
const read = (body: string) =>
  parseWebhook(
    {
      account: 'acme',
      query: {},
      contentType: 'application/json',
      botApiVersion: undefined,
      webimVersion: undefined,
      body: Buffer.from(body),
    },
    context,
  );
const msOf = (work: () => unknown): number => {
  const from = performance.now();
  work();
  return performance.now() - from;
};

it('a million messages in one webhook: the newest are kept, and no more than they are looked at', () => {
  const body = `{"event":"new_chat","chat_id":1,"messages":[${'{},'.repeat(1_000_000)}{"id":"newest"}]}`;
  let parsed: ReturnType<typeof read> | undefined;
  const whole = msOf(() => {
    parsed = read(body);
  });
  if (parsed?.ok !== true || parsed.input.type !== 'new_chat') throw new Error('it was not read');
  expect(parsed.input.truncated).toBe(true);
  expect(parsed.input.messages.at(-1)).toMatchObject({ id: 'newest' });
  // To normalise each takes seventy times as long as JSON.parse does, to look at the newest some five times.
  expect(whole).toBeLessThan(25 * msOf(() => JSON.parse(body)));
});
