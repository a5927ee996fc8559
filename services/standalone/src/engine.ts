import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AccessOptions } from '@dialog/console/access/access-options';
import { type Console, consoleService } from '@dialog/console/console';
import type { Accounts } from '@dialog/contracts/account';
import type { Clock } from '@dialog/contracts/clock';
import type { Secret } from '@dialog/contracts/secret';
import { topicSpecs, topics } from '@dialog/contracts/topics';
import { openEventStore } from '@dialog/event-store/open-event-store';
import type { EventStore } from '@dialog/event-store/port';
import { ingressService } from '@dialog/ingress/ingress';
import { readAgain } from '@dialog/ingress/read-again';
import type { KafkaAccess } from '@dialog/log/kafka/address';
import { openLog } from '@dialog/log/open-log';
import type { PartitionedLog } from '@dialog/log/port';
import type { AccountLimits } from '@dialog/outbound/account/connections';
import { type Outbound, outboundService } from '@dialog/outbound/service';
import { pins as pinsOf } from '@dialog/projector/pins';
import { type Projector, projectorService } from '@dialog/projector/projector';
import type { Service } from '@dialog/service-kit/service';
import { untilItWorks } from '@dialog/service-kit/until-it-works';
import type { Logger } from 'pino';
import { holdFolder } from './hold-folder.ts';
import type { EngineMetrics } from './metrics.ts';

export const serviceNames = ['ingress', 'projector', 'outbound', 'console'] as const;
export type ServiceName = (typeof serviceNames)[number];

export type EngineOptions = {
  readonly dataDir: string;
  /** Default `sqlite:{dataDir}/log.db` and `sqlite:{dataDir}/events.db`. */
  readonly logUrl?: string;
  readonly eventsUrl?: string;
  /** How the Kafka of `logUrl` is entered. */
  readonly kafka?: KafkaAccess;
  /** Definitions of the console's numbers. */
  readonly numbersFile?: string;
  /** Which of the services run in this process. Default: all. */
  readonly run?: readonly ServiceName[];
  readonly accounts: Accounts;
  readonly hashKey: Secret;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly host: string;
  /** Where the console listens; default `host`. */
  readonly consoleHost?: string;
  /** How people sign in at the console; left out: it is open. */
  readonly access?: Omit<AccessOptions, 'key'>;
  /** Where browsers reach the console, if it is another address than the one it listens on. */
  readonly consolePublicUrl?: string;
  /** 0: any free one. */
  readonly ingressPort: number;
  readonly consolePort: number;
  /** Of the topics that are made; those that there are keep theirs. */
  readonly partitions: number;
  /** How long ingress waits for the log's acknowledgement, ms. */
  readonly ackTimeoutMs: number;
  /** How long one request to Webim may take, ms. */
  readonly httpTimeoutMs: number;
  /** How much longer than `httpTimeoutMs` another outbound waits for a claim, ms; default outbound's. */
  readonly claimMarginMs?: number;
  readonly botSilenceLimitMs: number;
  readonly simulatorUrl?: string;
  readonly version: string;
  /** Ends the wait for a log or store that is away at the start. */
  readonly signal?: AbortSignal;
  /** Told what the start waits for. */
  readonly onWaiting?: (what: string) => void;
  readonly metrics?: Pick<EngineMetrics, 'ingress' | 'outbound' | 'offsetResets'>;
  /** What one account's Webim is asked at most; default outbound's. */
  readonly limits?: AccountLimits;
  /** Lets a test stand between the services and their log or store. */
  readonly wrap?: { readonly log?: (log: PartitionedLog) => PartitionedLog; readonly store?: (store: EventStore) => EventStore };
};

export type Engine = {
  /** In the order in which they start; they stop in this order too: no more input, then drain. */
  readonly services: readonly { readonly name: ServiceName; readonly service: Service }[];
  /** Undefined where it does not run in this process; so the addresses below. */
  readonly projector: Projector | undefined;
  readonly outbound: Outbound | undefined;
  readonly desk: Console | undefined;
  readonly log: PartitionedLog;
  readonly store: EventStore;
  readonly ingressUrl: () => string | undefined;
  readonly consoleUrl: () => string | undefined;
  /** Resolves once all doors are open. */
  readonly listening: () => Promise<void>;
  /** Releases log and store, after all services have stopped. */
  readonly close: () => Promise<void>;
};

/** Services that keep a file of their own in the data folder. A second projector or outbound there takes its share of the log's partitions. */
const withFiles = ['ingress', 'console'] as const satisfies readonly ServiceName[];

/**
 * All services of the embedded mode over one log and one event store. @throws where a script has errors, a file can't be opened, or another process
 * runs a service there that is to be alone
 */
export const openEngine = async (options: EngineOptions): Promise<Engine> => {
  const { accounts, clock, logger, dataDir, host } = options;
  await mkdir(dataDir, { recursive: true });
  const run = new Set(options.run ?? serviceNames);
  const release = holdFolder(
    dataDir,
    withFiles.filter((name) => run.has(name)),
  );
  const log = (options.wrap?.log ?? same)(
    countingResets(
      await openLog({
        url: options.logUrl ?? `sqlite:${join(dataDir, 'log.db')}`,
        clock,
        notices: logger,
        ...(options.kafka === undefined ? {} : { kafka: options.kafka }),
      }),
      options.metrics?.offsetResets,
    ),
  );
  const eventsUrl = options.eventsUrl ?? `sqlite:${join(dataDir, 'events.db')}`;
  const store = (options.wrap?.store ?? same)(await openEventStore({ url: eventsUrl, clock, logger }));
  // Away at the start it is waited for: the process stays alive and says so.
  const patiently = untilItWorks<'log' | 'event store'>({
    clock,
    logger,
    stop: options.signal ?? new AbortController().signal,
    onAway: (away) => away && options.onWaiting?.(patiently.away().join(', ')),
  });
  const differences = await patiently('log', () => log.ensureTopics(topicSpecs(options.partitions)));
  for (const difference of differences) logger.warn({ event: 'topic_differs', difference });
  const pins = pinsOf({ store, accounts, clock, logger: logger.child({ service: 'projector' }) });
  if (run.has('projector')) {
    await patiently('log', () => samePartitions(log));
    await patiently('event store', () => pins.registerAll());
  }

  const named = (service: string) => logger.child({ service });
  const only = <T>(name: ServiceName, make: () => T): T | undefined => (run.has(name) ? make() : undefined);
  const ingress = only('ingress', () =>
    ingressService({
      accounts,
      log,
      clock,
      logger: named('ingress'),
      hashKey: options.hashKey,
      host,
      port: options.ingressPort,
      ackTimeoutMs: options.ackTimeoutMs,
      botSilenceLimitMs: options.botSilenceLimitMs,
      spoolFile: join(dataDir, 'ingress-spool.jsonl'),
      ...(options.metrics === undefined ? {} : { metrics: options.metrics.ingress }),
    }),
  );
  const projector = only('projector', () =>
    projectorService({ log, store, pins, clock, logger: named('projector'), producer: options.version }),
  );
  const outbound = only('outbound', () =>
    outboundService({
      accounts,
      log,
      store,
      clock,
      logger: named('outbound'),
      httpTimeoutMs: options.httpTimeoutMs,
      hashKey: options.hashKey,
      ...(options.claimMarginMs === undefined ? {} : { claimMarginMs: options.claimMarginMs }),
      ...(options.metrics === undefined ? {} : { metrics: options.metrics.outbound }),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    }),
  );
  const desk = only('console', () =>
    consoleService({
      store,
      log,
      clock,
      logger: named('console'),
      dataFile: join(dataDir, 'console.db'),
      eventsUrl,
      ...(options.numbersFile === undefined ? {} : { numbersFile: options.numbersFile }),
      host: options.consoleHost ?? host,
      port: options.consolePort,
      // One key for all processes of an installation, from the one secret that they share.
      ...(options.access === undefined ? {} : { access: { ...options.access, key: options.hashKey } }),
      ...(options.consolePublicUrl === undefined ? {} : { publicUrl: options.consolePublicUrl }),
      accounts: accounts.all().map(({ id }) => id),
      readWebhook: readAgain({ hashKey: options.hashKey }),
      ...(options.limits?.ratePerSecond === undefined || options.limits.burst === undefined
        ? {}
        : { limits: { ratePerSecond: options.limits.ratePerSecond, burst: options.limits.burst } }),
      ...(options.simulatorUrl === undefined ? {} : { simulatorUrl: options.simulatorUrl }),
    }),
  );
  const services = { ingress, projector, outbound, console: desk };
  return {
    services: serviceNames.flatMap((name) => {
      const service = services[name];
      return service === undefined ? [] : [{ name, service }];
    }),
    projector,
    outbound,
    desk,
    log,
    store,
    ingressUrl: () => ingress?.address(),
    consoleUrl: () => desk?.address(),
    listening: async () => {
      await Promise.all([ingress?.listening(), desk?.listening()]);
    },
    close: async () => {
      await log.close();
      await store.close();
      release();
    },
  };
};

const same = <T>(value: T): T => value;

/**
 * A projector writes to partition p of these what it decides in partition p of the inbox. @throws Error that names the counts where they differ, as
 * after somebody raised the inbox's alone: the first record of a partition that the others lack would end each projector in turn, for ever
 */
const samePartitions = async (log: PartitionedLog): Promise<void> => {
  const counts = await Promise.all(
    [topics.inbox, topics.outbox, topics.deadlines].map(async (name) => ({ name, count: await log.partitions(name) })),
  );
  const most = Math.max(...counts.map(({ count }) => count));
  if (counts.every(({ count }) => count === most)) return;
  const found = counts.map(({ name, count }) => `${name} ${count}`).join(', ');
  throw new Error(`the topics differ in their partitions (${found}); give each of them ${most}`);
};

/** Every consumer's offset resets are counted, whoever consumes. */
const countingResets = (log: PartitionedLog, countOf: EngineMetrics['offsetResets'] | undefined): PartitionedLog => {
  if (countOf === undefined) return log;
  return {
    ...log,
    consumer: (options) => {
      const count = countOf(options.group);
      return log.consumer({
        ...options,
        onOffsetReset: (info) => {
          count();
          options.onOffsetReset?.(info);
        },
      });
    },
  };
};
