import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  type AccountId,
  accountIdSchema,
  type ChatId,
  chatIdSchema,
  dialogStream,
  scriptStream,
  settingsStream,
} from '@dialog/contracts/ids';
import { type InboxInput, inboxInputSchema } from '@dialog/contracts/inbox';
import type { Message } from '@dialog/contracts/message';
import { resultInputId } from '@dialog/contracts/outbox';
import type { DialogSettings } from '@dialog/contracts/settings';
import { earliestDeadline } from '@dialog/domain/deadlines';
import { type DecidedEvent, decide } from '@dialog/domain/decide';
import { type DialogState, inFlight, initialDialog, type OpenEffect } from '@dialog/domain/state';
import { canonical } from '@dialog/domain/state-hash';
import type { EventStore, NewEvent } from '@dialog/event-store/port';
import { parseScript, type Script } from '@dialog/script/parse';
import type { StoredEvent } from '../src/api/schemas.ts';

const supportFile = fileURLToPath(new URL('../../standalone/bots/support.yaml', import.meta.url));
/** The script that the engine starts with. */
export const supportSource = await readFile(supportFile, 'utf8');

export const settingsOf = (account: string, more: Partial<DialogSettings> = {}): DialogSettings => ({
  account: accountIdSchema.parse(account),
  botOperatorId: '240001',
  department: 'operatory',
  inlineButtons: true,
  storedData: false,
  autoCloseAfterMs: 3_600_000,
  abandonAfterMs: 86_400_000,
  visitorAnswerMs: 3_000,
  heldTextTtlMs: 2_592_000_000,
  closeAuthority: 'webim',
  noOperatorAfterMs: 180_000,
  handbackGraceMs: 10_000,
  replyTtlMs: 60_000,
  onReplyExpired: 'drop',
  inDoubt: 'resend',
  handlerDelayMs: 6_000,
  webimTimerGridMs: 30_000,
  ...more,
});

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
const visitor = 'aa11bb22cc33dd44';
type Answer = Partial<Extract<InboxInput, { type: 'effect_result' }>>;

/**
 * A dialog decided by the engine's own `decide` on a real script, as the projector does it: so that its history can be
 * replayed and forked. Time moves by `passes` only.
 */
export const decidedDialog = (
  account: string,
  chatId: string,
  startAt: number,
  source = supportSource,
  more: Partial<DialogSettings> = {},
) => {
  const parsed = parseScript(source);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  const script: Script = parsed.script;
  const settings = settingsOf(account, more);
  const scriptHash = hashOf(source);
  const settingsHash = hashOf(canonical(settings));
  const id = { account: account as AccountId, chatId: chatIdSchema.parse(chatId) as ChatId };
  const appends: { readonly at: number; readonly events: readonly DecidedEvent[] }[] = [];
  let state: DialogState = initialDialog;
  let now = startAt;
  let inputs = 0;
  let written = 0;
  let length = 0;

  const take = (fields: object): void => {
    const input = inboxInputSchema.parse({
      ...id,
      chatIdForm: 'number',
      inputId: `in-${chatId}-${++inputs}`,
      receivedAt: now - 7,
      ...fields,
    });
    const decision = decide(state, input, {
      at: now,
      settings,
      settingsHash,
      script,
      scriptHash,
      producer: 'test',
      ...(input.type === 'timer_due' ? { doorsOpenSince: startAt } : {}),
    });
    state = decision.state;
    length += decision.events.length;
    if (decision.events.length > 0) appends.push({ at: now + 9, events: decision.events });
  };
  const head = (): OpenEffect | undefined => (state.status === 'live' ? inFlight(state) : undefined);
  const message = (text: string, more: Partial<Message> = {}): Message => ({
    id: `m${inputs}`,
    hash: hashOf(`${chatId} ${inputs}`).slice(0, 16),
    hashOfContent: false,
    kind: 'visitor',
    side: 'visitor',
    text,
    ...more,
  });

  const dialog = {
    id,
    scriptHash,
    settingsHash,
    settings,
    source,
    take,
    now: () => now,
    /** Events so far. */
    length: () => length,
    state: () => state,
    passes: (ms: number) => {
      now += ms;
      return dialog;
    },
    starts: (...texts: readonly string[]) => {
      take({
        type: 'new_chat',
        messages: texts.map((text) => message(text)),
        bodyHash: `body-${inputs}`,
        webimVersion: '10.5.62',
        visitor: { hash: visitor, fields: { name: 'Ирина Соколова', phone: '+7 912 555-44-33' } },
      });
      // It is the person's first chat: the visitor has nothing for it.
      if (state.status === 'live' && state.start === 'awaits_visitor') {
        now += 40;
        take({ type: 'visitor_answered', visitor, values: {}, knownChange: 0, texts: [] });
      }
      return dialog.delivered();
    },
    says: (text: string) => {
      take({ type: 'new_message', message: message(text) });
      return dialog;
    },
    presses: (button: string, label: string) => {
      take({ type: 'new_message', message: message(label, { kind: 'keyboard_response', button: { id: button, text: label } }) });
      return dialog;
    },
    answers: (answer: Answer) => {
      const open = head();
      if (open === undefined) throw new Error('no effect is on its way');
      const { number, attempt, epoch } = open;
      take({
        type: 'effect_result',
        inputId: resultInputId({ ...id, number, attempt }),
        number,
        attempt,
        epoch,
        sentAt: now - 90,
        ...answer,
      });
      return dialog;
    },
    /** Webim takes all that is on its way. */
    delivered: () => {
      while (head() !== undefined) {
        now += 140;
        dialog.answers({ outcome: 'accepted', status: 200 });
      }
      return dialog;
    },
    assigned: (operatorId: string) => {
      take({ type: 'chat_assigned', operatorId, bodyHash: `body-${inputs}` });
      return dialog;
    },
    closed: (...messages: readonly Message[]) => {
      take({ type: 'chat_closed', bodyHash: `body-${inputs}`, messages });
      return dialog.delivered();
    },
    operatorSays: (text: string): Message => message(text, { side: 'operator', kind: 'operator', operatorId: '7' }),
    wakes: () => {
      now = Math.max(now, earliestDeadline(state) ?? now);
      take({ type: 'timer_due', dueAt: now });
      return dialog;
    },
    stored: (): StoredEvent[] =>
      appends
        .flatMap(({ at, events }) => events.map((event) => ({ at, event })))
        .map(({ at, event: { type, data, metadata } }, revision) => ({
          revision,
          id: `e${revision}`,
          type,
          recordedAt: at,
          data,
          metadata,
        })),
    /** Writes what was not written yet, with the script and the settings that it pins. */
    writeTo: async (store: EventStore) => {
      await pin(store, scriptStream(scriptHash), 'ScriptRegistered', { source });
      await pin(store, settingsStream(settingsHash), 'SettingsRegistered', { settings });
      let revision = appends.slice(0, written).flatMap(({ events }) => events).length - 1;
      for (; written < appends.length; written++) {
        const events = appends[written]?.events ?? [];
        const append = events.map(({ type, data, metadata }): NewEvent => ({ id: crypto.randomUUID(), type, data, metadata }));
        await store.append(dialogStream(id), append, revision === -1 ? 'no_stream' : revision);
        revision += events.length;
      }
      return dialog;
    },
  };
  return dialog;
};

/** Registers what streams pin by hash, once. */
export const pin = async (store: EventStore, stream: string, type: string, data: unknown): Promise<void> => {
  const there = await store.read(stream, { from: 'start', maxCount: 1 });
  if (there.length === 0)
    await store.append(stream, [{ id: crypto.randomUUID(), type, data, metadata: { schemaVersion: 1 } }], 'no_stream');
};

/** A life on the support bot: an order asked, a wrong answer, a phone left; handover, operator, close, Return; every kind of trouble. */
export const supportLife = (account: string, chatId: string, startAt: number) => {
  const dialog = decidedDialog(account, chatId, startAt).starts();
  dialog.passes(8_000).presses('order', 'Где мой заказ?').delivered();
  dialog.passes(11_000).says('не помню').delivered();
  dialog.passes(9_000).says('204512');
  dialog.passes(300).answers({ outcome: 'in_doubt', code: 'timeout' });
  dialog.delivered();
  dialog.passes(21_000).says('перезвоните').delivered();
  dialog.passes(10_000).says('+7 912 555-44-33');
  dialog.passes(200).says('и побыстрее').delivered();
  return dialog;
};

export const handedOver = (account: string, chatId: string, startAt: number) => {
  const dialog = decidedDialog(account, chatId, startAt).starts('Здравствуйте');
  dialog.passes(15_000).presses('order', 'Где мой заказ?').delivered();
  dialog.passes(9_000).says('204512').delivered();
  dialog.passes(25_000).says('позовите оператора').delivered();
  dialog.passes(4_000).says('вы тут?');
  dialog.passes(30_000).assigned('7');
  dialog.passes(1_800_000).closed(dialog.operatorSays('Посылка уже у курьера.'));
  dialog.passes(3_000).says('спасибо!');
  return dialog;
};
