import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@dialog/contracts/clock';
import type { EventStore } from '@dialog/event-store/port';
import type { PartitionedLog } from '@dialog/log/port';
import { readAccount } from '@dialog/script-versions/account-stream';
import { botStopsOf } from '@dialog/script-versions/versions';
import type { Service } from '@dialog/service-kit/service';
import express from 'express';
import type { Logger } from 'pino';
import type { AccessOptions } from './access/access-options.ts';
import { entrance as entranceOf } from './access/entrance.ts';
import { guard } from './access/guard.ts';
import { sessions as sessionsOf } from './access/sessions.ts';
import { signInRouter } from './access/sign-in.ts';
import { type AccountLimits, accountsRouter } from './api/accounts.ts';
import { auditRouter } from './api/audit.ts';
import { botSwitchRouter } from './api/bot-switch.ts';
import { dialogsRouter } from './api/dialogs.ts';
import { directoryRouter } from './api/directory.ts';
import { doctorRouter } from './api/doctor.ts';
import { exportRouter } from './api/export.ts';
import { numbersRouter } from './api/numbers.ts';
import { parkedRouter } from './api/parked.ts';
import { quarantineRouter, type ReadWebhook } from './api/quarantine.ts';
import type { About } from './api/schemas.ts';
import { scriptsRouter } from './api/scripts.ts';
import { settingsRouter } from './api/settings.ts';
import { whatIfRouter } from './api/what-if.ts';
import { workRouter } from './api/work.ts';
import { within } from './deadline.ts';
import { allowedHost } from './http/allowed-host.ts';
import { pageRouter, securityHeaders } from './http/page.ts';
import { notFound, problemHandler } from './http/problem.ts';
import { sameOrigin } from './http/same-origin.ts';
import type { LagReport } from './lag/report.ts';
import { lagSampler } from './lag/sampler.ts';
import { liveUpdates } from './live/live.ts';
import { type PartsReport, partsWatch } from './parts/parts.ts';
import { follower } from './read-model/follower.ts';
import { quarantineReader } from './read-model/quarantine-reader.ts';
import { openReadModel, type ReadModel } from './read-model/read-model.ts';
import type { DialogTotals } from './read-model/tables.ts';

export type ConsoleOptions = {
  readonly store: EventStore;
  readonly log: PartitionedLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The read model's SQLite file; it may be deleted at any time between two runs. */
  readonly dataFile: string;
  /** 0: any free one. */
  readonly port: number;
  /** Default 127.0.0.1. Elsewhere it needs `access`, or a door in front of it. */
  readonly host?: string;
  /** Who may come in, and how; left out: whoever reaches it. */
  readonly access?: AccessOptions;
  /** Where browsers reach it, if it is another address than the one it listens on. */
  readonly publicUrl?: string;
  /** Folder of the built page; default: this package's `dist/web`. */
  readonly webRoot?: string;
  /** Real ms between two samples of the lag. Default 1 s. */
  readonly lagEveryMs?: number;
  /** Accounts that are configured, beside those that have a dialog. */
  readonly accounts?: readonly string[];
  /** What each account's Webim is asked at most, for show. */
  readonly limits?: AccountLimits;
  /** The door's own parser, for webhooks that were put aside. Without it none can be given to the engine. */
  readonly readWebhook?: ReadWebhook;
  /** Where `store` is: a what-if's threads open it themselves, so that reading thousands of histories stops nobody here. Without it there is none. */
  readonly eventsUrl?: string;
  /** Definitions of the numbers; default: those that are shipped. */
  readonly numbersFile?: string;
  /** Where the simulator's page is, for a link. */
  readonly simulatorUrl?: string;
};

export type Console = Service & {
  /** e.g. `http://127.0.0.1:4010`. @throws before it listens; await `listening()` first. */
  readonly address: () => string;
  /** Resolves with the address; rejects where the port can't be had. */
  readonly listening: () => Promise<string>;
  /** The newest sample of the lag, for metrics. Before the first one: no figures. */
  readonly lag: () => LagReport;
  /** How many dialogs are open, with whom and since when, and how many are parked, for metrics. Undefined while it does not run, or can't tell. */
  readonly totals: () => Promise<(DialogTotals & { readonly now: number }) | undefined>;
};

const builtPage = fileURLToPath(new URL('../dist/web', import.meta.url));
const stopTimeoutMs = 3_000;
const readTimeoutMs = 5_000;
/** Parked dialogs that the sampler looks at; beyond that nobody counts partitions. */
const maxParked = 1_000;

/** Follows the event store into a read model, serves the API and the page. What an operator asks of a parked dialog goes through the log, as any input. */
export const consoleService = (options: ConsoleOptions): Console => {
  const { store, log, clock, logger } = options;
  const host = options.host ?? '127.0.0.1';
  const stopping = new AbortController();
  let address: string | undefined;
  let running: Promise<void> | undefined;
  let lagNow: LagReport = { now: clock.now(), at: null, unknownSince: null, groups: [], lastKnown: null };
  let openModel: ReadModel | undefined;
  let turnedAt = (): number => performance.now();
  const listening = Promise.withResolvers<string>();
  listening.promise.catch(() => undefined);

  const run = async (): Promise<void> => {
    if (stopping.signal.aborted) return;
    const model = openReadModel({ file: options.dataFile });
    openModel = model;
    const follow = follower({
      store,
      readModel: model,
      clock,
      logger,
      onRows: (rows) => {
        for (const row of rows) live.publish('dialog', { now: clock.now(), row });
      },
      onCaughtUp: () => live.publish('reload', { now: clock.now() }),
    });
    const lag = lagSampler({
      log,
      clock,
      logger,
      parked: async () => (await model.parked(maxParked)).map(({ id }) => id),
      onReport: (report) => {
        lagNow = report;
        live.publish('lag', { now: report.now, lag: report });
      },
      ...(options.lagEveryMs === undefined ? {} : { everyMs: options.lagEveryMs }),
    });
    turnedAt = lag.turnedAt;
    const parts = partsWatch({
      store,
      lag: () => lagNow,
      clock,
      logger,
      ...(options.lagEveryMs === undefined ? {} : { everyMs: options.lagEveryMs }),
    });
    const setAside = quarantineReader({ log, readModel: model, clock, logger });
    const live = liveUpdates({ clock, caughtUp: follow.caughtUp, lag: () => lagNow });

    const app = express();
    app.disable('x-powered-by');
    app.disable('etag');
    const { publicUrl, access } = options;
    const isSecure = publicUrl?.startsWith('https:') === true;
    app.use(securityHeaders({ isSecure }), allowedHost([host, ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname])]));
    const entrance = entranceOf(store);
    const sessions = access === undefined ? undefined : sessionsOf({ access, entrance, now: clock.now, isSecure });
    const api = express.Router();
    api.use((_request, response, next) => {
      response.set('cache-control', 'no-store');
      next();
    });
    api.use(sameOrigin(publicUrl), guard({ store, clock, entrance, sessions }));
    api.use('/access', signInRouter({ store, clock, logger, entrance, access, sessions, publicUrl: () => publicUrl ?? address ?? '' }));
    api.get('/about', (_request, response) => {
      response.json({ now: clock.now(), caughtUp: follow.caughtUp(), simulatorUrl: options.simulatorUrl ?? null } satisfies About);
    });
    api.use('/dialogs', dialogsRouter({ store, readModel: model, clock, caughtUp: follow.caughtUp }));
    api.use('/export', exportRouter({ store, readModel: model, clock, caughtUp: follow.caughtUp, logger }));
    api.use('/settings', settingsRouter({ store }));
    api.use(scriptsRouter({ store, readModel: model, caughtUp: follow.caughtUp, clock, logger }));
    api.use('/parked', parkedRouter({ store, log, readModel: model, caughtUp: follow.caughtUp, clock, logger }));
    const accounts = async () => [...new Set([...(options.accounts ?? []), ...(await model.accounts())])].sort();
    const stops = async (account: string) => botStopsOf(await within(readTimeoutMs, 'event store: account', readAccount(store, account)));
    api.use('/directory', directoryRouter({ store, accounts }));
    api.use('/audit', auditRouter({ store, clock, accounts }));
    api.use('/accounts', accountsRouter({ readModel: model, accounts, stops, limits: options.limits, caughtUp: follow.caughtUp, clock }));
    api.use(doctorRouter({ store, readModel: model, configured: options.accounts ?? [], accounts, caughtUp: follow.caughtUp, clock }));
    api.use('/quarantine', quarantineRouter({ store, log, readModel: model, readWebhook: options.readWebhook ?? noParser, clock, logger }));
    api.use(botSwitchRouter({ store, log, readModel: model, clock, logger }));
    const { eventsUrl } = options;
    api.use(
      '/what-if',
      whatIfRouter({ store, readModel: model, caughtUp: follow.caughtUp, clock, logger, eventsUrl, signal: stopping.signal }),
    );
    const { numbersFile } = options;
    api.use(
      '/numbers',
      numbersRouter({
        store,
        readModel: model,
        clock,
        caughtUp: follow.caughtUp,
        ...(numbersFile === undefined ? {} : { file: numbersFile }),
      }),
    );
    api.use(workRouter({ readModel: model, caughtUp: follow.caughtUp, clock }));
    api.get('/parts', (_request, response) => {
      response.json({ now: clock.now(), caughtUp: follow.caughtUp(), parts: parts.report() } satisfies PartsReport);
    });
    api.get('/lag', async (_request, response) => {
      response.json((await lag.first()) satisfies LagReport);
    });
    api.get('/live', live.accept);
    api.use(() => {
      throw notFound('The address');
    });
    app.use('/api', api);
    app.use(pageRouter(options.webRoot ?? builtPage));
    app.use(problemHandler(logger));

    const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 }, app);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(options.port, host, resolve);
      });
      const { port } = server.address() as AddressInfo;
      address = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
      listening.resolve(address);
      logger.info({ event: 'console_listening', port });
      await Promise.race([
        follow.run(stopping.signal),
        lag.run(stopping.signal),
        parts.run(stopping.signal),
        setAside.run(stopping.signal),
        model.died,
        failureOf(server),
      ]);
    } catch (error) {
      listening.reject(error);
      throw error;
    } finally {
      stopping.abort();
      openModel = undefined;
      live.close();
      // A server that never listened has nothing to close.
      const closed = server.listening ? new Promise<void>((resolve) => server.close(() => resolve())) : Promise.resolve();
      server.closeIdleConnections();
      await within(stopTimeoutMs, 'console: last answers', closed).catch(() => server.closeAllConnections());
      await model.close().catch(() => logger.warn({ event: 'read_model_close_failed' }));
    }
  };

  return {
    run: () => (running ??= run()),
    stop: async () => {
      stopping.abort();
      await running?.catch(() => undefined);
    },
    turnedAt: () => turnedAt(),
    address: () => {
      if (address === undefined) throw new Error('the console does not listen yet');
      return address;
    },
    listening: () => listening.promise,
    lag: () => lagNow,
    totals: async () => {
      const totals = await openModel?.totals().catch(() => undefined);
      return totals === undefined ? undefined : { ...totals, now: clock.now() };
    },
  };
};

const noParser: ReadWebhook = () => ({ refused: 'no_parser' });

const failureOf = (server: ReturnType<typeof createServer>): Promise<never> => new Promise((_, reject) => server.once('error', reject));
