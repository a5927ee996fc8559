import { fileURLToPath } from 'node:url';
import { realClock } from '@dialog/contracts/clock';
import { defaultPartitions } from '@dialog/contracts/topics';
import { openWorld } from '@dialog/standalone/world';
import { sampleAccount } from '@dialog/webim-simulator/account';
import { type WebimSimulator, webimSimulator } from '@dialog/webim-simulator/simulator';
import { pino } from 'pino';
import { cluster } from '../../scripts/cluster-processes.ts';
import { type Figure, quantile } from './figures.ts';
import { servers } from './servers.ts';

const chats = 400;
const perSecond = 200;
const seconds = 10;
const bot = fileURLToPath(new URL('../crash/bot.yaml', import.meta.url));

/** A visitor's line → the bot's reply at the simulated Webim, at 200 lines a second; engine and simulator share one process. */
export const reply = async (dataDir: string): Promise<Figure> => {
  const world = await openWorld({
    dataDir,
    clock: realClock,
    logger: pino({ level: 'error' }),
    scriptFile: bot,
    simulator: { timeouts: { inactivityMs: 0, closedByOperatorMs: 0 } },
    engine: { limits: { ratePerSecond: 10_000, burst: 10_000 } },
  });
  await world.start();
  const took = await replies(world.simulator, { chats, perSecond, lines: perSecond * seconds });
  await world.stop();
  return {
    ...figureOf(took, 'engine and simulator in one process'),
    name: "a visitor's line to the reply at Webim, 200 a second, p99 (SQLite)",
    goal: 50,
  };
};

/** The same through a cluster: ingress, two projectors and outbound as processes of their own, Kafka, the event store. */
export const clusterReply = async (dataDir: string): Promise<Figure> => {
  const { logUrl, eventsUrl, named } = await servers();
  const botToken = 'bench-bot-token';
  const simulator = webimSimulator({
    clock: realClock,
    port: 0,
    account: sampleAccount(botToken),
    timeouts: { inactivityMs: 0, closedByOperatorMs: 0 },
  });
  const simulating = simulator.run();
  await simulator.listening();
  const engine = await cluster({
    dataDir,
    logUrl,
    eventsUrl,
    webimUrl: simulator.baseUrl(),
    botToken,
    webhookToken: 'bench-webhook-token-of-many-letters',
    scriptFile: bot,
    account: 'reply',
    env: { PARTITIONS: String(defaultPartitions), WEBIM_RATE: '10000', WEBIM_BURST: '10000', LOG_LEVEL: 'error' },
  });
  simulator.setHooks({ botUrl: engine.hookUrl });
  const members = [
    engine.member('projector', 'projector-1'),
    engine.member('projector', 'projector-2'),
    engine.member('outbound', 'outbound'),
    engine.member('ingress', 'ingress'),
  ];
  try {
    for (const member of members) await member.start();
    const took = await replies(simulator, { chats, perSecond, lines: perSecond * seconds });
    return {
      ...figureOf(took, `${named}; ingress, two projectors, outbound`),
      name: "a visitor's line to the reply at Webim, 200 a second, p99 (cluster)",
    };
  } finally {
    for (const member of members) await member.stop();
    await simulator.stop();
    await simulating;
  }
};

const figureOf = (took: readonly number[], where: string) => ({
  value: quantile(took, 0.99),
  atLeast: false,
  unit: 'ms',
  detail: `p50 ${quantile(took, 0.5).toFixed(1)} ms, p99 ${quantile(took, 0.99).toFixed(1)} ms, longest ${Math.max(...took).toFixed(1)} ms, ${took.length} replies in ${chats} chats; ${where}`,
});

/** @returns of each line the time to its reply, ms, as Webim journals it */
const replies = async (
  { webim, until, journal }: WebimSimulator,
  load: { readonly chats: number; readonly perSecond: number; readonly lines: number },
): Promise<readonly number[]> => {
  const ids = Array.from({ length: load.chats }, () => webim.open(webim.newVisitor().id).id);
  await until(() => ids.every((id) => webim.chat(id).messages.length >= 2), 'all are greeted', 120_000);
  const talking = talk({ webim, until, journal }, ids, load.perSecond);
  // Processes that have just started compile what they run: a cost of the first seconds, not of a reply.
  await talking.say(load.lines);
  talking.took();
  await talking.say(load.lines);
  return talking.took();
};

export type Talking = {
  /** Says so many lines, one after the other, and waits for all replies. */
  readonly say: (lines: number) => Promise<void>;
  /** Since it was asked last. */
  readonly took: () => number[];
};

/** Lines at an even rate to chats that wait for the visitor, and the time to the reply of each; open loop: a slow reply delays no line. */
export const talk = (
  { webim, until, journal }: Pick<WebimSimulator, 'webim' | 'until' | 'journal'>,
  ids: readonly number[],
  perSecond: number,
): Talking => {
  /** By chat: the replies that its lines wait for, and since when. */
  const waiting = new Map<number, { readonly reply: string; readonly from: number }[]>();
  let took: number[] = [];
  let number = 0;
  let seen = -1;
  /** Looks at the chats of the new entries only: to look at all that wait would cost the more, the slower the replies are. */
  const heard = (): void => {
    const entries = journal();
    for (let entry = entries.length - 1; (entries[entry]?.seq ?? -1) > seen; entry--) {
      const id = entries[entry]?.chatId ?? -1;
      const lines = waiting.get(id);
      if (lines === undefined) continue;
      const last = webim.chat(id).messages.at(-1);
      const at = lines.findIndex(({ reply }) => last?.kind === 'operator' && last.text === reply);
      for (const { from } of lines.splice(at, at < 0 ? 0 : 1)) took.push(performance.now() - from);
      if (lines.length === 0) waiting.delete(id);
    }
    seen = entries.at(-1)?.seq ?? seen;
  };
  return {
    say: async (lines) => {
      const wanted = took.length + lines;
      // Each call of the bot is journaled as it is answered: the times are taken there, not at a poll.
      const looking = until(
        () => {
          heard();
          return took.length >= wanted;
        },
        'all replies',
        120_000,
      );
      const from = performance.now();
      for (let line = 0; line < lines; line++) {
        const due = from + (line * 1000) / perSecond;
        if (due > performance.now()) await realClock.sleep(due - performance.now());
        number += 1;
        const id = ids[number % ids.length] as number;
        waiting.set(id, [...(waiting.get(id) ?? []), { reply: `Принято: l-${number}`, from: performance.now() }]);
        webim.say(id, `l-${number}`);
      }
      await looking;
    },
    took: () => {
      const those = took;
      took = [];
      return those;
    },
  };
};
