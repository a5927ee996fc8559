import type { Texts } from '../texts/texts.ts';
import { duration, hourAndMinute } from '../time.ts';
import type { Verdict } from './verdict.ts';

/** The verdict in one sentence. */
export const sentenceOf = (verdict: Verdict, t: Texts, language: string): string => {
  switch (verdict.kind) {
    case 'unknown':
      return t.lag.unknownSince(hourAndMinute(verdict.since, language), verdict.who);
    case 'none':
      return t.lag.empty;
    case 'well':
      return t.lag.allWell;
    case 'group': {
      const { state, group, ageMs, lag, clearInMs } = verdict.group;
      return t.lag.sentence[state ?? 'OK']({
        who: t.lag.groupName(group),
        age: ageMs === null ? '—' : duration(ageMs, language),
        records: lag,
        // About: a forecast of a tenth of a second would promise too much.
        clear: duration(Math.max(1_000, Math.round((clearInMs ?? 0) / 1_000) * 1_000), language),
        parked: verdict.parked,
      });
    }
  }
};
