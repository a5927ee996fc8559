import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** Visitors and an operator who keep a running simulator busy, over its control: they write, ask for people, are taken, given back and closed. */
export const loadConfigurationSchema = z.object({
  SIMULATOR_URL: z.url().default('http://127.0.0.1:8082').describe('The simulator'),
  LOAD_CHATS: z.coerce.number().int().min(1).max(50).default(20).describe('Visitors at once; the simulator shows its newest 50 chats'),
  LOAD_RATE: z.coerce.number().positive().max(1_000).default(2).describe('What all of them do, a second'),
});

const stateSchema = z.object({ chats: z.array(z.object({ id: z.number(), state: z.string() })) });
const anna = 240007;

export const load = async (config: z.infer<typeof loadConfigurationSchema>, signal: AbortSignal): Promise<void> => {
  const act = async (action: string, body: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${config.SIMULATOR_URL}/control/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    });
    if (!response.ok) throw new Error(`${action} was answered ${response.status}`);
    return (await response.json()) as Record<string, unknown>;
  };
  /** Of the newest chats, as the simulator sees them. */
  const states = async (): Promise<ReadonlyMap<number, string>> => {
    const response = await fetch(`${config.SIMULATOR_URL}/control/state`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    });
    return new Map(stateSchema.parse(await response.json()).chats.map((chat) => [chat.id, chat.state]));
  };
  const open = async (): Promise<number> => {
    const { id } = await act('new-visitor', {});
    const { chatId } = await act('open', { visitorId: id, text: 'Здравствуйте' });
    return Number(chatId);
  };
  const step = async (chatId: number, state: string | undefined): Promise<number> => {
    const dice = Math.random();
    if (state === 'queue') await act('take', { chatId, operatorId: anna });
    else if (state === 'chatting') {
      if (dice < 0.4) await act('answer', { chatId, operatorId: anna, text: 'Слушаю вас.' });
      else if (dice < 0.7) await act('redirect-bot', { chatId });
      else await act('close-finally', { chatId });
    } else if (state === 'chatting_with_robot') await act('say', { chatId, text: dice < 0.15 ? 'оператор' : '204512' });
    else return open();
    return chatId;
  };

  const chats: (number | undefined)[] = Array.from({ length: config.LOAD_CHATS }, () => undefined);
  for (let turn = 0; !signal.aborted; turn = (turn + 1) % chats.length) {
    await sleep(1_000 / config.LOAD_RATE, undefined, { signal });
    try {
      const chatId = chats[turn];
      chats[turn] = chatId === undefined ? await open() : await step(chatId, (await states()).get(chatId));
    } catch (error) {
      if (signal.aborted) return;
      // The simulator restarts, or a chat changed between the look and the step: the next turn begins anew.
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      chats[turn] = undefined;
    }
  }
};

if (import.meta.main) {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  await load(loadConfigurationSchema.parse(process.env), stopping.signal).catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
}
