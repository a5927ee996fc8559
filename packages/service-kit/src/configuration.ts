import { readFileSync } from 'node:fs';
import { Secret } from '@dialog/contracts/secret';
import { z } from 'zod';
import { duration } from './duration.ts';
import { isLoopbackHost } from './loopback.ts';
import { isPasswordHash } from './password-hash.ts';
import { roleMapping } from './role-mapping.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const wholeNumber = (from: number, to: number) => z.coerce.number().int().min(from).max(to);

/** SQLite takes an empty name, and `:memory:`, for a database that goes with the process. */
const namesFile = /^sqlite:(?!(\/*|:memory:)\s*$)/;

/** An address of an adapter: SQLite's file, or the cluster's server, which `named` finds. */
const adapterUrl = (server: string, named: RegExp) =>
  z
    .string()
    .refine((url) => url.startsWith('sqlite:') || url.startsWith(server), { error: `must begin with sqlite: or ${server}`, abort: true })
    .refine((url) => !url.startsWith('sqlite:') || namesFile.test(url), 'sqlite: must name a file, e.g. sqlite:data/some.db')
    .refine((url) => !url.startsWith(server) || named.test(url), 'names no host');

const services = ['ingress', 'projector', 'outbound', 'console'] as const;
const serviceList = z
  .string()
  .transform((list) => list.split(',').map((name) => name.trim()))
  .pipe(z.array(z.enum(services)).min(1));

/** Every setting of a process, from its environment; of `secrets` also from the file that the name with `_FILE` behind it names. */
export const configurationSchema = z.object({
  DATA_DIR: z.string().min(1).default('./data').describe('Folder of all data in embedded mode'),
  LOG_URL: adapterUrl('kafka:', /^kafka:(\/\/)?[^?/\s]/)
    .optional()
    .describe(
      'The partitioned log: `sqlite:{file}` (default `{DATA_DIR}/log.db`) or `kafka:{host}:{port},…`, which needs `EVENTS_URL` too. Behind `?` and joined by `&`: `tls=true`, `sasl=plain`, `scram-sha-256` or `scram-sha-512`, `username=…`, `replication=3` (copies of new topics; default: three, or as many as there are brokers), `session=10000` (ms after which a silent member is given up)',
    ),
  KAFKA_USERNAME: z.string().min(1).optional().describe('For `kafka:` with `sasl`: the name to sign in with, where `LOG_URL` has none'),
  KAFKA_PASSWORD: z.string().min(1).optional().describe('For `kafka:` with `sasl`: its password; no address has one'),
  KAFKA_CA_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('For `kafka:` with `tls`: PEM file of the authority that signs the brokers; default: those that the machine trusts'),
  EVENTS_URL: adapterUrl('esdb', /^esdb(\+discover)?:\/\/[^?/\s]/)
    .optional()
    .describe('The event store: `sqlite:{file}` (default `{DATA_DIR}/events.db`) or `esdb://…`'),
  SERVICES: serviceList.prefault(services.join(',')).describe('Which services run in this process'),
  ACCOUNTS_FILE: z.string().min(1).optional().describe('YAML file of the Webim accounts; without it the simulator and a sample bot start'),
  NUMBERS_FILE: z
    .string()
    .min(1)
    .optional()
    .describe('YAML file that defines the console’s numbers ([numbers.md](numbers.md)); default: those that are shipped'),
  HASH_KEY: z
    .string()
    .min(32)
    .optional()
    .describe(
      'Secret of the keyed hashes, at least 32 characters, one for all processes, never changed; made at the first start in embedded mode',
    ),
  BOT_SILENCE_LIMIT: duration.prefault('30s').describe('A bot silent for so long: its chats go to people'),
  BIND_HOST: z.string().min(1).default('127.0.0.1').describe('Address that ingress listens on'),
  CONSOLE_HOST: z.string().min(1).default('127.0.0.1').describe('Address that the console listens on; beyond loopback only with ACCESS'),
  CONSOLE_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'Where browsers reach the console, e.g. `https://console.example.com`; https makes its cookie `Secure`. Default: where it listens',
    ),
  ACCESS: z
    .enum(['open', 'password', 'oidc'])
    .default('open')
    .describe(
      'Who may use the console: `open`: whoever reaches it, on loopback only; `password`: the local administrator; `oidc`: people of an OpenID provider ([access.md](access.md))',
    ),
  ACCESS_OPEN_BEYOND_LOOPBACK: z
    .stringbool()
    .default(false)
    .describe(
      'Lets an open console listen beyond loopback: for a container whose port is published on loopback only, or with a door of your own in front',
    ),
  ACCESS_PASSWORD_HASH: z
    .string()
    .refine(isPasswordHash, 'is no hash of `dialogctl access hash-password`')
    .optional()
    .describe("For `password`: the hash of the administrator's password, made by `dialogctl access hash-password`"),
  ACCESS_SESSION: duration.prefault('12h').describe('After so long one signs in anew'),
  OIDC_ISSUER: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("For `oidc`: the provider's issuer; its `/.well-known/openid-configuration` is read"),
  OIDC_CLIENT_ID: z
    .string()
    .min(1)
    .optional()
    .describe('For `oidc`: the client registered there, with `{CONSOLE_PUBLIC_URL}/api/access/oidc/callback`'),
  OIDC_CLIENT_SECRET: z.string().min(1).optional().describe('For `oidc`: its secret'),
  OIDC_SCOPES: z.string().min(1).default('openid profile email').describe('For `oidc`: what is asked for'),
  OIDC_ROLE_CLAIM: z
    .string()
    .min(1)
    .default('groups')
    .describe('For `oidc`: the claim that tells the role, e.g. `groups` or `realm_access.roles`'),
  OIDC_ROLES: roleMapping
    .optional()
    .describe(
      'For `oidc`: which values of the claim give which role, e.g. `administrator=it-admins;operator=support;analyst=quality;viewer=*`; the highest counts, `*` is everybody',
    ),
  INGRESS_PORT: port.default(8080).describe('Port for Webim'),
  CONSOLE_PORT: port.default(8081).describe('Port of the console'),
  SIMULATOR_PORT: port.default(8082).describe('Port of the simulator'),
  SIMULATOR_HOST: z.string().min(1).default('127.0.0.1').describe('Address that the simulator listens on'),
  OPERATIONS_PORT: port
    .default(9090)
    .describe('Port of /healthz, /readyz and /metrics, on 127.0.0.1 unless OPERATIONS_HOST says otherwise'),
  OPERATIONS_HOST: z.string().min(1).default('127.0.0.1').describe('Address of the operations port'),
  PARTITIONS: wholeNumber(1, 1000).default(12).describe('Partitions of every topic; fixed once they are made'),
  ACK_TIMEOUT: duration.prefault('2s').describe('How long the log may take to acknowledge a webhook before it is answered 503'),
  HTTP_TIMEOUT: duration.prefault('10s').describe('How long one request to Webim may take'),
  WEBIM_RATE: z.coerce.number().positive().max(10_000).default(5).describe("Requests a second at most to one account's Webim"),
  WEBIM_BURST: wholeNumber(1, 10_000).default(20).describe("Requests that may go to one account's Webim at once after a quiet time"),
  CLOCK_RATE: z.coerce.number().min(1).max(100).default(1).describe('Simulator only: how many times as fast as real time both run'),
  SAMPLES: z
    .enum(['on', 'off'])
    .default('on')
    .describe('Simulator only: at the first start, in an empty folder, sample dialogs are played so that no page of the console is empty'),
  LOG_OUTPUT: z
    .enum(['file', 'stdout'])
    .default('file')
    .describe('Where log lines go: `{DATA_DIR}/engine.log`, or standard output, as containers want it'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info').describe('Least level of log lines'),
});

type Read = z.infer<typeof configurationSchema>;
type SecretNames = 'KAFKA_PASSWORD' | 'HASH_KEY' | 'ACCESS_PASSWORD_HASH' | 'OIDC_CLIENT_SECRET';
export type Configuration = Omit<Read, SecretNames> & { readonly [N in SecretNames]: Secret | undefined };

/** What may hold a secret: the event store's address may have a password in it. */
const secrets = ['KAFKA_PASSWORD', 'EVENTS_URL', 'HASH_KEY', 'ACCESS_PASSWORD_HASH', 'OIDC_CLIENT_SECRET'] as const;

/** The variables of one setting: of a secret two. */
const variablesOf = (name: string): readonly string[] => ((secrets as readonly string[]).includes(name) ? [name, `${name}_FILE`] : [name]);
/** Every variable that is read. */
export const configurationVariables: readonly string[] = Object.keys(configurationSchema.shape).flatMap(variablesOf);

/** @throws Error that names every offending variable with what is wrong; never with its value where it is a secret */
export const readConfiguration = (env: Readonly<Record<string, string | undefined>>): Configuration => {
  const problems: string[] = [];
  const given: Record<string, string> = {};
  for (const name of Object.keys(configurationSchema.shape)) {
    const value = env[name];
    if (value !== undefined && value !== '') given[name] = value;
  }
  for (const name of secrets) {
    const file = env[`${name}_FILE`];
    if (file === undefined || file === '') continue;
    if (given[name] !== undefined) problems.push(`${name}: set both as ${name} and as ${name}_FILE`);
    try {
      given[name] = readFileSync(file, 'utf8').trim();
    } catch {
      problems.push(`${name}_FILE: the file can't be read`);
    }
  }
  const parsed = configurationSchema.safeParse(given);
  if (!parsed.success) for (const issue of parsed.error.issues) problems.push(`${issue.path.join('.')}: ${issue.message}`);
  if (parsed.success) problems.push(...placeProblems(parsed.data), ...accessProblems(parsed.data));
  if (problems.length > 0 || !parsed.success) throw new Error(`the configuration is wrong:\n  ${problems.join('\n  ')}`);
  const { KAFKA_PASSWORD, HASH_KEY, ACCESS_PASSWORD_HASH, OIDC_CLIENT_SECRET, ...rest } = parsed.data;
  return {
    ...rest,
    KAFKA_PASSWORD: secretOf(KAFKA_PASSWORD),
    HASH_KEY: secretOf(HASH_KEY),
    ACCESS_PASSWORD_HASH: secretOf(ACCESS_PASSWORD_HASH),
    OIDC_CLIENT_SECRET: secretOf(OIDC_CLIENT_SECRET),
  };
};

const secretOf = (value: string | undefined): Secret | undefined => (value === undefined ? undefined : new Secret(value));

/**
 * A log that many processes share, over a store that each would have for itself by default (or the other way round): what one commits as done, no other
 * could find. Who means a file names it.
 */
const placeProblems = ({ LOG_URL, EVENTS_URL }: Read): string[] => {
  const shared = (url: string | undefined): boolean => url !== undefined && !url.startsWith('sqlite:');
  if (shared(LOG_URL) && EVENTS_URL === undefined) return ['EVENTS_URL: LOG_URL is a cluster, which needs its event store: esdb://…'];
  if (shared(EVENTS_URL) && LOG_URL === undefined) return ['LOG_URL: EVENTS_URL is a cluster, which needs its log: kafka:{host}:{port},…'];
  return [];
};

/** What can't be said of one variable alone. An open console beyond loopback would give every text to whoever reaches the port. */
const accessProblems = (config: Read): string[] => {
  if (!config.SERVICES.includes('console')) return [];
  const wanted = (name: keyof Read): string[] => (config[name] === undefined ? [`${name}: ACCESS=${config.ACCESS} needs it`] : []);
  switch (config.ACCESS) {
    case 'open':
      return isLoopbackHost(config.CONSOLE_HOST) || config.ACCESS_OPEN_BEYOND_LOOPBACK
        ? []
        : [
            `CONSOLE_HOST: ${config.CONSOLE_HOST} is beyond loopback and the console is open to whoever reaches it; set ACCESS=password or ACCESS=oidc, or ACCESS_OPEN_BEYOND_LOOPBACK=true where only loopback or a door of your own leads there`,
          ];
    case 'password':
      return wanted('ACCESS_PASSWORD_HASH');
    case 'oidc':
      return [...wanted('OIDC_ISSUER'), ...wanted('OIDC_CLIENT_ID'), ...wanted('OIDC_CLIENT_SECRET'), ...wanted('OIDC_ROLES')];
  }
};

/** How a Kafka cluster is entered, as `openLog` takes it. */
export const kafkaAccess = ({ KAFKA_USERNAME, KAFKA_PASSWORD, KAFKA_CA_FILE }: Configuration) => ({
  username: KAFKA_USERNAME,
  password: KAFKA_PASSWORD,
  caFile: KAFKA_CA_FILE,
});

/** All settings as a Markdown table, for the documentation. */
export const configurationTable = (): string => {
  const rows = Object.entries(configurationSchema.shape).map(([name, schema]) => {
    const described = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as { default?: unknown; description?: string };
    const fallback = described.default === undefined ? '' : `\`${String(described.default)}\``;
    const names = variablesOf(name)
      .map((variable) => `\`${variable}\``)
      .join(', ');
    return `| ${names} | ${fallback} | ${schema.description ?? described.description ?? ''} |`;
  });
  return ['| variable | default | what it is |', '|---|---|---|', ...rows].join('\n');
};
