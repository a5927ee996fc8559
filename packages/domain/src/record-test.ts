import type { DomainEvent } from '@dialog/contracts/domain-event';
import type { Effect } from '@dialog/contracts/effects';
import type { InboxInput } from '@dialog/contracts/inbox';
import type { Message } from '@dialog/contracts/message';
import { fold } from './evolve.ts';
import { initialDialog } from './state.ts';

/** What the recording needs of the script. */
export type RecordTestOptions = {
  readonly name: string;
  /** Names of variables marked `pii`. */
  readonly personal: readonly string[];
  /** The script's source: a phone or an address that its author wrote is nobody's. */
  readonly source?: string;
};

export type RecordedTest = {
  readonly name: string;
  readonly given: readonly Readonly<Record<string, unknown>>[];
  readonly expect: readonly Readonly<Record<string, unknown>>[];
  /** What the form of a test can't say and so was left out, each once. */
  readonly leftOut: readonly string[];
};

/** Less than this between two inputs means nothing to a script, ms. */
const noticedMs = 1_000;

/**
 * A recorded dialog as a test beside its script (dialog-script/1, `tests:`): what came in, and what came of it. Personal data is
 * replaced, the same by the same and of the same form, so that a phone is still a phone; what a script branches on stays.
 */
export const recordTest = (events: readonly DomainEvent[], { name, personal, source = '' }: RecordTestOptions): RecordedTest => {
  const replace = replacement(events, personal, source);
  const given: Record<string, unknown>[] = [];
  const expect: Record<string, unknown>[] = [];
  const leftOut = new Set<string>();
  const effects = new Map<number, Effect>();
  const seen = new Set<string>();
  const returns: Record<string, number> = {};
  const readFields = visitorFieldsRead(events);
  let resets = 0;
  let handovers = 0;
  let clock: number | undefined;

  const later = (at: number): void => {
    const passed = clock === undefined ? 0 : at - clock;
    if (passed < noticedMs) return;
    given.push({ later: durationText(passed) });
    clock = at;
  };
  const said = (message: Message): void => {
    if (message.side !== 'visitor' || seen.has(message.hash)) return;
    seen.add(message.hash);
    if (message.button !== undefined) given.push({ button: message.button.id });
    else if (message.file !== undefined)
      given.push({ file: { ...(message.file.mediaType === undefined ? {} : { media_type: message.file.mediaType }) } });
    else if (message.text !== undefined) given.push({ text: replace(message.text) });
  };
  const answered = (input: Extract<InboxInput, { type: 'effect_result' }>, at: number): void => {
    const effect = effects.get(input.number);
    if (effect?.kind === 'http') {
      if (input.outcome === 'deferred') {
        leftOut.add('an http request that was tried again');
        return;
      }
      later(at);
      const { http } = input;
      given.push({
        http_result: http === undefined ? { error: failureOf(input) } : { status: http.status, body: replaceIn(http.body, replace) },
      });
      return;
    }
    if (input.outcome === 'accepted') return;
    const what = effect === undefined ? undefined : refusable[effect.kind];
    const reason = input.reason === undefined ? undefined : reasons.find((one) => one === input.reason);
    if (input.outcome !== 'refused' || what === undefined) {
      leftOut.add(`the result of an effect: ${input.outcome}`);
      return;
    }
    // Webim's answer stands before the input whose effect it refuses.
    const refuse = reason === undefined ? what : { next: what, reason };
    given.splice(Math.max(0, given.length - 1), 0, { refuse });
  };
  const came = (input: InboxInput, at: number): void => {
    switch (input.type) {
      case 'new_chat':
        if (clock === undefined) {
          const known = Object.entries(input.visitor?.fields ?? {}).filter(([field]) => readFields.has(field));
          const visitor = Object.fromEntries(known.map(([field, value]) => [field, replace(value)]));
          given.push({
            chat_start: { at: new Date(at).toISOString().replace('.000Z', 'Z'), ...(known.length === 0 ? {} : { visitor }) },
          });
          clock = at;
        } else {
          later(at);
          given.push({ operator_redirect: {} });
        }
        for (const message of input.messages) said(message);
        return;
      case 'new_message':
        if (clock === undefined) {
          leftOut.add('the start of the chat: it was not recorded');
          given.push({ chat_start: { at: new Date(at).toISOString().replace('.000Z', 'Z') } });
          clock = at;
        }
        later(at);
        return said(input.message);
      case 'chat_assigned':
        if (clock === undefined) return;
        later(at);
        given.push({ operator_assigned: input.operatorId === undefined ? {} : { operator: input.operatorId } });
        return;
      case 'chat_closed':
        if (clock === undefined) return;
        later(at);
        given.push({
          chat_closed: input.closedBy === undefined ? {} : { by: input.closedBy === 'inactivity_timer' ? 'inactivity' : input.closedBy },
        });
        return;
      case 'timer_due':
        return later(at);
      case 'effect_result':
        return answered(input, at);
      case 'chat_started':
      case 'chat_imported':
        return;
      case 'webhook_refused':
      case 'release_parked':
        leftOut.add(input.type === 'webhook_refused' ? 'a refused webhook' : 'the release of the parked dialog');
        return;
      case 'stop_bot':
      case 'start_bot':
        leftOut.add('the stop of the bot by an operator');
        return;
      case 'visitor_answered':
        // Nothing was kept of him: the test's own chat begins so too.
        if (input.texts.length === 0 && Object.keys(input.values).length === 0) return;
        leftOut.add("what the visitor's other chats left");
        return;
      case 'texts_offered':
      case 'visitor_variables':
        leftOut.add("what the visitor's other chats left");
        return;
      case 'next_chat_started':
        leftOut.add("the visitor's next chat");
        return;
      default:
        input satisfies never;
    }
  };

  for (const [index, event] of events.entries()) {
    switch (event.type) {
      case 'InputRecorded':
        if (!isNoise(events, index)) came(event.data.input, event.data.at);
        break;
      case 'EffectOpened':
        effects.set(event.data.number, event.data.effect);
        break;
      case 'EffectRetried':
        if (event.data.effect !== undefined) effects.set(event.data.number, event.data.effect);
        break;
      case 'EffectSettled': {
        const effect = effects.get(event.data.number);
        if (event.data.outcome !== 'accepted' && event.data.outcome !== 'in_doubt') break;
        if (effect?.kind === 'text') expect.push({ said: replace(effect.text) });
        else if (effect?.kind === 'file') expect.push({ sent_file: effect.name });
        break;
      }
      case 'Marked':
        expect.push({ marked: event.data.name });
        break;
      case 'TextDropped':
        expect.push({ dropped: replace(event.data.text) });
        break;
      case 'FlagSet':
        if (event.data.cause === 'handover') handovers += 1;
        break;
      case 'FlagReset':
        resets += 1;
        break;
      case 'ReturnStarted':
        if (event.data.script !== null) returns[event.data.script] = (returns[event.data.script] ?? 0) + 1;
        break;
      default:
    }
  }
  const state = fold(events, initialDialog);
  if (handovers > 0) expect.push({ handed_over: handovers });
  if (resets > 0) expect.push({ flag_reset: resets });
  if (Object.keys(returns).length > 0) expect.push({ script_ran: returns });
  if (state.status === 'live') expect.push({ owner: state.holder.owner });
  return { name, given, expect, leftOut: [...leftOut] };
};

const refusable: Partial<Record<Effect['kind'], string>> = {
  text: 'text',
  keyboard: 'menu',
  file: 'file',
  redirect: 'handover',
  close: 'close',
};
/** Those that a test can name; the others count as `other`. */
const reasons = ['content', 'chat_closed', 'not_bots_chat'] as const;

const failures: readonly string[] = ['timeout', 'connection', 'refused_host', 'redirect', 'too_large', 'secret_missing'];
const failureOf = ({ outcome, code = '' }: Extract<InboxInput, { type: 'effect_result' }>): string => {
  if (outcome === 'unsupported' || outcome === 'account_removed' || outcome === 'in_doubt') return outcome;
  return failures.includes(code) ? code : 'connection';
};

/** A service's answer with every text in it replaced. */
const replaceIn = (body: unknown, replace: (text: string) => string): unknown => {
  if (typeof body === 'string') return replace(body);
  if (Array.isArray(body)) return body.map((one) => replaceIn(one, replace));
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, replaceIn(value, replace)]));
};

/** Came twice, too late, or before the bot had the chat: it says nothing about the script. */
const isNoise = (events: readonly DomainEvent[], at: number): boolean => {
  for (let next = at + 1; next < events.length && events[next]?.type !== 'InputRecorded'; next++) {
    const type = events[next]?.type;
    if (type === 'InputRepeated' || type === 'UnseenChatRecorded') return true;
  }
  return false;
};

/** Names of the visitor's fields that the script read: what it did not read it did not depend on. */
const visitorFieldsRead = (events: readonly DomainEvent[]): ReadonlySet<string> =>
  new Set(
    events.flatMap((event) =>
      event.type === 'ScriptAdvanced'
        ? Object.keys(event.data.read ?? {}).flatMap((path) => (path.startsWith('visitor.') ? [path.slice('visitor.'.length)] : []))
        : [],
    ),
  );

const durationText = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
  ] as const) {
    if (seconds >= size && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
};

const email = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+\.\p{L}{2,}/gu;
const phone = /\+?\d(?:[\s().-]*\d){9,14}/g;

/** One stand-in for one original, in every text; the digits of a phone alone count as that phone. */
const replacement = (events: readonly DomainEvent[], personal: readonly string[], source: string): ((text: string) => string) => {
  const phones = new Map<string, number>();
  const emails = new Map<string, number>();
  const others = new Map<string, string>();
  const numberOf = (known: Map<string, number>, key: string): number => {
    const number = known.get(key) ?? known.size + 1;
    known.set(key, number);
    return number;
  };
  const standInPhone = (found: string): string => {
    // 8 and +7 begin the same Russian number.
    const digits = found.replace(/\D/g, '').replace(/^8(?=\d{10}$)/, '7');
    const number = String(numberOf(phones, digits)).padStart(2, '0');
    return /^\+?\d+$/.test(found) ? `${found.startsWith('+') ? '+' : ''}790000000${number}` : `+7 900 000-00-${number}`;
  };
  const patterns = (text: string): string =>
    text
      .replace(email, (found) => (source.includes(found) ? found : `person${numberOf(emails, found.toLowerCase())}@example.com`))
      .replace(phone, (found) => (source.includes(found) ? found : standInPhone(found)));
  const keep = (value: string): void => {
    const trimmed = value.trim();
    if (trimmed.length < 2 || others.has(trimmed) || patterns(trimmed) !== trimmed) return;
    const number = others.size + 1;
    // Of the same form: digits stay digits, as many; else a word that a template may stand in.
    others.set(trimmed, /^\d+$/.test(trimmed) ? String(number).padStart(trimmed.length, '1') : `Person${number}`);
  };
  for (const event of events) {
    if (event.type === 'ScriptAdvanced') {
      for (const name of personal) {
        const value = event.data.variables[name];
        if (typeof value === 'string') keep(value);
      }
    } else if (event.type === 'VisitorVariablesReceived') {
      for (const name of personal) {
        const value = event.data.values[name];
        if (typeof value === 'string') keep(value);
      }
    } else if (event.type === 'InputRecorded' && 'visitor' in event.data.input) {
      const { visitor } = event.data.input;
      for (const value of Object.values(typeof visitor === 'object' ? (visitor.fields ?? {}) : {})) {
        keep(value);
        for (const part of value.split(/\s+/)) if (part.length > 2) keep(part);
      }
    }
  }
  const longest = [...others].sort(([a], [b]) => b.length - a.length);
  return (text) => {
    let out = patterns(text);
    for (const [original, standIn] of longest) out = out.replaceAll(original, standIn);
    return out;
  };
};

/** As it stands under `tests:` of a script file; every scalar is quoted as JSON, which is YAML too. */
export const testText = ({ name, given, expect, leftOut }: RecordedTest): string =>
  [
    ...leftOut.map((what) => `# left out: ${what}`),
    `- name: ${JSON.stringify(name)}`,
    '  given:',
    ...given.map((item) => `    - ${flow(item)}`),
    '  expect:',
    ...expect.map((item) => `    - ${flow(item)}`),
    '',
  ].join('\n');

const flow = (item: Readonly<Record<string, unknown>>): string =>
  Object.entries(item)
    .map(([key, value]) => `${key}: ${value !== null && typeof value === 'object' ? braces(value) : JSON.stringify(value)}`)
    .join(', ');

const braces = (value: object): string => {
  if (Array.isArray(value))
    return `[${value.map((one) => (one !== null && typeof one === 'object' ? braces(one) : JSON.stringify(one))).join(', ')}]`;
  const inner = Object.entries(value).map(
    ([key, of]) => `${JSON.stringify(key)}: ${of !== null && typeof of === 'object' ? braces(of) : JSON.stringify(of)}`,
  );
  return inner.length === 0 ? '{}' : `{ ${inner.join(', ')} }`;
};
