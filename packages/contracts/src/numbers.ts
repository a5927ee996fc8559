import { z } from 'zod';

/** What a number may ask of an episode: each of them stands in `Episode` of the domain; `ended`: it is not under way any more. */
const episodeFields = [
  'begins',
  'ended',
  'handedOver',
  'handoverCause',
  'asked',
  'taken',
  'botMs',
  'queueMs',
  'operatorMs',
  'returned',
  'closed',
  'leftAt',
  'fallbacks',
  'repliesSent',
  'repliesExpired',
  'repliesRefused',
] as const;
export const episodeFieldSchema = z.enum(episodeFields);
export type EpisodeField = z.infer<typeof episodeFieldSchema>;

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const range = z.strictObject({ atLeast: z.number().optional(), atMost: z.number().optional(), not: scalar.optional() });
/** All of it must hold; a list: any of these values. */
export const conditionSchema = z.partialRecord(episodeFieldSchema, z.union([scalar, z.array(scalar).min(1).max(50), range]));
export type Condition = z.infer<typeof conditionSchema>;

const of = conditionSchema.default({}).describe('Episodes that it speaks of; left out: all');
const kinds = {
  /** How many of `of` are `that` too. */
  share: z.strictObject({ of, that: conditionSchema }),
  /** `of` in parts, named; each episode must be in just one. */
  parts: z.strictObject({ of, into: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,31}$/), conditionSchema) }),
  /** `of` by the value of a field. */
  by: z.strictObject({ of, field: episodeFieldSchema }),
  /** Median and 90th percentile of a field in ms. */
  time: z.strictObject({ of, field: z.enum(['botMs', 'queueMs', 'operatorMs']) }),
  /** One count against all of `among`, which must hold it: summed over `of`. */
  ratio: z.strictObject({
    of,
    field: z.enum(['repliesSent', 'repliesExpired', 'repliesRefused']),
    among: z.array(episodeFieldSchema).min(1),
  }),
} as const;

export const numberSchema = z
  .strictObject({
    title: z.strictObject({ en: z.string().min(1).max(120), ru: z.string().min(1).max(120) }),
    share: kinds.share.optional(),
    parts: kinds.parts.optional(),
    by: kinds.by.optional(),
    time: kinds.time.optional(),
    ratio: kinds.ratio.optional(),
  })
  .refine((one) => [one.share, one.parts, one.by, one.time, one.ratio].filter((kind) => kind !== undefined).length === 1, {
    message: 'must have just one of share, parts, by, time, ratio',
  })
  .refine((one) => one.ratio === undefined || one.ratio.among.includes(one.ratio.field), {
    message: 'ratio: among must hold the field itself, or it could be over 100 %',
  });
export type NumberDefinition = z.infer<typeof numberSchema>;

/** A file of definitions: what each number means. Counted over all history at the asking, so a changed file recounts all of it. */
export const numbersFileSchema = z.strictObject({
  format: z.literal('numbers/1'),
  /** Raised by whoever changes a definition: it stands beside every answer. */
  version: z.number().int().min(1),
  numbers: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,47}$/, 'must be a-z, 0-9 and _'), numberSchema),
});
export type NumbersFile = z.infer<typeof numbersFileSchema>;

export const countedPartSchema = z.object({
  /** Name of the part, or the field's value; null: the field says nothing. */
  part: z.string().nullable(),
  count: z.number().int(),
  share: z.number().describe('Of all that it speaks of, 0 to 1'),
});
export const countedSchema = z.object({
  name: z.string(),
  title: z.object({ en: z.string(), ru: z.string() }),
  kind: z.enum(['share', 'parts', 'by', 'time', 'ratio']),
  base: z.number().int().describe('Episodes that it speaks of; of a ratio: the sum of what it stands among'),
  count: z.number().int().describe('Of these the ones that it counts'),
  value: z.number().nullable().describe('Share 0 to 1, or the median in ms; null: of nothing'),
  p90: z.number().nullable().describe('Of a time, ms'),
  parts: z.array(countedPartSchema),
  series: z.array(z.object({ at: z.number(), base: z.number().int(), count: z.number().int(), value: z.number().nullable() })),
  /** Sums that do not check. */
  wrong: z.array(z.string()),
});
export type Counted = z.infer<typeof countedSchema>;
