import { describe, expect, it } from 'vitest';
import { parseAddress } from './address.ts';

describe('the address of an EventStoreDB', () => {
  it.each([
    ['esdb://localhost:2113?tls=false', undefined, false],
    ['esdb://localhost', undefined, true],
    ['esdb://localhost/', undefined, true],
    ['esdb://admin:change%40it@node1:2113,node2:2113,node3:2113?tls=true&nodePreference=leader', ['admin', 'change@it'], true],
    ['esdb+discover://admin:p@cluster.dns:2113/?keepAliveTimeout=10000&keepAliveInterval=10000', ['admin', 'p'], true],
    ['esdb://host?tlsCAFile=/etc/ca.crt&userCertFile=/a.crt&userKeyFile=/a.key', undefined, true],
  ])('%s', (url, credentials, tls) => {
    expect(parseAddress(url)).toEqual({
      connectionString: url,
      credentials: credentials === undefined ? undefined : { username: credentials[0], password: credentials[1] },
      tls,
    });
  });

  it.each([
    ['esdb://admin:secret@host?throwOnAppendFailure=false', /throwOnAppendFailure/],
    ['esdb://admin:secret@host?throw_on_append_failure=true', /throwOnAppendFailure/],
    ['esdb://admin:secret@host?tlsVerifyCert=false', /tlsVerifyCert/],
    ['esdb://admin:secret@host?colour=red', /unknown option "colour"/],
    ['kurrentdb://admin:secret@host', /is not esdb/],
    ['esdb://', /is not esdb/],
    ['esdb://a@b@c', /is not esdb/],
  ])('refuses %s without repeating it', (url, problem) => {
    expect(() => parseAddress(url)).toThrow(problem);
    expect(() => parseAddress(url)).not.toThrow(/secret/);
  });

  it('refuses a password where DEBUG would have the client print it', () => {
    for (const debug of ['esdb:*', '*', 'http,esdb:command', 'http esdb']) {
      expect(() => parseAddress('esdb://admin:secret@host', debug)).toThrow(/DEBUG/);
      expect(parseAddress('esdb://host?tls=false', debug).tls).toBe(false);
    }
    expect(parseAddress('esdb://admin:secret@host', 'http:*').tls).toBe(true);
  });
});
