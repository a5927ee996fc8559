import { readFileSync } from 'node:fs';
import { roles } from '@dialog/contracts/role';
import { parseDuration } from '@dialog/service-kit/duration';
import { hashPassword } from '@dialog/service-kit/password-hash';
import type { Command } from 'commander';
import { ask, type ConsoleOptions, withConsole } from './console-api.ts';
import { cannot } from './exit.ts';
import { examples } from './options.ts';
import { readText } from './script/files.ts';

type Out = (text: string) => void;

const minLength = 12;

/** `dialogctl access …`: who may use the console, and who did. */
export const accessCommands = (program: Command, out: Out): void => {
  const access = program.command('access').description('who may use the console');

  access
    .command('hash-password')
    .description("the hash of the administrator's password, for ACCESS_PASSWORD_HASH")
    .option('--file <file>', 'file that holds the password; default: standard input', '-')
    .addHelpText('after', '\nExample:\n  dialogctl access hash-password <password.txt >password-hash.txt')
    .action(async ({ file }: { file: string }) => {
      const password = (file === '-' ? readFileSync(0, 'utf8') : readText(file)).replace(/\r?\n$/, '');
      if (password.length < minLength || password.includes('\n'))
        return cannot(`a password is one line of at least ${minLength} characters`);
      out(await hashPassword(password));
    });

  const token = access.command('token').description("tokens of the console's API");
  withConsole(token.command('create').description('make one; its text is shown this once'))
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--role <role>', roles.join(', '))
    .requiredOption('--expires <duration>', 'how long it lets in, e.g. 90d')
    .addHelpText(
      'after',
      '\nExample:\n  dialogctl access token create --name ci --role operator --expires 90d --password-file password.txt',
    )
    .action(async (options: ConsoleOptions & { name: string; role: string; expires: string }) => {
      const expiresInMs = parseDuration(options.expires);
      if (expiresInMs === undefined) return cannot(`${options.expires} is no duration: 90d, 12h, 30m`);
      if (!roles.some((role) => role === options.role)) return cannot(`${options.role} is no role: ${roles.join(', ')}`);
      const made = (await ask(options, '/api/access/tokens', { name: options.name, role: options.role, expiresInMs })) as {
        token: string;
        id: string;
        expiresAt: number;
      };
      if (options.json === true) return out(JSON.stringify(made));
      out(`Token (shown once): ${made.token}`);
      out(`Id ${made.id}, ${options.role}, until ${new Date(made.expiresAt).toISOString()}`);
    });
  withConsole(
    token.command('list').description('all of them, without their text').addHelpText('after', examples('dialogctl access token list')),
  ).action(async (options: ConsoleOptions) => {
    const { tokens, now } = (await ask(options, '/api/access/tokens')) as {
      now: number;
      tokens: { id: string; name: string; role: string; by: string; at: number; expiresAt: number | null; revokedAt: number | null }[];
    };
    if (options.json === true) return out(JSON.stringify(tokens));
    if (tokens.length === 0) return out('There are no tokens.');
    for (const one of tokens) out(`${one.id}  ${one.role.padEnd(13)} ${stateOf(one, now).padEnd(34)} ${one.name}, by ${one.by}`);
  });
  withConsole(
    token
      .command('revoke <id>')
      .description('let it in no more')
      .addHelpText('after', examples('dialogctl access token revoke 0198c6a2-3f4e-4bcb-9d0e-6c3b1d6f2a11')),
  ).action(async (id: string, options: ConsoleOptions) => {
    if (!/^[0-9a-f-]{36}$/.test(id)) return cannot(`${id} is no id of a token: see dialogctl access token list`);
    await ask(options, `/api/access/tokens/${id}/revoke`, {});
    out(options.json === true ? JSON.stringify({ id }) : `Revoked: ${id}`);
  });

  withConsole(access.command('audit').description('who came in or was refused, read unmasked text, and asked for what; newest first'))
    .option('--limit <count>', 'at most so many', '50')
    .addHelpText('after', examples('dialogctl access audit --limit 200'))
    .action(async (options: ConsoleOptions & { limit: string }) => {
      const { entries } = (await ask(options, `/api/access/audit?limit=${encodeURIComponent(options.limit)}`)) as {
        entries: { type: string; at: number; by: string | null; revision: number }[];
      };
      if (options.json === true) return out(JSON.stringify(entries));
      if (entries.length === 0) return out('Nothing yet.');
      for (const { type, at, by, revision: _, ...more } of entries) {
        out(`${new Date(at).toISOString()}  ${type.padEnd(15)} ${(by ?? '–').padEnd(24)} ${Object.entries(more).map(told).join(' ')}`);
      }
    });
};

const told = ([name, value]: [string, unknown]): string => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`;

const stateOf = ({ expiresAt, revokedAt }: { expiresAt: number | null; revokedAt: number | null }, now: number): string => {
  if (revokedAt !== null) return `revoked ${new Date(revokedAt).toISOString()}`;
  if (expiresAt === null) return 'for ever';
  return `${expiresAt <= now ? 'ended' : 'until'} ${new Date(expiresAt).toISOString()}`;
};
