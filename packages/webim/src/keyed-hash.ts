import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { Secret } from '@dialog/contracts/secret';

/** 16 hex digits of HMAC-SHA256 under `HASH_KEY`: an id made from content that gives nothing of the content away. */
export const keyedHash = (key: Secret, ...parts: readonly string[]): string =>
  createHmac('sha256', keyObject(key)).update(JSON.stringify(parts)).digest('hex').slice(0, 16);

/** Made once per secret: making one costs as much as the hash itself. */
const keyObjects = new WeakMap<Secret, KeyObject>();

const keyObject = (key: Secret): KeyObject => {
  const known = keyObjects.get(key);
  if (known !== undefined) return known;
  const made = createSecretKey(Buffer.from(key.reveal(), 'utf8'));
  keyObjects.set(key, made);
  return made;
};
