import { writeFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { coverageLine } from '@dialog/script-tools/coverage';
import { watch } from 'chokidar';
import { type Command, InvalidArgumentError } from 'commander';
import { cannot } from '../exit.ts';
import { terminalText } from '../terminal-text.ts';
import { readText, scriptFiles } from './files.ts';
import { toJunit } from './junit.ts';
import { failureLines } from './test-failure.ts';
import { type FileReport, testFile } from './test-file.ts';

type Options = {
  readonly name?: RegExp;
  readonly junit?: string;
  readonly json?: boolean;
  readonly coverage?: boolean;
  readonly minCoverage?: number;
  readonly watch?: boolean;
};

/** `dialogctl script test`: the tests that stand in the scripts, on the engine that runs in production. Exit code 1 where one fails or none ran. */
export const testCommand = (script: Command, out: (text: string) => void): void => {
  script
    .command('test <files...>')
    .description('run the tests that stand beside the scripts; time moves only when a test says so')
    .option('-t, --name <pattern>', 'only tests whose name matches this regular expression', regexOf)
    .option('-w, --watch', 'run again whenever a file changes')
    .option('--coverage', 'name the outcomes and steps that no test went through')
    .option('--min-coverage <percent>', 'fail below this share of outcomes or steps', percentOf)
    .option('--junit <file>', 'write a JUnit report there')
    .option('--json', 'for pipes')
    .addHelpText(
      'after',
      '\nExamples:\n  dialogctl script test bots\n  dialogctl script test bot.yaml -t "handover" --watch\n  dialogctl script test bots --min-coverage 90 --junit report.xml',
    )
    .action((patterns: readonly string[], options: Options) => {
      process.exitCode = run(patterns, options, out) ? 0 : 1;
      if (options.watch !== true) return;
      say(dim('waiting for changes; Ctrl-C ends'));
      const again = (): void => {
        run(patterns, options, out);
        say(dim('waiting for changes; Ctrl-C ends'));
      };
      watch([...scriptFiles(patterns)], { ignoreInitial: true, awaitWriteFinish: { stabilityThreshold: 50, pollInterval: 10 } })
        .on('change', again)
        .on('add', again);
    });
};

const run = (patterns: readonly string[], options: Options, out: (text: string) => void): boolean => {
  const started = performance.now();
  const reports = scriptFiles(patterns).map((file) => testFile(file, readText(file), options.name));
  const tests = reports.flatMap((report) => report.tests);
  const failed = tests.filter((test) => test.failures.length > 0).length;
  const low =
    options.minCoverage === undefined ? [] : reports.filter((report) => (report.coverage?.percent ?? 100) < (options.minCoverage ?? 0));
  const ok = tests.length > 0 && failed === 0 && low.length === 0 && reports.every((report) => report.ok);
  if (options.junit !== undefined) writeReport(options.junit, toJunit(reports));
  if (options.json === true) {
    out(JSON.stringify({ ok, files: reports.map(({ file, ok, problems, tests, coverage }) => ({ file, ok, problems, tests, coverage })) }));
    return ok;
  }
  for (const report of reports) {
    for (const line of linesOf(report, options)) say(line);
  }
  for (const report of low) say(bad(`${report.file}: coverage ${report.coverage?.percent} %, wanted ${options.minCoverage} %`));
  const ms = Math.round(performance.now() - started);
  const broken = reports.filter((report) => !report.ok);
  if (tests.length === 0 && broken.length > 0) say(bad('no test ran'));
  else if (tests.length === 0) say(bad(options.name === undefined ? 'there are no tests' : `no test matches ${options.name.source}`));
  else say(`${failed === 0 ? good(`${tests.length} passed`) : bad(`${failed} failed, ${tests.length - failed} passed`)} in ${ms} ms`);
  // Last, so that nobody takes the tests that passed for all.
  for (const { file } of broken) say(bad(`${file} has errors: none of its tests ran`));
  return ok;
};

const linesOf = (report: FileReport, options: Options): string[] => {
  const lines = [report.file, ...report.problems].map(terminalText);
  for (const test of report.tests) {
    const name = terminalText(test.name);
    lines.push(test.failures.length === 0 ? `  ${good('✓')} ${name}` : `  ${bad('✗')} ${name}`);
    if (test.failures.length > 0) lines.push(...failureLines(report, test).map((line) => terminalText(`      ${line}`)));
  }
  const { coverage } = report;
  if (coverage !== null && (options.coverage === true || options.minCoverage !== undefined)) {
    lines.push(`  ${coverageLine(coverage)}${coverage.outcomes.never.length + coverage.steps.never.length === 0 ? '' : ':'}`);
    for (const outcome of coverage.outcomes.never) lines.push(`    line ${String(outcome.line).padStart(4)}  ${terminalText(outcome.key)}`);
    // A step inside a branch that is named already says nothing more.
    const branches = coverage.outcomes.never.map((outcome) => `${outcome.step}.${outcome.name}[`);
    for (const step of coverage.steps.never) {
      if (branches.some((branch) => step.path.startsWith(branch))) continue;
      lines.push(`    line ${String(step.line).padStart(4)}  ${terminalText(step.path)} never run`);
    }
  }
  return lines;
};

const writeReport = (file: string, report: string): void => {
  try {
    writeFileSync(file, report);
  } catch (error) {
    cannot(`${file} can't be written: ${(error as Error).message}`);
  }
};

const stream = process.stdout;
/** Past `terminalText`, which would take our own colours for somebody else's: what stands in such a line has gone through it before. */
const say = (line: string): void => void stream.write(`${line}\n`);
const good = (text: string): string => styleText('green', terminalText(text), { stream });
const bad = (text: string): string => styleText('red', terminalText(text), { stream });
const dim = (text: string): string => styleText('dim', terminalText(text), { stream });

const regexOf = (text: string): RegExp => {
  try {
    return new RegExp(text, 'iu');
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
};

const percentOf = (text: string): number => {
  const percent = Number(text);
  if (!(percent >= 0 && percent <= 100) || text.trim() === '') throw new InvalidArgumentError('a number from 0 to 100 is wanted');
  return percent;
};
