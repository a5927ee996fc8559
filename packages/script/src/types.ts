import type { Button } from '@dialog/contracts/effects';
import type { ReturnCause } from '@dialog/contracts/return-cause';

/** JSON values: what a variable may hold. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** Where a finding or a step stands in the source, 1-based. */
export type Position = { readonly line: number; readonly column: number };
export type Finding = {
  readonly severity: 'error' | 'warning';
  /** A stable id such as `unknown-verb`, `go-nowhere`. */
  readonly rule: string;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  readonly position: Position;
};

/** What the script is started or continued by. Time and ids come in with the input; nothing here is read from outside. */
export type Trigger =
  | { readonly kind: 'chat_start' }
  | { readonly kind: 'text'; readonly text: string }
  /** `id` of the pressed button; `label` where Webim sent it. */
  | { readonly kind: 'button'; readonly id: string; readonly label?: string }
  | { readonly kind: 'file'; readonly mediaType?: string }
  | { readonly kind: 'returned'; readonly cause: ReturnCause }
  /** The armed `ask`, `menu` or `wait` timed out. */
  | { readonly kind: 'timeout' }
  | { readonly kind: 'handover_accepted' }
  | { readonly kind: 'handover_failed' }
  /** Nobody took the handover: runs `on_no_operator` of the handover step at the cursor, else `returned` with cause `no_operator`. */
  | { readonly kind: 'no_operator' }
  | { readonly kind: 'close_failed' }
  /** What came of the `http` step at the cursor: the answer, or why there is none. */
  | { readonly kind: 'http_result'; readonly response: HttpResponse | { readonly error: HttpError } }
  /** Nothing from the visitor for so long while the bot owns the chat; `afterMs` names the `silence` rule that is due. */
  | { readonly kind: 'silence'; readonly afterMs: number };

/** An answer of any status; `body` is parsed JSON where it is JSON, else its text. */
export type HttpResponse = { readonly status: number; readonly body: Value };
/** `refused_host`: not on the account's allow list, or a private address. `too_large`: over the size limit. */
export type HttpError =
  | 'timeout'
  | 'connection'
  | 'refused_host'
  | 'redirect'
  | 'too_large'
  | 'secret_missing'
  | 'in_doubt'
  | 'unsupported'
  | 'account_removed';

/**
 * `open`: the chat is the bot's, everything runs. `silent`: only set, if, mark, http, go, stop run; a speaking step ends the run as
 * `needs_chat` (on_accepted). `final`: as silent, but texts go out as `say` actions for the caller to hold or drop (`deliver`),
 * and a step that needs an answer ends the run with outcome `needs_answer`.
 */
export type RunMode = 'open' | 'silent' | 'final';

/** The position in the script and all that it remembers. Plain JSON; part of the dialog's state. */
export type ScriptState = {
  /** Where the script stands, waiting; null: at its triggers. */
  readonly cursor: Cursor | null;
  /** Variables, `keep: chat` and `keep: visitor` alike. */
  readonly variables: Readonly<Record<string, Value>>;
  /** How many visitor inputs in a row nothing but `fallback` matched. */
  readonly fallbackStreak: number;
  /** Where the script stood when something of higher priority or a human stretch took over: what `go: interrupted` takes up. */
  readonly interrupted?: Cursor | null;
  /** The last keyboard said, so that a typed label or number counts as a press. */
  readonly keyboard: readonly { readonly id: string; readonly label: string; readonly go?: string }[] | null;
};

/** Of a dialog whose script has not begun. */
export const initialScriptState: ScriptState = { cursor: null, variables: {}, fallbackStreak: 0, keyboard: null };

export type Cursor = {
  /** Path of the step that waits, stable within a version: `scripts.order_status.steps[0]`. */
  readonly step: string;
  readonly waitsFor: 'answer' | 'press' | 'time' | 'message' | 'handover' | 'close' | 'http';
  /** Failed answers to the open `ask` so far. */
  readonly attempts: number;
  /** Runs from the delivery of the last effect before it; undefined: waits for ever. ms. */
  readonly timeoutMs?: number;
};

/** What the script wants done, in order. */
export type Action =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'keyboard'; readonly text: string; readonly buttons: readonly (readonly Button[])[] }
  | { readonly kind: 'file'; readonly url: string; readonly name: string; readonly mediaType: string; readonly caption?: string }
  | {
      readonly kind: 'handover';
      readonly department?: string;
      readonly operatorId?: string;
      readonly note?: string;
      readonly noOperatorAfterMs?: number;
    }
  | { readonly kind: 'close' }
  | { readonly kind: 'http'; readonly request: HttpRequest }
  | { readonly kind: 'mark'; readonly name: string };

/** A request of an `http` step, rendered. `{{ secret.name }}` stays as it is written: outbound fills it in, and it stands in no history. */
export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON where it is no text. */
  readonly body?: Value;
  readonly timeoutMs: number;
  /** How often it is tried again after a failure that may pass. */
  readonly retries: number;
};

/** Why the bot said what it said. Plain JSON, recorded with the reply; texts of the visitor never stand here. */
export type Trace = {
  /** e.g. `button order`, `ask order_status.ask_no`, `text scripts.to_human`, `fallback 1`. */
  readonly won: string | null;
  /** Those first that would have won without the winner; at most a dozen. */
  readonly lost: readonly { readonly trigger: string; readonly reason: string }[];
  /** How many lost beyond those. */
  readonly lostMore?: number;
  /** Steps run, in order, with the branch taken where there was one. */
  readonly steps: readonly { readonly step: string; readonly line: number; readonly took?: string }[];
};

export type Advance = {
  readonly state: ScriptState;
  /** Variables that changed; `null` cleared. */
  readonly changed: Readonly<Record<string, Value>>;
  readonly actions: readonly Action[];
  readonly trace: Trace;
  /** Values that expressions and templates of this run read, by path: the "why" of a reply. May hold personal data. */
  readonly reads?: Readonly<Record<string, Value>>;
  /** `waiting`: stands at the cursor. `idle`: at its triggers. `stopped`: by `stop`. `unmatched`: nothing fired, state unchanged. */
  readonly outcome: 'waiting' | 'idle' | 'stopped' | 'unmatched' | 'needs_chat' | 'needs_answer' | 'error';
  /** outcome `error`: e.g. the bound on steps per input with the cycle named. */
  readonly error?: string;
  /** trigger `returned` only: what to do with texts where no chat is open. */
  readonly deliver?: 'next_chat' | 'drop';
  /** Name of the script (under `scripts`) whose trigger won, where one did. */
  readonly script?: string;
};

/** What expressions may read besides variables. */
export type ScriptContext = {
  /** Time of the input, ms since the epoch: now. */
  readonly now: number;
  readonly chat: { readonly id: string; readonly account: string };
  readonly visitor: Readonly<Record<string, Value>>;
  readonly returnCause: ReturnCause | null;
};
