import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { type Figure, median, ratioOf, spread } from './figures.ts';
import { servers } from './servers.ts';

const token = 'bench-webhook-token-0123456789-abcdefghijklmnop';
const rounds = 15;
const roundMs = 1_000;
const concurrent = 48;

/** Webhook → durable acknowledgement, against a bare express route that appends to the same SQLite log. */
export const acknowledgement = (dataDir: string): Promise<Figure> =>
  measured('webhook to durable acknowledgement, against a bare express route on the same log (SQLite)', (door) => ({
    logUrl: `sqlite:${join(dataDir, `${door}.db`)}`,
  }));

/** Ingress → Kafka's acknowledgement, against a bare express route that sends with kafkajs. */
export const kafkaAcknowledgement = async (): Promise<Figure> => {
  const { logUrl, brokers } = await servers();
  return measured('webhook to Kafka’s acknowledgement, against a bare express + kafkajs route', (door) => ({
    logUrl,
    ...(door === 'bare' ? { brokers } : {}),
  }));
};

type LogOf = (door: 'ingress' | 'bare') => { readonly logUrl: string; readonly brokers?: readonly string[] };

const measured = async (name: string, logOf: LogOf): Promise<Figure> => {
  const agent = new Agent({ connections: concurrent, pipelining: 1 });
  const doors = await Promise.all((['ingress', 'bare'] as const).map((door) => open(door, logOf)));
  const [ours, bare] = doors as [Door, Door];
  const perSecond = { ours: [] as number[], bare: [] as number[] };
  const cpu = { ours: [] as number[], bare: [] as number[] };
  const both = [
    ['ours', ours],
    ['bare', bare],
  ] as const;
  for (const [, door] of both) await round(agent, door.url);
  for (let one = 0; one < rounds; one++) {
    // Turn and turn about who is first.
    for (const [side, door] of one % 2 === 0 ? both : both.toReversed()) {
      const before = await cpuOf(door);
      const { done, seconds } = await round(agent, door.url);
      perSecond[side].push(done / seconds);
      cpu[side].push(((await cpuOf(door)) - before) / done);
    }
  }
  await agent.close();
  for (const { child } of doors) child.disconnect();
  const { ratio, low, high } = ratioOf(perSecond.ours, perSecond.bare);
  return {
    name,
    value: ratio,
    goal: 0.9,
    atLeast: true,
    unit: 'ratio',
    detail: `${spread(perSecond.ours)} a second against ${spread(perSecond.bare)} (min / median / max), ${concurrent} at once; ratios of ${rounds} pairs ${low.toFixed(2)} to ${high.toFixed(2)}; processor per webhook ${spread(cpu.ours)} against ${spread(cpu.bare)} µs, ratio ${(median(cpu.bare) / median(cpu.ours)).toFixed(2)}`,
  };
};

type Door = { readonly child: ChildProcess; readonly url: string };

const open = async (door: 'ingress' | 'bare', logOf: LogOf): Promise<Door> => {
  const tokenHash = createHash('sha256').update(token).digest('hex');
  const child = fork(fileURLToPath(new URL('./door-process.ts', import.meta.url)), [], {
    env: { ...process.env, BENCH_DOOR: JSON.stringify({ door, ...logOf(door), tokenHash }) },
  });
  const { port } = await new Promise<{ port: number }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { port: number }));
    child.once('exit', (code) => reject(new Error(`the door ended with ${code}`)));
  });
  return { child, url: `http://127.0.0.1:${port}/hooks/webim/bench/${token}` };
};

const cpuOf = ({ child }: Door): Promise<number> =>
  new Promise((resolve) => {
    child.once('message', (message) => resolve((message as { cpu: number }).cpu));
    child.send('cpu');
  });

let messages = 0;
const round = async (agent: Agent, url: string): Promise<{ done: number; seconds: number }> => {
  const from = performance.now();
  let done = 0;
  const one = async (): Promise<void> => {
    while (performance.now() - from < roundMs) {
      messages += 1;
      const { statusCode, body } = await request(url, {
        method: 'POST',
        dispatcher: agent,
        headers: { 'content-type': 'application/json', 'x-webim-version': '10.5.62' },
        body: JSON.stringify({
          event: 'new_message',
          chat_id: 1000 + (messages % 500),
          message: { id: `m${messages}`, kind: 'visitor', text: 'Здравствуйте, где мой заказ?' },
        }),
      });
      await body.dump();
      if (statusCode !== 200) throw new Error(`answered ${statusCode}`);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrent }, one));
  return { done, seconds: (performance.now() - from) / 1000 };
};
