import { readFileSync } from 'node:fs';
import { numbersFileSchema } from '@dialog/contracts/numbers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { counter, isBehind } from '../../src/numbers/count.ts';
import { type Episode, foldEpisodes, noEpisodes } from '../../src/numbers/episode.ts';
import { live, move, options } from '../kit/moves.ts';
import { type Recorded, recounted } from './recount.ts';

const moves = fc.array(move, { minLength: 1, maxLength: 60, size: 'max' });

/** As a read model does: the row of each number, as it was last written. */
const folded = (stream: readonly Recorded[]): readonly Episode[] => {
  const rows = new Map<number, Episode>();
  let fold = noEpisodes;
  stream.forEach((event, revision) => {
    fold = foldEpisodes(JSON.parse(JSON.stringify(fold)), { revision, ...event });
    for (const one of [fold.previous, fold.current]) if (one !== null) rows.set(one.number, one);
  });
  return [...rows.values()];
};

const file = numbersFileSchema.parse(parse(readFileSync(new URL('../../../../services/console/numbers.yaml', import.meta.url), 'utf8')));

describe('episodes of whatever happens to a dialog', () => {
  it('are those of a slow recount that shares no code with the fold, fact by fact', () => {
    fc.assert(
      fc.property(options, moves, (given, happens) => {
        const stream = live(given, happens).dialog.stream() as readonly Recorded[];
        const slow = recounted(stream);
        expect(folded(stream)).toHaveLength(slow.length);
        expect(folded(stream)).toMatchObject(slow);
      }),
      { numRuns: 500 },
    );
  });

  it('add up: each person handed over and each Return once, and every ms of a chat that somebody had', () => {
    fc.assert(
      fc.property(options, moves, (given, happens) => {
        const stream = live(given, happens).dialog.stream() as readonly Recorded[];
        const episodes = folded(stream);
        const of = (type: string) => stream.filter((event) => event.type === type);
        expect(episodes.filter(({ returned }) => returned !== null)).toHaveLength(of('ReturnStarted').length);
        const takenBack = stream.filter((event) => event.type === 'FlagReset' && event.data.cause === 'webhook_repeated').length;
        expect(episodes.filter(({ handedOver }) => handedOver)).toHaveLength(of('FlagSet').length - takenBack);
      }),
      { numRuns: 300 },
    );
  });

  it('are counted so that no sum is wrong, by the definitions that are shipped', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(options, moves), { minLength: 1, maxLength: 4 }), (dialogs) => {
        const episodes = dialogs.flatMap(([given, happens]) => folded(live(given, happens).dialog.stream() as readonly Recorded[]));
        const count = counter(file, (at) => at - (at % 86_400_000));
        for (const one of episodes) count.take(one);
        for (const number of count.counted()) {
          expect([number.name, number.wrong]).toEqual([number.name, []]);
          const definition = file.numbers[number.name];
          if (definition === undefined) throw new Error('a number without a definition');
          // The series and the parts are the same episodes, cut otherwise; behind each stand as many as it says.
          expect(number.series.reduce((sum, { base }) => sum + base, 0)).toBe(number.base);
          if (definition.ratio === undefined) {
            expect(episodes.filter((one) => isBehind(definition, one)).length).toBe(number.count);
            for (const { part, count: inPart } of number.parts) {
              expect(episodes.filter((one) => isBehind(definition, one, part)).length).toBe(inPart);
            }
            if (number.parts.length > 0) expect(number.parts.reduce((sum, one) => sum + one.count, 0)).toBe(number.base);
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});

it('says where a definition does not check', () => {
  const wrong = numbersFileSchema.parse({
    format: 'numbers/1',
    version: 1,
    numbers: { n: { title: { en: 'n', ru: 'n' }, parts: { into: { a: { handedOver: true }, b: { taken: true } } } } },
  });
  const count = counter(wrong, () => 0);
  const episode = { startedAt: 0, handedOver: true, taken: true } as Episode;
  count.take(episode);
  count.take({ ...episode, handedOver: false, taken: false });
  expect(count.counted()[0]?.wrong).toEqual(['1 episodes are in no part', '1 episodes are in more than one part']);
});
