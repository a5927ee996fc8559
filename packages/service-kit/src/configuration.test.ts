import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { pino } from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { accountTable, parseAccounts } from './accounts.ts';
import { configurationTable, configurationVariables, kafkaAccess, readConfiguration } from './configuration.ts';
import { hashPassword, isPassword } from './password-hash.ts';
import { roleOf } from './role-mapping.ts';
import { runServices } from './run-services.ts';

const folder = mkdtempSync(join(tmpdir(), 'service-kit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const key = 'a-hash-key-of-at-least-32-characters';

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(readConfiguration({})).toMatchObject({
      DATA_DIR: './data',
      BIND_HOST: '127.0.0.1',
      PARTITIONS: 12,
      ACK_TIMEOUT: 2_000,
      HASH_KEY: undefined,
    });
  });
  it('reads a secret from a file, without its last line break, and prints it as ***', () => {
    writeFileSync(join(folder, 'key'), `${key}\n`);
    const config = readConfiguration({ HASH_KEY_FILE: join(folder, 'key') });
    expect(config.HASH_KEY?.reveal()).toBe(key);
    for (const printed of [String(config.HASH_KEY), JSON.stringify(config), inspect(config)]) expect(printed).not.toContain(key);
  });
  it('refuses a shared log over a store of its own for each process, and the other way round', () => {
    expect(() => readConfiguration({ LOG_URL: 'kafka:broker:9092' })).toThrow(/EVENTS_URL: LOG_URL is a cluster/);
    expect(() => readConfiguration({ EVENTS_URL: 'esdb://store:2113' })).toThrow(/LOG_URL: EVENTS_URL is a cluster/);
    // Said in so many words it is meant.
    expect(readConfiguration({ LOG_URL: 'kafka:broker:9092', EVENTS_URL: 'sqlite:events.db' }).EVENTS_URL).toBe('sqlite:events.db');
  });
  it('refuses a secret given twice, and a file that is not there', () => {
    writeFileSync(join(folder, 'key'), key);
    expect(() => readConfiguration({ HASH_KEY: key, HASH_KEY_FILE: join(folder, 'key') })).toThrow(/HASH_KEY: set both/);
    expect(() => readConfiguration({ HASH_KEY_FILE: join(folder, 'none') })).toThrow(/HASH_KEY_FILE/);
  });
  it('names every offending variable at once', () => {
    expect(() => readConfiguration({ PARTITIONS: '0', SERVICES: 'ingress,dancer', LOG_URL: 'redis:x', EVENTS_URL: 'mongo:x' })).toThrow(
      /LOG_URL[\s\S]*EVENTS_URL[\s\S]*SERVICES[\s\S]*PARTITIONS/,
    );
  });
  it('knows the addresses of both modes', () => {
    const config = readConfiguration({
      LOG_URL: 'kafka:a:9092,b:9092',
      EVENTS_URL: 'esdb://store:2113?tls=false',
      SERVICES: 'projector, outbound',
    });
    expect(config.SERVICES).toEqual(['projector', 'outbound']);
  });
  it.each(['sqlite:', 'sqlite: ', 'sqlite://', 'sqlite::memory:'])('refuses "%s": what it keeps would go with the process', (url) => {
    expect(() => readConfiguration({ LOG_URL: url, EVENTS_URL: url })).toThrow(
      /LOG_URL: sqlite: must name a file[\s\S]*EVENTS_URL: sqlite: must/,
    );
  });
  it('refuses an address of no host', () => {
    for (const LOG_URL of ['kafka:', 'kafka://', 'kafka:?tls=true'])
      expect(() => readConfiguration({ LOG_URL })).toThrow('LOG_URL: names no host');
    for (const EVENTS_URL of ['esdb', 'esdb:', 'esdb://', 'esdb+discover://?tls=false'])
      expect(() => readConfiguration({ EVENTS_URL })).toThrow('EVENTS_URL: names no host');
  });
  it('has how a Kafka cluster is entered, its password as a secret', () => {
    writeFileSync(join(folder, 'kafka'), 'of kafka\n');
    const config = readConfiguration({
      KAFKA_USERNAME: 'engine',
      KAFKA_PASSWORD_FILE: join(folder, 'kafka'),
      KAFKA_CA_FILE: '/secrets/ca.pem',
    });
    const { password, ...rest } = kafkaAccess(config);
    expect(rest).toEqual({ username: 'engine', caFile: '/secrets/ca.pem' });
    expect(password?.reveal()).toBe('of kafka');
    expect(inspect(config)).not.toContain('of kafka');
  });
  it('tells in its table each variable that it reads, so of each secret the file too', () => {
    const table = configurationTable();
    for (const name of configurationVariables) expect(table).toContain(`\`${name}\``);
    for (const name of ['KAFKA_PASSWORD', 'EVENTS_URL', 'HASH_KEY', 'ACCESS_PASSWORD_HASH', 'OIDC_CLIENT_SECRET']) {
      expect(configurationVariables).toContain(`${name}_FILE`);
      expect(() => readConfiguration({ [`${name}_FILE`]: join(folder, 'none') })).toThrow(`${name}_FILE: the file can't be read`);
    }
  });
});

describe('the accounts file', () => {
  const check = (text: string, env: Record<string, string> = {}) => parseAccounts(text, { file: join(folder, 'accounts.yaml'), env });
  const account = (more = '', host = 'shop.webim.ru') =>
    `accounts:\n  - id: shop\n    webim:\n      host: "${host}"\n      token: t\n    webhookTokens: ["${'a'.repeat(64)}"]\n    script: bot.yaml\n${more}`;

  it('has a word for every key', () => {
    const rows = accountTable().split('\n').slice(2);
    expect(rows.filter((row) => / \| {2}\|$/.test(row) || !/\S \|$/.test(row))).toEqual([]);
    expect(rows).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^\| `autoCloseAfter` \| `15m` \| \S/),
        expect.stringMatching(/^\| `close.authority` \| `webim` \| \S/),
      ]),
    );
  });
  it('says what is missing, and how a duration without its unit is written', () => {
    const parsed = check(account('    noOperatorAfter: 180\n').replace('    script: bot.yaml\n', ''));
    expect(parsed.ok ? [] : parsed.problems.map(({ message }) => message).sort()).toEqual([
      'noOperatorAfter: 180 is no duration; write it like 30s, 5m, 2h',
      'script: is missing',
    ]);
  });
  it('names every mistake: each account without a token, beside whatever else is wrong', () => {
    const two = account('    department: d\n').replace('      token: t\n', '');
    const parsed = check(`${two}${two.slice(two.indexOf('\n') + 1)}`);
    expect(parsed.ok ? [] : parsed.problems.map(({ message }) => message)).toEqual([
      'webim.token: the token of the bot is missing',
      'the account "shop" stands here twice',
      'webim.token: the token of the bot is missing',
    ]);
  });
  it('names aliases that would make it a thousand times as large', () => {
    const levels = Array.from({ length: 9 }, (_, at) => `x${at + 1}: &x${at + 1} [${Array(9).fill(`*x${at}`).join(', ')}]\n`).join('');
    const parsed = check(`x0: &x0 [a]\n${levels}${account()}`);
    expect(parsed.ok ? [] : parsed.problems).toEqual([{ line: 1, column: 1, message: expect.stringContaining('aliases') }]);
  });
  it('names what the schema has nothing to say of beside what it has, and the script that is not there where scripts are read', () => {
    const text = account('    colour: red\n', 'no host!').replace('token: t', 'tokenEnv: BOT_TOKEN');
    const parsed = parseAccounts(text, { file: join(folder, 'accounts.yaml'), env: {}, scripts: true });
    expect(parsed.ok ? [] : parsed.problems.map(({ line, message }) => `${line} ${message}`)).toEqual([
      '8 colour: there is no such setting',
      "7 script: the file bot.yaml can't be read",
      '5 webim.tokenEnv: the variable BOT_TOKEN is not set',
      '4 webim.host: "no host!" is no host name',
    ]);
    expect(check(account()).ok).toBe(true);
  });
  it('does not call a token missing that was named and can not be read', () => {
    const parsed = check(account().replace('token: t', 'tokenEnv: BOT_TOKEN'));
    expect(parsed.ok ? [] : parsed.problems.map(({ message }) => message)).toEqual(['webim.tokenEnv: the variable BOT_TOKEN is not set']);
  });

  it('reads what http steps may do: hosts, and secrets given as they are, by file and by variable; none of them is printed', () => {
    writeFileSync(join(folder, 'crm-key'), 'from-file\n');
    const parsed = check(
      account(
        '    http:\n      allowHosts: [CRM.example, "files.example:8443", "*.api.example"]\n      secrets: { crm: plain-one, erpFile: crm-key, stockEnv: STOCK_KEY }\n',
      ),
      { STOCK_KEY: 'from-variable' },
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const { http } = parsed.accounts[0] ?? {};
    expect(http).toMatchObject({ allowHosts: ['crm.example', 'files.example:8443', '*.api.example'], allowPrivate: false });
    expect([...(http?.secrets ?? [])].map(([name, secret]) => [name, secret.reveal()])).toEqual([
      ['crm', 'plain-one'],
      ['erp', 'from-file'],
      ['stock', 'from-variable'],
    ]);
    for (const printed of [inspect(parsed, { depth: 9 }), JSON.stringify(parsed)])
      expect(printed).not.toMatch(/plain-one|from-file|from-variable/);
  });
  it('names what is wrong with the hosts and secrets of http steps, with the line', () => {
    const wrong = (http: string) => {
      const parsed = check(account(`    http: ${http}\n`));
      return parsed.ok ? [] : parsed.problems.map(({ line, message }) => `${line} ${message}`);
    };
    expect(wrong('{ allowHosts: ["https://crm.example/"] }')).toEqual([expect.stringMatching(/^8 http\.allowHosts\.0: is no host/)]);
    expect(wrong('{ secrets: { "Crm Key": x } }')).toEqual([expect.stringMatching(/^8 http\.secrets/)]);
    expect(wrong('{ secrets: { keyFile: nowhere } }')).toEqual([
      expect.stringMatching(/^8 http\.secrets\.keyFile: the file can't be read/),
    ]);
    expect(wrong('{ secrets: { key: a, keyEnv: B } }')).toEqual([expect.stringMatching(/give it once/)]);
    expect(wrong('{ allowHost: [] }')).toEqual([expect.stringMatching(/there is no such setting/)]);
  });
  it('fills in defaults and finds the script beside it', () => {
    const parsed = check(account());
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(parsed.accounts[0]).toMatchObject({
      id: 'shop',
      scriptFile: join(folder, 'bot.yaml'),
      webim: { baseUrl: 'https://shop.webim.ru' },
    });
    expect(parsed.accounts[0]?.settings).toMatchObject({ autoCloseAfterMs: 900_000, replyTtlMs: 120_000, closeAuthority: 'webim' });
    expect(parsed.warnings).toEqual([]);
  });
  it.each(['https://shop.webim.ru', 'shop.webim.ru/', ' shop.webim.ru '])('forgives and reports a host given as "%s"', (host) => {
    const parsed = check(account('', host));
    expect(parsed.ok && parsed.accounts[0]?.webim.host).toBe('shop.webim.ru');
    expect(parsed.ok && parsed.warnings.map((one) => one.line)).toEqual([4]);
  });
  it('names each problem with its line and column', () => {
    const parsed = check(account('    autoCloseAfter: soon\n    onReplyExpired: shout\n    nonsense: 1\n'));
    expect(parsed.ok).toBe(false);
    const lines = parsed.ok ? [] : parsed.problems.map((one) => one.line);
    expect(lines).toContain(8);
    expect(lines).toContain(9);
    expect(parsed.ok ? '' : parsed.problems.map((one) => one.message).join()).toContain('nonsense');
  });
  it('tells YAML that does not parse, the same id twice, and an empty file', () => {
    expect(check('accounts: [').ok).toBe(false);
    expect(check('').ok).toBe(false);
    const twice = check(`${account()}${account().replace('accounts:\n', '')}`);
    expect(twice.ok ? '' : twice.problems[0]?.message).toContain('twice');
  });
});

describe('services in one process', () => {
  const logger = pino({ level: 'silent' });
  const service = (ends?: Promise<void>) => {
    const stopped = Promise.withResolvers<void>();
    let stops = 0;
    return {
      run: () => Promise.race([stopped.promise, ...(ends === undefined ? [] : [ends])]),
      stop: async () => {
        stops += 1;
        stopped.resolve();
      },
      stops: () => stops,
    };
  };

  it('stop in order at the signal, then what they lean on, and the exit code is 0', async () => {
    const order: string[] = [];
    const stopping = new AbortController();
    const named = ['a', 'b'].map((name) => {
      const one = service();
      const stop = async () => {
        order.push(name);
        await one.stop();
      };
      return { name, service: { run: one.run, stop } };
    });
    const running = runServices(named, { logger, signal: stopping.signal, close: async () => void order.push('close') });
    stopping.abort();
    expect(await running).toBe(0);
    expect(order).toEqual(['a', 'b', 'close']);
  });
  it.each([
    ['fails', () => Promise.reject(new Error('broken'))],
    ['ends by itself', () => Promise.resolve()],
  ])('one that %s takes the others down, and the exit code is 1', async (_how, end) => {
    const other = service();
    const code = await runServices(
      [
        { name: 'dying', service: { run: end, stop: async () => undefined } },
        { name: 'other', service: other },
      ],
      { logger, signal: new AbortController().signal, close: async () => undefined },
    );
    expect([code, other.stops()]).toEqual([1, 1]);
  });
});

describe('access', () => {
  const wrong = (env: Record<string, string>): string => {
    try {
      readConfiguration(env);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  it('an open console does not leave loopback, unless one says so', () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'console.example.com', '127.example.com'])
      expect(wrong({ CONSOLE_HOST: host }), host).toContain('CONSOLE_HOST');
    for (const host of ['127.0.0.1', '127.0.0.2', 'localhost', '::1']) expect(wrong({ CONSOLE_HOST: host }), host).toBe('');
    expect(wrong({ CONSOLE_HOST: '0.0.0.0', ACCESS_OPEN_BEYOND_LOOPBACK: 'true' })).toBe('');
    expect(wrong({ CONSOLE_HOST: '0.0.0.0', SERVICES: 'ingress' })).toBe('');
  });
  it('names what a way to sign in lacks; a secret is not told', async () => {
    expect(wrong({ ACCESS: 'password' })).toContain('ACCESS_PASSWORD_HASH');
    expect(wrong({ ACCESS: 'password', ACCESS_PASSWORD_HASH: 'hunter2hunter2' })).not.toContain('hunter2');
    for (const name of ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'OIDC_ROLES'])
      expect(wrong({ ACCESS: 'oidc' })).toContain(name);
    const hash = await hashPassword('correct horse');
    const config = readConfiguration({ ACCESS: 'password', ACCESS_PASSWORD_HASH: hash, CONSOLE_HOST: '0.0.0.0' });
    expect(JSON.stringify(config)).not.toContain(hash);
    expect(await isPassword('correct horse', hash)).toBe(true);
    expect(await isPassword('correct horse ', hash)).toBe(false);
  });
  it('reads roles of a claim; the highest counts', () => {
    expect(wrong({ OIDC_ROLES: 'boss=a' })).toContain('OIDC_ROLES');
    expect(wrong({ OIDC_ROLES: 'viewer' })).toContain('OIDC_ROLES');
    const mapping = readConfiguration({ OIDC_ROLES: 'administrator=it, security; operator=support;viewer=*' }).OIDC_ROLES ?? [];
    expect(roleOf(mapping, ['support', 'security'])).toBe('administrator');
    expect(roleOf(mapping, ['support'])).toBe('operator');
    expect(roleOf(mapping, [])).toBe('viewer');
    expect(roleOf([{ role: 'operator', values: ['support'] }], ['others'])).toBeUndefined();
  });
});
