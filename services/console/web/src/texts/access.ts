import type { Role } from '@dialog/contracts/role';

/** What the page says about who may be here. */
export type AccessTexts = {
  readonly nav: string;
  readonly heading: string;
  readonly signIn: string;
  readonly signInHint: string;
  readonly password: string;
  readonly withProvider: string;
  readonly signOut: string;
  readonly role: Readonly<Record<Role, string>>;
  readonly textsMasked: string;
  /** By the problem's name. */
  readonly refused: Readonly<Record<string, string>>;
  readonly refusedOtherwise: string;
  readonly tokens: string;
  readonly noTokens: string;
  readonly name: string;
  readonly roleLabel: string;
  readonly days: string;
  readonly valid: string;
  readonly create: string;
  readonly shownOnce: string;
  readonly state: { readonly until: (time: string) => string; readonly ended: string; readonly revoked: string; readonly forever: string };
  readonly revoke: string;
  readonly by: string;
  readonly audit: string;
  readonly noAudit: string;
  readonly nobodySignsIn: string;
  readonly time: string;
  readonly what: string;
  readonly details: string;
  readonly more: string;
  readonly event: Readonly<Record<string, string>>;
};
