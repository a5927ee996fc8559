import { createHmac } from 'node:crypto';
import type { Secret } from '@dialog/contracts/secret';

/** 16 hex digits of HMAC-SHA256 under `HASH_KEY`: an id made from content that gives nothing of the content away. */
export const keyedHash = (key: Secret, ...parts: readonly string[]): string =>
  createHmac('sha256', key.reveal()).update(JSON.stringify(parts)).digest('hex').slice(0, 16);
