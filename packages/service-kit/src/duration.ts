import { z } from 'zod';

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `250ms`, `30s`, `5m`, `2h`, `1d`. @returns milliseconds; undefined where it is none */
export const parseDuration = (text: string): number | undefined => {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  return match === null ? undefined : Math.round(Number(match[1]) * units[match[2] as keyof typeof units]);
};

/** A duration as text, read as milliseconds. */
export const duration = z
  .string({ error: ({ input }) => `${JSON.stringify(input)} is no duration; write it like 30s, 5m, 2h` })
  .transform((text, context) => {
    const ms = parseDuration(text);
    if (ms === undefined) {
      context.addIssue({ code: 'custom', message: `"${text}" is no duration; write it like 30s, 5m, 2h` });
      return z.NEVER;
    }
    return ms;
  });
