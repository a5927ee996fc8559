import { parseArgs } from 'node:util';
import { clusterRun } from './cluster-run.ts';

/** `npm run test:crash -- --kills 100 --rate 200 --chats 300 --seed 1`. Exits non-zero where the journals do not agree. */
const { values } = parseArgs({
  options: {
    /** 0 by default where there is an outage. */
    kills: { type: 'string' },
    rate: { type: 'string', default: '50' },
    chats: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    freezes: { type: 'string', default: '0' },
    /** Bursts of Produce answers that a proxy swallows. */
    lost: { type: 'string', default: '0' },
    /** New visitors must be greeted so many seconds after the last kill. */
    greet: { type: 'string', default: '240' },
    /** The load ends with the kills. */
    calm: { type: 'boolean', default: false },
    /** Of broker, store, and both, each in a cluster of its own, side by side, e.g. `30s` or `5m`. */
    outage: { type: 'string' },
  },
});
const secondsOf = (text: string): number => {
  const match = /^(\d+)(s|m)$/.exec(text);
  if (match === null) throw new Error('--outage wants a duration such as 30s or 5m');
  return Number(match[1]) * (match[2] === 'm' ? 60 : 1);
};
// The members end with this process only where it ends by itself.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const { outage } = values;
const away = outage === undefined ? [undefined] : (['kafka', 'event store', 'both'] as const);
const run = async (one: (typeof away)[number]): Promise<number> => {
  const from = performance.now();
  const report = await clusterRun({
    kills: Number(values.kills ?? (outage === undefined ? 20 : 0)),
    rate: Number(values.rate),
    chats: Number(values.chats),
    seed: Number(values.seed),
    freezes: Number(values.freezes),
    lostAnswers: Number(values.lost),
    greetWithin: Number(values.greet),
    calm: values.calm,
    outages: one === undefined || outage === undefined ? [] : [{ away: one, seconds: secondsOf(outage) }],
    say,
  });
  if ('reason' in report) {
    say(`SKIPPED: ${report.reason}`);
    return 0;
  }
  const { findings, ...figures } = report;
  say(
    JSON.stringify(
      { ...(one === undefined ? {} : { away: one }), ...figures, seconds: Math.round((performance.now() - from) / 1000) },
      null,
      2,
    ),
  );
  for (const finding of findings.slice(0, 50)) say(finding);
  const wrong = findings.length + report.oldReplies + report.heldByDeadBot;
  say(wrong === 0 ? 'The three journals agree.' : `${wrong} findings`);
  return wrong;
};
const wrong = (await Promise.all(away.map(run))).reduce((sum, one) => sum + one, 0);
process.exit(wrong === 0 ? 0 : 1);
