import type { DomainEventOf, DomainEventType } from '@dialog/contracts/domain-event';
import type { InboxInput, Visitor } from '@dialog/contracts/inbox';
import type { Message } from '@dialog/contracts/message';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { Script } from '@dialog/script/parse';
import { earliestDeadline } from '../../src/deadlines.ts';
import { type DecidedEvent, decide } from '../../src/decide.ts';
import { evolve } from '../../src/evolve.ts';
import { parkDialog } from '../../src/ownership/park.ts';
import { type Pinned, replay } from '../../src/replay.ts';
import { type DialogState, inFlight, initialDialog, type LiveDialog, type OpenEffect } from '../../src/state.ts';
import { stateHash } from '../../src/state-hash.ts';
import { talker } from './bots.ts';
import {
  type Answer,
  chatAssigned,
  chatClosed,
  chatStarted,
  effectResult,
  newChat,
  newMessage,
  pressed,
  releaseParked,
  switchBot,
  timerDue,
  visitorMessage,
  webhookRefused,
} from './inputs.ts';
import { settings as settingsOf } from './settings.ts';

export type Options = { readonly script?: Script; readonly settings?: Partial<DialogSettings> };

/** What Webim's side of a message or chat may carry besides. */
type Said = { readonly id?: string | null; readonly refused?: boolean; readonly webimAt?: number; readonly webimVersion?: string };

export type TestDialog = ReturnType<typeof aDialog>;

/**
 * One dialog under test: it takes inputs through `decide`, folds what came out by `evolve` on its own, keeps the stream,
 * and answers effects as Webim would. Time moves only by `passes`.
 */
export const aDialog = (options: Options = {}) => {
  const script = options.script ?? talker;
  /** All that were ever in force; the place is the hash. */
  const settings = [settingsOf(options.settings)];
  const stream: DecidedEvent[] = [];
  /** What Webim took, in order. */
  const delivered: OpenEffect[] = [];
  let state: DialogState = initialDialog;
  let now = 1_000_000_000_000;
  let inputs = 0;
  let doorsOpenSince: number | null = 0;

  const nextId = () => `input-${++inputs}`;

  /** @returns the types of what was appended, without the input itself. */
  const take = (input: InboxInput, at = now): DomainEventType[] => {
    const decision = decide(state, input, {
      at,
      settings: settings.at(-1) ?? settingsOf(),
      settingsHash: String(settings.length - 1),
      script,
      scriptHash: 'script',
      producer: 'test',
      ...(input.type === 'timer_due' ? { doorsOpenSince } : {}),
    });
    for (const event of decision.events) state = evolve(state, event);
    stream.push(...decision.events);
    if (stateHash(state) !== stateHash(decision.state)) throw new Error(`decide and evolve part at ${input.type}`);
    return decision.events.map((event) => event.type).slice(1);
  };

  /** A record comes that can't be applied; `begins`: it gives the chat to the bot. */
  const poisoned = (begins = true): DomainEventType[] => {
    const place = `dialog.inbox/0/${stream.length}`;
    const events = parkDialog(
      state,
      { input: timerDue(`parked:${place}`, now, now), reason: 'decision_failed', place, begins },
      {
        at: now,
        settings: settings.at(-1) ?? settingsOf(),
        settingsHash: String(settings.length - 1),
        script,
        scriptHash: 'script',
        producer: 'test',
      },
    );
    for (const event of events) state = evolve(state, event);
    stream.push(...events);
    return events.map((event) => event.type);
  };

  const live = (): LiveDialog => {
    if (state.status !== 'live') throw new Error(`the dialog is ${state.status}`);
    return state;
  };
  const head = (): OpenEffect => {
    const open = inFlight(live());
    if (open === undefined) throw new Error('no effect is on its way');
    return open;
  };
  const answerTo = (open: OpenEffect, answer: Answer) => {
    if (answer.outcome === 'accepted' && open.effect.kind !== 'http') delivered.push(open);
    return take(effectResult(now, open, answer));
  };
  const answer = (outcome: Answer['outcome'], more: Omit<Answer, 'outcome'> = {}) => answerTo(head(), { outcome, ...more });
  const of = <T extends DomainEventType>(type: T): DomainEventOf<T>['data'][] =>
    stream.filter((event): event is DecidedEvent & DomainEventOf<T> => event.type === type).map((event) => event.data);
  const messageOf = (text: string | Message, id: string | null | undefined): Message =>
    typeof text === 'string' ? visitorMessage(text, id === undefined ? `m-${inputs + 1}` : id) : text;
  const textOf = ({ effect }: OpenEffect) =>
    effect.kind === 'text' ? effect.text : effect.kind === 'keyboard' ? effect.buttons.flat().map((one) => one.id) : `<${effect.kind}>`;

  const dialog = {
    take,
    poisoned,
    now: () => now,
    passes: (ms: number) => {
      now += ms;
    },
    doorsOpenedAt: (at: number | null) => {
      doorsOpenSince = at;
    },

    newChat: (texts: readonly (string | Message)[] = [], more: Said & { bodyHash?: string; visitor?: Visitor } = {}) => {
      const id = nextId();
      return take(
        newChat(id, now, {
          messages: texts.map((text, at) => messageOf(text, more.id === undefined ? `m-${inputs}-${at}` : more.id)),
          bodyHash: more.bodyHash ?? id,
          ...(more.visitor === undefined ? {} : { visitor: more.visitor }),
          ...(more.refused ? { refused: true } : {}),
          ...(more.webimAt === undefined ? {} : { at: more.webimAt }),
          ...(more.webimVersion === undefined ? {} : { webimVersion: more.webimVersion }),
        }),
      );
    },
    says: (text: string | Message, more: Said = {}) => {
      const message = messageOf(text, more.id);
      return take(
        newMessage(nextId(), now, {
          message,
          ...(more.refused ? { refused: true } : {}),
          ...(more.webimAt === undefined ? {} : { at: more.webimAt }),
          ...(more.webimVersion === undefined ? {} : { webimVersion: more.webimVersion }),
        }),
      );
    },
    presses: (button: string) => dialog.says(pressed(button, `p-${inputs + 1}`)),
    started: () => take(chatStarted(nextId(), now)),
    /** `receivedAt`: when ingress took it, where it waited for the log since. */
    assigned: (operatorId: string | undefined, webimAt?: number, receivedAt = now) =>
      take(
        chatAssigned(nextId(), receivedAt, {
          ...(operatorId === undefined ? {} : { operatorId }),
          ...(webimAt === undefined ? {} : { at: webimAt }),
        }),
      ),
    closed: (closedBy?: 'inactivity_timer' | 'operator' | 'visitor') =>
      take(chatClosed(nextId(), now, closedBy === undefined ? {} : { closedBy })),
    /** The mark of a webhook answered 503 after all; default: the last input. */
    refusedAfterAll: (of = `input-${inputs}`, hashes: string[] = [], receivedAt = now) =>
      take(webhookRefused(nextId(), receivedAt, of, hashes)),
    /** The account's settings change, from the next input on. */
    configured: (more: Partial<DialogSettings>) => {
      settings.push(settingsOf({ ...settings.at(-1), ...more }));
    },
    /** A wake of the dialog now. */
    timerDue: () => take(timerDue(nextId(), now, now)),
    released: () => take(releaseParked(nextId(), now)),
    stopped: () => take(switchBot('stop_bot', nextId(), now)),
    startedAgain: () => take(switchBot('start_bot', nextId(), now)),
    /** Goes to the earliest deadline and wakes there. */
    untilDeadline: () => {
      const at = earliestDeadline(state);
      if (at === undefined) throw new Error('no deadline stands');
      now = Math.max(now, at);
      return dialog.timerDue();
    },

    head,
    answer,
    answerTo,
    /** The host that an `http` step asks, answers. */
    responds: (status: number, body: unknown = {}) => answer('accepted', { status, http: { status, body: body as null } }),
    /** Webim takes all that stands in the queue, up to what waits for its next attempt. */
    accepts: () => {
      while (inFlight(live()) !== undefined && head().effect.kind !== 'http') answer('accepted');
    },

    /** The bot welcomed a visitor who has said nothing yet. */
    welcomed: () => {
      dialog.newChat();
      dialog.accepts();
      return dialog;
    },
    /** A handover that Webim accepted: nobody took it yet. */
    handedOver: () => {
      dialog.welcomed();
      now += 20_000;
      dialog.says('human');
      dialog.accepts();
      return dialog;
    },
    withOperator: (operatorId = 'anna') => {
      dialog.handedOver();
      now += 5_000;
      dialog.assigned(operatorId);
      return dialog;
    },

    state: () => state,
    live,
    owner: () => live().holder.owner,
    epoch: () => live().epoch,
    flag: () => live().flag,
    deadlines: () => live().deadlines,
    /** Of the open effects, in order. */
    open: () => live().effects.map(textOf),
    /** What the visitor reads, in order. */
    heard: () => delivered.map(textOf),
    delivered: (): readonly OpenEffect[] => delivered,
    of,
    stream: (): readonly DecidedEvent[] => stream,
    marks: () => of('Marked').map((marked) => marked.name),
    /** What the stream refers to by hash. */
    pinned: (): Pinned => ({ script: () => script, settings: (hash) => settings[Number(hash)] }),
    /** The inputs of the stream decided again. */
    replayed: () => replay(stream, dialog.pinned(), 'test'),
  };
  return dialog;
};
