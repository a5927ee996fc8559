import type { DialogSettings } from '@dialog/contracts/settings';

export const settingNames = [
  'department',
  'inlineButtons',
  'autoCloseAfterMs',
  'abandonAfterMs',
  'closeAuthority',
  'noOperatorAfterMs',
  'handbackGraceMs',
  'replyTtlMs',
  'onReplyExpired',
  'inDoubt',
  'botOperatorId',
] as const satisfies readonly (keyof DialogSettings)[];
export type SettingName = (typeof settingNames)[number];

/** What a setting may be, where that is a choice. */
export const settingChoices: Partial<Record<SettingName, readonly string[]>> = {
  inlineButtons: ['true', 'false'],
  closeAuthority: ['webim', 'engine'],
  onReplyExpired: ['handover', 'drop'],
  inDoubt: ['resend', 'park'],
};

/** The value as the API wants it. What is none goes as it was written: the API refuses it and says why, and nothing else is tried in its place. */
export const settingValue = (name: SettingName, text: string): string | number | boolean | null => {
  if (name === 'inlineButtons') return text === 'true' ? true : text === 'false' ? false : text;
  if (name.endsWith('Ms')) return /^\d+$/.test(text.trim()) ? Number(text) : text;
  return text === '' ? null : text;
};
