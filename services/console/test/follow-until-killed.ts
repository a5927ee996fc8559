import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { sqliteLog } from '@dialog/log/sqlite/log';
import { pino } from 'pino';
import { consoleService } from '../src/console.ts';

/** A console in a process of its own, over the files in the folder named by the first argument; it prints its address and runs until killed. */
const folder = process.argv[2];
if (folder === undefined) throw new Error('which folder?');
const service = consoleService({
  store: sqliteEventStore({ file: join(folder, 'events.db'), clock: realClock }),
  log: sqliteLog({ file: join(folder, 'log.db'), clock: realClock }),
  clock: realClock,
  logger: pino({ level: 'silent' }),
  dataFile: join(folder, 'console.db'),
  port: 0,
});
service
  .listening()
  .then((address) => process.stdout.write(`${address}\n`))
  .catch(() => process.exit(1));
await service.run();
