import type { Clock } from '@dialog/contracts/clock';
import type { WebimSimulator } from '@dialog/webim-simulator/simulator';
import { anna } from '../acceptance/stage.ts';

/** Visitors who talk, ask for an operator, are taken, handed back or closed, and come again; until they are told to stop. */
export const visitors = (options: {
  readonly simulator: WebimSimulator;
  readonly clock: Clock;
  readonly chats: number;
  /** Lines of all visitors together, a second. */
  readonly rate: number;
  readonly random: () => number;
}): { readonly run: () => Promise<void>; readonly stop: () => void } => {
  const { simulator, clock, random } = options;
  const { webim } = simulator;
  const stopping = new AbortController();
  let lines = 0;

  const line = (chatId: number): void => {
    lines += 1;
    webim.say(chatId, random() < 0.08 ? `оператор ${lines}` : `m-${lines}`);
  };

  /** The operator has it: he answers, hands it back, or closes it for good. */
  const withOperator = (chatId: number): void => {
    const dice = random();
    if (dice < 0.4) webim.answer(chatId, anna, 'Слушаю вас.');
    else if (dice < 0.7) webim.redirectToBot(chatId);
    else webim.closeFinally(chatId);
  };

  const one = async (): Promise<void> => {
    const visitor = webim.newVisitor();
    let chatId = webim.open(visitor.id).id;
    while (!stopping.signal.aborted) {
      await clock.sleep((0.5 + random()) * ((options.chats * 1000) / options.rate), stopping.signal).catch(() => undefined);
      if (stopping.signal.aborted) return;
      const { state } = webim.chat(chatId);
      if (state === 'queue') webim.take(chatId, anna);
      else if (state === 'chatting') withOperator(chatId);
      else if (state === 'chatting_with_robot') line(chatId);
      else chatId = webim.open(visitor.id).id;
    }
  };
  return { run: async () => void (await Promise.all(Array.from({ length: options.chats }, one))), stop: () => stopping.abort() };
};
