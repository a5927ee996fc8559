import { accessAuditSchemas } from '@dialog/contracts/access-event';
import { roleSchema } from '@dialog/contracts/role';
import { z } from 'zod';
import { wholeNumber } from '../http/query.ts';

export const sessionSchema = z.object({
  now: z.number(),
  access: z.enum(['open', 'password', 'oidc']).describe('How one signs in here; open: nobody does'),
  user: z.object({ name: z.string(), role: roleSchema }).nullable().describe('Who asks; null: nobody signed in'),
  expiresAt: z.number().nullable(),
});
export type Session = z.infer<typeof sessionSchema>;

export const loginSchema = z.strictObject({ password: z.string().min(1).max(1000) });
export const loggedOutSchema = z.object({ next: z.string().nullable().describe('Where the identity provider ends its own session') });

/** At most ten years: a token that nobody remembers should not open the door for ever. */
const maxTokenMs = 10 * 365 * 86_400_000;
export const createTokenSchema = z.strictObject({
  name: z.string().trim().min(1).max(100).describe('What it is for'),
  role: roleSchema,
  expiresInMs: z.number().int().min(1_000).max(maxTokenMs),
});
const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: roleSchema,
  by: z.string(),
  at: z.number(),
  expiresAt: z.number().nullable(),
  revokedAt: z.number().nullable(),
});
export const createdTokenSchema = z.object({ token: z.string().describe('Shown once'), id: z.string(), expiresAt: z.number().nullable() });
export const tokensSchema = z.object({ now: z.number(), tokens: z.array(tokenSchema).describe('Newest first') });
export type Tokens = z.infer<typeof tokensSchema>;
export const tokenParamsSchema = z.object({ id: z.uuid() });
export const revokedSchema = z.object({ id: z.string() });

export const accessAuditQuerySchema = z.strictObject({
  limit: wholeNumber(1, 500).default(100),
  before: wholeNumber().optional().describe('Revision before which to go on: `next` of the page before'),
});
const [first, ...others] = Object.entries(accessAuditSchemas).map(([type, schema]) =>
  schema.extend({ type: z.literal(type), revision: z.number().int() }),
);
export const accessAuditSchema = z.object({
  now: z.number(),
  entries: z.array(z.union([first as NonNullable<typeof first>, ...others])).describe('Newest first'),
  next: z.number().int().nullable(),
});
export type AccessAudit = {
  readonly now: number;
  readonly entries: readonly ({ readonly type: string; readonly revision: number; readonly at: number } & Readonly<
    Record<string, unknown>
  >)[];
  readonly next: number | null;
};
