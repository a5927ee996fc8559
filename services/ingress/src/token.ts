import { hash as digestOf, timingSafeEqual } from 'node:crypto';
import type { AccountConfig } from '@dialog/contracts/account';

const nobody = Buffer.alloc(32);

/** Compares SHA-256 in constant time against each live token; an unknown account takes as long as a known one. */
export const isLiveToken = (account: AccountConfig | undefined, token: string): boolean => {
  const given = digestOf('sha256', token.trim(), 'buffer');
  const hashes = account?.webhookTokenHashes ?? [];
  let live = false;
  for (let at = 0; at < 2; at++) {
    const hash = hashes[at];
    const stored = hash === undefined ? nobody : Buffer.from(hash, 'hex');
    const same = stored.length === given.length && timingSafeEqual(stored, given);
    live ||= same && hash !== undefined;
  }
  return live;
};
