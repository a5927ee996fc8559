import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { NamedService } from './run-services.ts';
import type { Service } from './service.ts';

export type Operations = Service & { readonly address: () => string; readonly listening: () => Promise<void> };

/** A loop that has not turned for so long is stuck, ms of real time. Those that wait for others turn every few seconds. */
const stuckAfterMs = 60_000;

export type Readiness = { readonly ready: boolean; readonly parts: Readonly<Record<string, unknown>> };

/** /healthz, /readyz and /metrics on a port of their own. Alive means that the loops make progress, not that the port is open. */
export const operationsServer = (options: {
  readonly host: string;
  readonly port: number;
  readonly services: readonly NamedService[];
  readonly ready: () => Readiness;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
}): Operations => {
  const app = express();
  app.disable('x-powered-by');
  app.get('/healthz', (_request, response) => {
    const oldest = performance.now() - stuckAfterMs;
    const stuck = options.services.filter(({ service }) => (service.turnedAt?.() ?? oldest) < oldest).map(({ name }) => name);
    response.status(stuck.length === 0 ? 200 : 503).json({ alive: stuck.length === 0, stuck });
  });
  app.get('/readyz', (_request, response) => {
    const readiness = options.ready();
    response.status(readiness.ready ? 200 : 503).json(readiness);
  });
  app.get('/metrics', async (_request, response) => void response.type('text/plain; version=0.0.4').send(await options.metrics()));
  const server = createServer(app);
  const listening = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  return {
    run: async () => {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(options.port, options.host, resolve);
      });
      listening.resolve();
      await stopped.promise;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
      stopped.resolve();
    },
    address: () => `http://${options.host}:${(server.address() as AddressInfo).port}`,
    listening: () => listening.promise,
  };
};
