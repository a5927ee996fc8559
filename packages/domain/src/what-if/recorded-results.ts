import type { DomainEvent } from '@dialog/contracts/domain-event';
import type { Effect } from '@dialog/contracts/effects';
import type { EffectOutcome, InboxInputOf } from '@dialog/contracts/inbox';
import { resultInputId } from '@dialog/contracts/outbox';
import type { OpenEffect } from '../state.ts';
import { canonical } from '../state-hash.ts';
import type { Chat } from './recording.ts';

type RecordedResult = { readonly result: InboxInputOf<'effect_result'>; readonly delayMs: number };
type RecordedEffect = {
  readonly kind: Effect['kind'];
  readonly number: number;
  /** Index of the event that opened it. */
  readonly opened: number;
  /** By attempt. */
  readonly results: Map<number, RecordedResult>;
  /** Number of the effect in the fork that has its results. */
  takenBy: number | undefined;
};
export type RecordedResults = { readonly byContent: Map<string, RecordedEffect[]>; readonly inOrder: RecordedEffect[] };

/** How long Webim takes where nothing recorded tells, ms. */
const assumedDelayMs = 200;

/** What Webim answered, by what it was asked: of effects open at the fork or opened after it. */
export const recordedResults = (recorded: readonly DomainEvent[], from: number): RecordedResults => {
  const byContent = new Map<string, RecordedEffect[]>();
  const inOrder: RecordedEffect[] = [];
  const open = new Map<number, { readonly asked: RecordedEffect; since: number }>();
  let now = 0;
  for (const [at, event] of recorded.entries()) {
    if (event.type === 'InputRecorded') {
      now = event.data.at;
      const { input } = event.data;
      if (input.type !== 'effect_result' || at < from) continue;
      const answered = open.get(input.number);
      answered?.asked.results.set(input.attempt, { result: input, delayMs: Math.max(0, now - answered.since) });
    } else if (event.type === 'EffectOpened') {
      const { number, effect } = event.data;
      const asked: RecordedEffect = { kind: effect.kind, number, opened: at, results: new Map(), takenBy: undefined };
      inOrder.push(asked);
      open.set(number, { asked, since: now });
      const key = canonical(effect);
      byContent.set(key, [...(byContent.get(key) ?? []), asked]);
    } else if (event.type === 'EffectRetried') {
      const retried = open.get(event.data.number);
      if (retried !== undefined) retried.since = now;
    } else if (event.type === 'EffectSettled') {
      const first = [...open.keys()].find((number) => number > event.data.number);
      const next = first === undefined ? undefined : open.get(first);
      // The one behind it goes out now.
      if (next !== undefined) next.since = now;
    }
  }
  return { byContent, inOrder };
};

/** What was opened before the fork left the recording has the same number in it: its results are its own. */
export const claimBefore = ({ inOrder }: RecordedResults, at: number): void => {
  for (const one of inOrder) if (one.opened < at) one.takenBy ??= one.number;
};

/**
 * The result of an effect of the fork that went out at `since`. A recorded effect answers for one of the fork only.
 *
 * @param byKind where no effect of the same content was recorded, the next of the same kind answers, but for http steps
 * @returns with `assumed`: no recording tells, it is taken as accepted
 */
export const resultOf = (
  { open, since }: { readonly open: OpenEffect; readonly since: number },
  results: RecordedResults,
  chat: Chat,
  byKind: boolean,
): { readonly input: InboxInputOf<'effect_result'>; readonly at: number; readonly assumed: boolean } => {
  const free = (one: RecordedEffect): boolean => one.takenBy === undefined && one.results.size > 0;
  const mine =
    results.inOrder.find((one) => one.takenBy === open.number) ??
    results.byContent.get(canonical(open.effect))?.find(free) ??
    (byKind && open.effect.kind !== 'http' ? results.inOrder.find((one) => one.kind === open.effect.kind && free(one)) : undefined);
  if (mine !== undefined) mine.takenBy = open.number;
  const told = mine?.results.get(open.attempt);
  const outcome: EffectOutcome = told?.result.outcome ?? 'accepted';
  const at = since + (told?.delayMs ?? assumedDelayMs);
  return {
    at,
    assumed: told === undefined,
    input: {
      ...(told?.result ?? {}),
      type: 'effect_result',
      ...chat,
      receivedAt: at,
      inputId: resultInputId({ ...chat, number: open.number, attempt: open.attempt }),
      number: open.number,
      attempt: open.attempt,
      epoch: open.epoch,
      outcome,
    },
  };
};
