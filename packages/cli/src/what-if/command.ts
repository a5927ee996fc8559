import { setTimeout as wait } from 'node:timers/promises';
import { realClock } from '@dialog/contracts/clock';
import { type DialogSettings, dialogSettingsSchema } from '@dialog/contracts/settings';
import { parseScript } from '@dialog/script/parse';
import { renderFinding } from '@dialog/script/render-finding';
import { parseDuration } from '@dialog/service-kit/duration';
import { historiesOf, historyFiles } from '@dialog/what-if/files';
import type { History } from '@dialog/what-if/history';
import { whatIfMany } from '@dialog/what-if/many';
import type { Differing, Totals } from '@dialog/what-if/totals';
import type { Command } from 'commander';
import { ask, type ConsoleOptions, credentials, knownAccount, withConsole } from '../console-api.ts';
import { cannot } from '../exit.ts';
import { many, pair } from '../options.ts';
import { readText } from '../script/files.ts';
import { failOnHelp, measured, parseFailOn, passed } from './fail-on.ts';
import { dialogLines, totalsLines } from './told.ts';

type Options = ConsoleOptions & {
  readonly script?: string;
  readonly set: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly account?: string;
  readonly where: readonly string[];
  readonly from?: string;
  readonly failOn: readonly string[];
  readonly list: string;
};

type Outcome = { readonly totals: Totals; readonly list: readonly Differing[]; readonly more: number };

const help = `
Every recorded input of the chosen dialogs is decided again, by another script or with other settings; nothing is sent to anybody. Where
the visitor can no longer have meant what he typed, the dialog counts as diverged and is not guessed further.

${failOnHelp}

Examples:
  dialogctl what-if --script new.yaml --since 7d --account shop --fail-on handover+5%
  dialogctl what-if --script new.yaml --from history.ndjson --fail-on differs+10% --fail-on diverged+20
  dialogctl what-if --set noOperatorAfterMs=600000 --where mark=sold

Exit codes: 0 within the limits; 1 a limit is passed, or the script has errors; 2 it could not be done.`;

/** `dialogctl what-if`: by the console, or over exported histories without any server. */
export const whatIfCommand = (program: Command, out: (text: string) => void): void => {
  withConsole(program.command('what-if').description('try another script or setting on recorded dialogs'))
    .option('--script <file>', 'the script to try')
    .option('--set <name=value>', 'a setting in place of the recorded one; may be given many times', many, [])
    .option('--since <time>', 'dialogs whose last activity is not older: 7d, 12h, or 2026-03-02T09:00:00Z')
    .option('--until <time>', 'dialogs whose last activity is before')
    .option('--account <id>', 'those of one account')
    .option('--where <name=value>', 'as the console lists them: owner=operator, mark=sold, …; may be given many times', many, [])
    .option('--from <path>', 'exported histories, a file or a folder, instead of a console')
    .option('--fail-on <limit>', 'end with 1 where it is passed; may be given many times', many, [])
    .option('--list <count>', 'how many differing dialogs to print', '20')
    .addHelpText('after', help)
    .action(async (options: Options) => {
      const limits = options.failOn.map((text) => orCannot(() => parseFailOn(text)));
      const source = options.script === undefined ? undefined : readText(options.script);
      const settings = settingsOf(options.set);
      if (source === undefined && settings === undefined) return cannot('give --script, --set, or both');
      const errors = source === undefined ? [] : errorsOf(source, options.script);
      for (const error of errors) process.stderr.write(`${error}\n`);
      if (errors.length > 0) {
        process.exitCode = 1;
        return;
      }
      const trial = { ...(source === undefined ? {} : { script: source }), ...(settings === undefined ? {} : { settings }) };
      const outcome = options.from === undefined ? await byConsole(options, trial) : await fromFiles(options, options.from, trial);
      if (outcome.totals.dialogs === 0) {
        if (options.from === undefined) await knownAccount(options, options.account);
        // No limit is kept where nothing was tried.
        if (limits.length > 0) return cannot('no dialog was chosen: nothing can be said of --fail-on');
      }
      const over = limits.filter((limit) => passed(limit, outcome.totals));
      if (options.json === true) {
        const checks = limits.map((limit) => ({
          limit: limit.text,
          measured: finite(measured(limit, outcome.totals)),
          passed: over.includes(limit),
        }));
        out(JSON.stringify({ totals: outcome.totals, limits: checks, dialogs: outcome.list, more: outcome.more }));
      } else {
        for (const line of totalsLines(outcome.totals)) out(line);
        if (outcome.list.length > 0) out('');
        for (const one of outcome.list) for (const line of dialogLines(one)) out(line);
        if (outcome.more > 0) out(`and ${outcome.more} more`);
        if (limits.length > 0) out('');
        for (const limit of limits) {
          const value = measured(limit, outcome.totals);
          const shown = Number.isFinite(value) ? `${Number(value.toFixed(2))}${limit.share ? ' %' : ''}` : 'there was none before';
          out(`${over.includes(limit) ? 'passed' : 'within'} ${limit.text}: ${shown}`);
        }
      }
      process.exitCode = over.length > 0 ? 1 : 0;
    });
};

type Trial = { readonly script?: string; readonly settings?: Partial<DialogSettings> };

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const byConsole = async (options: Options, trial: Trial): Promise<Outcome> => {
  const where = Object.fromEntries(options.where.map((text) => pair(text, '--where')));
  const choose = {
    ...where,
    ...(options.account === undefined ? {} : { account: options.account }),
    ...(options.since === undefined ? {} : { from: new Date(timeOf(options.since, '--since')).toISOString() }),
    ...(options.until === undefined ? {} : { to: new Date(timeOf(options.until, '--until')).toISOString() }),
  };
  const body = {
    choose,
    ...(trial.script === undefined ? {} : { source: trial.script }),
    ...(trial.settings === undefined ? {} : { settings: trial.settings }),
  };
  const { id } = (await ask(options, '/api/what-if', body)) as { id: string };
  const cancel = (): void => {
    const stop = credentials(options).then((headers) =>
      fetch(new URL(`/api/what-if/${id}`, options.console), { method: 'DELETE', headers, redirect: 'error' }),
    );
    void stop.catch(() => undefined).finally(() => process.exit(2));
  };
  process.once('SIGINT', cancel).once('SIGTERM', cancel);
  type State = { state: string; chosen: number | null; totals: Totals; listed: number; unlisted: number };
  let state: State;
  for (;;) {
    state = (await ask(options, `/api/what-if/${id}`)) as State;
    if (state.state !== 'running') break;
    progress(state.totals, state.chosen);
    await wait(250);
  }
  progressEnds();
  if (state.state !== 'done') return cannot(`the try ended as ${state.state} after ${state.totals.dialogs} dialogs`);
  const list: Differing[] = [];
  for (let from: number | null = 0; from !== null && list.length < countOf(options); ) {
    const limit = Math.min(500, countOf(options) - list.length);
    const page = (await ask(options, `/api/what-if/${id}/dialogs?from=${from}&limit=${limit}`)) as {
      dialogs: Differing[];
      next: number | null;
    };
    list.push(...page.dialogs);
    from = page.next;
  }
  return { totals: state.totals, list, more: state.listed + state.unlisted - list.length };
};

const fromFiles = async (options: Options, path: string, trial: Trial): Promise<Outcome> => {
  if (options.where.length > 0) return cannot('--where asks a console; of files choose by --account, --since and --until');
  const files = historyFiles(path);
  if (files.length === 0) return cannot(`${path} names no history file`);
  const since = options.since === undefined ? Number.NEGATIVE_INFINITY : timeOf(options.since, '--since');
  const until = options.until === undefined ? Number.POSITIVE_INFINITY : timeOf(options.until, '--until');
  const subjects = async function* (): AsyncGenerator<History> {
    for (const file of files) {
      for await (const history of historiesOf(file)) {
        if (options.account !== undefined && history.dialog.account !== options.account) continue;
        if (history.lastAt >= since && history.lastAt < until) yield history;
      }
    }
  };
  try {
    const { totals, list, unlisted } = await whatIfMany({
      subjects: subjects(),
      trial,
      maxListed: countOf(options),
      onProgress: (now) => progress(now, null),
    });
    progressEnds();
    return { totals, list, more: unlisted };
  } catch (error) {
    return cannot((error as Error).message);
  }
};

/** On a terminal only: a log of CI has no use for it. */
const progress = ({ dialogs, differ }: Totals, of: number | null): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r${dialogs}${of === null ? '' : ` of ${of}`} dialogs, ${differ} differ `);
};
const progressEnds = (): void => {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
};

const countOf = ({ list }: Options): number => {
  if (!/^\d{1,6}$/.test(list)) return cannot(`${list} is no count for --list`);
  return Number(list);
};

const timeOf = (text: string, option: string): number => {
  const ago = parseDuration(text);
  if (ago !== undefined) return realClock.now() - ago;
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? cannot(`${option} ${text} is no time: 7d, 12h, or 2026-03-02T09:00:00Z`) : time;
};

const changeable = dialogSettingsSchema.omit({ account: true }).partial();

/** Values as JSON where the setting takes that, else as text: an operator's id is one, though its digits are JSON. */
const settingsOf = (given: readonly string[]): Partial<DialogSettings> | undefined => {
  if (given.length === 0) return undefined;
  const values = Object.fromEntries(
    given.map((text) => {
      const [name, value] = pair(text, '--set');
      const setting = Object.entries(changeable.shape).find(([known]) => known === name)?.[1];
      if (setting === undefined)
        return cannot(`--set ${text}: there is no setting ${name}; known: ${Object.keys(changeable.shape).join(', ')}`);
      const json = jsonOr(value);
      return [name, setting.safeParse(json).success ? json : setting.safeParse(value).success ? value : json];
    }),
  );
  const parsed = changeable.safeParse(values);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return cannot(`--set ${issue?.path.join('.')}: ${issue?.message}`);
  }
  return Object.fromEntries(Object.entries(parsed.data).filter(([name]) => name in values)) as Partial<DialogSettings>;
};

const jsonOr = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

const errorsOf = (source: string, file: string | undefined): string[] => {
  const script = parseScript(source);
  if (script.ok) return [];
  return script.findings.filter(({ severity }) => severity === 'error').map((finding) => renderFinding(source, finding, file));
};

const orCannot = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    return cannot((error as Error).message);
  }
};
