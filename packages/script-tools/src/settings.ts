import { accountIdSchema } from '@dialog/contracts/ids';
import type { DialogSettings } from '@dialog/contracts/settings';

/** The settings that an account has where its file says nothing (service-kit's defaults), with a bot operator and Webim's event handlers. */
export const rehearsalSettings: DialogSettings = {
  account: accountIdSchema.parse('rehearsal'),
  botOperatorId: 'bot',
  department: 'operators',
  inlineButtons: true,
  storedData: false,
  autoCloseAfterMs: 15 * 60_000,
  abandonAfterMs: 24 * 3_600_000,
  closeAuthority: 'webim',
  noOperatorAfterMs: 3 * 60_000,
  handbackGraceMs: 10_000,
  replyTtlMs: 120_000,
  onReplyExpired: 'handover',
  inDoubt: 'resend',
  handlerDelayMs: 6_000,
  webimTimerGridMs: 30_000,
  visitorAnswerMs: 3_000,
  heldTextTtlMs: 30 * 24 * 3_600_000,
};
