import type { Clock } from '@dialog/contracts/clock';
import { isLoopbackHost } from '@dialog/service-kit/loopback';
import { roleOf } from '@dialog/service-kit/role-mapping';
import { parse as parseCookie } from 'cookie';
import type { Request, Response } from 'express';
import * as client from 'openid-client';
import type { Logger } from 'pino';
import { z } from 'zod';
import { HttpProblem } from '../http/problem.ts';
import type { AccessOptions, OidcOptions } from './access-options.ts';
import { sealed } from './sealed.ts';

const timeoutSeconds = 10;
/** How long one may take at the provider's page, ms. */
const signInWithinMs = 10 * 60_000;
const cookie = 'dialog-console-sign-in';
const attemptSchema = z.object({ state: z.string(), nonce: z.string(), verifier: z.string() });

/** Who came back from the provider; without a role he is nobody here. */
export type Person = { readonly name: string; readonly role: ReturnType<typeof roleOf> };

export type Oidc = {
  /** Sends the browser to the provider. @throws HttpProblem 503 */
  readonly start: (response: Response) => Promise<void>;
  /** @throws HttpProblem 400 where this is not the end of a sign-in begun in this browser, 503 where the provider does not answer */
  readonly finish: (request: Request, response: Response) => Promise<Person>;
  /** Where the provider ends its own session; null where it says no place, or is away. */
  readonly endSessionUrl: () => string | null;
};

/**
 * Authorization code with PKCE, state and nonce; this service is the client, so the provider's tokens never reach the browser. What one attempt must
 * remember stands sealed in a cookie of its own (Lax: it must come along when the provider sends the browser back).
 */
export const oidc = (options: {
  readonly access: AccessOptions;
  readonly provider: OidcOptions;
  readonly publicUrl: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}): Oidc => {
  const { access, provider, clock, logger } = options;
  const seal = sealed(access.key, 'oidc attempt', `${provider.issuer} ${provider.clientId}`);
  const callbackPath = '/api/access/oidc/callback';
  const redirectUri = (): string => new URL(callbackPath, options.publicUrl()).href;
  const attributes = () =>
    ({ httpOnly: true, sameSite: 'lax', secure: options.publicUrl().startsWith('https:'), path: '/api/access/oidc' }) as const;
  let known: client.Configuration | undefined;

  const configuration = async (): Promise<client.Configuration> => {
    if (known !== undefined) return known;
    const issuer = new URL(provider.issuer);
    // Without TLS a provider is believed on this machine alone.
    const isLocal = issuer.protocol === 'http:' && isLoopbackHost(issuer.hostname);
    known = await asked('discovery', () =>
      client.discovery(issuer, provider.clientId, provider.clientSecret.reveal(), undefined, {
        timeout: timeoutSeconds,
        ...(isLocal ? { execute: [client.allowInsecureRequests] } : {}),
      }),
    );
    return known;
  };

  /** The provider's words may name a person: its codes alone are logged. */
  const asked = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      const { code, error: said } = error as { code?: unknown; error?: unknown };
      logger.warn({ event: 'oidc_failed', what, code, said });
      throw error;
    }
  };

  return {
    start: async (response) => {
      const config = await configuration().catch(() => {
        throw new HttpProblem(503, 'provider-away', 'The identity provider does not answer now');
      });
      const attempt = { state: client.randomState(), nonce: client.randomNonce(), verifier: client.randomPKCECodeVerifier() };
      const until = clock.now() + signInWithinMs;
      response.cookie(cookie, await seal.seal(attempt, until), { ...attributes(), maxAge: signInWithinMs });
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri(),
        scope: provider.scopes,
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
      });
      response.redirect(302, url.href);
    },
    finish: async (request, response) => {
      const text = parseCookie(request.headers.cookie ?? '')[cookie];
      response.clearCookie(cookie, attributes());
      const attempt = text === undefined ? undefined : await seal.open(attemptSchema, text, clock.now());
      if (attempt === undefined) throw new HttpProblem(400, 'no-sign-in', 'No sign-in was begun in this browser, or it took too long');
      const config = await configuration().catch(() => {
        throw new HttpProblem(503, 'provider-away', 'The identity provider does not answer now');
      });
      const came = new URL(redirectUri());
      came.search = new URL(request.originalUrl, 'http://any').search;
      try {
        const tokens = await asked('code', () =>
          client.authorizationCodeGrant(config, came, {
            pkceCodeVerifier: attempt.verifier,
            expectedState: attempt.state,
            expectedNonce: attempt.nonce,
            idTokenExpected: true,
          }),
        );
        const claims = tokens.claims();
        if (claims === undefined) throw new Error('no id token');
        let all: Readonly<Record<string, unknown>> = claims;
        // Providers put groups where they like: into the id token, or only into what they tell of the person.
        if (claimOf(all, provider.roleClaim) === undefined && config.serverMetadata().userinfo_endpoint !== undefined) {
          all = { ...claims, ...(await asked('userinfo', () => client.fetchUserInfo(config, tokens.access_token, claims.sub))) };
        }
        return { name: nameOf(all), role: roleOf(provider.roles, valuesOf(claimOf(all, provider.roleClaim))) };
      } catch (error) {
        const said = (error as { error?: unknown }).error;
        throw new HttpProblem(
          400,
          'sign-in-failed',
          'The identity provider did not sign you in',
          typeof said === 'string' ? { detail: said.slice(0, 100) } : {},
        );
      }
    },
    endSessionUrl: () => {
      if (known?.serverMetadata().end_session_endpoint === undefined) return null;
      return client.buildEndSessionUrl(known, { post_logout_redirect_uri: new URL('/', options.publicUrl()).href }).href;
    },
  };
};

/** A claim by its name, or by a path of names with dots between. */
const claimOf = (claims: Readonly<Record<string, unknown>>, name: string): unknown => {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name
    .split('.')
    .reduce<unknown>(
      (at, part) => (typeof at === 'object' && at !== null && Object.hasOwn(at, part) ? (at as Record<string, unknown>)[part] : undefined),
      claims,
    );
};

const valuesOf = (claim: unknown): string[] =>
  (Array.isArray(claim) ? claim : [claim]).filter((value): value is string => typeof value === 'string');

const nameOf = (claims: Readonly<Record<string, unknown>>): string => {
  const names = ['preferred_username', 'email', 'sub'].map((name) => claims[name]);
  return (names.find((name): name is string => typeof name === 'string' && name !== '') ?? 'unknown').slice(0, 200);
};
