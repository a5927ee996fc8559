import type { Command } from 'commander';
import { ask, dialogPath, type ReasonOptions, withConsole, withReason } from '../console-api.ts';
import { readVersion } from '../script-versions.ts';

/** `dialogctl stop` and `start`: the kill switch of an account, a version of its script, or one dialog. */
export const switchCommands = (program: Command, out: (text: string) => void): void => {
  for (const how of ['stop', 'start'] as const) {
    withReason(
      withConsole(
        program
          .command(`${how} <what>`)
          .description(
            how === 'stop'
              ? 'the kill switch: the bot of an account or of one dialog ({account}/{chatId}) takes no further input, people get its chats'
              : 'let a stopped bot run again',
          )
          .option('--script <hash>', 'with an account: only the dialogs of this version of its script'),
      ),
    )
      .addHelpText(
        'after',
        `\nExamples:\n  dialogctl ${how} shop --reason "it promises refunds" --dry-run\n  dialogctl ${how} shop/4711 --reason "a person asked for it"\n\nExit codes: 0 asked, 1 it was so before, 2 it could not be asked.`,
      )
      .action(async (what: string, options: ReasonOptions & { readonly script?: string }) => {
        const [account, chatId] = /[/:]/.test(what) ? dialogPath(what).split('/') : [what];
        const script = options.script === undefined ? undefined : await readVersion(options.script, account, options);
        const answer = (await ask(options, `/api/${how}`, {
          account,
          ...(chatId === undefined ? {} : { chatId }),
          ...(script === undefined ? {} : { script }),
          by: options.by,
          reason: options.reason,
          dryRun: options.dryRun === true,
        })) as { asItWas: boolean; withBot: number };
        process.exitCode = answer.asItWas ? 1 : 0;
        if (options.json === true) return out(JSON.stringify(answer));
        if (answer.asItWas) return out('It was so before: nothing is done.');
        if (how === 'stop')
          out(
            `${answer.withBot} chat(s) that the bot has ${options.dryRun === true ? 'would go' : 'go'} to people${chatId === undefined ? ', each with its next input' : ''}.`,
          );
        out(options.dryRun === true ? 'A dry run: nothing was done.' : 'Asked.');
      });
  }
};
