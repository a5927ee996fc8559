import { realClock } from '@dialog/contracts/clock';
import type { DomainEvent } from '@dialog/contracts/domain-event';
import { evolve } from '@dialog/domain/evolve';
import { initialDialog } from '@dialog/domain/state';
import { sqliteEventStore } from '@dialog/event-store/sqlite/event-store';
import { type Figure, median, ratioOf } from './figures.ts';

const rounds = 9;

/** The pure fold of recorded dialogs, against `JSON.parse` of the same events. */
export const fold = async (eventsFile: string): Promise<Figure> => {
  const store = sqliteEventStore({ file: eventsFile, clock: realClock });
  const streams = new Map<string, { type: string; data: unknown }[]>();
  let after: string | 'start' = 'start';
  for (;;) {
    const page = await store.readAll({ after, maxCount: 5_000, streamPrefixes: ['dialog-'] });
    for (const { stream, type, data } of page) streams.set(stream, [...(streams.get(stream) ?? []), { type, data }]);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.position;
  }
  await store.close();
  const texts = [...streams.values()].map((events) => events.map((event) => JSON.stringify(event)));
  const parsed = [...streams.values()] as DomainEvent[][];
  const count = parsed.reduce((sum, events) => sum + events.length, 0);
  const rate = { fold: [] as number[], parse: [] as number[] };
  let kept: unknown;
  for (let one = 0; one < rounds + 2; one++) {
    const folding = performance.now();
    for (const events of parsed) {
      let state = initialDialog;
      for (const event of events) state = evolve(state, event);
      kept = state;
    }
    const folded = performance.now() - folding;
    const parsing = performance.now();
    for (const lines of texts) for (const line of lines) kept = JSON.parse(line);
    const parse = performance.now() - parsing;
    if (one < 2) continue;
    rate.fold.push(count / folded);
    rate.parse.push(count / parse);
  }
  const { ratio, low, high } = ratioOf(rate.fold, rate.parse);
  return {
    name: 'the pure fold, against JSON.parse of the same events',
    value: ratio,
    goal: 0.5,
    atLeast: true,
    unit: 'ratio',
    detail: `${(median(rate.fold) * 1000).toFixed(0)}/s against ${(median(rate.parse) * 1000).toFixed(0)}/s over ${count} events of ${parsed.length} dialogs; ratios ${low.toFixed(2)} to ${high.toFixed(2)}${kept === undefined ? '' : ''}`,
  };
};
