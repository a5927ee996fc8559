import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { realClock } from '@dialog/contracts/clock';
import { sqliteEventStore } from '../event-store.ts';

/**
 * Appends to several streams at once until it is killed or has appended `limit` times a stream, and tells each acknowledgement in one line:
 * `{stream} {first revision} {ids, with commas}`. Arguments: file, prefix of the streams, streams, limit.
 */
const [file = '', prefix = '', lanes = '1', limit = '1000000'] = process.argv.slice(2);
const store = sqliteEventStore({ file, clock: realClock });

const lane = async (stream: string): Promise<void> => {
  let head = (await store.read(stream, { direction: 'backwards', maxCount: 1 }))[0]?.revision ?? -1;
  for (let count = 0; count < Number(limit); count++) {
    const size = 1 + (count % 4);
    const group = randomUUID();
    const events = Array.from({ length: size }, (_, at) => ({
      id: randomUUID(),
      type: 'SomethingHappened',
      data: { group, at, size, filler: 'x'.repeat((count * 397) % 3_000) },
      metadata: {},
    }));
    await store.append(stream, events, head < 0 ? 'no_stream' : head);
    writeSync(1, `${stream} ${head + 1} ${events.map(({ id }) => id).join(',')}\n`);
    head += size;
  }
};

await Promise.all(Array.from({ length: Number(lanes) }, (_, at) => lane(`${prefix}-${at}`)));
await store.close();
