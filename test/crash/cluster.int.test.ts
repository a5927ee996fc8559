import { describe, expect, it } from 'vitest';
import { reportOf } from './reported.ts';

describe('a cluster of separate processes on a real Kafka, killed at random under load', () => {
  it('20 kills, two owners at once, lost acknowledgements: nothing accepted is lost or applied twice, all in order; sent twice is what the history calls in doubt', {
    timeout: 900_000,
  }, async (context) => {
    const run = { kills: 20, chats: 60, rate: 50, freezes: 2, lostAnswers: 8 };
    const report = await reportOf('crash test of the cluster', run, context);
    if (report === undefined) return;
    expect(report.findings).toEqual([]);
    expect(Object.keys(report.killed).sort()).toEqual(['event store', 'ingress', 'kafka', 'outbound', 'projector']);
    expect(Math.min(...Object.values(report.killed))).toBeGreaterThanOrEqual(3);
    expect(report.answersLost).toBeGreaterThan(40);
    expect(report.answered200).toBeGreaterThan(1_000);
    expect(report.effects).toBeGreaterThan(300);
  });
});

describe('outages of Kafka, of the event store, and of both', () => {
  it('5 s and 30 s each: answers in time, goes on by itself, loses nothing, people get their chats, no burst of old replies', {
    timeout: 900_000,
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
