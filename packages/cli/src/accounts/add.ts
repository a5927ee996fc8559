import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type AccountEntry, withAccount } from '@dialog/service-kit/set-up/account-entry';
import { guideSteps, guideTexts } from '@dialog/service-kit/set-up/guide';
import { newWebhookToken } from '@dialog/service-kit/webhook-token';
import type { Command } from 'commander';
import { cannot } from '../exit.ts';
import { baseUrlOf } from './base-url.ts';
import { type LanguageOption, languageOf, withLanguage } from './language.ts';

type Options = LanguageOption & {
  readonly id?: string;
  readonly host?: string;
  readonly tokenFile?: string;
  readonly tokenEnv?: string;
  readonly botOperator?: string;
  readonly department?: string;
  readonly login?: string;
  readonly passwordFile?: string;
  readonly passwordEnv?: string;
  readonly script?: string;
  readonly buttons: boolean;
  readonly webimUrl?: string;
  readonly baseUrl: string;
  readonly json?: boolean;
};

/** `dialogctl accounts add`: writes a checked entry with a new webhook token and prints the guide. What is not given is asked in a terminal. */
export const addCommand = (accounts: Command, out: (text: string) => void): void => {
  withLanguage(
    accounts
      .command('add <file>')
      .description('add an account to an accounts file, with a webhook token of its own; prints what to do in Webim, step by step')
      .option('--id <id>', 'name of the account here: a-z, 0-9 and _')
      .option('--host <host>', 'host name of the Webim account, e.g. shop.webim.ru')
      .option('--token-file <path>', 'file that holds the bot’s token; asked in a terminal it is written to secrets/{id}-bot-token')
      .option('--token-env <name>', 'variable that holds the bot’s token')
      .option('--bot-operator <id>', 'id of the employee under whom the bot works')
      .option('--department <code>', 'letter code of the operators’ department')
      .option('--login <e-mail>', 'the administrator’s, for the Stored Data API')
      .option('--password-file <path>', 'file that holds the administrator’s password')
      .option('--password-env <name>', 'variable that holds it')
      .option('--script <file>', 'the bot’s script')
      .option('--no-buttons', 'numbered text instead of inline buttons')
      .option('--webim-url <url>', 'overrides https://{host}, for a proxy or a test')
      .option('--base-url <url>', 'where Webim reaches ingress', 'https://bot.example.com')
      .option('--json', 'for pipes'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  dialogctl accounts add accounts.yaml --id shop --host shop.webim.ru --token-file secrets/shop --department operatory --script bots/shop.yaml --base-url https://bot.example.com',
    )
    .action(async (file: string, options: Options) => {
      const path = resolve(file);
      const baseUrl = baseUrlOf(options.baseUrl);
      const given = await completed(options, path);
      const { token, sha256 } = newWebhookToken();
      const written = withAccount(existsSync(path) ? readFileSync(path, 'utf8') : '', entryOf(given, path, sha256), {
        file: path,
        env: process.env,
        scripts: true,
      });
      if (!written.ok) return cannot(written.problems.map(({ message }) => message).join('\n'));
      replaceFile(path, written.text);
      const url = `${baseUrl}/hooks/webim/${given.id}/${token}`;
      const language = languageOf(options);
      const steps = guideSteps.map((step) => {
        const { title, how, urlSuffix } = guideTexts[step];
        return { step, title: title[language], how: how[language], ...(urlSuffix === undefined ? {} : { url: url + urlSuffix }) };
      });
      if (options.json === true) return out(JSON.stringify({ account: given.id, file: path, token, sha256, steps }));
      out(
        language === 'ru'
          ? `Аккаунт ${given.id} записан в ${file}. Токен вебхука показан один раз.\n`
          : `Account ${given.id} is in ${file}. The webhook token is shown once.\n`,
      );
      for (const [at, one] of steps.entries()) {
        out(`${String(at + 1).padStart(2)}. ${one.title}\n    ${one.how}`);
        if ('url' in one) out(`    ${one.url}`);
      }
      out(language === 'ru' ? `\nПроверить: dialogctl accounts doctor ${given.id}` : `\nTo check: dialogctl accounts doctor ${given.id}`);
    });
};

type Given = Options & { readonly id: string; readonly host: string; readonly script: string };

/** Asks in a terminal for what must be there and was not given. Exit code 2 where nobody can be asked. */
const completed = async (options: Options, path: string): Promise<Given> => {
  const missing = [
    ...(options.id === undefined ? ['--id'] : []),
    ...(options.host === undefined ? ['--host'] : []),
    ...(options.tokenFile === undefined && options.tokenEnv === undefined ? ['--token-file'] : []),
    ...(options.script === undefined ? ['--script'] : []),
  ];
  if (missing.length === 0) return options as Given;
  if (!process.stdin.isTTY) return cannot(`missing: ${missing.join(', ')}`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const asks = async (what: string, known?: string): Promise<string> => known ?? (await terminal.question(`${what}: `)).trim();
    const id = await asks('Account id (a-z, 0-9, _)', options.id);
    const host = await asks('Имя хоста / Webim host', options.host);
    const department = await asks('Код отдела / department code (empty: none)', options.department);
    const botOperator = await asks("id сотрудника бота / bot's employee id (empty: unknown)", options.botOperator);
    const script = await asks("Скрипт / script's file", options.script);
    let { tokenFile } = options;
    if (tokenFile === undefined && options.tokenEnv === undefined) {
      const token = await asks("Токен авторизации / bot's token");
      if (!/^[a-z0-9_]{1,32}$/.test(id)) return cannot('an account id is 1 to 32 of a-z, 0-9 and _');
      const folder = join(dirname(path), 'secrets');
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      tokenFile = join(folder, `${id}-bot-token`);
      writeFileSync(tokenFile, token, { mode: 0o600 });
    }
    return {
      ...options,
      id,
      host,
      script,
      ...(tokenFile === undefined ? {} : { tokenFile }),
      ...(department === '' ? {} : { department }),
      ...(botOperator === '' ? {} : { botOperator }),
    };
  } finally {
    terminal.close();
  }
};

/** Paths are kept relative to the accounts file, as it reads them. */
const entryOf = (given: Given, path: string, sha256: string): AccountEntry => {
  const beside = (file: string): string => relative(dirname(path), resolve(file)) || file;
  const { host, tokenFile, tokenEnv, login, passwordFile, passwordEnv, botOperator, department, webimUrl } = given;
  return {
    id: given.id,
    webim: {
      host,
      ...(webimUrl === undefined ? {} : { baseUrl: webimUrl }),
      ...(tokenFile === undefined ? {} : { tokenFile: beside(tokenFile) }),
      ...(tokenEnv === undefined ? {} : { tokenEnv }),
      ...(login === undefined ? {} : { login }),
      ...(passwordFile === undefined ? {} : { passwordFile: beside(passwordFile) }),
      ...(passwordEnv === undefined ? {} : { passwordEnv }),
      ...(botOperator === undefined ? {} : { botOperatorId: botOperator }),
    },
    ...(department === undefined ? {} : { department }),
    ...(given.buttons ? {} : { inlineButtons: false }),
    webhookTokens: [sha256],
    script: beside(given.script),
  };
};

/** The whole file or none of it; its permissions stay, a new one is its owner's alone. */
const replaceFile = (path: string, text: string): void => {
  const mode = existsSync(path) ? statSync(path).mode & 0o777 : 0o600;
  const beside = `${path}.${process.pid}.new`;
  try {
    writeFileSync(beside, text, { mode, flag: 'wx' });
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    cannot(`${path} can't be written: ${(error as Error).message}`);
  }
};
