import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type AccountId, type ChatId, sendsStream } from '@dialog/contracts/ids';
import { Secret } from '@dialog/contracts/secret';
import { afterAll, expect, it } from 'vitest';
import { scenarios } from './cluster.ts';
import { onStage, type Stage } from './stage.ts';

const cli = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const secret = 'k3y-of-the-crm';

type Seen = { readonly method: string | undefined; readonly url: string | undefined; readonly key: string | undefined };

const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => void (await Promise.all(closers.map((close) => close()))));

/** The company's own system, on this machine. */
const crm = async (answer: (response: ServerResponse, request: IncomingMessage) => void) => {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    seen.push({ method: request.method, url: request.url, key: request.headers.authorization });
    answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { seen, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
};

const bot = (host: string, silence: string): string => `
format: dialog-script/1
bot: shop
vars:
  order_no: { type: text, pii: true }
  order: { type: json }
scripts:
  welcome:
    when: chat_start
    steps: [{ say: "Здравствуйте!" }]
  order:
    when: { text: { any_of: ["заказ"] } }
    steps:
      - ask: { text: "Номер?", save: order_no, as: { regex: '^[0-9]+$' }, on_fail: [{ stop: true }], on_timeout: [{ stop: true }] }
      - http:
          get: "http://${host}/orders/{{ order_no }}"
          headers: { authorization: "Bearer {{ secret.crm_key }}" }
          timeout: 5s
          retry: 1
          save: order
          on_status: { 404: [{ say: "Такого заказа нет." }, { stop: true }] }
          on_error: [{ say: "Сервис не отвечает." }]
      - say: "Заказ {{ order.state }}."
  nudge:
    when: { silence: ${silence} }
    steps: [{ say: "Вы ещё здесь?" }]
  back:
    when: { returned: { cause: [final_close, operator_redirect, no_operator] } }
    deliver: drop
    steps: [{ mark: back }]
  what:
    when: fallback
    steps: [{ say: "Не понял." }]
`;

const stageWith = async (host: string, silence: string): Promise<Stage> => {
  const folder = await mkdtemp(join(tmpdir(), 'http-steps-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const scriptFile = join(folder, 'bot.yaml');
  await writeFile(scriptFile, bot(host, silence));
  return onStage({ scriptFile, http: { allowHosts: [host], allowPrivate: true, secrets: new Map([['crm_key', new Secret(secret)]]) } });
};

const asks = async (stage: Stage, number: string): Promise<number> => {
  const chatId = await stage.welcomed();
  stage.webim.say(chatId, 'заказ');
  await stage.until(chatId, () => stage.heard(chatId).at(-1) === 'Номер?');
  await stage.quiet(chatId);
  stage.webim.say(chatId, number);
  return chatId;
};

scenarios('http steps, through the doors', () => {
  it('an answer, a 404, a failure: each takes its branch; the secret stands nowhere but in the request', async () => {
    const { seen, host } = await crm((response, request) => {
      if (request.url === '/orders/404') return void response.writeHead(404).end();
      if (request.url === '/orders/500') return void response.writeHead(503, { 'retry-after': '1' }).end('later');
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ state: 'в пути', echo: request.headers.authorization }));
    });
    const stage = await stageWith(host, '60m');
    const chats = [await asks(stage, '17'), await asks(stage, '404'), await asks(stage, '500')] as const;
    const replies = ['Заказ в пути.', 'Такого заказа нет.', 'Сервис не отвечает.'];
    for (const [at, chatId] of chats.entries()) await stage.until(chatId, () => stage.heard(chatId).at(-1) === replies[at]);
    expect(seen.filter((one) => one.url === '/orders/17')).toEqual([{ method: 'GET', url: '/orders/17', key: `Bearer ${secret}` }]);
    // Once more after a failure that may pass, and no oftener.
    expect(seen.filter((one) => one.url === '/orders/500')).toHaveLength(2);
    expect(seen.filter((one) => one.url === '/orders/404')).toHaveLength(1);

    const { store } = stage.world.engine();
    for (const chatId of chats) {
      const history = await stage.quiet(chatId);
      expect(JSON.stringify(history.events)).not.toContain(secret);
      const sends = await store.read(sendsStream({ account: stage.world.accountId as AccountId, chatId: String(chatId) as ChatId }), {
        maxCount: 1_000,
      });
      expect(sends.length).toBeGreaterThan(0);
      expect(JSON.stringify(sends.map((event) => event.data))).not.toContain(secret);
    }

    // "Why did you say that?", as a person asks it.
    const told = await stage.history(chats[0]);
    const said = told.events.findLast((event) => event.type === 'EffectOpened');
    const { stdout } = await promisify(execFile)(process.execPath, [
      cli,
      'why',
      `${stage.world.accountId}/${chats[0]}`,
      String(said?.revision),
      '--console',
      String(stage.world.engine().consoleUrl()),
    ]);
    expect(stdout).toMatch(/EffectOpened effect \d+ \(reply\): "Заказ в пути\."/);
    expect(stdout).toContain('won:  http 200 scripts.order.steps[1]');
    expect(stdout).toContain('say: "Заказ {{ order.state }}."');
    expect(stdout).toContain('read: order.state = "в пути"');
    expect(stdout).toMatch(/InputRecorded effect_result of effect \d+, attempt 1: accepted, 200/);
    expect(stdout).not.toContain(secret);
  });

  it('a visitor who writes while the host thinks waits, and is answered after it', async () => {
    const { host, seen } = await crm((response) => {
      answerLater = () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"state":"готов"}');
    });
    let answerLater: (() => void) | undefined;
    const stage = await stageWith(host, '60m');
    const chatId = await asks(stage, '17');
    await stage.until(chatId, () => seen.length === 1);
    stage.webim.say(chatId, 'ау');
    await stage.until(chatId, (now) => now.of('MessageQueued').length > 0);
    answerLater?.();
    await stage.until(chatId, () => stage.heard(chatId).at(-1) === 'Не понял.');
    expect(stage.heard(chatId).slice(-2)).toEqual(['Заказ готов.', 'Не понял.']);
  });

  it('a visitor who is silent is reminded, once, with his question still open', async () => {
    const { host } = await crm((response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"state":"готов"}'));
    const stage = await stageWith(host, '20s');
    const chatId = await stage.welcomed();
    stage.webim.say(chatId, 'заказ');
    await stage.until(chatId, () => stage.heard(chatId).at(-1) === 'Вы ещё здесь?');
    await stage.passes(30_000);
    expect(stage.heard(chatId).slice(-2)).toEqual(['Номер?', 'Вы ещё здесь?']);
    stage.webim.say(chatId, '17');
    const history = await stage.until(chatId, () => stage.heard(chatId).includes('Заказ готов.'));
    expect(history.of('DeadlineFired').map((one) => one.name)).toEqual(expect.arrayContaining(['silence']));
  });
});
