import { type DialogSettings, dialogSettingsSchema } from '@dialog/contracts/settings';

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;

export const botOperator = 'bot-1';
export const anna = 'anna';
export const boris = 'boris';

export const settings = (more: Partial<DialogSettings> = {}): DialogSettings =>
  dialogSettingsSchema.parse({
    account: 'shop',
    botOperatorId: botOperator,
    department: 'operators',
    inlineButtons: true,
    storedData: false,
    autoCloseAfterMs: 30 * minute,
    abandonAfterMs: 24 * hour,
    closeAuthority: 'webim',
    noOperatorAfterMs: 3 * minute,
    handbackGraceMs: 10 * second,
    replyTtlMs: 120 * second,
    onReplyExpired: 'handover',
    inDoubt: 'resend',
    handlerDelayMs: 6 * second,
    webimTimerGridMs: 30 * second,
    visitorAnswerMs: 3 * second,
    heldTextTtlMs: 30 * 24 * hour,
    ...more,
  });
