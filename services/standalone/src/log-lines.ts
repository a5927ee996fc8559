import type { pino } from 'pino';

/** Lines that wait for a disk that takes none, bytes; what comes above is dropped. */
export const maxWaitingLogBytes = 4 * 1024 * 1024;

/**
 * A disk that takes no line is no reason to end: webhooks are answered and the spool speaks for itself. Left alone, pino throws such an error where nobody
 * catches it, and sonic-boom 4.2.1 then tries to write what is left at the exit for ever (`flushSync`), so that the process neither works nor ends. What
 * waits is tried again with the next line. `say` is told once in each such time; where the lines go to standard output, it has nowhere to go either.
 */
export const outliveFullDisk = (lines: ReturnType<typeof pino.destination>, say: (line: string) => void): void => {
  let refused = false;
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  lines.on('error', (error: NodeJS.ErrnoException) => {
    if (!refused) say(`Log lines can't be written (${error.code}); the engine goes on without them.`);
    refused = true;
  });
  lines.on('write', () => {
    refused = false;
  });
  // Before pino's own listener, which would write what is left.
  process.prependListener('exit', () => {
    if (refused) lines.destroy();
  });
};
