import { createInterface } from 'node:readline';
import { styleText } from 'node:util';
import { type ChatReply, chatSession } from '@dialog/script-tools/chat-session';
import type { TranscriptLine } from '@dialog/script-tools/transcript';
import type { Command } from 'commander';
import { cannot } from '../exit.ts';
import { loadScript } from './load.ts';

/** `dialogctl script chat`: a visitor's seat before a script. Reads lines until `:quit` or the end of its input. */
export const chatCommand = (script: Command): void => {
  script
    .command('chat <file>')
    .description('talk to a script as its visitor; nothing else needs to run')
    .option('--at <time>', 'where the clock stands, e.g. 2026-03-02T10:00:00+03:00; default: now. It moves only by :later')
    .addHelpText('after', '\nExamples:\n  dialogctl script chat bot.yaml\n  echo "Прайс-лист" | dialogctl script chat bot.yaml')
    .action(async (file: string, { at }: { at?: string }) => {
      const startAt = at === undefined ? Date.now() : Date.parse(at);
      if (Number.isNaN(startAt)) cannot(`${at} is no time such as 2026-03-02T10:00:00+03:00`);
      await talk(file, startAt);
    });
};

const talk = async (file: string, startAt: number): Promise<void> => {
  const session = chatSession(loadScript(file), startAt);
  const { stdin: input, stdout: output } = process;
  const interactive = input.isTTY === true && output.isTTY === true;
  const show = (reply: ChatReply): void => {
    for (const line of reply.lines) {
      // At a terminal it stands there already: he typed it.
      if (!(interactive && line.who === 'visitor' && !line.text.startsWith('['))) output.write(`${lineText(line)}\n`);
    }
    for (const note of reply.notes) output.write(`${dim(`       ${note}`)}\n`);
  };
  const lines = createInterface({ input, ...(interactive ? { output, prompt: 'you    ' } : {}), terminal: interactive });
  // A reader that goes away (`| head`) ends the talk, not with an error.
  output.on('error', () => lines.close());
  if (interactive) output.write(`${dim('       :help lists the commands, :quit ends')}\n`);
  show(session.begin());
  lines.prompt();
  for await (const line of lines) {
    const reply = session.take(line);
    show(reply);
    if (reply.quit === true) break;
    lines.prompt();
  }
  lines.close();
};

const dim = (text: string): string => styleText('dim', text, { stream: process.stdout });

const names: Readonly<Record<TranscriptLine['who'], string>> = {
  visitor: 'you',
  bot: 'bot',
  people: 'people',
  webim: 'webim',
  service: 'http',
  clock: 'clock',
};

/** A line of the chat as a terminal shows it; buttons with the number that presses them. Colours only where the terminal shows them. */
const lineText = (line: TranscriptLine): string => {
  const name = styleText(line.who === 'bot' ? 'green' : line.who === 'visitor' ? 'cyan' : 'dim', names[line.who].padEnd(7), {
    stream: process.stdout,
  });
  let number = 0;
  const rows = (line.buttons ?? []).map((row) => row.map((button) => `[${++number}] ${button.text}`).join('   '));
  const text = [line.text, ...rows].filter((part) => part !== '').join('\n');
  const refused = line.refused === undefined ? '' : `  (not said: ${line.refused})`;
  return name + text.replaceAll('\n', '\n       ') + refused;
};
