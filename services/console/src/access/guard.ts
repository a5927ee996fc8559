import type { Clock } from '@dialog/contracts/clock';
import { accountIdSchema, chatIdSchema } from '@dialog/contracts/ids';
import { mayAs } from '@dialog/contracts/role';
import type { EventStore } from '@dialog/event-store/port';
import type { Request, RequestHandler, Response } from 'express';
import { HttpProblem } from '../http/problem.ts';
import { type Actor, openActor } from './actor.ts';
import { type Entrance, recordAccess } from './entrance.ts';
import { hourMs, minuteMs, onceA, strangersAMinute } from './once-a.ts';
import { type Match, matching } from './operations.ts';
import type { Sessions } from './sessions.ts';

export type GuardOptions = {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly entrance: Entrance;
  /** undefined: nobody signs in here. */
  readonly sessions: Sessions | undefined;
};

/** How often a stream without end looks whether its listener may still listen, real ms. */
const lookEveryMs = 5_000;

/**
 * Stands before every route of the API: who asks, whether the operation's row lets that role, what is kept of it, and what a viewer gets of the
 * answer. No handler decides any of it. An operation without a row is refused where people sign in.
 */
export const guard = ({ store, clock, entrance, sessions }: GuardOptions): RequestHandler => {
  const readOnce = onceA(hourMs, clock);
  // The page asks what an action would do with each letter typed into its reason; what was done stands in the stream of its account too.
  const askedOnce = onceA(minuteMs, clock);
  const refusedOnce = onceA(minuteMs, clock);
  const strangerOnce = onceA(minuteMs, clock, strangersAMinute);
  const actorFor = async (request: Request): Promise<Actor | undefined> => {
    const bearer = bearerOf(request);
    if (bearer === undefined) return sessions?.of(request);
    const token = await entrance.tokenOf(bearer, clock.now());
    if (token === undefined) return undefined;
    return { name: `token:${token.name}`, role: token.role, how: 'token', id: token.id, expiresAt: token.expiresAt };
  };

  return async (request, response, next) => {
    if (sessions === undefined) {
      response.locals['actor'] = openActor;
      return next();
    }
    const matches = matching(request.method, request.path);
    const actor = await actorFor(request);
    if (actor !== undefined) response.locals['actor'] = actor;
    const isPublic = matches.length > 0 && matches.every(({ rule }) => rule.least === 'public');
    if (!isPublic) {
      // Before anything is told of what there is: an address without a row looks like any other to who has not signed in.
      if (actor === undefined) {
        await keepRefusedToken(request);
        throw new HttpProblem(401, 'sign-in', 'Sign in first');
      }
      const refusal = refusalOf(matches, actor, request);
      if (refusal !== undefined) {
        if (actor.how === 'token') await keepRefused(actor, 'role', request, matches[0]?.operation);
        throw new HttpProblem(403, 'not-allowed', 'Your role does not allow this', { detail: refusal });
      }
      if (actor.how === 'session' && changes(request.method) && !saysWhereFrom(request)) {
        throw new HttpProblem(403, 'foreign-origin', 'The request does not say which page it comes from');
      }
      await keep(request, actor, matches);
      if (actor.role === 'viewer') maskAnswer(response, matches);
      nameWhoAsks(request, actor);
      if (matches.some(({ operation }) => operation === 'GET /live')) endWithAccess(response, () => actorFor(request));
    }
    next();
  };

  async function keepRefusedToken(request: Request): Promise<void> {
    const bearer = bearerOf(request);
    if (bearer === undefined) return;
    const token = await entrance.knownToken(bearer);
    if (token !== undefined) {
      const reason = token.revokedAt === null ? 'expired' : 'revoked';
      return keepRefused({ name: `token:${token.name}`, id: token.id }, reason, request);
    }
    // Of a token that nobody made nothing is kept, not even its hash: it may be a password pasted into the wrong place.
    const from = addressOf(request);
    await strangerOnce([from], () => recordAccess(store, 'TokenRefused', { by: null, reason: 'unknown', from, at: clock.now() }));
  }

  async function keepRefused(
    { name: by, id: token }: { readonly name: string; readonly id?: string | undefined },
    reason: 'expired' | 'revoked' | 'role',
    request: Request,
    operation?: string,
  ): Promise<void> {
    const of = { ...(token === undefined ? {} : { token }), ...(operation === undefined ? {} : { operation }) };
    await refusedOnce([of, reason], () =>
      recordAccess(store, 'TokenRefused', { by, reason, from: addressOf(request), ...of, at: clock.now() }),
    );
  }

  async function keep(request: Request, actor: Actor, matches: readonly Match[]): Promise<void> {
    const { name: by, role } = actor;
    const at = clock.now();
    for (const { operation, names, rule } of matches) {
      if (rule.text === true && role !== 'viewer') {
        const account = accountIdSchema.safeParse(names['account']).data;
        const chatId = chatIdSchema.safeParse(names['chatId']).data;
        const of = account === undefined || chatId === undefined ? {} : { account, chatId };
        await readOnce([by, 'account' in of ? of : { operation, names }], () =>
          recordAccess(store, 'TextRead', { by, role, operation, ...of, at }),
        );
      }
      if (changes(request.method)) {
        const short = Object.fromEntries(Object.entries(names).map(([name, value]) => [name, value.slice(0, 200)]));
        await askedOnce([by, operation, names], () => recordAccess(store, 'OperationAsked', { by, role, operation, names: short, at }));
      }
    }
  }
};

const bearerOf = (request: Request): string | undefined => /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
/** Of the connection: what a header says of where it comes from, anybody can say. */
export const addressOf = (request: Request): string => request.socket.remoteAddress ?? 'unknown';
const changes = (method: string): boolean => method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
const saysWhereFrom = (request: Request): boolean =>
  request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined;

const refusalOf = (matches: readonly Match[], actor: Actor, request: Request): string | undefined => {
  if (matches.length === 0) return 'it is in no row of the table of operations';
  for (const { operation, rule } of matches) {
    if (rule.least === 'public') continue;
    if (!mayAs(actor.role, rule.least)) return `${operation} needs the role ${rule.least}`;
    if (actor.role === 'viewer' && rule.mask === undefined) return `${operation} has no answer without texts`;
    const search = rule.searches?.find((name) => Object.hasOwn(request.query, name));
    if (actor.role === 'viewer' && search !== undefined) return `a viewer does not search by ${search}`;
  }
  return undefined;
};

/** A viewer's answer leaves through the masks alone, or as a stream of an operation that has no text. */
const maskAnswer = (response: Response, matches: readonly Match[]): void => {
  const json = response.json.bind(response);
  response.json = (body: unknown) =>
    json(matches.reduce((so, { rule }) => (rule.mask === undefined || rule.mask === 'no-text' ? so : rule.mask(so)), body));
  if (matches.every(({ rule }) => rule.mask === 'no-text')) return;
  const send = response.send.bind(response);
  let isJson = false;
  const masks = response.json;
  response.json = (body: unknown) => {
    isJson = true;
    return masks(body);
  };
  response.send = (body: unknown) => {
    // Problems have no texts of visitors; anything else that did not go through the masks is a fault of ours.
    if (isJson || String(response.get('content-type')).startsWith('application/problem+json')) return send(body);
    throw new HttpProblem(403, 'not-allowed', 'Your role does not allow this', { detail: 'the answer can’t be masked' });
  };
};

/** Who did it is who signed in, whatever the body says. */
const nameWhoAsks = (request: Request, actor: Actor): void => {
  let body: unknown = request.body;
  Object.defineProperty(request, 'body', {
    configurable: true,
    enumerable: true,
    get: () => body,
    set: (given: unknown) => {
      body =
        typeof given === 'object' && given !== null && !Array.isArray(given) && Object.hasOwn(given, 'by')
          ? { ...given, by: actor.name }
          : given;
    },
  });
};

/** A stream without end ends with the session or token that opened it. */
const endWithAccess = (response: Response, actorNow: () => Promise<Actor | undefined>): void => {
  const looking = setInterval(() => {
    actorNow().then(
      (actor) => actor === undefined && response.end(),
      () => undefined,
    );
  }, lookEveryMs);
  looking.unref();
  response.on('close', () => clearInterval(looking));
};
