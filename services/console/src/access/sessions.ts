import { randomUUID } from 'node:crypto';
import { type Role, roleSchema } from '@dialog/contracts/role';
import { parse as parseCookie } from 'cookie';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { AccessOptions } from './access-options.ts';
import type { Actor } from './actor.ts';
import type { Entrance } from './entrance.ts';
import { sealed } from './sealed.ts';

const contentSchema = z.object({ id: z.string(), name: z.string(), role: roleSchema, expiresAt: z.number() });

export type Sessions = {
  readonly begin: (response: Response, who: { readonly name: string; readonly role: Role }) => Promise<Actor>;
  /** undefined: none, past its end, or ended. @throws EventStoreError: where that can't be told */
  readonly of: (request: Request) => Promise<Actor | undefined>;
  readonly end: (response: Response, session: Actor) => Promise<void>;
};

export type SessionsOptions = {
  readonly access: AccessOptions;
  readonly entrance: Entrance;
  readonly now: () => number;
  readonly isSecure: boolean;
};

/**
 * A session stands sealed in the browser's cookie, so that any console of an installation knows it. The page's scripts can't read it, and no
 * other site's page can send it. Who signed in by a password that was changed, or at another provider, is out.
 */
export const sessions = ({ access, entrance, now, isSecure }: SessionsOptions): Sessions => {
  const { signIn } = access;
  const seal = sealed(
    access.key,
    'session',
    signIn.how === 'password' ? signIn.passwordHash.reveal() : `${signIn.issuer} ${signIn.clientId}`,
  );
  const cookie = isSecure ? '__Host-dialog-console' : 'dialog-console';
  const attributes = { httpOnly: true, sameSite: 'strict', secure: isSecure, path: '/' } as const;
  return {
    begin: async (response, who) => {
      const content = { id: randomUUID(), ...who, expiresAt: now() + access.sessionMs };
      response.cookie(cookie, await seal.seal(content, content.expiresAt), { ...attributes, maxAge: access.sessionMs });
      return { ...content, how: 'session' };
    },
    of: async (request) => {
      const text = parseCookie(request.headers.cookie ?? '')[cookie];
      if (text === undefined || text === '') return undefined;
      const content = await seal.open(contentSchema, text, now());
      if (content === undefined || (await entrance.isEnded(content.id))) return undefined;
      return { ...content, how: 'session' };
    },
    end: async (response, session) => {
      response.clearCookie(cookie, attributes);
      await entrance.endSession(session.id, now());
    },
  };
};
