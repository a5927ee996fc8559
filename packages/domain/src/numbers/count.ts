import type { Condition, Counted, EpisodeField, NumberDefinition, NumbersFile } from '@dialog/contracts/numbers';
import type { Episode } from './episode.ts';

type Scalar = string | number | boolean | null;

const fieldOf = (episode: Episode, field: EpisodeField): Scalar => (field === 'ended' ? episode.endedAt !== null : episode[field]);

const holds = (value: Scalar, wanted: Condition[EpisodeField]): boolean => {
  if (wanted === undefined) return true;
  if (wanted === null || typeof wanted !== 'object') return value === wanted;
  if (Array.isArray(wanted)) return wanted.includes(value);
  if ('not' in wanted && wanted.not !== undefined && value === wanted.not) return false;
  if (wanted.atLeast !== undefined && !(typeof value === 'number' && value >= wanted.atLeast)) return false;
  return wanted.atMost === undefined || (typeof value === 'number' && value <= wanted.atMost);
};

const meets = (episode: Episode, condition: Condition): boolean => {
  for (const field in condition) {
    const name = field as EpisodeField;
    if (!holds(fieldOf(episode, name), condition[name])) return false;
  }
  return true;
};

const nameOf = (value: Scalar): string | null => (value === null ? null : String(value));

/** How one number sees one episode: in its base or not, and in which parts of it. */
type Sight = { readonly weight: number; readonly count: number; readonly parts: readonly (string | null)[]; readonly time: number | null };

const sightOf = (definition: NumberDefinition, episode: Episode): Sight | undefined => {
  const { share, parts, by, time, ratio } = definition;
  const kind = share ?? parts ?? by ?? time ?? ratio;
  if (kind === undefined || !meets(episode, kind.of)) return undefined;
  if (share !== undefined) return { weight: 1, count: meets(episode, share.that) ? 1 : 0, parts: [], time: null };
  if (parts !== undefined) {
    const into = Object.keys(parts.into).filter((name) => meets(episode, parts.into[name] ?? {}));
    return { weight: 1, count: 1, parts: into, time: null };
  }
  if (by !== undefined) return { weight: 1, count: 1, parts: [nameOf(fieldOf(episode, by.field))], time: null };
  if (time !== undefined) return { weight: 1, count: 1, parts: [], time: episode[time.field] };
  if (ratio === undefined) return undefined;
  const among = ratio.among.reduce((sum, field) => sum + Number(fieldOf(episode, field)), 0);
  return { weight: among, count: episode[ratio.field], parts: [], time: null };
};

/** Whether the episode is one of those that the number, or this part of it, counts: the ones behind it. */
export const isBehind = (definition: NumberDefinition, episode: Episode, part?: string | null): boolean => {
  const sight = sightOf(definition, episode);
  if (sight === undefined) return false;
  return part === undefined ? sight.count > 0 : sight.parts.includes(part);
};

type Sum = { base: number; count: number; times: number[] };
const noSum = (): Sum => ({ base: 0, count: 0, times: [] });

const add = (sum: Sum, { weight, count, time }: Sight): void => {
  sum.base += weight;
  sum.count += count;
  if (time !== null) sum.times.push(time);
};

/** The smallest value that so much of them do not exceed. @returns null of none */
const percentile = (values: readonly number[], part: number): number | null => {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? null;
};

const valueOfSum = (isTime: boolean, { base, count, times }: Sum): number | null =>
  isTime ? percentile(times, 0.5) : base === 0 ? null : count / base;

export type Counter = {
  readonly take: (episode: Episode) => void;
  readonly counted: () => readonly Counted[];
};

/** Counts each number of a file over the episodes that it is given; `bucketOf`: beginning of the hour or day of a time, ms. Pure. */
export const counter = ({ numbers }: NumbersFile, bucketOf: (at: number) => number): Counter => {
  const all = Object.entries(numbers).map(([name, definition]) => ({
    name,
    definition,
    total: noSum(),
    parts: new Map<string | null, number>(Object.keys(definition.parts?.into ?? {}).map((part) => [part, 0])),
    series: new Map<number, Sum>(),
    none: 0,
    several: 0,
  }));
  return {
    take: (episode) => {
      const bucket = bucketOf(episode.startedAt);
      for (const one of all) {
        const sight = sightOf(one.definition, episode);
        if (sight === undefined) continue;
        add(one.total, sight);
        for (const part of sight.parts) one.parts.set(part, (one.parts.get(part) ?? 0) + 1);
        if (one.definition.parts !== undefined && sight.parts.length !== 1) {
          if (sight.parts.length === 0) one.none += 1;
          else one.several += 1;
        }
        const sum = one.series.get(bucket) ?? noSum();
        add(sum, sight);
        one.series.set(bucket, sum);
      }
    },
    counted: () =>
      all.map(({ name, definition, total, parts, series, none, several }) => {
        const isTime = definition.time !== undefined;
        const partial = [...parts].map(([part, count]) => ({ part, count, share: total.base === 0 ? 0 : count / total.base }));
        const value = valueOfSum(isTime, total);
        const wrong = [
          ...(none > 0 ? [`${none} episodes are in no part`] : []),
          ...(several > 0 ? [`${several} episodes are in more than one part`] : []),
          ...(!isTime && value !== null && value > 1 ? ['it is over 100 %'] : []),
          ...(definition.by !== undefined && partial.reduce((sum, { count }) => sum + count, 0) !== total.base
            ? ['the parts are not the whole']
            : []),
        ];
        return {
          name,
          title: definition.title,
          kind: kindOf(definition),
          base: total.base,
          count: total.count,
          value,
          p90: isTime ? percentile(total.times, 0.9) : null,
          // Parts stand as the definition has them, values of a field by how many they are.
          parts:
            definition.by === undefined
              ? partial
              : partial.sort((a, b) => b.count - a.count || String(a.part).localeCompare(String(b.part))),
          series: [...series]
            .sort(([a], [b]) => a - b)
            .map(([at, sum]) => ({ at, base: sum.base, count: sum.count, value: valueOfSum(isTime, sum) })),
          wrong,
        };
      }),
  };
};

const kindOf = ({ share, parts, by, time }: NumberDefinition): Counted['kind'] =>
  share !== undefined ? 'share' : parts !== undefined ? 'parts' : by !== undefined ? 'by' : time !== undefined ? 'time' : 'ratio';
