import { join } from 'node:path';
import type { AccountConfig } from '@dialog/contracts/account';
import { scaledClock } from '@dialog/contracts/clock';
import type { InboxInput } from '@dialog/contracts/inbox';
import type { DialogSettings } from '@dialog/contracts/settings';
import { topics } from '@dialog/contracts/topics';
import { fold } from '@dialog/domain/evolve';
import { replay } from '@dialog/domain/replay';
import { initialDialog } from '@dialog/domain/state';
import { stateHash } from '@dialog/domain/state-hash';
import type { EventStore } from '@dialog/event-store/port';
import type { PartitionedLog } from '@dialog/log/port';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pinned } from '@dialog/projector/pins';
import { expect, it } from 'vitest';
import { isCluster, scenarios, shorter } from './cluster.ts';
import type { History } from './history.ts';
import { anna, ends, onStage, type Stage } from './stage.ts';

/** Texts that Webim took of the bot in a chat, in order. */
const taken = (stage: Stage, chatId: number): string[] =>
  stage.world.simulator
    .journal()
    .filter((entry) => entry.kind === 'bot_api' && entry.chatId === chatId && entry.name === 'send_message' && entry.done)
    .flatMap((entry) => (entry.request as { message?: { text?: string } }).message?.text ?? []);

/** Each text as often as the history says: once, and once more for each time that it calls in doubt. */
const expectSentAsRecorded = (stage: Stage, chatId: number, history: History): void => {
  const sent = new Map<string, number>();
  for (const text of taken(stage, chatId)) sent.set(text, (sent.get(text) ?? 0) + 1);
  const allowed = new Map<string, { least: number; most: number }>();
  for (const { number, effect } of history.of('EffectOpened')) {
    if (effect.kind !== 'text') continue;
    const doubts = history.of('EffectRetried').filter((one) => one.number === number && one.why === 'in_doubt').length;
    const known = allowed.get(effect.text) ?? { least: 0, most: 0 };
    const reached = ends(history)[number] === 'accepted' ? 1 : 0;
    allowed.set(effect.text, { least: known.least + reached, most: known.most + 1 + doubts });
  }
  for (const [text, times] of sent) expect(times, text).toBeLessThanOrEqual(allowed.get(text)?.most ?? 0);
  for (const [text, { least }] of allowed) expect(sent.get(text) ?? 0, text).toBeGreaterThanOrEqual(least);
};

/** The stream is what one owner decides of its inputs: each once, and decided again they give it. */
const expectOneOwner = async (stage: Stage, history: History): Promise<void> => {
  const ids = history.of('InputRecorded').map(({ input }: { input: InboxInput }) => input.inputId);
  expect(new Set(ids).size).toBe(ids.length);
  const recorded = pinned(stage.world.engine().store);
  const start = history.of('DialogStarted')[0];
  if (start === undefined) throw new Error('no start');
  const script = await recorded.script(start.script);
  const settings = new Map<string, DialogSettings>();
  for (const { settings: hash } of history.of('InputRecorded')) settings.set(hash, await recorded.settings(hash));
  const again = replay(history.events, { script: () => script, settings: (hash) => settings.get(hash) }, 'dev');
  expect(again.gap).toBeNull();
  expect(again.events.map((event) => event.type)).toEqual(history.types());
  expect(stateHash(again.state)).toBe(stateHash(fold(history.events, initialDialog)));
};

scenarios('who owns a dialog, and who dies', () => {
  it('27: outbound is killed at any await: nothing lost; a text sent twice is one that the history calls in doubt; none after its result', async () => {
    const quick = isCluster ? { httpTimeoutMs: 2_000, claimMarginMs: 1_000 } : { httpTimeoutMs: 20_000, claimMarginMs: 10_000 };
    const services = ['ingress', 'projector', 'console'] as const;
    const stage = await onStage({ engine: { run: services, ...quick }, settings: { replyTtlMs: 600_000, noOperatorAfterMs: 900_000 } });
    /** Reads and appends of one reply: the last claim, the claim, the tail, the tail again, what came of it, the result. Each dies before or after. */
    const touches = isCluster ? [4, 7, 10, 12] : Array.from({ length: 12 }, (_, at) => at + 1);
    let doubted = 0;
    for (const diesAt of touches) {
      let touched = 0;
      let dead = false;
      const touch = async <T>(call: () => Promise<T>): Promise<T> => {
        const die = (): void => {
          touched += 1;
          dead ||= touched >= diesAt;
          if (dead) throw new Error('killed');
        };
        die();
        const answer = await call();
        die();
        return answer;
      };
      const chatId = stage.opens('привет');
      const mortal = await stage.beside({
        run: ['outbound'],
        ...quick,
        wrap: {
          store: (store: EventStore) => ({
            ...store,
            read: (...args) => touch(() => store.read(...args)),
            append: (...args) => touch(() => store.append(...args)),
          }),
          log: (log: PartitionedLog) => ({ ...log, append: (...args) => touch(() => log.append(...args)) }),
        },
      });
      await expect(mortal.ended, `killed at ${diesAt}`).rejects.toThrow('killed');
      await mortal.stop();
      const healthy = await stage.beside({ run: ['outbound'], ...quick });
      const history = await stage.quiet(chatId);
      await healthy.stop();
      expect(new Set(Object.values(ends(history))), `killed at ${diesAt}`).toEqual(new Set(['accepted']));
      expectSentAsRecorded(stage, chatId, history);
      doubted += history.of('EffectRetried').filter((one) => one.why === 'in_doubt').length;
    }
    // A claim without a result is called in doubt; one with a result never is.
    expect(doubted).toBeGreaterThan(0);
    expect(doubted).toBeLessThan(touches.length);
  });

  it('29: two owners of one dialog, one frozen for 30 s and then woken: one stream, as by one owner', async () => {
    const stage = await onStage({ settings: { noOperatorAfterMs: 40_000 } });
    /** The other owner's store calls hang while it is frozen: in the middle of what it was doing. */
    let thaw: (() => void) | undefined;
    let frozen = Promise.resolve();
    const freeze = (): void => {
      frozen = new Promise((resolve) => {
        thaw = resolve;
      });
    };
    let twinAppends = 0;
    // As in the middle of a change of the configuration: what the two decide of one input differs.
    const configured = (account: AccountConfig): AccountConfig => ({
      ...account,
      settings: { ...account.settings, replyTtlMs: account.settings.replyTtlMs + 1 },
    });
    const { accounts } = stage.world;
    const twin = await stage.beside({
      run: ['projector'],
      accounts: {
        all: () => accounts.all().map(configured),
        get: (id) =>
          accounts
            .all()
            .filter((one) => one.id === id)
            .map(configured)[0],
      },
      wrap: {
        store: (store: EventStore) => ({
          ...store,
          read: async (...args) => {
            await frozen;
            return store.read(...args);
          },
          append: async (...args) => {
            await frozen;
            twinAppends += 1;
            return store.append(...args);
          },
        }),
        // A group of its own: it owns every dialog, all the time, as the first one does.
        log: (log: PartitionedLog) => ({
          ...log,
          consumer: (options) => log.consumer({ ...options, group: `${options.group}-twin` }),
        }),
      },
    });
    const both = await stage.inQueue();
    freeze();
    // Nobody takes it: the deadline fires while one of the two stands still, and that one fires it once more when it wakes.
    const alone = await stage.welcomed();
    stage.webim.press(alone, 'price');
    await stage.until(both, (now) => now.of('TrialEnded').length > 0);
    await stage.passes(30_000);
    thaw?.();
    await stage.passes(10_000);
    stage.webim.press(alone, 'human');
    await stage.until(alone, (now) => now.owner() === 'queue');
    stage.webim.take(alone, anna);
    stage.webim.redirectToBot(alone);
    await stage.until(alone, (now) => now.owner() === 'bot' && now.of('ReturnStarted').length > 0);
    await stage.quiet(alone);
    await stage.quiet(both);
    for (const chatId of [both, alone]) {
      stage.webim.closeFinally(chatId);
      const history = await stage.until(chatId, (now) => now.owner() === 'nobody');
      await expectOneOwner(stage, history);
      expect(history.of('ReturnStarted').length).toBe(1);
      const fired = history.of('DeadlineFired').map((one) => `${one.name} ${one.at}`);
      expect(new Set(fired).size).toBe(fired.length);
      expect(Object.values(ends(history))).not.toContain('open');
      expectSentAsRecorded(stage, chatId, history);
    }
    expect(twinAppends).toBeGreaterThan(0);
    // It goes on: no owner is left behind that fails at each record.
    await expect(Promise.race([twin.ended, stage.passes(1_000)])).resolves.toBeUndefined();
  });

  it('30: the clock of one process is ten minutes fast: nothing fires early', async () => {
    const waitMs = 60_000;
    const services = ['ingress', 'console'] as const;
    const stage = await onStage({ settings: { noOperatorAfterMs: waitMs }, engine: { run: services } });
    const ahead = 600_000;
    const { clock } = stage.world;
    // The log's time is the broker's. SQLite's is that of the machine, which all of its processes share: there the services alone are wrong.
    const right = isCluster ? undefined : sqliteLog({ file: join(stage.dataDir, 'log.db'), clock });
    await stage.beside({
      run: ['projector', 'outbound'],
      clock: isCluster ? scaledClock(1, Date.now() + ahead) : { ...clock, now: () => clock.now() + ahead },
      wrap: {
        log: (log: PartitionedLog) =>
          right === undefined ? log : { ...right, close: async () => void (await Promise.all([right.close(), log.close()])) },
      },
    });
    const chatId = await stage.inQueue();
    const history = await stage.until(chatId, (now) => now.of('DeadlineFired').length > 0);
    const at = (type: string): number => history.events.find((event) => event.type === type)?.metadata.at ?? Number.NaN;
    expect(at('DeadlineFired') - at('FlagSet')).toBeGreaterThanOrEqual(waitMs / (isCluster ? shorter : 1));
    expect(history.of('DeadlineFired').map((one) => one.name)).toEqual(['no_operator']);
    // Replies were not called expired, and the history's time is the log's.
    expect(Object.values(ends(history))).not.toContain('expired');
    expect(Math.abs((history.events.at(-1)?.metadata.at ?? 0) - (isCluster ? Date.now() : clock.now()))).toBeLessThan(ahead / 2);
  });

  it("30, second run: a process takes the log's time for half a minute later than it is: nothing fires early, and it does not ask each second", async () => {
    const aheadMs = 30_000 / (isCluster ? shorter : 1);
    const waitMs = 60_000;
    const stage = await onStage({ settings: { noOperatorAfterMs: waitMs }, engine: { run: ['ingress', 'outbound', 'console'] } });
    await stage.beside({
      run: ['projector'],
      wrap: { log: (log: PartitionedLog) => ({ ...log, logTime: () => log.logTime() + aheadMs }) },
    });
    const chatId = await stage.inQueue();
    const history = await stage.until(chatId, (now) => now.of('DeadlineFired').some((one) => one.name === 'no_operator'));
    const at = (type: string): number => history.events.find((event) => event.type === type)?.metadata.at ?? Number.NaN;
    expect(at('DeadlineFired') - at('FlagSet')).toBeGreaterThanOrEqual(waitMs / (isCluster ? shorter : 1));
    const { log } = stage.world.engine();
    const key = `${stage.world.accountId}:${chatId}`;
    const records = await log.read(topics.inbox, await log.partitionFor(topics.inbox, key), 0, 10_000);
    const asked = records.filter((one) => one.key === key && String(one.headers['ce_type']).includes('timer_due')).length;
    expect(asked).toBeLessThanOrEqual(4);
  });
});
