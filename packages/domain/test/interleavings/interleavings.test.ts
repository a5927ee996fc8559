import { describe, expect, it } from 'vitest';
import type { DecidedEvent } from '../../src/decide.ts';
import type { OpenEffect } from '../../src/state.ts';
import { asker } from '../kit/bots.ts';
import { aDialog } from '../kit/dialog.ts';
import type { Answer } from '../kit/inputs.ts';
import { broken } from '../kit/invariants.ts';
import { minute, second, settings } from '../kit/settings.ts';
import { historyOf, next, type Outside, type Rules, type World, worldOf } from './world.ts';

const notTheBots: Answer = { outcome: 'refused', reason: 'not_bots_chat' };
const accepted: Answer = { outcome: 'accepted' };

/** A redirect may come to anything; in doubt it comes to one of the two that can follow. */
const answers = (open: OpenEffect): readonly Answer[] => {
  if (open.effect.kind !== 'redirect') return [accepted];
  if (open.purpose === 'ask_back') return [accepted, notTheBots];
  return open.doubts > 0
    ? [accepted, notTheBots]
    : [accepted, notTheBots, { outcome: 'refused', reason: 'other' }, { outcome: 'in_doubt' }];
};
const answersAlsoToReplies = (open: OpenEffect): readonly Answer[] =>
  open.number === 2 && open.effect.kind === 'text' ? [accepted, notTheBots] : answers(open);

/** Walks every order to its end. @returns how many there are. */
const everyOrder = (from: World, rules: Rules, check: (end: World) => void): number => {
  const following = next(from, rules);
  if (following.length === 0) {
    check(from);
    return 1;
  }
  let count = 0;
  for (const world of following) count += everyOrder(world, rules, check);
  return count;
};

const ownerChanges = new Set(['OwnerChanged', 'DialogClosed', 'DialogReopened', 'TrialStarted']);

/** A chat that nobody has any more may be closed once more, by Webim: a Return's request goes on. */
const changesOwner = (event: DecidedEvent, before: DecidedEvent | undefined): boolean =>
  ownerChanges.has(event.type) &&
  !(event.type === 'DialogClosed' && before?.metadata.owner === 'nobody' && before.metadata.epoch === event.metadata.epoch);

/** What must be true at the end of every order. @returns what is not. */
const wrong = (end: World): string[] => {
  const history = historyOf(end);
  const stream = history.stream();
  const found = broken(history);
  for (const { open, readAt } of history.posts) {
    const openedAt = stream.findIndex((event) => event.type === 'EffectOpened' && event.data.number === open.number);
    if (stream.slice(openedAt, readAt).some((event, at) => changesOwner(event, stream[openedAt + at - 1]))) {
      found.push(`effect ${open.number} was sent though its tail read began after a change of owner was recorded`);
    }
    const earlier = stream.slice(0, readAt).filter((event) => event.type === 'EffectSettled' && event.data.number < open.number).length;
    if (earlier !== open.number - 1) found.push(`effect ${open.number} was sent before the one before it was settled`);
  }
  const numbers = history.posts.map(({ open }) => open.number * 100 + open.attempt);
  if (numbers.some((number, at) => at > 0 && number <= (numbers[at - 1] ?? 0))) found.push('an attempt was sent twice, or out of order');

  for (const { episode, cause } of history.of('FlagReset')) {
    const ran = history.of('ReturnStarted').filter((run) => run.episode === episode).length;
    if (cause !== 'webhook_repeated' && ran !== 1) found.push(`Return ran ${ran} times for episode ${episode}`);
  }
  const resets = history.of('FlagReset').map((reset) => reset.episode);
  if (new Set(resets).size !== resets.length) found.push('a flag was reset twice');
  const closed = stream.some((event) => event.type === 'DialogClosed' && event.data.final);
  const given = history.posts.some(
    ({ open, outcome }) => open.purpose === 'handover' && (outcome === 'accepted' || outcome === 'in_doubt'),
  );
  if (closed && history.of('FlagSet').length !== resets.length) found.push('closed for good with its flag set');
  if (closed && given && history.of('ReturnStarted').length === 0) found.push('people had the chat, it closed, and Return did not run');

  if (end.state.status !== 'live' || end.state.effects.length > 0) found.push('an effect is left open');
  const ends = new Set(['accepted', 'refused', 'suppressed', 'expired', 'in_doubt']);
  if (history.of('EffectSettled').some(({ outcome }) => !ends.has(outcome))) found.push('an effect ended as nothing that is known');
  return found;
};

const told = (end: World): string =>
  historyOf(end)
    .stream()
    .map((event) => event.type)
    .join(' ');

/** Every subset of what can come from outside, so many at a time. */
const choices = (of: readonly Outside[], size: number): Outside[][] =>
  size === 0 ? [[]] : of.flatMap((one, at) => choices(of.slice(at + 1), size - 1).map((rest) => [one, ...rest]));

let interleavings = 0;

const run = (said: string, outside: readonly Outside[], rules: Rules) => {
  const dialog = aDialog({ settings: rules.settings, ...(rules.script === undefined ? {} : { script: rules.script }) }).welcomed();
  dialog.passes(minute);
  dialog.says(said);
  interleavings += everyOrder(worldOf(dialog, outside), rules, (end) => {
    const found = wrong(end);
    if (found.length > 0) expect({ found, history: told(end) }).toEqual({ found: [], history: '' });
  });
};

const outside: readonly Outside[] = ['message', 'assigned', 'new_chat', 'timer', 'closed'];

// Half a million histories: seconds alone on a machine, more where others work beside it.
describe('every order of a handover and what crosses it', { timeout: 300_000 }, () => {
  for (const [pace, stepMs, closeAuthority, atOnce] of [
    ['at once', 100, 'webim', 4],
    ['at once', 100, 'engine', 3],
    ['beyond every grace', 15 * second, 'webim', 3],
    ['beyond every grace', 15 * second, 'engine', 3],
  ] as const) {
    const rules = { settings: settings({ closeAuthority }), stepMs, answers };
    it(`a redirect alone and ${atOnce} of what comes from outside, ${pace}, closed by ${closeAuthority}`, () => {
      for (const some of choices(outside, atOnce)) run('mute human', some, rules);
    });
    if ((closeAuthority === 'webim') !== (stepMs === 100)) continue;
    it(`"say" before the redirect and 3 of what comes from outside, ${pace}, closed by ${closeAuthority}`, () => {
      for (const some of choices(outside, 3)) run('human', some, { ...rules, answers: answersAlsoToReplies });
    });
  }

  const httpAnswers = (open: OpenEffect): readonly Answer[] => {
    if (open.effect.kind !== 'http') return answers(open);
    const answered: Answer = { outcome: 'accepted', status: 200, http: { status: 200, body: {} } };
    return open.failures > 0
      ? [answered]
      : [answered, { outcome: 'in_doubt', code: 'timeout' }, { outcome: 'deferred', code: 'connection' }];
  };
  for (const [pace, stepMs] of [
    ['at once', 100],
    ['beyond every grace, and beyond every silence', 3 * minute],
  ] as const) {
    // The timer is the visitor's silence, where nothing else is due before it.
    it(`an http step and 2 of what comes from outside, ${pace}`, () => {
      for (const some of choices(outside, 2)) {
        run('pay', some, { script: asker, settings: settings(), stepMs, answers: httpAnswers });
      }
    });
  }

  it('were many', () => {
    process.stdout.write(`${interleavings} interleavings\n`);
    expect(interleavings).toBeGreaterThan(500_000);
  });
});
