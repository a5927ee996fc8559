import type { ReturnCause } from '@dialog/contracts/return-cause';
import type { RE2JS } from 're2js';
import type { Expression } from './expression.ts';
import type { BodyTemplate } from './http-request.ts';
import type { Template } from './template.ts';
import type { HttpRequest, Position } from './types.ts';

/** A script, compiled: steps by path, each knowing what follows it. Immutable. */
export type Script = {
  /** `bot` of the file. */
  readonly name: string;
  readonly timezone: string;
  readonly variables: ReadonlyMap<string, Variable>;
  /** Those declared `keep: visitor`: they are a person's, in all chats. */
  readonly visitorVariables: ReadonlySet<string>;
  readonly steps: ReadonlyMap<string, Step>;
  readonly scripts: ReadonlyMap<string, CompiledScript>;
  /** Names that the author gave: `script.step_id` to the step's path. */
  readonly ids: ReadonlyMap<string, string>;
  readonly chatStart: string | null;
  /** In file order. */
  readonly textRules: readonly TextRule[];
  /** In file order. */
  readonly fileRules: readonly FileRule[];
  readonly buttonRules: ReadonlyMap<string, string>;
  readonly returned: ReadonlyMap<ReturnCause, string>;
  /** By rising streak. */
  readonly fallbacks: readonly { readonly streak: number; readonly script: string }[];
  /** By rising time: what the caller arms while the bot owns the chat and the visitor is silent. */
  readonly silences: readonly { readonly afterMs: number; readonly script: string }[];
  /** Where the buttons of all menus lead: an old keyboard can still be pressed. */
  readonly menuButtons: ReadonlyMap<string, string>;
  /** Menus that go on behind themselves when this button of theirs is pressed. */
  readonly menusBehind: ReadonlyMap<string, readonly StepOf<'menu'>[]>;
};

export type CompiledScript = {
  readonly name: string;
  readonly first: string | null;
  readonly deliver: 'next_chat' | 'drop';
  /** Whether it has a trigger `returned`. */
  readonly isReturn: boolean;
  readonly position: Position;
};

export type VariableType = 'text' | 'int' | 'number' | 'date' | 'email' | 'phone' | 'choice' | 'json' | 'boolean';

export type Variable = {
  readonly type: VariableType;
  readonly keep: 'chat' | 'visitor';
  readonly pii: boolean;
  /** `choice` only. */
  readonly options: readonly string[];
};

/** A rule that lost, with its reason: made once, recorded as it stands. */
export type Loser = { readonly trigger: string; readonly reason: string };

type Rule = {
  readonly script: string;
  /** How the trace calls it. */
  readonly name: string;
  readonly noMatch: Loser;
  readonly outranked: Loser;
};

/** Texts folded (`words.ts`) once, at the parse. */
export type TextRule = Rule & {
  readonly anyOf: ReadonlySet<string>;
  /** Each with a space on both sides. */
  readonly words: readonly string[];
  readonly contains: readonly string[];
  readonly regex: readonly RE2JS[];
};

/** `mediaTypes`: patterns as `media-type.ts` takes them, lower case. */
export type FileRule = Rule & { readonly mediaTypes: readonly string[] };

export type AnswerType =
  | { readonly kind: 'text' | 'int' | 'number' | 'date' | 'email' | 'phone' }
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  | { readonly kind: 'regex'; readonly regex: RE2JS };

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
    | { readonly verb: 'say'; readonly variants: readonly Template[] }
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
    | {
        readonly verb: 'set';
        readonly values: readonly { readonly name: string; readonly value: Expression | null; readonly line: number }[];
      }
    | { readonly verb: 'if'; readonly condition: Expression; readonly then: string | null; readonly else: string | null }
    | {
        readonly verb: 'http';
        readonly method: HttpRequest['method'];
        readonly url: Template;
        readonly headers: readonly { readonly name: string; readonly value: Template }[];
        readonly body: BodyTemplate | null;
        readonly timeoutMs: number;
        readonly retries: number;
        readonly save: string | null;
        /** By `404`, `4xx` or `default`. */
        readonly onStatus: ReadonlyMap<string, string | null>;
        readonly onError: Outcome;
      }
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
    /** `interrupted`: takes up the position that was taken over; with none the next step follows. */
    | { readonly verb: 'go'; readonly target: string | null; readonly targetName: string; readonly interrupted: boolean }
    | { readonly verb: 'stop' }
    | { readonly verb: 'mark'; readonly name: string }
  );

export type Verb = Step['verb'];
export type StepOf<V extends Verb> = Extract<Step, { verb: V }>;
