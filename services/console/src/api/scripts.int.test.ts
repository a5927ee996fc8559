import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import type { EventStore } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { publishFile, publishScript, recordRefusal, removeScript, scriptHash, scriptSource } from '@dialog/script-versions/versions';
import express from 'express';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { problemHandler } from '../http/problem.ts';
import { type ScriptVersions, scriptsRouter } from './scripts.ts';

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

it('a refused file is told until it is without errors again, also where its mended content was published before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'scripts-'));
  const store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
  const app = express();
  app.use(scriptsRouter({ store, readModel: { scripts: async () => [] }, caughtUp: () => true, clock: realClock, logger }));
  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(async () => {
    server.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  const told = async () => {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/accounts/shop/scripts`);
    const { versions, refused } = (await response.json()) as ScriptVersions;
    return { current: versions.find((one) => one.current)?.script, refused: refused?.script ?? null };
  };
  const by = { bot: 'test', by: 'engine', at: 1 };
  const broken = { script: scriptHash('broken'), errors: [{ rule: 'yaml', line: 1, column: 1 }], at: 2 };
  const one = scriptHash(bot('one'));
  const two = scriptHash(bot('two'));

  await publishFile(store, 'shop', bot('one'), by);
  await recordRefusal(store, 'shop', broken);
  expect(await told()).toEqual({ current: one, refused: broken.script });
  // A version by command mends no file.
  await publishScript(store, 'shop', bot('two'), { ...by, by: 'ops', reason: 'a test' });
  expect(await told()).toEqual({ current: two, refused: broken.script });
  // Back to what it was: told as whole, and what was published by command stands.
  expect(await publishFile(store, 'shop', bot('one'), by)).toBe(false);
  expect(await told()).toEqual({ current: two, refused: null });
  await recordRefusal(store, 'shop', broken);
  expect(await told()).toEqual({ current: two, refused: broken.script });
});

describe('a version that is published while it is removed keeps its source', () => {
  const by = { bot: 'test', by: 'ops', reason: 'a test', at: 1 };
  const script = scriptHash(bot('two'));
  const removal = { script, by: 'ops', reason: 'a test', at: 2 };
  const opened = async (): Promise<EventStore> => {
    const folder = await mkdtemp(join(tmpdir(), 'scripts-'));
    const store = sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock });
    onTestFinished(async () => {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    });
    for (const account of ['shop', 'bank']) await publishScript(store, account, bot('one'), by);
    await publishScript(store, 'shop', bot('two'), by);
    await publishScript(store, 'shop', bot('one'), by);
    return store;
  };

  it.each(['shop', 'bank'])('by %s, after the removal was recorded and before the source goes', async (account) => {
    const store = await opened();
    const deleteStream = async (stream: string): Promise<void> => {
      await publishScript(store, account, bot('two'), by);
      await store.deleteStream(stream);
    };
    expect(await removeScript({ ...store, deleteStream }, 'shop', removal)).toBe(false);
    expect(await scriptSource(store, script)).toBe(bot('two'));
  });

  it('and taken back at once: chats may have begun with it', async () => {
    const store = await opened();
    const deleteStream = async (stream: string): Promise<void> => {
      await publishScript(store, 'bank', bot('two'), by);
      await publishScript(store, 'bank', bot('one'), by);
      await store.deleteStream(stream);
    };
    await removeScript({ ...store, deleteStream }, 'shop', removal);
    expect(await scriptSource(store, script)).toBe(bot('two'));
  });

  it.each([
    ['by a command', (store: EventStore) => publishScript(store, 'bank', bot('two'), by)],
    ['by a file', (store: EventStore) => publishFile(store, 'bank', bot('two'), by)],
  ])('%s that found the source, while the whole removal went by', async (_, publish) => {
    const store = await opened();
    let removed: boolean | undefined;
    const append: EventStore['append'] = async (stream, ...rest) => {
      if (stream === 'account-bank') removed ??= await removeScript(store, 'shop', removal);
      return store.append(stream, ...rest);
    };
    await publish({ ...store, append });
    expect(removed).toBe(true);
    expect(await scriptSource(store, script)).toBe(bot('two'));
  });
});
