import type { Command } from 'commander';
import { accountsCommand } from './accounts.ts';
import { auditCommand } from './audit.ts';
import { lagCommand } from './lag.ts';
import { quarantineCommands } from './quarantine.ts';
import { stuckCommand } from './stuck.ts';
import { switchCommands } from './switch.ts';
import { timersCommand } from './timers.ts';
import { waitingCommand } from './waiting.ts';

/** For the person on call: `lag`, `stuck`, `waiting`, `timers`, `accounts`, `quarantine`, `stop`, `start`, `audit`. All of it is what the console knows. */
export const opsCommands = (program: Command, accounts: Command, out: (text: string) => void): void => {
  lagCommand(program, out);
  stuckCommand(program, out);
  waitingCommand(program, out);
  timersCommand(program, out);
  accountsCommand(accounts, out);
  quarantineCommands(program, out);
  switchCommands(program, out);
  auditCommand(program, out);
};
