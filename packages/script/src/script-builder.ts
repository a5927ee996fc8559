import type { ReturnCause } from '@dialog/contracts/return-cause';
import type { Expression } from './expression.ts';
import type { CompiledScript, FileRule, Script, Step, StepOf, TextRule, Variable } from './model.ts';
import type { Source } from './source.ts';

/** An expression where it stands: what the linter checks types and variables by. */
export type Use = {
  readonly expression: Expression;
  /** Path of the step. */
  readonly step: string;
  /** The scalar; places in the expression count within its text. */
  readonly source: Source;
  /** In a text; as a condition; as the value of the variable `sets`. */
  readonly as: 'text' | 'condition' | 'value';
  readonly sets?: string;
  /** A part of an `http` request, where `secret.name` may stand. */
  readonly http?: boolean;
};

/** A script while it is read. Mutable, and what the linter needs beside it. */
export type ScriptBuilder = {
  timezone: string;
  readonly variables: Map<string, Variable>;
  readonly steps: Map<string, Step>;
  readonly scripts: Map<string, CompiledScript>;
  /** Names of steps given by the author: `script.id` to path. */
  readonly ids: Map<string, string>;
  chatStart: string | null;
  readonly textRules: TextRule[];
  readonly fileRules: FileRule[];
  readonly buttonRules: Map<string, string>;
  readonly returned: Map<ReturnCause, string>;
  readonly fallbacks: { streak: number; script: string }[];
  readonly silences: { afterMs: number; script: string }[];
  readonly menuButtons: Map<string, string>;
  /** Targets of `go` to be resolved once all scripts are known. */
  readonly pending: { readonly target: string; readonly at: Source; readonly set: (path: string | null) => void }[];
  readonly uses: Use[];
  /** Variables that steps save to, with the place of the name. */
  readonly saves: { readonly step: string; readonly name: string; readonly at: Source }[];
  /** Where the buttons of menus stand, and whether they lead anywhere by themselves. */
  readonly buttons: { readonly step: string; readonly id: string; readonly at: Source; readonly leads: boolean }[];
  /** Scripts of whose triggers one was refused: that they are started by nothing is no news. */
  readonly untriggered: Set<string>;
};

export type Defaults = Readonly<Record<'handover' | 'ask' | 'menu' | 'http', ReadonlyMap<string, Source>>>;

export const scriptBuilder = (): ScriptBuilder => ({
  timezone: 'UTC',
  variables: new Map(),
  steps: new Map(),
  scripts: new Map(),
  ids: new Map(),
  chatStart: null,
  textRules: [],
  fileRules: [],
  buttonRules: new Map(),
  returned: new Map(),
  fallbacks: [],
  silences: [],
  menuButtons: new Map(),
  pending: [],
  uses: [],
  saves: [],
  buttons: [],
  untriggered: new Set(),
});

export const builtScript = (name: string, builder: ScriptBuilder): Script => {
  const { pending: _pending, uses: _uses, saves: _saves, buttons: _buttons, untriggered: _untriggered, ...built } = builder;
  built.fallbacks.sort((a, b) => a.streak - b.streak);
  built.silences.sort((a, b) => a.afterMs - b.afterMs);
  const menusBehind = menusBehindOf(built);
  const visitorVariables = new Set([...built.variables].filter(([, variable]) => variable.keep === 'visitor').map(([key]) => key));
  return { name, ...built, menusBehind, visitorVariables };
};

/** By button: neither its menu says where it leads, nor has it a script. */
const menusBehindOf = ({ steps, buttonRules }: Pick<ScriptBuilder, 'steps' | 'buttonRules'>): Map<string, StepOf<'menu'>[]> => {
  const found = new Map<string, StepOf<'menu'>[]>();
  for (const step of steps.values()) {
    if (step.verb !== 'menu' || step.next === null) continue;
    for (const { id, goName } of step.rows.flat()) {
      if (goName !== null || buttonRules.has(id)) continue;
      found.set(id, [...(found.get(id) ?? []), step]);
    }
  }
  return found;
};
