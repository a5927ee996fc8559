import type { ReturnCause } from '@dialog/contracts/return-cause';
import type { HttpError, Position, Value } from './types.ts';

/**
 * One entry of `tests:`: a list of inputs and what must be true after the last of them. Time stands still but for `later`, `at`
 * and `no_operator`; Webim accepts whatever is asked of it, at once, but for `refuse`.
 */
export type ScriptTest = {
  readonly name: string;
  readonly given: readonly GivenInput[];
  readonly expect: readonly ExpectedFact[];
  /** Where the test begins. */
  readonly position: Position;
};

/** Each stands in the source as a map of one key, its `kind`. */
export type GivenInput = { readonly position: Position } & (
  | {
      /** The chat begins on the bot. */
      readonly kind: 'chat_start';
      /** ms since the epoch, from a time with its offset; undefined: the runner's fixed time (2026-01-05T12:00:00Z, a Monday). */
      readonly at?: number;
      /** What is known of the person: `visitor.*`. */
      readonly visitor?: Readonly<Record<string, Value>>;
      /** Variables `keep: visitor` as an earlier chat left them. */
      readonly variables?: Readonly<Record<string, Value>>;
    }
  /** The visitor writes. */
  | { readonly kind: 'text'; readonly text: string }
  /** The visitor presses. */
  | { readonly kind: 'button'; readonly id: string }
  /** The visitor sends a file. */
  | { readonly kind: 'file'; readonly mediaType?: string; readonly name?: string }
  /** The answer to the `http` step that waits. */
  | { readonly kind: 'http_result'; readonly status: number; readonly body: Value }
  /** No answer to the `http` step that waits. */
  | { readonly kind: 'http_result'; readonly error: HttpError }
  /** An operator takes the chat: from the queue, or from the bot. */
  | { readonly kind: 'operator_assigned'; readonly operator?: string }
  /** The operator redirects the open chat to the bot. */
  | { readonly kind: 'operator_redirect' }
  /** Final. `inactivity`: Webim's timer closed it. */
  | { readonly kind: 'chat_closed'; readonly by?: 'visitor' | 'operator' | 'inactivity' }
  /** Time passes; every deadline in between fires. */
  | { readonly kind: 'later'; readonly ms: number }
  /** The same person's next chat: what follows goes there. */
  | { readonly kind: 'new_chat'; readonly at?: number }
  /** Nobody takes the handover: time moves to its `no_operator_after`. */
  | { readonly kind: 'no_operator' }
  /** Webim refuses the next request of this kind. `reason` as Webim means it; default `other`. */
  | { readonly kind: 'refuse'; readonly what: RefusedKind; readonly reason: RefusedReason }
);

export type RefusedKind = 'text' | 'menu' | 'file' | 'handover' | 'close';
/** `content`: it takes no such message. `chat_closed`, `not_bots_chat`: the chat is no more the bot's. */
export type RefusedReason = 'other' | 'content' | 'chat_closed' | 'not_bots_chat';

/** Each stands in the source as a map of one key, its `kind`. Facts hold of the whole test, over all its chats, unless they say "at the end". */
export type ExpectedFact = { readonly position: Position } & (
  | {
      /** Said to the visitor, word for word, menus' texts and captions included; several `said` must come in this order. */
      readonly kind: 'said';
      readonly text: string;
    }
  /** Said to the visitor as a part of a text. Written `said: { contains: … }`. */
  | { readonly kind: 'said_containing'; readonly text: string }
  | { readonly kind: 'not_said'; readonly text: string }
  /** The last keyboard has exactly these buttons, by id, in order. */
  | { readonly kind: 'offered'; readonly buttons: readonly string[] }
  /** A file of this name or address was sent. */
  | { readonly kind: 'sent_file'; readonly file: string }
  | { readonly kind: 'marked'; readonly name: string }
  | { readonly kind: 'not_marked'; readonly name: string }
  /** Who has the chat at the end. */
  | { readonly kind: 'owner'; readonly owner: 'bot' | 'queue' | 'operator' | 'nobody' }
  /** The flag "handed to operator" at the end. */
  | { readonly kind: 'flag'; readonly set: boolean }
  /** How often the flag was reset; `cause` counts those alone. */
  | { readonly kind: 'flag_reset'; readonly times: number; readonly cause?: ReturnCause }
  /** How often each script was started by a trigger of its own, or entered by `go`. */
  | { readonly kind: 'script_ran'; readonly scripts: Readonly<Record<string, number>> }
  /** Variables at the end; null: not set. */
  | { readonly kind: 'variable'; readonly values: Readonly<Record<string, Value>> }
  /** Whether the chat is closed at the end. */
  | { readonly kind: 'closed'; readonly closed: boolean }
  /** How often the chat was handed over; `department`, `operator` count those alone. */
  | { readonly kind: 'handed_over'; readonly times: number; readonly department?: string; readonly operator?: string }
  /** A text that waits, at the end, for the visitor's next chat. */
  | { readonly kind: 'held'; readonly text: string }
  /** A text of a final Return that nobody gets (`deliver: drop`). */
  | { readonly kind: 'dropped'; readonly text: string }
  /** An `http` request was made: `GET https://…`; a secret reads as it is written. */
  | { readonly kind: 'requested'; readonly method: string; readonly url: string }
  /** A handover's note. */
  | { readonly kind: 'noted'; readonly text: string }
  /** Where the script waits at the end: `script.step_id`, a script's name, or null: at its triggers. */
  | { readonly kind: 'waits_at'; readonly step: string | null }
);
