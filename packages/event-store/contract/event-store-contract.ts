import { afterAll, beforeAll, describe } from 'vitest';
import { allStreamsContract } from './all-streams.ts';
import { appendingContract } from './appending.ts';
import { expectedRevisionContract } from './expected-revision.ts';
import { lifetimeContract } from './lifetime.ts';
import { readingContract } from './reading.ts';
import type { EventStoreRig, EventStoreUnderTest } from './rig.ts';
import { subscribingContract } from './subscribing.ts';

/** The contract of the port "event store". Every adapter runs it unchanged; a bug found in one becomes a case for all. */
export const eventStoreContract = (facts: EventStoreUnderTest): void => {
  describe(`event store on ${facts.adapter}`, () => {
    let rig: EventStoreRig | undefined;
    beforeAll(async () => {
      rig = await facts.open();
    });
    afterAll(async () => {
      await rig?.destroy();
    });
    const shared = {
      rig: () => {
        if (rig === undefined) throw new Error('the event store was not opened');
        return rig;
      },
    };
    describe('expected revision and idempotence', () => expectedRevisionContract(shared));
    describe('appending', () => appendingContract(shared));
    describe('reading', () => readingContract(shared));
    describe('all streams', () => allStreamsContract(shared));
    describe('subscribing', () => subscribingContract(shared));
    describe('lifetime', () => lifetimeContract(shared));
  });
};
