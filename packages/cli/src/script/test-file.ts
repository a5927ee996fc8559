import { parseScript } from '@dialog/script/parse';
import { renderFinding } from '@dialog/script/render-finding';
import { type Coverage, coverageOf, coveragePercent } from '@dialog/script-tools/coverage';
import { runTest, type TestReport } from '@dialog/script-tools/run-test';

export type TimedTest = Omit<TestReport, 'history'> & { readonly durationMs: number };

export type FileReport = {
  readonly file: string;
  readonly text: string;
  /** In which clock a transcript is shown. */
  readonly timezone: string;
  /** False where the script itself has errors: none of its tests ran. */
  readonly ok: boolean;
  /** The errors, as lines. */
  readonly problems: readonly string[];
  readonly tests: readonly TimedTest[];
  readonly coverage: (Coverage & { readonly percent: number }) | null;
};

/** Runs the tests of one script file, those whose name matches. */
export const testFile = (file: string, text: string, name?: RegExp): FileReport => {
  const parsed = parseScript(text);
  if (!parsed.ok) {
    const errors = parsed.findings.filter((finding) => finding.severity === 'error');
    const problems = errors.map((finding) => renderFinding(text, finding, file));
    return { file, text, timezone: 'UTC', ok: false, problems, tests: [], coverage: null };
  }
  const histories: TestReport['history'][] = [];
  const tests = parsed.tests
    .filter((test) => name === undefined || name.test(test.name))
    .map((test): TimedTest => {
      const started = performance.now();
      const { history, ...report } = runTest(parsed.script, test);
      histories.push(history);
      return { ...report, durationMs: Math.round((performance.now() - started) * 1000) / 1000 };
    });
  const coverage = coverageOf(parsed.script, histories);
  return {
    file,
    text,
    timezone: parsed.script.timezone,
    ok: true,
    problems: [],
    tests,
    coverage: { ...coverage, percent: coveragePercent(coverage) },
  };
};
