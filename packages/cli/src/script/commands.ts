import type { Command } from 'commander';
import { chatCommand } from './chat.ts';
import { checkCommand } from './check.ts';
import { graphCommand } from './graph.ts';
import { recordCommand } from './record.ts';
import { testCommand } from './test.ts';

/** `dialogctl script …`: an author's tools. */
export const scriptCommands = (program: Command, out: (text: string) => void): Command => {
  const script = program.command('script').description('bot scripts: check, test, talk to, draw, record');
  checkCommand(script, out);
  testCommand(script, out);
  chatCommand(script);
  graphCommand(script, out);
  recordCommand(script, out);
  return script;
};
