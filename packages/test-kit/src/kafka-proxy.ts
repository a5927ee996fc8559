import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * Stands between clients and one broker (which must advertise the proxy's port: clients follow the advertised address). Understands only
 * as much of Kafka's framing as it takes to lose one answer: a request is its length, api key (0 is Produce), version and correlation id,
 * all big-endian; an answer its length and that id (https://kafka.apache.org/protocol).
 */
export type KafkaProxy = {
  readonly port: number;
  /** Where the broker listens; told once it is known. */
  readonly to: (port: number) => void;
  /** The next Produces reach the broker, their answers do not come back: `hang` leaves the client waiting, `cut` closes its connection. */
  readonly loseProduceAnswers: (how: 'hang' | 'cut', count?: number) => void;
  /** Answers lost so far. */
  readonly lost: () => number;
  readonly close: () => Promise<void>;
};

const produce = 0;

export const kafkaProxy = async (): Promise<KafkaProxy> => {
  let target = 0;
  let wanted = 0;
  let wantedHow: 'hang' | 'cut' = 'hang';
  let lost = 0;
  const sockets = new Set<Socket>();

  const server = createServer((client) => {
    const broker = connect(target, '127.0.0.1');
    /** Correlation ids of the Produces whose answers are to be lost. */
    const doomed = new Map<number, 'hang' | 'cut'>();
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    client.on(
      'data',
      frames((frame) => {
        if (wanted > 0 && frame.readInt16BE(4) === produce) {
          doomed.set(frame.readInt32BE(8), wantedHow);
          wanted -= 1;
        }
        broker.write(frame);
      }),
    );
    broker.on(
      'data',
      frames((frame) => {
        const how = doomed.get(frame.readInt32BE(4));
        if (how === undefined) {
          client.write(frame);
          return;
        }
        doomed.delete(frame.readInt32BE(4));
        lost += 1;
        if (how === 'cut') client.destroy();
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();

  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    to: (port) => {
      target = port;
    },
    loseProduceAnswers: (how, count = 1) => {
      wantedHow = how;
      wanted = count;
    },
    lost: () => lost,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
};

/** Cuts a stream into whole frames, each with its length in front. */
const frames = (each: (frame: Buffer) => void): ((chunk: Buffer) => void) => {
  let left: Buffer = Buffer.alloc(0);
  return (chunk) => {
    left = left.length === 0 ? chunk : Buffer.concat([left, chunk]);
    while (left.length >= 4 && left.length >= 4 + left.readInt32BE(0)) {
      const end = 4 + left.readInt32BE(0);
      each(left.subarray(0, end));
      left = left.subarray(end);
    }
  };
};
