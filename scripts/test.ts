import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { findBrowser } from './browser.ts';

/** Installs what a bare Debian machine lacks, builds the pages, runs all tests, and ends with `N passed, M failed`. Arguments go to vitest. */
const results = 'test-results/vitest.json';
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const run = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): number =>
  spawnSync(command, args, { stdio: 'inherit', env }).status ?? 1;

const installBrowser = (): void => {
  if (findBrowser() !== undefined) return;
  if (!existsSync('/usr/bin/apt-get')) return;
  say('No browser here: installing Chromium with apt-get.');
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const apt = (...args: string[]): number => {
    const [command = 'apt-get', ...rest] = [...sudo, 'apt-get', ...args];
    return run(command, rest, { ...process.env, DEBIAN_FRONTEND: 'noninteractive' });
  };
  if (apt('update', '-qq') === 0) apt('install', '-y', '-qq', '--no-install-recommends', 'chromium');
};

installBrowser();
const browser = findBrowser();
if (browser === undefined)
  say('NO BROWSER could be found or installed: the browser tests are skipped. Set CHROMIUM_PATH, or install Chromium.');

if (run('npx', ['turbo', 'run', 'build', '--output-logs=errors-only'], { ...process.env, TURBO_TELEMETRY_DISABLED: '1' }) !== 0) {
  say('the pages could not be built');
  say('0 passed, 1 failed');
  process.exit(1);
}
mkdirSync('test-results', { recursive: true });
rmSync(results, { force: true });
const asked = process.argv.slice(2);
// They take a quarter of an hour more.
if (asked.length === 0) say('NOT RUN HERE: 50 kills of one process, and that each planted bug is seen. They are `npm run test:kills`.');
const projects = ['units', 'embedded', 'cluster', 'kills', 'chart'].flatMap((name) => ['--project', name]);
const code = run('npx', ['vitest', 'run', ...(asked.length === 0 ? projects : asked)], {
  ...process.env,
  ...(browser === undefined ? {} : { CHROMIUM_PATH: browser }),
});
if (!existsSync(results)) {
  say('the test runner ended without results');
  process.exit(code === 0 ? 1 : code);
}
type Results = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
};
const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(results, 'utf8')) as Results;
// A file that does not load fails no single test, but is a failure all the same.
const failed = Math.max(numFailedTests, code === 0 ? 0 : 1);
say(`${numPassedTests} passed, ${failed} failed${numPendingTests > 0 ? `, ${numPendingTests} skipped` : ''}`);
process.exit(failed > 0 || numPassedTests === 0 ? 1 : 0);
