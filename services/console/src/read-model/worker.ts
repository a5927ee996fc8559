import { parentPort, workerData } from 'node:worker_threads';
import { openCounts, openTables, RowGap, type Tables } from './tables.ts';
import { type Answer, type Call, sharedNow, type ThreadData } from './thread-call.ts';

const port = parentPort;
if (port === null) throw new Error('bug: the read model runs in a worker thread');
const { file, version, counts } = workerData as ThreadData;
const tables: Partial<Tables> = counts ? openCounts(file) : openTables(file, version);

port.on('message', ({ id, name, args, until }: Call) => {
  try {
    // Of calls that are slow, asked again and again, each would wait for those before it, and be done for nobody.
    if (sharedNow() > until) throw new Error(`nobody waits for ${name} any more`);
    const call = tables[name] as (...values: readonly unknown[]) => unknown;
    port.postMessage({ id, value: call(...args) } satisfies Answer);
  } catch (error) {
    port.postMessage(
      (error instanceof RowGap
        ? { id, gap: { stream: error.stream, expected: error.expected, found: error.found } }
        : { id, error: error instanceof Error ? error.message : String(error) }) satisfies Answer,
    );
  }
  if (name === 'close') port.close();
});
