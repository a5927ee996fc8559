import type { DomainEventOf, DomainEventType } from '@dialog/contracts/domain-event';
import type { InboxInput } from '@dialog/contracts/inbox';
import type { DialogSettings } from '@dialog/contracts/settings';
import type { Script } from '@dialog/script/parse';
import { earliestDeadline } from '../../src/deadlines.ts';
import { type DecidedEvent, decide } from '../../src/decide.ts';
import { type DialogState, inFlight, type OpenEffect, stamp } from '../../src/state.ts';
import { talker } from '../kit/bots.ts';
import type { TestDialog } from '../kit/dialog.ts';
import { type Answer, chatAssigned, chatClosed, effectResult, newChat, newMessage, timerDue, visitorMessage } from '../kit/inputs.ts';
import { anna } from '../kit/settings.ts';

/** What comes from outside; each happens once, at any moment. */
export type Outside = 'message' | 'assigned' | 'new_chat' | 'timer' | 'closed';

/** One attempt in outbound's hands. */
type Attempt = {
  readonly open: OpenEffect;
  readonly stage: 'read' | 'answered';
  /** How many events stood in the stream when the tail read began. */
  readonly readAt: number;
  readonly answer: Answer | null;
};

export type Post = { readonly open: OpenEffect; readonly readAt: number; readonly postedAt: number; readonly outcome: Answer['outcome'] };
type Chain<T> = { readonly last: T; readonly before: Chain<T> | null };

/** A moment of the whole: dialog, what is published, what outbound does, what Webim got. Immutable, so that every order can go on from it. */
export type World = {
  readonly state: DialogState;
  readonly now: number;
  readonly length: number;
  readonly events: Chain<readonly DecidedEvent[]> | null;
  readonly outbox: readonly OpenEffect[];
  readonly published: OpenEffect | null;
  readonly attempt: Attempt | null;
  readonly posts: Chain<Post> | null;
  readonly left: readonly Outside[];
};

export type Rules = {
  /** Default: `talker`. */
  readonly script?: Script;
  readonly settings: DialogSettings;
  /** Time that each step takes, ms. */
  readonly stepMs: number;
  /** What Webim may answer to an attempt. */
  readonly answers: (open: OpenEffect) => readonly Answer[];
};

/** The world from where a test dialog stands, with what has not happened yet. */
export const worldOf = (dialog: TestDialog, left: readonly Outside[]): World =>
  publish({
    state: dialog.state(),
    now: dialog.now(),
    length: dialog.stream().length,
    events: { last: dialog.stream(), before: null },
    outbox: [],
    published: null,
    attempt: null,
    posts: null,
    left,
  });

/** The head is published once; outbound answers its records in order. */
const publish = (world: World): World => {
  const head = world.state.status === 'live' ? inFlight(world.state) : undefined;
  if (head === undefined || (head.number === world.published?.number && head.attempt === world.published.attempt)) return world;
  return { ...world, published: head, outbox: [...world.outbox, head] };
};

const take = (world: World, input: InboxInput, rules: Rules): World => {
  const decision = decide(world.state, input, {
    at: world.now,
    settings: rules.settings,
    settingsHash: 'settings',
    script: rules.script ?? talker,
    scriptHash: 'script',
    producer: 'test',
    ...(input.type === 'timer_due' ? { doorsOpenSince: 0 } : {}),
  });
  if (decision.events.length === 0) return world;
  return publish({
    ...world,
    state: decision.state,
    length: world.length + decision.events.length,
    events: { last: decision.events, before: world.events },
  });
};

const wake = (world: World, id: string, rules: Rules): World => {
  const at = earliestDeadline(world.state);
  if (at === undefined) return world;
  const then = { ...world, now: Math.max(world.now, at) };
  return take(then, timerDue(id, then.now, at), rules);
};

const happens = (world: World, one: Outside, rules: Rules): World => {
  const { now } = world;
  switch (one) {
    case 'message':
      return take(world, newMessage('in-message', now, { message: visitorMessage('hello', 'in-message') }), rules);
    case 'assigned':
      return take(world, chatAssigned('in-assigned', now, { operatorId: anna }), rules);
    case 'new_chat':
      return take(world, newChat('in-new-chat', now, { messages: [visitorMessage('two', 'in-new-chat')], bodyHash: 'in-new-chat' }), rules);
    case 'timer':
      return wake(world, 'in-timer', rules);
    case 'closed':
      return take(world, chatClosed('in-closed', now), rules);
    default:
      return one satisfies never;
  }
};

/**
 * What outbound, or the wait for a retry, can do next: claim and read the tail; post, with each answer that Webim may give; give the result
 * back. Empty: nothing is to be done.
 */
const outbound = (world: World, rules: Rules): World[] => {
  const { attempt, now } = world;
  if (attempt === null) {
    const open = world.outbox[0];
    if (open === undefined) {
      const waits = world.state.status === 'live' && world.state.effects[0]?.notBefore;
      return waits ? [wake(world, `retry-${world.length}`, rules)] : [];
    }
    const { epoch, head } = stamp(world.state);
    const wanted = epoch === open.epoch && head?.number === open.number && head.attempt === open.attempt;
    return [
      {
        ...world,
        outbox: world.outbox.slice(1),
        attempt: { open, stage: wanted ? 'read' : 'answered', readAt: world.length, answer: wanted ? null : { outcome: 'suppressed' } },
      },
    ];
  }
  const { open } = attempt;
  if (attempt.stage === 'answered') {
    const answer = attempt.answer ?? { outcome: 'suppressed' };
    return [take({ ...world, attempt: null }, effectResult(now, open, answer), rules)];
  }
  if (open.expiresAt !== null && open.expiresAt < now) {
    return [{ ...world, attempt: { ...attempt, stage: 'answered', answer: { outcome: 'expired' } } }];
  }
  return rules.answers(open).map((answer) => ({
    ...world,
    attempt: { ...attempt, stage: 'answered', answer },
    posts: { last: { open, readAt: attempt.readAt, postedAt: world.length, outcome: answer.outcome }, before: world.posts },
  }));
};

/** Every world that can follow this one by one step. Empty: it is at its end. */
export const next = (world: World, rules: Rules): World[] => {
  const later = { ...world, now: world.now + rules.stepMs };
  return [
    ...world.left.map((one) => happens({ ...later, left: world.left.filter((other) => other !== one) }, one, rules)),
    ...outbound(later, rules),
  ];
};

const unrolled = <T>(chain: Chain<T> | null): T[] => {
  const all: T[] = [];
  for (let link = chain; link !== null; link = link.before) all.push(link.last);
  return all.reverse();
};

export const historyOf = (world: World) => {
  const stream = unrolled(world.events).flat();
  return {
    state: () => world.state,
    stream: (): readonly DecidedEvent[] => stream,
    of: <T extends DomainEventType>(type: T): DomainEventOf<T>['data'][] =>
      stream.filter((event): event is DecidedEvent & DomainEventOf<T> => event.type === type).map((event) => event.data),
    posts: unrolled(world.posts),
  };
};
