import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@dialog/contracts/errors';
import { Secret } from '@dialog/contracts/secret';
import { newSecrets, type WorldSecrets } from './world.ts';

/** A file of secrets made at the first start, readable by its owner only. */
const keep = async <T>(file: string, make: () => T): Promise<T> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw new Error(`${file} can't be read; it holds secrets that the data depends on`, { cause: error });
    const made = make();
    await writeFile(file, JSON.stringify(made), { mode: 0o600, flag: 'wx' });
    return made;
  }
};

const keyFile = 'hash-key.json';

/** The key of all keyed hashes: from the configuration, or made once and kept with the data. */
export const hashKeyOf = async (dataDir: string, configured: Secret | undefined): Promise<Secret> => {
  if (configured !== undefined) return configured;
  await mkdir(dataDir, { recursive: true });
  const { hashKey } = await keep(join(dataDir, keyFile), () => ({ hashKey: randomBytes(32).toString('hex') }));
  return new Secret(hashKey);
};

/** Whether the folder keeps a key that is not the configured one: by it the same visitor, and the same message, would be another one. */
export const keepsAnotherKey = async (dataDir: string, configured: Secret | undefined): Promise<boolean> => {
  if (configured === undefined) return false;
  const kept = await readFile(join(dataDir, keyFile), 'utf8').catch(() => undefined);
  if (kept === undefined) return false;
  try {
    return (JSON.parse(kept) as { hashKey?: unknown }).hashKey !== configured.reveal();
  } catch {
    // Damaged, and not needed. Its text is no one's to see.
    return true;
  }
};

/** Tokens between the engine and its simulator. */
export const simulatorSecrets = async (dataDir: string): Promise<WorldSecrets> => {
  await mkdir(dataDir, { recursive: true });
  return keep(join(dataDir, 'simulator-secrets.json'), newSecrets);
};
