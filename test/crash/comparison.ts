import type { DomainEventOf, DomainEventType } from '@dialog/contracts/domain-event';
import type { SendEvent } from '@dialog/contracts/send-event';
import type { HistoryEvent } from '../acceptance/history.ts';

/** One webhook as the driver sent it. */
export type SentWebhook = {
  readonly chatId: number;
  readonly name: string;
  /** Of the visitor's message in it, one of its kind in its chat. */
  readonly text: string | undefined;
  readonly answered200: boolean;
};

/** One call of the bot API as the simulated Webim saw it. */
export type SeenCall = {
  readonly chatId: number;
  readonly method: string;
  /** What tells it from others of its chat: the text of a message, the method of another call. */
  readonly what: string;
  /** The visitor saw it, or the chat moved. */
  readonly done: boolean;
};

export type Journals = {
  readonly webhooks: readonly SentWebhook[];
  readonly histories: ReadonlyMap<number, readonly HistoryEvent[]>;
  /** Outbound's own streams, by chat. */
  readonly sends: ReadonlyMap<number, readonly SendEvent[]>;
  readonly calls: readonly SeenCall[];
};

/** What three journals do not agree in; none is what we promise. */
export const compare = (journals: Journals): string[] => {
  const chats = new Set([
    ...journals.histories.keys(),
    ...journals.webhooks.filter((one) => one.answered200).map((one) => one.chatId),
    ...journals.calls.map((one) => one.chatId),
  ]);
  return [...chats].flatMap((chatId) => {
    const events = journals.histories.get(chatId) ?? [];
    const webhooks = journals.webhooks.filter((one) => one.chatId === chatId);
    const calls = journals.calls.filter((one) => one.chatId === chatId);
    const sends = journals.sends.get(chatId) ?? [];
    return [...inputs(webhooks, events), ...order(webhooks, events), ...effects(calls, events), ...results(sends, events)].map(
      (finding) => `chat ${chatId}: ${finding}`,
    );
  });
};

const dataOf = <T extends DomainEventType>(events: readonly HistoryEvent[], type: T): DomainEventOf<T>['data'][] =>
  events.filter((event) => event.type === type).map((event) => event.data as never);

type Taken = {
  readonly name: string;
  readonly text: string | undefined;
  readonly inputId: string;
  readonly as: 'new' | 'repeat' | 'refused' | 'taken_back' | 'late';
};

/** The webhooks that a history has, each with whether it was recognised as one that was there before. */
const taken = (events: readonly HistoryEvent[]): Taken[] =>
  events.flatMap((event, index) => {
    if (event.type !== 'InputRecorded') return [];
    const { input } = event.data;
    if (input.type === 'effect_result' || input.type === 'timer_due' || input.type === 'webhook_refused' || input.type === 'release_parked')
      return [];
    const following = events.slice(index + 1);
    const end = following.findIndex((one) => one.type === 'InputRecorded');
    const decided = end < 0 ? following : following.slice(0, end);
    const text = input.type === 'new_message' ? input.message.text : undefined;
    const has = (type: DomainEventType): boolean => decided.some((one) => one.type === type);
    const refused = 'refused' in input && input.refused === true;
    // Its refusal was taken back: it was taken before, or only its refusal was.
    const as = refused
      ? 'refused'
      : has('WebhookRefusalTakenBack')
        ? 'taken_back'
        : has('InputRepeated')
          ? 'repeat'
          : has('InputLate')
            ? 'late'
            : 'new';
    return [{ name: input.type, text, inputId: input.inputId, as }];
  });

const count = <T>(values: readonly T[], wanted: (value: T) => boolean): number => values.filter(wanted).length;

/** Each webhook answered 200 stands in the history exactly once; one tried again stands there at most once a try, recognised as a repeat. */
const inputs = (webhooks: readonly SentWebhook[], events: readonly HistoryEvent[]): string[] => {
  const findings: string[] = [];
  const there = taken(events);
  const ids = new Set<string>();
  for (const { inputId } of there) {
    if (ids.has(inputId)) findings.push(`the input ${inputId} was applied twice`);
    ids.add(inputId);
  }
  const keys = new Map(webhooks.map((one) => [`${one.name} ${one.text ?? ''}`, one]));
  for (const [key, { name, text }] of keys) {
    const sent = webhooks.filter((one) => one.name === name && one.text === text);
    const answered = count(sent, (one) => one.answered200);
    const recorded = there.filter((one) => one.name === name && one.text === text);
    if (recorded.length < answered) findings.push(`${key}: answered 200 ${answered} times, recorded ${recorded.length} times`);
    if (recorded.length > sent.length) findings.push(`${key}: sent ${sent.length} times, recorded ${recorded.length} times`);
    if (text === undefined || recorded.length === 0) continue;
    const fresh = count(recorded, (one) => one.as === 'new');
    // After the close a message only stands in the history, tried again or not; before it, it counts once.
    const otherwise = count(recorded, (one) => one.as === 'taken_back' || one.as === 'late');
    if (fresh > 1 || (fresh + otherwise === 0 && answered > 0)) findings.push(`${key}: taken as new ${fresh} times`);
  }
  return findings;
};

/** Messages of a chat stand in the order in which they were first answered 200. */
const order = (webhooks: readonly SentWebhook[], events: readonly HistoryEvent[]): string[] => {
  const wanted = webhooks.filter((one) => one.answered200 && one.text !== undefined).map((one) => one.text as string);
  const known = new Set(wanted);
  const recorded = [...new Set(taken(events).flatMap((one) => (one.text === undefined ? [] : [one.text])))].filter((one) => known.has(one));
  const at = [...new Set(wanted)].findIndex((text, index) => recorded[index] !== text);
  return at < 0 || recorded.length < known.size ? [] : [`out of order from ${wanted[at]} on`];
};

type Tally = { accepted: number; inDoubt: number };

/** Every effect has its end, and Webim saw it as often as the history says: sent twice is what the history calls in doubt. */
const effects = (calls: readonly SeenCall[], events: readonly HistoryEvent[]): string[] => {
  const findings: string[] = [];
  const whats = new Map<number, string>();
  const tallies = new Map<string, Tally>();
  const settled = new Set<number>();
  const tallyOf = (number: number): Tally => {
    const what = whats.get(number) ?? '';
    const tally = tallies.get(what) ?? { accepted: 0, inDoubt: 0 };
    tallies.set(what, tally);
    return tally;
  };
  for (const { number, effect } of dataOf(events, 'EffectOpened')) {
    whats.set(number, effect.kind === 'text' ? effect.text : effect.kind);
    tallyOf(number);
  }
  for (const { number, why } of dataOf(events, 'EffectRetried')) if (why === 'in_doubt') tallyOf(number).inDoubt += 1;
  for (const { number, outcome, by } of dataOf(events, 'EffectSettled')) {
    if (settled.has(number)) findings.push(`effect ${number} was settled twice`);
    settled.add(number);
    if (outcome === 'accepted' && by === 'result') tallyOf(number).accepted += 1;
    // Proved by another input while its result was on the way: Webim has it, perhaps more than once.
    if (outcome === 'in_doubt' || by === 'evidence') tallyOf(number).inDoubt += 1;
  }
  for (const number of whats.keys()) if (!settled.has(number)) findings.push(`effect ${number} has no end`);
  const seen = new Map<string, number>();
  for (const { what, done } of calls) if (done) seen.set(what, (seen.get(what) ?? 0) + 1);
  for (const what of new Set([...tallies.keys(), ...seen.keys()])) {
    const { accepted, inDoubt } = tallies.get(what) ?? { accepted: 0, inDoubt: 0 };
    const times = seen.get(what) ?? 0;
    if (times < accepted) findings.push(`"${what}": accepted ${accepted} times, seen by Webim ${times} times`);
    if (times > accepted + inDoubt) {
      findings.push(`"${what}": seen by Webim ${times} times, accepted ${accepted} times and in doubt ${inDoubt} times`);
    }
  }
  return findings;
};

/** What outbound settled and what the dialog was told are the same, attempt by attempt: a result is settled before it is told. */
const results = (sends: readonly SendEvent[], events: readonly HistoryEvent[]): string[] => {
  const findings: string[] = [];
  const settled = new Map<string, string>();
  for (const send of sends) {
    if (send.type !== 'Settled') continue;
    const attempt = `${send.data.number}.${send.data.attempt}`;
    if (settled.has(attempt)) findings.push(`attempt ${attempt} was settled twice by outbound`);
    settled.set(attempt, send.data.result.outcome);
  }
  const told = new Map<string, string>();
  for (const { input } of dataOf(events, 'InputRecorded')) {
    if (input.type === 'effect_result') told.set(`${input.number}.${input.attempt}`, input.outcome);
  }
  for (const attempt of new Set([...settled.keys(), ...told.keys()])) {
    const [one, other] = [settled.get(attempt) ?? 'nothing', told.get(attempt) ?? 'nothing'];
    if (one !== other) findings.push(`attempt ${attempt}: settled by outbound as ${one}, the dialog was told ${other}`);
  }
  return findings;
};
