import type { InboxInput } from '@dialog/contracts/inbox';
import type { Message } from '@dialog/contracts/message';
import type { DialogSettings } from '@dialog/contracts/settings';
import fc from 'fast-check';
import { earliestDeadline } from '../../src/deadlines.ts';
import { inFlight, type OpenEffect, parkedHead } from '../../src/state.ts';
import { asker, forgetful, pusher, talker } from './bots.ts';
import { aDialog, type Options, type TestDialog } from './dialog.ts';
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
import { anna, boris, botOperator, hour, minute, second } from './settings.ts';

/** One thing that happens to a dialog. What it needs of the dialog (a head to answer, an input to repeat) it takes as it finds it. */
export type Move =
  | { readonly kind: 'wait'; readonly ms: number }
  | {
      readonly kind: 'new_chat';
      readonly messages: readonly Message[];
      readonly body: number;
      readonly refused: boolean;
      readonly webimAt?: number;
      readonly webimVersion?: string;
      readonly fields?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'new_message'; readonly message: Message; readonly refused: boolean; readonly webimAt?: number; readonly late: number }
  | { readonly kind: 'configured'; readonly settings: Partial<DialogSettings> }
  | { readonly kind: 'switched'; readonly type: 'stop_bot' | 'start_bot' }
  | { readonly kind: 'started' }
  | { readonly kind: 'assigned'; readonly operatorId?: string; readonly webimAt?: number; readonly late: number }
  | { readonly kind: 'closed'; readonly closedBy?: 'inactivity_timer' | 'operator'; readonly late: number }
  | { readonly kind: 'refused_mark'; readonly back: number }
  | { readonly kind: 'wake' }
  | { readonly kind: 'until_deadline' }
  | { readonly kind: 'answer'; readonly answer: Answer; readonly waitMs: number }
  | { readonly kind: 'answer_again'; readonly answer: Answer; readonly back: number }
  | { readonly kind: 'redeliver'; readonly back: number }
  /** A record that can't be applied, which may give the chat to the bot; so many records after it are drained before the release is done. */
  | { readonly kind: 'poison'; readonly begins: boolean; readonly drained: number };

const texts = [
  'hello',
  'who',
  'two',
  'quiet',
  'order',
  '12',
  'human',
  'mute human',
  'menu',
  '1',
  'price',
  'bye',
  'mute bye',
  'later',
  'gibberish',
  'pay',
  'pause',
];
/** Few ids, so that some come again. */
const message: fc.Arbitrary<Message> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom(...texts), fc.integer({ min: 0, max: 40 }))
      .map(([text, id]) => visitorMessage(text, `${text}-${id}`)),
  },
  { weight: 2, arbitrary: fc.constantFrom(...texts).map((text) => visitorMessage(text, null)) },
  { weight: 1, arbitrary: fc.constantFrom('greet', 'person', 'gone').map((button) => pressed(button, `press-${button}`)) },
  { weight: 1, arbitrary: fc.constant<Message>({ ...visitorMessage('reply', 'op'), side: 'operator', kind: 'operator' }) },
);
const rarely = fc.integer({ min: 0, max: 11 }).map((die) => die === 0);
const webimAt = fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined });
const late = fc.constantFrom(0, 0, 0, second, minute, hour);
const answer: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 10, arbitrary: fc.constant<Answer>({ outcome: 'accepted' }) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('not_bots_chat', 'chat_closed', 'content', 'other', 'unauthorized')
      .map((reason): Answer => ({ outcome: 'refused', reason: reason as NonNullable<Answer['reason']> })),
  },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom('in_doubt', 'expired', 'suppressed', 'deferred', 'unsupported')
      .map((outcome): Answer => ({ outcome }) as Answer),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(200, 200, 404, 503)
      .map(
        (status): Answer => ({ outcome: status === 503 ? 'deferred' : 'accepted', status, http: { status, body: { state: 'delivered' } } }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('timeout', 'connection', 'rate_limit', 'aborted', 'circuit_open')
      .map((code): Answer => ({ outcome: 'deferred', code })),
  },
  { weight: 1, arbitrary: fc.boolean().map((closed): Answer => ({ outcome: 'accepted', chat: { closed } })) },
);
const given = <T extends object>(from: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  from.map((one) => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)) as T);

const settings: fc.Arbitrary<Partial<DialogSettings>> = fc.record({
  closeAuthority: fc.constantFrom<DialogSettings['closeAuthority']>('webim', 'engine'),
  inDoubt: fc.constantFrom<DialogSettings['inDoubt']>('resend', 'resend', 'park'),
  onReplyExpired: fc.constantFrom<DialogSettings['onReplyExpired']>('handover', 'drop'),
  botOperatorId: fc.constantFrom(botOperator, botOperator, null),
  storedData: fc.boolean(),
  inlineButtons: fc.boolean(),
});

export const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(0, second, 5 * second, 11 * second, minute, 5 * minute, hour).map((ms): Move => ({ kind: 'wait', ms })),
  },
  {
    weight: 3,
    arbitrary: given(
      fc.record({
        kind: fc.constant('new_chat' as const),
        messages: fc.array(message, { maxLength: 3 }),
        webimVersion: fc.constantFrom('10.3.9', '10.5.62', undefined),
        body: fc.integer({ min: 0, max: 4 }),
        refused: rarely,
        webimAt,
        fields: fc.constantFrom({ name: 'Anna' }, { name: 'Anna Petrova', phone: '1' }, undefined),
      }),
    ) as fc.Arbitrary<Move>,
  },
  {
    weight: 8,
    arbitrary: given(
      fc.record({ kind: fc.constant('new_message' as const), message, refused: rarely, webimAt, late }),
    ) as fc.Arbitrary<Move>,
  },
  { weight: 1, arbitrary: fc.constant<Move>({ kind: 'started' }) },
  { weight: 1, arbitrary: fc.constantFrom('stop_bot' as const, 'start_bot' as const).map((type): Move => ({ kind: 'switched', type })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(true as const, undefined)
      .map((botStopped): Move => ({ kind: 'configured', settings: { botStopped } as Partial<DialogSettings> })),
  },
  { weight: 1, arbitrary: settings.map((some): Move => ({ kind: 'configured', settings: some })) },
  {
    weight: 3,
    arbitrary: given(
      fc.record({
        kind: fc.constant('assigned' as const),
        operatorId: fc.constantFrom(anna, anna, boris, botOperator, undefined),
        webimAt,
        late,
      }),
    ) as fc.Arbitrary<Move>,
  },
  {
    weight: 1,
    arbitrary: given(
      fc.record({ kind: fc.constant('closed' as const), closedBy: fc.constantFrom('inactivity_timer', 'operator', undefined), late }),
    ) as fc.Arbitrary<Move>,
  },
  { weight: 1, arbitrary: fc.nat(8).map((back): Move => ({ kind: 'refused_mark', back })) },
  { weight: 1, arbitrary: fc.constant<Move>({ kind: 'wake' }) },
  { weight: 4, arbitrary: fc.constant<Move>({ kind: 'until_deadline' }) },
  { weight: 16, arbitrary: fc.record({ kind: fc.constant('answer' as const), answer, waitMs: fc.constantFrom(0, second, minute) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('answer_again' as const), answer, back: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('redeliver' as const), back: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('poison' as const), begins: fc.boolean(), drained: fc.nat(4) }) },
);

export const options: fc.Arbitrary<Options> = fc.record({
  script: fc.constantFrom(talker, talker, forgetful, pusher, asker, asker),
  settings,
});

export type Taken = { readonly input: InboxInput; readonly at: number };
export type Life = { readonly dialog: TestDialog; readonly taken: readonly Taken[] };

/** Lives a dialog through moves. After each input that appended something `check` looks at it; a parked dialog takes only its release. */
export const live = (given_: Options, moves: readonly Move[], check: (life: Life) => void = () => undefined): Life => {
  const dialog = aDialog(given_);
  const taken: Taken[] = [];
  const attempts: OpenEffect[] = [];
  let inputs = 0;
  let drained = 0;
  const life: Life = { dialog, taken };

  const take = (input: InboxInput, lateMs = 0) => {
    const at = dialog.now() - lateMs;
    const known = taken.some((one) => one.input.inputId === input.inputId);
    const before = dialog.stream().length;
    dialog.take(input, at);
    const appended = dialog.stream().length > before;
    if (known && appended) throw new Error(`a redelivery of ${input.type} appended something`);
    if (!known && !appended && input.type !== 'timer_due') throw new Error(`${input.type} appended nothing`);
    if (appended) {
      if (dialog.stream()[before]?.type !== 'InputRecorded') throw new Error('the first event of an append is not its input');
      taken.push({ input, at });
      check(life);
    }
  };
  const published = (): OpenEffect | undefined => {
    const state = dialog.state();
    if (state.status !== 'live') return undefined;
    if (!state.parked) return inFlight(state);
    // Its own redirect is answered at once; what was on its way has its result among the drained records.
    const own = parkedHead(state);
    return own?.notBefore === null ? own : state.effects.find((open) => open.number === state.onItsWay);
  };
  const from = <T>(list: readonly T[], back: number): T | undefined => list.at(-1 - (back % Math.max(1, list.length)));

  const perform = (one: Move): void => {
    const id = `input-${++inputs}`;
    const now = dialog.now();
    switch (one.kind) {
      case 'wait':
        return dialog.passes(one.ms);
      case 'new_chat':
        return take(
          newChat(id, now, {
            messages: [...one.messages],
            bodyHash: `body-${one.body}`,
            ...(one.webimVersion === undefined ? {} : { webimVersion: one.webimVersion }),
            ...(one.refused ? { refused: true } : {}),
            ...(one.webimAt === undefined ? {} : { at: one.webimAt }),
            ...(one.fields === undefined ? {} : { visitor: { fields: one.fields } }),
          }),
        );
      case 'new_message':
        return take(
          newMessage(id, now, {
            message: one.message,
            ...(one.refused ? { refused: true } : {}),
            ...(one.webimAt === undefined ? {} : { at: one.webimAt }),
          }),
          one.late,
        );
      case 'configured':
        return dialog.configured(one.settings);
      case 'switched':
        return take(switchBot(one.type, id, now));
      case 'started':
        return take(chatStarted(id, now));
      case 'assigned':
        return take(
          chatAssigned(id, now, {
            ...(one.operatorId === undefined ? {} : { operatorId: one.operatorId }),
            ...(one.webimAt === undefined ? {} : { at: one.webimAt }),
          }),
          one.late,
        );
      case 'closed':
        return take(chatClosed(id, now, one.closedBy === undefined ? {} : { closedBy: one.closedBy }), one.late);
      case 'refused_mark':
        return take(webhookRefused(id, now, from(taken, one.back)?.input.inputId ?? 'nothing'));
      case 'wake':
        return take(timerDue(id, now, now));
      case 'until_deadline': {
        const at = earliestDeadline(dialog.state());
        if (at === undefined) return;
        dialog.passes(Math.max(0, at - now));
        return take(timerDue(id, dialog.now(), at));
      }
      case 'answer': {
        const head = published();
        if (head === undefined) return;
        attempts.push(head);
        dialog.passes(one.waitMs);
        const notBefore = one.answer.outcome === 'deferred' ? { notBefore: dialog.now() + minute } : {};
        return take(effectResult(dialog.now(), head, { ...one.answer, ...notBefore }));
      }
      case 'answer_again': {
        const answered = from(attempts, one.back);
        return answered === undefined ? undefined : take(effectResult(now, answered, one.answer));
      }
      case 'poison':
        drained = one.drained;
        dialog.poisoned(one.begins);
        return check(life);
      case 'redeliver': {
        const again = from(taken, one.back);
        return again === undefined ? undefined : take(again.input);
      }
      default:
        one satisfies never;
    }
  };
  for (const one of moves) {
    const state = dialog.state();
    if (state.status === 'live' && state.parked && drained > 0 && one.kind !== 'poison') {
      drained -= 1;
      perform(one);
    } else if (state.status === 'live' && state.parked) take(releaseParked(`input-${++inputs}`, dialog.now()));
    else perform(one);
  }
  return life;
};
