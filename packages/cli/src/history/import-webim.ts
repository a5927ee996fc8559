import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AccountConfig } from '@dialog/contracts/account';
import { realClock } from '@dialog/contracts/clock';
import { inboxRecord } from '@dialog/contracts/inbox-record';
import { Secret } from '@dialog/contracts/secret';
import { openLog } from '@dialog/log/open-log';
import { parseAccounts } from '@dialog/service-kit/accounts';
import { kafkaAccess, readConfiguration } from '@dialog/service-kit/configuration';
import { parseDuration } from '@dialog/service-kit/duration';
import { webimStoredData } from '@dialog/webim/stored-data/client';
import { type ChatCounts, oldChats } from '@dialog/webim/stored-data/old-chats';
import type { Command } from 'commander';
import { cannot } from '../exit.ts';
import { readText } from '../script/files.ts';

const help = `
Reads chats through Webim's Stored Data API with the login and password of the accounts file, one request at a time, and gives each closed one to
its dialog as an input: of a chat that the bot had, what people said in it; a chat that the bot never had becomes a history that is read only (in the
list: state "imported"). It sends nothing and moves nothing; what was imported before is not written again. It stops at once where Webim says 401 or 403.

LOG_URL, DATA_DIR and HASH_KEY (or HASH_KEY_FILE) as the engine has them: with another key the same message would be taken for another one.

Examples:
  dialogctl import webim --account shop --accounts accounts.yaml --since 30d
  dialogctl import webim --account shop --accounts accounts.yaml --since 60d --until 30d --dry-run

Exit codes: 0 all of the period was read; 2 it could not be done, or Webim refused: what was read until then is kept.`;

type Options = {
  readonly account: string;
  readonly accounts: string;
  readonly since: string;
  readonly until: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

/** `dialogctl import webim`: old chats from Webim's archive. */
export const importWebimCommand = (imports: Command, out: (text: string) => void): void => {
  imports
    .command('webim')
    .description("read old chats from Webim's Stored Data, as histories that are read only")
    .requiredOption('--account <id>', 'whose chats')
    .requiredOption('--accounts <file>', 'the accounts file, with webim.login and webim.password', process.env['ACCOUNTS_FILE'])
    .option('--since <duration>', 'chats that something happened in no longer ago', '30d')
    .option('--until <duration>', 'chats that began longer ago', '0s')
    .option('--dry-run', 'read and count, write nothing')
    .option('--json', 'for pipes')
    .addHelpText('after', help)
    .action(async (_own: Options, command: Command) => {
      // Its parent has --json too.
      const options = command.optsWithGlobals<Options>();
      const ago = parseDuration(options.since);
      if (ago === undefined) return cannot(`--since ${options.since} is no duration: 30d, 12h`);
      const end = parseDuration(options.until);
      if (end === undefined) return cannot(`--until ${options.until} is no duration: 30d, 12h`);
      const { webim } = accountOf(options);
      if (webim.login === undefined || webim.password === undefined)
        return cannot(`${options.account}: webim.login and webim.password are not set in ${options.accounts}`);
      const config = readConfiguration(process.env);
      const hashKey = config.HASH_KEY ?? keptKey(config.DATA_DIR);
      if (hashKey === undefined) return cannot('HASH_KEY is not set, and DATA_DIR has none: it must be the engine’s own');
      const log = await openLog({
        url: config.LOG_URL ?? `sqlite:${join(config.DATA_DIR, 'log.db')}`,
        clock: realClock,
        kafka: kafkaAccess(config),
      }).catch((error: Error) => cannot(error.message));
      const stored = webimStoredData({ baseUrl: webim.baseUrl, login: webim.login, password: webim.password, clock: realClock });
      let counts: ChatCounts = { read: 0, taken: 0, open: 0, empty: 0 };
      try {
        const [since, until] = [realClock.now() - ago, realClock.now() - end];
        for await (const page of oldChats(stored, {
          account: options.account,
          hashKey,
          since,
          until,
          clock: realClock,
          logTime: log.logTime,
        })) {
          if (options.dryRun !== true && page.chats.length > 0) await log.append(page.chats.map((chat) => inboxRecord(chat)));
          counts = page.counts;
          if (options.json !== true) process.stderr.write(`${counts.read} chats read, ${counts.taken} taken\r`);
        }
      } catch (error) {
        process.stderr.write(`\n${(error as Error).message}\n`);
        process.exitCode = 2;
      } finally {
        await stored.close();
        await log.close();
      }
      if (options.json === true) return out(JSON.stringify(counts));
      const { read, taken, open, empty } = counts;
      out(
        `${read} chats read: ${taken} ${options.dryRun === true ? 'would be imported' : 'imported'}, ${open} still open, ${empty} in which nothing was said.`,
      );
    });
};

const accountOf = ({ account, accounts }: Options): AccountConfig => {
  const parsed = parseAccounts(readText(accounts), { file: resolve(accounts), env: process.env });
  if (!parsed.ok)
    return cannot(`${parsed.problems.map(({ line, column, message }) => `${accounts}:${line}:${column} error ${message}`).join('\n')}`);
  return parsed.accounts.find(({ id }) => id === account) ?? cannot(`${accounts} has no account ${account}`);
};

/** Of an engine that made its own at the first start. */
const keptKey = (dataDir: string): Secret | undefined => {
  const file = join(dataDir, 'hash-key.json');
  if (!existsSync(file)) return undefined;
  const { hashKey } = JSON.parse(readFileSync(file, 'utf8')) as { hashKey?: unknown };
  return typeof hashKey === 'string' ? new Secret(hashKey) : undefined;
};
