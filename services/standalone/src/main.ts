import { once } from 'node:events';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { realClock, scaledClock } from '@dialog/contracts/clock';
import { codeOf } from '@dialog/contracts/errors';
import { accountsRegistry, parseAccounts } from '@dialog/service-kit/accounts';
import { type Configuration, kafkaAccess, readConfiguration } from '@dialog/service-kit/configuration';
import { operationsServer } from '@dialog/service-kit/operations-server';
import { endingOf, type NamedService, runServices } from '@dialog/service-kit/run-services';
import { pino } from 'pino';
import { consoleAccess } from './console-access.ts';
import { type Engine, type EngineOptions, openEngine, serviceNames } from './engine.ts';
import { hashKeyOf, keepsAnotherKey, simulatorSecrets } from './first-start.ts';
import { holdFolder } from './hold-folder.ts';
import { maxWaitingLogBytes, outliveFullDisk } from './log-lines.ts';
import { engineMetrics } from './metrics.ts';
import { isNewFolder, playSamples } from './samples.ts';
import { version } from './version.ts';
import { openWorld } from './world.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const fail = (error: unknown): never => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
};

const readConfigurationOrFail = (): Configuration => {
  try {
    return readConfiguration(process.env);
  } catch (error) {
    return fail(error);
  }
};
const config = readConfigurationOrFail();
/** Several processes share log, store and key; one alone makes what it needs in its folder. */
const isCluster = [config.LOG_URL, config.EVENTS_URL].some((url) => url !== undefined && !url.startsWith('sqlite:'));
if (isCluster && config.ACCOUNTS_FILE === undefined) fail(new Error('ACCOUNTS_FILE: a cluster needs its accounts'));
if (isCluster && config.HASH_KEY === undefined) fail(new Error('HASH_KEY: a cluster needs one secret for all its processes'));
// What people wrote, and secrets: for the owner of the process alone.
process.umask(0o077);
try {
  mkdirSync(config.DATA_DIR, { recursive: true });
  accessSync(config.DATA_DIR, constants.W_OK | constants.X_OK);
} catch (error) {
  fail(new Error(`DATA_DIR: ${config.DATA_DIR} is no folder that can be written to (${codeOf(error)})`));
}
const logPlace = config.LOG_OUTPUT === 'stdout' ? 'standard output' : join(config.DATA_DIR, 'engine.log');
const logLines = pino.destination({ dest: config.LOG_OUTPUT === 'stdout' ? 1 : logPlace, sync: false, maxLength: maxWaitingLogBytes });
// Before it is open nothing may end the process: what it holds is flushed then.
await once(logLines, 'ready').catch((error: unknown) => {
  logLines.destroy();
  fail(new Error(`${logPlace} can't be written to (${codeOf(error)})`));
});
outliveFullDisk(logLines, say);
const logger = pino({ level: config.LOG_LEVEL, base: { version } }, logLines);
const metrics = engineMetrics();
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

const engineOptions = {
  dataDir: config.DATA_DIR,
  ...(config.LOG_URL === undefined ? {} : { logUrl: config.LOG_URL }),
  kafka: kafkaAccess(config),
  ...(config.EVENTS_URL === undefined ? {} : { eventsUrl: config.EVENTS_URL }),
  ...(config.NUMBERS_FILE === undefined ? {} : { numbersFile: config.NUMBERS_FILE }),
  run: config.SERVICES,
  signal: stopping.signal,
  onWaiting: (what: string) => say(`Waits for the ${what}, which does not answer; log lines in ${logPlace}.`),
  logger,
  host: config.BIND_HOST,
  consoleHost: config.CONSOLE_HOST,
  ingressPort: config.INGRESS_PORT,
  consolePort: config.CONSOLE_PORT,
  ...consoleAccess(config),
  partitions: config.PARTITIONS,
  ackTimeoutMs: config.ACK_TIMEOUT * config.CLOCK_RATE,
  httpTimeoutMs: config.HTTP_TIMEOUT * config.CLOCK_RATE,
  botSilenceLimitMs: config.BOT_SILENCE_LIMIT * config.CLOCK_RATE,
  limits: { ratePerSecond: config.WEBIM_RATE, burst: config.WEBIM_BURST, http: { timeoutFactor: config.CLOCK_RATE } },
  version,
  metrics,
} satisfies Partial<EngineOptions>;

type Started = {
  readonly engine: Engine;
  readonly services: readonly NamedService[];
  readonly close: () => Promise<void>;
  readonly tell: () => void;
};

/** With accounts of a real Webim. */
const withAccounts = async (file: string): Promise<Started> => {
  const text = await readFile(file, 'utf8').catch((error: unknown) =>
    Promise.reject(new Error(`ACCOUNTS_FILE: ${file} can't be read (${codeOf(error)})`)),
  );
  const parsed = parseAccounts(text, { file, env: process.env, scripts: config.SERVICES.includes('projector') });
  if (!parsed.ok) throw new Error(parsed.problems.map((one) => `${file}:${one.line}:${one.column} ${one.message}`).join('\n'));
  for (const warning of parsed.warnings) say(`${file}:${warning.line}:${warning.column} ${warning.message}`);
  if (await keepsAnotherKey(config.DATA_DIR, config.HASH_KEY))
    say(`HASH_KEY is not the key that ${config.DATA_DIR} was used with: known visitors and repeats are not recognised by it.`);
  const engine = await openEngine({
    ...engineOptions,
    accounts: accountsRegistry(parsed.accounts),
    hashKey: await hashKeyOf(config.DATA_DIR, config.HASH_KEY),
    clock: realClock,
  });
  return {
    engine,
    services: engine.services,
    close: engine.close,
    tell: () => {
      const url = engine.ingressUrl();
      if (url !== undefined) say(`  Webhooks   ${url}/hooks/webim/{account}/{token}`);
    },
  };
};

/** Without: a simulated Webim and a sample bot. */
const withSimulator = async (): Promise<Started> => {
  const rate = config.CLOCK_RATE;
  const isWhole = config.SERVICES.length === serviceNames.length && config.LOG_URL === undefined && config.EVENTS_URL === undefined;
  const samples = config.SAMPLES === 'on' && isWhole && (await isNewFolder(config.DATA_DIR));
  const secrets = await simulatorSecrets(config.DATA_DIR);
  // Two simulated Webims would give two chats one number, and one's chats would be answered at the other's address.
  const release = holdFolder(config.DATA_DIR, ['simulator']);
  const world = await openWorld({
    dataDir: config.DATA_DIR,
    logger,
    clock: rate === 1 ? realClock : scaledClock(rate),
    clockRate: rate,
    secrets,
    simulator: {
      host: config.SIMULATOR_HOST,
      port: config.SIMULATOR_PORT,
      journalFile: join(config.DATA_DIR, 'simulator-journal.jsonl'),
      worldFile: join(config.DATA_DIR, 'simulator.json'),
    },
    engine: { ...engineOptions, ...(config.HASH_KEY === undefined ? {} : { hashKey: config.HASH_KEY }) },
  });
  return {
    engine: world.engine(),
    services: [{ name: 'simulator', service: { run: world.simulating, stop: world.simulator.stop } }, ...world.engine().services],
    close: async () => {
      await world.engine().close();
      release();
    },
    tell: () => {
      world.connect();
      if (samples) void playSamples({ simulator: world.simulator, logger, signal: stopping.signal });
      say(`  Simulator  ${world.simulator.baseUrl()}   a visitor, an operator, and Webim itself`);
      if (world.engine().ingressUrl() !== undefined) say(`  Webhooks   ${world.hookUrl()}`);
      if (samples) say('  Samples    a few dialogs are being played, so that there is something to see; SAMPLES=off leaves them out');
    },
  };
};

const started = await (config.ACCOUNTS_FILE === undefined ? withSimulator() : withAccounts(config.ACCOUNTS_FILE)).catch((error: unknown) =>
  // Asked to stop while it waited for log or store: nothing went wrong, and nothing was begun.
  stopping.signal.aborted ? process.exit(0) : fail(error),
);
const { engine } = started;
metrics.watch(engine);
const operations = operationsServer({
  host: config.OPERATIONS_HOST,
  port: config.OPERATIONS_PORT,
  services: started.services,
  ready: () => {
    const projector = engine.projector?.health();
    const outbound = engine.outbound?.ready();
    const isAway = projector !== undefined && (projector.storeAway || projector.logAway);
    return { ready: !isAway && outbound?.ready !== false, parts: { projector, outbound } };
  },
  metrics: metrics.text,
});
const running = runServices([...started.services, { name: 'operations', service: operations }], {
  logger,
  signal: stopping.signal,
  close: started.close,
  onFailure: (name, error) => process.stderr.write(`${endingOf(name, error)}; see ${logPlace}\n`),
});
const open = Promise.all([engine.listening(), operations.listening()]).then(() => {
  say(
    config.SERVICES.length === serviceNames.length ? 'The dialog engine runs.' : `Of the dialog engine run: ${config.SERVICES.join(', ')}.`,
  );
  started.tell();
  const console = engine.consoleUrl();
  if (console !== undefined) say(`  Console    ${console}`);
  say(`  Operations ${operations.address()}/readyz, /metrics`);
  say(`  Data in ${config.DATA_DIR}, log lines in ${logPlace}. Ctrl+C stops.`);
});
open.catch(() => undefined);
process.exit(await running);
