import type { Clock } from '@dialog/contracts/clock';
import type { SimulatedAccount } from './account.ts';
import { isOpen, type SimulatedChat, type SimulatedMessage, type SimulatedVisitor } from './chat.ts';
import type { Deliveries } from './deliveries.ts';
import type { Knobs } from './knobs.ts';

export type Timeouts = {
  /** «Тайм-аут автозакрытия чата с момента последней активности», ms; 0: off. */
  readonly inactivityMs: number;
  /** closed_by_operator → closed, ms; 0: off. */
  readonly closedByOperatorMs: number;
  /** Webim looks at its timers so often, ms. */
  readonly gridMs: number;
};

/** What the bot API says of a call. */
export type BotAnswer = { readonly error?: string; readonly desc?: string };
export type BotMessage = { readonly kind?: unknown; readonly text?: unknown; readonly buttons?: unknown; readonly data?: unknown };

type Dependencies = {
  readonly account: SimulatedAccount;
  readonly clock: Clock;
  readonly knobs: () => Knobs;
  readonly timeouts: () => Timeouts;
  readonly deliveries: Deliveries;
  readonly firstChatId: number;
  /** What a former simulator left. */
  readonly before?: KeptWorld;
  readonly onChanged: () => void;
};

/** What of it outlives a restart. */
export type KeptWorld = { readonly visitors: readonly SimulatedVisitor[]; readonly chats: readonly SimulatedChat[] };

/** Webim's own life of chats (webim-protocol §6, §7, §9): who has one, when it closes, whom it tells. */
export type Webim = ReturnType<typeof webimWorld>;

export const webimWorld = ({ account, clock, knobs, timeouts, deliveries, before, onChanged, ...dependencies }: Dependencies) => {
  const chats = new Map(before?.chats.map((chat) => [chat.id, chat]));
  const visitors = new Map(before?.visitors.map((visitor) => [visitor.id, visitor]));
  // A clock that ran fast had given numbers of a time that is yet to come.
  const firstChatId = Math.max(dependencies.firstChatId, ...[...chats.keys()].map((id) => id + 1));
  let nextChatId = firstChatId;
  let nextMessageId = 1;

  const chatOf = (id: number | string): SimulatedChat => {
    const chat = chats.get(Number(id));
    if (chat === undefined) throw new Error(`there is no chat ${id}`);
    return chat;
  };

  const add = (chat: SimulatedChat, message: Omit<SimulatedMessage, 'id' | 'at'>): SimulatedMessage => {
    const whole = { id: `m${firstChatId}x${nextMessageId++}`, at: clock.now(), ...message };
    chat.messages.push(whole);
    chat.lastActivityAt = whole.at;
    onChanged();
    return whole;
  };

  const idForBot = (chat: SimulatedChat): number | string => (knobs().chatIdForm === 'number' ? chat.id : String(chat.id));
  const forBot = (message: SimulatedMessage): unknown => ({
    ...(knobs().messagesWithoutId ? {} : { id: message.id }),
    kind: message.kind,
    ...(message.text === undefined ? {} : { text: message.text }),
    ...(message.data === undefined ? {} : { data: message.data }),
  });

  const newChat = (chat: SimulatedChat): void => {
    deliveries.webhook(chat, 'new_chat', {
      event: 'new_chat',
      chat: { id: idForBot(chat) },
      visitor: { id: chat.visitor.id, fields: chat.visitor.fields },
      ...(knobs().newChatWithoutMessages ? {} : { messages: chat.messages.filter((one) => one.kind !== 'keyboard').map(forBot) }),
    });
  };

  const handler = (chat: SimulatedChat, name: 'chat_started' | 'chat_assigned' | 'chat_closed'): void => {
    const { handlerTimes, closeReasonShown } = knobs();
    const time = { chat_started: 'started_at', chat_assigned: 'assigned_at', chat_closed: 'closed_at' }[name];
    deliveries.handler(chat, name, {
      ...chatObject(chat),
      ...(handlerTimes ? { [time]: new Date(clock.now()).toISOString() } : {}),
      ...(name === 'chat_closed' && closeReasonShown && chat.closedBy !== null ? { closed_by: chat.closedBy } : {}),
    });
  };

  /** The chat as the Stored Data API has it (webim-protocol §8). */
  const chatObject = (chat: SimulatedChat): Record<string, unknown> => ({
    id: chat.id,
    created_at: new Date(chat.createdAt).toISOString(),
    operator_id: chat.operatorId,
    state: chat.state,
    visitor: chat.visitor,
    messages: chat.messages.map((message) => ({
      id: message.id,
      kind: message.kind,
      message: message.text ?? '',
      created_at: new Date(message.at).toISOString(),
      ...(message.data === undefined ? {} : { data: message.data }),
      ...(message.operatorId === undefined ? {} : { operator_id: message.operatorId }),
    })),
  });

  const assign = (chat: SimulatedChat, operatorId: number): void => {
    chat.operatorId = operatorId;
    chat.state = operatorId === account.botOperatorId ? 'chatting_with_robot' : 'chatting';
    chat.softClosedAt = null;
    chat.lastActivityAt = clock.now();
    if (knobs().sendsAssigned && (operatorId !== account.botOperatorId || knobs().assignedForBot)) handler(chat, 'chat_assigned');
    onChanged();
  };

  const toQueue = (chat: SimulatedChat, department: string): void => {
    chat.state = 'queue';
    chat.department = department;
    chat.operatorId = null;
    chat.lastActivityAt = clock.now();
    onChanged();
  };

  const toBot = (chat: SimulatedChat): void => {
    chat.department = 'bot';
    assign(chat, account.botOperatorId);
  };

  const finalClose = (chat: SimulatedChat, by: NonNullable<SimulatedChat['closedBy']>): void => {
    if (!isOpen(chat)) return;
    chat.closedBy ??= by;
    chat.state = 'closed';
    chat.closedAt = clock.now();
    if (knobs().sendsClosed) handler(chat, 'chat_closed');
    onChanged();
  };

  const softClose = (chat: SimulatedChat, by: 'operator' | 'visitor'): void => {
    chat.closedBy = by;
    if (knobs().closesFinallyAtOnce) return finalClose(chat, by);
    chat.state = 'closed_by_operator';
    chat.softClosedAt = clock.now();
    onChanged();
  };

  const reopen = (chat: SimulatedChat): void => {
    if (chat.state !== 'closed_by_operator') return;
    chat.softClosedAt = null;
    chat.closedBy = null;
    const toTheBot = chat.operatorId === account.botOperatorId || knobs().reopenedGoesTo === 'bot';
    chat.state = toTheBot ? 'chatting_with_robot' : 'chatting';
    if (toTheBot) chat.operatorId = account.botOperatorId;
  };

  const startChat = (visitor: SimulatedVisitor): SimulatedChat => {
    const now = clock.now();
    const chat: SimulatedChat = {
      id: nextChatId++,
      visitor,
      state: 'queue',
      department: 'bot',
      operatorId: null,
      messages: [],
      createdAt: now,
      lastActivityAt: now,
      softClosedAt: null,
      closedAt: null,
      closedBy: null,
    };
    chats.set(chat.id, chat);
    return chat;
  };

  /** The newest chat that the visitor's message goes to; a new one where the last is closed. */
  const said = (chat: SimulatedChat, message: Omit<SimulatedMessage, 'id' | 'at'>): SimulatedChat => {
    if (!isOpen(chat)) return openChat(chat.visitor, message);
    reopen(chat);
    const added = add(chat, message);
    if (chat.state === 'chatting_with_robot') {
      deliveries.webhook(chat, 'new_message', { event: 'new_message', chat_id: idForBot(chat), message: forBot(added) });
    }
    return chat;
  };

  const openChat = (visitor: SimulatedVisitor, message?: Omit<SimulatedMessage, 'id' | 'at'>): SimulatedChat => {
    const chat = startChat(visitor);
    if (message !== undefined) add(chat, message);
    if (knobs().sendsStarted) handler(chat, 'chat_started');
    toBot(chat);
    newChat(chat);
    return chat;
  };

  const notTheBots = (chat: SimulatedChat | undefined): BotAnswer | undefined => {
    if (chat === undefined) return { error: 'chat-not-found', desc: 'no such chat' };
    if (!isOpen(chat)) return { error: knobs().closedCode, desc: 'the chat is closed' };
    if (chat.state !== 'chatting_with_robot') return { error: knobs().notOwnedCode, desc: 'the chat is not assigned to the bot' };
    return undefined;
  };

  return {
    chats: () => [...chats.values()],
    chat: chatOf,
    chatObject,
    visitors: () => [...visitors.values()],

    // The visitor
    newVisitor: (fields: Readonly<Record<string, string>> = {}): SimulatedVisitor => {
      const start = `v${firstChatId}`;
      const visitor = { id: start + String(visitors.size).padStart(32 - start.length, '0'), fields };
      visitors.set(visitor.id, visitor);
      onChanged();
      return visitor;
    },
    open: (visitorId: string, text?: string): SimulatedChat => {
      const visitor = visitors.get(visitorId);
      if (visitor === undefined) throw new Error(`there is no visitor ${visitorId}`);
      return openChat(visitor, text === undefined ? undefined : { kind: 'visitor', text });
    },
    say: (chatId: number, text: string): SimulatedChat => said(chatOf(chatId), { kind: 'visitor', text }),
    press: (chatId: number, buttonId: string): SimulatedChat => {
      const chat = chatOf(chatId);
      const buttons = chat.messages.flatMap((message) => (message.buttons ?? []).flat());
      const button = buttons.find((one) => one.id === buttonId);
      return said(chat, { kind: 'keyboard_response', data: { button: { id: buttonId, text: button?.text ?? buttonId } } });
    },
    sendFile: (
      chatId: number,
      file = { url: 'https://demo.webim.ru/files/1', name: 'чек.pdf', media_type: 'application/pdf', size: 48211 },
    ): SimulatedChat => said(chatOf(chatId), { kind: 'file_visitor', data: file }),
    /** A webhook as Webim would send it, whatever the state: repeats, messages on the wire. */
    sendNewMessage: (chatId: number, message: Record<string, unknown>): void => {
      const chat = chatOf(chatId);
      deliveries.webhook(chat, 'new_message', { event: 'new_message', chat_id: idForBot(chat), message });
    },
    repeatNewChat: (chatId: number): void => newChat(chatOf(chatId)),
    sendHandler: (chatId: number, name: 'chat_started' | 'chat_assigned' | 'chat_closed'): void => handler(chatOf(chatId), name),

    // The operator's desk
    take: (chatId: number, operatorId: number): void => assign(chatOf(chatId), operatorId),
    answer: (chatId: number, operatorId: number, text: string): void => {
      const chat = chatOf(chatId);
      reopen(chat);
      add(chat, { kind: 'operator', text, operatorId });
    },
    redirectToBot: (chatId: number): void => {
      const chat = chatOf(chatId);
      toBot(chat);
      newChat(chat);
    },
    redirectToOperator: (chatId: number, operatorId: number): void => assign(chatOf(chatId), operatorId),
    redirectToDepartment: (chatId: number, department: string): void => toQueue(chatOf(chatId), department),
    close: (chatId: number): void => softClose(chatOf(chatId), 'operator'),
    closeByVisitor: (chatId: number): void => softClose(chatOf(chatId), 'visitor'),
    closeFinally: (chatId: number, by: 'operator' | 'inactivity_timer' = 'operator'): void => finalClose(chatOf(chatId), by),

    /** A webhook got no proper answer: the chat goes to people (webim-protocol §2.5). */
    takeAway: (chat: SimulatedChat): void => {
      if (chat.state === 'chatting_with_robot') toQueue(chat, 'operatory');
    },

    /** Webim's timers: looked at on a grid, so each fires up to a grid late. */
    lookAtTimers: (): void => {
      const now = clock.now();
      const { inactivityMs, closedByOperatorMs } = timeouts();
      if (knobs().mandatoryCategory) return;
      for (const chat of chats.values()) {
        if (!isOpen(chat)) continue;
        const soft = chat.softClosedAt;
        if (soft !== null && closedByOperatorMs > 0 && now - soft >= closedByOperatorMs) finalClose(chat, 'operator');
        else if (soft === null && inactivityMs > 0 && now - chat.lastActivityAt >= inactivityMs) finalClose(chat, 'inactivity_timer');
      }
    },

    // The bot
    sendMessage: (chatId: unknown, message: BotMessage): BotAnswer => {
      const chat = chats.get(Number(chatId));
      const refused = notTheBots(chat);
      if (refused !== undefined || chat === undefined) return refused ?? {};
      const operatorId = account.botOperatorId;
      switch (message.kind) {
        case 'operator':
          if (typeof message.text !== 'string' || message.text === '') return { error: 'message_empty' };
          if (message.text.length > 4000) return { error: 'max-message-length-exceeded' };
          add(chat, { kind: 'operator', text: message.text, operatorId });
          return {};
        case 'keyboard': {
          if (knobs().refusesKeyboards || !isKeyboard(message.buttons))
            return { error: knobs().refusalCode || 'wrong-argument-value', desc: 'buttons' };
          add(chat, { kind: 'keyboard', buttons: message.buttons, operatorId });
          return {};
        }
        case 'file_operator': {
          if (knobs().refusesFiles || typeof (message.data as { url?: unknown } | undefined)?.url !== 'string')
            return { error: knobs().refusalCode || 'not_allowed_file_type' };
          add(chat, { kind: 'file_operator', data: message.data, operatorId });
          return {};
        }
        default:
          return { error: 'wrong-argument-value', desc: 'kind' };
      }
    },
    redirectChat: (chatId: unknown, target: { readonly operator_id?: unknown; readonly dep_key?: unknown }): BotAnswer => {
      const chat = chats.get(Number(chatId));
      const takesBack = Number(target.operator_id) === account.botOperatorId;
      if (chat !== undefined && takesBack && chat.state === 'queue') {
        if (!knobs().botMayTakeFromQueue) return { error: knobs().notOwnedCode, desc: 'the chat waits for people' };
        toBot(chat);
        return {};
      }
      const refused = notTheBots(chat);
      if (refused !== undefined || chat === undefined) return refused ?? {};
      if (target.operator_id !== undefined) {
        const operator = account.operators.find((one) => one.id === Number(target.operator_id));
        if (operator === undefined) return { error: 'operator-not-found' };
        assign(chat, operator.id);
        return {};
      }
      if (target.dep_key === undefined) {
        if (!takesQueueRedirect(account.webimVersion)) return { error: 'wrong-argument-value', desc: 'operator_id or dep_key' };
        toQueue(chat, 'operatory');
        return {};
      }
      const department = account.departments.find((one) => one.key === target.dep_key);
      if (department === undefined) return { error: 'department-not-found' };
      if (!department.online && knobs().offlineDepartment === 'refuse') return { error: 'department-offline' };
      toQueue(chat, department.key);
      return {};
    },
    closeChat: (chatId: unknown): BotAnswer => {
      const chat = chats.get(Number(chatId));
      const refused = notTheBots(chat);
      if (refused !== undefined || chat === undefined) return refused ?? {};
      softClose(chat, 'operator');
      return {};
    },
  };
};

const isKeyboard = (buttons: unknown): buttons is { id: string; text: string }[][] =>
  Array.isArray(buttons) &&
  buttons.length > 0 &&
  buttons.length <= 10 &&
  buttons.every((row) => Array.isArray(row) && row.every((one) => typeof one?.id === 'string' && typeof one?.text === 'string'));

/** Without a target a chat goes to the queue only from 10.4 on (webim-protocol §3.2). */
const takesQueueRedirect = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 10 || (major === 10 && minor >= 4);
};
