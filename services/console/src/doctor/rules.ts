import type { DialogSettings } from '@dialog/contracts/settings';
import type { FindingFacts, FindingName } from '@dialog/service-kit/set-up/findings';
import type { ConnectionFacts, Seen, SendOutcome, SetAside, Sign } from '../read-model/webhook-tables.ts';

/** What the doctor judges by: nothing but what histories and quarantine tell. */
export type DoctorFacts = ConnectionFacts & { readonly now: number; readonly pinned: DialogSettings | undefined };

export type Evidence = {
  readonly facts: FindingFacts;
  /** How often, as far back as it is kept. */
  readonly count: number;
  readonly lastAt: number | null;
  /** Dialogs that show it, newest first. */
  readonly chatIds: readonly string[];
  /** The newest in the quarantine, as its place in the log. */
  readonly quarantine: string | null;
};
export type Found = { readonly name: FindingName } & Evidence;

const handlers = ['chat_started', 'chat_assigned', 'chat_closed'] as const;
type Handler = (typeof handlers)[number];

/** A handler is up to 5 s late (webim-protocol §7): so long after the bot's webhook it should have come, ms. */
const handlerGraceMs = 30_000;
/** A 503 older than this is history, ms. */
const answered503Ms = 24 * 3_600_000;

const evidence = (more: Partial<Evidence>): Evidence => ({ facts: {}, count: 0, lastAt: null, chatIds: [], quarantine: null, ...more });
const newestOf = <T extends { readonly lastAt: number }>(all: readonly T[]): T | undefined =>
  all.reduce<T | undefined>((best, one) => (best === undefined || one.lastAt > best.lastAt ? one : best), undefined);
const countOf = (all: readonly { readonly count: number }[]): number => all.reduce((sum, { count }) => sum + count, 0);

/**
 * All that is wrong with an account's set-up, in the order of `findingNames`. Pure. A fault that was mended is not named: what came after it
 * and was right ends it. A fault that explains another's sign is named alone.
 */
export const diagnose = (facts: DoctorFacts): readonly Found[] => {
  const found: Found[] = [];
  const name = (one: FindingName, what: Evidence | undefined): boolean => {
    if (what !== undefined) found.push({ name: one, ...what });
    return what !== undefined;
  };
  if (facts.seen.every(({ what }) => !isWebhook(what)) && facts.setAside.length === 0) {
    name('no_webhooks', evidence({}));
    return found;
  }
  const wrongTokens = unmendedTokens(facts);
  name(
    'wrong_token',
    asideEvidence(wrongTokens, { addresses: listed(wrongTokens.map(({ event }) => handlerOf(event) ?? 'new_chat, new_message')) }),
  );
  const version1 = facts.setAside.filter(
    ({ verdict, lastAt }) => verdict === 'api_version_1' && lastAt > lastOf(facts, 'new_chat', 'new_message'),
  );
  const isVersion1 = name('api_version_1', asideEvidence(version1));
  const botKnocks = wrongTokens.some(({ event }) => handlerOf(event) === undefined);
  if (!isVersion1 && !botKnocks) name('bot_webhook_missing', botWebhookMissing(facts));

  const wrong = wrongEvents(facts);
  for (const one of wrong) {
    const meant = meantBy(one.event ?? '');
    name('wrong_event', asideEvidence([one], { given: one.event ?? '', ...(meant === undefined ? {} : { meant }) }));
  }
  const without = facts.setAside.filter(
    (one) => one.verdict === 'unknown_event' && one.event === null && one.eventInBody === null && !allSeenSince(facts, one.lastAt),
  );
  const isWithout = name('event_missing', asideEvidence(without));
  const explained = new Set<Handler>();
  if (isWithout) for (const one of handlers) explained.add(one);
  for (const { event } of wrong)
    for (const one of meantBy(event ?? '') === undefined ? handlers : [meantBy(event ?? '') as Handler]) explained.add(one);
  for (const { event } of wrongTokens) {
    const handler = handlerOf(event);
    if (handler !== undefined) explained.add(handler);
  }
  missingHandlers(facts, explained, name);

  const refused = facts.signs.filter(({ kind, lastAt }) => kind === 'answered_503' && facts.now - lastAt <= answered503Ms);
  name('answered_503', signEvidence(refused));
  const unreadable = facts.setAside.filter(
    (one) =>
      !['wrong_token', 'api_version_1'].includes(one.verdict) && !wrong.includes(one) && !without.includes(one) && !isMendedEvent(one),
  );
  name('unreadable', asideEvidence(unreadable, { verdict: listed(unreadable.map(({ verdict }) => verdict)) }));
  sending(facts, name);
  const spaced = facts.seen.filter(({ what, spacesInUrl }) => isWebhook(what) && spacesInUrl);
  name(
    'spaces_in_url',
    spaced.length === 0
      ? undefined
      : evidence({
          facts: { events: listed(spaced.map(({ what }) => what)) },
          count: spaced.length,
          lastAt: newestOf(spaced)?.lastAt ?? null,
          chatIds: chatsOf(spaced),
        }),
  );
  return found;
};

const isWebhook = (what: string): boolean => what === 'new_chat' || what === 'new_message' || handlerOf(what) !== undefined;
const handlerOf = (event: string | null): Handler | undefined => handlers.find((one) => one === event?.trim().toLowerCase());
const lastOf = (facts: DoctorFacts, ...what: readonly string[]): number =>
  Math.max(Number.NEGATIVE_INFINITY, ...facts.seen.filter((one) => what.includes(one.what)).map(({ lastAt }) => lastAt));
const isSeen = (facts: DoctorFacts, ...what: readonly string[]): boolean => facts.seen.some((one) => what.includes(one.what));
const listed = (names: readonly string[]): string => [...new Set(names)].join(', ');
const chatsOf = (all: readonly Pick<Seen, 'chatId' | 'lastAt'>[]): string[] => [
  ...new Set([...all].sort((a, b) => b.lastAt - a.lastAt).map(({ chatId }) => chatId)),
];

const asideEvidence = (all: readonly SetAside[], facts: FindingFacts = {}): Evidence | undefined => {
  const newest = newestOf(all);
  return newest === undefined ? undefined : evidence({ facts, count: countOf(all), lastAt: newest.lastAt, quarantine: newest.id });
};
const signEvidence = (all: readonly Sign[], facts: FindingFacts = {}): Evidence | undefined => {
  const newest = newestOf(all);
  if (newest === undefined) return undefined;
  return evidence({
    facts,
    count: countOf(all),
    lastAt: newest.lastAt,
    chatIds: [...new Set(all.flatMap(({ chatIds }) => chatIds))].slice(0, 5),
  });
};
const sendEvidence = (all: readonly SendOutcome[], facts: FindingFacts): Evidence =>
  evidence({ facts, count: countOf(all), lastAt: newestOf(all)?.lastAt ?? null, chatIds: chatsOf(all) });

/** Knocks at an address that has not been used with a right token since. */
const unmendedTokens = (facts: DoctorFacts): readonly SetAside[] =>
  facts.setAside.filter(({ verdict, event, lastAt }) => {
    if (verdict !== 'wrong_token') return false;
    const handler = handlerOf(event);
    return lastAt > (handler === undefined ? lastOf(facts, 'new_chat', 'new_message') : lastOf(facts, handler));
  });

const botWebhookMissing = (facts: DoctorFacts): Evidence | undefined => {
  if (isSeen(facts, 'new_chat', 'new_message')) return undefined;
  // The first handler may come before the bot's own webhook.
  const seen = facts.seen.filter(({ what }) => handlerOf(what) !== undefined);
  const first = Math.min(Number.POSITIVE_INFINITY, ...seen.map(({ firstAt }) => firstAt));
  if (facts.now - first < handlerGraceMs) return undefined;
  return evidence({ count: seen.length, lastAt: newestOf(seen)?.lastAt ?? null, chatIds: chatsOf(seen) });
};

/** `?event=` of a value that no handler has, unless the handler that was meant has come since. */
const wrongEvents = (facts: DoctorFacts): readonly SetAside[] =>
  facts.setAside.filter((one) => {
    if (one.verdict !== 'unknown_event' || one.event === null) return false;
    const meant = meantBy(one.event);
    return meant === undefined ? !allSeenSince(facts, one.lastAt) : lastOf(facts, meant) < one.lastAt;
  });
const allSeenSince = (facts: DoctorFacts, at: number): boolean => handlers.every((one) => lastOf(facts, one) >= at);
/** It was named while it stood; it was put right since. */
const isMendedEvent = (one: SetAside): boolean => one.verdict === 'unknown_event' && one.eventInBody === null;

/** The handler whose name is nearest to what was written, where one is near. */
const meantBy = (given: string): Handler | undefined => {
  const written = given
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '');
  const near = handlers
    .map((handler) => ({ handler, distance: distanceOf(written, handler.replaceAll('_', '')) }))
    .sort((a, b) => a.distance - b.distance);
  const [best, second] = near;
  return best !== undefined && second !== undefined && best.distance <= 6 && best.distance < second.distance ? best.handler : undefined;
};

/** Levenshtein's distance. */
const distanceOf = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
};

type Name = (name: FindingName, what: Evidence | undefined) => boolean;

/** Handlers that should have come and have not; those that another finding explains are left out. */
const missingHandlers = (facts: DoctorFacts, explained: ReadonlySet<Handler>, name: Name): void => {
  const bySettings = facts.pinned?.closeAuthority === 'engine';
  // An operator's long conversation is overdue too, until it closes: only one that stays so says something.
  const patience = facts.pinned?.autoCloseAfterMs ?? 0;
  const overdue = facts.signs.filter(({ kind, firstAt }) => kind === 'close_overdue' && facts.now - firstAt >= patience);
  const firstChat = facts.seen.find(({ what }) => what === 'new_chat');
  const isDue = firstChat !== undefined && facts.now - firstChat.firstAt >= handlerGraceMs;
  if (!isSeen(facts, ...handlers) && explained.size === 0) {
    if (isDue && !bySettings) name('handlers_never_seen', evidence({ count: 1, lastAt: firstChat.lastAt, chatIds: [firstChat.chatId] }));
    return;
  }
  if (isDue && !isSeen(facts, 'chat_started') && !explained.has('chat_started'))
    name('started_never_seen', evidence({ count: 1, lastAt: firstChat.lastAt, chatIds: [firstChat.chatId] }));
  const people = facts.closedWith.filter(({ operatorId }) => operatorId !== facts.pinned?.botOperatorId);
  if (!isSeen(facts, 'chat_assigned') && !explained.has('chat_assigned') && people.length > 0 && facts.pinned?.botOperatorId != null) {
    const operators = listed(people.map(({ operatorId }) => operatorId));
    name(
      'assigned_never_seen',
      evidence({
        facts: { operatorId: operators },
        count: people.length,
        lastAt: newestOf(people)?.lastAt ?? null,
        chatIds: chatsOf(people),
      }),
    );
  }
  if (bySettings || explained.has('chat_closed')) return;
  const closes = isSeen(facts, 'chat_closed') || overdue.some(({ detail }) => detail === 'still_open_in_webim');
  name(closes ? 'closes_not_by_timer' : 'closed_never_seen', signEvidence(overdue));
};

/** What Webim said to the bot. */
const sending = (facts: DoctorFacts, name: Name): void => {
  const api = facts.sends.filter(({ kind }) => kind !== 'http' && kind !== 'query_chat');
  const acceptedAt = (which: (send: SendOutcome) => boolean): number =>
    newestOf(api.filter((send) => send.outcome === 'accepted' && which(send)))?.lastAt ?? Number.NEGATIVE_INFINITY;
  const still = (which: (send: SendOutcome) => boolean, mended: (send: SendOutcome) => boolean): SendOutcome[] => {
    const all = api.filter(which);
    return (newestOf(all)?.lastAt ?? Number.NEGATIVE_INFINITY) > acceptedAt(mended) ? all : [];
  };
  const any = (): boolean => true;
  const named = (one: FindingName, all: readonly SendOutcome[], more: FindingFacts = {}): void => {
    if (all.length > 0) name(one, sendEvidence(all, { code: listed(all.flatMap(({ code, reason }) => code ?? reason ?? [])), ...more }));
  };
  named(
    'token_refused',
    still(({ reason }) => reason === 'unauthorized', any),
  );
  named(
    'host_wrong',
    still(({ reason, code }) => reason === 'wrong_host' || ((code === 'dns' || code === 'tls') && reason === null), any),
  );
  const toNowhere = api.filter(
    ({ kind, outcome, code }) => kind === 'redirect' && outcome === 'refused' && /dep/i.test(code ?? '') && !/offline/i.test(code ?? ''),
  );
  // A refused redirect is tried once more without a department: what the same chat got by that mends nothing.
  const last = newestOf(toNowhere);
  const isMended = last !== undefined && acceptedAt(({ kind, chatId }) => kind === 'redirect' && chatId !== last.chatId) > last.lastAt;
  if (!isMended) named('department_unknown', toNowhere);
  if (facts.pinned?.inlineButtons !== false)
    named(
      'buttons_refused',
      still(
        ({ kind, outcome, reason }) =>
          kind === 'keyboard' && outcome === 'refused' && (reason === 'content' || reason === 'other' || reason === null),
        ({ kind }) => kind === 'keyboard',
      ),
    );
  const likely = newestOf(facts.signs.filter(({ kind }) => kind === 'likely_bot_operator'));
  if (facts.pinned?.botOperatorId == null && likely !== undefined)
    name('likely_bot_operator', signEvidence([likely], { operatorId: likely.detail }));
  const questions = facts.sends.filter(({ kind }) => kind === 'query_chat');
  const answered = newestOf(questions.filter(({ outcome }) => outcome === 'accepted'))?.lastAt ?? Number.NEGATIVE_INFINITY;
  const refused = questions.filter(
    ({ outcome, reason, lastAt }) => outcome === 'refused' && reason === 'unauthorized' && lastAt > answered,
  );
  named('stored_data_refused', refused);
};
