import tab from '@bomb.sh/tab/commander';
import { readConfiguration } from '@dialog/service-kit/configuration';
import { configurationDoubts } from '@dialog/service-kit/configuration-doubts';
import { newWebhookToken, webhookUrls } from '@dialog/service-kit/webhook-token';
import { Command } from 'commander';
import { accessCommands } from './access.ts';
import { addCommand } from './accounts/add.ts';
import { baseUrlOf } from './accounts/base-url.ts';
import { checkCommand } from './accounts/check.ts';
import { doctorCommand } from './accounts/doctor.ts';
import { dialogCommands } from './dialogs.ts';
import { cannot } from './exit.ts';
import { exportCommand } from './history/export.ts';
import { importCommand } from './history/import.ts';
import { numbersCommands } from './numbers.ts';
import { opsCommands } from './ops/commands.ts';
import { examples } from './options.ts';
import { parkedCommands } from './parked.ts';
import { scriptCommands } from './script/commands.ts';
import { scriptVersionCommands } from './script-versions.ts';
import { terminalText } from './terminal-text.ts';
import { topicsCommands } from './topics.ts';
import { version } from './version.ts';
import { whatIfCommand } from './what-if/command.ts';
import { whyCommand } from './why.ts';

/** `dialogctl`. Exit codes: 0 fine, 1 what was asked about is not as it should be, 2 the command could not be carried out. */
const out = (text: string): void => void process.stdout.write(`${terminalText(text)}\n`);

// Who reads our output may have had enough of it: `| head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const program = new Command('dialogctl')
  .description('The dialog engine for Webim in a terminal')
  .version(version)
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : 2);
  });

program
  .command('token')
  .description('webhook tokens')
  .command('create')
  .description('make a webhook token and print the four URLs to paste into Webim')
  .requiredOption('--account <id>', 'the account, as in the accounts file')
  .option('--base-url <url>', 'where Webim reaches ingress', 'https://bot.example.com')
  .option('--json', 'for pipes')
  .addHelpText('after', '\nExample:\n  dialogctl token create --account shop --base-url https://bot.example.com')
  .action(({ account, baseUrl, json }: { account: string; baseUrl: string; json?: boolean }) => {
    if (!/^[a-z0-9_]{1,32}$/.test(account)) return cannot('an account id is 1 to 32 of a-z, 0-9 and _');
    const { token, sha256 } = newWebhookToken();
    const urls = webhookUrls(baseUrlOf(baseUrl), account, token);
    if (json === true) {
      out(JSON.stringify({ account, token, sha256, urls }));
      return;
    }
    out(`Token (shown once): ${token}`);
    out(`For the accounts file, under webhookTokens: ${sha256}`);
    out('\nPaste into Webim, without a space before or after:');
    for (const { where, url } of urls) out(`  ${where}\n    ${url}`);
  });

const accounts = program.command('accounts').description('accounts: how their Webim answers; their file');
checkCommand(accounts, out);
addCommand(accounts, out);
doctorCommand(accounts, out);

program
  .command('config')
  .description('the configuration in the environment')
  .command('check')
  .description('check the environment; names every offending variable')
  .addHelpText('after', examples('dialogctl config check', 'ACCOUNTS_FILE=accounts.yaml dialogctl config check'))
  .action(() => {
    try {
      const doubts = configurationDoubts(readConfiguration(process.env), process.env);
      for (const doubt of doubts) out(doubt);
      if (doubts.length === 0) out('the configuration is fine');
      else process.exitCode = 1;
    } catch (error) {
      out((error as Error).message);
      process.exitCode = 1;
    }
  });

scriptVersionCommands(scriptCommands(program, out), out);
topicsCommands(program, out);
parkedCommands(program, out);
whyCommand(program, out);
accessCommands(program, out);
whatIfCommand(program, out);
numbersCommands(program, out);
exportCommand(program);
importCommand(program, out);
dialogCommands(program, out);
opsCommands(program, accounts, out);
tab(program, { completionCommandName: 'completion' });
program.addHelpText(
  'after',
  `
Exit codes: 0 done, and what was asked about is as it should be; 1 done, and it is not (an error found, something stuck, nothing that fits);
2 it could not be done: the command is wrong, or the console, the log or the store can't be asked, or refuses.

Completion:
  source <(dialogctl completion bash)    in ~/.bashrc
  source <(dialogctl completion zsh)     in ~/.zshrc

The console is asked at CONSOLE_URL, or where --console says; where people sign in, with the API token in CONSOLE_TOKEN or CONSOLE_TOKEN_FILE.`,
);

await program.parseAsync();
