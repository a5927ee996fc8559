import { realClock } from '@dialog/contracts/clock';
import type { AccountId } from '@dialog/contracts/ids';
import { Secret } from '@dialog/contracts/secret';
import { groups } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import type { PartitionedLog } from '@dialog/log/port';
import { openEngine } from '@dialog/standalone/engine';
import { defaultSettings } from '@dialog/standalone/world';
import { pino } from 'pino';

/** How an engine is started to be killed. */
export type EngineToKill = {
  readonly dataDir: string;
  readonly ingressPort: number;
  readonly webimUrl: string;
  readonly botToken: string;
  readonly tokenHash: string;
  readonly scriptFile: string;
  /** A bug planted on purpose: the comparison must see it. */
  readonly planted?: 'committed_before_append' | 'claimed_after_post';
};

/** The engine in a process of its own, wired as `npm start` wires it; ends when its parent goes. */
const options = JSON.parse(process.env['ENGINE_TO_KILL'] ?? '') as EngineToKill;

/** The record counts as finished before the projector has appended anything. */
const committedBeforeAppend = (log: PartitionedLog): PartitionedLog => ({
  ...log,
  consumer: (consumer) =>
    log.consumer(
      consumer.group === groups.projector
        ? {
            ...consumer,
            handle: async (record, context) => {
              setTimeout(() => void consumer.handle(record, context), 300);
            },
          }
        : consumer,
    ),
});

/** The claim is told to be written at once, and is written with the result. */
const claimedAfterPost = (store: EventStore): EventStore => {
  const held = new Map<string, Parameters<EventStore['append']>>();
  return {
    ...store,
    append: async (stream, events, expected) => {
      if (events[0]?.type === 'Claimed') {
        held.set(stream, [stream, events, expected]);
        return { revision: expected === 'no_stream' ? 0 : Number(expected) + 1, position: '' };
      }
      const claim = held.get(stream);
      held.delete(stream);
      if (claim !== undefined) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        await store.append(...claim);
      }
      return store.append(stream, events, expected);
    },
  };
};

const account = {
  id: 'crash' as AccountId,
  webim: { host: '127.0.0.1', baseUrl: options.webimUrl, token: new Secret(options.botToken) },
  webhookTokenHashes: [options.tokenHash],
  scriptFile: options.scriptFile,
  settings: { ...defaultSettings('crash'), replyTtlMs: 600_000, noOperatorAfterMs: 1_800_000 },
};
const engine = await openEngine({
  dataDir: options.dataDir,
  accounts: { get: (id) => (id === 'crash' ? account : undefined), all: () => [account] },
  hashKey: new Secret('crash-test-hash-key-of-32-letters'),
  clock: realClock,
  logger: pino({ level: process.env['LOG_LEVEL'] ?? 'error' }, pino.destination({ dest: 2, sync: true })),
  host: '127.0.0.1',
  ingressPort: options.ingressPort,
  consolePort: 0,
  partitions: 4,
  ackTimeoutMs: 2_000,
  httpTimeoutMs: 500,
  claimMarginMs: 300,
  botSilenceLimitMs: 30_000,
  version: 'crash-test',
  limits: { ratePerSecond: 1_000, burst: 1_000 },
  wrap: {
    ...(options.planted === 'committed_before_append' ? { log: committedBeforeAppend } : {}),
    ...(options.planted === 'claimed_after_post' ? { store: claimedAfterPost } : {}),
  },
});
for (const { service } of engine.services) {
  service.run().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(3);
  });
}
process.once('disconnect', () => process.exit(0));
await engine.listening();
process.send?.('ready');
