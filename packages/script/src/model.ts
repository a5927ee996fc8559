import type { ReturnCause } from '@dialog/contracts/return-cause';
import type { RE2JS } from 're2js';
import type { Expression } from './expression.ts';
import type { Template } from './template.ts';
import type { Position } from './types.ts';

/** A script, compiled: steps by path, each knowing what follows it. Immutable. */
export type Script = {
  /** `bot` of the file. */
  readonly name: string;
  readonly timezone: string;
  readonly variables: ReadonlyMap<string, Variable>;
  readonly steps: ReadonlyMap<string, Step>;
  readonly scripts: ReadonlyMap<string, CompiledScript>;
  readonly chatStart: string | null;
  /** In file order. */
  readonly textRules: readonly { readonly script: string; readonly rule: TextRule }[];
  readonly buttonRules: ReadonlyMap<string, string>;
  readonly returned: ReadonlyMap<ReturnCause, string>;
  /** By rising streak. */
  readonly fallbacks: readonly { readonly streak: number; readonly script: string }[];
  /** Where the buttons of all menus lead: an old keyboard can still be pressed. */
  readonly menuButtons: ReadonlyMap<string, string>;
};

export type CompiledScript = {
  readonly name: string;
  readonly first: string | null;
  readonly deliver: 'next_chat' | 'drop';
  readonly position: Position;
};

export type Variable = { readonly type: string; readonly pii: boolean };

export type TextRule = {
  readonly anyOf: readonly string[];
  readonly words: readonly string[];
  readonly contains: readonly string[];
  readonly regex: readonly RE2JS[];
};

export type AnswerType = { readonly kind: 'text' | 'int' | 'phone' } | { readonly kind: 'regex'; readonly regex: RE2JS };

type Common = {
  readonly path: string;
  readonly script: string;
  readonly position: Position;
  /** The step after it; null: the script ends. */
  readonly next: string | null;
};

/** The first step of an outcome's list; undefined: the outcome is not named. */
type Outcome = string | null | undefined;

export type Step = Common &
  (
    | { readonly verb: 'say'; readonly text: Template }
    | {
        readonly verb: 'menu';
        readonly text: Template | null;
        readonly rows: readonly (readonly {
          readonly id: string;
          readonly text: Template;
          readonly go: string | null;
          readonly goName: string | null;
        }[])[];
        readonly expiresMs: number | null;
      }
    | {
        readonly verb: 'file';
        readonly url: Template;
        readonly name: Template;
        readonly mediaType: string;
        readonly caption: Template | null;
      }
    | {
        readonly verb: 'ask';
        readonly text: Template;
        readonly save: string;
        readonly as: AnswerType;
        readonly error: Template | null;
        readonly attempts: number;
        readonly upToMs: number | null;
        readonly onFail: Outcome;
        readonly onTimeout: Outcome;
      }
    | { readonly verb: 'wait'; readonly ms: number | null; readonly forMessage: boolean; readonly onTimeout: Outcome }
    | { readonly verb: 'set'; readonly values: readonly { readonly name: string; readonly value: Expression | null }[] }
    | { readonly verb: 'if'; readonly condition: Expression; readonly then: string | null; readonly else: string | null }
    | {
        readonly verb: 'handover';
        readonly say: Template | null;
        readonly note: Template | null;
        readonly department: string | null;
        readonly operatorId: string | null;
        readonly noOperatorAfterMs: number | null;
        readonly onAccepted: Outcome;
        readonly onNoOperator: Outcome;
        readonly onFailed: Outcome;
      }
    | { readonly verb: 'close'; readonly onFailed: Outcome }
    | { readonly verb: 'go'; readonly target: string | null; readonly targetName: string }
    | { readonly verb: 'stop' }
    | { readonly verb: 'mark'; readonly name: string }
  );

export type Verb = Step['verb'];
