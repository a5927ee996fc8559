import { visitorHashSchema } from '@dialog/contracts/ids';
import type { ScriptState, Value } from '@dialog/script/types';
import { type Draft, emit, liveOf } from '../draft.ts';
import { canonical } from '../state-hash.ts';

type Values = Readonly<Record<string, Value>>;

/** Where the script changed variables declared `keep: visitor`, the visitor is to know. */
export const tellVisitor = (draft: Draft, changed: Values): void => {
  const { visitor, keptChanges } = liveOf(draft);
  const names = Object.keys(changed).filter((name) => draft.context.script.visitorVariables.has(name));
  if (names.length === 0 || !visitorHashSchema.safeParse(visitor).success) return;
  emit(draft, {
    type: 'VisitorVariablesChanged',
    data: { change: keptChanges.count + 1, names, values: pick(changed, names) },
  });
};

/** What a run changed that was not told while it could be undone. */
export const changedSince = (before: ScriptState, now: ScriptState): Values =>
  pick(
    now.variables,
    Object.keys(now.variables).filter((name) => canonical(now.variables[name]) !== canonical(before.variables[name])),
  );

/**
 * What other chats left. A name that this dialog wrote in a change which the visitor did not know yet stays: that change comes later in his
 * log, and the later one counts.
 */
export const receiveVariables = (draft: Draft, { values, knownChange }: { values: Values; knownChange: number }): void => {
  const { lastOf } = liveOf(draft).keptChanges;
  const names = Object.keys(values).filter((name) => draft.context.script.visitorVariables.has(name) && (lastOf[name] ?? 0) <= knownChange);
  if (names.length > 0) emit(draft, { type: 'VisitorVariablesReceived', data: { values: pick(values, names) } });
};

const pick = (from: Values, names: readonly string[]): Record<string, Value> =>
  Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
