import { realClock } from '@dialog/contracts/clock';
import { openLog } from '../src/open-log.ts';

/**
 * A member in a process of its own: `member-process.ts LOG_URL group topic [key that is never finished]`. Prints each record that it was
 * handed as a JSON line. Ends when it is killed, or on SIGTERM, having left its group.
 */
const [url = '', group = '', topic = '', stuck] = process.argv.slice(2);
const log = await openLog({ url, clock: realClock });
const consumer = log.consumer({
  group,
  topic,
  handle: async ({ partition, offset, key }) => {
    process.stdout.write(`${JSON.stringify({ partition, offset, key })}\n`);
    if (key === stuck) await new Promise(() => undefined);
  },
});
process.on('SIGTERM', () => {
  void consumer
    .stop(100)
    .then(() => log.close())
    .then(() => process.exit(0));
});
await consumer.run();
