import { randomUUID } from 'node:crypto';
import { type DialogId, sendsStream } from '@dialog/contracts/ids';
import { resultInputId } from '@dialog/contracts/outbox';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { aRecord, claimMarginMs, cut, httpTimeoutMs, ok, type Rig, says, silent, startRig } from '../test/rig.ts';

let rig: Rig;
let id: DialogId;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.end());
beforeEach(async () => {
  id = rig.newChat();
  rig.script.length = 0;
  rig.posted.length = 0;
  await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
});
const types = async () => (await rig.sends(id)).map(({ type }) => type);
const one = async () => {
  const results = await rig.results(id);
  expect(results).toHaveLength(1);
  return results[0];
};

test('a reply is sent once: claimed, posted, settled, its result in the inbox', async () => {
  await rig.outbound().deliver(aRecord(id));
  expect(rig.posted).toMatchObject([
    {
      path: '/api/bot/v2/send_message',
      body: { chat_id: Number(id.chatId), message: { kind: 'operator', text: 'Здравствуйте' } },
      headers: { authorization: 'Token bot-token' },
    },
  ]);
  expect(await types()).toEqual(['Claimed', 'Settled']);
  const result = await one();
  expect(result).toMatchObject({ inputId: resultInputId(aRecord(id)), outcome: 'accepted', status: 200, epoch: 1, chatIdForm: 'number' });
  expect(result?.crossed).toBeUndefined();
  expect(Math.abs((result?.sentAt ?? 0) - rig.clock.now())).toBeLessThan(60_000);
  const record = (await rig.inbox()).find(({ key }) => key === `acme:${id.chatId}`);
  expect(record?.headers).toMatchObject({
    ce_id: result?.inputId,
    ce_type: 'ru.webim.effect_result.v1',
    traceparent: expect.stringContaining('1111'),
  });
});

test('a redelivery posts nothing and publishes the same result again', async () => {
  await rig.outbound().deliver(aRecord(id));
  await rig.outbound().deliver(aRecord(id));
  expect(rig.posted).toHaveLength(1);
  const results = await rig.results(id);
  expect(results).toHaveLength(2);
  expect(results[1]).toEqual(results[0]);
});

test('a lower number or attempt is skipped', async () => {
  const outbound = rig.outbound();
  await rig.dialogAt(id, 1, { number: 5, attempt: 2 });
  await outbound.deliver(aRecord(id, { number: 5, attempt: 2 }));
  await outbound.deliver(aRecord(id, { number: 5, attempt: 1 }));
  await outbound.deliver(aRecord(id, { number: 4, attempt: 9 }));
  expect(rig.posted).toHaveLength(1);
  expect(await one()).toMatchObject({ number: 5, attempt: 2 });
});

describe('one that a later number went past, for which its dialog waits all the same', () => {
  const claimed = (number: number) => ({ id: randomUUID(), type: 'Claimed', data: { number, attempt: 1, epoch: 1 }, metadata: {} });
  /** The redirect of a parked dialog; after the release the head goes back. */
  const wentPast = async () => {
    await rig.dialogAt(id, 1, { number: 2, attempt: 1 });
    await rig.outbound().deliver(aRecord(id, { number: 2 }));
    await rig.dialogAt(id, 2, { number: 1, attempt: 1 });
    rig.posted.length = 0;
    await rig.outbound().deliver(aRecord(id));
    expect(rig.posted).toHaveLength(0);
    return (await rig.results(id)).at(-1);
  };

  test('settled: its result again, however far back', async () => {
    await rig.outbound().deliver(aRecord(id));
    for (let attempt = 1; attempt <= 70; attempt++) {
      const last = await rig.sends(id);
      const event = { id: randomUUID(), type: 'Claimed', data: { number: 2, attempt, epoch: 1 }, metadata: {} };
      await rig.store.append(sendsStream(id), [event], last.length - 1);
    }
    await rig.dialogAt(id, 2, { number: 1, attempt: 1 });
    await rig.outbound().deliver(aRecord(id));
    const results = await rig.results(id);
    expect([results.length, results[1]]).toEqual([2, results[0]]);
    expect(rig.posted).toHaveLength(1);
  });

  test('only claimed: in doubt', async () => {
    await rig.store.append(sendsStream(id), [claimed(1)], 'no_stream');
    expect(await wentPast()).toMatchObject({ number: 1, outcome: 'in_doubt', code: 'claim_left' });
  });

  test('never claimed: suppressed', async () => {
    expect(await wentPast()).toMatchObject({ number: 1, outcome: 'suppressed' });
  });
});

test('a claim that was left is called in doubt, not before HTTP time-out and margin have passed', async () => {
  await rig.store.append(
    sendsStream(id),
    [{ id: randomUUID(), type: 'Claimed', data: { number: 1, attempt: 1, epoch: 1 }, metadata: {} }],
    'no_stream',
  );
  const began = rig.clock.monotonic();
  await rig.outbound().deliver(aRecord(id));
  expect(rig.clock.monotonic() - began).toBeGreaterThanOrEqual(httpTimeoutMs + claimMarginMs);
  expect(rig.posted).toHaveLength(0);
  expect(await types()).toEqual(['Claimed', 'Settled']);
  expect(await one()).toMatchObject({ outcome: 'in_doubt', code: 'claim_left' });
});

test('a higher attempt goes past a claim that was left', async () => {
  await rig.store.append(
    sendsStream(id),
    [{ id: randomUUID(), type: 'Claimed', data: { number: 1, attempt: 1, epoch: 1 }, metadata: {} }],
    'no_stream',
  );
  await rig.dialogAt(id, 1, { number: 2, attempt: 1 });
  await rig.outbound().deliver(aRecord(id, { number: 2 }));
  expect(rig.posted).toHaveLength(1);
  expect(await one()).toMatchObject({ number: 2, outcome: 'accepted' });
});

test.each([
  ['another epoch', 2, { number: 1, attempt: 1 }],
  ['another head', 1, { number: 2, attempt: 1 }],
  ['another attempt', 1, { number: 1, attempt: 2 }],
  ['no head', 1, null],
] as const)('%s at the tail: suppressed, nothing is posted', async (_, epoch, head) => {
  await rig.dialogAt(id, epoch, head);
  await rig.outbound().deliver(aRecord(id));
  expect(rig.posted).toHaveLength(0);
  expect(await types()).toEqual(['Claimed', 'Settled']);
  expect(await one()).toMatchObject({ outcome: 'suppressed' });
});

test('a dialog without a stream: suppressed', async () => {
  id = rig.newChat();
  await rig.outbound().deliver(aRecord(id));
  expect(rig.posted).toHaveLength(0);
  expect(await one()).toMatchObject({ outcome: 'suppressed' });
});

test('past its time: expired, nothing is posted', async () => {
  await rig.outbound().deliver(aRecord(id, { expiresAt: rig.log.logTime() - 1 }));
  expect(rig.posted).toHaveLength(0);
  expect(await one()).toMatchObject({ outcome: 'expired' });
});

test('two outbounds at once: one POST, one result', async () => {
  rig.script.push(async (response, request, posted) => {
    await rig.clock.sleep(3_000);
    await ok(response, request, posted);
  });
  await Promise.all([rig.outbound().deliver(aRecord(id)), rig.outbound().deliver(aRecord(id))]);
  expect(rig.posted).toHaveLength(1);
  expect(await types()).toEqual(['Claimed', 'Settled']);
  const results = await rig.results(id);
  expect(results.length).toBeGreaterThanOrEqual(1);
  for (const result of results) expect(result).toMatchObject({ outcome: 'accepted' });
});

test('an owner that stood still after its claim sends nothing once another called it in doubt', async () => {
  let release: () => void = () => undefined;
  const frozen = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reached: () => void = () => undefined;
  const atTail = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const slow = {
    ...rig.store,
    read: async (...args: Parameters<typeof rig.store.read>) => {
      const events = await rig.store.read(...args);
      if (args[0].startsWith('dialog-')) {
        reached();
        await frozen;
      }
      return events;
    },
  };
  const first = rig.outbound({ store: slow }).deliver(aRecord(id));
  await atTail;
  await rig.outbound().deliver(aRecord(id));
  release();
  await first;
  expect(rig.posted).toHaveLength(0);
  for (const result of await rig.results(id)) expect(result).toMatchObject({ outcome: 'in_doubt' });
});

test('the owner changes while the request is out: crossed', async () => {
  rig.script.push(async (response, request, posted) => {
    await rig.dialogAt(id, 2, null);
    await ok(response, request, posted);
  });
  await rig.outbound().deliver(aRecord(id));
  expect(await one()).toMatchObject({ outcome: 'accepted', crossed: true });
});

describe('what Webim answers', () => {
  test('429 with Retry-After: deferred so long, and the account’s next send is not even tried', async () => {
    rig.script.push(says(429, '', { 'retry-after': '60' }));
    const outbound = rig.outbound();
    const before = rig.log.logTime();
    await outbound.deliver(aRecord(id));
    const result = await one();
    expect(result).toMatchObject({ outcome: 'deferred', code: 'http_429', status: 429 });
    expect((result?.notBefore ?? 0) - before).toBeGreaterThanOrEqual(60_000);
    const other = rig.newChat();
    await rig.dialogAt(other, 1, { number: 1, attempt: 1 });
    await outbound.deliver(aRecord(other));
    expect((await rig.results(other))[0]).toMatchObject({ outcome: 'deferred', code: 'rate_limit' });
    expect(rig.posted).toHaveLength(1);
  });

  test('Retry-After is honoured up to ten minutes', async () => {
    rig.script.push(says(503, '', { 'retry-after': '86400' }));
    const before = rig.log.logTime();
    await rig.outbound({ random: () => 0 }).deliver(aRecord(id));
    const wait = ((await one())?.notBefore ?? 0) - before;
    expect(wait).toBeGreaterThanOrEqual(600_000);
    expect(wait).toBeLessThan(660_000);
  });

  test('500 is tried a few times, then it is the answer', async () => {
    const outbound = rig.outbound({ limits: { circuitFailures: 100 } });
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      rig.script.push(says(500, 'oops'));
      await rig.dialogAt(id, 1, { number: 1, attempt });
      await outbound.deliver(aRecord(id, { attempt, failures: attempt - 1 }));
    }
    expect((await rig.results(id)).map(({ outcome, status }) => `${outcome} ${status}`)).toEqual([
      'deferred 500',
      'deferred 500',
      'deferred 500',
      'deferred 500',
      'refused 500',
    ]);
  });

  test.each([
    [
      '200 with an error',
      says(200, { error: 'message_empty', desc: 'empty' }),
      { outcome: 'refused', reason: 'content', code: 'message_empty', desc: 'empty' },
    ],
    ['a lost chat', says(200, { error: 'no-chat' }), { outcome: 'refused', reason: 'not_bots_chat' }],
    ['a closed chat', says(400, { error: 'chat_closed' }), { outcome: 'refused', reason: 'chat_closed', status: 400 }],
    ['a page under 200', says(200, '<html>'), { outcome: 'in_doubt', code: 'not_json' }],
    ['a page under 404', says(404, '<html>'), { outcome: 'refused', reason: 'wrong_host' }],
    ['a cut connection', cut, { outcome: 'in_doubt', code: 'reset' }],
    ['silence', silent, { outcome: 'in_doubt', code: 'timeout' }],
  ] as const)('%s', async (_, answer, expected) => {
    rig.script.push(answer);
    await rig.outbound().deliver(aRecord(id));
    expect(rig.posted).toHaveLength(1);
    expect(await one()).toMatchObject(expected);
  });

  test('401: refused, an alarm, and the account’s circuit is open for the others', async () => {
    rig.script.push(says(401, ''));
    const outbound = rig.outbound();
    await outbound.deliver(aRecord(id));
    expect(await one()).toMatchObject({ outcome: 'refused', reason: 'unauthorized', status: 401 });
    expect(rig.lines).toContainEqual(expect.objectContaining({ event: 'account_unauthorized', account: 'acme', alarm: true }));
    const other = rig.newChat();
    await rig.dialogAt(other, 1, { number: 1, attempt: 1 });
    const before = rig.log.logTime();
    await outbound.deliver(aRecord(other));
    const held = (await rig.results(other))[0];
    expect(held).toMatchObject({ outcome: 'deferred', code: 'circuit_open' });
    expect(held?.sentAt).toBeUndefined();
    expect(held?.notBefore).toBeGreaterThan(before);
    expect(rig.posted).toHaveLength(1);
    // After the pause one probe goes; Webim is well, so the circuit closes.
    await rig.clock.sleep(6_000);
    await rig.dialogAt(other, 1, { number: 1, attempt: 2 });
    await outbound.deliver(aRecord(other, { attempt: 2 }));
    expect((await rig.results(other))[1]).toMatchObject({ outcome: 'accepted' });
  });

  test('beyond the rate: deferred at once, with times that are spaced', async () => {
    const outbound = rig.outbound({ limits: { ratePerSecond: 0.001, burst: 2 } });
    const ids = [rig.newChat(), rig.newChat(), rig.newChat(), rig.newChat()];
    for (const chat of ids) {
      await rig.dialogAt(chat, 1, { number: 1, attempt: 1 });
      await outbound.deliver(aRecord(chat));
    }
    const results = (await Promise.all(ids.map((chat) => rig.results(chat)))).flat();
    expect(results.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'deferred', 'deferred']);
    expect((results[3]?.notBefore ?? 0) - (results[2]?.notBefore ?? 0)).toBeGreaterThan(900_000);
    expect(rig.posted).toHaveLength(2);
  });
});

describe('what is not sent', () => {
  test('an account that is not configured', async () => {
    id = rig.newChat('gone');
    await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
    await rig.outbound().deliver(aRecord(id));
    expect(await one()).toMatchObject({ outcome: 'account_removed' });
  });
  test('an effect of a later version', async () => {
    await rig.outbound().deliver({ ...aRecord(id), effect: { kind: 'rate_request' } });
    expect(await one()).toMatchObject({ outcome: 'unsupported' });
    expect(rig.posted).toHaveLength(0);
  });
  test.each([
    [undefined, 'refused'],
    ['10.3.99', 'refused'],
    ['9.12', 'refused'],
    ['10.4', 'accepted'],
    ['10.10.1', 'accepted'],
    ['11.0', 'accepted'],
  ])('a redirect to the queue under Webim %s: %s', async (webimVersion, outcome) => {
    await rig.outbound().deliver(aRecord(id, { effect: { kind: 'redirect' }, ...(webimVersion === undefined ? {} : { webimVersion }) }));
    expect(await one()).toMatchObject({
      outcome,
      ...(outcome === 'refused' ? { reason: 'other', code: 'queue_redirect_unsupported' } : {}),
    });
    expect(rig.posted).toHaveLength(outcome === 'refused' ? 0 : 1);
  });
  test('a question without credentials', async () => {
    id = rig.newChat('bare');
    await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
    await rig.outbound().deliver(aRecord(id, { effect: { kind: 'query_chat' } }));
    expect(await one()).toMatchObject({ outcome: 'refused', code: 'stored_data_not_configured' });
  });
});

test('a stored-data question returns what the chat object shows', async () => {
  rig.script.push(says(200, { chat: { id: 1, state: 'closed', operator_id: 240001, closed_at: '2026-03-02T09:14:05Z' } }));
  await rig.outbound().deliver(aRecord(id, { effect: { kind: 'query_chat' } }));
  expect(rig.posted).toMatchObject([
    {
      path: `/api/v2/chat?id=${id.chatId}`,
      headers: { authorization: `Basic ${Buffer.from('admin@example.com:pa:ss').toString('base64')}` },
    },
  ]);
  expect(await one()).toMatchObject({
    outcome: 'accepted',
    chat: { closed: true, operatorId: '240001', closedAt: Date.parse('2026-03-02T09:14:05Z') },
  });
});

describe('an http step', () => {
  const request = (over: object = {}) => ({
    kind: 'http' as const,
    method: 'POST' as const,
    url: `${rig.baseUrl}/orders?key={{ secret.crm_key }}`,
    headers: { authorization: 'Bearer {{ secret.crm_key }}' },
    body: { order: '7' },
    timeoutMs: 5_000,
    retries: 1,
    ...over,
  });
  beforeEach(async () => {
    id = rig.newChat('asking');
    await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
  });

  test('is claimed, asked once, settled, and its answer stands in the inbox; its secret stands in no history and no log', async () => {
    rig.script.push((response, asked, posted) =>
      says(404, { echo: asked.headers.authorization, order: posted.body['order'] }, { 'content-type': 'application/json' })(
        response,
        asked,
        posted,
      ),
    );
    await rig.outbound().deliver(aRecord(id, { effect: request() }));
    await rig.outbound().deliver(aRecord(id, { effect: request() }));
    expect(rig.posted).toMatchObject([
      { path: '/orders?key=k3y%20of%20%2F%20the%20crm', headers: { authorization: 'Bearer k3y of / the crm' }, body: { order: '7' } },
    ]);
    expect(await types()).toEqual(['Claimed', 'Settled']);
    const [result] = await rig.results(id);
    expect(result).toMatchObject({ outcome: 'accepted', http: { status: 404, body: { echo: 'Bearer ***', order: '7' } } });
    expect(result?.sentAt).toBeDefined();
    const everything = JSON.stringify([await rig.sends(id), await rig.results(id), rig.lines]);
    for (const form of ['k3y of', 'k3y%20of']) expect(everything).not.toContain(form);
    expect(rig.lines).toContainEqual(expect.objectContaining({ event: 'effect_settled', kind: 'http', outcome: 'accepted' }));
    expect(JSON.stringify(rig.lines)).not.toContain('/orders');
  });

  test('is timed apart from what Webim is asked', async () => {
    const other = rig.newChat();
    await rig.dialogAt(other, 1, { number: 1, attempt: 1 });
    rig.timed.length = 0;
    await rig.outbound().deliver(aRecord(id, { effect: request() }));
    await rig.outbound().deliver(aRecord(other));
    expect(rig.timed).toEqual([
      { of: 'step', answer: 'answered' },
      { of: 'webim', answer: 'accepted' },
    ]);
  });

  test('people have the chat: suppressed, nobody is asked', async () => {
    await rig.dialogAt(id, 2, null);
    await rig.outbound().deliver(aRecord(id, { effect: request() }));
    expect(rig.posted).toEqual([]);
    expect(await one()).toMatchObject({ outcome: 'suppressed' });
  });

  test('an account that allows no host', async () => {
    id = rig.newChat();
    await rig.dialogAt(id, 1, { number: 1, attempt: 1 });
    await rig.outbound().deliver(aRecord(id, { effect: request({ url: `${rig.baseUrl}/`, headers: {} }) }));
    expect(rig.posted).toEqual([]);
    expect(await one()).toMatchObject({ outcome: 'refused', code: 'refused_host' });
  });

  test('a claim that was left is called in doubt after the time that the step itself may take', async () => {
    await rig.store.append(
      sendsStream(id),
      [{ id: randomUUID(), type: 'Claimed', data: { number: 1, attempt: 1, epoch: 1 }, metadata: {} }],
      'no_stream',
    );
    const began = rig.clock.monotonic();
    await rig.outbound().deliver(aRecord(id, { effect: request({ timeoutMs: 20_000 }) }));
    expect(rig.clock.monotonic() - began).toBeGreaterThanOrEqual(20_000 + claimMarginMs);
    expect(await one()).toMatchObject({ outcome: 'in_doubt', code: 'claim_left' });
  });

  test('Webim’s own limits and circuit do not hold it up', async () => {
    const outbound = rig.outbound({ limits: { ratePerSecond: 0.001, burst: 0 } });
    await outbound.deliver(aRecord(id, { effect: request() }));
    expect(await one()).toMatchObject({ outcome: 'accepted' });
  });
});
