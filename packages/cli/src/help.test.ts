import { Command } from 'commander';
import { expect, it } from 'vitest';
import { accessCommands } from './access.ts';
import { addCommand } from './accounts/add.ts';
import { checkCommand } from './accounts/check.ts';
import { doctorCommand } from './accounts/doctor.ts';
import { dialogCommands } from './dialogs.ts';
import { exportCommand } from './history/export.ts';
import { importCommand } from './history/import.ts';
import { numbersCommands } from './numbers.ts';
import { opsCommands } from './ops/commands.ts';
import { parkedCommands } from './parked.ts';
import { scriptCommands } from './script/commands.ts';
import { scriptVersionCommands } from './script-versions.ts';
import { topicsCommands } from './topics.ts';
import { whatIfCommand } from './what-if/command.ts';
import { whyCommand } from './why.ts';

const out = (): void => undefined;
const whole = (): Command => {
  const program = new Command('dialogctl');
  const accounts = program.command('accounts');
  for (const add of [checkCommand, addCommand, doctorCommand]) add(accounts, out);
  scriptVersionCommands(scriptCommands(program, out), out);
  for (const add of [topicsCommands, parkedCommands, whyCommand, accessCommands, whatIfCommand, numbersCommands]) add(program, out);
  exportCommand(program);
  for (const add of [importCommand, dialogCommands]) add(program, out);
  opsCommands(program, accounts, out);
  return program;
};
const leaves = (command: Command, path: string): [path: string, command: Command][] =>
  command.commands.length === 0 ? [[path, command]] : command.commands.flatMap((one) => leaves(one, `${path} ${one.name()}`));

it('the help of each command has an example of it', () => {
  const all = leaves(whole(), 'dialogctl');
  expect(all.length).toBeGreaterThan(35);
  const without = all.filter(([path, command]) => {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    return !(help.split(/\nExamples?:\n/)[1] ?? '').includes(path);
  });
  expect(without.map(([path]) => path)).toEqual([]);
});
