import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { consoleService } from '@dialog/console/console';
import { realClock } from '@dialog/contracts/clock';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { handedOver, supportLife } from '../../../../services/console/test/decided-dialog.ts';
import { type Folder, stateHashes, storedEvents, storesFolder } from '../../../export/test/stores.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const t0 = Date.parse('2026-03-02T09:00:00Z');
let folder: Folder;
const after: (() => Promise<unknown> | unknown)[] = [];
beforeEach(async () => {
  folder = await storesFolder();
});
afterEach(async () => {
  for (const undo of after.splice(0).reverse()) await undo();
  await folder.remove();
});

const run = async (...args: readonly string[]) => {
  const child = spawn(process.execPath, [main, ...args]);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout, stderr };
};
const size = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
const linesIn = (file: string): { line: string; stream?: string; until?: number }[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { line: string });
const url = (name: string): string => `sqlite:${folder.path(`${name}.db`)}`;

const desk = async (name: string) => {
  const log = sqliteLog({ file: folder.path('log.db'), clock: realClock });
  const service = consoleService({
    store: folder.store(name),
    log,
    clock: realClock,
    logger: pino({ level: 'silent' }),
    dataFile: folder.path(`${name}-console.db`),
    port: 0,
    webRoot: folder.path('web'),
  });
  const running = service.run();
  after.push(async () => {
    await service.stop();
    await running;
    await log.close();
  });
  return service.listening();
};
type List = { caughtUp: boolean; dialogs: { account: string; chatId: string }[] };
const list = async (address: string): Promise<List> => (await (await fetch(`${address}/api/dialogs`)).json()) as List;

describe('dialogctl export, import', () => {
  it('killed while it writes, it goes on to the very same bytes', async () => {
    const store = folder.store('events');
    const text = 'x'.repeat(30_000);
    for (let chat = 0; chat < 250; chat++) {
      const metadata = { at: chat };
      const event = (note: string) => ({ id: randomUUID(), type: 'NoteRecorded', data: { text: `${note}${text}` }, metadata });
      await store.append(`dialog-shop-${chat}`, [event('a'), event('b')], 'no_stream');
    }
    const whole = folder.path('whole.ndjson');
    expect(await run('export', '--all', '--out', whole, '--events-url', url('events'))).toMatchObject({ status: 0 });
    const [header] = linesIn(whole);
    const until = new Date(header?.until ?? 0).toISOString();
    let interrupted = 0;
    for (let turn = 0; turn < 2; turn++) {
      const cut = folder.path(`cut-${turn}.ndjson`);
      const child = spawn(process.execPath, [main, 'export', '--all', '--out', cut, '--until', until, '--events-url', url('events')]);
      const closed = once(child, 'close');
      while (size(cut) < 100_000 * (1 + turn * 20) && child.exitCode === null) await pause(1);
      child.kill('SIGKILL');
      await closed;
      if (size(cut) < size(whole)) interrupted += 1;
      expect(await run('export', '--resume', '--out', cut, '--events-url', url('events'))).toMatchObject({ status: 0 });
      const rest = (file: string): string => readFileSync(file, 'utf8').replace(/^.*\n/, '');
      expect(rest(cut) === rest(whole)).toBe(true);
    }
    expect(interrupted).toBeGreaterThan(0);
  });

  it('from the console: all, an account, dialogs, a filter of its list; into an empty installation, whose list follows', async () => {
    const store = folder.store('events');
    for (const chat of ['1', '2']) await supportLife('shop', chat, t0).writeTo(store);
    await handedOver('other', '3', t0).writeTo(store);
    const address = await desk('events');
    await vi.waitFor(async () => expect((await list(address)).dialogs).toHaveLength(3), { timeout: 20_000 });
    const exported = async (name: string, ...args: string[]): Promise<string[]> => {
      const done = await run('export', ...args, '--out', folder.path(name), '--console', address);
      expect(done).toMatchObject({ status: 0, stdout: '' });
      expect(linesIn(folder.path(name)).at(-1)).toEqual({ line: 'end' });
      return [...new Set(linesIn(folder.path(name)).flatMap(({ stream }) => stream ?? []))];
    };
    expect(await exported('all.ndjson', '--all')).toEqual(['dialog-shop-1', 'dialog-shop-2', 'dialog-other-3']);
    expect(await exported('account.ndjson', '--account', 'other')).toEqual(['dialog-other-3']);
    expect(await exported('two.ndjson', '--dialog', 'other/3', '--dialog', 'shop/1')).toEqual(['dialog-other-3', 'dialog-shop-1']);
    expect(await exported('closed.ndjson', '--where', 'owner=nobody')).toEqual(['dialog-other-3']);
    const straight = folder.path('straight.ndjson');
    expect(await run('export', '--all', '--out', straight, '--events-url', url('events'))).toMatchObject({ status: 0 });
    expect(linesIn(straight).slice(1)).toEqual(linesIn(folder.path('all.ndjson')).slice(1));

    const empty = await desk('target');
    expect((await list(empty)).dialogs).toEqual([]);
    const imported = await run('import', straight, '--events-url', url('target'));
    expect(imported).toMatchObject({ status: 0, stdout: expect.stringContaining('3 dialogs') });
    await vi.waitFor(async () => expect((await list(empty)).dialogs).toHaveLength(3), { timeout: 20_000 });
    const row = async (from: string): Promise<unknown> =>
      ((await (await fetch(`${from}/api/dialogs/other/3`)).json()) as { row: { owner: string; flag: boolean; revision: number } }).row;
    const same = async () => expect(await row(empty)).toEqual({ ...((await row(address)) as object), recordedAt: expect.any(Number) });
    await vi.waitFor(same, { timeout: 20_000 });
    expect(stateHashes(await storedEvents(folder.store('target')))).toEqual(stateHashes(await storedEvents(store)));
    expect(await run('import', straight, '--events-url', url('target'), '--json')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"events":0'),
    });
  });

  it('an answer that breaks off is told, and goes on', async () => {
    const store = folder.store('events');
    for (const chat of ['1', '2', '3']) await supportLife('shop', chat, t0).writeTo(store);
    const address = await desk('events');
    let breaks = true;
    const proxy: Server = createServer((request, response) => {
      void fetch(address + (request.url ?? '')).then(async (answer) => {
        const body = Buffer.from(await answer.arrayBuffer());
        response.writeHead(answer.status);
        if (!breaks || !request.url?.startsWith('/api/export')) response.end(body);
        else response.write(body.subarray(0, body.length / 2), () => response.destroy());
      });
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    after.push(() => new Promise((resolve) => proxy.close(resolve)));
    const there = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    for (const [name, ...what] of [
      ['all', '--all'],
      ['two', '--dialog', 'shop/3', '--dialog', 'shop/1'],
    ] as const) {
      breaks = true;
      const cut = folder.path(`${name}-cut.ndjson`);
      const broken = await run('export', ...what, '--out', cut, '--console', there);
      expect(broken).toMatchObject({ status: 2, stderr: expect.stringContaining('--resume') });
      expect(size(cut)).toBeGreaterThan(0);
      breaks = false;
      expect(await run('export', '--resume', '--out', cut, '--console', there)).toMatchObject({ status: 0 });
      const whole = folder.path(`${name}-whole.ndjson`);
      expect(await run('export', ...what, '--out', whole, '--console', there)).toMatchObject({ status: 0 });
      expect(linesIn(cut).slice(1)).toEqual(linesIn(whole).slice(1));
    }
  });

  it('anonymised: nothing of the visitor is in it, it goes on under its key alone, and imports to the same states', async () => {
    const store = folder.store('events');
    for (const chat of ['1', '2']) await handedOver('shop', chat, t0).writeTo(store);
    const [key, other] = [folder.path('key'), folder.path('other')];
    writeFileSync(key, `${'a1'.repeat(32)}\n`);
    writeFileSync(other, 'b2'.repeat(32));
    const whole = folder.path('whole.ndjson');
    const args = ['export', '--events-url', url('events'), '--anonymise', '--key-file'];
    expect(await run(...args, key, '--all', '--out', whole)).toMatchObject({ status: 0 });
    const text = readFileSync(whole, 'utf8');
    expect(text).not.toMatch(/Ирина|Соколова|912 555|вы тут/);
    const cut = folder.path('cut.ndjson');
    writeFileSync(cut, text.slice(0, text.length * 0.6));
    expect(await run(...args, other, '--resume', '--out', cut)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('the same --key-file'),
    });
    expect(await run(...args, key, '--resume', '--out', cut)).toMatchObject({ status: 0 });
    expect(readFileSync(cut, 'utf8') === text).toBe(true);
    const parquet = folder.path('whole.parquet');
    expect(await run('export', '--from', whole, '--format', 'parquet', '--out', parquet)).toMatchObject({ status: 0 });
    expect(readFileSync(parquet).subarray(0, 4).toString()).toBe('PAR1');
    const raw = folder.path('raw.ndjson');
    expect(await run('export', '--events-url', url('events'), '--all', '--out', raw)).toMatchObject({ status: 0 });
    const later = folder.path('later.ndjson');
    expect(await run('export', '--from', raw, '--anonymise', '--key-file', key, '--out', later)).toMatchObject({ status: 0 });
    expect(linesIn(later).slice(1)).toEqual(linesIn(whole).slice(1));
    expect(await run('import', whole, '--events-url', url('target'))).toMatchObject({ status: 0 });
    expect(stateHashes(await storedEvents(folder.store('target')))).toEqual(stateHashes(await storedEvents(store)));
  });

  it('says what it can not do', async () => {
    const said = (...args: string[]) => {
      const { status, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
      return { status, stderr };
    };
    const there = folder.path('there.ndjson');
    writeFileSync(there, 'a text\n');
    expect(said('export')).toMatchObject({ status: 2, stderr: expect.stringContaining('One of --all') });
    expect(said('export', '--all', '--out', there)).toMatchObject({ status: 2, stderr: expect.stringContaining('is there already') });
    expect(said('export', '--resume', '--out', there)).toMatchObject({ status: 2, stderr: expect.stringContaining('is no export') });
    expect(said('export', '--all', '--console', 'http://127.0.0.1:9')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('reached'),
    });
    expect(said('import', there, '--events-url', url('none'))).toMatchObject({ status: 2, stderr: expect.stringContaining('line 1') });
    expect(said('import', folder.path('missing'), '--events-url', url('none'))).toMatchObject({ status: 2 });
    expect(said('import', there, '--events-url', 'ftp://x')).toMatchObject({ status: 2 });
    rmSync(there);
  });

  it('a store that is not there is no empty export: it is not made, and no file is left in the way', async () => {
    const output = folder.path('of-nothing.ndjson');
    const none = await run('export', '--all', '--events-url', url('none-yet'), '--out', output);
    expect(none).toMatchObject({ status: 2, stderr: expect.stringContaining('there is no event store') });
    expect(none.stderr).not.toContain('--resume');
    expect([existsSync(folder.path('none-yet.db')), existsSync(output)]).toEqual([false, false]);
    const nowhere = await run('export', '--all', '--events-url', url('none-yet'), '--out', folder.path('no-folder/x.ndjson'));
    expect(nowhere.stderr).not.toContain('--resume');
    writeFileSync(output, 'a text\n');
    const imported = await run('import', output, '--events-url', `sqlite:${folder.path('no-folder/events.db')}`);
    expect(imported).toMatchObject({ status: 2, stderr: expect.stringContaining(`the folder ${folder.path('no-folder')}`) });
  });

  it('names what was asked for and is not there', async () => {
    const metadata = { at: 1 };
    await folder.store('some').append('dialog-shop-7', [{ id: randomUUID(), type: 'NoteRecorded', data: {}, metadata }], 'no_stream');
    const from = ['--events-url', url('some')];
    const output = folder.path('one.ndjson');
    expect(await run('export', '--dialog', 'shop/7', '--out', output, ...from)).toMatchObject({ status: 0 });
    expect(statSync(output).mode & 0o077).toBe(0);
    const other = await run('export', '--dialog', 'shop/7', '--dialog', 'shop/8', ...from);
    expect(other).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing was found of shop/8') });
    expect(await run('export', '--account', 'sohp', ...from)).toMatchObject({ status: 1, stderr: expect.stringContaining('account sohp') });
  });
});
