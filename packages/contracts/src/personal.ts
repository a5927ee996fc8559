import type { z } from 'zod';

/**
 * Marks a field as personal data. Personal data stands only in fields marked so; the fold must come out the same,
 * by state hash, when every one of them reads as erased.
 */
export const personal = <T extends z.ZodType>(schema: T): T => schema.meta({ personal: true }) as T;
