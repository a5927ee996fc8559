import type { DeadlineName, DomainEventOf, EventMetadata } from '@dialog/contracts/domain-event';
import type { Effect } from '@dialog/contracts/effects';
import type { IdForm } from '@dialog/contracts/ids';
import type { InboxInputOf } from '@dialog/contracts/inbox';
import type { Message } from '@dialog/contracts/message';
import type { ReturnCause } from '@dialog/contracts/return-cause';
import type { ScriptState } from '@dialog/script/types';
import { type IdSet, idSet } from './id-set.ts';

/** Who may speak; a field stands only where it means something. */
export type Holder =
  | { readonly owner: 'bot' }
  | { readonly owner: 'queue' }
  | { readonly owner: 'operator'; readonly operatorId: string | null }
  /**
   * `final`: Webim's own final close; anything after it is late. Otherwise a close by inference, which a message reopens.
   * `owedReturn`: the Return that a redirect still open at the close would have run; null where one ran at it.
   */
  | { readonly owner: 'nobody'; readonly final: boolean; readonly owedReturn: ReturnCause | null };

export type OpenEffect = {
  readonly number: number;
  readonly attempt: number;
  readonly effect: Effect;
  /** The epoch in which it was opened: a result moves owner or script only while it is current. */
  readonly epoch: number;
  readonly purpose: DomainEventOf<'EffectOpened'>['data']['purpose'];
  readonly group: number | null;
  readonly expiresAt: number | null;
  /** The next attempt waits until then; while set, nothing of it is on its way. */
  readonly notBefore: number | null;
  /** Attempts that ended in doubt or deferred. */
  readonly failures: number;
  readonly doubts: number;
  readonly noOperatorAfterMs: number | null;
  /** Hash of the visitor's message that it answers. */
  readonly answers: string | null;
  /** purpose `held`: the visitor's text of which it is a part; `reached`: another part of it reached Webim. */
  readonly held: { readonly textId: string; readonly reached: boolean } | null;
};

/** A visitor's message that the script could not take yet. */
export type WaitingMessage = { readonly message: Message; readonly at: number };

/** How the bot gets back a chat that people have (design §5.1). */
export type Trial = {
  readonly cause: 'operator_redirect' | 'no_operator';
  /** Restored when Webim refuses. */
  readonly kept: ScriptState;
  /** The wait for an operator, which goes on when Webim refuses. */
  readonly noOperator: Deadline | null;
  readonly returnScript: string | null;
};

/** How long the visitor has been silent, for the script's `silence` rules. Each fires once until he writes, or the bot gets the chat anew. */
export type Silence = {
  /** When the last thing said was delivered, or the visitor last wrote, ms. A reminder of a `silence` rule does not count as said. */
  readonly since: number;
  /** The longest rule that fired, ms; 0: none. */
  readonly firedMs: number;
  /** What the script says now, it says because of a `silence` rule. */
  readonly reminding: boolean;
};

export type Deadline = { readonly at: number; readonly setAt: number };

/** A webhook that Webim saw refused; its repeat takes the chat back. `answered`: a reply to one of its messages reached Webim, before or since. */
export type Refusal = { readonly of: string; readonly hashes: readonly string[]; readonly answered: boolean };

type Known = {
  /** Ids of all inputs taken (design §6.3). */
  readonly inputs: IdSet;
  readonly chatIdForm: IdForm;
  /** Time of the last input, ms, log's time; never runs back. */
  readonly at: number;
};

export type AbsentDialog = { readonly status: 'absent'; readonly inputs: IdSet };
export type UnseenDialog = Known & {
  readonly status: 'unseen';
  readonly closed: boolean;
  /** Why its records go to its parked stream; null: they don't. */
  readonly parked: string | null;
  readonly handlersSeen: boolean;
  /** The webhook being decided: the dialog starts from it. */
  readonly first: InboxInputOf<'new_chat'> | InboxInputOf<'new_message'> | null;
};
export type LiveDialog = Known & {
  readonly status: 'live';
  readonly holder: Holder;
  readonly epoch: number;
  /** When the owner last changed, ms. */
  readonly ownerSince: number;
  /** `handedToOperator`, with the epoch that names its episode; null: not set. */
  readonly flag: { readonly episode: number; readonly cause: string } | null;
  /** The last episode whose Return ran; 0: none. */
  readonly returnedEpisode: number;
  readonly returnCause: ReturnCause | null;
  readonly trial: Trial | null;
  readonly incomplete: boolean;
  readonly parked: boolean;
  /** Parked only: number of the effect that was on its way when it stopped, until its result is drained; left out: none. */
  readonly onItsWay?: number;
  /** An operator stopped the bot in this dialog; left out: it runs. */
  readonly botStopped?: true;
  /** Hash of the pinned script. */
  readonly script: string;
  readonly scriptState: ScriptState;
  /** Keyed hash of the person; null: the door did not name him. */
  readonly visitor: string | null;
  /** What Webim says of the person, newest value of each field: `visitor.*` of the script. Personal: nothing here branches on it. */
  readonly visitorFields: Readonly<Record<string, string>>;
  /** `awaits_visitor`: `chat_start` waits for the visitor's answer. `broken_off`: people got, or are to get, the chat before it ran. */
  readonly start: 'run' | 'awaits_visitor' | 'broken_off';
  /** Own changes of variables that are the visitor's: how many, and which change last wrote each name. */
  readonly keptChanges: { readonly count: number; readonly lastOf: Readonly<Record<string, number>> };
  readonly webimVersion: string | null;
  /** Hashes of all visitor messages seen that carry an id. */
  readonly messages: IdSet;
  /** Content hashes of messages without an id since our last reply, with their time. */
  readonly recentContent: readonly { readonly hash: string; readonly at: number }[];
  readonly newChats: readonly { readonly bodyHash: string; readonly at: number }[];
  /** The last webhooks of the bot route: what a refusal that comes later names. */
  readonly recentWebhooks: readonly {
    readonly inputId: string;
    readonly hashes: readonly string[];
    readonly at: number;
    readonly answered: boolean;
  }[];
  /** Refused webhooks that were not repeated yet, oldest first. */
  readonly refusals: readonly Refusal[];
  /** Visitor messages of the input being decided. */
  readonly arriving: readonly Message[];
  /** Hash of the message that the script's last run answers. */
  readonly answering: string | null;
  readonly waiting: readonly WaitingMessage[];
  readonly effects: readonly OpenEffect[];
  readonly nextEffect: number;
  /** null: nobody is waited for, e.g. once Webim took the bot's close. */
  readonly silence: Silence | null;
  readonly deadlines: Readonly<Partial<Record<DeadlineName, Deadline>>>;
  readonly lastActivityAt: number;
  /** Newest time of Webim's own clock in any input, ms. */
  readonly webimAt: number | null;
  /** Webim's own time of the input being decided, ms. */
  readonly shownAt: number | null;
  /** Webim's newest time when the owner last changed; null: what changed it showed none. */
  readonly webimAtOwner: number | null;
  readonly closeOverdueAt: number | null;
  readonly handlersSeen: boolean;
};

export type DialogState = AbsentDialog | UnseenDialog | LiveDialog;

export const initialDialog: DialogState = { status: 'absent', inputs: idSet() };

/** An effect that outbound may have in its hands: the head, unless it waits for its next attempt. */
export const inFlight = (state: LiveDialog): OpenEffect | undefined =>
  state.effects[0]?.notBefore === null ? state.effects[0] : undefined;

/** A parked dialog publishes one thing, its own redirect to people; what was on its way must not go out (design §6.7). */
export const parkedHead = (state: LiveDialog): OpenEffect | undefined => state.effects.find((open) => open.purpose === 'parked');

/** What every event's metadata says of the state after it. */
export const stamp = (state: DialogState): Pick<EventMetadata, 'epoch' | 'owner' | 'flag' | 'head' | 'script'> => {
  if (state.status !== 'live') return { epoch: 0, owner: null, flag: false, head: null };
  const head = state.parked ? parkedHead(state) : state.effects[0];
  return {
    epoch: state.epoch,
    owner: state.holder.owner,
    flag: state.flag !== null,
    head: head ? { number: head.number, attempt: head.attempt } : null,
    script: state.script,
  };
};
