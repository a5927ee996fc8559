import { realClock } from '@dialog/contracts/clock';
import { Secret } from '@dialog/contracts/secret';
import { findKafka } from '@dialog/test-kit/kafka-broker';
import { afterAll, describe, expect, it } from 'vitest';
import { eventually, numbered, startMember } from '../../contract/rig.ts';
import { openLog } from '../open-log.ts';

const server = await findKafka({ secured: true });

if ('reason' in server) {
  process.stderr.write(`SKIPPED a cluster with TLS and passwords: ${server.reason}\n`);
  describe('a cluster with TLS and passwords', () => it.skip(server.reason, () => undefined));
} else {
  afterAll(() => server.stop());
  const { secured: door } = server;
  if (door === undefined) throw new Error('a server that was wanted secured has that door');
  const url = (sasl: string): string => `kafka:${door.broker}?tls=true&sasl=${sasl}&username=${door.username}`;
  const kafka = { caFile: door.caFile, password: new Secret(door.password) };

  describe('a cluster with TLS and passwords', () => {
    it.each(['plain', 'scram-sha-256', 'scram-sha-512'])(
      'is written, consumed and read through %s',
      async (sasl) => {
        const log = await openLog({ url: url(sasl), clock: realClock, kafka });
        const topic = `inbox-${sasl}`;
        await log.ensureTopics([{ name: topic, partitions: 2, cleanup: 'delete' }]);
        await log.append(numbered(topic, ['a', 'b', 'c'], 9));
        const member = startMember(log, { group: sasl, topic });
        await eventually(() => expect(member.handled).toHaveLength(9));
        expect((await log.lag(sasl, topic)).map(({ high }) => high).reduce((sum, high) => sum + high, 0)).toBe(9);
        await member.stop();
        await log.close();
      },
      60_000,
    );

    it.each([
      ['a wrong password', { ...kafka, password: new Secret('wrong') }],
      ['an authority that nobody trusts', { password: kafka.password }],
    ])(
      'is not reached with %s, and no message tells the password',
      async (_, wrong) => {
        const log = await openLog({ url: url('scram-sha-512'), clock: realClock, kafka: wrong });
        const refusal: unknown = await log.append([{ topic: 'inbox-plain', key: 'a', value: null }]).catch((error: unknown) => error);
        expect(refusal).toMatchObject({ name: 'LogError' });
        expect(String(refusal)).not.toContain(door.password);
        await expect(log.ping()).rejects.toMatchObject({ name: 'LogError' });
        await log.close();
      },
      60_000,
    );
  });
}
