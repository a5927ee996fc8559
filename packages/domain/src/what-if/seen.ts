import type { DomainEvent } from '@dialog/contracts/domain-event';
import type { Effect } from '@dialog/contracts/effects';
import type { InboxInput } from '@dialog/contracts/inbox';
import type { Message } from '@dialog/contracts/message';

/** One thing that somebody outside the engine sees of a dialog, or that is counted of it. */
export type Seen = {
  /** Time of its input, ms. */
  readonly at: number;
  /** Revision of the event in the recording; in the other telling that of the recorded input, null where no recorded one led to it. */
  readonly revision: number | null;
  readonly who: 'visitor' | 'bot' | 'people' | 'webim' | 'service' | 'engine';
  readonly what:
    | 'chat_began'
    | 'text'
    | 'button'
    | 'file'
    | 'buttons'
    | 'taken'
    | 'closed'
    | 'handover'
    | 'close'
    | 'http'
    | 'owner'
    | 'flag_set'
    | 'flag_reset'
    | 'return'
    | 'mark'
    | 'note'
    | 'held'
    | 'dropped'
    | 'parked';
  readonly text: string;
  /** It did not reach Webim, and how it ended. */
  readonly lost?: string;
  /** Said because of a deadline of the script that was due then, ms. */
  readonly due?: number;
  /** Its result is assumed: no recording tells it. */
  readonly assumed?: true;
};

export type Told = {
  readonly events: readonly DomainEvent[];
  /** Of its events the revision, or null. */
  readonly revisionOf: (at: number) => number | null;
  /** The append stands in the fork by assumption. */
  readonly assumed?: boolean;
};

const timers = new Set(['script', 'no_operator', 'silence']);

/**
 * What is seen of a history, in order.
 * @param botOf by hash of settings: the operator that is the bot; what Webim says of that one is nobody's doing.
 */
export const seenOf = (appends: readonly Told[], botOf: (settings: string) => string | null | undefined): Seen[] => {
  const seen: Seen[] = [];
  const open = new Map<number, number>();
  let now = 0;
  let due: number | undefined;
  for (const { events, revisionOf, assumed } of appends) {
    for (const [index, event] of events.entries()) {
      const add = (who: Seen['who'], what: Seen['what'], text: string): number =>
        seen.push({ at: now, revision: revisionOf(index), who, what, text, ...(due === undefined || who === 'visitor' ? {} : { due }) }) -
        1;
      switch (event.type) {
        case 'InputRecorded':
          now = event.data.at;
          due = undefined;
          for (const [who, what, text] of inputLines(event.data.input, botOf(event.data.settings) ?? undefined)) add(who, what, text);
          break;
        case 'DeadlineFired':
          if (timers.has(event.data.name)) due = event.data.at;
          break;
        case 'EffectOpened': {
          const line = effectLine(event.data.effect);
          if (line !== undefined) open.set(event.data.number, add(...line));
          break;
        }
        case 'EffectSettled': {
          const line = open.get(event.data.number);
          const said = line === undefined ? undefined : seen[line];
          if (line === undefined || said === undefined) break;
          const reached = event.data.outcome === 'accepted' || event.data.outcome === 'in_doubt';
          seen[line] = {
            ...said,
            ...(reached ? {} : { lost: event.data.reason ?? event.data.outcome }),
            ...(assumed === true && event.data.by === 'result' ? { assumed } : {}),
          };
          break;
        }
        case 'OwnerChanged':
          add('engine', 'owner', event.data.owner);
          break;
        case 'FlagSet':
          add('engine', 'flag_set', event.data.cause);
          break;
        case 'FlagReset':
          add('engine', 'flag_reset', event.data.cause);
          break;
        case 'ReturnStarted':
          add('engine', 'return', event.data.cause);
          break;
        case 'Marked':
          add('engine', 'mark', event.data.name);
          break;
        case 'NoteRecorded':
          add('engine', 'note', event.data.text);
          break;
        case 'TextHeld':
          add('bot', 'held', event.data.text);
          break;
        case 'TextDropped':
          add('bot', 'dropped', event.data.text);
          break;
        case 'DialogParked':
          add('engine', 'parked', event.data.reason);
          break;
        default:
      }
    }
  }
  return seen;
};

type Line = readonly [Seen['who'], Seen['what'], string];

const inputLines = (input: InboxInput, bot: string | undefined): readonly Line[] => {
  const isBot = (operatorId: string | undefined): boolean => bot !== undefined && operatorId === bot;
  switch (input.type) {
    case 'new_chat':
      // The bot's words stand where it said them.
      return [['webim', 'chat_began', ''], ...input.messages.filter(({ operatorId }) => !isBot(operatorId)).map(messageLine)];
    case 'new_message':
      return [messageLine(input.message)];
    case 'chat_assigned':
      return isBot(input.operatorId) ? [] : [['people', 'taken', input.operatorId ?? '']];
    case 'chat_closed':
      return [['webim', 'closed', '']];
    default:
      return [];
  }
};

const messageLine = (message: Message): Line => {
  const who = message.side === 'visitor' ? 'visitor' : message.side === 'operator' ? 'people' : 'webim';
  if (message.button !== undefined) return [who, 'button', message.button.text ?? message.button.id];
  if (message.file !== undefined) return [who, 'file', message.file.name ?? message.file.mediaType ?? ''];
  return [who, 'text', message.text ?? ''];
};

const effectLine = (effect: Effect): Line | undefined => {
  switch (effect.kind) {
    case 'text':
      return ['bot', 'text', effect.text];
    case 'keyboard':
      return ['bot', 'buttons', effect.buttons.map((row) => row.map(({ text }) => text).join(' | ')).join('\n')];
    case 'file':
      return ['bot', 'file', effect.name];
    case 'redirect':
      return ['bot', 'handover', effect.department ?? effect.operatorId ?? ''];
    case 'close':
      return ['bot', 'close', ''];
    case 'http':
      return ['service', 'http', `${effect.method} ${effect.url}`];
    case 'query_chat':
      return undefined;
    default:
      effect satisfies never;
      return undefined;
  }
};
