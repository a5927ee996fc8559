import { recordPlace } from '@dialog/contracts/inbox';
import type { LogRecord } from '@dialog/log/port';
import type { Applied } from './apply-record.ts';

type One = Extract<Applied, { kind: 'applied' }>;

/**
 * What came of the records that an append has taken along with the one before them, until each has its own turn: there its hint, its notes and its
 * head follow, in order, as if it had been appended just then. In memory only: without it a record is a redelivery.
 */
export type AppliedAhead = {
  readonly keep: (record: LogRecord, generation: number, applied: One) => void;
  /** Of the same assignment; once. */
  readonly take: (record: LogRecord, generation: number) => One | undefined;
  readonly forgetAll: () => void;
};

export const appliedAhead = (): AppliedAhead => {
  const byPlace = new Map<string, { readonly generation: number; readonly applied: One }>();
  return {
    keep: (record, generation, applied) => void byPlace.set(recordPlace(record), { generation, applied }),
    take: (record, generation) => {
      const place = recordPlace(record);
      const kept = byPlace.get(place);
      byPlace.delete(place);
      return kept?.generation === generation ? kept.applied : undefined;
    },
    forgetAll: () => byPlace.clear(),
  };
};
