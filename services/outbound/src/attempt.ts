import type { Clock } from '@dialog/contracts/clock';
import { chatIdForWebim, sendsStream } from '@dialog/contracts/ids';
import type { EffectResult } from '@dialog/contracts/inbox';
import { inboxRecord } from '@dialog/contracts/inbox-record';
import type { OutboxRecord } from '@dialog/contracts/outbox';
import type { Secret } from '@dialog/contracts/secret';
import type { EventStore } from '@dialog/event-store/port';
import type { PartitionedLog } from '@dialog/log/port';
import type { UntilItWorks } from '@dialog/service-kit/until-it-works';
import type { BotApiAnswer } from '@dialog/webim/bot-api/answer';
import { importedChat } from '@dialog/webim/stored-data/chat-import';
import type { Logger } from 'pino';
import type { AccountConnection, AccountConnections } from './account/connections.ts';
import { effectResult, type Verdict } from './effect-result.ts';
import type { HttpEffect } from './http/http-effect.ts';
import { type HttpStepsLimits, stepTimeoutMs } from './http/http-steps.ts';
import type { OutboundMetrics } from './metrics.ts';
import type { OutboxAttempt } from './outbox-record.ts';
import { compareAttempts, type LastSend, type SendsStream, sendsStreamOf } from './sends/sends-stream.ts';
import { readTail, stillWanted } from './tail-check.ts';
import { serverFaults, storedDataVerdict, verdictOf } from './verdict.ts';
import { takesQueueRedirect } from './webim-version.ts';

/** What an attempt may have to wait for. */
export type Dependency = 'store' | 'log';

export type AttemptContext = {
  readonly store: EventStore;
  readonly log: PartitionedLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: OutboundMetrics | undefined;
  readonly random: () => number;
  readonly insist: UntilItWorks<Dependency>;
  /** Resolves once `log.logTime()` is the log's: before that nobody can tell what has expired. */
  readonly logTimeKnown: () => Promise<void>;
  readonly connections: AccountConnections;
  readonly httpTimeoutMs: number;
  readonly httpSteps?: HttpStepsLimits;
  /** Of hashes of messages and visitors. */
  readonly hashKey: Secret;
  /** How long a claim may be older than its POST, and how much longer than the HTTP time-out another owner waits for it, ms. */
  readonly claimMarginMs: number;
  /** Nothing new begins, no wait goes on. */
  readonly stopping: AbortSignal;
  /** HTTP requests end at once, in doubt. */
  readonly cut: AbortSignal;
};

type Delivery = { readonly live: () => boolean; readonly traceparent: string | undefined };

/**
 * Answers one outbox record (design §6.5, §6.6): at most one POST, after a claim that only one owner can have made and a look at
 * the dialog's tail; resolves once the result stands in the inbox, or there is nothing to do. Each step leaves
 * a trace that the next delivery of the record goes on from.
 *
 * @throws the stop's reason, and errors that are not retryable
 */
export const answerAttempt = async (context: AttemptContext, asked: OutboxAttempt, delivery: Delivery): Promise<void> => {
  const { envelope } = asked;
  const { clock, stopping } = context;
  // Before the claim, which must not grow old.
  if (asked.record?.expiresAt !== undefined) await context.logTimeKnown();
  const sends = sendsStreamOf(sendsStream(envelope), context.store, context.insist);

  for (;;) {
    stopping.throwIfAborted();
    if (!delivery.live()) return;
    const last = await sends.last();
    const place = last === undefined ? 1 : compareAttempts(envelope, last);
    if (place < 0) return overtaken(context, asked, sends, delivery);
    if (last !== undefined && place === 0) {
      if (last.result !== undefined) return publish(context, stored(context, asked, last.result), delivery);
      await callInDoubt(context, asked, sends, last);
      continue;
    }
    const claimedFrom = clock.monotonic();
    const claim = await sends.claim(last, { number: envelope.number, attempt: envelope.attempt, epoch: envelope.epoch });
    if (claim === undefined) continue;
    const verdict = await carryOut(context, asked, sends, { revision: claim, from: claimedFrom });
    if (verdict === 'lost_claim') continue;
    const result = effectResult(envelope, verdict, context.log.logTime());
    // Settled by another meanwhile: what it settled is what is published.
    if (!(await sends.settle(claim, result))) continue;
    report(context, asked, result);
    return publish(context, result, delivery);
  }
};

/**
 * A later one was claimed: nobody can send this one any more. The dialog has its result, unless it waits for this very attempt: one that a parked
 * dialog's own redirect went past. Without an answer it would be published again for ever.
 */
const overtaken = async (context: AttemptContext, asked: OutboxAttempt, sends: SendsStream, delivery: Delivery): Promise<void> => {
  const { envelope } = asked;
  const { head } = (await readTail(context.store, context.insist, envelope)) ?? {};
  if (!head || compareAttempts(head, envelope) !== 0) return;
  const send = await sends.of(envelope);
  if (send?.result !== undefined) return publish(context, stored(context, asked, send.result), delivery);
  const verdict: Verdict = send === undefined ? { outcome: 'suppressed' } : { outcome: 'in_doubt', code: 'claim_left' };
  const result = effectResult(envelope, verdict, context.log.logTime());
  report(context, asked, result);
  return publish(context, result, delivery);
};

/** Somebody claimed it and may be sending: waits out the longest that this can take, then calls it in doubt. */
const callInDoubt = async (
  context: AttemptContext,
  { envelope, record }: OutboxAttempt,
  sends: SendsStream,
  claimed: LastSend,
): Promise<void> => {
  const { clock, httpTimeoutMs, claimMarginMs, log, logger } = context;
  const longestMs = record?.effect.kind === 'http' ? stepTimeoutMs(record.effect, context.httpSteps) : httpTimeoutMs;
  await clock.sleep(longestMs + claimMarginMs, context.stopping);
  const now = await sends.last();
  if (now === undefined || now.revision !== claimed.revision) return;
  const result = effectResult(envelope, { outcome: 'in_doubt', code: 'claim_left' }, log.logTime());
  if (await sends.settle(claimed.revision, result)) {
    const { account, chatId, number, attempt } = envelope;
    logger.warn({ event: 'claim_left', account, chatId, number, attempt });
  }
};

/** From the claim to the verdict. `lost_claim`: another owner went past it; nothing was sent. */
const carryOut = async (
  context: AttemptContext,
  { envelope, record }: OutboxAttempt,
  sends: SendsStream,
  claim: { readonly revision: number; readonly from: number },
): Promise<Verdict | 'lost_claim'> => {
  const { store, insist, clock, log } = context;
  const tail = () => readTail(store, insist, envelope);
  if (!stillWanted(await tail(), envelope)) return { outcome: 'suppressed' };

  const connection = context.connections.of(envelope.account);
  if (connection === undefined) return { outcome: 'account_removed' };
  if (record === undefined) return { outcome: 'unsupported' };
  const { effect } = record;
  if (
    effect.kind === 'redirect' &&
    effect.department === undefined &&
    effect.operatorId === undefined &&
    !takesQueueRedirect(record.webimVersion)
  ) {
    return { outcome: 'refused', reason: 'other', code: 'queue_redirect_unsupported' };
  }

  // The store was slow or this process stood still: another owner may have called the claim in doubt, and the tail is old news.
  if (clock.monotonic() - claim.from > context.claimMarginMs) {
    if ((await sends.last())?.revision !== claim.revision) return 'lost_claim';
    if (!stillWanted(await tail(), envelope)) return { outcome: 'suppressed' };
  }
  if (record.expiresAt !== undefined && record.expiresAt < log.logTime()) return { outcome: 'expired' };
  if (effect.kind === 'http') return request(context, record, effect, connection);
  return effect.kind === 'query_chat' ? ask(context, record, connection) : send(context, record, connection, sends);
};

/** The stored-data question: reads only, so nothing can be in doubt. */
const ask = async (context: AttemptContext, record: OutboxRecord, { storedData }: AccountConnection): Promise<Verdict> => {
  if (storedData === undefined) return { outcome: 'refused', reason: 'other', code: 'stored_data_not_configured' };
  const answer = await storedData.chat(record.chatId, context.cut);
  // Before the result, so that who sees that has it; twice is one input.
  if (answer.kind === 'accepted') {
    const { account } = record;
    const chat = importedChat(answer.value.raw, { account, hashKey: context.hashKey, receivedAt: context.log.logTime() });
    if (chat?.chatId === record.chatId) await context.insist('log', () => context.log.append([inboxRecord(chat)]));
  }
  return storedDataVerdict(answer, waitingOf(context, record));
};

/** An `http` step: one request to a host that the account allows. It goes to no visitor, so a change of owner meanwhile crosses nothing. */
const request = async (
  context: AttemptContext,
  record: OutboxRecord,
  effect: HttpEffect,
  { http }: AccountConnection,
): Promise<Verdict> => {
  const { clock, log, metrics, random } = context;
  let sentAt: number | undefined;
  const began = clock.monotonic();
  const { answer, ...verdict } = await http.attempt(effect, {
    idempotencyKey: `${record.account}:${record.chatId}:${record.number}`,
    failures: record.failures,
    now: () => log.logTime(),
    random,
    signal: context.cut,
    onSend: () => {
      sentAt = log.logTime();
    },
  });
  if (answer !== undefined && answer !== 'held') {
    metrics?.stepAsked({ account: record.account, answer }, (clock.monotonic() - began) / 1000);
  }
  return { ...verdict, ...(sentAt === undefined ? {} : { sentAt }) };
};

/** One POST, unless the account's gate says not now. */
const send = async (
  context: AttemptContext,
  record: OutboxRecord,
  { botApi, gate }: AccountConnection,
  sends: SendsStream,
): Promise<Verdict> => {
  const { clock, log, metrics, store, insist } = context;
  let sentAt: number | undefined;
  const began = clock.monotonic();
  const answer = await gate.send(record.chatId, () => {
    sentAt = log.logTime();
    return post(botApi, record, context.cut);
  });
  if (answer.kind !== 'held') metrics?.attempted({ account: record.account, answer: answer.kind }, (clock.monotonic() - began) / 1000);
  const verdict = await verdictOf(answer, waitingOf(context, record), async () => serverFaults(await sends.results(record.number)));
  const mayBeOut = verdict.outcome === 'accepted' || verdict.outcome === 'in_doubt';
  const crossed = mayBeOut && (await readTail(store, insist, record))?.epoch !== record.epoch;
  return { ...verdict, ...(sentAt === undefined ? {} : { sentAt }), ...(crossed ? { crossed } : {}) };
};

const post = (botApi: AccountConnection['botApi'], record: OutboxRecord, signal: AbortSignal): Promise<BotApiAnswer> => {
  const chatId = chatIdForWebim(record.chatId, record.chatIdForm);
  const { effect } = record;
  switch (effect.kind) {
    case 'text':
      return botApi.sendText(chatId, effect.text, signal);
    case 'keyboard':
      return botApi.sendKeyboard(chatId, effect.buttons, signal);
    case 'file':
      return botApi.sendFile(chatId, effect, signal);
    case 'redirect':
      return botApi.redirect(chatId, effect, signal);
    case 'close':
      return botApi.closeChat(chatId, signal);
    case 'query_chat':
    case 'http':
      throw new Error(`bug: ${effect.kind} is no message`);
    default:
      return effect satisfies never;
  }
};

const waitingOf = ({ log, random }: AttemptContext, { failures }: OutboxRecord) => ({ failures, now: log.logTime(), random });

const stored = (context: AttemptContext, { envelope }: OutboxAttempt, result: EffectResult | 'unreadable'): EffectResult =>
  // A later version settled it and we can't say how: it may have been sent.
  result === 'unreadable' ? effectResult(envelope, { outcome: 'in_doubt', code: 'unreadable' }, context.log.logTime()) : result;

const publish = async ({ log, insist }: AttemptContext, result: EffectResult, { traceparent }: Delivery): Promise<void> => {
  await insist('log', () => log.append([inboxRecord(result, traceparent)]));
};

const report = ({ logger, metrics }: AttemptContext, { record }: OutboxAttempt, result: EffectResult): void => {
  const { account, chatId, number, attempt, outcome, reason, code, status, crossed } = result;
  const kind = record?.effect.kind ?? 'unknown';
  metrics?.settled({ account, kind, outcome });
  logger[outcome === 'accepted' ? 'debug' : 'info']({
    event: 'effect_settled',
    account,
    chatId,
    number,
    attempt,
    kind,
    outcome,
    reason,
    // Webim's code is text from outside: only where it looks like one.
    code: code !== undefined && /^[\w-]{1,64}$/.test(code) ? code : undefined,
    status,
    crossed,
  });
};
