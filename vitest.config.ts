import { defineConfig } from 'vitest/config';

/** The suffix says what a test costs: `*.test.ts` milliseconds, `*.int.test.ts` real processes and files, `*.e2e.test.ts` a browser. */
export default defineConfig({
  test: {
    include: ['{packages,services,scripts,test}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    reporters: [
      ['default', { summary: false }],
      ['json', { outputFile: 'test-results/vitest.json' }],
    ],
  },
});
