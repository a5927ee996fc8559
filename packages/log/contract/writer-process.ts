import { realClock } from '@dialog/contracts/clock';
import { openLog } from '../src/open-log.ts';

/**
 * A writer in a process of its own: `writer-process.ts LOG_URL topic word`. Eight keys side by side, each appends 0, 1, 2, … for ever, and
 * prints `{key, number, partition, offset}` once a record is acknowledged. Ends when it is killed.
 */
const [url = '', topic = '', word = ''] = process.argv.slice(2);
const log = await openLog({ url, clock: realClock });
const write = async (key: string): Promise<void> => {
  for (let number = 0; ; number++) {
    const [place] = await log.append([{ topic, key, value: Buffer.from(String(number)) }]);
    process.stdout.write(`${JSON.stringify({ key, number, ...place })}\n`);
  }
};
await Promise.all(Array.from({ length: 8 }, (_, at) => write(`${word}-${at}`)));
