import { randomUUID } from 'node:crypto';
import { type EffectResult, effectResultSchema } from '@dialog/contracts/inbox';
import { type EventStore, isConflict, type NewEvent } from '@dialog/event-store/port';
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
  const read = (maxCount: number) =>
    insist('store', () => store.read(stream, { direction: 'backwards', from: 'end', maxCount, fromLeader: true }));

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
      if (event === undefined) return undefined;
      const { number, attempt, result } = placeSchema.parse(event.data);
      return {
        revision: event.revision,
        number,
        attempt,
        result: event.type === 'Settled' ? (effectResultSchema.safeParse(result).data ?? 'unreadable') : undefined,
      };
    },
    results: async (number) =>
      (await read(64)).flatMap((event) => {
        const place = placeSchema.safeParse(event.data).data;
        const result = event.type === 'Settled' && place?.number === number ? effectResultSchema.safeParse(place.result).data : undefined;
        return result === undefined ? [] : [result];
      }),
    claim: (after, claim) => append('Claimed', claim, after?.revision ?? 'no_stream'),
    settle: async (claimRevision, result) =>
      (await append('Settled', { number: result.number, attempt: result.attempt, result }, claimRevision)) !== undefined,
  };
};

/** The part of both events that any version must be able to read. */
const placeSchema = z.object({ number: z.number().int(), attempt: z.number().int(), result: z.unknown().optional() });
