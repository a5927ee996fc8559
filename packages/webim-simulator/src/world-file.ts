import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { KeptWorld } from './webim.ts';

/** Changes are written so late at most, ms of real time: a kill loses what came since. */
const writePauseMs = 200;

const keptSchema = z.object({
  visitors: z.array(z.object({ id: z.string(), fields: z.record(z.string(), z.string()) })),
  chats: z.array(
    z.object({ id: z.number().int(), state: z.string(), messages: z.array(z.object({ id: z.string(), at: z.number() }).loose()) }).loose(),
  ),
});

/** What a restart of the simulator keeps, whole, in one JSON file. */
export type WorldFile = {
  /** What the file had at the start; undefined: there was none. */
  readonly before: KeptWorld | undefined;
  /** To be written soon. */
  readonly changed: () => void;
  /** Writes what is not written yet. */
  readonly close: () => Promise<void>;
};

/** @throws Error that names the file, where it is none of ours */
export const worldFile = (file: string, world: () => KeptWorld): WorldFile => {
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const write = (): void => {
    timer = undefined;
    writing = writing.then(async () => {
      await writeFile(`${file}.new`, JSON.stringify(world()), { mode: 0o600 });
      await rename(`${file}.new`, file);
    });
    // Told, and tried again with the next change.
    writing = writing.catch((error: unknown) => {
      process.stderr.write(`the simulator can't keep its chats in ${file}: ${String(error)}\n`);
    });
  };

  return {
    before: readBefore(file),
    changed: () => {
      timer ??= setTimeout(write, writePauseMs);
    },
    close: async () => {
      if (timer !== undefined) {
        clearTimeout(timer);
        write();
      }
      await writing;
    },
  };
};

const readBefore = (file: string): KeptWorld | undefined => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return keptSchema.parse(JSON.parse(text)) as unknown as KeptWorld;
  } catch (error) {
    throw new Error(`${file} holds no chats of a simulator; remove it to begin anew`, { cause: error });
  }
};
