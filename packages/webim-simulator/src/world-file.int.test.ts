import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '@dialog/contracts/clock';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type WebimSimulator, webimSimulator } from './simulator.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulator-'));
  file = join(folder, 'simulator.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const during = async (firstChatId: number, use: (simulator: WebimSimulator) => void): Promise<void> => {
  const simulator = webimSimulator({ clock: realClock, port: 0, worldFile: file, firstChatId });
  const running = simulator.run();
  await simulator.listening();
  use(simulator);
  await simulator.stop();
  await running;
};

it('its chats and visitors outlive a restart, and no number is given twice, also where the clock is behind', async () => {
  let left: unknown;
  await during(2_000, ({ webim }) => {
    const visitor = webim.newVisitor({ name: 'Мария' });
    const chat = webim.open(visitor.id, 'Здравствуйте');
    webim.take(chat.id, 240007);
    webim.answer(chat.id, 240007, 'Добрый день');
    webim.close(webim.open(webim.newVisitor().id, 'второй').id);
    left = JSON.parse(JSON.stringify([webim.visitors(), webim.chats()]));
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await during(1_000, ({ webim }) => {
    expect([webim.visitors(), webim.chats()]).toEqual(left);
    const [mine] = webim.chats();
    if (mine === undefined) throw new Error('no chat');
    webim.say(mine.id, 'и ещё');
    const other = webim.open(webim.newVisitor().id, 'третий');
    expect(other.id).toBe(2_002);
    const ids = webim.chats().flatMap(({ messages }) => messages.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(webim.visitors().map(({ id }) => id)).size).toBe(3);
  });
  await during(1_000, ({ webim }) => expect(webim.chats().map(({ messages }) => messages.length)).toEqual([3, 1, 1]));
});

it('a file that is none of its own is named, and left as it is', async () => {
  await writeFile(file, '{"visitors": 1}');
  expect(() => webimSimulator({ clock: realClock, port: 0, worldFile: file })).toThrow(file);
  expect((await stat(file)).size).toBe(15);
});
