import { existsSync, readFileSync } from 'node:fs';
import type { DomainEvent } from '@dialog/contracts/domain-event';
import { type HistoryFile, parseHistoryFile } from '@dialog/contracts/history-file';
import { type RecordedTest, recordTest, testText } from '@dialog/domain/record-test';
import { parseScript } from '@dialog/script/parse';
import { runTest, type TestFailure } from '@dialog/script-tools/run-test';
import type { Command } from 'commander';
import { ask, type ConsoleOptions, dialogPath, withConsole } from '../console-api.ts';
import { dialogEvents } from '../dialog-events.ts';
import { cannot } from '../exit.ts';
import { readText } from './files.ts';

type Options = ConsoleOptions & { readonly script?: string; readonly name?: string };
/** A history, and the source of the script that it pins where that is to be had. */
type Recorded = { readonly called: string; readonly events: readonly DomainEvent[]; readonly source: string | undefined };

/**
 * `dialogctl script record`: a recorded dialog as a test beside its script, on stdout. Personal data is replaced. Exit code 1 where the
 * test, run on that script, does not hold: what the form of a test can't say made a difference.
 */
export const recordCommand = (script: Command, out: (text: string) => void): void => {
  withConsole(
    script
      .command('record <dialog>')
      .description('make a test of a recorded dialog: {account}/{chatId}, asked of the console, or a history file')
      .option('--script <file>', 'the script to check the test against; default: the version that the dialog pins')
      .option('--name <text>', 'the name of the test'),
  )
    .addHelpText(
      'after',
      '\nIt is indented by two, for the end of a file whose last key is "tests:".\n\nExamples:\n  dialogctl script record shop/4711 >> bot.yaml\n  dialogctl script record history.json --script bot.yaml',
    )
    .action(async (dialog: string, options: Options) => {
      const recorded = existsSync(dialog) ? fromFile(dialog) : await fromConsole(dialog, options);
      const source = options.script === undefined ? recorded.source : readText(options.script);
      const personal = source === undefined ? variablesOf(recorded.events) : personalOf(source);
      const test = recordTest(recorded.events, {
        name: options.name ?? recorded.called,
        personal,
        ...(source === undefined ? {} : { source: withoutTests(source) }),
      });
      const failures = source === undefined ? undefined : failuresOf(source, test);
      if (options.json === true) out(JSON.stringify({ ...test, failures: failures ?? null }));
      // As deep as under `tests:` of the samples, so that it can be put behind such a file.
      else out(indented(testText(test).trimEnd()));
      if (failures === undefined) process.stderr.write('the script is not to be had: the test was not run\n');
      for (const failure of failures ?? []) process.stderr.write(`does not hold: expected ${failure.expected}; actual ${failure.actual}\n`);
      process.exitCode = (failures ?? []).length > 0 ? 1 : 0;
    });
};

const indented = (lines: string): string => lines.replace(/^/gm, '  ');

const fromFile = (file: string): Recorded => {
  let history: HistoryFile;
  try {
    history = parseHistoryFile(readFileSync(file, 'utf8'));
  } catch (error) {
    return cannot(`${file} is no history: ${(error as Error).message}`);
  }
  const events = history.events as unknown as readonly DomainEvent[];
  const pinned = pinnedOf(events);
  const { account, chatId } = history.dialog;
  return { called: `${account} ${chatId}`, events, source: pinned === undefined ? undefined : history.scripts[pinned]?.source };
};

const fromConsole = async (dialog: string, options: Options): Promise<Recorded> => {
  const path = dialogPath(dialog);
  const events = await dialogEvents<DomainEvent>(options, path);
  const pinned = pinnedOf(events);
  const { source } =
    pinned === undefined || options.script !== undefined ? {} : ((await ask(options, `/api/scripts/${pinned}`)) as { source?: string });
  return { called: path.replace('/', ' '), events, source };
};

const pinnedOf = (events: readonly DomainEvent[]): string | undefined => {
  const started = events.find((event) => event.type === 'DialogStarted');
  return started?.data.script;
};

const personalOf = (source: string): string[] => {
  const parsed = parseScript(source);
  return parsed.ok ? [...parsed.script.variables].filter(([, variable]) => variable.pii).map(([name]) => name) : [];
};

/** Without the script nobody knows which are personal: all of them. */
const variablesOf = (events: readonly DomainEvent[]): string[] => [
  ...new Set(events.flatMap((event) => (event.type === 'ScriptAdvanced' ? Object.keys(event.data.variables as object) : []))),
];

/** What stands under `tests:`, up to the next key of the file, is no part of the bot. */
const withoutTests = (source: string): string => source.replace(/^tests:.*(?:\n(?!["']?\w+["']?[ \t]*:).*)*/m, '');

const failuresOf = (source: string, test: RecordedTest): readonly Pick<TestFailure, 'expected' | 'actual'>[] => {
  const without = withoutTests(source);
  const alone = parseScript(without);
  if (!alone.ok) {
    const finding = alone.findings.find((one) => one.severity === 'error');
    return [{ expected: 'the script has no errors', actual: finding?.message ?? 'it has' }];
  }
  const parsed = parseScript(`${without}\ntests:\n${indented(testText(test))}`);
  if (!parsed.ok) {
    const finding = parsed.findings.find((one) => one.severity === 'error');
    return [{ expected: 'a test that the format knows', actual: finding?.message ?? 'it is none' }];
  }
  return parsed.tests.flatMap((one) => runTest(parsed.script, one).failures);
};
