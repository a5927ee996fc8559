import { resolve } from 'node:path';
import { parseAccounts } from '@dialog/service-kit/accounts';
import { findingTexts, type InLanguages, type Severity } from '@dialog/service-kit/set-up/findings';
import type { Command } from 'commander';
import { ask, type ConsoleOptions, withConsole } from '../console-api.ts';
import { cannot } from '../exit.ts';
import { examples } from '../options.ts';
import { readText } from '../script/files.ts';
import { type LanguageOption, languageOf, withLanguage } from './language.ts';
import { liveCheck } from './live-check.ts';

type Report = {
  readonly account: string;
  readonly caughtUp: boolean;
  readonly now: number;
  readonly hooks: readonly { what: string; firstAt: number | null; lastAt: number | null; verdict: string | null }[];
  readonly findings: readonly {
    name: string;
    severity: Severity;
    what: InLanguages;
    mend: InLanguages;
    count: number;
    chatIds: string[];
    quarantine: string | null;
  }[];
};
type Options = ConsoleOptions & LanguageOption & { readonly accounts?: string; readonly live?: boolean };

/** `dialogctl accounts doctor`: what the console knows of an account's set-up, and with `--live` what its Webim says itself. Exit code 1: something is wrong. */
export const doctorCommand = (accounts: Command, out: (text: string) => void): void => {
  withLanguage(
    withConsole(
      accounts
        .command('doctor [account]')
        .description('what is wrong with the set-up in Webim, and how to mend it; left out: all accounts')
        .option('--accounts <file>', 'the accounts file; with --live: whose Webim is asked')
        .option('--live', 'ask Webim itself too: the token, operators, departments; one request at a time'),
    ),
  )
    .addHelpText(
      'after',
      `${examples('dialogctl accounts doctor shop', 'dialogctl accounts doctor --accounts accounts.yaml --live')}\n\nExit codes: 0 nothing is wrong, 1 something is, 2 the console can't be asked, refuses, or has not read all histories yet.`,
    )
    .action(async (account: string | undefined, options: Options) => {
      if (options.live === true && options.accounts === undefined)
        return cannot('--live needs --accounts: the credentials are in the accounts file');
      const language = languageOf(options);
      const told = options.live === true ? await live(account, options) : await asked(account, options);
      if (options.json === true) out(JSON.stringify(told));
      else for (const one of told) for (const line of linesOf(one, language)) out(line);
      const isWrong = told.some(({ findings, unanswered }) => findings.length > 0 || unanswered.length > 0);
      process.exitCode = isWrong ? 1 : told.every(({ isWhole }) => isWhole) ? 0 : 2;
    });
};

type Told = {
  readonly account: string;
  /** False while the console has not read all histories: what it has not found may stand there. */
  readonly isWhole: boolean;
  /** What was seen, or asked, as lines. */
  readonly seen: readonly string[];
  /** What was asked and is not known; never of the console. */
  readonly unanswered: readonly string[];
  readonly findings: readonly { name: string; severity: Severity; what: InLanguages; mend: InLanguages; evidence: readonly string[] }[];
};

const asked = async (account: string | undefined, options: Options): Promise<Told[]> => {
  const names =
    account === undefined
      ? ((await ask(options, '/api/doctor')) as { accounts: { account: string }[] }).accounts.map((one) => one.account)
      : [account];
  const told: Told[] = [];
  for (const name of names) {
    const { hooks, findings, caughtUp } = (await ask(options, `/api/doctor/${encodeURIComponent(name)}`)) as Report;
    told.push({
      account: name,
      isWhole: caughtUp,
      unanswered: [],
      seen: hooks.map(
        ({ what, lastAt, verdict }) => `${what.padEnd(14)} ${lastAt === null ? '—' : `${new Date(lastAt).toISOString()} ${verdict}`}`,
      ),
      findings: findings.map(({ name: finding, severity, what, mend, count, chatIds, quarantine }) => ({
        name: finding,
        severity,
        what,
        mend,
        evidence: [
          ...(count > 0 ? [`× ${count}`] : []),
          ...chatIds.map((chatId) => `${name}/${chatId}`),
          ...(quarantine === null ? [] : [quarantine]),
        ],
      })),
    });
  }
  return told;
};

/** Exit code 2 where the file can't be read or has no such account. */
const live = async (account: string | undefined, { accounts: file = '' }: Options): Promise<Told[]> => {
  const parsed = parseAccounts(readText(file), { file: resolve(file), env: process.env });
  if (!parsed.ok)
    return cannot(parsed.problems.map(({ line, column, message }) => `${file}:${line}:${column} error ${message}`).join('\n'));
  const chosen = parsed.accounts.filter(({ id }) => account === undefined || id === account);
  if (chosen.length === 0) return cannot(`${file} has no account ${account}`);
  const told: Told[] = [];
  for (const one of chosen) {
    const { findings, fine, unknown, unanswered } = await liveCheck(one);
    told.push({
      account: one.id,
      isWhole: true,
      seen: [...fine.map((what) => `${what}: ok`), ...unknown.map((what) => `${what} (?)`)],
      unanswered,
      findings: findings.map(({ name, facts }) => ({ name, ...findingTexts[name](facts), evidence: [] })),
    });
  }
  return told;
};

const words = {
  ru: { fine: 'всё в порядке', fineSoFar: 'в прочитанном пока всё в порядке', mend: 'Как исправить', unanswered: 'Webim не ответил' },
  en: {
    fine: 'nothing is wrong',
    fineSoFar: 'nothing is wrong in what was read so far',
    mend: 'To mend it',
    unanswered: 'Webim did not answer',
  },
};

const linesOf = ({ account, isWhole, seen, unanswered, findings }: Told, language: 'ru' | 'en'): string[] => [
  `${account}${findings.length + unanswered.length === 0 ? `: ${isWhole ? words[language].fine : words[language].fineSoFar}` : ''}`,
  ...unanswered.map((what) => `  error ${words[language].unanswered}: ${what}`),
  ...seen.map((line) => `  ${line}`),
  ...findings.flatMap(({ name, severity, what, mend, evidence }) => [
    `  ${severity} ${name}: ${what[language]}`,
    ...(evidence.length === 0 ? [] : [`    ${evidence.join(', ')}`]),
    `    ${words[language].mend}: ${mend[language]}`,
  ]),
];
