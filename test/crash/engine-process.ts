import { realClock } from '@dialog/contracts/clock';
import type { AccountId } from '@dialog/contracts/ids';
import { Secret } from '@dialog/contracts/secret';
import { openEngine } from '@dialog/standalone/engine';
import { defaultSettings } from '@dialog/standalone/world';
import { pino } from 'pino';
import { type Planted, planting } from './planted.ts';

/** How an engine is started to be killed. */
export type EngineToKill = {
  readonly dataDir: string;
  readonly ingressPort: number;
  readonly webimUrl: string;
  readonly botToken: string;
  readonly tokenHash: string;
  readonly scriptFile: string;
  /** A bug planted on purpose: the comparison must see it. */
  readonly planted?: Planted;
};

/** The engine in a process of its own, wired as `npm start` wires it; ends when its parent goes. */
const options = JSON.parse(process.env['ENGINE_TO_KILL'] ?? '') as EngineToKill;

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
  wrap: planting(options.planted),
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
