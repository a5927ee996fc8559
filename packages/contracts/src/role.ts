import { z } from 'zod';

/** What one may do in the console, weakest first; each may do what those before it may. A viewer sees no text. */
export const roles = ['viewer', 'analyst', 'operator', 'administrator'] as const;
export const roleSchema = z.enum(roles);
export type Role = z.infer<typeof roleSchema>;

export const mayAs = (role: Role, least: Role): boolean => roles.indexOf(role) >= roles.indexOf(least);
