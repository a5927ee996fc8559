import { accountIdSchema, type ChatId, chatIdSchema } from '@dialog/contracts/ids';
import type { EffectResult, InboxInput } from '@dialog/contracts/inbox';
import type { Message } from '@dialog/contracts/message';
import { resultInputId } from '@dialog/contracts/outbox';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { VisitorInput } from '@dialog/contracts/visitor';
import { nextWake } from '@dialog/domain/deadlines';
import { type DecidedEvent, decide } from '@dialog/domain/decide';
import { type DialogState, inFlight, initialDialog, type OpenEffect, parkedHead } from '@dialog/domain/state';
import { decideVisitor } from '@dialog/domain/visitor/decide';
import { notesToDialogs, notesToVisitor } from '@dialog/domain/visitor/notes';
import { earliestExpiry, initialVisitor, type VisitorState } from '@dialog/domain/visitor/state';
import type { Script } from '@dialog/script/parse';
import type { RefusedKind, RefusedReason } from '@dialog/script/script-test';
import type { HttpError, Value } from '@dialog/script/types';
import type { Given } from './given.ts';
import { rehearsalSettings } from './settings.ts';
import { type TranscriptLine, transcriber } from './transcript.ts';

export type RehearsalOptions = {
  readonly script: Script;
  readonly settings?: Partial<DialogSettings>;
  /** Where the clock stands before the first input, ms since the epoch. */
  readonly startAt?: number;
};

/**
 * One person's dialogs in memory on the engine that runs in production: the same `decide`, the same events. Webim is simulated and says yes to
 * everything unless told to refuse; the clock moves only when told. The same givens give the same history, on any machine.
 */
export type Rehearsal = {
  /** @returns the events that it led to. @throws RehearsalError where it makes no sense at this point. */
  readonly take: (given: Given) => readonly DecidedEvent[];
  /** ms since the epoch. */
  readonly now: () => number;
  /** Of the person's newest chat. */
  readonly state: () => DialogState;
  /** Of all chats, in the order of decision; `metadata.$correlationId` tells them apart. */
  readonly history: () => readonly DecidedEvent[];
  readonly transcript: () => readonly TranscriptLine[];
  /** Texts that wait for the person's next chat. */
  readonly held: () => readonly string[];
};

/** A given that makes no sense where it stands: e.g. an answer of a service that nobody asked. */
export class RehearsalError extends Error {
  readonly code = 'rehearsal';
}

/** 2026-01-05T12:00:00Z, a Monday, 15:00 in Moscow: where the clock stands unless told otherwise. */
export const defaultStart = Date.UTC(2026, 0, 5, 12);

/** The person whose chats these are, as the door would name him. */
const visitorHash = '0123456789abcdef';

/** So many decisions for one given; beyond it the script and its deadlines run in a circle. */
const maxDecisions = 10_000;

type Json = NonNullable<EffectResult['http']>['body'];

type Chat = {
  readonly chatId: ChatId;
  state: DialogState;
  /** Of its next event. */
  revision: number;
  /** When the open request of an `http` step is over, ms. */
  httpOver: { readonly number: number; readonly attempt: number; readonly at: number } | null;
};

const newChat = (number: number): Chat => ({
  chatId: chatIdSchema.parse(String(number)),
  state: initialDialog,
  revision: 0,
  httpOver: null,
});

export const rehearse = ({ script, settings: more, startAt = defaultStart }: RehearsalOptions): Rehearsal => {
  const settings = { ...rehearsalSettings, ...more };
  const account = accountIdSchema.parse(settings.account);
  const history: DecidedEvent[] = [];
  const transcript = transcriber(script);
  const refusals: { what: RefusedKind; reason: RefusedReason }[] = [];
  const chats: Chat[] = [newChat(1)];
  let chat = chats[0] as Chat;
  let now = startAt;
  let inputs = 0;
  let decisions = 0;
  const visitor = { account, visitor: visitorHash };
  let person: VisitorState = initialVisitor;
  /** What Webim says of the person with each of his chats; null: nothing. */
  let fields: Readonly<Record<string, string>> | null = null;
  let personRevision = 0;
  /** What the aggregates have to tell each other, in order: through the log in production, at once here. */
  const notes: (() => void)[] = [];

  const decideOne = (of: Chat, input: InboxInput): readonly DecidedEvent[] => {
    decisions += 1;
    if (decisions > maxDecisions) throw new RehearsalError('the script and its deadlines run in a circle');
    const { events, state } = decide(of.state, input, {
      at: now,
      settings,
      settingsHash: 'rehearsal',
      script,
      scriptHash: 'rehearsal',
      producer: 'rehearsal',
      doorsOpenSince: 0,
    });
    of.state = state;
    history.push(...events);
    transcript.follow(events);
    const placed = events.map((event) => ({ ...event, revision: of.revision++ }));
    for (const note of notesToVisitor({
      id: { account, chatId: of.chatId },
      chatIdForm: 'number',
      visitor: visitorHash,
      events: placed,
      at: now,
    })) {
      notes.push(() => decidePerson(note.input));
    }
    return events;
  };

  const decidePerson = (input: VisitorInput): void => {
    const { events, state } = decideVisitor(person, input, { at: now, settings, settingsHash: 'rehearsal', producer: 'rehearsal' });
    person = state;
    for (const { to, input: told } of notesToDialogs(
      visitor,
      events.map((event) => ({ ...event, revision: personRevision++ })),
      now,
    )) {
      const of = chats.find((one) => one.chatId === to.chatId);
      if (of !== undefined) notes.push(() => void decideOne(of, told));
    }
  };

  const common = (of = chat) => ({
    account,
    chatId: of.chatId,
    chatIdForm: 'number' as const,
    inputId: `input-${++inputs}`,
    receivedAt: now,
  });
  /** Webim's own time of an event: later than any before it, so that order is never in doubt. */
  const webimTime = () => now + Math.min(inputs, 900);

  const answer = (of: Chat, open: OpenEffect, result: Pick<EffectResult, 'outcome' | 'reason' | 'code' | 'status' | 'http'>): void => {
    const { number, attempt, epoch } = open;
    const inputId = resultInputId({ account, chatId: of.chatId, number, attempt });
    decideOne(of, { ...common(of), type: 'effect_result', inputId, number, attempt, epoch, ...result });
  };

  const flying = ({ state }: Chat): OpenEffect | undefined =>
    state.status !== 'live' ? undefined : state.parked ? parkedHead(state) : inFlight(state);

  /** Webim answers the next thing that goes out; a request of an `http` step stays open until its answer is given, or its time is over. */
  const deliverOne = (of: Chat): boolean => {
    const open = flying(of);
    if (open === undefined) return false;
    const { effect } = open;
    if (effect.kind === 'http') {
      if (of.httpOver?.number !== open.number || of.httpOver.attempt !== open.attempt) {
        of.httpOver = { number: open.number, attempt: open.attempt, at: now + effect.timeoutMs * (effect.retries + 1) };
        transcript.asked(`${account}:${of.chatId}`, open, now);
      }
      return false;
    }
    const what = refusableOf(effect.kind);
    const at = refusals.findIndex((one) => one.what === what);
    const [refused] = at < 0 ? [] : refusals.splice(at, 1);
    answer(of, open, refused === undefined ? { outcome: 'accepted' } : { outcome: 'refused', reason: refused.reason });
    return true;
  };

  const deliver = (): void => {
    for (;;) {
      const note = notes.shift();
      if (note !== undefined) note();
      else if (!chats.some(deliverOne)) return;
    }
  };

  const openRequest = (): OpenEffect => {
    const open = flying(chat);
    if (open?.effect.kind !== 'http') throw new RehearsalError('no http step waits for an answer here');
    return open;
  };

  const httpOverAt = (of: Chat): number | undefined => (flying(of)?.effect.kind === 'http' ? of.httpOver?.at : undefined);

  /** The chat, or the person where null, whose deadline, or whose request's end, comes first. */
  const next = (): { readonly of: Chat | null; readonly at: number } | undefined => {
    const expiry = earliestExpiry(person);
    let first: { of: Chat | null; at: number } | undefined = expiry === undefined ? undefined : { of: null, at: expiry };
    for (const of of chats) {
      for (const at of [nextWake(of.state, settings, 0), httpOverAt(of)]) {
        if (at !== undefined && (first === undefined || at < first.at)) first = { of, at };
      }
    }
    return first;
  };

  const passesUntil = (until: number): void => {
    for (let wake = next(); wake !== undefined && wake.at <= until; wake = next()) {
      const { of, at } = wake;
      now = Math.max(now, at);
      if (of === null) {
        decidePerson({ ...visitor, type: 'visitor_timer_due', inputId: `input-${++inputs}`, receivedAt: now, dueAt: at });
        deliver();
        continue;
      }
      const open = flying(of);
      const over = httpOverAt(of);
      if (open !== undefined && over !== undefined && over <= now) answer(of, open, { outcome: 'refused', code: 'timeout' });
      else if (decideOne(of, { ...common(of), type: 'timer_due', dueAt: at }).length === 0) break;
      deliver();
    }
    now = until;
  };

  const message = (said: Pick<Message, 'text' | 'button' | 'file'>, kind: string): Message => ({
    id: `m-${inputs + 1}`,
    hash: `m-${inputs + 1}`,
    hashOfContent: false,
    kind,
    side: 'visitor',
    ...said,
  });

  const says = (said: Message): void => {
    begun();
    decideOne(chat, { type: 'new_message', message: said, ...common(), at: webimTime() });
  };

  const begun = (): void => {
    if (chat.state.status === 'absent') throw new RehearsalError('the chat has not begun: chat_start comes first');
  };

  const starts = (at: number | undefined, known: Readonly<Record<string, Value>> | undefined): void => {
    if (at !== undefined && history.length > 0 && at < now) throw new RehearsalError('the clock never runs back');
    if (at !== undefined && history.length > 0) passesUntil(at);
    now = at ?? now;
    fields = known === undefined ? fields : fieldsOf(known);
    decideOne(chat, {
      type: 'new_chat',
      messages: [],
      bodyHash: `chat-${inputs}`,
      visitor: { hash: visitorHash, ...(fields === null ? {} : { fields }) },
      ...common(),
      at: webimTime(),
    });
  };

  /** Variables of the person, as an earlier chat left them. */
  const leftBefore = (values: Readonly<Record<string, Value>>): void =>
    decidePerson({
      ...visitor,
      type: 'visitor_variables_changed',
      inputId: 'before',
      receivedAt: now,
      chatId: chatIdSchema.parse('0'),
      change: 1,
      names: Object.keys(values),
      values: values as Record<string, Json>,
    });

  const handle = (given: Given): void => {
    switch (given.kind) {
      case 'chat_start':
        if (chat.state.status !== 'absent') throw new RehearsalError("the chat has begun already; the person's next chat is new_chat");
        if (given.variables !== undefined) leftBefore(given.variables);
        return starts(given.at, given.visitor);
      case 'new_chat':
        begun();
        chat = newChat(chats.length + 1);
        chats.push(chat);
        return starts(given.at, undefined);
      case 'text':
        return says(message({ text: given.text }, 'visitor'));
      case 'button':
        return says(message({ button: { id: given.id } }, 'keyboard_response'));
      case 'file': {
        const { name, mediaType } = given;
        return says(
          message({ file: { ...(name === undefined ? {} : { name }), ...(mediaType === undefined ? {} : { mediaType }) } }, 'file_visitor'),
        );
      }
      case 'operator_assigned': {
        begun();
        const input = common();
        decideOne(chat, {
          type: 'chat_assigned',
          operatorId: given.operator ?? 'operator',
          bodyHash: input.inputId,
          ...input,
          at: webimTime(),
        });
        return;
      }
      case 'operator_redirect': {
        begun();
        const input = common();
        decideOne(chat, { type: 'new_chat', messages: [], bodyHash: input.inputId, ...input, at: webimTime() });
        return;
      }
      case 'chat_closed': {
        begun();
        const input = common();
        const closedBy = given.by === 'inactivity' ? 'inactivity_timer' : given.by;
        decideOne(chat, {
          type: 'chat_closed',
          bodyHash: input.inputId,
          ...(closedBy === undefined ? {} : { closedBy }),
          ...input,
          at: webimTime(),
        });
        return;
      }
      case 'http_result':
        if ('error' in given) answer(chat, openRequest(), failed(given.error));
        else {
          const { status, body } = given;
          answer(chat, openRequest(), { outcome: 'accepted', status, http: { status, body: body as Json } });
        }
        return;
      case 'no_operator': {
        const waits = chat.state.status === 'live' ? chat.state.deadlines.no_operator : undefined;
        if (waits === undefined) throw new RehearsalError('nobody waits for an operator here');
        return passesUntil(Math.max(now, waits.at));
      }
      case 'later':
        return passesUntil(now + given.ms);
      case 'refuse':
        refusals.push({ what: given.what, reason: given.reason });
        return;
      default:
        given satisfies never;
    }
  };

  return {
    take: (given) => {
      const from = history.length;
      decisions = 0;
      transcript.given(given, (given.kind === 'chat_start' || given.kind === 'new_chat' ? given.at : undefined) ?? now);
      handle(given);
      deliver();
      return history.slice(from);
    },
    now: () => now,
    state: () => chat.state,
    history: () => history,
    transcript: transcript.lines,
    held: () => person.held.map((one) => one.text),
  };
};

/** Webim knows a person's fields as texts alone, and none that is empty. */
const fieldsOf = (known: Readonly<Record<string, Value>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(known).flatMap(([name, value]) =>
      value === null ? [] : [[name, typeof value === 'string' ? value : JSON.stringify(value)]],
    ),
  );

/** As outbound says it: the errors that are outcomes of their own, and those that a code names. */
const failed = (error: HttpError): Pick<EffectResult, 'outcome' | 'code'> =>
  error === 'in_doubt' || error === 'unsupported' || error === 'account_removed' ? { outcome: error } : { outcome: 'refused', code: error };

const refusableOf = (kind: OpenEffect['effect']['kind']): RefusedKind | undefined => {
  switch (kind) {
    case 'text':
    case 'file':
    case 'close':
      return kind;
    case 'keyboard':
      return 'menu';
    case 'redirect':
      return 'handover';
    default:
      return undefined;
  }
};
