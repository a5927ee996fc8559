import { parseArgs } from 'node:util';
import { clusterRun } from './cluster-run.ts';

/** `npm run test:crash -- --kills 100 --rate 200 --chats 300 --seed 1`. Exits non-zero where the journals do not agree. */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    rate: { type: 'string', default: '50' },
    chats: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    freezes: { type: 'string', default: '0' },
    /** Of broker, store, and both, one after the other, e.g. `30s` or `5m`. */
    outage: { type: 'string' },
  },
});
const secondsOf = (text: string): number => {
  const match = /^(\d+)(s|m)$/.exec(text);
  if (match === null) throw new Error('--outage wants a duration such as 30s or 5m');
  return Number(match[1]) * (match[2] === 'm' ? 60 : 1);
};
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const from = performance.now();
const report = await clusterRun({
  kills: Number(values.kills),
  rate: Number(values.rate),
  chats: Number(values.chats),
  seed: Number(values.seed),
  freezes: Number(values.freezes),
  outages:
    values.outage === undefined
      ? []
      : (['kafka', 'event store', 'both'] as const).map((away) => ({ away, seconds: secondsOf(values.outage ?? '') })),
  say,
});
if ('reason' in report) {
  say(`SKIPPED: ${report.reason}`);
  process.exit(0);
}
const { findings, ...figures } = report;
say(JSON.stringify({ ...figures, seconds: Math.round((performance.now() - from) / 1000) }, null, 2));
for (const finding of findings.slice(0, 50)) say(finding);
say(findings.length === 0 ? 'The three journals agree.' : `${findings.length} findings`);
process.exit(findings.length === 0 ? 0 : 1);
