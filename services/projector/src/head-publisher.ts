import type { Clock } from '@dialog/contracts/clock';
import { cloudEventHeaders } from '@dialog/contracts/cloud-events';
import { dialogKey } from '@dialog/contracts/ids';
import type { OutboxRecord } from '@dialog/contracts/outbox';
import { resultInputId } from '@dialog/contracts/outbox';
import { topics } from '@dialog/contracts/topics';
import { inFlight, parkedHead } from '@dialog/domain/state';
import type { PartitionedLog } from '@dialog/log/port';
import type { Loaded, LoadedDialog } from './dialogs.ts';

/** A head without a result for so long is published again under its number, ms (design §5.4). */
const overdueMs = 30_000;

export type HeadPublisher = {
  /** Publishes the head effect where it is ready and was not published by this owner; `again`: also where it was. @throws LogError */
  readonly publish: (dialog: Loaded, partition: number, options?: { again?: boolean }) => Promise<void>;
  /** Publishes again what has had no result for 30 s. That wait stands in memory only. @throws LogError */
  readonly republishOverdue: (dialogOf: (key: string) => Loaded | undefined) => Promise<void>;
  readonly forgetAll: () => void;
};

type Published = { readonly number: number; readonly attempt: number; readonly at: number; readonly partition: number };

export const headPublisher = ({ log, clock }: { log: PartitionedLog; clock: Clock }): HeadPublisher => {
  const published = new Map<string, Published>();

  const publish: HeadPublisher['publish'] = async (dialog, partition, { again = false } = {}) => {
    // A visitor speaks to nobody but his dialogs.
    if (dialog.kind === 'visitor') return;
    const key = dialogKey(dialog.id);
    const record = outboxRecord(dialog, log.logTime());
    if (record === undefined) {
      published.delete(key);
      return;
    }
    const known = published.get(key);
    if (!again && known?.number === record.number && known.attempt === record.attempt) return;
    const id = resultInputId(record);
    await log.append([
      {
        topic: topics.outbox,
        key,
        partition,
        value: Buffer.from(JSON.stringify(record)),
        headers: cloudEventHeaders({
          id: `effect:${id}`,
          account: record.account,
          type: `effect_${record.effect.kind}`,
          subject: key,
          timeMs: log.logTime(),
        }),
      },
    ]);
    published.set(key, { number: record.number, attempt: record.attempt, at: clock.monotonic(), partition });
  };

  return {
    publish,
    republishOverdue: async (dialogOf) => {
      const now = clock.monotonic();
      for (const [key, head] of published) {
        if (now - head.at < overdueMs) continue;
        const dialog = dialogOf(key);
        if (dialog === undefined) published.delete(key);
        else await publish(dialog, head.partition, { again: true });
      }
    },
    forgetAll: () => published.clear(),
  };
};

const outboxRecord = ({ id, state }: LoadedDialog, now: number): OutboxRecord | undefined => {
  if (state.status !== 'live') return undefined;
  const head = state.parked ? parkedHead(state) : inFlight(state);
  // A parked dialog's timers do not fire: its one effect is ready by its time alone.
  if (head === undefined || (head.notBefore ?? 0) > now) return undefined;
  return {
    account: id.account,
    chatId: id.chatId,
    chatIdForm: state.chatIdForm,
    number: head.number,
    attempt: head.attempt,
    epoch: head.epoch,
    failures: head.failures,
    effect: head.effect,
    ...(head.expiresAt === null ? {} : { expiresAt: head.expiresAt }),
    ...(state.webimVersion === null ? {} : { webimVersion: state.webimVersion }),
  };
};
