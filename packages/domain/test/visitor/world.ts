import type { DomainEvent } from '@dialog/contracts/domain-event';
import { accountIdSchema, type ChatId, chatIdSchema, type VisitorId } from '@dialog/contracts/ids';
import type { InboxInput } from '@dialog/contracts/inbox';
import { resultInputId } from '@dialog/contracts/outbox';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { VisitorEvent, VisitorInput } from '@dialog/contracts/visitor';
import type { Script } from '@dialog/script/parse';
import { earliestDeadline } from '../../src/deadlines.ts';
import { decide } from '../../src/decide.ts';
import { type DialogState, inFlight, initialDialog, type OpenEffect } from '../../src/state.ts';
import { canonical, stateHash } from '../../src/state-hash.ts';
import { decideVisitor } from '../../src/visitor/decide.ts';
import { visitorHash } from '../../src/visitor/hash.ts';
import { notesToDialogs, notesToVisitor, visitorOf } from '../../src/visitor/notes.ts';
import { earliestExpiry, initialVisitor, type VisitorState } from '../../src/visitor/state.ts';
import { bot } from '../kit/bots.ts';
import { settings as settingsOf } from '../kit/settings.ts';

export const keeper = bot(`
vars:
  phone: { type: text, keep: visitor }
  order: { type: text }
defaults:
  handover: { department: operators }
scripts:
  welcome:
    when: chat_start
    steps: [{ say: "welcome {{ phone }}" }]
  human:
    when: { text: { any_of: [human] } }
    steps: [{ handover: { on_failed: [{ stop: true }] } }]
  phone:
    when: { text: { regex: '^\\+' } }
    steps: [{ ask: { text: which?, save: phone, as: text, on_fail: [{ stop: true }], on_timeout: [{ stop: true }] } }, { say: "noted {{ phone }}" }]
  after:
    when: { returned: { cause: [final_close] } }
    deliver: next_chat
    steps: [{ say: did it help? }]
  what:
    when: { fallback: { streak: 1 } }
    steps: [{ say: "known {{ phone }} {{ order }}" }]
`);

/** Greets without a word: fewer steps between those that matter. */
export const mute = bot(`
vars:
  phone: { type: text, keep: visitor }
scripts:
  welcome:
    when: chat_start
    steps: [{ mark: greeted }]
  after:
    when: { returned: { cause: [final_close] } }
    deliver: next_chat
    steps: [{ say: did it help? }]
  what:
    when: { fallback: { streak: 1 } }
    steps: [{ mark: what }]
`);

const account = accountIdSchema.parse('shop');
export const person: VisitorId = { account, visitor: '0123456789abcdef' };

/** One aggregate with what its inbox holds for it, in order. */
type Dialog = { readonly state: DialogState; readonly events: readonly DomainEvent[]; readonly inbox: readonly InboxInput[] };

/** One person, his chats, and the log between them. Immutable, so that every order can go on from it. */
export type World = {
  readonly now: number;
  readonly visitor: VisitorState;
  readonly events: readonly VisitorEvent[];
  readonly inbox: readonly VisitorInput[];
  readonly dialogs: Readonly<Record<string, Dialog>>;
  /** What Webim took: chat and text, in order. */
  readonly said: readonly { readonly chat: string; readonly text: string; readonly held: boolean; readonly number: number }[];
};

export type Rules = {
  readonly script: Script;
  readonly settings: DialogSettings;
  /** Each note is written twice, as after a crash between two of its steps. */
  readonly twice: boolean;
  /** What Webim answers. */
  readonly answer: (
    chat: string,
    open: OpenEffect,
  ) => { outcome: 'accepted' | 'refused' | 'in_doubt'; reason?: 'chat_closed' | 'not_bots_chat' | 'other' };
};

export const rulesOf = (more: Partial<Rules> = {}): Rules => ({
  script: keeper,
  settings: settingsOf(),
  twice: false,
  answer: () => ({ outcome: 'accepted' }),
  ...more,
});

export const nothingYet: World = { now: 1_000_000_000_000, visitor: initialVisitor, events: [], inbox: [], dialogs: {}, said: [] };

const dialogOf = (world: World, chat: string): Dialog => world.dialogs[chat] ?? { state: initialDialog, events: [], inbox: [] };
const withDialog = (world: World, chat: string, dialog: Dialog): World => ({ ...world, dialogs: { ...world.dialogs, [chat]: dialog } });

/** A chat's input, decided; what it tells the visitor goes into the log. */
const take = (world: World, chat: string, given: InboxInput, rules: Rules): World => {
  const dialog = dialogOf(world, chat);
  const decision = decide(dialog.state, given, {
    at: world.now,
    settings: rules.settings,
    settingsHash: 'settings',
    script: rules.script,
    scriptHash: 'script',
    producer: 'test',
    ...(given.type === 'timer_due' ? { doorsOpenSince: 0 } : {}),
  });
  const visitor = visitorOf(decision.state, given);
  const events = decision.events.map((event, at) => ({ ...event, revision: dialog.events.length + at }));
  const id = { account, chatId: chat as ChatId };
  const notes = visitor === undefined ? [] : notesToVisitor({ id, chatIdForm: 'number', visitor, events, at: world.now });
  const written = notes.flatMap(({ input }) => (rules.twice ? [input, input] : [input]));
  return withDialog({ ...world, inbox: [...world.inbox, ...written] }, chat, {
    ...dialog,
    state: decision.state,
    events: [...dialog.events, ...decision.events],
  });
};

/** The visitor's input, decided; what it tells his chats goes into the log. */
export const takeVisitor = (world: World, input: VisitorInput, rules: Rules): World => {
  const decision = decideVisitor(world.visitor, input, {
    at: world.now,
    settings: rules.settings,
    settingsHash: 'settings',
    producer: 'test',
  });
  const events = decision.events.map((event, at) => ({ ...event, revision: world.events.length + at }));
  let next: World = { ...world, visitor: decision.state, events: [...world.events, ...decision.events] };
  for (const { to, input: note } of notesToDialogs(person, events, world.now)) {
    const dialog = dialogOf(next, to.chatId);
    next = withDialog(next, to.chatId, { ...dialog, inbox: [...dialog.inbox, note, ...(rules.twice ? [note] : [])] });
  }
  return next;
};

const common = (chat: string, inputId: string, at: number) => ({
  inputId,
  account,
  chatId: chatIdSchema.parse(chat),
  chatIdForm: 'number' as const,
  receivedAt: at,
});

export const opens = (world: World, chat: string, rules: Rules): World =>
  take(
    world,
    chat,
    {
      type: 'new_chat',
      ...common(chat, `open-${chat}`, world.now),
      visitor: { hash: person.visitor },
      messages: [],
      bodyHash: `open-${chat}`,
    },
    rules,
  );
export const says = (world: World, chat: string, text: string, rules: Rules): World => {
  const inputId = `says-${chat}-${dialogOf(world, chat).events.length}`;
  const message = { id: inputId, hash: inputId, hashOfContent: false, kind: 'visitor', side: 'visitor' as const, text };
  return take(world, chat, { type: 'new_message', ...common(chat, inputId, world.now), message }, rules);
};
export const assigned = (world: World, chat: string, rules: Rules): World =>
  take(world, chat, { type: 'chat_assigned', ...common(chat, `assigned-${chat}`, world.now), operatorId: 'anna', bodyHash: 'a' }, rules);
export const closes = (world: World, chat: string, rules: Rules): World =>
  take(world, chat, { type: 'chat_closed', ...common(chat, `closed-${chat}`, world.now), bodyHash: 'c' }, rules);

/** A wake of a dialog at its earliest deadline. */
export const wakes = (world: World, chat: string, rules: Rules): World => {
  const due = earliestDeadline(dialogOf(world, chat).state);
  if (due === undefined) return world;
  const at = Math.max(world.now, due);
  return take({ ...world, now: at }, chat, { type: 'timer_due', ...common(chat, `timer-${chat}-${due}`, at), dueAt: due }, rules);
};
/** Time passes the visitor's patience with what he holds. */
export const expires = (world: World, rules: Rules): World => {
  const due = earliestExpiry(world.visitor) ?? world.now + rules.settings.heldTextTtlMs;
  const input: VisitorInput = { type: 'visitor_timer_due', inputId: `expiry-${due}`, ...person, receivedAt: due, dueAt: due };
  return takeVisitor({ ...world, now: Math.max(world.now, due) }, input, rules);
};

/** What a projector or outbound could do next, for each key that has something: every world that can follow. */
export const next = (world: World, rules: Rules): World[] => {
  const following: World[] = [];
  const [first, ...rest] = world.inbox;
  if (first !== undefined) following.push(takeVisitor({ ...world, inbox: rest }, first, rules));
  for (const [chat, dialog] of Object.entries(world.dialogs)) {
    const [note, ...later] = dialog.inbox;
    if (note !== undefined) following.push(take(withDialog(world, chat, { ...dialog, inbox: later }), chat, note, rules));
    const open = dialog.state.status === 'live' ? inFlight(dialog.state) : undefined;
    if (open !== undefined) following.push(answered(world, chat, open, rules));
  }
  return following;
};

const answered = (world: World, chat: string, open: OpenEffect, rules: Rules): World => {
  const expired = open.expiresAt !== null && open.expiresAt < world.now;
  const answer = expired ? { outcome: 'expired' as const } : rules.answer(chat, open);
  const reached = answer.outcome === 'accepted' || answer.outcome === 'in_doubt';
  const said =
    reached && open.effect.kind === 'text' ? [{ chat, text: open.effect.text, held: open.held !== null, number: open.number }] : [];
  const { number, attempt, epoch } = open;
  const inputId = resultInputId({ account, chatId: chat, number, attempt });
  return take(
    { ...world, said: [...world.said, ...said] },
    chat,
    { type: 'effect_result', ...common(chat, inputId, world.now), number, attempt, epoch, ...answer },
    rules,
  );
};

/** Goes on until nothing is left to do, the first of what can be done at a time. */
export const settled = (world: World, rules: Rules): World => {
  for (let at = world, steps = 0; ; steps++) {
    const [one] = next(at, rules);
    if (one === undefined) return at;
    if (steps > 500) throw new Error('it never comes to rest');
    at = one;
  }
};

/** Two worlds with this alike go on alike. */
export const likeness = ({ now, visitor, inbox, dialogs, said }: World): string =>
  canonical({
    now,
    visitor: visitorHash(visitor),
    inbox: inbox.map((note) => note.inputId),
    said,
    dialogs: Object.fromEntries(
      Object.entries(dialogs).map(([chat, dialog]) => [chat, [stateHash(dialog.state), dialog.inbox.map((note) => note.inputId)]]),
    ),
  });
