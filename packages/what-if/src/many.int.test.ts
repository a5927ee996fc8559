import { mkdtemp, rm } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import { EventStoreError } from '@dialog/event-store/port';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { describe, expect, it, onTestFinished } from 'vitest';
import { handedOver, supportLife, supportSource } from '../../../services/console/test/decided-dialog.ts';
import type { History } from './history.ts';
import { whatIfMany } from './many.ts';
import { storedHistories } from './stored.ts';

const t0 = Date.parse('2026-03-02T09:00:00Z');
type Life = ReturnType<typeof supportLife>;

const historyOf = (life: Life): History => ({
  dialog: life.id,
  erased: false,
  events: life.stored(),
  scripts: { [life.scriptHash]: life.source },
  settings: { [life.settingsHash]: life.settings },
});
const lives = Array.from({ length: 60 }, (_, at) => (at % 3 === 0 ? handedOver : supportLife)('shop', String(at + 1), t0 + at * 60_000));
const greeting = /Здравствуйте[^"\n]*/u;
const renamed = supportSource.replace(greeting, 'Добрый день!');
/** Only what is said while the visitor waits for people. */
const handoverText = supportSource.replaceAll('оператор', 'специалист');

describe('what if, over many', () => {
  it('on the unchanged script finds no difference in any', async () => {
    const { totals, list } = await whatIfMany({ subjects: lives.map(historyOf), trial: { script: supportSource } });
    expect(totals).toMatchObject({ dialogs: 60, differ: 0, repliesChanged: 0, diverged: 0, gaps: {}, handovers: { gained: 0, lost: 0 } });
    expect(totals.handovers.before).toBeGreaterThan(0);
    expect(totals.ends.now).toEqual(totals.ends.before);
    expect(list).toEqual([]);
  });

  it('lists those that differ, in their order, each with its first difference', async () => {
    const { totals, list } = await whatIfMany({ subjects: lives.map(historyOf), trial: { script: renamed } });
    expect(totals).toMatchObject({ dialogs: 60, differ: 60, repliesChanged: 60 });
    expect(list.map(({ chatId }) => chatId)).toEqual(lives.map(({ id }) => id.chatId));
    expect(list[0]?.first).toMatchObject({ before: { text: expect.stringMatching(greeting) }, now: { text: 'Добрый день!' } });
    expect(handoverText).not.toBe(supportSource);
    const some = await whatIfMany({ subjects: lives.map(historyOf), trial: { script: handoverText } });
    expect(some.totals.differ).toBe(some.list.length);
  });

  it('has no history of one whose stream was deleted for good', async () => {
    const tombstone = { read: () => Promise.reject(new EventStoreError('stream_deleted', 'the stream is deleted')) };
    expect(await storedHistories(tombstone)({ account: 'shop', chatId: '1' })).toBe(undefined);
    const away = { read: () => Promise.reject(new EventStoreError('unavailable', 'away')) };
    await expect(storedHistories(away)({ account: 'shop', chatId: '1' })).rejects.toThrow('away');
  });

  it('keeps a bounded list and counts all', async () => {
    const { totals, list, unlisted } = await whatIfMany({ subjects: lives.map(historyOf), trial: { script: renamed }, maxListed: 7 });
    expect([totals.differ, list.length, unlisted]).toEqual([60, 7, 53]);
  });

  it('reads its source no faster than it decides, ends at the signal, and gives what it has', async () => {
    const stop = new AbortController();
    let given = 0;
    const endless = async function* () {
      for (;;) {
        given += 1;
        yield historyOf(lives[given % lives.length] as Life);
      }
    };
    let ahead = 0;
    const { totals, cancelled } = await whatIfMany({
      subjects: endless(),
      trial: { script: renamed },
      workers: 1,
      signal: stop.signal,
      onProgress: ({ dialogs }) => {
        ahead = Math.max(ahead, given - dialogs);
        if (dialogs >= 100) stop.abort();
      },
    });
    expect(cancelled).toBe(true);
    expect(totals.dialogs).toBeGreaterThanOrEqual(100);
    expect(ahead).toBeLessThan(100);
  });

  it('in the background its threads have a lower priority; the process keeps its own', async () => {
    const mine = getPriority();
    await whatIfMany({ subjects: lives.slice(0, 1).map(historyOf), trial: {}, background: true });
    expect(getPriority()).toBe(mine);
  });

  it('names what it can not decide: an erased history, events that can not be read, a script that is not there', async () => {
    const [one, two, three] = lives.slice(0, 3).map(historyOf) as [History, History, History];
    const events = [{ revision: 0, type: 'InputRecorded', data: null }];
    const trial = { settings: { replyTtlMs: 1_000 } };
    const { totals, list } = await whatIfMany({
      subjects: [
        { ...one, erased: true },
        { ...two, events },
      ],
      trial,
    });
    expect(totals.gaps).toEqual({ erased: 1, failed: 1 });
    expect(list.map(({ gap }) => gap?.missing)).toEqual(['erased', 'failed']);
    const without = await whatIfMany({ subjects: [{ ...three, scripts: {} }], trial });
    expect(without.list[0]?.gap).toMatchObject({ missing: 'script', what: lives[0]?.scriptHash });
  });

  it('a source that fails, or a script that can not be read, ends it with the error', async () => {
    const broken = async function* () {
      yield historyOf(lives[0] as Life);
      throw new Error('the file ends in the middle of a line');
    };
    await expect(whatIfMany({ subjects: broken(), trial: {} })).rejects.toThrow('in the middle of a line');
    await expect(whatIfMany({ subjects: lives.map(historyOf), trial: { script: 'format: nothing' } })).rejects.toThrow('has errors');
  });

  it('reads from a store what it gets by name; a dialog that is not there is a gap', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dialog-what-if-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'events.db');
    const store = sqliteEventStore({ file, clock: realClock });
    for (const life of lives.slice(0, 5)) await life.writeTo(store);
    const subjects = [...lives.slice(0, 5).map(({ id }) => id), { account: 'shop', chatId: '999' }];
    const same = await whatIfMany({ subjects, trial: {}, eventsUrl: `sqlite:${file}` });
    expect(same.totals).toMatchObject({ dialogs: 6, differ: 0, gaps: { history: 1 } });
    const other = await whatIfMany({ subjects, trial: { script: renamed }, eventsUrl: `sqlite:${file}` });
    expect(other.totals).toMatchObject({ differ: 5 });
    await store.close();
  });
});
