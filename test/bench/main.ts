import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { acknowledgement, kafkaAcknowledgement } from './acknowledgement.ts';
import { applied } from './applied.ts';
import { kafkaApplied } from './applied-kafka.ts';
import { type Figure, met } from './figures.ts';
import { find } from './find.ts';
import { fold } from './fold.ts';
import { projectors } from './projectors.ts';
import { clusterReply, reply } from './reply.ts';
import { kafkaRestored, restored } from './restored.ts';
import { scriptInputs, scriptParse } from './script.ts';
import { stopServers } from './servers.ts';
import { slowDialog } from './slow-dialog.ts';
import { whatIfBench } from './what-if.ts';

/** Ratios taken in one run; `--only <part of a name>` runs some. The exit code says nothing of the goals: a shared machine is no judge. */
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const dataDir = await mkdtemp(join(tmpdir(), 'dialog-bench-'));
const at = process.argv.indexOf('--only');
const only = at < 0 ? '' : (process.argv[at + 1] ?? '');
const replies = join(dataDir, 'reply');
await mkdir(replies);
const parts: readonly [string, () => Promise<Figure | readonly Figure[]>][] = [
  ['acknowledgement', () => acknowledgement(dataDir)],
  ['applied', () => applied(dataDir)],
  ['reply-and-fold', async () => [await reply(replies), await fold(join(replies, 'events.db'))]],
  ['script-parse', async () => scriptParse()],
  ['script-inputs', async () => scriptInputs()],
  ['what-if', whatIfBench],
  ['slow-dialog', () => slowDialog(join(dataDir, 'slow'))],
  ['find', () => find(join(dataDir, 'find'))],
  ['restored', () => restored(join(dataDir, 'restored'))],
  ['kafka-acknowledgement', kafkaAcknowledgement],
  ['kafka-applied', kafkaApplied],
  ['kafka-projectors', () => projectors(join(dataDir, 'projectors'))],
  ['kafka-restored', kafkaRestored],
  ['kafka-reply', () => clusterReply(join(dataDir, 'cluster-reply'))],
  ['kafka-slow-dialog', () => slowDialog(join(dataDir, 'cluster-slow'), { cluster: true })],
];
say(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString()}`);
try {
  for (const [name, measure] of parts) {
    if (!name.includes(only)) continue;
    const from = performance.now();
    for (const figure of [await measure()].flat()) {
      const goal = figure.goal === undefined ? '' : ` (goal ${figure.atLeast ? '≥' : '<'} ${figure.goal})`;
      say(
        `${figure.goal === undefined ? '      ' : met(figure) ? 'met   ' : 'missed'} ${figure.value.toFixed(2)} ${figure.unit}${goal}  ${figure.name}`,
      );
      say(`       ${figure.detail}`);
    }
    say(
      `       --only ${name}: ${((performance.now() - from) / 1000).toFixed(0)} s; load of the machine ${loadavg()[0]?.toFixed(1)} on ${cpus().length} cores`,
    );
  }
} finally {
  await stopServers();
  await rm(dataDir, { recursive: true, force: true });
}
