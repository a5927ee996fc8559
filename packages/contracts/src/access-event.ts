import { z } from 'zod';
import { accountIdSchema, chatIdSchema } from './ids.ts';
import { roleSchema } from './role.ts';

/** By whom: as the identity provider names a person, `administrator`, or `token:{name}`. */
const by = z.string().max(200);
const at = z.number().describe('ms since the epoch, by the console’s clock');

/** The events of the stream `access`: what may be let in. A token stands as its SHA-256 alone. */
export const accessEventSchemas = {
  TokenCreated: z.object({
    id: z.string(),
    name: z.string().max(100),
    role: roleSchema,
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    expiresAt: z.number().nullable().describe('null: never'),
    by,
    at,
  }),
  TokenRevoked: z.object({ id: z.string(), by, at }),
  /** Signed out: a copy of its cookie is worth nothing from now on. */
  SessionEnded: z.object({ id: z.string(), at }),
} as const;
export type AccessEventType = keyof typeof accessEventSchemas;
export type AccessEventOf<T extends AccessEventType> = z.infer<(typeof accessEventSchemas)[T]>;

/** The events of the stream `audit`: who came in and what they looked at or did. Appended before it is answered, never changed. */
export const accessAuditSchemas = {
  SignedIn: z.object({ by, role: roleSchema, how: z.enum(['password', 'oidc']), at }),
  SignInRefused: z.object({ by: by.nullable(), how: z.enum(['password', 'oidc']), reason: z.string().max(100), at }),
  SignedOut: z.object({ by, at }),
  TokenCreated: z.object({ by, token: z.string(), name: z.string(), role: roleSchema, expiresAt: z.number().nullable(), at }),
  TokenRevoked: z.object({ by, token: z.string(), at }),
  /** A bearer token was refused: once a token, reason, operation and minute; of unknown ones once an address and minute, twenty a minute at most. */
  TokenRefused: z.object({
    by: by.nullable().describe('null: nobody made this token'),
    reason: z.enum(['unknown', 'expired', 'revoked', 'role']),
    from: z.string().max(100).describe('Address of the connection; behind a proxy the proxy’s'),
    token: z.string().optional(),
    operation: z.string().optional().describe('What its role does not allow; none: there is no such operation'),
    at,
  }),
  /** Unmasked text was read: once a person, dialog and hour. Without a dialog: an answer with texts of many. */
  TextRead: z.object({
    by,
    role: roleSchema,
    operation: z.string(),
    account: accountIdSchema.optional(),
    chatId: chatIdSchema.optional(),
    at,
  }),
  /** Something that changes was asked for, or what it would do; once a person, thing and minute. What came of it stands where the operation records it. */
  OperationAsked: z.object({
    by,
    role: roleSchema,
    operation: z.string().describe('Method and path of the API, with names in place of values'),
    names: z.record(z.string(), z.string().max(200)).describe('Values of the path’s names'),
    at,
  }),
} as const;
export type AccessAuditType = keyof typeof accessAuditSchemas;
export type AccessAuditOf<T extends AccessAuditType> = z.infer<(typeof accessAuditSchemas)[T]>;
