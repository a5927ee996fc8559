/** The topics of the log; the same partition count for all, so that one owner has partition p of each. */
export const topics = {
  inbox: 'dialog.inbox',
  outbox: 'dialog.outbox',
  deadlines: 'dialog.deadlines',
  quarantine: 'webhook.quarantine',
} as const;
export const groups = { projector: 'projector', outbound: 'outbound' } as const;
/** Of ingress's ticks, which stand in the inbox and carry no dialog: it can't be a dialog's. */
export const tickKey = '~tick';
export const defaultPartitions = 12;
/** A record or one append may not be larger (design §7). */
export const maxRecordBytes = 512 * 1024;

const inboxRetentionMs = 14 * 86_400_000;
const quarantineRetentionMs = 7 * 86_400_000;

/** The topics and their settings: the inbox explains two weeks, the quarantine keeps one. */
export const topicSpecs = (partitions: number) =>
  [
    { name: topics.inbox, partitions, cleanup: 'delete', retentionMs: inboxRetentionMs },
    { name: topics.outbox, partitions, cleanup: 'delete', retentionMs: inboxRetentionMs },
    { name: topics.deadlines, partitions, cleanup: 'compact' },
    { name: topics.quarantine, partitions, cleanup: 'delete', retentionMs: quarantineRetentionMs },
  ] as const;
