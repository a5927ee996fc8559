import { availableParallelism } from 'node:os';
import type { History } from '@dialog/what-if/history';
import { whatIfMany } from '@dialog/what-if/many';
import { handedOver, supportLife, supportSource } from '../../services/console/test/decided-dialog.ts';
import type { Figure } from './figures.ts';

const dialogs = 10_000;
/** Different ones, decided anew; each is given many times, so that making them is no part of the figure. */
const made = 200;

/** Another script tried on 10,000 recorded dialogs, in as many threads as two cores have. */
export const whatIfBench = async (): Promise<Figure> => {
  const histories: History[] = Array.from({ length: made }, (_, at) => {
    const life = (at % 3 === 0 ? handedOver : supportLife)('shop', String(at + 1), 1_770_000_000_000 + at * 60_000);
    return {
      dialog: life.id,
      erased: false,
      events: life.stored().map(({ revision, type, data }) => ({ revision, type, data })),
      scripts: { [life.scriptHash]: life.source },
      settings: { [life.settingsHash]: life.settings },
    };
  });
  const subjects = function* () {
    for (let at = 0; at < dialogs; at++) yield histories[at % made] as History;
  };
  const run = async (script: string): Promise<{ seconds: number; cpu: number; differ: number }> => {
    const [from, used] = [performance.now(), process.cpuUsage()];
    const { totals } = await whatIfMany({ subjects: subjects(), trial: { script }, workers: 2 });
    const { user, system } = process.cpuUsage(used);
    return { seconds: (performance.now() - from) / 1000, cpu: (user + system) / 1e6, differ: totals.differ };
  };
  const same = await run(supportSource);
  const other = await run(supportSource.replace(/Здравствуйте[^"\n]*/u, 'Добрый день!'));
  if (same.differ !== 0) throw new Error(`${same.differ} dialogs differ on the unchanged script`);
  const events = histories.reduce((sum, one) => sum + one.events.length, 0) / made;
  return {
    name: `what-if over ${dialogs} recorded dialogs`,
    value: other.seconds,
    goal: 10,
    atLeast: false,
    unit: 's',
    detail: `${events.toFixed(0)} events a dialog; all differ: ${other.seconds.toFixed(1)} s, ${other.cpu.toFixed(1)} s of processor; none differs: ${same.seconds.toFixed(1)} s, ${same.cpu.toFixed(1)} s; 2 threads, ${availableParallelism()} cores`,
  };
};
