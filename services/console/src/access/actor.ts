import type { Role } from '@dialog/contracts/role';
import type { Response } from 'express';

/** Who asks. `open`: nobody signs in here, whoever reaches the console may do all. */
export type Actor = {
  readonly name: string;
  readonly role: Role;
  readonly how: 'open' | 'session' | 'token';
  /** Of the session or token. */
  readonly id: string;
  /** ms since the epoch; null: never. */
  readonly expiresAt: number | null;
};

export const openActor: Actor = { name: 'open', role: 'administrator', how: 'open', id: '', expiresAt: null };

/** Set by the guard before any handler runs; undefined only where an operation is open to all and nobody signed in. */
export const actorOf = (response: Response): Actor | undefined => response.locals['actor'] as Actor | undefined;
