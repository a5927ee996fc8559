import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { codeOf } from '@dialog/contracts/errors';
import type { Command } from 'commander';
import { cannot } from './exit.ts';

/** What every command that asks the console takes. */
export type ConsoleOptions = {
  readonly console: string;
  readonly json?: boolean;
  readonly token?: string;
  readonly passwordFile?: string;
};
/** What every command that changes something takes too: who asks, and why. */
export type ReasonOptions = ConsoleOptions & { readonly reason: string; readonly by: string; readonly dryRun?: boolean };

const timeoutMs = 15_000;

export const withConsole = (command: Command): Command =>
  command
    .option('--console <url>', 'address of the console', process.env['CONSOLE_URL'] ?? 'http://127.0.0.1:8081')
    .option('--token <token>', 'token of the API; better by CONSOLE_TOKEN or CONSOLE_TOKEN_FILE, which no list of processes shows')
    .option('--password-file <file>', "the local administrator's password, where there is no token yet")
    .option('--json', 'for pipes');

export const withReason = (command: Command): Command =>
  command
    .requiredOption('--reason <text>', 'why; it stands in the history')
    .option('--by <name>', 'who asks', userInfo().username)
    .option('--dry-run', 'say what it would do, and do nothing');

/** The dialog as the API's paths have it. Exit code 2 where it is none. */
export const dialogPath = (dialog: string): string => {
  const match = /^([a-z0-9_]{1,32})[/:]([A-Za-z0-9-]{1,64})$/.exec(dialog);
  if (match === null) return cannot(`${dialog} is no dialog: {account}/{chatId} is wanted`);
  return `${match[1]}/${match[2]}`;
};

/** What can be parked: a dialog, or the stream of a visitor, `{account}/v:{visitor}`. */
export const subjectPath = (subject: string): string => {
  const match = /^([a-z0-9_]{1,32})[/:](v:[0-9a-f]{16})$/.exec(subject);
  return match === null ? dialogPath(subject) : `${match[1]}/${match[2]}`;
};

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    return cannot(`${file} can't be read: ${(error as Error).message}`);
  }
};

/** What lets a request in: a token, or a session begun by the password. Nothing where the console is open. Exit code 2 where it can't be had. */
export const credentials = async (options: ConsoleOptions): Promise<Record<string, string>> => {
  const { CONSOLE_TOKEN, CONSOLE_TOKEN_FILE } = process.env;
  const token = options.token ?? (CONSOLE_TOKEN || (CONSOLE_TOKEN_FILE ? textOf(CONSOLE_TOKEN_FILE) : undefined));
  if (options.passwordFile === undefined) return token === undefined ? {} : { authorization: `Bearer ${token}` };
  session ??= signIn(options.console, options.passwordFile);
  return session;
};

/** One for all requests of a command: each sign-in is kept in the audit, and slow on purpose. */
let session: Promise<Record<string, string>> | undefined;

const signIn = async (console: string, passwordFile: string): Promise<Record<string, string>> => {
  const { origin } = new URL(console);
  const response = await fetch(new URL('/api/access/login', origin), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ password: textOf(passwordFile) }),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  const cookie = response.headers.get('set-cookie')?.split(';')[0];
  if (!response.ok || cookie === undefined) {
    const { title } = (await response.json().catch(() => ({}))) as { title?: string };
    return cannot(`the console refused the password: ${title ?? response.status}`);
  }
  return { cookie, origin };
};

const howToSignIn = 'give it a token: CONSOLE_TOKEN, CONSOLE_TOKEN_FILE or --token (dialogctl access token create)';

/** One request to the console; a body makes it a POST. Exit code 2 where it can't be reached or refuses, with what it says. */
export const ask = async (options: ConsoleOptions, path: string, body?: object): Promise<unknown> => {
  const former = session;
  try {
    const response = await fetch(new URL(path, options.console), {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(await credentials(options)) },
      // A token goes to the console that was named, and nowhere else.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status === 401 && former !== undefined && former === session) {
      // It has ended: a command may follow a dialog for days.
      session = undefined;
      return ask(options, path, body);
    }
    const text = await response.text();
    const answer = jsonOf(text) as
      | { title?: string; detail?: string; errors?: { field: string; message: string }[]; caughtUp?: boolean }
      | undefined;
    if (answer === undefined)
      return cannot(`${options.console} answers ${response.status}, and no JSON: it is not the console, or stands before it`);
    if (response.ok) {
      if (answer.caughtUp === false) warnOfPart();
      return answer;
    }
    const details = [
      ...(answer.errors?.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)) ?? []),
      ...(response.status === 401 ? [howToSignIn] : []),
    ];
    return cannot(
      [
        `the console refused: ${answer.title ?? response.status}${answer.detail === undefined ? '' : `: ${answer.detail}`}`,
        ...details,
      ].join('\n  '),
    );
  } catch (error) {
    return cannot(`the console at ${options.console} can't be reached: ${reasonOf(error)}`);
  }
};

let warned = false;
/** A list that is empty since the console has not read so far looks like one that is empty. */
const warnOfPart = (): void => {
  if (!warned) process.stderr.write('the console is still reading the histories: what it tells is not all yet\n');
  warned = true;
};

/** Of a failed fetch the message is "fetch failed"; why stands in its cause. */
const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  const code = codeOf(cause);
  if (code === 'ECONNREFUSED') return 'nothing listens there (ECONNREFUSED)';
  return code === undefined ? message : `${message} (${code})`;
};

export const accountsOf = async (options: ConsoleOptions): Promise<readonly string[]> =>
  ((await ask(options, '/api/accounts')) as { accounts: { account: string }[] }).accounts.map(({ account }) => account);

/** An answer of nothing must not hide a slip of the pen. Exit code 2 where the console knows no such account. */
export const knownAccount = async (options: ConsoleOptions, account: string | undefined): Promise<void> => {
  if (account !== undefined && !(await accountsOf(options)).includes(account)) cannot(`account ${account} is not known`);
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Of what was given, the rest left out. */
export const queryOf = (given: Readonly<Record<string, string | undefined>>): URLSearchParams =>
  new URLSearchParams(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
