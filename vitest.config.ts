import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const chart = 'test/deploy/helm.int.test.ts';
/**
 * A machine that CI shares may stall for longer than a test waits. What fails twice is wrong; vitest names what it ran again. Each project says
 * it: they take none of it from above.
 */
const retry = process.env['CI'] === undefined ? 0 : 1;
const crash = { retry, testTimeout: 60_000, hookTimeout: 120_000, pool: 'forks' } as const;

// Hundreds of processes read the same code: with what the first made of its TypeScript each takes half the processor.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/node');

/** What runs longest begins first, so that nothing is waited for alone at the end. */
const longest = ['scenarios.int', 'log/src/kafka/contract.int', 'owners.int', 'outages.int', 'interleavings', 'page.e2e', 'faults.int'];
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((name) => moduleId.includes(name));
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** The suffix says what a test costs: `*.test.ts` milliseconds, `*.int.test.ts` real processes and files, `*.e2e.test.ts` a browser. */
export default defineConfig({
  test: {
    // The engine's code runs as it does in production: Node reads the TypeScript.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    sequence: { sequencer: LongestFirst },
    reporters: [
      ['default', { summary: false }],
      ['json', { outputFile: 'test-results/vitest.json' }],
    ],
    projects: [
      {
        test: {
          name: 'units',
          include: ['{packages,services,scripts,test}/**/*.test.{ts,tsx}'],
          exclude: ['**/*.{int,e2e}.test.ts', '**/node_modules/**', '**/dist/**', 'test/crash/**', chart],
          // Without processes and files of their own there is nothing to keep apart: what they share is read once.
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          retry,
          testTimeout: 60_000,
          pool: 'forks',
        },
      },
      {
        test: {
          name: 'embedded',
          include: ['{packages,services,scripts,test}/**/*.{int,e2e}.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', 'test/crash/**', chart],
          // Most of them wait for processes and clocks, so one would leave both cores idle; three were little faster, and a page then shows late.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          retry,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          pool: 'forks',
        },
      },
      {
        // The scenarios once more, on a real Kafka and an EventStoreDB.
        test: {
          name: 'cluster',
          include: ['test/acceptance/*.int.test.ts'],
          globalSetup: ['test/acceptance/cluster-servers.ts'],
          env: { ENGINE_MODE: 'cluster' },
          // In real time, side by side within a file: more workers would stretch what a scenario waits for.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          retry,
          testTimeout: 240_000,
          hookTimeout: 120_000,
          pool: 'forks',
          maxConcurrency: 6,
        },
      },
      {
        // What is killed at random is judged by how it recovers: only two clusters at once, which leave the cores some time.
        test: {
          name: 'kills',
          include: ['test/crash/{cluster,outages,visitor-kills}.int.test.ts'],
          ...crash,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Last: the helm that it needs is compiled beside the others, which takes minutes.
        test: { name: 'chart', include: [chart], retry, testTimeout: 60_000, pool: 'forks', maxWorkers: 1, sequence: { groupOrder: 3 } },
      },
      {
        // Longer: many more kills, and that each planted bug is seen.
        test: {
          name: 'crash',
          include: ['test/crash/{crash,planted}.int.test.ts'],
          ...crash,
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
