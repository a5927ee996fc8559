import type { Effect } from '@dialog/contracts/effects';
import type { DialogState } from '@dialog/domain/state';
import { summarize } from '@dialog/domain/summary';
import { type Texts, word } from '../texts/texts.ts';
import { dateTime } from '../time.ts';
import { isPersonal, type Personal } from './pins.ts';

/** One line of the state, worded; two states differ where the texts of a key do. */
export type Fact = { readonly key: string; readonly group: keyof Texts['fact']['groups']; readonly label: string; readonly text: string };

const nothingPersonal: Personal = new Set();

export const factsOf = (
  state: DialogState,
  t: Texts,
  language: string,
  personal: Personal = nothingPersonal,
  nameOf: (operatorId: string) => string = (id) => id,
): readonly Fact[] => {
  const summary = summarize(state);
  const live = state.status === 'live' ? state : undefined;
  const f = t.fact;
  const facts: Fact[] = [];
  const add = (group: Fact['group'], key: string, label: string, text: string | null | undefined): void => {
    facts.push({ key, group, label, text: text ?? f.none });
  };
  add(
    'who',
    'owner',
    f.owner,
    summary.owner === null
      ? t.noOwner
      : t.owner[summary.owner] +
          (summary.operatorId === null ? '' : ` ${nameOf(summary.operatorId)}`) +
          (live?.holder.owner === 'nobody' && live.holder.final ? `, ${f.final}` : ''),
  );
  add('who', 'ownerSince', f.ownerSince, summary.ownerSince === null ? '—' : dateTime(summary.ownerSince, language));
  add('who', 'flag', f.flag, summary.flag ? `${f.yes}: ${word(t.words.flagCause, summary.flagCause)}` : f.no);
  add('who', 'episode', f.episode, summary.episode === null ? '—' : String(summary.episode));
  add('who', 'epoch', f.epoch, String(summary.epoch));
  if (summary.trial !== null) add('who', 'trial', f.trial, word(t.words.cause, summary.trial));
  if (live?.returnCause != null) add('who', 'returned', f.returned, word(t.words.cause, live.returnCause));
  if (summary.parked) add('who', 'parked', f.parked, f.yes);
  if (live?.incomplete) add('who', 'incomplete', f.incomplete, f.yes);
  add('script', 'step', f.step, summary.step ?? f.atTriggers);
  if (live?.scriptState.cursor) add('script', 'waitsFor', f.waitsFor, word(t.words.waitsFor, live.scriptState.cursor.waitsFor));
  for (const [name, value] of Object.entries(live?.scriptState.variables ?? {}))
    add(
      'script',
      `var ${name}`,
      name,
      value !== null && isPersonal(name, personal) ? t.replay.masked : typeof value === 'string' ? value : JSON.stringify(value),
    );
  for (const open of live?.effects ?? [])
    add('outgoing', `effect ${open.number}`, `№ ${open.number}`, `${effectWords(open.effect, t)}, ${f.attempt(open.attempt)}`);
  if ((live?.effects.length ?? 0) === 0) add('outgoing', 'effects', f.effects, f.none);
  if ((live?.waiting.length ?? 0) > 0) add('outgoing', 'waiting', f.waiting, String(live?.waiting.length));
  for (const deadline of summary.deadlines)
    add('time', `deadline ${deadline.name}`, word(t.words.deadline, deadline.name), dateTime(deadline.at, language));
  if (summary.deadlines.length === 0) add('time', 'deadlines', f.deadlines, f.none);
  if (summary.closeOverdue) add('time', 'overdue', f.overdue, f.yes);
  return facts;
};

const effectWords = (effect: Effect, t: Texts): string =>
  effect.kind === 'text'
    ? `«${effect.text.length > 60 ? `${effect.text.slice(0, 60)}…` : effect.text}»`
    : word(t.words.effect, effect.kind);

export type ChangedFact = Fact & { readonly before: string | null; readonly change: 'none' | 'changed' | 'new' | 'gone' };

/** The facts after an event, each with what it was before; what is gone stands where it stood. */
export const changes = (before: readonly Fact[], after: readonly Fact[]): readonly ChangedFact[] => {
  const old = new Map(before.map((fact) => [fact.key, fact]));
  const now = new Set(after.map((fact) => fact.key));
  return [
    ...after.map((fact): ChangedFact => {
      const was = old.get(fact.key);
      return { ...fact, before: was?.text ?? null, change: was === undefined ? 'new' : was.text === fact.text ? 'none' : 'changed' };
    }),
    ...before.filter((fact) => !now.has(fact.key)).map((fact): ChangedFact => ({ ...fact, before: fact.text, text: '—', change: 'gone' })),
  ];
};
