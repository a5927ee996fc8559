import { fileURLToPath } from 'node:url';
import { realClock } from '@dialog/contracts/clock';
import { type AccountId, type ChatId, dialogStream } from '@dialog/contracts/ids';
import { defaultPartitions } from '@dialog/contracts/topics';
import { openWorld } from '@dialog/standalone/world';
import { pino } from 'pino';
import { type Figure, quantile, spread } from './figures.ts';
import { talk } from './reply.ts';
import { servers } from './servers.ts';

const account = 'slowed';
const chats = 40;
const perSecond = 40;
const rounds = 8;
const roundSeconds = 5;
/** What every record of the slow dialog costs, ms. */
const slownessMs = 200;

/**
 * One dialog's appends take 200 ms longer, while it is spoken to all the time, so that its records pile up; the others' replies with and
 * without that, round by round in turn, in one process.
 */
export const slowDialog = async (dataDir: string, { cluster = false } = {}): Promise<Figure> => {
  const found = cluster ? await servers() : undefined;
  let slowed: string | undefined;
  const world = await openWorld({
    dataDir,
    account,
    clock: realClock,
    logger: pino({ level: 'error' }),
    scriptFile: fileURLToPath(new URL('../crash/bot.yaml', import.meta.url)),
    simulator: { timeouts: { inactivityMs: 0, closedByOperatorMs: 0 } },
    engine: {
      limits: { ratePerSecond: 10_000, burst: 10_000 },
      ...(found === undefined ? {} : { logUrl: found.logUrl, eventsUrl: found.eventsUrl, partitions: defaultPartitions }),
      wrap: {
        store: (store) => ({
          ...store,
          append: async (stream, ...rest) => {
            if (stream === slowed) await realClock.sleep(slownessMs);
            return store.append(stream, ...rest);
          },
        }),
      },
    },
  });
  await world.start();
  const { webim } = world.simulator;
  const opened = Array.from({ length: chats + 1 }, () => webim.open(webim.newVisitor().id).id);
  await world.simulator.until(() => opened.every((id) => webim.chat(id).messages.length >= 2), 'all are greeted', 120_000);
  const [slow = 0, ...others] = opened;
  const talking = talk(world.simulator, others, perSecond);
  await talking.say(perSecond);
  talking.took();
  const p99 = { with: [] as number[], without: [] as number[] };
  for (let round = 0; round < 2 * rounds; round++) {
    const side = round % 2 === 0 ? 'with' : 'without';
    slowed = side === 'with' ? dialogStream({ account: account as AccountId, chatId: String(slow) as ChatId }) : undefined;
    const over = new AbortController();
    // The slow one is spoken to on both sides: twice as fast as it can take it where it is slowed.
    const pestering = (async () => {
      for (let line = 0; !over.signal.aborted; line++) {
        webim.say(slow, `s-${round}-${line}`);
        await realClock.sleep(slownessMs / 2, over.signal).catch(() => undefined);
      }
    })();
    await talking.say(perSecond * roundSeconds);
    over.abort();
    await pestering;
    p99[side].push(quantile(talking.took(), 0.99));
    slowed = undefined;
    await realClock.sleep(1_000);
  }
  await world.stop();
  const more = p99.with.map((one, at) => one - (p99.without[at] ?? Number.NaN));
  return {
    name: `one dialog slowed to ${slownessMs} ms a record: how much later the p99 of the others is (${cluster ? 'Kafka' : 'SQLite'})`,
    value: quantile(more, 0.5),
    goal: 20,
    atLeast: false,
    unit: 'ms',
    detail: `p99 with ${spread(p99.with, 1)} ms, without ${spread(p99.without, 1)} ms, differences of ${rounds} pairs ${spread(more, 1)} ms (min / median / max); ${chats} others, ${perSecond} lines a second`,
  };
};
