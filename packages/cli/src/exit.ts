import { terminalText } from './terminal-text.ts';

/** The command could not be carried out: says why on stderr and ends with exit code 2. */
export const cannot = (message: string): never => {
  process.stderr.write(`${terminalText(message)}\n`);
  process.exit(2);
};
