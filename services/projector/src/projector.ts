import { setTimeout as turn } from 'node:timers/promises';
import type { Clock } from '@dialog/contracts/clock';
import type { CommitNote, DeadlineHint } from '@dialog/contracts/deadline-hint';
import { deadlineHintSchema } from '@dialog/contracts/deadline-hint';
import { codeOf } from '@dialog/contracts/errors';
import { parseSubjectKey, subjectKey } from '@dialog/contracts/ids';
import { type InboxInput, recordPlace } from '@dialog/contracts/inbox';
import { inboxRecord } from '@dialog/contracts/inbox-record';
import { groups, tickKey, topics } from '@dialog/contracts/topics';
import type { VisitorInput } from '@dialog/contracts/visitor';
import { earliestDeadline, nextWake } from '@dialog/domain/deadlines';
import { parkedHead } from '@dialog/domain/state';
import { earliestExpiry } from '@dialog/domain/visitor/state';
import { type EventStore, isConflict } from '@dialog/event-store/port';
import type { HandleContext, LogRecord, PartitionedLog } from '@dialog/log/port';
import { errorFacts } from '@dialog/service-kit/error-facts';
import type { Service } from '@dialog/service-kit/service';
import { untilItWorks } from '@dialog/service-kit/until-it-works';
import type { Logger } from 'pino';
import { appliedAhead } from './applied-ahead.ts';
import { type Applied, type ApplyDependencies, applyRecord, type Input, isRelease, UnappliableRecord } from './apply-record.ts';
import { deadlineIndex } from './deadline-index.ts';
import { dialogs as dialogCache, type Loaded } from './dialogs.ts';
import { doors as doorsOf } from './doors.ts';
import { headPublisher } from './head-publisher.ts';
import { isMarked, noteWriter, takenBy } from './notes.ts';
import { markReleased, park } from './parked.ts';
import type { Pins } from './pins.ts';
import { releaseDialog } from './release-dialog.ts';
import { beginsParked, stopDialog } from './stop-dialog.ts';

export type ProjectorOptions = {
  readonly log: PartitionedLog;
  readonly store: EventStore;
  readonly pins: Pins;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Version of this code, recorded with every event. */
  readonly producer: string;
  /** Dialogs handled at once. Default 64. */
  readonly concurrency?: number;
};

export type Projector = Service & {
  /** What waits, for readiness and metrics. */
  readonly health: () => { readonly storeAway: boolean; readonly logAway: boolean; readonly deadlines: number; readonly behindMs: number };
};

/** An ended dialog keeps its hint for a day, so that its former timers find it ended; then a tombstone. */
const endedHintMs = 86_400_000;
/** While the doors are closed, what is not due for that alone is looked at so often, ms: no tick is older when it is read. */
const doorsPauseMs = 10_000;
/** Dialogs kept in memory. */
const cacheCapacity = 20_000;
/** How often the index of deadlines is looked at. */
const wakePauseMs = 250;
/** Due dialogs looked at in one go: cold ones are loaded behind live records. */
const wakesAtOnce = 16;
/** A record that fails like a bug is tried so often before its dialog is parked. */
const attemptsBeforeParking = 3;

/**
 * Owns the dialogs of its partitions. For each inbox record: load, decide, append; then the deadline hint where it moves
 * earlier, the notes to other aggregates and the head effect where it is ready; then the record is finished. All after the append may be repeated without harm.
 */
export const projectorService = (options: ProjectorOptions): Projector => {
  const { log, store, pins, clock, logger, producer } = options;
  const cache = dialogCache({ store, capacity: cacheCapacity });
  const index = deadlineIndex();
  const doors = doorsOf();
  const ahead = appliedAhead();
  const stopping = new AbortController();
  const retry = untilItWorks({ clock, logger, stop: stopping.signal, onAway: (away) => (away ? consumer.pause() : consumer.resume()) });
  const heads = headPublisher({ log, clock });
  const notes = noteWriter({ log, store });
  const applying: ApplyDependencies = { store, dialogs: cache, pins, producer, doorsOpenSince: doors.openSince };
  /** Of the assignment that stands; undefined: between two of them, when nothing is woken. */
  let generation: number | undefined;
  /** Of an assignment that has ended in the meantime nobody will ask for it. */
  const keepAhead: typeof ahead.keep = (record, of, applied) => {
    if (of === generation) ahead.keep(record, of, applied);
  };

  const consumer = log.consumer({
    group: groups.projector,
    topic: topics.inbox,
    table: { topic: topics.deadlines, onTableRecord: (record) => restoreHint(record) },
    concurrency: options.concurrency ?? 64,
    bypass: (record) => record.key === tickKey,
    handle: async (record, context) => {
      try {
        await handle(record, context);
      } catch (error) {
        // Stopping: the record was not finished and will be delivered again.
        if (!stopping.signal.aborted) throw error;
        await new Promise(() => undefined);
      }
    },
    onAssigned: async (assignment) => {
      generation = assignment.generation;
      logger.info({ event: 'partitions_assigned', generation, partitions: assignment.partitions.length, deadlines: index.size() });
    },
    onRevoked: (assignment) => {
      generation = undefined;
      index.forget(assignment.partitions);
      doors.forget(assignment.partitions);
      heads.forgetAll();
      ahead.forgetAll();
    },
    note: (partition) => JSON.stringify(noteOf(partition)),
    onOffsetReset: (info) => logger.error({ event: 'offset_reset', ...info }),
  });

  const behindMs = (partition?: number): number => {
    // While the store is away nothing is fetched: what waits in the log is as old as that, at most.
    let worst = retry.awayMs();
    for (const lane of consumer.report()) {
      if (partition !== undefined && lane.partition !== partition) continue;
      const oldest = lane.oldestWaitingAppendedAt === undefined ? 0 : log.logTime() - lane.oldestWaitingAppendedAt;
      worst = Math.max(worst, oldest, clock.monotonic() - lane.standsSinceMonotonic);
    }
    return Math.max(0, Math.round(worst));
  };

  const noteOf = (partition: number): CommitNote => ({
    behindMs: behindMs(partition),
    at: log.logTime(),
    ...(retry.away().length > 0 ? { paused: true } : {}),
  });

  const restoreHint = (record: LogRecord): void => {
    if (record.value === null) {
      index.remove(record.key);
      index.setHinted(record.key, record.partition, undefined);
      return;
    }
    // Unreadable means: wake now.
    const wakeAt = readHint(record.value)?.wakeAt ?? 0;
    index.set(record.key, record.partition, wakeAt);
    index.setHinted(record.key, record.partition, wakeAt);
  };

  const handle = async (record: LogRecord, { generation, live, next }: HandleContext): Promise<void> => {
    if (record.key === tickKey) {
      doors.tick(record.partition, record.appendedAt);
      return;
    }
    try {
      const applied = await retry('apply', () => applyOrPark(record, generation, next));
      if (applied === undefined || !live()) return;
      await retry('after_append', () => afterAppend(applied.dialog, record, applied));
    } catch (error) {
      if (!isDeleted(error)) throw error;
      logger.error({ event: 'record_skipped', reason: 'stream_deleted', partition: record.partition, offset: record.offset });
    }
  };

  /** @returns undefined where the record is done with: skipped, or kept in the parked stream. */
  const applyOrPark = async (
    record: LogRecord,
    generation: number,
    next: HandleContext['next'],
  ): Promise<Extract<Applied, { kind: 'applied' }> | undefined> => {
    const before = ahead.take(record, generation);
    if (before !== undefined) return before;
    for (let attempt = 1; ; attempt++) {
      try {
        const first = await applyRecord(applying, record, generation, { ahead: { next, keep: keepAhead } });
        const applied = first.kind === 'release' ? await releaseDialog(applying, record, first.input, generation, notes.write) : first;
        if (applied.kind === 'applied') {
          const { dialog, input } = applied;
          if (isRelease(input) && !dialog.parked) await markReleased(store, dialog.id, input.inputId);
          return applied;
        }
        if (applied.kind === 'skipped' || applied.kind === 'release') {
          if (applied.kind === 'skipped' && applied.reason === 'account_unknown') {
            logger.warn({ event: 'record_skipped', reason: applied.reason, partition: record.partition, offset: record.offset });
          }
          return undefined;
        }
        const { id } = applied.dialog;
        const begins = pins.current(id.account) !== undefined && beginsParked(applied.dialog, record);
        if (begins && !(await isMarked(store, id, recordPlace(record)))) await stop(record, generation, 'follows');
        else {
          await notes.repeatMarker(applied.dialog, record);
          await heads.publish(applied.dialog, record.partition);
        }
        // Redelivered, it waits for nothing: the stream has it.
        if (takenBy(applied.dialog, record) !== undefined) return undefined;
        await park(store, id, record, { reason: 'follows', group: groups.projector, attempts: 0, at: clock.now() });
        return undefined;
      } catch (error) {
        if (!(error instanceof UnappliableRecord)) throw error;
        if (error.reason === 'decision_failed' && attempt < attemptsBeforeParking) continue;
        await parkDialog(record, generation, error, attempt);
        return undefined;
      }
    }
  };

  const parkDialog = async (record: LogRecord, generation: number, error: UnappliableRecord, attempts: number): Promise<void> => {
    const id = parseSubjectKey(record.key);
    logger.error({
      event: 'dialog_parked',
      reason: error.reason,
      partition: record.partition,
      offset: record.offset,
      ...errorFacts(error.cause),
    });
    // A key that is no dialog's can't be written by any of our services; there is no dialog to stop.
    if (id === undefined) return;
    await park(store, id, record, { reason: error.reason, group: groups.projector, attempts, at: clock.now() });
    await stop(record, generation, error.reason);
  };

  const stop = async (record: LogRecord, generation: number, reason: string): Promise<void> => {
    const id = parseSubjectKey(record.key);
    if (id === undefined) return;
    for (;;) {
      const dialog = await cache.load(id, generation);
      // Parked before it began, it is stopped once more when the bot gets its chat: only then is there something to give to people.
      if (dialog.parked && !beginsParked(dialog, record)) return;
      try {
        const { stopped, appended } = await stopDialog(applying, dialog, record, reason);
        cache.keep(stopped, generation);
        await notes.writeMarker(stopped, appended);
        await heads.publish(stopped, record.partition);
        return;
      } catch (conflict) {
        cache.forget(id);
        if (!isConflict(conflict)) throw conflict;
      }
    }
  };

  const afterAppend = async (dialog: Loaded, record: LogRecord, applied: Extract<Applied, { kind: 'applied' }>): Promise<void> => {
    const { partition } = record;
    armLocally(dialog, record, applied);
    // None waits for another: the record is finished, and its offset can be committed, when all of them stand.
    await Promise.all([
      hintEarlier(dialog, partition),
      notes.write(applied),
      // Not again where this owner has published it: a second record makes a second result, and that a third record, without end.
      heads.publish(dialog, partition),
    ]);
  };

  /** Creating a deadline or moving it earlier is written before the offset is committed; moving later writes nothing. */
  const hintEarlier = async (dialog: Loaded, partition: number): Promise<void> => {
    const earliest = earliestOf(dialog);
    const hinted = index.hinted(subjectKey(dialog.id));
    if (earliest === undefined || (hinted !== undefined && hinted <= earliest)) return;
    await writeHint(subjectKey(dialog.id), partition, earliest);
  };

  const earliestOf = (dialog: Loaded): number | undefined =>
    dialog.kind === 'visitor' ? earliestExpiry(dialog.state) : earliestDeadline(dialog.state);

  /**
   * A later hint counts from before it is written: a record that moves the dialog's deadline earlier meanwhile writes its own behind it, also where
   * this one fails and has landed all the same. An earlier one counts once it stands.
   */
  const writeHint = async (key: string, partition: number, wakeAt: number | undefined): Promise<void> => {
    const hint: DeadlineHint | undefined = wakeAt === undefined ? undefined : { wakeAt };
    if ((wakeAt ?? Number.POSITIVE_INFINITY) > (index.hinted(key) ?? Number.POSITIVE_INFINITY)) index.setHinted(key, partition, wakeAt);
    await log.append([{ topic: topics.deadlines, key, partition, value: hint === undefined ? null : Buffer.from(JSON.stringify(hint)) }]);
    index.setHinted(key, partition, wakeAt);
  };

  /**
   * After a `timer_due` that was not due: armed again for what was left of it by the record's own time, from now on, at least a second (design §5.7).
   * A log whose time here is behind what we took it for is so not asked each second until it has caught up.
   */
  const armLocally = (
    dialog: Loaded,
    { partition, appendedAt }: LogRecord,
    applied: { readonly input: Input; readonly appended: readonly unknown[] },
  ): void => {
    const wake = wakeOf(dialog, partition);
    if (wake === undefined) return;
    const { type } = applied.input;
    const again = (type === 'timer_due' || type === 'visitor_timer_due') && applied.appended.length === 0;
    index.set(subjectKey(dialog.id), partition, again ? log.logTime() + Math.max(1000, wake - appendedAt) : wake);
  };

  const wakeOf = (dialog: Loaded, partition: number): number | undefined => {
    if (dialog.kind === 'visitor') return earliestExpiry(dialog.state);
    const earliest = earliestDeadline(dialog.state);
    if (earliest === undefined) return undefined;
    // An account that is no longer configured is decided by settings pinned in the store: later than they say is allowed, and makes no records.
    const settings = pins.current(dialog.id.account)?.settings ?? { closeAuthority: 'engine' };
    const now = log.logTime();
    const openSince = doors.openSince(partition, now);
    const next = nextWake(dialog.state, settings, openSince);
    if (openSince !== null) return next;
    // Doors closed: they open without a record of this dialog, so what waits for them is looked at from its own time on.
    return Math.min(next ?? Number.POSITIVE_INFINITY, Math.max(earliest, now + doorsPauseMs));
  };

  /**
   * A wake looks at the state first, and writes `timer_due` only where it is due by the log's time. It runs beside the dialog's records: it sets the
   * index by the newest state before it waits for anything, so that what a record sets after that stands.
   */
  const wake = async (key: string, partition: number): Promise<void> => {
    const id = parseSubjectKey(key);
    const assigned = generation;
    if (id === undefined || assigned === undefined) return;
    const loaded = await cache.load(id, assigned).catch((error: unknown) => {
      if (!isDeleted(error)) throw error;
    });
    // Let go of meanwhile: the next owner has read the index himself.
    if (generation !== assigned) return;
    if (loaded === undefined) return writeHint(key, partition, undefined);
    const dialog = cache.cached(key) ?? loaded;
    const next = wakeOf(dialog, partition);
    const now = log.logTime();
    if (dialog.parked) return wakeParked(dialog, partition, now);
    if (next === undefined) {
      // Nothing is held any more: what comes writes a hint of its own.
      if (dialog.kind === 'visitor') return writeHint(key, partition, undefined);
      const endedAt = dialog.state.status === 'absent' ? 0 : dialog.state.at;
      if (dialog.state.status !== 'live' || now >= endedAt + endedHintMs) {
        await writeHint(key, partition, undefined);
        return;
      }
      index.set(key, partition, endedAt + endedHintMs);
      await writeHint(key, partition, endedAt + endedHintMs);
      return;
    }
    if (next > now) {
      index.set(key, partition, next);
      const earliest = earliestOf(dialog) as number;
      if (index.hinted(key) !== earliest) await writeHint(key, partition, earliest);
      return;
    }
    // The record comes back through the log and arms what is left; this is for the case that it does not.
    index.set(key, partition, now + 30_000);
    await writeTimerDue(dialog, partition, next);
  };

  /** A parked dialog's timers do not fire; its own redirect is tried again when its time has come. */
  const wakeParked = async (dialog: Loaded, partition: number, now: number): Promise<void> => {
    if (dialog.kind === 'visitor') return;
    const again = dialog.state.status === 'live' ? parkedHead(dialog.state)?.notBefore : undefined;
    if (again === undefined || again === null) return;
    if (again > now) index.set(subjectKey(dialog.id), partition, again);
    else await heads.publish(dialog, partition);
  };

  const writeTimerDue = async (dialog: Loaded, partition: number, dueAt: number): Promise<void> => {
    const inputId = `timer:${subjectKey(dialog.id)}:${dueAt}:${dialog.revision}`;
    const at = log.logTime();
    const input: InboxInput | VisitorInput =
      dialog.kind === 'visitor'
        ? { type: 'visitor_timer_due', inputId, ...dialog.id, receivedAt: at, dueAt }
        : {
            type: 'timer_due',
            inputId,
            account: dialog.id.account,
            chatId: dialog.id.chatId,
            chatIdForm: dialog.state.status === 'absent' ? 'string' : dialog.state.chatIdForm,
            receivedAt: at,
            dueAt,
          };
    await log.append([{ ...inboxRecord(input), partition }]);
  };

  let wokeAt = performance.now();
  const wakeLoop = async (): Promise<void> => {
    const { signal } = stopping;
    while (!signal.aborted) {
      wokeAt = performance.now();
      const due = generation === undefined ? [] : index.takeDue(log.logTime(), wakesAtOnce);
      await Promise.all(
        due.map(({ key, partition }) =>
          retry('wake', () => wake(key, partition)).catch((error: unknown) => {
            if (!signal.aborted) throw error;
          }),
        ),
      );
      wokeAt = performance.now();
      await retry('republish', () => heads.republishOverdue((key) => cache.cached(key))).catch(ignoreAbort(signal));
      if (due.length === wakesAtOnce) await turn();
      else await clock.sleep(wakePauseMs, signal).catch(ignoreAbort(signal));
    }
  };

  return {
    run: async () => {
      const { signal } = stopping;
      await Promise.race([consumer.run(), Promise.all([wakeLoop(), pins.follow({ signal, retry })]).then(() => consumer.stop())]);
    },
    stop: async () => {
      stopping.abort(new Error('stopping'));
      await consumer.stop();
    },
    // Timers wait for a store that is away, as long as it takes.
    turnedAt: () => Math.min(consumer.turnedAt(), retry.away().length > 0 ? Number.POSITIVE_INFINITY : wokeAt),
    health: () => ({
      storeAway: retry.missing().includes('event store'),
      logAway: retry.missing().includes('log'),
      deadlines: index.size(),
      behindMs: behindMs(),
    }),
  };
};

const ignoreAbort =
  (signal: AbortSignal) =>
  (error: unknown): void => {
    if (!signal.aborted) throw error;
  };

/** Deleted for good beneath the engine (a tombstone): nothing can be read of its stream nor written to it ever again, which is no other dialog's concern. */
const isDeleted = (error: unknown): boolean => codeOf(error) === 'stream_deleted';

const readHint = (value: Uint8Array): DeadlineHint | undefined => {
  try {
    return deadlineHintSchema.safeParse(JSON.parse(Buffer.from(value).toString('utf8'))).data;
  } catch {
    return undefined;
  }
};
