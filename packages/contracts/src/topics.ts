/** The topics of the log; the same partition count for all, so that one owner has partition p of each. */
export const topics = {
  inbox: 'dialog.inbox',
  outbox: 'dialog.outbox',
  deadlines: 'dialog.deadlines',
  quarantine: 'webhook.quarantine',
  /** Keyless ticks of ingress stand in the inbox itself under this key prefix; see `tickKey`. */
} as const;
export const groups = { projector: 'projector', outbound: 'outbound' } as const;
/** Ticks carry no dialog: their key can't be a dialog's. */
export const tickKey = '~tick';
export const defaultPartitions = 12;
/** A record or one append may not be larger (design §7). */
export const maxRecordBytes = 512 * 1024;
