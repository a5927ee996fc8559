import { z } from 'zod';

/** A whole number in a query, up to 15 digits: exact as a number. */
export const wholeNumber = (min = 0, max = Number.MAX_SAFE_INTEGER) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));

/** A place in the order of a list, opaque to who asks, so that a page stays right while rows move; `place`: what `cursorText` was given. */
export const cursor = <T extends z.ZodType>(place: T) =>
  z
    .string()
    .max(400)
    .transform((text, context): z.output<T> => {
      try {
        return place.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
      } catch {
        context.addIssue({ code: 'custom', message: 'not a cursor of this list' });
        return z.NEVER;
      }
    });

export const cursorText = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url');
