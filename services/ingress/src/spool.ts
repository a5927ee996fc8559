import { open } from 'node:fs/promises';
import type { Clock } from '@dialog/contracts/clock';
import { codeOf } from '@dialog/contracts/errors';
import { type InboxInput, inboxInputSchema } from '@dialog/contracts/inbox';
import type { Logger } from 'pino';

export type Spool = {
  /** Durable (fsync) when it resolves. @throws where the disk refuses, or the spool is full */
  readonly keep: (input: InboxInput) => Promise<void>;
  /** Hands what is kept to the log, in order, for ever, whatever keeps the log from taking it. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

/** Bytes that may wait for the log; beyond it what comes is answered 503. */
const maxBytes = 64 * 1024 * 1024;
/** Between two tries while the log is away, ms. */
const pauseMs = 500;

/**
 * What Webim is not known to send again while the log is away: event handlers, and the marks of refused webhooks (design §6.1). One file of JSON
 * lines; an input that is handed over twice has one id and is a redelivery.
 *
 * @throws where the file can't be opened
 */
export const spoolOf = async (options: {
  readonly file: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @throws LogError */
  readonly append: (input: InboxInput) => Promise<unknown>;
  /** So many are kept now. */
  readonly onSize: (inputs: number) => void;
}): Promise<Spool> => {
  const { file, clock, logger } = options;
  const handle = await open(file, 'a+', 0o600);
  const left = await handle.readFile();
  /** Of whole lines. What stands behind them was cut: by a kill, or by a disk that refused. */
  let whole = left.lastIndexOf('\n') + 1;
  let isCut = whole < left.length;
  const waiting = readBack(left.toString('utf8', 0, whole), logger);
  /** In the file, or about to be. */
  let bytes = whole;
  options.onSize(waiting.length);
  let last: Promise<void> = Promise.resolve();
  let wake: (() => void) | undefined;

  /** Never behind a line that was cut: the two would be unreadable together. */
  const write = async (line: string): Promise<void> => {
    if (isCut) await handle.truncate(whole);
    isCut = true;
    await handle.appendFile(line);
    await handle.datasync();
    isCut = false;
    whole += Buffer.byteLength(line);
  };

  /** One after the other, so that only the last line can be cut. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  const emptied = (): Promise<void> =>
    inTurn(async () => {
      if (waiting.length > 0) return;
      await handle.truncate(0);
      bytes -= whole;
      whole = 0;
    });

  const run = async (signal: AbortSignal): Promise<void> => {
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    let told: string | undefined;
    while (!signal.aborted) {
      const [next] = waiting;
      if (next === undefined) {
        await Promise.race([stopped, new Promise<void>((resolve) => (wake = resolve))]);
        continue;
      }
      try {
        await options.append(next);
        told = undefined;
      } catch (error) {
        const code = codeOf(error) ?? 'unknown';
        if (code !== 'too_large') {
          // It was answered 200: an expired password or a missing right is mended by people, and until then it waits.
          if (told !== code) logger.warn({ event: 'spool_waits', code, waiting: waiting.length });
          told = code;
          await clock.sleep(pauseMs, signal).catch(() => undefined);
          continue;
        }
        // Nothing makes it fit: it must not hold back those behind it.
        logger.error({ event: 'spooled_input_refused', account: next.account, chatId: next.chatId, code });
      }
      waiting.shift();
      options.onSize(waiting.length);
      if (waiting.length === 0) await emptied();
    }
    await last;
    await handle.close();
  };

  return {
    keep: async (input) => {
      const line = `${JSON.stringify(input)}\n`;
      const length = Buffer.byteLength(line);
      if (bytes + length > maxBytes) throw new Error('the spool is full');
      bytes += length;
      await inTurn(async () => {
        await write(line).catch((error: unknown) => {
          bytes -= length;
          throw error;
        });
        waiting.push(input);
        options.onSize(waiting.length);
      });
      wake?.();
    },
    run,
  };
};

/** What a former life left. */
const readBack = (lines: string, logger: Logger): InboxInput[] =>
  lines.split('\n').flatMap((line) => {
    if (line === '') return [];
    try {
      return [inboxInputSchema.parse(JSON.parse(line))];
    } catch {
      logger.warn({ event: 'spooled_line_unreadable' });
      return [];
    }
  });
