import type { DomainEventOf } from '@dialog/contracts/domain-event';
import type { Effect } from '@dialog/contracts/effects';
import type { Message } from '@dialog/contracts/message';
import type { Texts } from '../texts/texts.ts';
import { word } from '../texts/texts.ts';
import type { Step } from './history.ts';
import { ownWords } from './own-words.ts';

/** One line of the conversation, with the event by which it came. */
export type Turn = {
  readonly key: string;
  readonly revision: number;
  readonly at: number | null;
  readonly side: 'visitor' | 'bot' | 'operator' | 'system' | 'note';
  readonly text: string;
  readonly buttons?: readonly string[];
  /** Said beside it: in doubt, not delivered, dropped, late. */
  readonly remark?: string;
  readonly undelivered?: boolean;
  /** A stretch in which operators spoke begins: `unknown`, none of it is visible; `partial`, what Webim's reports showed of it is; `imported`, Stored Data told it. */
  readonly opensUnseen?: 'unknown' | 'partial' | 'imported';
  /** Said while people had the chat. */
  readonly withPeople?: boolean;
};

export type Speakers = {
  readonly nameOf?: (operatorId: string) => string;
  /** Ids of the bot among operators; empty: not known. */
  readonly bots?: ReadonlySet<string>;
  /** In a fork: the recording from the fork on. */
  readonly recorded?: readonly Step[];
};

/** The conversation as the visitor saw it: what reached the visitor when it reached the visitor, and where people spoke unseen by us. */
export const conversation = (history: readonly Step[], t: Texts, speakers: Speakers = {}): readonly Turn[] => {
  const { nameOf = (id: string) => id, bots = new Set<string>(), recorded = [] } = speakers;
  const turns: Turn[] = [];
  const seen = new Set<string>();
  const open = new Map<number, Effect>();
  const ours = ownWords(bots, recorded);
  const repeated = repeatedInputs(history);
  const heard = heardMessages(history);
  /** Places of visitors' messages by hash: what became of one is known later. */
  const places = new Map<string, number>();
  const imported: { readonly revision: number; readonly message: Message }[] = [];
  let arrived: string[] = [];
  let withPeople = false;
  let stretch: number | undefined;
  const remark = (hashes: readonly string[], text: string): void => {
    for (const hash of hashes) {
      const place = places.get(hash);
      const turn = place === undefined ? undefined : turns[place];
      if (place !== undefined && turn !== undefined) turns[place] = { ...turn, remark: text };
    }
  };
  for (const { event, metadata } of history) {
    const base = { revision: event.revision, at: metadata?.at ?? null };
    const add = (turn: Omit<Turn, 'key' | 'revision' | 'at'> & Partial<Pick<Turn, 'at'>>): void => {
      turns.push({ ...base, key: `${event.revision}-${turns.length}`, ...(withPeople ? { withPeople } : {}), ...turn });
    };
    switch (event.type) {
      case 'InputRecorded':
        arrived = [];
        if (repeated.has(event.revision)) break;
        if (event.data.input.type === 'chat_imported') {
          imported.push(...event.data.input.messages.map((message) => ({ revision: event.revision, message })));
          break;
        }
        for (const message of messagesOf(event.data)) {
          if (!message.hashOfContent && seen.has(message.hash)) continue;
          seen.add(message.hash);
          const side = ours.speaker(message, event.data.input.type !== 'new_message' && event.data.input.type !== 'new_chat');
          if (side === 'known') continue;
          if (side === 'visitor') {
            places.set(message.hash, turns.length);
            arrived.push(message.hash);
          }
          const opening = stretch === undefined ? undefined : turns[stretch];
          if (side === 'operator' && stretch !== undefined && opening !== undefined)
            turns[stretch] = { ...opening, opensUnseen: 'partial' };
          // A report tells later what was said before: its own time, where Webim sent one.
          add({ side, ...messageText(message, t), ...(message.at === undefined ? {} : { at: message.at }) });
        }
        if ('refused' in event.data.input && event.data.input.refused) remark(arrived, t.turn.missed);
        break;
      case 'InputLate':
      case 'InputIgnored':
        // A report that came to nothing may have shown what the bot then heard: nothing is the matter with that.
        remark(
          arrived.filter((hash) => !heard.has(hash)),
          t.event[event.type](event.data as never),
        );
        break;
      case 'WebhookRefused':
        remark(event.data.hashes, t.turn.missed);
        break;
      case 'MessagesSeenByPeople':
        remark(event.data.hashes, t.turn.seenByPeople);
        break;
      case 'EffectOpened':
        open.set(event.data.number, event.data.effect);
        ours.opened(event.data.number, event.data.effect);
        break;
      case 'EffectRetried':
        if (event.data.effect === undefined) break;
        open.set(event.data.number, event.data.effect);
        ours.opened(event.data.number, event.data.effect);
        break;
      case 'EffectSettled': {
        const { outcome } = event.data;
        const reached = outcome === 'accepted' || outcome === 'in_doubt';
        const effect = open.get(event.data.number);
        const said = effect && effectText(effect, t);
        if (ours.settled(event.data.number, reached) || said === undefined) break;
        add({
          side: 'bot',
          ...said,
          ...(outcome === 'in_doubt' ? { remark: t.turn.inDoubt } : {}),
          ...(event.data.crossed ? { remark: t.turn.crossed } : {}),
          ...(reached ? {} : { undelivered: true, remark: t.turn.notDelivered(word(t.words.outcome, outcome)) }),
        });
        break;
      }
      case 'TextDropped':
        add({ side: 'bot', text: event.data.text, undelivered: true, remark: t.turn.dropped });
        break;
      case 'TextHeld':
        add({ side: 'bot', text: event.data.text, undelivered: true, remark: t.turn.held });
        break;
      case 'OwnerChanged': {
        const { owner, operatorId } = event.data;
        const toPeople = owner === 'queue' || owner === 'operator';
        const opens = toPeople && !withPeople;
        if (opens) stretch = turns.length;
        withPeople = toPeople;
        const unseen = opens ? ({ opensUnseen: 'unknown' } as const) : {};
        if (owner === 'queue') add({ side: 'note', text: t.turn.toQueue, ...unseen });
        else if (owner === 'operator')
          add({ side: 'note', text: t.turn.toOperator(operatorId === undefined ? '?' : nameOf(operatorId)), ...unseen });
        else if (owner === 'bot' && turns.length > 1) add({ side: 'note', text: t.turn.toBot });
        break;
      }
      case 'TrialEnded':
        if (event.data.outcome !== 'accepted') break;
        withPeople = false;
        add({ side: 'note', text: t.turn.toBot });
        break;
      case 'DialogClosed':
        withPeople = false;
        add({ side: 'note', text: t.turn.closed });
        break;
      case 'DialogReopened':
        add({ side: 'note', text: t.turn.reopened });
        break;
      case 'ReturnStarted':
        add({ side: 'note', text: t.turn.returned(word(t.words.cause, event.data.cause)) });
        break;
      default:
    }
  }
  for (const { revision, message } of imported) {
    if (!message.hashOfContent && seen.has(message.hash)) continue;
    const side = ours.speaker(message, true);
    if (side === 'known') continue;
    seen.add(message.hash);
    place(turns, { revision, at: message.at ?? null, side, remark: t.turn.imported, ...messageText(message, t) });
  }
  return turns;
};

/** Puts what was read afterwards where it was said, by Webim's own time; without one at the end. */
const place = (turns: Turn[], turn: Omit<Turn, 'key'>): void => {
  const { at } = turn;
  const later = at === null ? -1 : turns.findIndex((one) => one.at !== null && one.at > at);
  const index = later < 0 ? turns.length : later;
  const stretch = turns.slice(0, index).findLastIndex((one) => one.opensUnseen !== undefined);
  const opening = turns[stretch];
  if (turn.side === 'operator' && opening !== undefined) turns[stretch] = { ...opening, opensUnseen: 'imported' };
  const withPeople = turns[index - 1]?.withPeople ?? false;
  turns.splice(index, 0, { key: `${turn.revision}-i${turns.length}`, ...turn, ...(withPeople ? { withPeople } : {}) });
};

/** @returns whether Webim's Stored Data told of the chat here. */
export const isImport = ({ event }: Step): boolean => event.type === 'InputRecorded' && event.data.input.type === 'chat_imported';

/** Revisions of inputs that were recorded as repeats: the visitor wrote that once. */
const repeatedInputs = (history: readonly Step[]): ReadonlySet<number> => {
  const repeated = new Set<number>();
  let input = -1;
  for (const { event, opens } of history) {
    if (opens) input = event.revision;
    else if (event.type === 'InputRepeated' && event.data.what === 'message') repeated.add(input);
  }
  return repeated;
};

/** Hashes of messages that the script took, or that wait for it. */
const heardMessages = (history: readonly Step[]): ReadonlySet<string> =>
  new Set(
    history.flatMap(({ event }) =>
      event.type === 'ScriptAdvanced'
        ? (event.data.message ?? [])
        : event.type === 'MessageQueued'
          ? event.data.hash
          : event.type === 'MessagesQueued'
            ? event.data.hashes
            : [],
    ),
  );

const messagesOf = ({ input }: DomainEventOf<'InputRecorded'>['data']): readonly Message[] =>
  input.type === 'new_message' ? [input.message] : 'messages' in input ? (input.messages ?? []) : [];

/** As it stands in the conversation. */
export const messageText = (message: Message, t: Texts): { text: string; buttons?: readonly string[] } =>
  message.button
    ? { text: '', buttons: [message.button.text ?? message.button.id] }
    : { text: message.text?.trim() ? message.text : message.file ? `${t.turn.file}: ${message.file.name ?? '…'}` : t.turn.erased };

/** @returns undefined for what a visitor never sees. */
const effectText = (effect: Effect, t: Texts): { text: string; buttons?: readonly string[] } | undefined => {
  switch (effect.kind) {
    case 'text':
      return { text: effect.text };
    case 'keyboard':
      return { text: '', buttons: effect.buttons.flat().map((button) => button.text) };
    case 'file':
      return { text: `${t.turn.file}: ${effect.name}` };
    default:
      return undefined;
  }
};
