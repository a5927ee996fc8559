import { readFileSync } from 'node:fs';
import { codeOf } from '@dialog/contracts/errors';
import type { Secret } from '@dialog/contracts/secret';

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

/** What no address has: a secret, and files of this machine. `username`: where the address names none; `caFile`: PEM of a private authority. */
export type KafkaAccess = {
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  readonly caFile?: string | undefined;
};

const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const settings = ['tls', 'sasl', 'username', 'replication', 'session'];

/**
 * Reads `kafka:host:port[,host:port]…[?tls=true&sasl=scram-sha-512&username=…&replication=3&session=10000]`. Secrets stand in no address. Its
 * messages name the variables that the access is configured by (`service-kit/configuration.ts`).
 * @throws Error that names what is wrong, never a secret
 */
export const kafkaAddress = (url: string, access: KafkaAccess): KafkaAddress => {
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
    sasl: saslOf(given, access),
    tls: tls === 'true' ? { ca: authorityOf(access) } : undefined,
    replication: wholeNumber(given, 'replication'),
    sessionTimeoutMs: wholeNumber(given, 'session') ?? 10_000,
  };
};

const saslOf = (given: URLSearchParams, access: KafkaAccess): KafkaAddress['sasl'] => {
  const wanted = given.get('sasl');
  if (wanted === null) return undefined;
  const mechanism = mechanisms.find((one) => one === wanted.toLowerCase());
  if (mechanism === undefined) throw new Error(`LOG_URL: sasl is one of ${mechanisms.join(', ')}`);
  const username = given.get('username') ?? access.username;
  if (username === undefined || username === '') throw new Error('LOG_URL: sasl needs a username, there or in KAFKA_USERNAME');
  const password = access.password?.reveal();
  if (password === undefined) throw new Error('KAFKA_PASSWORD or KAFKA_PASSWORD_FILE is missing: LOG_URL asks for sasl');
  return { mechanism, username, password };
};

const authorityOf = ({ caFile }: KafkaAccess): string | undefined => {
  if (caFile === undefined) return undefined;
  try {
    return readFileSync(caFile, 'utf8');
  } catch (error) {
    throw new Error(`KAFKA_CA_FILE: the file can't be read (${String(codeOf(error))})`);
  }
};

const wholeNumber = (given: URLSearchParams, name: string): number | undefined => {
  const text = given.get(name);
  if (text === null) return undefined;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new Error(`LOG_URL: ${name} is a whole number`);
  return Number(text);
};
