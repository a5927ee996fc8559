import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Command } from 'commander';

/** What every command that asks the console takes. */
export type ConsoleOptions = { readonly console: string; readonly json?: boolean };
/** What every command that changes something takes too: who asks, and why. */
export type ReasonOptions = ConsoleOptions & { readonly reason: string; readonly by: string; readonly dryRun?: boolean };

const timeoutMs = 15_000;

export const withConsole = (command: Command): Command =>
  command
    .option('--console <url>', 'address of the console', process.env['CONSOLE_URL'] ?? 'http://127.0.0.1:8081')
    .option('--json', 'for pipes');

export const withReason = (command: Command): Command =>
  command
    .requiredOption('--reason <text>', 'why; it stands in the history')
    .option('--by <name>', 'who asks', userInfo().username)
    .option('--dry-run', 'say what it would do, and do nothing');

/** The dialog as the API's paths have it. Exit code 2 where it is none. */
export const dialogPath = (dialog: string): string => {
  const match = /^([a-z0-9_]{1,32})[/:]([A-Za-z0-9-]{1,64})$/.exec(dialog);
  if (match === null) return fail(`${dialog} is no dialog: {account}/{chatId} is wanted`);
  return `${match[1]}/${match[2]}`;
};

/** An API token of the console, where people sign in: `CONSOLE_TOKEN`, or the content of `CONSOLE_TOKEN_FILE`. It goes to the console alone. */
export const consoleHeaders = (): Record<string, string> => {
  const { CONSOLE_TOKEN: token, CONSOLE_TOKEN_FILE: file } = process.env;
  const given = token ?? (file === undefined ? undefined : readToken(file));
  return given === undefined || given === '' ? {} : { authorization: `Bearer ${given.trim()}` };
};

const readToken = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return fail(`CONSOLE_TOKEN_FILE can't be read: ${(error as Error).message}`);
  }
};

/** One request to the console; a body makes it a POST. Exit code 2 where it can't be reached or refuses, with what it says. */
export const ask = async (options: ConsoleOptions, path: string, body?: object): Promise<unknown> => {
  try {
    const response = await fetch(new URL(path, options.console), {
      redirect: 'error',
      headers: { ...consoleHeaders(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const answer = (await response.json()) as { title?: string; detail?: string; errors?: { field: string; message: string }[] };
    if (response.ok) return answer;
    const details = answer.errors?.map((one) => `${one.field}: ${one.message}`) ?? [];
    return fail(
      [
        `the console refused: ${answer.title ?? response.status}${answer.detail === undefined ? '' : `: ${answer.detail}`}`,
        ...details,
      ].join('\n  '),
    );
  } catch (error) {
    return fail(`the console at ${options.console} can't be reached: ${(error as Error).message}`);
  }
};

/** Exit code 2: the command could not be carried out. */
export const fail = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(2);
};
