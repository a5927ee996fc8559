import type { LogRecord } from '../port.ts';
import type { WithAdmin } from './client.ts';
import type { Connection } from './connection.ts';
import { boundsOf, committedOf } from './offsets.ts';

const tableFetchBytes = 4 * 1024 * 1024;

type Cluster = { readonly withAdmin: WithAdmin; readonly connection: Connection };

/** Where a partition is begun. */
export type Beginning = {
  readonly partition: number;
  readonly from: number;
  readonly committed: number | undefined;
  /** The committed offset is not in the log any more: an alarm. */
  readonly reset: { readonly topic: string; readonly partition: number; committed: number; low: number; high: number } | undefined;
};

/** Where the group goes on, of each partition; from the beginning, never from "latest", so that nothing accepted is skipped. @throws LogError */
export const beginningsOf = async (
  { withAdmin, connection }: Cluster,
  { group, topic }: { readonly group: string; readonly topic: string },
  partitions: readonly number[],
): Promise<Beginning[]> => {
  const [committed, bounds] = await withAdmin((to) => Promise.all([committedOf(to, connection, group, topic), boundsOf(to, topic)]));
  return partitions.map((partition) => {
    const { low, high } = bounds.get(partition) ?? { low: 0, high: 0 };
    const offset = committed[partition]?.offset;
    const outside = offset !== undefined && (offset < low || offset > high);
    return {
      partition,
      from: offset === undefined || outside ? low : offset,
      committed: outside ? undefined : offset,
      reset: outside ? { topic, partition, committed: offset, low, high } : undefined,
    };
  });
};

/** The partition of a table from its first record to where it ends now, page by page while `wanted` says so. @throws LogError */
export const tableRows = async (
  { withAdmin, connection }: Cluster,
  table: string,
  partition: number,
  wanted: () => boolean,
): Promise<readonly LogRecord[]> => {
  const { low, high } = (await withAdmin((to) => boundsOf(to, table))).get(partition) ?? { low: 0, high: 0 };
  const rows: LogRecord[] = [];
  for (let offset = low; offset < high && wanted(); ) {
    const page = await connection.fetch(table, partition, offset, tableFetchBytes);
    const last = page?.at(-1);
    // Cleaned away under our feet, or nothing left below the end.
    if (page === undefined || last === undefined) break;
    for (const record of page) if (record.offset < high) rows.push(record);
    offset = last.offset + 1;
  }
  return rows;
};
