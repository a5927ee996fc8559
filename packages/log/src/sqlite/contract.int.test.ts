import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scaledClock } from '@dialog/contracts/clock';
import { logContract } from '../../contract/log-contract.ts';
import type { LogRig } from '../../contract/rig.ts';
import { sqliteLog } from './log.ts';

const open = async (): Promise<LogRig> => {
  const folder = await mkdtemp(join(tmpdir(), 'log-contract-'));
  const file = join(folder, 'log.db');
  const clock = scaledClock(10);
  const log = sqliteLog({ file, clock });
  const handles = [log];
  let names = 0;
  return {
    log,
    clock,
    url: `sqlite:${file}`,
    name: (word) => `${word}-${names++}`,
    another: () => {
      const handle = sqliteLog({ file, clock });
      handles.push(handle);
      return Promise.resolve(handle);
    },
    compacted: () => log.clean(),
    expired: async (topic) => {
      // As long as the contract's topic keeps its records.
      await clock.sleep(2_100);
      await log.clean();
      if ((await log.read(topic, 0, 0, 1)).length > 0) throw new Error('the retention removed nothing');
    },
    destroy: async () => {
      await Promise.all(handles.map((handle) => handle.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
};

logContract({ adapter: 'SQLite', open, clockCanBeSpedUp: true, sessionMs: 10_000, takeoverMs: 15_000 });
