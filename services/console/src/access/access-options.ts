import type { Secret } from '@dialog/contracts/secret';
import type { RoleMapping } from '@dialog/service-kit/role-mapping';

export type OidcOptions = {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly scopes: string;
  readonly roleClaim: string;
  readonly roles: RoleMapping;
};

/** How people sign in. Left out: the console is open to whoever reaches it. */
export type AccessOptions = {
  /** Seals what the browser keeps; the same for all consoles of an installation. */
  readonly key: Secret;
  /** After so long one signs in anew, ms. */
  readonly sessionMs: number;
  readonly signIn: { readonly how: 'password'; readonly passwordHash: Secret } | ({ readonly how: 'oidc' } & OidcOptions);
};
