import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@dialog/contracts/secret';
import { describe, expect, it } from 'vitest';
import { kafkaAddress } from './address.ts';

describe('the address of a cluster', () => {
  it('is a list of brokers', () => {
    expect(kafkaAddress('kafka:one:9092,two:9093', {})).toEqual({
      brokers: ['one:9092', 'two:9093'],
      sasl: undefined,
      tls: undefined,
      replication: undefined,
      sessionTimeoutMs: 10_000,
    });
    expect(kafkaAddress('kafka://[::1]:9092?replication=2&session=6000', {})).toMatchObject({
      brokers: ['[::1]:9092'],
      replication: 2,
      sessionTimeoutMs: 6_000,
    });
  });

  it('takes name and mechanism from the address, the password and a private authority from beside it', () => {
    const url = 'kafka:one:9092?sasl=SCRAM-SHA-512&username=engine&tls=true';
    expect(kafkaAddress(url, { password: new Secret('secret'), username: 'another' })).toMatchObject({
      sasl: { mechanism: 'scram-sha-512', username: 'engine', password: 'secret' },
      tls: { ca: undefined },
    });
    const folder = mkdtempSync(join(tmpdir(), 'address-'));
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, 'PEM');
    expect(
      kafkaAddress('kafka:one:9092?sasl=plain&tls=true', { username: 'engine', password: new Secret('secret'), caFile }),
    ).toMatchObject({
      sasl: { username: 'engine', password: 'secret' },
      tls: { ca: 'PEM' },
    });
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['kafka:', 'host:port'],
    ['kafka:one', 'host:port'],
    ['kafka:user:hunter2@one:9092', 'host:port'],
    ['kafka:one:9092,', 'host:port'],
    ['kafka:one:9092?retries=3', 'no setting retries'],
    ['kafka:one:9092?tls=yes', 'tls is true or false'],
    ['kafka:one:9092?sasl=gssapi&username=a', 'sasl is one of'],
    ['kafka:one:9092?sasl=plain', 'needs a username'],
    ['kafka:one:9092?sasl=plain&username=a', 'KAFKA_PASSWORD or KAFKA_PASSWORD_FILE is missing'],
    ['kafka:one:9092?replication=0', 'replication is a whole number'],
  ])('refuses %s', (url, reason) => {
    expect(() => kafkaAddress(url, {})).toThrow(reason);
    expect(() => kafkaAddress(url, {})).not.toThrow('hunter2');
  });

  it('names the variable whose file is missing', () => {
    expect(() => kafkaAddress('kafka:one:9092?tls=true', { caFile: '/nowhere/ca.pem' })).toThrow(
      'KAFKA_CA_FILE: the file can’t be read (ENOENT)'.replace('’', "'"),
    );
  });
});
