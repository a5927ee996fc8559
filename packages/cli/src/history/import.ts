import { existsSync } from 'node:fs';
import { realClock } from '@dialog/contracts/clock';
import { openEventStore } from '@dialog/event-store/open-event-store';
import { readExportFile } from '@dialog/export/export-file';
import { ImportRefused, importLines } from '@dialog/export/import-lines';
import type { Command } from 'commander';
import { cannot } from '../exit.ts';
import { importWebimCommand } from './import-webim.ts';

const help = `
Ids and revisions of the events are kept: what was imported before is found and not written again, and an import that was
interrupted is simply repeated. The read model of a console follows by itself. Nothing is sent to anybody: imported dialogs are
for looking, replay and what-if; open ones go on when Webim next says something of them.

Examples:
  dialogctl import all.ndjson --events-url sqlite:data/events.db
  dialogctl import all.ndjson --events-url esdb://127.0.0.1:2113?tls=false

Exit codes: 0 all of it is in the store; 1 the store has something else in its place, or the export was interrupted; 2 it could not be done.`;

/** `dialogctl import`: an export into a store. */
export const importCommand = (program: Command, out: (text: string) => void): void => {
  const imports = program
    .command('import [file]')
    .description('write an export into an event store')
    .option('--events-url <url>', 'the event store, as EVENTS_URL names it')
    .option('--json', 'for pipes')
    .addHelpText('after', help)
    .action(async (file: string | undefined, { eventsUrl, json }: { eventsUrl?: string; json?: boolean }) => {
      if (file === undefined || eventsUrl === undefined) return cannot('import wants a file and --events-url, or: import webim');
      if (!existsSync(file)) return cannot(`${file} is not there`);
      const store = await openEventStore({ url: eventsUrl, clock: realClock }).catch((error: Error) => cannot(error.message));
      try {
        const imported = await importLines(store, readExportFile(file));
        out(
          json === true
            ? JSON.stringify(imported)
            : `${imported.dialogs} dialogs: ${imported.events} events written, ${imported.already} were there already`,
        );
      } catch (error) {
        process.stderr.write(`${(error as Error).message}\n`);
        process.exitCode = error instanceof ImportRefused ? 1 : 2;
      } finally {
        await store.close();
      }
    });
  importWebimCommand(imports, out);
};
