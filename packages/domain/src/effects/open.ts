import type { DomainEventOf } from '@dialog/contracts/domain-event';
import type { Button, Effect } from '@dialog/contracts/effects';
import type { HeldText } from '@dialog/contracts/inbox';
import { type Draft, emit, liveOf } from '../draft.ts';
import { splitText } from './split-text.ts';

type Opened = DomainEventOf<'EffectOpened'>['data'];

/** Opens one effect at the end of the queue. @returns its number. */
export const openEffect = (
  draft: Draft,
  effect: Effect,
  purpose: Opened['purpose'],
  more: { expiresAt?: number; group?: number; noOperatorAfterMs?: number; textId?: string } = {},
): number => {
  const number = liveOf(draft).nextEffect;
  emit(draft, { type: 'EffectOpened', data: { number, effect, purpose, ...more } });
  return number;
};

/** Opens a text, in parts where it is long; the parts are one group. `causedAt`: time of the input that caused it. */
export const openText = (draft: Draft, text: string, causedAt: number, group?: number): void => {
  const parts = splitText(text);
  const one = group ?? (parts.length > 1 ? liveOf(draft).nextEffect : undefined);
  for (const part of parts) openReply(draft, { kind: 'text', text: part }, causedAt, one);
};

/** Opens a text that the visitor held. @returns false where there is nothing to say. */
export const openHeldText = (draft: Draft, { id, text, expiresAt }: HeldText): boolean => {
  const parts = splitText(text);
  const group = liveOf(draft).nextEffect;
  for (const part of parts) {
    openEffect(draft, { kind: 'text', text: part }, 'held', {
      expiresAt: Math.min(draft.at + draft.context.settings.replyTtlMs, expiresAt),
      textId: id,
      ...(parts.length > 1 ? { group } : {}),
    });
  }
  return parts.length > 0;
};

/** Opens text and keyboard as one group; without inline buttons, or beyond Webim's limits, a numbered text. */
export const openKeyboard = (draft: Draft, text: string, buttons: readonly (readonly Button[])[], causedAt: number): void => {
  if (!draft.context.settings.inlineButtons || !fits(buttons)) {
    openText(draft, [text, numbered(buttons)].filter((part) => part !== '').join('\n'), causedAt);
    return;
  }
  const group = liveOf(draft).nextEffect;
  if (text !== '') openText(draft, text, causedAt, group);
  openReply(draft, { kind: 'keyboard', buttons: buttons.map((row) => [...row]) }, causedAt, group);
};

export const openFile = (
  draft: Draft,
  file: { url: string; name: string; mediaType: string; caption?: string },
  causedAt: number,
): void => {
  const group = liveOf(draft).nextEffect;
  if (file.caption) openText(draft, file.caption, causedAt, group);
  openReply(draft, { kind: 'file', url: file.url, name: file.name, mediaType: file.mediaType }, causedAt, group);
};

const openReply = (draft: Draft, effect: Effect, causedAt: number, group: number | undefined): void => {
  openEffect(draft, effect, 'reply', {
    expiresAt: causedAt + draft.context.settings.replyTtlMs,
    ...(group === undefined ? {} : { group }),
  });
};

/** The menu as text: what a visitor types back counts as a press. */
export const numbered = (buttons: readonly (readonly Button[])[]): string =>
  buttons
    .flat()
    .map((button, at) => `${at + 1}. ${button.text}`)
    .join('\n');

/** Webim's limits are unknown; these are safe (webim-protocol §13.18). */
const fits = (buttons: readonly (readonly Button[])[]): boolean =>
  buttons.length <= 10 &&
  buttons.flat().every((button) => button.text.length <= 80 && button.text !== '' && /^[\x21-\x7e]{1,64}$/.test(button.id));
