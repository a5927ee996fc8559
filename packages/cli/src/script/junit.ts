import junit, { type Builder } from 'junit-report-builder';
import { failureLines } from './test-failure.ts';
import type { FileReport } from './test-file.ts';

/** A JUnit report: a suite a file, a case a test; a script with errors is a case that failed. */
export const toJunit = (reports: readonly FileReport[]): string => {
  // Its types speak of a default inside the default; what Node gives is the builder.
  const builder = (junit as unknown as Builder).newBuilder();
  for (const report of reports) {
    const suite = builder.testSuite().name(report.file);
    for (const test of report.tests) {
      const one = suite
        .testCase()
        .className(report.file)
        .name(test.name)
        .file(report.file)
        .time(test.durationMs / 1000);
      const [first] = test.failures;
      if (first === undefined) continue;
      one.failure(`expected ${first.expected}, actual ${first.actual}`, 'expectation');
      one.standardError(failureLines(report, test).join('\n'));
    }
    if (report.problems.length > 0) {
      suite.testCase().className(report.file).name('the script has no errors').file(report.file).error(report.problems.join('\n'));
    }
  }
  return builder.build();
};
