import type { InboxInputOf } from '@dialog/contracts/inbox';
import { type Draft, emit, liveOf, recordInput } from '../draft.ts';
import { visitorMessages } from '../evolve.ts';
import { resetFlag } from '../ownership/to-bot.ts';
import { toPeople } from '../ownership/to-people.ts';
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

/** The mark of a webhook that landed in time and was answered 503 all the same. */
export const webhookRefused = (draft: Draft, input: InboxInputOf<'webhook_refused'>): void => {
  recordInput(draft);
  if (draft.state.status !== 'live') return;
  const known = draft.state.recentWebhooks.some((seen) => seen.inputId === input.of);
  if (!known || draft.state.holder.owner === 'nobody') {
    emit(draft, { type: 'InputIgnored', data: { reason: known ? 'already_closed' : 'unknown_webhook' } });
    return;
  }
  refuse(draft, input.of, []);
};

const refuse = (draft: Draft, of: string, hashes: string[]): void => {
  emit(draft, { type: 'WebhookRefused', data: { of, hashes } });
  if (liveOf(draft).holder.owner === 'bot') {
    toPeople(draft, { owner: 'queue', cause: 'webhook_refused', flagCause: 'webhook_refused' });
  }
};

/** Does this webhook repeat one that was refused? */
export const repeatsRefused = (draft: Draft, input: BotWebhook): boolean => {
  const { refusal } = liveOf(draft);
  if (refusal === null) return false;
  const hashes = visitorMessages(input).map((message) => message.hash);
  return hashes.length === 0 ? input.type === 'new_chat' : hashes.some((hash) => refusal.hashes.includes(hash));
};

/**
 * The repeat of a refused webhook was answered 200: the bot has the chat again, without Return. Call after `recordInput`.
 * @returns true where its messages are still to be answered.
 */
export const takeBackRefusal = (draft: Draft): boolean => {
  const { refusal, holder } = liveOf(draft);
  if (refusal === null) return false;
  emit(draft, { type: 'WebhookRefusalTakenBack', data: { of: refusal.of } });
  if (holder.owner === 'queue') {
    emit(draft, { type: 'OwnerChanged', data: { owner: 'bot', cause: 'webhook_repeated' } });
    resetFlag(draft, 'webhook_repeated');
  }
  return liveOf(draft).holder.owner === 'bot' && !refusal.answered;
};
