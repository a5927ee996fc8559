import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants, homedir, setPriority } from 'node:os';
import { join } from 'node:path';

const version = 'v3.19.2';
/** Outside the work tree, so that it outlives a clean clone. */
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'webim-dialog-engine', `helm-${version}`);
const cached = join(cache, 'helm');
const building = join(cache, 'building');

const answers = (command: string, args: readonly string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** Helm: named by `HELM`, in the path, or built before. Undefined where there is none. */
export const findHelm = (): string | undefined =>
  [process.env['HELM'], 'helm', cached].find(
    (command) => command !== undefined && command !== '' && answers(command, ['version', '--short']),
  );

/** Whether another process is building it now. */
export const helmIsBeingBuilt = (): boolean => {
  try {
    process.kill(Number(readFileSync(building, 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
};

/** Builds Helm from its Go module where there is none. Minutes of one core the first time: it steps back behind everything else. */
const build = (): string => {
  const found = findHelm();
  if (found !== undefined) return `${found} is there`;
  if (!answers('go', ['version'])) return 'there is neither helm nor go: the tests of the chart are skipped';
  if (helmIsBeingBuilt()) return 'it is being built';
  mkdirSync(cache, { recursive: true });
  writeFileSync(building, String(process.pid));
  setPriority(constants.priority.PRIORITY_LOW);
  const bin = join(cache, `bin-${process.pid}`);
  // Neither optimised nor with symbols: a third less to build, for seconds of use.
  const { status, stderr } = spawnSync('go', ['install', '-gcflags=all=-N -l', '-ldflags=-s -w', `helm.sh/helm/v3/cmd/helm@${version}`], {
    env: { ...process.env, GOBIN: bin, CGO_ENABLED: '0' },
    encoding: 'utf8',
  });
  if (status === 0) renameSync(join(bin, 'helm'), cached);
  rmSync(bin, { recursive: true, force: true });
  rmSync(building, { force: true });
  return existsSync(cached) ? `built ${cached}` : `it could not be built: ${stderr.trim().split('\n').at(-1)}`;
};

if (import.meta.main) process.stdout.write(`helm: ${build()}\n`);
