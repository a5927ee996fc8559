import { randomUUID } from 'node:crypto';
import type { DomainEvent, EventMetadata } from '@dialog/contracts/domain-event';
import type { Effect } from '@dialog/contracts/effects';
import { type AccountId, type ChatId, type DialogId, dialogStream, scriptStream, settingsStream } from '@dialog/contracts/ids';
import type { InboxInput } from '@dialog/contracts/inbox';
import type { Message } from '@dialog/contracts/message';
import { evolve } from '@dialog/domain/evolve';
import { type DialogState, initialDialog, stamp } from '@dialog/domain/state';
import type { EventStore, NewEvent } from '@dialog/event-store/port';
import { pin, settingsOf, supportSource } from './decided-dialog.ts';

const sampleScript = '5c'.repeat(16);
const sampleSettings = '5e'.repeat(16);

type SampleInput = InboxInput extends infer I
  ? I extends InboxInput
    ? Omit<I, 'account' | 'chatId' | 'chatIdForm' | 'inputId' | 'receivedAt'>
    : never
  : never;

/** A dialog's stream made of events by hand; the metadata is what the domain's own fold says. */
export type SampleDialog = {
  readonly id: DialogId;
  readonly stream: string;
  /** One append: the input, `afterMs` after the one before, and what followed. */
  readonly input: (afterMs: number, input: SampleInput, ...events: readonly DomainEvent[]) => SampleDialog;
  readonly appends: readonly (readonly NewEvent[])[];
  readonly state: () => DialogState;
  /** Writes what was not written yet. */
  readonly writeTo: (store: EventStore) => Promise<void>;
};

export const aDialog = (account: string, chatId: string, startAt: number): SampleDialog => {
  const id: DialogId = { account: account as AccountId, chatId: chatId as ChatId };
  const appends: NewEvent[][] = [];
  let state: DialogState = initialDialog;
  let at = startAt;
  let written = 0;
  let writtenRevision = -1;
  const dialog: SampleDialog = {
    id,
    stream: dialogStream(id),
    input: (afterMs, given, ...events) => {
      at += afterMs;
      const input = {
        ...given,
        account,
        chatId,
        chatIdForm: 'number',
        inputId: `in-${account}-${chatId}-${appends.length}`,
        receivedAt: at - 4,
      } as InboxInput;
      const recorded: DomainEvent = {
        type: 'InputRecorded',
        data: { input, at, settings: sampleSettings, ...(appends.length === 0 ? { script: sampleScript } : {}) },
      };
      const append = [recorded, ...events].map((event): NewEvent => {
        state = evolve(state, event);
        const metadata: EventMetadata = {
          $correlationId: `${account}:${chatId}`,
          $causationId: input.inputId,
          schemaVersion: 1,
          producer: 'sample',
          at,
          ...stamp(state),
        };
        return { id: randomUUID(), type: event.type, data: event.data, metadata };
      });
      appends.push(append);
      return dialog;
    },
    appends,
    state: () => state,
    writeTo: async (store) => {
      await pin(store, scriptStream(sampleScript), 'ScriptRegistered', { source: supportSource });
      await pin(store, settingsStream(sampleSettings), 'SettingsRegistered', { settings: settingsOf(account) });
      for (; written < appends.length; written++) {
        const append = appends[written] ?? [];
        await store.append(dialog.stream, append, writtenRevision === -1 ? 'no_stream' : writtenRevision);
        writtenRevision += append.length;
      }
    },
  };
  return dialog;
};

export const visitorSays = (text: string, hash = randomUUID().slice(0, 16)): Message => ({
  hash,
  hashOfContent: false,
  kind: 'visitor',
  side: 'visitor',
  text,
  id: hash,
});
export const operatorSays = (text: string, operatorId = '7'): Message => ({
  hash: randomUUID().slice(0, 16),
  hashOfContent: false,
  kind: 'operator',
  side: 'operator',
  text,
  operatorId,
});
export const newChat = (...messages: readonly Message[]): SampleInput => ({
  type: 'new_chat',
  messages: [...messages],
  bodyHash: randomUUID(),
  webimVersion: '10.5.62',
  visitor: { hash: 'aa11bb22cc33dd44' },
});
export const newMessage = (message: Message): SampleInput => ({ type: 'new_message', message });
export const assigned = (operatorId: string): SampleInput => ({ type: 'chat_assigned', operatorId, bodyHash: randomUUID() });
export const closedChat = (...messages: readonly Message[]): SampleInput => ({
  type: 'chat_closed',
  bodyHash: randomUUID(),
  messages: [...messages],
});
export const result = (number: number, more: Partial<Extract<SampleInput, { type: 'effect_result' }>> = {}): SampleInput => ({
  type: 'effect_result',
  number,
  attempt: 1,
  epoch: 1,
  outcome: 'accepted',
  status: 200,
  ...more,
});
const timerDue = (dueAt: number): SampleInput => ({ type: 'timer_due', dueAt });

export const started: readonly DomainEvent[] = [
  { type: 'DialogStarted', data: { script: sampleScript, incomplete: false, visitor: 'aa11bb22cc33dd44' } },
  { type: 'OwnerChanged', data: { owner: 'bot', cause: 'start' } },
];
export const opened = (number: number, effect: Effect, purpose: 'reply' | 'handover' = 'reply'): DomainEvent => ({
  type: 'EffectOpened',
  data: { number, effect, purpose, ...(purpose === 'reply' ? { expiresAt: 4_000_000_000_000 } : {}) },
});
export const settled = (number: number, outcome: 'accepted' | 'refused' | 'in_doubt' | 'suppressed' = 'accepted'): DomainEvent => ({
  type: 'EffectSettled',
  data: { number, attempt: 1, outcome, by: 'result' },
});
const advanced = (trigger: string, step: string | null, variables: Record<string, string> = {}): DomainEvent => ({
  type: 'ScriptAdvanced',
  data: {
    trigger,
    outcome: step === null ? 'idle' : 'waiting',
    cursor: step === null ? null : { step, waitsFor: 'press', attempts: 0 },
    fallbackStreak: 0,
    keyboard: null,
    variables,
    trace: {
      won: trigger,
      lost: [{ trigger: 'text scripts.to_human', reason: 'no pattern matched' }],
      steps: [{ step: step ?? 'scripts.menu.steps[0]', line: 14 }],
    },
  },
});

const menu: Effect = {
  kind: 'keyboard',
  buttons: [
    [
      { id: 'order', text: 'Где мой заказ?' },
      { id: 'price', text: 'Прайс-лист' },
    ],
    [{ id: 'human', text: 'Позвать человека' }],
  ],
};

/** A whole life: bot, handover, operator, final close, flag reset, Return. */
export const wholeLife = (account: string, chatId: string, startAt: number): SampleDialog =>
  aDialog(account, chatId, startAt)
    .input(
      0,
      newChat(visitorSays('Здравствуйте!')),
      ...started,
      { type: 'DeadlineSet', data: { name: 'auto_close', at: startAt + 3_630_000 } },
      advanced('chat_start', 'scripts.menu.steps[1]'),
      opened(1, { kind: 'text', text: 'Добрый день! Это магазин «Тёплый дом». Чем помочь?' }),
      opened(2, menu),
    )
    .input(180, result(1), settled(1))
    .input(140, result(2), settled(2))
    .input(
      9_000,
      newMessage({ ...visitorSays('Где мой заказ?'), kind: 'keyboard_response', button: { id: 'order', text: 'Где мой заказ?' } }),
      advanced('button order', 'scripts.order_status.steps[0]'),
      opened(3, { kind: 'text', text: 'Пришлите номер заказа, пожалуйста.' }),
    )
    .input(150, result(3), settled(3))
    .input(
      14_000,
      newMessage(visitorSays('48213')),
      advanced('ask order_status.ask_no', null, { order_no: '48213' }),
      { type: 'Marked', data: { name: 'order_asked' } },
      opened(4, { kind: 'text', text: 'Заказ 48213 собран и ждёт отправки.' }),
    )
    .input(130, result(4), settled(4))
    .input(
      21_000,
      newMessage(visitorSays('Позовите человека, посылка нужна завтра')),
      advanced('text scripts.to_human', 'scripts.to_human.steps[1]'),
      opened(5, { kind: 'text', text: 'Зову коллегу, он ответит здесь же.' }),
      opened(6, { kind: 'redirect', department: 'sales' }, 'handover'),
    )
    .input(160, result(5), settled(5))
    .input(
      200,
      result(6),
      settled(6),
      { type: 'OwnerChanged', data: { owner: 'queue', cause: 'handover' } },
      { type: 'FlagSet', data: { episode: 2, cause: 'handover' } },
      { type: 'DeadlineSet', data: { name: 'no_operator', at: startAt + 350_000 } },
    )
    .input(31_000, assigned('7'), { type: 'OwnerChanged', data: { owner: 'operator', operatorId: '7', cause: 'assigned' } })
    .input(
      640_000,
      closedChat(operatorSays('Отправим курьером, будет завтра до обеда.'), visitorSays('Спасибо!')),
      { type: 'DialogClosed', data: { cause: 'webim', final: true } },
      { type: 'FlagReset', data: { episode: 2, cause: 'final_close' } },
      { type: 'ReturnStarted', data: { episode: 2, cause: 'final_close', script: 'after_close' } },
      advanced('returned final_close', null),
      { type: 'TextDropped', data: { text: 'Оцените, пожалуйста, разговор.', reason: 'deliver_drop' } },
    );

export const inQueue = (account: string, chatId: string, startAt: number): SampleDialog =>
  aDialog(account, chatId, startAt)
    .input(
      0,
      newChat(visitorSays('Оператора!')),
      ...started,
      advanced('text scripts.to_human', 'scripts.to_human.steps[0]'),
      opened(1, { kind: 'redirect' }, 'handover'),
    )
    .input(
      220,
      result(1),
      settled(1),
      { type: 'OwnerChanged', data: { owner: 'queue', cause: 'handover' } },
      { type: 'FlagSet', data: { episode: 2, cause: 'handover' } },
      { type: 'DeadlineSet', data: { name: 'no_operator', at: startAt + 300_000 } },
    );

export const withBot = (account: string, chatId: string, startAt: number): SampleDialog =>
  aDialog(account, chatId, startAt)
    .input(
      0,
      newChat(visitorSays('Сколько стоит доставка?')),
      ...started,
      advanced('text scripts.price', 'scripts.price.steps[1]'),
      opened(1, { kind: 'text', text: 'Доставка по городу — 300 ₽.' }),
    )
    .input(150, result(1, { outcome: 'in_doubt', code: 'timeout' }), {
      type: 'EffectRetried',
      data: { number: 1, attempt: 2, why: 'in_doubt', code: 'timeout' },
    })
    .input(900, result(1, { attempt: 2 }), { type: 'EffectSettled', data: { number: 1, attempt: 2, outcome: 'accepted', by: 'result' } });

export const overdue = (account: string, chatId: string, startAt: number): SampleDialog =>
  inQueue(account, chatId, startAt)
    .input(4_000, assigned('12'), { type: 'OwnerChanged', data: { owner: 'operator', operatorId: '12', cause: 'assigned' } })
    .input(
      3_630_000,
      timerDue(startAt + 3_630_000),
      { type: 'DeadlineFired', data: { name: 'auto_close', at: startAt + 3_630_000, lateMs: 12 } },
      { type: 'CloseOverdue', data: { cause: 'close_handler_or_category' } },
    );

export const parked = (account: string, chatId: string, startAt: number): SampleDialog =>
  withBot(account, chatId, startAt).input(5_000, newMessage(visitorSays('?')), {
    type: 'DialogParked',
    data: { reason: 'decide_failed', inputId: 'in-x' },
  });

export const released = (account: string, chatId: string, startAt: number): SampleDialog =>
  parked(account, chatId, startAt).input(
    9_000,
    { type: 'release_parked', by: 'ops', reason: 'repaired' },
    { type: 'DialogReleased', data: { by: 'ops', applied: 1, skipped: 0 } },
  );

export const unseen = (account: string, chatId: string, startAt: number): SampleDialog =>
  aDialog(account, chatId, startAt).input(
    0,
    { type: 'chat_started', bodyHash: 'b' },
    { type: 'UnseenChatRecorded', data: { kind: 'chat_started', closed: false } },
  );
