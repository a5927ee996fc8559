import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { publishFile } from '@dialog/script-versions/versions';
import express from 'express';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { problemHandler } from '../http/problem.ts';
import { scriptsRouter } from './scripts.ts';

const logger = pino({ level: 'silent' });
const bot = (greeting: string): string => `format: dialog-script/1
bot: test
scripts:
  hello:
    when: chat_start
    steps: [ { say: "${greeting}" } ]
  what:
    when: { fallback: { streak: 1 } }
    steps: [ { say: "?" } ]
`;

it('a version that no dialog and no account needs is forgotten an hour after new chats took it, and may be published again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scripts-'));
  const store = await sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
  let now = 1_000_000;
  const app = express();
  const clock = { ...realClock, now: () => now };
  app.use(scriptsRouter({ store, readModel: { scripts: async () => [] }, caughtUp: () => true, clock, logger }));
  app.use(problemHandler(logger));
  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(async () => {
    server.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  const asked = async (path: string, body?: object) => {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
      ...(body === undefined
        ? {}
        : {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ by: 'ops', reason: 'a test', ...body }),
          }),
    });
    return { status: response.status, answer: (await response.json()) as { script: string; detail?: string } };
  };

  await publishFile(store, 'shop', bot('one'), { bot: 'test', by: 'engine', at: now });
  const two = await asked('/accounts/shop/scripts', { source: bot('two') });
  now += 60_000;
  const three = await asked('/accounts/shop/scripts', { source: bot('three') });
  const remove = (script: string, more = {}) => asked(`/accounts/shop/scripts/${script}/remove`, more);

  expect(await remove(three.answer.script)).toMatchObject({ status: 409, answer: { detail: 'new chats of shop take it' } });
  expect(await remove(two.answer.script)).toMatchObject({ status: 409, answer: { detail: expect.stringContaining('hour') } });
  now += 3_600_000;
  expect(await remove(two.answer.script, { dryRun: true })).toMatchObject({ status: 200 });
  expect(await asked(`/scripts/${two.answer.script}`)).toMatchObject({ status: 200 });
  expect(await remove(two.answer.script)).toMatchObject({ status: 200 });
  expect(await asked(`/scripts/${two.answer.script}`)).toMatchObject({ status: 404 });
  expect(await asked('/accounts/shop/scripts', { script: two.answer.script })).toMatchObject({ status: 404 });
  expect(await asked('/accounts/shop/scripts', { source: bot('two') })).toMatchObject({ status: 200 });
  expect(await asked(`/scripts/${two.answer.script}`)).toMatchObject({ status: 200 });
  expect(await asked('/accounts/nobody/scripts', { source: bot('two') })).toMatchObject({ status: 404 });
});
