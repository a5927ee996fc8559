import { describe, expect, it } from 'vitest';
import { crashRun } from './crash-run.ts';
import type { Planted } from './planted.ts';

const seed = Number(process.env['CRASH_SEED'] ?? 1);

it('loses nothing, applies nothing twice and repeats only what it calls in doubt, killed 50 times under load', {
  timeout: 900_000,
}, async () => {
  const report = await crashRun({ kills: 50, chats: 12, rate: 40, seed });
  process.stdout.write(
    `killed 50 times: ${report.answered200} of ${report.webhooks} webhooks answered 200, ${report.effects} effects, ${report.inDoubt} attempts in doubt, ${report.chats} chats\n`,
  );
  expect(report.findings).toEqual([]);
  expect(report.answered200).toBeGreaterThan(500);
  expect(report.effects).toBeGreaterThan(200);
  // Some kills fell between a claim and its result, or the run has shown nothing of that.
  expect(report.inDoubt).toBeGreaterThan(0);
});

// The two that take two owners, or a broker, are planted in the cluster.
describe.concurrent('the comparison sees a planted bug', () => {
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
