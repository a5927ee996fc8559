import { randomUUID } from 'node:crypto';
import { type EffectResult, effectResultSchema } from '@dialog/contracts/inbox';
import { type EventStore, isConflict, type NewEvent, type RecordedEvent } from '@dialog/event-store/port';
import type { Insist } from '@dialog/service-kit/until-it-works';
import { z } from 'zod';

export type LastSend = {
  readonly revision: number;
  readonly number: number;
  readonly attempt: number;
  /** Undefined while it is only claimed. `unreadable`: settled by a version that we can't read. */
  readonly result: EffectResult | 'unreadable' | undefined;
};

export type SendsStream = {
  readonly last: () => Promise<LastSend | undefined>;
  /** The last event of one attempt, wherever it stands; undefined: nobody claimed it. */
  readonly of: (attempt: { number: number; attempt: number }) => Promise<LastSend | undefined>;
  /** Settled results of one effect among the newest 64 events, newest first. */
  readonly results: (number: number) => Promise<readonly EffectResult[]>;
  /** @returns the claim's revision, or undefined where another owner was faster. */
  readonly claim: (after: LastSend | undefined, claim: { number: number; attempt: number; epoch: number }) => Promise<number | undefined>;
  /** @returns false where another owner settled it: ours is dropped. */
  readonly settle: (claimRevision: number, result: EffectResult) => Promise<boolean>;
};

/**
 * Outbound's own record of one dialog, `sends-{dialog}` (design §6.5). Every append names its revision and has a fresh id: with a
 * derived one the store would call another owner's claim an idempotent success. Only the repeats of one append share
 * their id, so that a lost answer is told from a lost race.
 */
export const sendsStreamOf = (stream: string, store: EventStore, insist: Insist<'store'>): SendsStream => {
  const read = (maxCount: number, from: number | 'end' = 'end') =>
    insist('store', () => store.read(stream, { direction: 'backwards', from, maxCount, fromLeader: true }));

  const append = async (type: string, data: object, expected: number | 'no_stream'): Promise<number | undefined> => {
    const event: NewEvent = { id: randomUUID(), type, data, metadata: { schemaVersion: 1 } };
    try {
      return (await insist('store', () => store.append(stream, [event], expected))).revision;
    } catch (error) {
      if (isConflict(error)) return undefined;
      throw error;
    }
  };

  return {
    last: async () => {
      const event = (await read(1))[0];
      return event && sendOf(event);
    },
    of: async (wanted) => {
      for (let from: number | 'end' = 'end'; ; ) {
        const page: readonly RecordedEvent[] = await read(pageSize, from);
        for (const event of page) {
          const send = sendOf(event);
          const place = compareAttempts(send, wanted);
          if (place <= 0) return place === 0 ? send : undefined;
        }
        const oldest = page.at(-1);
        if (oldest === undefined || oldest.revision === 0) return undefined;
        from = oldest.revision - 1;
      }
    },
    results: async (number) =>
      (await read(pageSize)).flatMap((event) => {
        const place = placeSchema.safeParse(event.data).data;
        const result = event.type === 'Settled' && place?.number === number ? effectResultSchema.safeParse(place.result).data : undefined;
        return result === undefined ? [] : [result];
      }),
    claim: (after, claim) => append('Claimed', claim, after?.revision ?? 'no_stream'),
    settle: async (claimRevision, result) =>
      (await append('Settled', { number: result.number, attempt: result.attempt, result }, claimRevision)) !== undefined,
  };
};

const pageSize = 64;

/** < 0: `a` comes before `b`. Claims only go forward. */
export const compareAttempts = (a: { number: number; attempt: number }, b: { number: number; attempt: number }): number =>
  a.number - b.number || a.attempt - b.attempt;

const sendOf = ({ revision, type, data }: RecordedEvent): LastSend => {
  const { number, attempt, result } = placeSchema.parse(data);
  return {
    revision,
    number,
    attempt,
    result: type === 'Settled' ? (effectResultSchema.safeParse(result).data ?? 'unreadable') : undefined,
  };
};

/** The part of both events that any version must be able to read. */
const placeSchema = z.object({ number: z.number().int(), attempt: z.number().int(), result: z.unknown().optional() });
