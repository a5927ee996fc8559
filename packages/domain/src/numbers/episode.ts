import type { DomainEvent, EventMetadata } from '@dialog/contracts/domain-event';

/**
 * What is counted: a stretch of a dialog that begins with the bot and ends when the flag "handed to operator" is reset, or with the close. A
 * chat that the bot alone had is one episode; one that people had and gave back is two. Nothing personal stands in it.
 */
export type Episode = {
  /** From 1 on, in the dialog. */
  readonly number: number;
  /** Revision of the event that began it. */
  readonly revision: number;
  /** Log's time, ms. */
  readonly startedAt: number;
  /** null: under way. */
  readonly endedAt: number | null;
  readonly begins: 'start' | 'returned' | 'reopened';
  /** Hash of the script that decided it. */
  readonly script: string | null;
  readonly handedOver: boolean;
  /** Why the flag was set: `handover`, `operator_assigned`, `lost`, `webhook_refused`. */
  readonly handoverCause: string | null;
  /** The script asked Webim for people. */
  readonly asked: boolean;
  /** An operator had it. */
  readonly taken: boolean;
  readonly botMs: number;
  readonly queueMs: number;
  readonly operatorMs: number;
  /** Cause of the Return that ended it. */
  readonly returned: string | null;
  /** How the chat was closed, where the episode ended with that. */
  readonly closed: string | null;
  /** Where the script waited for the visitor when the bot had the chat and it was closed. */
  readonly leftAt: string | null;
  /** Most answers in a row that the script did not understand. */
  readonly fallbacks: number;
  readonly repliesSent: number;
  readonly repliesExpired: number;
  readonly repliesRefused: number;
};

type Owner = EventMetadata['owner'];

/** What a dialog's episodes are folded with. JSON as it stands. */
export type EpisodeFold = {
  readonly current: Episode | null;
  /** The one before it: a Return that begins the current one ends that. */
  readonly previous: Episode | null;
  readonly owner: Owner;
  readonly at: number;
  readonly script: string | null;
  /** Where the script waits. */
  readonly cursor: { readonly step: string; readonly waitsFor: string } | null;
  /** Numbers of replies that Webim has not answered yet. */
  readonly open: readonly number[];
};

export const noEpisodes: EpisodeFold = { current: null, previous: null, owner: null, at: 0, script: null, cursor: null, open: [] };

export type CountedEvent = {
  readonly revision: number;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: Pick<EventMetadata, 'at' | 'owner'>;
};

const replyPurposes = new Set(['reply', 'held', 'expired_reply']);
const visitorsTurn = new Set(['answer', 'press', 'message']);

/** Folds one event; pure and total. `current` and `previous` are the same objects where it did not touch them. */
export const foldEpisodes = (before: EpisodeFold, event: CountedEvent): EpisodeFold => {
  const { at, owner } = event.metadata;
  const from = timed(before, at);
  // Its data was checked when it was decided; a shape that is not there says nothing.
  const known = { ...event, data: event.data ?? {} } as unknown as DomainEvent;
  return { ...said(from, known, event.revision, at, owner), owner, at: Math.max(from.at, at) };
};

/** The time since the event before goes to who had the dialog then. */
const timed = (fold: EpisodeFold, at: number): EpisodeFold => {
  const { current, owner } = fold;
  const ms = at - fold.at;
  if (current === null || current.endedAt !== null || ms <= 0) return fold;
  const field = owner === 'bot' ? 'botMs' : owner === 'queue' ? 'queueMs' : owner === 'operator' ? 'operatorMs' : undefined;
  return field === undefined ? fold : { ...fold, current: { ...current, [field]: current[field] + ms } };
};

const begun = (fold: EpisodeFold, revision: number, at: number, begins: Episode['begins']): EpisodeFold => ({
  ...fold,
  previous: fold.current,
  current: {
    number: (fold.current?.number ?? 0) + 1,
    revision,
    startedAt: at,
    endedAt: null,
    begins,
    script: fold.script,
    handedOver: false,
    handoverCause: null,
    asked: false,
    taken: false,
    botMs: 0,
    queueMs: 0,
    operatorMs: 0,
    returned: null,
    closed: null,
    leftAt: null,
    fallbacks: 0,
    repliesSent: 0,
    repliesExpired: 0,
    repliesRefused: 0,
  },
});

const changed = (fold: EpisodeFold, change: Partial<Episode>): EpisodeFold =>
  fold.current === null ? fold : { ...fold, current: { ...fold.current, ...change } };

const said = (fold: EpisodeFold, event: DomainEvent, revision: number, at: number, owner: Owner): EpisodeFold => {
  const { current } = fold;
  switch (event.type) {
    case 'DialogStarted':
      return begun({ ...fold, script: event.data.script }, revision, at, 'start');
    case 'DialogReopened':
      return current === null || current.endedAt === null ? fold : begun(fold, revision, at, 'reopened');
    case 'OwnerChanged':
      return event.data.owner === 'operator' ? changed(fold, { taken: true }) : fold;
    case 'FlagSet':
      // One that comes after the close is of the episode that the close ended.
      return changed(fold, { handedOver: true, handoverCause: event.data.cause });
    case 'FlagReset':
      if (event.data.cause === 'webhook_repeated') return changed(fold, { handedOver: false, handoverCause: null });
      if (current?.endedAt !== null) return fold;
      return owner === 'nobody' ? changed(fold, { endedAt: at }) : begun(changed(fold, { endedAt: at }), revision, at, 'returned');
    case 'ReturnStarted':
      return returned(fold, event.data.cause);
    case 'DialogClosed':
      return current?.endedAt === null ? changed(fold, { endedAt: at, closed: event.data.cause, leftAt: leftAt(fold, current) }) : fold;
    case 'ScriptAdvanced': {
      const { cursor, fallbackStreak } = event.data;
      const waits = cursor == null ? null : { step: cursor.step, waitsFor: cursor.waitsFor };
      return changed({ ...fold, cursor: waits }, { fallbacks: Math.max(current?.fallbacks ?? 0, fallbackStreak ?? 0) });
    }
    case 'EffectOpened': {
      const { number, purpose, effect } = event.data;
      if (purpose === 'handover' && effect?.kind === 'redirect') return changed(fold, { asked: true });
      return replyPurposes.has(purpose) ? { ...fold, open: [...fold.open, number] } : fold;
    }
    case 'EffectSettled':
      return settled(fold, event.data.number, event.data.outcome);
    default:
      return fold;
  }
};

const leftAt = ({ owner, cursor }: EpisodeFold, { handedOver }: Episode): string | null =>
  owner === 'bot' && !handedOver && cursor !== null && visitorsTurn.has(cursor.waitsFor) ? cursor.step : null;

/** It ended the episode before, where the bot has the chat again, else the one that the close ended. */
const returned = (fold: EpisodeFold, cause: string): EpisodeFold => {
  const { current, previous } = fold;
  if (current?.begins === 'returned' && current.endedAt === null && previous !== null && previous.returned === null && previous.handedOver)
    return { ...fold, previous: { ...previous, returned: cause } };
  return current?.endedAt === null ? fold : changed(fold, { returned: cause });
};

const settled = (fold: EpisodeFold, number: number, outcome: string): EpisodeFold => {
  const { current, open } = fold;
  if (current === null || !open.includes(number)) return fold;
  const left = { ...fold, open: open.filter((one) => one !== number) };
  if (outcome === 'accepted' || outcome === 'in_doubt') return changed(left, { repliesSent: current.repliesSent + 1 });
  if (outcome === 'expired') return changed(left, { repliesExpired: current.repliesExpired + 1 });
  if (outcome === 'refused') return changed(left, { repliesRefused: current.repliesRefused + 1 });
  return left;
};

type Advanced = Extract<DomainEvent, { type: 'ScriptAdvanced' }>['data'];

/**
 * The ways that one run took through its script, from step to step. It begins at the trigger, as `trigger scripts.{script} {trigger}`, or where the
 * script waited; steps of the kind `go` stand between as any other.
 */
export const waysTaken = ({ cursor }: EpisodeFold, { trace, script }: Advanced): readonly (readonly [string, string])[] => {
  const steps = trace?.steps ?? [];
  const trigger = /^(text|file) /.exec(trace?.won ?? '')?.[1] ?? trace?.won;
  const begins = script === undefined ? cursor?.step : `trigger scripts.${script} ${trigger}`;
  const ways: [string, string][] = [];
  let from = begins;
  for (const { step } of steps) {
    // Asked again: it went nowhere.
    if (from !== undefined && from !== step) ways.push([from, step]);
    from = step;
  }
  return ways;
};
