import { describe, expect, it } from 'vitest';
import { crashRun } from './crash-run.ts';
import type { Planted } from './planted.ts';
import { reportOf } from './reported.ts';

const seed = Number(process.env['CRASH_SEED'] ?? 1);

describe.concurrent('the comparison sees a bug planted in one process', () => {
  it.for<[Planted, RegExp]>([
    ['committed_before_append', /recorded 0 times/],
    ['acknowledged_before_produce', /recorded 0 times/],
    ['claimed_after_post', /seen by Webim \d+ times, accepted/],
    ['result_before_settled', /settled by outbound as (nothing|in_doubt), the dialog was told accepted/],
  ])('%s', { timeout: 400_000 }, async ([planted, finding]) => {
    const { findings } = await crashRun({ kills: 6, chats: 12, rate: 40, seed, planted });
    expect(findings.filter((one) => finding.test(one)).length).toBeGreaterThan(0);
  });
});

describe.concurrent('the comparison sees a bug planted in a cluster', () => {
  it('no expected revision, while two owners have a dialog', { timeout: 600_000 }, async (context) => {
    const run = { kills: 2, freezes: 4, chats: 40, rate: 50, planted: 'no_expected_revision' } as const;
    const report = await reportOf('no_expected_revision', run, context);
    const seen = report?.findings.filter((one) => /applied twice|taken as new|settled twice|seen by Webim|no end/.test(one));
    if (seen !== undefined) expect(seen.length).toBeGreaterThan(0);
  });

  it('an idempotent producer behind a proxy that swallows answers', { timeout: 600_000 }, async (context) => {
    const run = { kills: 0, lostAnswers: 12, chats: 40, rate: 50, planted: 'idempotent_producer' } as const;
    const report = await reportOf('idempotent_producer', run, context);
    const lost = report?.findings.filter((one) => /answered 200 \d+ times, recorded \d+ times/.test(one));
    if (lost !== undefined) expect(lost.length).toBeGreaterThan(0);
  });
});
