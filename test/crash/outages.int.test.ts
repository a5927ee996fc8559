import { describe, expect, it } from 'vitest';
import { reportOf } from './reported.ts';

describe('outages of Kafka, of the event store, and of both', () => {
  it('5 s and 30 s each: answers in time, goes on by itself, loses nothing, people get their chats, no burst of old replies', {
    timeout: 1_200_000,
  }, async (context) => {
    const outages = [5, 30].flatMap((seconds) => (['kafka', 'event store', 'both'] as const).map((away) => ({ away, seconds })));
    const report = await reportOf('outages', { kills: 0, chats: 20, rate: 15, outages }, context);
    if (report === undefined) return;
    expect(report.findings).toEqual([]);
    // The log's acknowledgement may take 2 s; one answer may wait behind it.
    expect(report.slowestAnswerMs).toBeLessThan(6_000);
    expect(report.oldReplies).toBe(0);
    expect(report.toPeople).toBeGreaterThan(0);
    expect(report.heldByDeadBot).toBe(0);
    expect(report.greetedAfterSeconds).toHaveLength(outages.length);
  });
});
