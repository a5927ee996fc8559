import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import type { KafkaServer, KafkaWish } from './kafka-broker.ts';
import { kafkaJars } from './kafka-maven.ts';
import { securedListener } from './kafka-secured.ts';
import { quickSettings } from './kafka-settings.ts';

const run = promisify(execFile);
/** About 4 s on a machine that has time; one that is short of it takes far longer, and is no reason to go without. */
const startupMs = 150_000;
const shutdownMs = 15_000;

/** Apache Kafka itself, one broker that is its own controller, as a process of this machine: about 4 s to start, 320 MB. */
export const kafkaOnJvm = async (wish: KafkaWish): Promise<KafkaServer | { readonly reason: string }> => {
  const jars = await kafkaJars();
  if (typeof jars !== 'string') return jars;
  const folder = await mkdtemp(join(tmpdir(), 'kafka-'));
  const [port, controller] = [await freePort(), await freePort()];
  const file = join(folder, 'server.properties');
  const securedPort = wish.secured === true ? await freePort() : 0;
  const secured = wish.secured === true ? await securedListener(folder, securedPort) : undefined;
  const base = quickSettings({
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    advertised: `127.0.0.1:${wish.advertisedPort ?? port}`,
    controller: `127.0.0.1:${controller}`,
  });
  const settings = {
    ...base,
    ...(secured === undefined
      ? {}
      : {
          ...secured.settings,
          listeners: `${base['listeners']},SECURED://127.0.0.1:${securedPort}`,
          'advertised.listeners': `${base['advertised.listeners']},SECURED://127.0.0.1:${securedPort}`,
          'listener.security.protocol.map': `${base['listener.security.protocol.map']},SECURED:SASL_SSL`,
        }),
    'log.dirs': join(folder, 'data'),
  };
  await writeFile(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const classes = ['-cp', join(jars, '*')];
  const power = powerOf(classes, file, join(folder, 'server.log'));
  try {
    const { stdout: id } = await run('java', [...classes, 'kafka.tools.StorageTool', 'random-uuid'], { timeout: startupMs });
    await run('java', [...classes, 'kafka.tools.StorageTool', 'format', '-t', id.trim(), '-c', file, ...(secured?.format ?? [])], {
      timeout: startupMs,
    });
    await power.start();
  } catch (error) {
    await power.kill();
    await rm(folder, { recursive: true, force: true });
    return { reason: `Kafka did not start on the JVM (${(error as Error).message.split('\n')[0]})` };
  }
  return {
    brokers: [`127.0.0.1:${port}`],
    from: 'jvm',
    cleansQuickly: true,
    power,
    secured: secured?.door,
    stop: async () => {
      // Nothing of it is kept, so it need not be asked politely.
      await power.kill();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

/**
 * Runs a server for as long as somebody holds the other end of its input, however that one dies: then the server is killed with SIGKILL
 * and its folder ($0) removed; at the word `keep` it is killed, and the folder stays.
 */
const leash = `
exec 3<&0
"$@" </dev/null 3<&- & server=$!
{ read -r word <&3; kill -9 $server; [ "$word" = keep ] || rm -rf "$0"; } 2>/dev/null >/dev/null & leash=$!
wait $server; code=$?
[ $code = 137 ] || kill $leash 2>/dev/null
exit $code
`;

const powerOf = (
  classes: readonly string[],
  file: string,
  log: string,
): { readonly start: () => Promise<void>; readonly kill: () => Promise<void> } => {
  let server: ChildProcessByStdio<Writable, Readable, Readable> | undefined;

  const start = async (): Promise<void> => {
    const java = ['java', '-Xms256m', '-Xmx512m', '-XX:TieredStopAtLevel=1', ...classes, 'kafka.Kafka', file];
    const one = spawn('sh', ['-c', leash, dirname(file), ...java], { stdio: ['pipe', 'pipe', 'pipe'] });
    server = one;
    // The shell may be gone before it hears us.
    one.stdin.on('error', () => undefined);
    const output = createWriteStream(log, { flags: 'a' });
    const started = Promise.withResolvers<void>();
    let last = '';
    const hear = (chunk: Buffer): void => {
      output.write(chunk);
      last = (last + chunk.toString('utf8')).slice(-4_000);
      if (last.includes('Kafka Server started')) started.resolve();
    };
    one.stdout.on('data', hear);
    one.stderr.on('data', hear);
    one.once('error', started.reject);
    one.once('exit', (code) => {
      output.end();
      started.reject(new Error(`it ended with ${code}: ${last.split('\n').findLast((line) => line.includes('ERROR')) ?? ''}`));
    });
    const patience = setTimeout(() => started.reject(new Error(`not started within ${startupMs} ms`)), startupMs);
    await started.promise.finally(() => clearTimeout(patience));
  };

  const kill = async (): Promise<void> => {
    const one = server;
    server = undefined;
    if (one === undefined || one.exitCode !== null || one.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => one.once('exit', () => resolve()));
    one.stdin.end('keep\n');
    const patience = Promise.withResolvers<never>();
    const timer = setTimeout(() => patience.reject(new Error('the broker’s process does not end')), shutdownMs);
    await Promise.race([ended, patience.promise]).finally(() => clearTimeout(timer));
  };

  return { start, kill };
};
