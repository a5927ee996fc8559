import { parentPort, workerData } from 'node:worker_threads';
import { openTables, RowGap, type Tables } from './tables.ts';

/** A call of one function of `Tables`, and its answer; matched by `id`. */
export type Call = { readonly id: number; readonly name: keyof Tables; readonly args: readonly unknown[] };
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly gap: { readonly stream: string; readonly expected: number; readonly found: number } }
  | { readonly id: number; readonly error: string };

const port = parentPort;
if (port === null) throw new Error('bug: the read model runs in a worker thread');
const { file, version } = workerData as { file: string; version: number };
const tables = openTables(file, version);

port.on('message', ({ id, name, args }: Call) => {
  try {
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
