import { readdir } from 'node:fs/promises';
import { codeOf } from '@dialog/contracts/errors';
import { errorFacts } from '@dialog/service-kit/error-facts';
import type { WebimSimulator } from '@dialog/webim-simulator/simulator';
import type { Logger } from 'pino';

/** Nothing was ever stored there; the file of log lines is this very start's. */
export const isNewFolder = async (dataDir: string): Promise<boolean> => {
  try {
    return (await readdir(dataDir)).every((name) => name === 'engine.log');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
};

export type SamplesOptions = {
  readonly simulator: WebimSimulator;
  readonly logger: Logger;
  readonly signal: AbortSignal;
};

const anna = 240007;
const boris = 240009;
const withinMs = 60_000;

/**
 * A handful of dialogs, played by visitors and operators of the simulator through the doors as any other: with the bot, in the queue, with an operator,
 * given back, closed, one with a reply in doubt, one whose handover was refused. The visitors' names say that they are samples.
 * A play that does not come to its end (a Webim that was told to fail) is left where it is.
 */
export const playSamples = async ({ simulator, logger, signal }: SamplesOptions): Promise<void> => {
  const { webim } = simulator;
  const person = (name: string): string => webim.newVisitor({ name: `${name} (пример)` }).id;
  const until = async (condition: () => boolean, what: string): Promise<void> => {
    signal.throwIfAborted();
    await simulator.until(() => signal.aborted || condition(), what, withinMs);
    signal.throwIfAborted();
  };
  const texts = (chatId: number): readonly string[] => webim.chat(chatId).messages.map(({ text }) => text ?? '');
  const hears = (chatId: number, text: string): Promise<void> =>
    until(() => texts(chatId).some((said) => said.includes(text)), `chat ${chatId} hears «${text}»`);
  const sees = (chatId: number, text: string, times: number): Promise<void> =>
    until(() => texts(chatId).filter((said) => said.includes(text)).length >= times, `chat ${chatId} hears «${text}» ${times} times`);
  const inQueue = (chatId: number): Promise<void> => until(() => webim.chat(chatId).state === 'queue', `chat ${chatId} is in the queue`);
  /** The menu, with its buttons: the bot waits for the visitor. */
  const menu = (chatId: number, times = 1): Promise<void> =>
    until(() => webim.chat(chatId).messages.filter(({ buttons }) => buttons !== undefined).length >= times, `chat ${chatId} has the menu`);
  const toPeople = async (chatId: number): Promise<void> => {
    webim.press(chatId, 'human');
    await inQueue(chatId);
  };

  const plays: readonly (() => Promise<void>)[] = [
    // Answered by the bot alone; a second chat of the same person waits for a number.
    async () => {
      const irina = person('Ирина');
      const { id } = webim.open(irina, 'Здравствуйте! Где мой заказ?');
      await menu(id);
      webim.press(id, 'order');
      await hears(id, 'Назовите номер');
      webim.say(id, '12');
      await hears(id, 'ровно шесть цифр');
      webim.say(id, '204512');
      await hears(id, 'в пути');
      await menu(id, 2);
      webim.say(id, 'Спасибо, жду посылку');
      await hears(id, 'не понимаю');
      webim.closeFinally(id);
      const next = webim.open(irina, 'Добрый день, это снова я');
      await menu(next.id);
      webim.press(next.id, 'order');
      await hears(next.id, 'Назовите номер');
    },
    // Waits in the queue.
    async () => {
      const { id } = webim.open(person('Олег'), 'Добрый вечер');
      await menu(id);
      webim.say(id, 'Позовите человека, книга пришла с браком');
      await inQueue(id);
    },
    // An operator has it.
    async () => {
      const { id } = webim.open(person('Марина'), 'Хочу вернуть книгу');
      await menu(id);
      await toPeople(id);
      webim.take(id, anna);
      webim.answer(id, anna, 'Здравствуйте! Пришлите, пожалуйста, фото обложки.');
      webim.sendFile(id);
    },
    // An operator helped and closed it: the flag is reset, the Return script runs.
    async () => {
      const { id } = webim.open(person('Павел'), 'Привет');
      await menu(id);
      webim.say(id, 'жалоба на доставку');
      await inQueue(id);
      webim.take(id, boris);
      webim.answer(id, boris, 'Извините за задержку. Курьер приедет сегодня до восьми.');
      webim.closeFinally(id);
    },
    // An operator gave it back to the bot.
    async () => {
      const { id } = webim.open(person('Света'), 'Сколько стоит доставка?');
      await menu(id);
      await toPeople(id);
      webim.take(id, anna);
      webim.answer(id, anna, 'Доставка по городу 300 рублей. Дальше поможет бот.');
      webim.redirectToBot(id);
      await hears(id, 'Снова на связи бот');
      await menu(id, 2);
      webim.press(id, 'price');
      // The price list ends with the menu again; only then may the next dialog's fault be set.
      await menu(id, 3);
    },
    // Webim did not answer one reply: it is in doubt, and said again.
    async () => {
      const { id } = webim.open(person('Тимур'), 'Доброе утро');
      await menu(id);
      simulator.failNext('send_message', { kind: 'cut_after' });
      webim.press(id, 'order');
      await sees(id, 'Назовите номер', 2);
      webim.say(id, '100001');
      await hears(id, 'доставлен');
    },
    // The handover was refused twice: the visitor leaves his phone.
    async () => {
      const { id } = webim.open(person('Юлия'), 'Здравствуйте');
      await menu(id);
      simulator.failNext('redirect_chat', { kind: 'error', code: 'department-offline' }, 2);
      webim.press(id, 'human');
      await hears(id, 'Оставьте телефон');
      webim.say(id, '+7 999 123-45-67');
      await hears(id, 'Позвоним на');
    },
  ];
  let played = 0;
  // One after another: a fault meets the chat that it is meant for.
  for (const play of plays) {
    try {
      await play();
      played++;
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ event: 'sample_dialog_unfinished', ...errorFacts(error) });
    }
  }
  logger.info({ event: 'sample_dialogs_played', count: played });
};
