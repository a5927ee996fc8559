/** CloudEvents 1.0, Kafka protocol binding, binary mode: the attributes of an inbox record as headers. */
export const cloudEventHeaders = (e: {
  id: string;
  account: string;
  /** `new_chat` becomes `ru.webim.new_chat.v1`. */
  type: string;
  /** The dialog, `{account}:{chatId}`. */
  subject: string;
  /** ms since the epoch. */
  timeMs: number;
  traceparent?: string;
}): Record<string, string> => ({
  'content-type': 'application/json',
  ce_specversion: '1.0',
  ce_id: e.id,
  ce_source: `/webim/${e.account}`,
  ce_type: `ru.webim.${e.type}.v1`,
  ce_subject: e.subject,
  ce_time: new Date(e.timeMs).toISOString(),
  ...(e.traceparent === undefined ? {} : { traceparent: e.traceparent }),
});
