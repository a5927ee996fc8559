import { fileURLToPath } from 'node:url';
import { realClock } from '@dialog/contracts/clock';
import { openWorld } from '@dialog/standalone/world';
import { pino } from 'pino';
import { type Figure, quantile } from './figures.ts';

const chats = 400;
const perSecond = 200;
const seconds = 10;

/** A visitor's line → the bot's reply at the simulated Webim, at 200 lines a second; engine and simulator share one process. */
export const reply = async (dataDir: string): Promise<Figure> => {
  const world = await openWorld({
    dataDir,
    clock: realClock,
    logger: pino({ level: 'error' }),
    scriptFile: fileURLToPath(new URL('../crash/bot.yaml', import.meta.url)),
    simulator: { timeouts: { inactivityMs: 0, closedByOperatorMs: 0 } },
    engine: { limits: { ratePerSecond: 10_000, burst: 10_000 } },
  });
  await world.start();
  const { webim } = world.simulator;
  const waiting = new Map<string, number>();
  const took: number[] = [];
  const ids = Array.from({ length: chats }, () => webim.open(webim.newVisitor().id).id);
  await world.simulator.until(() => ids.every((id) => webim.chat(id).messages.length >= 2), 'all are greeted', 60_000);
  const heard = (): void => {
    for (const id of ids) {
      const last = webim.chat(id).messages.at(-1);
      const key = last?.kind === 'operator' ? `${id} ${last.text}` : '';
      const from = waiting.get(key);
      if (from === undefined) continue;
      waiting.delete(key);
      took.push(performance.now() - from);
    }
  };
  // Each call of the bot is journaled as it is answered: the times are taken there, not at a poll.
  const looking = world.simulator.until(
    () => {
      heard();
      return took.length >= perSecond * seconds;
    },
    'all replies',
    60_000,
  );
  const from = performance.now();
  for (let line = 0; line < perSecond * seconds; line++) {
    const due = from + (line * 1000) / perSecond;
    if (due > performance.now()) await realClock.sleep(due - performance.now());
    const id = ids[line % chats] as number;
    waiting.set(`${id} Принято: l-${line}`, performance.now());
    webim.say(id, `l-${line}`);
  }
  await looking;
  await world.stop();
  return {
    name: "a visitor's line to the reply at Webim, 200 a second, p99",
    value: quantile(took, 0.99),
    goal: 50,
    atLeast: false,
    unit: 'ms',
    detail: `p50 ${quantile(took, 0.5).toFixed(1)} ms, p99 ${quantile(took, 0.99).toFixed(1)} ms, longest ${Math.max(...took).toFixed(1)} ms, ${took.length} replies in ${chats} chats; engine and simulator in one process`,
  };
};
