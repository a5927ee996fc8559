import type { Configuration } from '@dialog/service-kit/configuration';
import type { EngineOptions } from './engine.ts';

/** How people sign in at the console, as configured; the configuration was checked to have what its way needs. */
export const consoleAccess = (config: Configuration): Pick<EngineOptions, 'access' | 'consolePublicUrl'> => {
  const address = config.CONSOLE_PUBLIC_URL === undefined ? {} : { consolePublicUrl: config.CONSOLE_PUBLIC_URL };
  const sessionMs = config.ACCESS_SESSION;
  const { ACCESS, ACCESS_PASSWORD_HASH, OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_SCOPES, OIDC_ROLE_CLAIM, OIDC_ROLES } =
    config;
  if (ACCESS === 'open') return address;
  if (ACCESS === 'password' && ACCESS_PASSWORD_HASH !== undefined) {
    return { ...address, access: { sessionMs, signIn: { how: 'password', passwordHash: ACCESS_PASSWORD_HASH } } };
  }
  if (OIDC_ISSUER !== undefined && OIDC_CLIENT_ID !== undefined && OIDC_CLIENT_SECRET !== undefined && OIDC_ROLES !== undefined) {
    const signIn = {
      how: 'oidc',
      issuer: OIDC_ISSUER,
      clientId: OIDC_CLIENT_ID,
      clientSecret: OIDC_CLIENT_SECRET,
      scopes: OIDC_SCOPES,
      roleClaim: OIDC_ROLE_CLAIM,
      roles: OIDC_ROLES,
    } as const;
    return { ...address, access: { sessionMs, signIn } };
  }
  // Never open by mistake.
  throw new Error(`ACCESS=${ACCESS} is not configured`);
};
