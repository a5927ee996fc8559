import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { configurationSchema, configurationVariables } from '@dialog/service-kit/configuration';
import { simulatorConfigurationSchema } from '@dialog/webim-simulator/configuration';
import { loadConfigurationSchema } from '@dialog/webim-simulator/load';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ComposeFile, type ComposeService, composeProblems } from './compose-rules.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
/** The Compose specification's own JSON Schema (Apache-2.0), as dclint ships it. */
const schema = JSON.parse(read('node_modules/dclint/schemas/compose.schema.json')) as Record<string, unknown>;
// The meta-schema is named by an address that ajv does not know; it is draft 7, its default.
const { $schema: _, ...draft7 } = schema;
const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(draft7);
const specificationProblems = (file: unknown): string[] =>
  validate(file) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);

const parsed = (text: string): ComposeFile => parse(text, { merge: true }) as ComposeFile;
const names = (one: { readonly shape: object }): string[] => Object.keys(one.shape).flatMap((name) => [name, `${name}_FILE`]);
const knownNames = new Set([...configurationVariables, ...names(simulatorConfigurationSchema), ...names(loadConfigurationSchema)]);
const problems = (file: ComposeFile): string[] => [...specificationProblems(file), ...composeProblems(file, { knownNames })];

const cluster = 'docker-compose.yml';
const embedded = 'docker-compose.embedded.yml';

describe.each([cluster, embedded])('%s', (path) => {
  it('follows the Compose specification and our own rules', () => expect(problems(parsed(read(path)))).toEqual([]));
  it('gives the services a configuration that they take', () => {
    for (const [name, service] of Object.entries(parsed(read(path)).services)) {
      if (service.build === undefined || service.environment?.['SERVICES'] === undefined) continue;
      const given = Object.entries(service.environment).map(([variable, value]) => [variable, interpolated(String(value))]);
      const { success, error } = configurationSchema.safeParse(Object.fromEntries(given.filter(([, value]) => value !== '')));
      expect(success ? '' : `${name}: ${error.message}`).toBe('');
    }
  });
});

/** `${NAME:-default}` as Compose reads it where NAME is not set. */
const interpolated = (text: string): string =>
  text.replace(/\$\{\w+(?::-([^}]*))?\}/g, (_whole, fallback: string | undefined) => fallback ?? '');

it('the cluster has every part that the design names, each in its profile', () => {
  const { services } = parsed(read(cluster));
  const of = (profile: string | undefined): string[] =>
    Object.entries(services)
      .filter(([, service]) => service.profiles?.[0] === profile)
      .map(([name]) => name)
      .sort();
  expect(of(undefined)).toEqual(['console', 'ingress', 'kafka', 'outbound', 'prepare', 'projector']);
  expect([of('kurrentdb'), of('eventstoredb')]).toEqual([['kurrentdb'], ['eventstoredb']]);
  expect([of('demo'), of('observability')]).toEqual([
    ['load', 'simulator'],
    ['grafana', 'prometheus'],
  ]);
  expect(parse(read('.env').replace(/=/g, ': '))).toEqual({ COMPOSE_PROFILES: 'kurrentdb' });
});

it('versions are those that the tests run against', () => {
  const { services } = parsed(read(cluster));
  expect(read('packages/test-kit/src/kafka-docker.ts')).toContain(`'${services['kafka']?.image}'`);
  for (const store of ['kurrentdb', 'eventstoredb'])
    expect(read('packages/test-kit/src/event-store.ts')).toContain(`'${services[store]?.image}'`);
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version?: string }> };
  expect(read('Dockerfile').match(/^FROM \S+/gm)).toEqual(
    Array(2).fill(`FROM node:${packages['node_modules/node']?.version}-bookworm-slim`),
  );
});

it('the image is made of what it needs, by name: a secret or an export beside it is not copied into it', () => {
  const lines = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  // The last pattern that fits decides.
  expect(lines[0]).toBe('*');
  const taken = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  expect(taken.filter((name) => !/^[\w.-]+$/.test(name) || name === '.env')).toEqual([]);
  const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] };
  for (const name of ['package.json', 'package-lock.json', 'turbo.json', ...workspaces.map((one) => one.replace('/*', ''))])
    expect(taken).toContain(name);
  // Where people work with the engine by the documents: accounts, passwords, tokens, keys, exports and the engine's own data.
  for (const name of [
    'secrets',
    'hash-key',
    'events-url',
    'accounts.yaml',
    'password.txt',
    'token.txt',
    'key',
    'all.ndjson',
    'data',
    'deploy',
    '.git',
  ])
    expect(taken).not.toContain(name);
});

describe('each rule goes red on its planted violation', () => {
  const changed = (service: string, change: Partial<Record<keyof ComposeService, unknown>>): ComposeFile => {
    const file = parsed(read(cluster));
    return { ...file, services: { ...file.services, [service]: { ...file.services[service], ...change } as ComposeService } };
  };
  const environmentOf = (service: string, more: object): object => ({ ...parsed(read(cluster)).services[service]?.environment, ...more });
  it.each<[string, Partial<Record<keyof ComposeService, unknown>>, string]>([
    ['console', { ports: ['8081:8081'] }, 'beyond loopback'],
    ['console', { ports: ['0.0.0.0:8081:8081'] }, 'beyond loopback'],
    ['kafka', { ports: [{ target: 9092, published: '9092' }] }, 'beyond loopback'],
    ['ingress', { ports: ['8080:8080', '9090:9090'] }, 'beyond loopback'],
    ['outbound', { network_mode: 'host' }, 'network of the host'],
    ['kafka', { user: undefined }, 'root'],
    ['projector', { user: '0:0' }, 'root'],
    ['projector', { user: 'root' }, 'root'],
    ['grafana', { read_only: undefined }, 'read-only'],
    ['ingress', { privileged: true }, 'privileged'],
    ['prometheus', { cap_drop: [] }, 'capabilities'],
    ['prometheus', { cap_add: ['NET_ADMIN'] }, 'capabilities'],
    ['kurrentdb', { security_opt: [] }, 'gain privileges'],
    ['kafka', { image: 'apache/kafka' }, 'not pinned'],
    ['kafka', { image: 'apache/kafka:latest' }, 'not pinned'],
    ['kafka', { healthcheck: undefined }, 'no health check'],
    ['ingress', { healthcheck: { disable: true } }, 'switches its health check off'],
    ['ingress', { depends_on: ['kafka'] }, 'waits for no condition'],
    ['ingress', { depends_on: { kafka: { condition: 'service_started' } } }, 'does not wait'],
    ['ingress', { depends_on: { kafak: { condition: 'service_healthy' } } }, 'not there'],
    ['ingress', { volumes: ['ingres:/data'] }, 'not declared'],
    ['ingress', { environment: environmentOf('ingress', { HASH_KEY: 'x'.repeat(32) }) }, 'holds a secret'],
    ['grafana', { environment: { GF_SECURITY_ADMIN_PASSWORD: 'admin' } }, 'holds a secret'],
    ['ingress', { environment: environmentOf('ingress', { EVENTS_URL: 'esdb://admin:changeit@event-store:2113' }) }, 'credentials'],
    ['projector', { environment: environmentOf('projector', { PARTITION: '12' }) }, 'no setting'],
    ['kafka', { imagee: 'x' } as never, 'additional properties'],
    ['ingress', { ports: '8080:8080' }, 'must be array'],
  ])('%s %j', (service, change, told) => {
    const found = problems(JSON.parse(JSON.stringify(changed(service, change))) as ComposeFile);
    expect(found.join('\n')).toContain(told);
  });
});

const plugin = spawnSync('docker', ['compose', 'version'], { encoding: 'utf8' });
it.skipIf(plugin.status !== 0)('docker compose reads each file, in every profile (skipped where the compose plugin is not)', () => {
  for (const path of [cluster, embedded]) {
    const told = spawnSync('docker', ['compose', '-f', path, '--profile', '*', 'config', '--quiet'], { cwd: root, encoding: 'utf8' });
    expect(told.stderr).toBe('');
    expect(told.status).toBe(0);
  }
});
