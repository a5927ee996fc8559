import { expect, it } from 'vitest';
import { crashRun } from './crash-run.ts';

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
