import type { InboxInputOf } from '@dialog/contracts/inbox';
import { visitorMessages } from '@dialog/contracts/visitor-messages';
import { armAutoClose } from '../deadlines.ts';
import { type Draft, emit, liveOf, recordInput } from '../draft.ts';
import { resetFlag } from '../ownership/to-bot.ts';
import { endTrial, toPeople } from '../ownership/to-people.ts';
import type { LiveDialog, Refusal } from '../state.ts';
import { startDialog } from './start.ts';

type BotWebhook = InboxInputOf<'new_chat'> | InboxInputOf<'new_message'>;

/** A webhook answered 503: recorded, no script; Webim takes the chat to people (design §5.2). */
export const refusedWebhook = (draft: Draft, input: BotWebhook): void => {
  const isNew = draft.state.status !== 'live';
  recordInput(draft, { ...input, refused: true });
  if (isNew) startDialog(draft, { incomplete: input.type === 'new_message' });
  refuse(
    draft,
    input.inputId,
    visitorMessages(input).map((message) => message.hash),
  );
};

/** The mark of a webhook that was answered 503 because the log did not acknowledge it. Where it never landed, the mark alone tells that people have the chat. */
export const webhookRefused = (draft: Draft, input: InboxInputOf<'webhook_refused'>): void => {
  recordInput(draft);
  if (draft.state.status !== 'live') return;
  const known = draft.state.recentWebhooks.some((seen) => seen.inputId === input.of);
  if (draft.state.holder.owner === 'nobody') return emit(draft, { type: 'InputIgnored', data: { reason: 'already_closed' } });
  // It never landed, or so long ago that it is forgotten: what came since then shows that the bot has the chat.
  const { ownerSince, recentWebhooks } = draft.state;
  const overtaken = !known && Math.max(ownerSince, recentWebhooks.at(-1)?.at ?? 0) > input.receivedAt;
  if (overtaken) return emit(draft, { type: 'InputIgnored', data: { reason: 'unknown_webhook' } });
  if (!known || !repeatedSince(draft.state, input.of)) return refuse(draft, input.of, input.hashes ?? []);
  // The mark was slower than the repeat, which was answered 200: the bot has the chat.
  emit(draft, { type: 'WebhookRefused', data: { of: input.of, hashes: [] } });
  emit(draft, { type: 'WebhookRefusalTakenBack', data: { of: input.of } });
};

const repeatedSince = ({ recentWebhooks }: LiveDialog, of: string): boolean => {
  const at = recentWebhooks.findIndex((seen) => seen.inputId === of);
  const { hashes = [] } = recentWebhooks[at] ?? {};
  return recentWebhooks
    .slice(at + 1)
    .some((later) => (hashes.length === 0 ? later.hashes.length === 0 : later.hashes.some((hash) => hashes.includes(hash))));
};

const refuse = (draft: Draft, of: string, hashes: string[]): void => {
  emit(draft, { type: 'WebhookRefused', data: { of, hashes } });
  if (liveOf(draft).holder.owner === 'bot') {
    toPeople(draft, { owner: 'queue', cause: 'webhook_refused', flagCause: 'webhook_refused' });
  }
};

/** The refusal that this webhook repeats, if any: by its messages; one without messages by another without. */
export const refusalRepeatedBy = (state: LiveDialog, input: BotWebhook): Refusal | undefined => {
  const hashes = visitorMessages(input).map((message) => message.hash);
  if (hashes.length === 0 && input.type !== 'new_chat') return undefined;
  return state.refusals.findLast((refusal) =>
    hashes.length === 0 ? refusal.hashes.length === 0 : refusal.hashes.some((hash) => hashes.includes(hash)),
  );
};

/**
 * The repeat of a refused webhook was answered 200: what the refusal did is taken back, without Return. A handover or an
 * operator that came by themselves stay. Call after `recordInput`.
 */
export const takeBackRefusal = (draft: Draft, refusal: Refusal): void => {
  emit(draft, { type: 'WebhookRefusalTakenBack', data: { of: refusal.of } });
  const { holder, flag, trial } = liveOf(draft);
  if (holder.owner !== 'queue' || flag?.cause !== 'webhook_refused') return;
  if (trial !== null) endTrial(draft, 'overtaken');
  emit(draft, { type: 'OwnerChanged', data: { owner: 'bot', cause: 'webhook_repeated' } });
  resetFlag(draft, 'webhook_repeated');
  armAutoClose(draft);
};
