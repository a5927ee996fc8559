import { type ClusterReport, type ClusterRun, clusterRun } from './cluster-run.ts';

/** A machine that others share greets later than one that is its own; how late is a figure, not a fault. */
const patienceSeconds = 480;
const seed = Number(process.env['CRASH_SEED'] ?? 1);

type Skippable = { readonly skip: (reason: string) => void };

/** @returns the report with its figures printed, or undefined where the test is skipped, loudly */
export const reportOf = async (what: string, options: Omit<ClusterRun, 'seed'>, context: Skippable): Promise<ClusterReport | undefined> => {
  const report = await clusterRun({ seed, greetWithin: patienceSeconds, ...options });
  if ('reason' in report) {
    process.stderr.write(`SKIPPED ${what}: ${report.reason}\n`);
    context.skip(report.reason);
    return undefined;
  }
  const { findings, ...figures } = report;
  process.stdout.write(`${what}: ${JSON.stringify({ ...figures, findings: findings.length })}\n`);
  return report;
};
