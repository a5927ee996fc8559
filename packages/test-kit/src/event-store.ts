import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import type { Fault } from './event-store-server/faults.ts';
import { freePort } from './free-port.ts';

export type RunningEventStore = {
  /** `EVENTS_URL` */
  readonly url: string;
  readonly stop: () => Promise<void>;
};

export type FoundEventStore = {
  readonly name: string;
  /** Starts it, where it does not run yet. */
  readonly start: () => Promise<RunningEventStore>;
};

/** The versions that the adapter is for. 23.10 is the last under the BSD licence; 26.0 is the newest long-term one. */
const images = [
  { name: 'KurrentDB 26.0', image: 'docker.kurrent.io/kurrent-lts/kurrentdb:26.0', prefix: 'KURRENTDB' },
  { name: 'EventStoreDB 23.10', image: 'eventstore/eventstore:23.10.0-bookworm-slim', prefix: 'EVENTSTORE' },
] as const;

/** The servers to test against, the best that this machine has: one named by `ESDB_URL`; both kinds in Docker; the process of this test kit. */
export const findEventStores = async (): Promise<readonly FoundEventStore[]> => {
  const given = process.env['ESDB_URL'];
  if (given !== undefined && given !== '') {
    return [{ name: 'the server that ESDB_URL names', start: async () => ({ url: given, stop: async () => undefined }) }];
  }
  const docker = await getContainerRuntimeClient().catch(() => undefined);
  if (docker !== undefined) return images.map(({ name, image, prefix }) => ({ name, start: () => startContainer(image, prefix) }));
  return [
    {
      name: 'the test kit’s process',
      start: async () => {
        const server = await startEventStoreProcess();
        return { url: server.url, stop: server.destroy };
      },
    },
  ];
};

const startContainer = async (image: string, prefix: string): Promise<RunningEventStore> => {
  const container = await new GenericContainer(image)
    .withExposedPorts(2113)
    .withEnvironment({ [`${prefix}_INSECURE`]: 'true', [`${prefix}_CLUSTER_SIZE`]: '1', [`${prefix}_RUN_PROJECTIONS`]: 'None' })
    .withWaitStrategy(Wait.forHttp('/health/live', 2113).forStatusCode(204))
    .withStartupTimeout(120_000)
    .start();
  return {
    url: `esdb://${container.getHost()}:${container.getMappedPort(2113)}?tls=false`,
    stop: async () => void (await container.stop()),
  };
};

export type EventStoreProcess = {
  readonly url: string;
  /** SIGKILL, now. Resolves when the process is gone. */
  readonly kill: () => Promise<void>;
  /** Starts it again after `kill`, on the same file and port. */
  readonly restart: () => Promise<void>;
  readonly arm: (fault: Fault) => Promise<void>;
  readonly disarm: () => Promise<void>;
  /** Resets every connection. */
  readonly cut: () => Promise<void>;
  /** The subscriptions that are open deliver nothing more, and stay open. */
  readonly stall: () => Promise<void>;
  readonly state: () => Promise<EventStoreProcessState>;
  /** Kills it and removes its file. */
  readonly destroy: () => Promise<void>;
};

export type EventStoreProcessState = {
  /** Calls taken since it was started, by method. */
  readonly calls: Readonly<Record<string, number>>;
  readonly subscriptions: number;
  /** The log position, exclusive, that the newest subscription began from; '0' for the start. */
  readonly lastSubscribedFrom: string;
  readonly connections: number;
};

const startMs = 20_000;

/** Starts `event-store-server/main.ts` on a file in a temporary folder, or on the one given. */
export const startEventStoreProcess = async (
  options: {
    readonly file?: string;
    readonly port?: number;
    readonly batchAppend?: boolean;
    /** Files in PEM. The `url` then has TLS, without `tlsCAFile` and without a user. */
    readonly tls?: { readonly certificate: string; readonly key: string };
    /** `name:password`, asked for in every call. */
    readonly user?: string;
  } = {},
): Promise<EventStoreProcess> => {
  const folder = options.file === undefined ? await mkdtemp(join(tmpdir(), 'event-store-server-')) : undefined;
  const file = options.file ?? join(folder ?? '', 'events.db');
  const script = new URL('./event-store-server/main.ts', import.meta.url).pathname;
  let port = options.port ?? (await freePort());
  let controlPort = await freePort();
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const args = ['--file', file, '--port', String(port), '--control-port', String(controlPort), '--with-parent'];
    if (options.batchAppend === false) args.push('--no-batch-append');
    if (options.tls !== undefined) args.push('--certificate', options.tls.certificate, '--key', options.tls.key);
    if (options.user !== undefined) args.push('--user', options.user);
    const started = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    child = started;
    const lines = createInterface({ input: started.stdout });
    const [line] = (await Promise.race([
      once(lines, 'line', { signal: AbortSignal.timeout(startMs) }),
      once(started, 'exit').then(() => {
        throw new Error('the event store process ended at its start');
      }),
    ])) as [string];
    ({ port, controlPort } = JSON.parse(line) as { port: number; controlPort: number });
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${controlPort}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(startMs),
    });
    if (!response.ok) throw new Error(`the control door refused ${method} ${path}`);
    return response.json();
  };

  await start();
  return {
    url: `esdb://${options.tls === undefined ? '127.0.0.1' : 'localhost'}:${port}?tls=${options.tls !== undefined}`,
    kill,
    restart: start,
    arm: async (fault) => void (await control('POST', '/faults', fault)),
    disarm: async () => void (await control('DELETE', '/faults')),
    cut: async () => void (await control('POST', '/cut')),
    stall: async () => void (await control('POST', '/stall')),
    state: async () => (await control('GET', '/state')) as EventStoreProcessState,
    destroy: async () => {
      await kill();
      if (folder !== undefined) await rm(folder, { recursive: true });
    },
  };
};
