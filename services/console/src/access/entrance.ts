import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  type AccessAuditOf,
  type AccessAuditType,
  type AccessEventOf,
  type AccessEventType,
  accessEventSchemas,
} from '@dialog/contracts/access-event';
import { accessAuditStream, accessStream } from '@dialog/contracts/ids';
import type { Role } from '@dialog/contracts/role';
import type { EventStore } from '@dialog/event-store/port';
import { within } from '../deadline.ts';

const timeoutMs = 5_000;
const pageSize = 500;
/** How long what another process revoked may still be let in here, ms of real time. */
const freshForMs = 1_000;

export type Token = Omit<AccessEventOf<'TokenCreated'>, 'sha256'> & { readonly revokedAt: number | null };

/** The stream `access`, folded: tokens by their hash, sessions that were ended. */
export type Entrance = {
  /** The token with its text, if it may come in at `now`. @throws EventStoreError: nobody is let in unseen */
  readonly tokenOf: (text: string, now: number) => Promise<Token | undefined>;
  /** The token with its text, also one that is revoked or has ended. */
  readonly knownToken: (text: string) => Promise<Token | undefined>;
  readonly tokens: () => Promise<readonly Token[]>;
  readonly isEnded: (session: string) => Promise<boolean>;
  /** @returns the text, which stands nowhere else */
  readonly createToken: (token: {
    name: string;
    role: Role;
    expiresAt: number | null;
    by: string;
    at: number;
  }) => Promise<{ text: string; id: string }>;
  /** False where there is none that could be revoked. */
  readonly revokeToken: (id: string, by: string, at: number) => Promise<boolean>;
  readonly endSession: (id: string, at: number) => Promise<void>;
};

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export const entrance = (store: EventStore): Entrance => {
  const tokens = new Map<string, Token>();
  const ended = new Set<string>();
  let next = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const fold = (type: string, data: unknown): void => {
    if (!Object.hasOwn(accessEventSchemas, type)) return;
    const parsed = accessEventSchemas[type as AccessEventType].safeParse(data);
    if (!parsed.success) return;
    if (type === 'TokenCreated') {
      const { sha256, ...token } = parsed.data as AccessEventOf<'TokenCreated'>;
      tokens.set(sha256, { ...token, revokedAt: null });
    } else if (type === 'TokenRevoked') {
      const { id, at } = parsed.data as AccessEventOf<'TokenRevoked'>;
      for (const [sha256, token] of tokens) if (token.id === id) tokens.set(sha256, { ...token, revokedAt: token.revokedAt ?? at });
    } else ended.add((parsed.data as AccessEventOf<'SessionEnded'>).id);
  };
  const readOn = async (): Promise<void> => {
    const from = performance.now();
    for (;;) {
      const page = await within(timeoutMs, 'event store: access', store.read(accessStream, { from: next, maxCount: pageSize }));
      for (const event of page) {
        next = event.revision + 1;
        fold(event.type, event.data);
      }
      if (page.length < pageSize) break;
    }
    readAt = from;
  };
  const fresh = async (): Promise<void> => {
    if (performance.now() - readAt < freshForMs) return;
    reading ??= readOn().finally(() => {
      reading = undefined;
    });
    await reading;
  };
  const append = async <T extends AccessEventType>(type: T, data: AccessEventOf<T>): Promise<void> => {
    const event = { id: randomUUID(), type, data, metadata: { schemaVersion: 1 } };
    await within(timeoutMs, 'event store: access', store.append(accessStream, [event], 'any'));
    // A reading that began before may not have seen it.
    await reading?.catch(() => undefined);
    readAt = Number.NEGATIVE_INFINITY;
    await fresh();
  };
  const isLive = (token: Token, now: number): boolean => token.revokedAt === null && (token.expiresAt === null || now < token.expiresAt);

  return {
    tokenOf: async (text, now) => {
      await fresh();
      const token = tokens.get(hashOf(text));
      return token !== undefined && isLive(token, now) ? token : undefined;
    },
    knownToken: async (text) => {
      await fresh();
      return tokens.get(hashOf(text));
    },
    tokens: async () => {
      await fresh();
      return [...tokens.values()];
    },
    isEnded: async (session) => {
      await fresh();
      return ended.has(session);
    },
    createToken: async (token) => {
      const text = `dlg_${randomBytes(32).toString('base64url')}`;
      const id = randomUUID();
      await append('TokenCreated', { id, ...token, sha256: hashOf(text) });
      return { text, id };
    },
    revokeToken: async (id, by, at) => {
      await fresh();
      if (![...tokens.values()].some((token) => token.id === id && token.revokedAt === null)) return false;
      await append('TokenRevoked', { id, by, at });
      return true;
    },
    endSession: (id, at) => append('SessionEnded', { id, at }),
  };
};

/** Kept before it is answered or done: nothing happens without its record. @throws EventStoreError */
export const recordAccess = async <T extends AccessAuditType>(store: EventStore, type: T, data: AccessAuditOf<T>): Promise<void> => {
  const event = { id: randomUUID(), type, data, metadata: { schemaVersion: 1 } };
  await within(timeoutMs, 'event store: audit', store.append(accessAuditStream, [event], 'any'));
};
