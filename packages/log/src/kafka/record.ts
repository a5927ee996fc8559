import type { IHeaders } from 'kafkajs';
import type { LogRecord } from '../port.ts';

/** A record as the client gives it, from its consumer or from a fetch of ours. */
export type WireRecord = {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: string;
  readonly headers?: IHeaders;
};

export const fromWire = (topic: string, partition: number, record: WireRecord): LogRecord => ({
  topic,
  partition,
  offset: Number(record.offset),
  key: record.key?.toString('utf8') ?? '',
  value: record.value,
  headers: headersOf(record.headers ?? {}),
  appendedAt: Number(record.timestamp),
});

/**
 * Values arrive as bytes, a key given twice as a list (the last counts), and one named like a property that every object has, `constructor`,
 * as a list that begins with that property.
 */
const headersOf = (headers: IHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([key, value]) => {
      const values = Array.isArray(value) ? value : [value];
      const last = values.findLast((one) => Buffer.isBuffer(one) || typeof one === 'string');
      return [key, last?.toString() ?? ''];
    }),
  );
