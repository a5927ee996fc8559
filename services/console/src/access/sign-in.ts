import { accessAuditSchemas } from '@dialog/contracts/access-event';
import type { Clock } from '@dialog/contracts/clock';
import { accessAuditStream } from '@dialog/contracts/ids';
import type { EventStore } from '@dialog/event-store/port';
import { isPassword } from '@dialog/service-kit/password-hash';
import express, { type Response, Router } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { within } from '../deadline.ts';
import { HttpProblem, notFound, parsed, sendProblem } from '../http/problem.ts';
import type { AccessOptions } from './access-options.ts';
import { type Actor, actorOf, openActor } from './actor.ts';
import { type Entrance, recordAccess } from './entrance.ts';
import { addressOf } from './guard.ts';
import { type Oidc, oidc, type Person } from './oidc.ts';
import { minuteMs, onceA, strangersAMinute } from './once-a.ts';
import {
  type AccessAudit,
  accessAuditQuerySchema,
  type createdTokenSchema,
  createTokenSchema,
  type loggedOutSchema,
  loginSchema,
  type revokedSchema,
  type Session,
  type Tokens,
  tokenParamsSchema,
} from './schemas.ts';
import type { Sessions } from './sessions.ts';

const timeoutMs = 5_000;

export type SignInOptions = {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly entrance: Entrance;
  readonly access: AccessOptions | undefined;
  readonly sessions: Sessions | undefined;
  readonly publicUrl: () => string;
};

/** `/api/access`: signing in and out, tokens, and who came in and looked. */
export const signInRouter = ({ store, clock, logger, entrance, access, sessions, publicUrl }: SignInOptions): Router => {
  const router = Router();
  const signIn = access?.signIn;
  const provider: Oidc | undefined =
    access === undefined || signIn?.how !== 'oidc' ? undefined : oidc({ access, provider: signIn, publicUrl, clock, logger });

  // The address of the way back is open to everybody: asked in a loop, it must not fill the audit.
  const strangerOnce = onceA(minuteMs, clock, strangersAMinute);

  const tell = (response: Response, actor: Actor | undefined): void => {
    response.json({
      now: clock.now(),
      access: signIn?.how ?? 'open',
      user: actor === undefined || actor.how === 'open' ? null : { name: actor.name, role: actor.role },
      expiresAt: actor?.expiresAt ?? null,
    } satisfies Session);
  };
  router.get('/session', (_request, response) => tell(response, actorOf(response)));

  /** Ten wrong passwords a minute from one address; each is kept in the audit before it is answered. */
  const patience = rateLimit({
    windowMs: 60_000,
    limit: 10,
    skipSuccessfulRequests: true,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: false,
    handler: (_request, response) =>
      sendProblem(response, { type: '/problems/too-many', title: 'Too many attempts; wait a minute', status: 429 }),
  });
  router.post('/login', patience, express.json({ limit: '4kb', strict: true }), async (request, response) => {
    if (signIn?.how !== 'password' || sessions === undefined) throw notFound('A sign-in by password');
    const { password } = parsed(loginSchema, request.body ?? {});
    if (!(await isPassword(password, signIn.passwordHash.reveal()))) {
      await recordAccess(store, 'SignInRefused', { by: null, how: 'password', reason: 'wrong_password', at: clock.now() });
      logger.warn({ event: 'sign_in_refused', reason: 'wrong_password' });
      throw new HttpProblem(401, 'wrong-password', 'The password is wrong');
    }
    await recordAccess(store, 'SignedIn', { by: 'administrator', role: 'administrator', how: 'password', at: clock.now() });
    tell(response, await sessions.begin(response, { name: 'administrator', role: 'administrator' }));
  });

  router.post('/logout', async (_request, response) => {
    const actor = actorOf(response);
    if (sessions !== undefined && actor?.how === 'session') {
      await sessions.end(response, actor);
      await recordAccess(store, 'SignedOut', { by: actor.name, at: clock.now() });
    }
    response.json({ next: provider?.endSessionUrl() ?? null } satisfies z.infer<typeof loggedOutSchema>);
  });

  router.get('/oidc/start', async (request, response) => {
    if (provider === undefined) throw notFound('A sign-in by an identity provider');
    // The provider sends the browser back to the public address: the cookie of the attempt must be one of that address.
    const home = new URL(publicUrl());
    if (request.headers.host !== home.host && request.query['again'] === undefined) {
      return response.redirect(302, new URL('/api/access/oidc/start?again=1', home).href);
    }
    await provider.start(response);
  });

  router.get('/oidc/callback', async (request, response) => {
    if (provider === undefined || sessions === undefined) throw notFound('A sign-in by an identity provider');
    let person: Person;
    try {
      person = await provider.finish(request, response);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      const reason = error.problem.type.replace('/problems/', '');
      await strangerOnce([addressOf(request), reason], () =>
        recordAccess(store, 'SignInRefused', { by: null, how: 'oidc', reason, at: clock.now() }),
      );
      return response.redirect(302, `/?sign-in=${reason}`);
    }
    const { name, role } = person;
    if (role === undefined) {
      await recordAccess(store, 'SignInRefused', { by: name, how: 'oidc', reason: 'no_role', at: clock.now() });
      logger.warn({ event: 'sign_in_refused', reason: 'no_role' });
      return response.redirect(302, '/?sign-in=no-role');
    }
    await recordAccess(store, 'SignedIn', { by: name, role, how: 'oidc', at: clock.now() });
    await sessions.begin(response, { name, role });
    response.redirect(302, '/');
  });

  router.get('/tokens', async (_request, response) => {
    const tokens = await entrance.tokens();
    response.json({ now: clock.now(), tokens: [...tokens].reverse() } satisfies Tokens);
  });

  router.post('/tokens', express.json({ limit: '4kb', strict: true }), async (request, response) => {
    const { name, role, expiresInMs } = parsed(createTokenSchema, request.body ?? {});
    const { name: by } = actorOf(response) ?? openActor;
    const at = clock.now();
    const expiresAt = at + expiresInMs;
    const { id, text } = await entrance.createToken({ name, role, expiresAt, by, at });
    await recordAccess(store, 'TokenCreated', { by, token: id, name, role, expiresAt, at });
    response.status(201).json({ token: text, id, expiresAt } satisfies z.infer<typeof createdTokenSchema>);
  });

  router.post('/tokens/:id/revoke', async (request, response) => {
    const { id } = parsed(tokenParamsSchema, request.params);
    const { name: by } = actorOf(response) ?? openActor;
    if (!(await entrance.revokeToken(id, by, clock.now()))) throw notFound('The token');
    await recordAccess(store, 'TokenRevoked', { by, token: id, at: clock.now() });
    response.json({ id } satisfies z.infer<typeof revokedSchema>);
  });

  router.get('/audit', async (request, response) => {
    const { limit, before } = parsed(accessAuditQuerySchema, request.query);
    if (before === 0) return response.json({ now: clock.now(), entries: [], next: null } satisfies AccessAudit);
    const read = store.read(accessAuditStream, {
      direction: 'backwards',
      maxCount: limit,
      ...(before === undefined ? {} : { from: before - 1 }),
    });
    const page = await within(timeoutMs, 'event store: audit', read);
    const entries = page.flatMap(({ type, data, revision }) => {
      const known = Object.hasOwn(accessAuditSchemas, type)
        ? accessAuditSchemas[type as keyof typeof accessAuditSchemas].safeParse(data).data
        : undefined;
      return known === undefined ? [] : [{ type, revision, ...known }];
    });
    const last = page.at(-1);
    response.json({
      now: clock.now(),
      entries,
      next: last === undefined || last.revision === 0 ? null : last.revision,
    } satisfies AccessAudit);
  });

  return router;
};
