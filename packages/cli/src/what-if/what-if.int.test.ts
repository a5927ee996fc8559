import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { consoleService } from '@dialog/console/console';
import { realClock } from '@dialog/contracts/clock';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { handedOver, supportLife, supportSource } from '../../../../services/console/test/decided-dialog.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const day = 86_400_000;
const t0 = Date.now() - 10 * day;
let folder: string;
const undo: (() => Promise<unknown>)[] = [];
const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dialogctl-what-if-'));
  const store = sqliteEventStore({ file: path('events.db'), clock: realClock });
  undo.push(() => store.close());
  // One and another, three days old or ten; the four of the bank are mixed with those of the shop.
  const lives = Array.from({ length: 8 }, (_, at) =>
    (at % 2 === 0 ? handedOver : supportLife)(at < 4 ? 'shop' : 'bank', String(at), at % 4 < 2 ? t0 : t0 + 7 * day),
  );
  for (const life of lives) await life.writeTo(store);
  await writeFile(path('same.yaml'), supportSource);
  await writeFile(path('reworded.yaml'), supportSource.replace(/Здравствуйте[^"\n]*/u, 'Добрый день!'));
  await writeFile(path('broken.yaml'), 'format: dialog-script/1\nbot: x\nscripts: { a: { steps: [ { go: b } ] } }');
  // Nobody is given to people by these words any more.
  await writeFile(path('keeps.yaml'), supportSource.replaceAll('оператор', 'бухгалтер'));
  const exported = await run('export', '--all', '--out', path('all.ndjson'), '--events-url', `sqlite:${path('events.db')}`);
  if (exported.status !== 0) throw new Error(exported.stderr);
  await mkdir(path('single'));
  for (const life of lives.slice(0, 3)) {
    const { account, chatId } = life.id;
    const file = {
      format: 'dialog-history/1',
      dialog: { account, chatId },
      savedAt: t0,
      erased: false,
      events: life.stored(),
      scripts: { [life.scriptHash]: { source: supportSource, personal: null } },
      settings: { [life.settingsHash]: life.settings },
    };
    await writeFile(path(`single/${chatId}.json`), JSON.stringify(file, null, chatId === '1' ? 2 : 0));
  }
  const log = sqliteLog({ file: path('log.db'), clock: realClock });
  const desk = consoleService({
    store,
    log,
    clock: realClock,
    logger: pino({ level: 'silent' }),
    dataFile: path('console.db'),
    port: 0,
    webRoot: path('web'),
    eventsUrl: `sqlite:${path('events.db')}`,
  });
  const running = desk.run();
  undo.push(async () => {
    await desk.stop();
    await running;
    await log.close();
  });
  address = await desk.listening();
  await vi.waitFor(
    async () => {
      const list = (await (await fetch(`${address}/api/dialogs`)).json()) as { caughtUp: boolean; dialogs: readonly unknown[] };
      expect([list.caughtUp, list.dialogs.length]).toEqual([true, 8]);
    },
    { timeout: 30_000, interval: 50 },
  );
}, 300_000);
let address = '';
afterAll(async () => {
  for (const one of undo.reverse()) await one();
  await rm(folder, { recursive: true, force: true });
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
const tried = async (...args: readonly string[]) => {
  const { status, stdout, stderr } = await run('what-if', '--json', ...args);
  if (stdout === '') throw new Error(stderr);
  return {
    status,
    ...(JSON.parse(stdout) as { totals: Record<string, unknown>; dialogs: readonly unknown[]; limits: readonly { passed: boolean }[] }),
  };
};

describe('dialogctl what-if', () => {
  it('over an export, without a server: no difference on the same script', async () => {
    const { status, totals, dialogs } = await tried('--from', path('all.ndjson'), '--script', path('same.yaml'), '--fail-on', 'differs+0');
    expect([status, dialogs]).toEqual([0, []]);
    expect(totals).toMatchObject({ dialogs: 8, differ: 0, gaps: {} });
  }, 180_000);

  it('ends with 1 where a limit is passed, and says which', async () => {
    const { status, stdout } = await run(
      'what-if',
      ...['--from', path('all.ndjson'), '--script', path('reworded.yaml'), '--account', 'shop', '--list', '1'],
      ...['--fail-on', 'handover+5%', '--fail-on', 'differs+50%'],
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/^dialogs +4\ndiffer +4 \(100\.0 %\)$/m);
    expect(stdout).toMatch(/recorded: bot text "Здравствуйте/);
    expect(stdout).toMatch(/now: {6}bot text "Добрый день!"/);
    expect(stdout).toMatch(/^and 3 more$/m);
    expect(stdout).toMatch(/^within handover\+5%: 0 %\npassed differs\+50%: 100 %$/m);
  }, 180_000);

  it('over a folder of single histories, by time', async () => {
    const { totals } = await tried('--from', path('single'), '--script', path('reworded.yaml'));
    expect(totals).toMatchObject({ dialogs: 3, differ: 3 });
    const { totals: recent } = await tried('--from', path('single'), '--script', path('reworded.yaml'), '--since', '7d');
    expect(recent).toMatchObject({ dialogs: 1 });
  }, 180_000);

  it('by the console: chosen dialogs of the last days', async () => {
    const { status, totals } = await tried(
      ...['--console', address, '--script', path('reworded.yaml'), '--since', '7d', '--account', 'shop', '--fail-on', 'differs+1'],
    );
    expect(status).toBe(1);
    expect(totals).toMatchObject({ dialogs: 2, differ: 2 });
  }, 180_000);

  it('where no dialog is chosen no limit is kept', async () => {
    const from = ['--from', path('all.ndjson')];
    expect(await run('what-if', '--set', 'noOperatorAfterMs=1000', '--account', 'nope', '--fail-on', 'differs+10%', ...from)).toMatchObject(
      {
        status: 2,
        stderr: expect.stringContaining('no dialog was chosen'),
      },
    );
  });

  it('handovers that a script loses count', async () => {
    const { totals, status } = await tried('--from', path('all.ndjson'), '--script', path('keeps.yaml'), '--fail-on', 'handover-50%');
    expect(totals).toMatchObject({ handovers: { before: 4, now: 0, gained: 0, lost: 4 } });
    expect(status).toBe(1);
  }, 180_000);

  it('a script with errors ends with 1 and their places; what can not be done with 2', async () => {
    expect(await run('what-if', '--from', path('all.ndjson'), '--script', path('broken.yaml'))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/broken\.yaml:3:32 error .*\n {2}3 \| .*\n.*\^\n.* = /),
    });
    const cut = (await readFile(path('all.ndjson'), 'utf8')).split('\n').slice(0, -2).join('\n');
    await writeFile(path('cut.txt'), `${cut}\n`);
    expect(await run('what-if', '--from', path('cut.txt'), '--script', path('same.yaml'))).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/cut\.txt: the export was interrupted/),
    });
    expect(await run('what-if', '--from', path('nothing'), '--script', path('same.yaml'))).toMatchObject({ status: 2 });
    expect(await run('what-if', '--script', path('same.yaml'), '--fail-on', 'sales+5%')).toMatchObject({ status: 2 });
    // Digits, though a text: an operator's id, a department's key.
    expect(await run('what-if', '--from', path('all.ndjson'), '--set', 'botOperatorId=240007')).toMatchObject({ status: 0, stderr: '' });
    expect(await run('what-if', '--set', 'noOperatorAfterMs=soon')).toMatchObject({ status: 2, stderr: expect.stringMatching(/number/) });
    expect(await run('what-if', '--set', 'color=red')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/there is no setting color/),
    });
  }, 180_000);
});
