import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '@dialog/test-kit/free-port';

export type ClusterOptions = {
  readonly dataDir: string;
  readonly logUrl: string;
  readonly eventsUrl: string;
  readonly webimUrl: string;
  readonly botToken: string;
  readonly webhookToken: string;
  readonly scriptFile: string;
  readonly account: string;
  /** More of the accounts file, and of the environment. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** A bug planted on purpose: the comparison must see it. */
  readonly planted?: string;
  readonly ports?: { readonly ingress: number; readonly console: number };
  /** Told of a member that ended though nobody here asked it to: how, and what it said last. */
  readonly onEnded?: (name: string, how: string, said: string) => void;
};

/** One service of the cluster: a process of its own that can be killed and started again on its own folder. */
export type Member = {
  readonly name: string;
  readonly start: () => Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  readonly kill: () => Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  readonly stop: () => Promise<number | null>;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly pid: () => number | undefined;
  /** Where its health and metrics are, once it has started. */
  readonly operationsUrl: () => string | undefined;
  /** Ended by itself since it was last started: what it said last. */
  readonly failed: () => string | undefined;
};

export type Cluster = {
  readonly hookUrl: string;
  readonly consoleUrl: string;
  /** Does not start it. */
  readonly member: (service: 'ingress' | 'projector' | 'outbound' | 'console', name: string) => Member;
};

const main = fileURLToPath(new URL('../services/standalone/src/main.ts', import.meta.url));
const plantedMain = fileURLToPath(new URL('../test/crash/planted-process.ts', import.meta.url));

/** The engine as separate processes on shared servers, as in production: one process per service, any number of each. */
export const cluster = async (options: ClusterOptions): Promise<Cluster> => {
  await mkdir(options.dataDir, { recursive: true });
  const accountsFile = join(options.dataDir, 'accounts.yaml');
  const ports = options.ports ?? { ingress: await freePort(), console: await freePort() };
  const account = {
    id: options.account,
    webim: { host: '127.0.0.1', baseUrl: options.webimUrl, token: options.botToken, botOperatorId: '240001' },
    department: 'operatory',
    webhookTokens: [createHash('sha256').update(options.webhookToken).digest('hex')],
    script: options.scriptFile,
    ...options.settings,
  };
  // JSON is YAML too.
  await writeFile(accountsFile, JSON.stringify({ accounts: [account] }), { mode: 0o600 });
  const shared = {
    ...process.env,
    LOG_URL: options.logUrl,
    EVENTS_URL: options.eventsUrl,
    ACCOUNTS_FILE: accountsFile,
    HASH_KEY: createHash('sha256').update(options.webhookToken).update('hash key').digest('hex'),
    PARTITIONS: '4',
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(options.dataDir, 'compile-cache'),
    ...options.env,
  };

  const member: Cluster['member'] = (service, name) => {
    let child: ChildProcess | undefined;
    let tail = '';
    let asked = false;
    let operationsUrl: string | undefined;
    const running = (): ChildProcess | undefined =>
      child !== undefined && child.exitCode === null && child.signalCode === null ? child : undefined;
    const end = async (signal: NodeJS.Signals): Promise<number | null> => {
      asked = true;
      const one = running();
      if (one === undefined) return child?.exitCode ?? null;
      const gone = new Promise<number | null>((resolve) => one.once('exit', (code) => resolve(code)));
      one.kill(signal);
      return gone;
    };
    return {
      name,
      start: async () => {
        asked = false;
        tail = '';
        const one = spawn(process.execPath, [options.planted === undefined ? main : plantedMain], {
          env: {
            ...shared,
            SERVICES: service,
            ...(options.planted === undefined ? {} : { PLANTED: options.planted }),
            DATA_DIR: join(options.dataDir, name),
            INGRESS_PORT: String(ports.ingress),
            CONSOLE_PORT: String(ports.console),
            OPERATIONS_PORT: '0',
          },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        child = one;
        const endWithUs = (): void => void one.kill('SIGKILL');
        process.once('exit', endWithUs);
        one.once('exit', () => process.off('exit', endWithUs));
        const ready = Promise.withResolvers<void>();
        for (const stream of [one.stdout, one.stderr]) {
          createInterface({ input: stream }).on('line', (line) => {
            tail = `${tail}\n${line}`.slice(-2_000);
            const operations = /^ {2}Operations (\S+)\/readyz/.exec(line)?.[1];
            operationsUrl = operations ?? operationsUrl;
            // The last but one that it says; one with a planted bug has no such door.
            if (operations !== undefined || (options.planted !== undefined && line.startsWith('Of the dialog engine run'))) ready.resolve();
          });
        }
        // Killed on purpose before it was ready is no failure.
        one.once('exit', (code) => (asked ? ready.resolve() : ready.reject(new Error(`${name} ended with ${code}: ${tail}`))));
        one.once('exit', (code, signal) => {
          if (!asked) options.onEnded?.(name, signal ?? `code ${code}`, tail);
        });
        await ready.promise;
      },
      kill: async () => void (await end('SIGKILL')),
      stop: () => end('SIGTERM'),
      signal: (signal) => void running()?.kill(signal),
      pid: () => running()?.pid,
      operationsUrl: () => operationsUrl,
      failed: () => (!asked && child !== undefined && running() === undefined ? tail : undefined),
    };
  };
  return {
    hookUrl: `http://127.0.0.1:${ports.ingress}/hooks/webim/${options.account}/${options.webhookToken}`,
    consoleUrl: `http://127.0.0.1:${ports.console}`,
    member,
  };
};
