import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { append, batchAppend } from './append.ts';
import { deletions } from './delete.ts';
import { type Fault, faultList } from './faults.ts';
import { gossip } from './gossip.ts';
import { GossipService, ServerFeaturesService, StreamsService, serverFeaturesMessages } from './protocol.ts';
import { read } from './read.ts';
import { answering, type Serving, strike } from './serve.ts';
import { eventServerStore } from './store.ts';
import { usersOnly } from './users.ts';

export type EventStoreServer = {
  readonly port: number;
  readonly controlPort: number;
  readonly close: () => Promise<void>;
};

/**
 * A server of the EventStoreDB protocol v1 over SQLite, for tests where no real one can run: server features, both appends, reads both ways,
 * subscriptions to `$all`, deletion, the gossip of a cluster of one, TLS, one user. No access lists, no projections, no persistent subscriptions.
 *
 * The control door (HTTP, 127.0.0.1): `POST /faults` arms a fault, `DELETE /faults` disarms all, `POST /cut` resets every connection,
 * `POST /stall` silences the open subscriptions, `GET /state` tells calls by method and the number of subscriptions.
 */
export const eventStoreServer = async (options: {
  readonly file: string;
  readonly port: number;
  readonly controlPort: number;
  /** Whether `BatchAppend` is offered. Without it a client takes `Append`, as it does with servers before 21.10. */
  readonly batchAppend: boolean;
  /** PEM. Without it there is no TLS. */
  readonly tls?: { readonly certificate: Buffer; readonly key: Buffer };
  readonly user?: { readonly name: string; readonly password: string };
}): Promise<EventStoreServer> => {
  const store = eventServerStore(options.file);
  const faults = faultList();
  const sockets = new Set<Socket>();
  const door = createServer();
  const serving: Serving = {
    store,
    faults,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    isConnected: (peer) => [...sockets].some((socket) => !socket.destroyed && peer.endsWith(`:${socket.remotePort}`)),
    address: () => ({ host: '127.0.0.1', port: portOf(door) }),
  };
  const reads = read(serving);

  const grpc = new Server({ 'grpc.max_receive_message_length': 64 * 1024 * 1024, interceptors: [usersOnly(options.user)] });
  grpc.addService(StreamsService, {
    read: reads.handler,
    append: append(serving),
    batchAppend: batchAppend(serving),
    ...deletions(serving),
  });
  grpc.addService(ServerFeaturesService, { getSupportedMethods: supportedMethods(serving, options.batchAppend) });
  grpc.addService(GossipService, { read: gossip(serving) });
  const injector = grpc.createConnectionInjector(
    options.tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ cert_chain: options.tls.certificate, private_key: options.tls.key }]),
  );
  door.on('connection', (socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    injector.injectConnection(socket);
  });
  await listen(door, options.port);

  const control = createHttpServer((request, response) => {
    void command(request).then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => {
        response.statusCode = 400;
        response.end(String(error));
      },
    );
  });
  const command = async (request: IncomingMessage): Promise<unknown> => {
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk as Buffer);
    switch (`${request.method} ${request.url}`) {
      case 'POST /faults':
        faults.arm(JSON.parse(Buffer.concat(body).toString()) as Fault);
        return {};
      case 'DELETE /faults':
        faults.disarm();
        return {};
      case 'POST /cut':
        serving.cut();
        return {};
      case 'POST /stall':
        reads.stall();
        return {};
      case 'GET /state':
        return {
          calls: faults.calls,
          subscriptions: reads.subscriptions(),
          lastSubscribedFrom: reads.lastSubscribedFrom(),
          connections: sockets.size,
        };
      default:
        throw new Error('unknown command');
    }
  };
  await listen(control, options.controlPort);

  return {
    port: portOf(door),
    controlPort: portOf(control),
    close: async () => {
      control.close();
      control.closeAllConnections();
      door.close();
      grpc.forceShutdown();
      serving.cut();
      store.close();
    },
  };
};

/**
 * `ServerFeatures/GetSupportedMethods`: service and method in lower case, as `ServerFeatures.cs` lists them. The client asks once a channel,
 * without a deadline, and keeps a failure for ever unless it is UNAVAILABLE, CANCELLED or UNIMPLEMENTED (event-store.md §5.3).
 */
const supportedMethods =
  (serving: Serving, withBatchAppend: boolean) =>
  (_call: ServerUnaryCall<unknown, SupportedMethods>, send: sendUnaryData<SupportedMethods>): void =>
    void answering(send, async () => {
      const struck = await strike(serving, 'GetSupportedMethods');
      if (struck.kind === 'silence') return undefined;
      if (struck.kind === 'refuse') throw struck.error;
      const methods = ['read', 'append', 'delete', 'tombstone', ...(withBatchAppend ? ['batchappend'] : [])];
      const answer = new serverFeaturesMessages.SupportedMethods();
      answer.setEventStoreServerVersion('23.10.0');
      return answer.setMethodsList(
        methods.map((name) => {
          const method = new serverFeaturesMessages.SupportedMethod();
          method.setServiceName('event_store.client.streams.streams');
          return method.setMethodName(name);
        }),
      );
    });

const listen = (server: NetServer | HttpServer, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });

const portOf = (server: NetServer | HttpServer): number => (server.address() as AddressInfo).port;
