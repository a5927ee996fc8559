import { createRequire } from 'node:module';
import { groups, topics } from '@dialog/contracts/topics';
import type { EventStore } from '@dialog/event-store/port';
import type { PartitionedLog } from '@dialog/log/port';
import type { EngineOptions } from '@dialog/standalone/engine';

/** Bugs that a comparison of the journals must see. */
export const plantable = [
  'committed_before_append',
  'claimed_after_post',
  'no_expected_revision',
  'acknowledged_before_produce',
  'result_before_settled',
  'idempotent_producer',
] as const;
export type Planted = (typeof plantable)[number];

export const planting = (planted: Planted | undefined): NonNullable<EngineOptions['wrap']> => {
  switch (planted) {
    case undefined:
      return {};
    case 'committed_before_append':
      return { log: committedBeforeAppend };
    case 'acknowledged_before_produce':
      return { log: acknowledgedBeforeProduce };
    case 'claimed_after_post':
      return { store: claimedAfterPost };
    case 'no_expected_revision':
      return { store: noExpectedRevision };
    case 'result_before_settled':
      return { store: resultBeforeSettled };
    case 'idempotent_producer':
      makeProducersIdempotent();
      return {};
    default:
      return planted satisfies never;
  }
};

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The record counts as finished before the projector has appended anything. */
const committedBeforeAppend = (log: PartitionedLog): PartitionedLog => ({
  ...log,
  consumer: (consumer) =>
    log.consumer(
      consumer.group === groups.projector
        ? {
            ...consumer,
            handle: async (record, context) => {
              setTimeout(() => void consumer.handle(record, context).catch(() => undefined), 300);
            },
          }
        : consumer,
    ),
});

/** Webim is answered 200 before the record is in the log. */
const acknowledgedBeforeProduce = (log: PartitionedLog): PartitionedLog => ({
  ...log,
  append: async (records, options) => {
    if (!records.some((one) => one.topic === topics.inbox && String(one.headers?.['ce_id']).startsWith('wh:')))
      return log.append(records, options);
    setTimeout(() => void log.append(records, options).catch(() => undefined), 300);
    return records.map(() => ({ partition: 0, offset: 0, appendedAt: 0 }));
  },
});

/** The claim is told to be written at once, and is written with the result. */
const claimedAfterPost = (store: EventStore): EventStore => {
  const held = new Map<string, Parameters<EventStore['append']>>();
  return {
    ...store,
    append: async (stream, events, expected) => {
      if (events[0]?.type === 'Claimed') {
        held.set(stream, [stream, events, expected]);
        return { revision: expected === 'no_stream' ? 0 : Number(expected) + 1, position: '' };
      }
      const claim = held.get(stream);
      held.delete(stream);
      if (claim !== undefined) {
        await after(100);
        await store.append(...claim);
      }
      return store.append(stream, events, expected);
    },
  };
};

/** Dialogs are appended to whatever stands there; event ids are made anew, or the store would still tell a repetition. */
const noExpectedRevision = (store: EventStore): EventStore => ({
  ...store,
  append: (stream, events, expected) =>
    stream.startsWith('dialog-')
      ? store.append(
          stream,
          events.map((event) => ({ ...event, id: crypto.randomUUID() })),
          'any',
        )
      : store.append(stream, events, expected),
});

/** The result goes to the inbox at once; that the attempt is settled is written a moment later, before anything else in that stream. */
const resultBeforeSettled = (store: EventStore): EventStore => {
  const late = new Map<string, Promise<unknown>>();
  return {
    ...store,
    read: async (stream, options) => {
      await late.get(stream);
      return store.read(stream, options);
    },
    append: async (stream, events, expected) => {
      await late.get(stream);
      if (events[0]?.type !== 'Settled') return store.append(stream, events, expected);
      late.set(
        stream,
        after(300).then(() => store.append(stream, events, expected).catch(() => undefined)),
      );
      return { revision: expected === 'no_stream' ? 0 : Number(expected) + 1, position: '' };
    },
  };
};

/** Every producer of this process is made with `idempotent: true`, as the client's documentation advises. */
const makeProducersIdempotent = (): void => {
  const { Kafka } = createRequire(import.meta.url)('kafkajs') as { Kafka: { prototype: { producer: (options: object) => unknown } } };
  const { producer } = Kafka.prototype;
  Kafka.prototype.producer = function (options) {
    return producer.call(this, { ...options, idempotent: true });
  };
};
