import { accountIdSchema, chatIdSchema } from '@dialog/contracts/ids';
import type { InboxInput } from '@dialog/contracts/inbox';
import type { Message } from '@dialog/contracts/message';
import { resultInputId } from '@dialog/contracts/outbox';
import type { DialogSettings } from '@dialog/contracts/settings';
import { nextWake } from '@dialog/domain/deadlines';
import { type DecidedEvent, decide } from '@dialog/domain/decide';
import { type DialogState, inFlight, initialDialog, type OpenEffect, parkedHead } from '@dialog/domain/state';
import type { Script } from '@dialog/script/parse';
import type { Given, Refusable, RefusalReason } from './given.ts';
import { rehearsalSettings } from './settings.ts';
import { type TranscriptLine, transcriber } from './transcript.ts';

export type RehearsalOptions = {
  readonly script: Script;
  readonly settings?: Partial<DialogSettings>;
  /** Where the clock stands before the first input, ms since the epoch. */
  readonly startAt?: number;
  readonly chatId?: string;
};

/**
 * One dialog in memory on the engine that runs in production: the same `decide`, the same events. Webim is simulated and says yes to
 * everything unless told to refuse; the clock moves only when told. The same givens give the same history, on any machine.
 */
export type Rehearsal = {
  /** @returns the events that it led to. @throws RehearsalError where it makes no sense at this point. */
  readonly take: (given: Given) => readonly DecidedEvent[];
  /** ms since the epoch. */
  readonly now: () => number;
  readonly state: () => DialogState;
  readonly history: () => readonly DecidedEvent[];
  readonly transcript: () => readonly TranscriptLine[];
};

/** A given that makes no sense where it stands: e.g. an answer of a service that nobody asked. */
export class RehearsalError extends Error {
  readonly code = 'rehearsal';
}

/** 2026-03-02 10:00 in Moscow, a Monday: where the clock stands unless told otherwise. */
export const defaultStart = Date.UTC(2026, 2, 2, 7);

/** So many decisions for one given; beyond it the script and its deadlines run in a circle. */
const maxDecisions = 10_000;

export const rehearse = ({ script, settings: more, startAt = defaultStart, chatId = '1' }: RehearsalOptions): Rehearsal => {
  const settings = { ...rehearsalSettings, ...more };
  const dialog = { account: accountIdSchema.parse(settings.account), chatId: chatIdSchema.parse(chatId), chatIdForm: 'number' as const };
  const history: DecidedEvent[] = [];
  const transcript = transcriber(script);
  const refusals: { what: Refusable; reason: RefusalReason }[] = [];
  let state: DialogState = initialDialog;
  let now = startAt;
  let inputs = 0;
  let decisions = 0;
  /** When an open request of an `http` step is over, ms. */
  let httpOverAt: { readonly number: number; readonly attempt: number; readonly at: number } | null = null;

  const decideOne = (input: InboxInput): readonly DecidedEvent[] => {
    decisions += 1;
    if (decisions > maxDecisions) throw new RehearsalError('the script and its deadlines run in a circle');
    const { events, state: after } = decide(state, input, {
      at: now,
      settings,
      settingsHash: 'rehearsal',
      script,
      scriptHash: 'rehearsal',
      producer: 'rehearsal',
      doorsOpenSince: 0,
    });
    state = after;
    history.push(...events);
    transcript.follow(events);
    return events;
  };

  const common = () => ({ ...dialog, inputId: `input-${++inputs}`, receivedAt: now });
  /** Webim's own time of an event: later than any before it, so that order is never in doubt. */
  const webimTime = () => now + Math.min(inputs, 900);

  const answer = (open: OpenEffect, result: object): readonly DecidedEvent[] =>
    decideOne({
      ...dialog,
      type: 'effect_result',
      inputId: resultInputId({ ...dialog, number: open.number, attempt: open.attempt }),
      receivedAt: now,
      number: open.number,
      attempt: open.attempt,
      epoch: open.epoch,
      ...(result as { outcome: 'accepted' }),
    });

  const flying = (): OpenEffect | undefined => (state.status !== 'live' ? undefined : state.parked ? parkedHead(state) : inFlight(state));

  /** Webim answers all that goes out; a request of an `http` step stays open until its answer is given, or its time is over. */
  const deliver = (): void => {
    for (let open = flying(); open !== undefined; open = flying()) {
      const { effect } = open;
      if (effect.kind === 'http') {
        if (httpOverAt?.number !== open.number || httpOverAt.attempt !== open.attempt) {
          httpOverAt = { number: open.number, attempt: open.attempt, at: now + effect.timeoutMs * (effect.retries + 1) };
          transcript.asked(open, now);
        }
        return;
      }
      const what = refusableOf(effect.kind);
      const at = refusals.findIndex((one) => one.what === what);
      const [refused] = at < 0 ? [] : refusals.splice(at, 1);
      answer(open, refused === undefined ? { outcome: 'accepted' } : { outcome: 'refused', reason: refused.reason });
    }
  };

  const openRequest = (): OpenEffect => {
    const open = flying();
    if (open?.effect.kind !== 'http') throw new RehearsalError('no http step waits for an answer here');
    return open;
  };

  const wakeAt = (): number | undefined => {
    const wake = nextWake(state, settings, 0);
    const http = flying()?.effect.kind === 'http' ? httpOverAt?.at : undefined;
    return wake === undefined ? http : http === undefined ? wake : Math.min(wake, http);
  };

  const passes = (ms: number): void => {
    const until = now + ms;
    for (let wake = wakeAt(); wake !== undefined && wake <= until; wake = wakeAt()) {
      now = Math.max(now, wake);
      const open = flying();
      if (open?.effect.kind === 'http' && httpOverAt !== null && httpOverAt.at <= now)
        answer(open, { outcome: 'refused', code: 'timeout' });
      else if (decideOne({ ...common(), type: 'timer_due', dueAt: wake }).length === 0) break;
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
    if (state.status === 'absent') throw new RehearsalError('the chat has not begun: chat_start comes first');
    decideOne({ type: 'new_message', message: said, ...common(), at: webimTime() });
  };

  const handle = (given: Given): void => {
    switch (given.kind) {
      case 'chat_start': {
        if (given.at !== undefined) {
          if (state.status !== 'absent' && given.at < now) throw new RehearsalError('the clock never runs back');
          now = given.at;
        }
        if (state.status !== 'absent') throw new RehearsalError('the chat has begun already');
        const messages = (given.messages ?? []).map((text, at) => ({
          ...message({ text }, 'visitor'),
          id: `m-0-${at}`,
          hash: `m-0-${at}`,
        }));
        decideOne({
          type: 'new_chat',
          messages,
          bodyHash: `chat-${inputs}`,
          ...(given.visitor === undefined ? {} : { visitor: { fields: { ...given.visitor } } }),
          ...common(),
          at: webimTime(),
        });
        return;
      }
      case 'text':
        return says(message({ text: given.text }, 'visitor'));
      case 'button':
        return says(
          message({ button: { id: given.id, ...(given.label === undefined ? {} : { text: given.label }) } }, 'keyboard_response'),
        );
      case 'file': {
        const { name, mediaType, url } = given;
        const file = {
          ...(name === undefined ? {} : { name }),
          ...(mediaType === undefined ? {} : { mediaType }),
          ...(url === undefined ? {} : { url }),
        };
        return says(message({ file }, 'file_visitor'));
      }
      case 'operator_assigned': {
        const input = common();
        decideOne({ type: 'chat_assigned', operatorId: given.operator, bodyHash: input.inputId, ...input, at: webimTime() });
        return;
      }
      case 'operator_redirect': {
        const input = common();
        decideOne({ type: 'new_chat', messages: [], bodyHash: input.inputId, ...input, at: webimTime() });
        return;
      }
      case 'chat_closed': {
        const input = common();
        decideOne({
          type: 'chat_closed',
          bodyHash: input.inputId,
          ...(given.by === undefined ? {} : { closedBy: given.by }),
          ...input,
          at: webimTime(),
        });
        return;
      }
      case 'http_result':
        answer(openRequest(), { outcome: 'accepted', status: given.status, http: { status: given.status, body: given.body } });
        return;
      case 'http_error':
        answer(openRequest(), { outcome: 'refused', code: given.error });
        return;
      case 'later':
        return passes(given.ms);
      case 'refuse':
        refusals.push({ what: given.what, reason: given.reason ?? 'other' });
        return;
      default:
        given satisfies never;
    }
  };

  return {
    take: (given) => {
      const from = history.length;
      decisions = 0;
      transcript.given(given, given.kind === 'chat_start' ? (given.at ?? now) : now);
      handle(given);
      deliver();
      return history.slice(from);
    },
    now: () => now,
    state: () => state,
    history: () => history,
    transcript: transcript.lines,
  };
};

const refusableOf = (kind: OpenEffect['effect']['kind']): Refusable | undefined => {
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
