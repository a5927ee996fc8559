import { deadlinesOf } from '@dialog/domain/deadlines';
import { parseDuration } from '@dialog/script/duration';
import type { Script } from '@dialog/script/model';
import type { HttpError, Value } from '@dialog/script/types';
import { dateText } from './clock-text.ts';
import type { Given } from './given.ts';
import { type Rehearsal, RehearsalError, rehearse } from './rehearsal.ts';
import type { TranscriptLine } from './transcript.ts';
import { whyLines } from './why.ts';

/** What a typed line led to. */
export type ChatReply = {
  /** What is new in the chat, in order. */
  readonly lines: readonly TranscriptLine[];
  /** What is said to the one at the keyboard, beside the chat. */
  readonly notes: readonly string[];
  readonly quit?: boolean;
};

export type ChatSession = {
  /** The chat begins. */
  readonly begin: () => ChatReply;
  /** One line from the keyboard: the visitor's words, or a command that starts with `:`. Never throws. */
  readonly take: (line: string) => ChatReply;
  readonly now: () => number;
  /** All that happened so far, for a test to be made of. */
  readonly given: () => readonly Given[];
};

const chatHelp: readonly string[] = [
  'What you type is what the visitor writes; a button is pressed by its number or label.',
  ':press ID           press a button by its id, also of an older keyboard',
  ':file NAME [TYPE]   send a file, e.g. :file photo.jpg image/jpeg',
  ':operator [ID]      an operator takes the chat',
  ':redirect           the operator gives the chat back to the bot',
  ':nobody             nobody takes the handover: time moves to its end',
  ':close [BY]         Webim closes the chat for good; BY: visitor, operator, inactivity',
  ':next               the same person begins another chat',
  ':later TIME         time passes: 30s, 5m, 2h, 1d',
  ':http STATUS [BODY] the asked service answers, e.g. :http 200 {"state":"sent"}',
  ':http ERROR         it does not: timeout, connection',
  ':refuse WHAT        Webim refuses the next text, menu, file, handover or close',
  ':why                why the bot did the last thing it did',
  ':state              who has the chat, where the script stands, variables, deadlines',
  ':back               take the last line back',
  ':help  :quit',
];

const httpErrors: readonly string[] = ['timeout', 'connection', 'refused_host', 'redirect', 'too_large', 'secret_missing'];
const refusable = ['text', 'menu', 'file', 'handover', 'close'] as const;

/** A visitor's seat before a script: nothing else runs, the clock moves only when told. Pure, so that a page can have it too. */
export const chatSession = (script: Script, startAt?: number): ChatSession => {
  const open = (): Rehearsal => rehearse({ script, ...(startAt === undefined ? {} : { startAt }) });
  let given: Given[] = [];
  let rehearsal = open();

  const note = (...notes: string[]): ChatReply => ({ lines: [], notes });

  const give = (one: Given): ChatReply => {
    const from = rehearsal.transcript().length;
    try {
      rehearsal.take(one);
    } catch (error) {
      if (!(error instanceof RehearsalError)) throw error;
      restart(given);
      return note(error.message);
    }
    given = [...given, one];
    return { lines: rehearsal.transcript().slice(from), notes: notices() };
  };

  const restart = (again: readonly Given[]): void => {
    rehearsal = open();
    for (const one of again) rehearsal.take(one);
    given = [...again];
  };

  /** What the one at the keyboard should know before he types on. */
  const notices = (): string[] => {
    const state = rehearsal.state();
    if (state.status !== 'live') return [];
    const [open] = state.effects;
    if (open?.effect.kind === 'http') return ['the bot waits for that service: answer with :http 200 {"key": "value"} or :http timeout'];
    if (state.parked) return ['the dialog is parked: the script failed (:why)'];
    return [];
  };

  const says = (one: Given): ChatReply => {
    const state = rehearsal.state();
    const owner = state.status === 'live' ? state.holder.owner : 'bot';
    if (owner === 'queue' || owner === 'operator') {
      return note(
        `people have the chat (${owner}): Webim shows this to them, and sends the bot nothing. :operator, :redirect, :nobody, :close`,
      );
    }
    if (owner === 'nobody') return note('the chat is closed; :next begins another one');
    return give(one);
  };

  const commands: Readonly<Record<string, (rest: string) => ChatReply>> = {
    press: (id) => (id === '' ? note(':press needs the id of a button') : says({ kind: 'button', id })),
    file: (rest) => {
      const [name = 'file', mediaType] = rest === '' ? [] : rest.split(/\s+/);
      return says({ kind: 'file', name, ...(mediaType === undefined ? {} : { mediaType }) });
    },
    operator: (operator) => give({ kind: 'operator_assigned', ...(operator === '' ? {} : { operator }) }),
    redirect: () => give({ kind: 'operator_redirect' }),
    nobody: () => give({ kind: 'no_operator' }),
    close: (by) => {
      if (by === '') return give({ kind: 'chat_closed' });
      if (by === 'visitor' || by === 'operator' || by === 'inactivity') return give({ kind: 'chat_closed', by });
      return note(':close takes visitor, operator or inactivity, or nothing');
    },
    next: () => give({ kind: 'new_chat' }),
    later: (text) => {
      const ms = parseDuration(text);
      return ms === undefined ? note(':later takes a time such as 30s, 5m, 2h, 1d') : give({ kind: 'later', ms });
    },
    http: (rest) => {
      const [, status = '', body = ''] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
      if (httpErrors.includes(status)) return give({ kind: 'http_result', error: status as HttpError });
      if (!/^[1-5]\d\d$/.test(status)) return note(`:http takes a status such as 200, or one of ${httpErrors.join(', ')}`);
      return give({ kind: 'http_result', status: Number(status), body: bodyOf(body) });
    },
    refuse: (rest) => {
      const what = refusable.find((one) => one === rest);
      return what === undefined ? note(`:refuse takes one of ${refusable.join(', ')}`) : give({ kind: 'refuse', what, reason: 'other' });
    },
    why: () => {
      const last = rehearsal.history().findLast((event) => event.type === 'ScriptAdvanced');
      return last === undefined ? note('the script did nothing yet') : note(...whyLines(last.data));
    },
    state: () => note(...stateLines(script, rehearsal)),
    back: () => {
      if (given.length <= 1) return note('there is nothing to take back');
      restart(given.slice(0, -1));
      return { lines: rehearsal.transcript().slice(-4), notes: ['taken back; the end of the chat now'] };
    },
    help: () => note(...chatHelp),
    quit: () => ({ lines: [], notes: [], quit: true }),
  };

  return {
    begin: () => give({ kind: 'chat_start' }),
    take: (line) => {
      const typed = line.trim();
      if (typed === '') return note();
      if (!typed.startsWith(':')) return says({ kind: 'text', text: typed });
      const [, name = '', rest = ''] = /^:(\S*)\s*(.*)$/s.exec(typed) ?? [];
      const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
      return command === undefined ? note(`there is no :${name}; :help lists all`) : command(rest.trim());
    },
    now: () => rehearsal.now(),
    given: () => given,
  };
};

const bodyOf = (text: string): Value => {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return text;
  }
};

const stateLines = (script: Script, rehearsal: Rehearsal): string[] => {
  const state = rehearsal.state();
  const time = `time       ${dateText(rehearsal.now(), script.timezone)} (${script.timezone})`;
  if (state.status !== 'live') return [time, `status     ${state.status}`];
  const { holder, flag, scriptState } = state;
  const { cursor } = scriptState;
  const step = cursor === null ? undefined : script.steps.get(cursor.step);
  const operator = holder.owner === 'operator' && holder.operatorId !== null ? ` ${holder.operatorId}` : '';
  return [
    time,
    `owner      ${holder.owner}${operator}, epoch ${state.epoch}${state.trial === null ? '' : ', asking for the chat'}`,
    `flag       ${flag === null ? 'not set' : `handed to operator (${flag.cause})`}`,
    `script     ${cursor === null || step === undefined ? 'at its triggers' : `line ${step.position.line}, ${cursor.step}, waits for ${cursor.waitsFor}`}`,
    ...Object.entries(scriptState.variables).map(([name, value]) => `variable   ${name} = ${JSON.stringify(value)}`),
    ...deadlinesOf(state).map(([name, { at }]) => `deadline   ${name} in ${Math.ceil((at - rehearsal.now()) / 1000)} s`),
    ...(state.parked ? ['parked     the script failed'] : []),
  ];
};
