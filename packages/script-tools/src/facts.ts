import type { Effect } from '@dialog/contracts/effects';
import type { DecidedEvent } from '@dialog/domain/decide';
import type { DialogState } from '@dialog/domain/state';
import type { Script } from '@dialog/script/model';
import type { ExpectedFact } from '@dialog/script/script-test';
import type { Value } from '@dialog/script/types';
import type { TranscriptLine } from './transcript.ts';

/** What a rehearsal left behind, for facts to be looked up in. */
export type Evidence = {
  readonly script: Script;
  readonly history: readonly DecidedEvent[];
  readonly transcript: readonly TranscriptLine[];
  readonly state: DialogState;
  /** Texts that wait for the person's next chat. */
  readonly held: readonly string[];
};

/** A fact that does not hold: expected beside actual, and the step that comes nearest to it. */
export type Unmet = {
  readonly expected: string;
  readonly actual: string;
  readonly step?: { readonly path: string; readonly line: number };
};

/** Checks facts one after the other: several `said` must come in their order, so that the place of the last one found is kept. */
export const factChecker = (evidence: Evidence): ((fact: ExpectedFact) => Unmet | undefined) => {
  const said = evidence.transcript.filter((line) => line.who === 'bot' && line.refused === undefined && line.text !== '');
  let from = 0;
  return (fact) => {
    if (fact.kind !== 'said' && fact.kind !== 'said_containing') return check(fact, evidence, said);
    const fits = (line: TranscriptLine): boolean => (fact.kind === 'said' ? line.text === fact.text : line.text.includes(fact.text));
    const at = said.findIndex((line, place) => place >= from && fits(line));
    if (at >= 0) {
      from = at + 1;
      return undefined;
    }
    const expected = fact.kind === 'said' ? `said: ${quoted(fact.text)}` : `said, containing: ${quoted(fact.text)}`;
    const before = said.findIndex(fits);
    if (before >= 0) return unmet(expected, `it was said before ${quoted(said[from - 1]?.text ?? '')}, not after it`, said[before]?.step);
    const near = nearestTo(fact.text, said);
    if (near === undefined) return unmet(expected, 'the bot said nothing');
    return unmet(expected, `said: ${quoted(near.text)}`, near.step);
  };
};

const check = (fact: ExpectedFact, evidence: Evidence, said: readonly TranscriptLine[]): Unmet | undefined => {
  const { script, history, transcript, state, held } = evidence;
  const live = state.status === 'live' ? state : undefined;
  const of = <T extends DecidedEvent['type']>(type: T) =>
    history.filter((event): event is Extract<DecidedEvent, { type: T }> => event.type === type);
  switch (fact.kind) {
    case 'said':
    case 'said_containing':
      return undefined;
    case 'not_said': {
      const line = said.find((one) => one.text === fact.text);
      return line === undefined ? undefined : unmet(`not said: ${quoted(fact.text)}`, 'it was said', line.step);
    }
    case 'offered': {
      const last = transcript.filter((line) => line.buttons !== undefined && line.refused === undefined).at(-1);
      const actual = last?.buttons?.flat().map((button) => button.id) ?? [];
      return same(actual, fact.buttons) ? undefined : unmet(`offered: ${list(fact.buttons)}`, `offered: ${list(actual)}`, last?.step);
    }
    case 'sent_file': {
      const files = sentFiles(history);
      if (files.some((file) => file.name === fact.file || file.url === fact.file)) return undefined;
      return unmet(`sent_file: ${fact.file}`, files.length === 0 ? 'no file was sent' : `sent: ${list(files.map((file) => file.name))}`);
    }
    case 'marked':
    case 'not_marked': {
      const marks = of('Marked').map((event) => event.data.name);
      return marks.includes(fact.name) === (fact.kind === 'marked')
        ? undefined
        : unmet(`${fact.kind}: ${fact.name}`, `marks: ${list(marks)}`);
    }
    case 'owner': {
      const owner = live?.holder.owner ?? 'nobody';
      return owner === fact.owner ? undefined : unmet(`owner: ${fact.owner}`, `owner: ${owner}`);
    }
    case 'flag': {
      const set = (live?.flag ?? null) !== null;
      return set === fact.set ? undefined : unmet(`flag: ${fact.set}`, `flag: ${set}`);
    }
    case 'flag_reset': {
      const resets = of('FlagReset').map((event) => event.data.cause);
      const times = resets.filter((cause) => fact.cause === undefined || cause === fact.cause).length;
      const what = fact.cause === undefined ? '' : ` by ${fact.cause}`;
      return times === fact.times
        ? undefined
        : unmet(`flag_reset: ${fact.times}${what}`, `flag_reset: ${times}${what}, causes ${list(resets)}`);
    }
    case 'script_ran': {
      const ran = scriptsRan(script, history);
      const wrong = Object.entries(fact.scripts).filter(([name, times]) => (ran.get(name) ?? 0) !== times);
      if (wrong.length === 0) return undefined;
      const counted = (counts: readonly (readonly [string, number])[]) => list(counts.map(([name, times]) => `${name}: ${times}`));
      return unmet(`script_ran: ${counted(wrong)}`, `script_ran: ${counted(wrong.map(([name]) => [name, ran.get(name) ?? 0]))}`);
    }
    case 'variable': {
      const variables = live?.scriptState.variables ?? {};
      const wrong = Object.entries(fact.values).filter(([name, value]) => !sameValue(variables[name] ?? null, value));
      if (wrong.length === 0) return undefined;
      const shown = (values: readonly (readonly [string, Value])[]) =>
        list(values.map(([name, value]) => `${name} = ${JSON.stringify(value)}`));
      return unmet(`variable: ${shown(wrong)}`, `variable: ${shown(wrong.map(([name]) => [name, variables[name] ?? null]))}`);
    }
    case 'closed': {
      const closed = live?.holder.owner === 'nobody' || (state.status === 'unseen' && state.closed);
      if (closed === fact.closed) return undefined;
      const asked = of('EffectOpened').some(({ data: { effect } }) => effect.kind === 'close');
      const more = closed || !asked ? '' : '; the bot asked for it, and that Webim did it is an input: chat_closed';
      return unmet(`closed: ${fact.closed}`, `closed: ${closed}${more}`);
    }
    case 'handed_over': {
      const all = handovers(history);
      const { department, operator } = fact;
      const counted = all.filter(
        (to) => (department === undefined || to.department === department) && (operator === undefined || to.operatorId === operator),
      );
      if (counted.length === fact.times) return undefined;
      const to = department ?? operator;
      return unmet(
        `handed_over: ${fact.times}${to === undefined ? '' : ` to ${to}`}`,
        `handed_over: ${counted.length}, in all to ${list(all.map((one) => one.department ?? one.operatorId ?? 'the queue'))}`,
      );
    }
    case 'held': {
      return held.includes(fact.text) ? undefined : unmet(`held: ${quoted(fact.text)}`, `held: ${list(held.map(quoted))}`);
    }
    case 'dropped': {
      const dropped = of('TextDropped').map((event) => event.data.text);
      return dropped.includes(fact.text) ? undefined : unmet(`dropped: ${quoted(fact.text)}`, `dropped: ${list(dropped.map(quoted))}`);
    }
    case 'requested': {
      const requests = of('EffectOpened').flatMap(({ data: { effect } }) =>
        effect.kind === 'http' ? [`${effect.method} ${effect.url}`] : [],
      );
      const wanted = `${fact.method} ${fact.url}`;
      return requests.includes(wanted) ? undefined : unmet(`requested: ${wanted}`, `requested: ${list(requests)}`);
    }
    case 'noted': {
      const notes = of('NoteRecorded').map((event) => event.data.text);
      return notes.includes(fact.text) ? undefined : unmet(`noted: ${quoted(fact.text)}`, `notes: ${list(notes.map(quoted))}`);
    }
    case 'waits_at': {
      const cursor = live?.scriptState.cursor ?? null;
      const step = cursor === null ? undefined : script.steps.get(cursor.step);
      const named = fact.step === null ? undefined : script.ids.get(fact.step);
      const holds = fact.step === null ? cursor === null : named === undefined ? step?.script === fact.step : cursor?.step === named;
      if (holds) return undefined;
      return unmet(
        `waits_at: ${fact.step ?? 'its triggers'}`,
        `waits_at: ${cursor?.step ?? 'its triggers'}`,
        step === undefined ? undefined : { path: step.path, line: step.position.line },
      );
    }
    default:
      fact satisfies never;
      return undefined;
  }
};

const unmet = (expected: string, actual: string, step?: Unmet['step']): Unmet => ({
  expected,
  actual,
  ...(step === undefined ? {} : { step }),
});
const quoted = (text: string): string => JSON.stringify(text);
const list = (items: readonly string[]): string => (items.length === 0 ? 'none' : items.join(', '));
const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((one, at) => one === b[at]);

/** JSON equality: keys in any order. */
const sameValue = (a: Value, b: Value): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, at) => sameValue(one, b[at] ?? null));
  }
  const left = a as { readonly [key: string]: Value };
  const right = b as { readonly [key: string]: Value };
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameValue(left[key] ?? null, right[key] ?? null))
  );
};

/** The line that shares most words with what was wanted; of equals the last. */
const nearestTo = (text: string, lines: readonly TranscriptLine[]): TranscriptLine | undefined => {
  const wanted = new Set(wordsOf(text));
  let best: { line: TranscriptLine; score: number } | undefined;
  for (const line of lines) {
    const words = wordsOf(line.text);
    const score = words.filter((word) => wanted.has(word)).length / Math.max(1, wanted.size + words.length);
    if (best === undefined || score >= best.score) best = { line, score };
  }
  return best?.line;
};
const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

const settledAccepted = (history: readonly DecidedEvent[], kind: Effect['kind']): Effect[] => {
  const open = new Map<string, Effect>();
  const accepted: Effect[] = [];
  for (const event of history) {
    const key = 'number' in event.data ? `${event.metadata.$correlationId}/${event.data.number}` : '';
    if (event.type === 'EffectOpened') open.set(key, event.data.effect);
    if (event.type === 'EffectRetried' && event.data.effect !== undefined) open.set(key, event.data.effect);
    if (event.type !== 'EffectSettled') continue;
    const effect = open.get(key);
    if (effect?.kind === kind && (event.data.outcome === 'accepted' || event.data.outcome === 'in_doubt')) accepted.push(effect);
  }
  return accepted;
};

const sentFiles = (history: readonly DecidedEvent[]) =>
  settledAccepted(history, 'file').flatMap((effect) => (effect.kind === 'file' ? [effect] : []));

const handovers = (history: readonly DecidedEvent[]) => {
  const asksBack = new Set(
    history.flatMap((event) => (event.type === 'EffectOpened' && event.data.purpose === 'ask_back' ? [event.data.effect] : [])),
  );
  return settledAccepted(history, 'redirect').flatMap((effect) => (effect.kind === 'redirect' && !asksBack.has(effect) ? [effect] : []));
};

/** How often each script was started by a trigger of its own, or entered by a `go` of a step or a button. */
const scriptsRan = (script: Script, history: readonly DecidedEvent[]): ReadonlyMap<string, number> => {
  const firsts = new Map([...script.scripts.values()].flatMap((one) => (one.first === null ? [] : [[one.first, one.name] as const])));
  const ran = new Map<string, number>();
  const count = (name: string | undefined): void => {
    if (name !== undefined) ran.set(name, (ran.get(name) ?? 0) + 1);
  };
  for (const event of history) {
    if (event.type !== 'ScriptAdvanced') continue;
    const { script: named, trace } = event.data;
    if (named !== undefined) count(named);
    trace.steps.forEach((step, at) => {
      const before = script.steps.get(trace.steps[at - 1]?.step ?? '');
      if (at === 0 && (named !== undefined || step.took?.startsWith('attempt') === true)) return;
      if (at === 0 || (before?.verb === 'go' && !before.interrupted)) count(firsts.get(step.step));
    });
  }
  return ran;
};
