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

/** The value as the API wants it: what is wrong with it the API says. */
export const settingValue = (name: SettingName, text: string): string | number | boolean | null => {
  if (name === 'inlineButtons') return text !== 'false';
  if (name.endsWith('Ms')) return Number(text);
  return text === '' ? null : text;
};
