import { readFileSync } from 'node:fs';

/** Where the cluster is and how to speak to it. */
export type KafkaAddress = {
  readonly brokers: readonly string[];
  readonly sasl:
    | { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string }
    | undefined;
  /** `ca`: PEM of the certificate authority; undefined: those that the machine trusts. */
  readonly tls: { readonly ca: string | undefined } | undefined;
  /** Copies of each partition of a new topic; undefined: three, or as many as there are brokers. */
  readonly replication: number | undefined;
  /** A silent member is given up after this, ms. Brokers allow 6 s and more. */
  readonly sessionTimeoutMs: number;
};

const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const settings = ['tls', 'sasl', 'username', 'replication', 'session'];

/**
 * Reads `kafka:host:port[,host:port]…[?tls=true&sasl=scram-sha-512&username=…&replication=3&session=10000]`. Secrets stand in no address: the
 * password comes from `KAFKA_PASSWORD` or the file that `KAFKA_PASSWORD_FILE` names, a private authority from `KAFKA_CA_FILE`.
 * @throws Error that names what is wrong, never a secret
 */
export const kafkaAddress = (url: string, environment: NodeJS.ProcessEnv): KafkaAddress => {
  const [, list, query] = /^kafka:(?:\/\/)?([^?/]*)(?:\?(.*))?$/.exec(url) ?? [];
  if (list === undefined) throw new Error('LOG_URL: kafka:host:port[,host:port] is wanted');
  const brokers = list.split(',').map((broker) => broker.trim());
  for (const broker of brokers) {
    if (!/^(\[[0-9a-fA-F:.]+\]|[^\s:@[\]]+):\d{1,5}$/.test(broker))
      throw new Error('LOG_URL: each broker is given as host:port, without user or password');
  }
  const given = new URLSearchParams(query ?? '');
  for (const name of given.keys()) {
    if (!settings.includes(name)) throw new Error(`LOG_URL: there is no setting ${name}; there are ${settings.join(', ')}`);
  }
  const tls = given.get('tls') ?? 'false';
  if (tls !== 'true' && tls !== 'false') throw new Error('LOG_URL: tls is true or false');
  return {
    brokers,
    sasl: saslOf(given, environment),
    tls: tls === 'true' ? { ca: fileOf(environment, 'KAFKA_CA_FILE') } : undefined,
    replication: wholeNumber(given, 'replication'),
    sessionTimeoutMs: wholeNumber(given, 'session') ?? 10_000,
  };
};

const saslOf = (given: URLSearchParams, environment: NodeJS.ProcessEnv): KafkaAddress['sasl'] => {
  const wanted = given.get('sasl');
  if (wanted === null) return undefined;
  const mechanism = mechanisms.find((one) => one === wanted.toLowerCase());
  if (mechanism === undefined) throw new Error(`LOG_URL: sasl is one of ${mechanisms.join(', ')}`);
  const username = given.get('username') ?? environment['KAFKA_USERNAME'];
  if (username === undefined || username === '') throw new Error('LOG_URL: sasl needs a username, there or in KAFKA_USERNAME');
  const password = fileOf(environment, 'KAFKA_PASSWORD_FILE')?.replace(/\r?\n$/, '') ?? environment['KAFKA_PASSWORD'];
  if (password === undefined || password === '') throw new Error('KAFKA_PASSWORD or KAFKA_PASSWORD_FILE is missing: LOG_URL asks for sasl');
  return { mechanism, username, password };
};

const fileOf = (environment: NodeJS.ProcessEnv, variable: string): string | undefined => {
  const file = environment[variable];
  if (file === undefined || file === '') return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${variable}: the file can't be read (${String((error as { code?: unknown }).code)})`);
  }
};

const wholeNumber = (given: URLSearchParams, name: string): number | undefined => {
  const text = given.get(name);
  if (text === null) return undefined;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new Error(`LOG_URL: ${name} is a whole number`);
  return Number(text);
};
