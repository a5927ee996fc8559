import { describe, expect, it, vi } from 'vitest';
import type { Rules, World } from './world.ts';
import { assigned, closes, expires, likeness, mute, next, nothingYet, opens, rulesOf, settled, wakes } from './world.ts';

/** On a machine that others use too. */
vi.setConfig({ testTimeout: 240_000 });

type Outside = 'A closes' | 'B opens' | 'C opens' | 'expiry' | 'B waits in vain' | 'C goes to people';
type Moment = { readonly world: World; readonly left: readonly Outside[] };

const happens = (world: World, one: Outside, rules: Rules): World => {
  switch (one) {
    case 'A closes':
      return closes(world, 'A', rules);
    case 'B opens':
      return opens({ ...world, now: world.now + 1 }, 'B', rules);
    case 'C opens':
      return opens({ ...world, now: world.now + 1 }, 'C', rules);
    case 'expiry':
      return expires(world, rules);
    case 'B waits in vain':
      return wakes(world, 'B', rules);
    case 'C goes to people':
      return assigned({ ...world, now: world.now + 10_000 }, 'C', rules);
    default:
      return one satisfies never;
  }
};

/** Only what is there can be closed, woken or assigned. */
const possible = ({ world, left }: Moment): readonly Outside[] =>
  left.filter((one) => (one === 'B waits in vain' ? 'B' in world.dialogs : one === 'C goes to people' ? 'C' in world.dialogs : true));

/** Every order, each likeness once. @returns the ends */
const everyEnd = (from: Moment, rules: Rules): { ends: World[]; moments: number } => {
  const seen = new Set<string>();
  const ends: World[] = [];
  const open = [from];
  for (let moment = open.pop(); moment !== undefined; moment = open.pop()) {
    const { world, left } = moment;
    const key = `${left.join()} ${likeness(world)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const following: Moment[] = next(world, rules).map((one) => ({ world: one, left }));
    for (const one of possible(moment)) following.push({ world: happens(world, one, rules), left: left.filter((other) => other !== one) });
    if (following.length === 0) ends.push(world);
    open.push(...following);
  }
  return { ends, moments: seen.size };
};

/** What must be true of every end. @returns what is not */
const wrong = ({ said, visitor, events, dialogs }: World): string[] => {
  const found: string[] = [];
  // A second attempt of one that is in doubt is the same effect.
  const times = new Set(said.filter((one) => one.held).map((one) => `${one.chat} ${one.number}`)).size;
  const lapsed = events.some((event) => event.type === 'VisitorTextExpired');
  const kept = visitor.held[0];
  if (times > 1) found.push(`said ${times} times`);
  if (times === 0 && !lapsed && kept === undefined) found.push('neither said, nor expired, nor held');
  if (times === 1 && kept !== undefined) found.push('said, and held on');
  if (kept !== undefined && kept.offeredTo !== null) found.push(`${kept.offeredTo} has it in hand for ever`);
  const accepting = visitor.chats.filter((chat) => kept !== undefined && !kept.givenBackBy.includes(chat.chatId));
  if (kept !== undefined && accepting.length > 0) found.push(`held, though ${accepting.map((chat) => chat.chatId).join()} could say it`);
  for (const [chat, { state }] of Object.entries(dialogs)) {
    if (state.status === 'live' && state.start === 'awaits_visitor') found.push(`${chat} waits for ever`);
  }
  return found;
};

const later = (world: World): World => ({ ...world, now: world.now + 10_000 });

let ends = 0;
let moments = 0;

const run = (outside: readonly Outside[], rules: Rules): World[] => {
  const before = assigned(later(settled(opens(nothingYet, 'A', rules), rules)), 'A', rules);
  const all = everyEnd({ world: before, left: outside }, rules);
  ends += all.ends.length;
  moments += all.moments;
  for (const end of all.ends) {
    const found = wrong(end);
    if (found.length > 0) expect({ found, said: end.said, events: end.events.map((event) => event.type) }).toEqual({ found: [] });
  }
  return all.ends;
};

const refusedInB = (reason: 'other' | 'chat_closed' | 'not_bots_chat'): Rules =>
  rulesOf({
    script: mute,
    answer: (chat, open) => (chat === 'B' && open.held !== null ? { outcome: 'refused', reason } : { outcome: 'accepted' }),
  });

describe('every order of A closes, B opens, C opens, a refused send in B, expiry, and of the notes between them', () => {
  it('one that is not refused is said once where any chat is there for it', () => {
    const all = run(['A closes', 'B opens', 'C opens'], rulesOf({ script: mute }));
    expect(all.every((end) => end.said.filter((one) => one.held).length === 1)).toBe(true);
  });

  for (const reason of ['other', 'chat_closed', 'not_bots_chat'] as const) {
    it(`refused in B (${reason}): never there, and once in C`, () => {
      const all = run(['A closes', 'B opens', 'C opens'], refusedInB(reason));
      expect(
        all.every(
          (end) =>
            end.said
              .filter((one) => one.held)
              .map((one) => one.chat)
              .join() === 'C',
        ),
      ).toBe(true);
    });
  }

  it('in doubt in B counts as said', () => {
    run(
      ['A closes', 'B opens', 'C opens'],
      rulesOf({ script: mute, answer: (chat) => ({ outcome: chat === 'B' ? 'in_doubt' : 'accepted' }) }),
    );
  });

  it('expiry at any moment: said at most once, and never after it', () => {
    const all = run(['A closes', 'B opens', 'C opens', 'expiry'], refusedInB('other'));
    expect(new Set(all.map((end) => end.said.filter((one) => one.held).length))).toEqual(new Set([0, 1]));
  });

  it('every note written twice', () => {
    run(['A closes', 'B opens', 'C opens'], { ...refusedInB('other'), twice: true });
  });

  it('B greets without the answer: the text comes all the same, once', () => {
    run(['A closes', 'B opens', 'B waits in vain', 'C opens'], rulesOf({ script: mute }));
  });

  it('C goes to people at any moment: what it could not say B says', () => {
    run(['A closes', 'B opens', 'C opens', 'C goes to people'], rulesOf({ script: mute }));
  });

  it('were many', () => {
    process.stdout.write(`${moments} moments, ${ends} ends\n`);
    expect(moments).toBeGreaterThan(2_000);
  });
});
