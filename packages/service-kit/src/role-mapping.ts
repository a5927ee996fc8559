import { type Role, roleSchema, roles } from '@dialog/contracts/role';
import { z } from 'zod';

/** Values of an identity provider's claim, by the role that they give. `*`: whoever signs in there. */
export type RoleMapping = readonly { readonly role: Role; readonly values: readonly string[] }[];

/** `administrator=it-admins,security;viewer=*` */
export const roleMapping = z.string().transform((text, context): RoleMapping => {
  const mapping = text
    .split(';')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [name = '', values = ''] = [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)];
      const role = part.includes('=') ? roleSchema.safeParse(name.trim()).data : undefined;
      const given = values
        .split(',')
        .map((value) => value.trim())
        .filter((value) => value !== '');
      return role === undefined || given.length === 0 ? undefined : { role, values: given };
    });
  if (mapping.length === 0 || mapping.includes(undefined)) {
    context.addIssue({ code: 'custom', message: `write it like administrator=admins,security;viewer=*; roles are ${roles.join(', ')}` });
    return z.NEVER;
  }
  return mapping.filter((one) => one !== undefined);
});

/** The highest role that these values give; undefined: none. */
export const roleOf = (mapping: RoleMapping, values: readonly string[]): Role | undefined =>
  [...roles]
    .reverse()
    .find((role) => mapping.some((one) => one.role === role && one.values.some((value) => value === '*' || values.includes(value))));
