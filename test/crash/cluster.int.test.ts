import { describe, expect, it } from 'vitest';
import { reportOf } from './reported.ts';

describe('a cluster of separate processes on a real Kafka, killed at random under load', () => {
  it('20 kills, two owners at once, lost acknowledgements: nothing accepted is lost or applied twice, all in order; sent twice is what the history calls in doubt', {
    timeout: 1_200_000,
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
