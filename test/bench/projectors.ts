import { fileURLToPath } from 'node:url';
import { realClock } from '@dialog/contracts/clock';
import { defaultPartitions, groups, topicSpecs, topics } from '@dialog/contracts/topics';
import { openLog } from '@dialog/log/open-log';
import { cluster } from '../../scripts/cluster-processes.ts';
import { inputs } from './applied.ts';
import { fill } from './applied-kafka.ts';
import { type Figure, median, spread } from './figures.ts';
import { servers } from './servers.ts';

const rounds = 3;

/** A group that was just made has no coordinator for a moment. @throws after 20 tries */
const retried = async <T>(call: () => Promise<T>): Promise<T> => {
  for (let failures = 0; ; failures++) {
    try {
      return await call();
    } catch (error) {
      if (failures >= 20) throw error;
      await realClock.sleep(100);
    }
  }
};

/** Inputs applied a second by one, two and three projectors, each a process of its own, on one backlog. */
export const projectors = async (dataDir: string): Promise<readonly Figure[]> => {
  const { logUrl, eventsUrl } = await servers();
  const log = await openLog({ url: logUrl, clock: realClock });
  await log.ensureTopics(topicSpecs(defaultPartitions));
  const engine = await cluster({
    dataDir,
    logUrl,
    eventsUrl,
    webimUrl: 'http://127.0.0.1:9',
    botToken: 'bench',
    webhookToken: 'bench-webhook-token-of-many-letters',
    scriptFile: fileURLToPath(new URL('../../services/standalone/bots/support.yaml', import.meta.url)),
    account: 'bench',
    env: { PARTITIONS: String(defaultPartitions), LOG_LEVEL: 'error' },
  });
  const perSecond = new Map<number, number[]>([
    [1, []],
    [2, []],
    [3, []],
  ]);
  const lag = async (): Promise<number> =>
    (await retried(() => log.lag(groups.projector, topics.inbox))).reduce((sum, one) => sum + one.lag, 0);
  let firstChat = 1_000_000;
  for (let round = 0; round < rounds; round++) {
    for (const [count, rates] of perSecond) {
      firstChat += 10_000;
      await fill(log, firstChat);
      const whole = await lag();
      const members = Array.from({ length: count }, (_, at) => engine.member('projector', `projector-${at + 1}`));
      await Promise.all(members.map((one) => one.start()));
      // All have joined: from here on it is measured, on what is left.
      let before = await lag();
      while (before === whole) {
        await realClock.sleep(50);
        before = await lag();
      }
      const from = performance.now();
      while ((await lag()) > 0) await realClock.sleep(50);
      rates.push(before / ((performance.now() - from) / 1000));
      await Promise.all(members.map((one) => one.stop()));
    }
  }
  await log.close();
  const one = median(perSecond.get(1) ?? []);
  return [...perSecond].map(([count, rates]) => ({
    name: `inputs applied a second by ${count} projector${count === 1 ? '' : 's'}`,
    value: median(rates),
    atLeast: true,
    unit: 'a second',
    detail: `${spread(rates)} (min / median / max of ${rounds} rounds of ${inputs}), ${(median(rates) / one).toFixed(2)} times that of one; broker, store and all projectors on the same machine`,
  }));
};
