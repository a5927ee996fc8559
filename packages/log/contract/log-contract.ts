import { afterAll, beforeAll, describe } from 'vitest';
import { appendingContract } from './appending.ts';
import { consumingContract } from './consuming.ts';
import { groupsContract } from './groups.ts';
import { offsetsContract } from './offsets.ts';
import type { LogRig, LogUnderTest } from './rig.ts';
import { tablesContract } from './tables.ts';

/** The contract of the port "partitioned log". Every adapter runs it unchanged; a bug found in one becomes a case for all. */
export const logContract = (facts: LogUnderTest): void => {
  describe(`partitioned log on ${facts.adapter}`, () => {
    let rig: LogRig | undefined;
    beforeAll(async () => {
      rig = await facts.open();
    });
    afterAll(async () => {
      await rig?.destroy();
    });
    const shared = {
      facts,
      rig: () => {
        if (rig === undefined) throw new Error('the log was not opened');
        return rig;
      },
    };
    describe('appending', () => appendingContract(shared));
    describe('consuming', () => consumingContract(shared));
    describe('groups', () => groupsContract(shared));
    describe('offsets', () => offsetsContract(shared));
    describe('tables and cleaning', () => tablesContract(shared));
  });
};
