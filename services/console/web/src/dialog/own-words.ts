import type { Effect } from '@dialog/contracts/effects';
import type { Message } from '@dialog/contracts/message';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { Step } from './history.ts';

/** Ids by which Webim names its bot among operators, as the settings that a history pins have them. */
export const botsOf = (settings: Readonly<Record<string, DialogSettings>>): ReadonlySet<string> =>
  new Set(Object.values(settings).flatMap(({ botOperatorId }) => botOperatorId ?? []));

/** Who said a message of a report of Webim; `known`: the conversation has it already, or there is nothing to show. */
export type Speaker = 'visitor' | 'operator' | 'bot' | 'system' | 'known';

export type OwnWords = {
  readonly opened: (number: number, effect: Effect) => void;
  /** @returns whether a report of Webim had shown it before its result came. */
  readonly settled: (number: number, reached: boolean) => boolean;
  readonly speaker: (message: Message, inReport: boolean) => Speaker;
};

/**
 * Webim's bot is an operator: its reports give the bot's words back among the operators'. They are told apart by the operator's id, where
 * Webim sent it and the settings know the bot's, else by the words.
 * @param bots empty: not known.
 * @param recorded in a fork: the recording from the fork on. What a report repeats of it was not said in the fork.
 */
export const ownWords = (bots: ReadonlySet<string>, recorded: readonly Step[]): OwnWords => {
  /** By words: how often we said them, less how often a report repeated them. */
  const said = new Map<string, number>();
  const open = new Map<number, string>();
  const shown = new Set<number>();
  const instead = saidIn(recorded);

  const operatorsOrOurs = (message: Message): Speaker => {
    const isBot = message.operatorId === undefined || bots.size === 0 ? undefined : bots.has(message.operatorId);
    const words = wordsOf(message);
    if (isBot === false) return words === '' && message.kind !== 'operator' ? 'known' : 'operator';
    if (words === '' || (recorded.length > 0 && (isBot || instead.words.has(words)))) return 'known';
    const times = said.get(words);
    if (times !== undefined && times > 0) {
      said.set(words, times - 1);
      return 'known';
    }
    const onItsWay = [...open].find(([number, opened]) => opened === words && !shown.has(number));
    if (onItsWay !== undefined) {
      shown.add(onItsWay[0]);
      return 'bot';
    }
    if (times !== undefined) return 'known';
    return isBot ? 'bot' : 'operator';
  };

  return {
    opened: (number, effect) => {
      open.set(number, effect.kind === 'text' ? effect.text.trim() : effect.kind === 'file' ? fileWords(effect.name) : '');
    },
    settled: (number, reached) => {
      const words = open.get(number);
      open.delete(number);
      if (shown.has(number)) return true;
      if (reached && words !== undefined) said.set(words, (said.get(words) ?? 0) + 1);
      return false;
    },
    speaker: (message, inReport) =>
      message.side === 'operator'
        ? operatorsOrOurs(message)
        : message.side === 'visitor' && inReport && instead.hashes.has(message.hash)
          ? 'known'
          : message.side,
  };
};

const fileWords = (name: string): string => `file ${name}`;
const wordsOf = ({ text, file }: Message): string => (text?.trim() ? text.trim() : file === undefined ? '' : fileWords(file.name ?? ''));

const saidIn = (recorded: readonly Step[]): { readonly words: ReadonlySet<string>; readonly hashes: ReadonlySet<string> } => {
  const words = new Set<string>();
  const hashes = new Set<string>();
  for (const { event } of recorded) {
    if (event.type === 'EffectOpened' && event.data.effect.kind === 'text') words.add(event.data.effect.text.trim());
    else if (event.type === 'EffectOpened' && event.data.effect.kind === 'file') words.add(fileWords(event.data.effect.name));
    else if (event.type === 'InputRecorded' && event.data.input.type === 'new_message') hashes.add(event.data.input.message.hash);
    else if (event.type === 'InputRecorded' && event.data.input.type === 'new_chat')
      for (const { hash } of event.data.input.messages) hashes.add(hash);
  }
  return { words, hashes };
};
