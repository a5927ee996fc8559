import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { type Figure, median, ratioOf } from './figures.ts';

const token = 'bench-webhook-token-0123456789-abcdefghijklmnop';
const rounds = 7;
const roundMs = 1_500;
const concurrent = 48;

/** Webhook → durable acknowledgement, against a bare express route that appends to the same SQLite log. */
export const acknowledgement = async (dataDir: string): Promise<Figure> => {
  const agent = new Agent({ connections: concurrent, pipelining: 1 });
  const doors = await Promise.all((['ingress', 'bare'] as const).map((door) => open(door, dataDir)));
  const [ours, bare] = doors as [Door, Door];
  const perSecond = { ours: [] as number[], bare: [] as number[] };
  await round(agent, ours.url);
  await round(agent, bare.url);
  for (let one = 0; one < rounds; one++) {
    perSecond.ours.push(await round(agent, ours.url));
    perSecond.bare.push(await round(agent, bare.url));
  }
  await agent.close();
  for (const { child } of doors) child.disconnect();
  const { ratio, low, high } = ratioOf(perSecond.ours, perSecond.bare);
  return {
    name: 'webhook to durable acknowledgement, against a bare express route on the same log',
    value: ratio,
    goal: 0.9,
    atLeast: true,
    unit: 'ratio',
    detail: `${median(perSecond.ours).toFixed(0)}/s against ${median(perSecond.bare).toFixed(0)}/s, ${concurrent} at once; ratios of ${rounds} pairs ${low.toFixed(2)} to ${high.toFixed(2)}`,
  };
};

type Door = { readonly child: ChildProcess; readonly url: string };

const open = async (door: 'ingress' | 'bare', dataDir: string): Promise<Door> => {
  const tokenHash = createHash('sha256').update(token).digest('hex');
  const child = fork(fileURLToPath(new URL('./door-process.ts', import.meta.url)), [], {
    env: { ...process.env, BENCH_DOOR: JSON.stringify({ door, file: join(dataDir, `${door}.db`), tokenHash }) },
  });
  const { port } = await new Promise<{ port: number }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { port: number }));
    child.once('exit', (code) => reject(new Error(`the door ended with ${code}`)));
  });
  return { child, url: `http://127.0.0.1:${port}/hooks/webim/bench/${token}` };
};

let messages = 0;
/** @returns acknowledged webhooks a second */
const round = async (agent: Agent, url: string): Promise<number> => {
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
  return done / ((performance.now() - from) / 1000);
};
