import { accessEn } from './access-en.ts';
import { doctorEn } from './doctor-en.ts';
import { findEn } from './find-en.ts';
import { numbersEn } from './numbers-en.ts';
import { opsEn } from './ops-en.ts';
import { problemEn } from './problem-en.ts';
import { replayEn } from './replay-en.ts';
import { type Texts, type Words, word } from './texts.ts';
import { whatIfEn } from './what-if-en.ts';

const owner = { bot: 'Bot', queue: 'Queue', operator: 'Operator', nobody: 'Closed' } as const;
const input: Words = {
  new_chat: 'chat given to the bot',
  new_message: 'message',
  chat_started: 'Webim: chat started',
  chat_assigned: 'Webim: operator assigned',
  chat_closed: 'Webim: chat closed',
  webhook_refused: 'webhook refused',
  chat_imported: 'what Stored Data has',
  timer_due: 'timer',
  effect_result: 'delivery result',
  release_parked: 'release by an operator',
  stop_bot: 'bot stopped by an operator',
  start_bot: 'bot started by an operator',
};
const flagCause: Words = {
  handover: 'handed over by the script',
  operator_assigned: 'an operator took the chat',
  lost: 'the chat was lost to people',
  webhook_refused: 'a webhook was refused',
};
const cause: Words = {
  final_close: 'the chat was closed',
  auto_close_timeout: 'closed by inactivity',
  abandoned: 'abandoned',
  operator_redirect: 'an operator gave the chat back',
  no_operator: 'no operator took it',
  webhook_repeated: 'the refused webhook came again',
  start: 'start',
  handover: 'handover',
};
const deadline: Words = {
  script: 'script waits',
  no_operator: 'no operator',
  auto_close: 'auto-close',
  abandon: 'abandon',
  retry: 'next attempt',
  stored_data: 'ask Webim',
  silence: 'the visitor is silent',
  waiting: 'take the messages that wait',
  visitor: 'what other chats left',
};
const outcome: Words = {
  accepted: 'accepted',
  refused: 'refused',
  in_doubt: 'in doubt',
  expired: 'expired',
  suppressed: 'suppressed',
  deferred: 'deferred',
  unsupported: 'not supported',
  account_removed: 'account removed',
  not_bots_chat: 'people have the chat',
  closed: 'the chat is closed',
};
const effect: Words = {
  text: 'text',
  keyboard: 'buttons',
  file: 'file',
  redirect: 'handover',
  close: 'closing',
  query_chat: 'question to Webim',
  http: 'request to another system',
};
const waitsFor: Words = {
  answer: 'an answer',
  press: 'a button',
  time: 'time',
  message: 'a message',
  handover: 'the handover',
  close: 'the closing',
  http: 'an answer of another system',
};
const ignored: Words = {
  within_handback_grace: 'it was on the wire at the change of owner',
  bot_operator_unknown: 'the bot’s operator is not known',
  bot_has_it: 'the bot has the chat',
  not_newer: 'not newer than what is known',
  not_a_visitor: 'not from a visitor',
  nothing_unseen: 'nothing new in it',
  already_closed: 'already closed',
  unknown_webhook: 'a later webhook shows that the bot has the chat',
  not_parked: 'the dialog is not parked',
  not_started: 'there is no dialog yet',
  as_it_was: 'it was so before',
  not_overdue: 'its close is not overdue',
};
const late: Words = {
  after_close: 'the chat is closed',
  before_handback: 'it is from before the bot got the chat',
  settled: 'that is settled',
};
const overdue: Words = {
  handler_not_configured: 'the closing handler is not configured',
  close_handler_or_category: 'closing handler or mandatory category',
  still_open_in_webim: 'still open in Webim',
  unknown: 'cause unknown',
};
const by: Words = { result: '', evidence: ' (another event proved it)', dropped: ' (never sent)' };
const closing: Words = { webim: 'by Webim', engine: 'by the engine', stored_data: 'as Webim’s data says', abandoned: 'as abandoned' };
const script: Words = {
  waiting: 'waits',
  idle: 'done',
  stopped: 'stopped',
  unmatched: 'nothing matched',
  needs_chat: 'would need an open chat',
  needs_answer: 'would need an answer',
  error: 'error',
};
const trial: Words = {
  accepted: 'the bot has the chat back',
  refused: 'refused, people keep the chat',
  nothing_to_send: 'nothing to send',
  overtaken: 'overtaken',
};

const waiting = (records: number): string => `${records} ${records === 1 ? 'record waits' : 'records wait'}`;

export const en: Texts = {
  title: 'Dialog console',
  nav: { main: 'Main', dialogs: 'Dialogs', lag: 'Lag', simulator: 'Simulator', skip: 'Skip to content' },
  language: 'Language',
  theme: { label: 'Theme', auto: 'Auto', light: 'Light', dark: 'Dark' },
  connection: { connecting: 'Connecting…', live: 'Live', lost: 'Connection lost, trying again' },
  owner,
  noOwner: 'Not the bot’s',
  flag: { name: 'Flag', set: 'Handed to operator', notSet: 'Not set' },
  ago: (age) => `${age} ago`,
  list: {
    heading: 'Dialogs',
    chat: 'Chat',
    owner: 'Owner',
    flag: 'Flag',
    last: 'What was said, last event',
    age: 'Activity',
    filters: 'Filters',
    more: 'Show more',
    empty: 'No dialogs yet',
    emptyHint: 'The first one appears here by itself when a visitor writes.',
    nothingFound: 'No dialog fits these filters',
    clear: 'Clear filters',
    rebuilding: 'The list is being rebuilt from the history; some dialogs may be missing.',
  },
  find: findEn,
  dialog: {
    back: 'All dialogs',
    chat: (chatId) => `Chat ${chatId}`,
    conversation: 'Conversation',
    events: 'Events',
    state: 'State',
    panes: 'Panes',
    latest: 'Follow the latest',
    keys: '← → step, Home and End jump',
    after: (revision, of) => `After event ${revision} of ${of}`,
    previous: 'Previous event',
    next: 'Next event',
    before: 'before:',
    eventJson: 'Event as JSON',
    stateJson: 'State as JSON',
    notFound: 'There is no such dialog',
    unknownSince: (time) => `What has happened since ${time} is not known: the console does not answer. What stands here was so then.`,
    imported: 'It was read from Webim’s Stored Data: the bot never had this chat, nothing can be replayed but what was said.',
    unseen: 'The bot never had this chat; it is not counted as a dialog.',
    empty: 'No events',
    noConversation: 'Nothing was said yet',
    peopleUnseen: 'Operators’ messages are not visible from here on',
    peopleImported: 'What people said here was read from Webim’s Stored Data after the close',
    peoplePartial: 'Of the operators’ messages only those are visible that Webim reported later',
    later: (time) => `${time} later`,
    why: 'Why',
    steps: 'Steps',
    lost: 'Did not win',
    lostMore: (count: number) => `and ${count} more`,
    unknownEvent: (type) => `Unknown event ${type}`,
  },
  replay: replayEn,
  whatIf: whatIfEn,
  numbers: numbersEn,
  ops: opsEn,
  doctor: doctorEn,
  access: accessEn,
  problem: problemEn,
  who: { visitor: 'Visitor', bot: 'Bot', operator: 'Operator', system: 'System' },
  turn: {
    imported: 'imported',
    inDoubt: 'delivery in doubt',
    notDelivered: (why) => `not delivered: ${why}`,
    dropped: 'not said: no open chat',
    crossed: 'crossed a change of owner on the wire',
    missed: 'the bot missed it: the webhook was refused',
    seenByPeople: 'seen by people, not by the bot',
    held: 'held for the next chat',
    toQueue: 'Handed to people: in the queue',
    toOperator: (id) => `Operator ${id} has the chat`,
    toBot: 'The bot has the chat',
    closed: 'The chat is closed',
    reopened: 'The chat is open again',
    returned: (why) => `Return: ${why}`,
    file: 'File',
    erased: 'text not available',
  },
  fact: {
    owner: 'Owner',
    ownerSince: 'Since',
    flag: 'Handed to operator',
    episode: 'Episode',
    epoch: 'Epoch',
    trial: 'Trial',
    returned: 'Last Return',
    step: 'Step',
    waitsFor: 'Waits for',
    variables: 'Variables',
    effects: 'Open effects',
    waiting: 'Waiting messages',
    deadlines: 'Deadlines',
    overdue: 'Close overdue',
    parked: 'Parked',
    incomplete: 'Start missing',
    final: 'final',
    none: 'none',
    yes: 'yes',
    no: 'no',
    atTriggers: 'at its triggers',
    groups: { who: 'Who may speak', script: 'Script', outgoing: 'On its way', time: 'Time' },
    attempt: (attempt) => `attempt ${attempt}`,
  },
  lag: {
    heading: 'Lag',
    allWell: 'All is well: what comes is read in time.',
    sentence: {
      LOSS_RISK: ({ who }) => `${who} may lose records: retention removes them before they are read.`,
      STOPPED: ({ who, age, records }) => `${who} does not run: ${waiting(records)}, the oldest for ${age}.`,
      STALLED: ({ who, age, records }) => `${who} stands still: ${waiting(records)}, the oldest for ${age}.`,
      REWOUND: ({ who }) => `${who} went back: records come again.`,
      PAUSED: ({ who }) => `${who} has paused: what it writes to does not answer.`,
      FALLING_BEHIND: ({ who, age }) => `${who} is ${age} behind and not gaining.`,
      BLOCKED: ({ parked }) => `${parked} ${parked === 1 ? 'dialog is' : 'dialogs are'} parked; the others go on.`,
      CATCHING_UP: ({ who, age, clear }) => `${who} is ${age} behind, clear in about ${clear}.`,
      OK: ({ who }) => `${who} reads in time.`,
    },
    groupName: (group) => (group === 'projector' ? 'The projector' : group === 'outbound' ? 'Outbound' : `Group “${group}”`),
    state: {
      LOSS_RISK: 'losing records',
      STOPPED: 'nobody reads',
      STALLED: 'stands still',
      REWOUND: 'went back',
      PAUSED: 'paused',
      FALLING_BEHIND: 'falling behind',
      BLOCKED: 'dialog parked',
      CATCHING_UP: 'catching up',
      OK: 'in time',
    },
    tooEarly: 'measuring',
    unknownSince: (time, who) => `Unknown since ${time}: the ${who} does not answer.`,
    lastKnown: (time) => `Last known, ${time}`,
    waiting: 'Waiting',
    oldest: 'Oldest',
    clear: 'Clear in',
    incoming: 'In',
    outgoing: 'Out',
    perSecond: (rate) => `${rate}/s`,
    partition: 'Partition',
    partitions: (count) => `${count} ${count === 1 ? 'partition' : 'partitions'}`,
    members: (count) => `${count} ${count === 1 ? 'reader' : 'readers'}`,
    stateColumn: 'State',
    committed: 'Committed',
    end: 'End',
    report: 'Own report',
    trendTooEarly: 'Trend: measuring',
    trend: {
      rising: (from, to, time) => `Rising: from up to ${from} waiting to up to ${to} in ${time}`,
      falling: (from, to, time) => `Falling: from up to ${from} waiting to up to ${to} in ${time}`,
      steady: (_from, to, time) =>
        to === '0' ? `Steady: nothing waited in ${time}` : `Steady: up to ${to} waiting, no clear change in ${time}`,
    },
    empty: 'No group has committed yet',
    emptyHint: 'Groups appear here when the engine has read its first records.',
    asOf: (time) => `as of ${time}`,
  },
  loading: 'Loading…',
  failed: 'This did not work',
  noAnswer: 'The console does not answer.',
  again: 'Try again',
  notFound: 'There is nothing at this address',
  words: { input, flagCause, cause, deadline, outcome, effect, waitsFor },
  event: {
    InputRecorded: ({ input: it }) => {
      switch (it.type) {
        case 'new_chat':
          return it.refused ? 'A chat was given to the bot, but the webhook was refused' : 'Webim gave the chat to the bot';
        case 'new_message':
          return it.message.button
            ? `The visitor pressed “${it.message.button.text ?? it.message.button.id}”`
            : it.message.text
              ? `The visitor wrote: ${it.message.text}`
              : it.message.file
                ? 'The visitor sent a file'
                : 'A message came';
        case 'chat_assigned':
          return `Webim assigned operator ${it.operatorId ?? '?'}`;
        case 'chat_started':
          return 'Webim reported that the chat started';
        case 'chat_closed':
          return 'Webim reported that the chat was closed';
        case 'chat_imported':
          return 'Webim’s Stored Data told what was said in the chat';
        case 'timer_due':
          return 'A timer is due';
        case 'effect_result':
          return `Result of effect ${it.number}: ${word(outcome, it.outcome)}${it.code ? ` (${it.code})` : ''}`;
        case 'release_parked':
          return `${it.by} asked that the parked dialog goes on`;
        case 'stop_bot':
          return `${it.by} stopped the bot in this dialog`;
        case 'start_bot':
          return `${it.by} let the bot run again in this dialog`;
        case 'webhook_refused':
          return 'A webhook had been refused with 503';
        case 'visitor_answered':
          return 'What the visitor’s other chats left came';
        case 'texts_offered':
          return 'Texts held for the visitor came';
        case 'visitor_variables':
          return 'Another chat of the visitor changed his variables';
        case 'next_chat_started':
          return `The visitor began another chat: ${it.nextChatId}`;
      }
    },
    DialogStarted: ({ incomplete }) => (incomplete ? 'The dialog started from a message; its start is missing' : 'The dialog started'),
    DialogCompleted: () => 'The missing start of the dialog came',
    UnseenChatRecorded: () => 'A chat that the bot never had',
    InputRepeated: () => 'A repeat: it moves nothing',
    InputLate: ({ reason }) => `Too late: ${word(late, reason)}`,
    InputIgnored: ({ reason }) => `Recorded only: ${word(ignored, reason)}`,
    WebhookRefused: () => 'The bot missed this: people have the chat',
    WebhookRefusalTakenBack: () => 'Webim repeated the refused webhook: taken back',
    OwnerChanged: ({ owner: now, operatorId }) =>
      now === 'operator'
        ? `Operator ${operatorId ?? ''} has the chat`
        : now === 'queue'
          ? 'The chat waits in the queue for people'
          : now === 'bot'
            ? 'The bot has the chat'
            : 'Nobody has the chat',
    FlagSet: ({ cause: why }) => `Flag set: ${word(flagCause, why)}`,
    FlagReset: ({ cause: why }) => `Flag reset: ${word(cause, why)}`,
    ReturnStarted: ({ cause: why, script: name }) =>
      `Return: ${word(cause, why)}${name === null ? '; no script takes it' : `; runs “${name}”`}`,
    TrialStarted: ({ cause: why }) => `The bot tries to take the chat back: ${word(cause, why)}`,
    TrialEnded: ({ outcome: how }) => `Trial: ${word(trial, how)}`,
    MessageQueued: () => 'The message waits its turn',
    MessagesQueued: ({ hashes }) => `${hashes.length} messages wait their turn`,
    MessagesSeenByPeople: ({ hashes }) =>
      `${hashes.length} waiting ${hashes.length === 1 ? 'message was' : 'messages were'} seen by people`,
    ScriptAdvanced: ({ trigger, outcome: how, cursor, error }) =>
      `Script took “${trigger}”: ${how === 'waiting' ? `waits for ${word(waitsFor, cursor?.waitsFor)}` : word(script, how)}${error ? ` (${error})` : ''}`,
    Marked: ({ name }) => `Mark “${name}”`,
    NoteRecorded: ({ text }) => `Note: ${text}`,
    TextDropped: () => 'A text was not said: the chat is over',
    TextHeld: () => 'A text was held for the visitor’s next chat',
    VisitorAsked: ({ waits }) =>
      waits ? 'Asks what the visitor’s other chats left, and waits for it' : 'Asks what the visitor’s other chats left',
    VisitorVariablesChanged: ({ names }) => `The visitor’s variables changed here: ${names.join(', ')}`,
    VisitorVariablesReceived: () => 'The visitor’s variables came from his other chats',
    HeldTextTaken: () => 'A held text was said here',
    HeldTextGivenBack: ({ reason }) => `A held text was not said here and goes back: ${word(outcome, reason)}`,
    EffectOpened: ({ number, effect: what, purpose }) =>
      `Effect ${number}: ${what.kind === 'text' ? `says “${what.text}”` : what.kind === 'redirect' && purpose === 'handover' ? 'hands the chat over' : word(effect, what.kind)}`,
    EffectRetried: ({ number, attempt, why }) => `Effect ${number}: attempt ${attempt}, since the one before was ${word(outcome, why)}`,
    EffectSettled: ({ number, outcome: how, by: who, code }) =>
      `Effect ${number}: ${word(outcome, how)}${code ? ` (${code})` : ''}${word(by, who)}`,
    DeadlineSet: ({ name }) => `Deadline set: ${word(deadline, name)}`,
    DeadlineCleared: ({ name }) => `Deadline cleared: ${word(deadline, name)}`,
    DeadlineFired: ({ name, lateMs }) =>
      `Deadline fired: ${word(deadline, name)}${lateMs >= 1000 ? `, ${Math.round(lateMs / 1000)} s late` : ''}`,
    CloseOverdue: ({ cause: why }) => `Closing is overdue: ${word(overdue, why)}`,
    DialogClosed: ({ cause: why, final }) => `The chat was closed ${word(closing, why)}${final ? '' : '; a message opens it again'}`,
    DialogReopened: () => 'The chat is open again',
    LikelyBotOperator: ({ operatorId }) => `Operator ${operatorId} is likely the bot’s own`,
    DialogParked: ({ reason }) => `The dialog was parked: ${reason}`,
    RecordSkipped: ({ by }) => `A parked record was left out by ${by}`,
    ReleaseFailed: ({ reason }) => `A parked record failed again: ${reason}`,
    BotStopped: ({ by }) => `The bot was stopped in this dialog by ${by}`,
    BotStarted: ({ by }) => `The bot may run again in this dialog: ${by}`,
    DialogReleased: ({ by, applied, skipped }) => `The dialog was released by ${by}: ${applied} records applied, ${skipped} left out`,
  },
};
