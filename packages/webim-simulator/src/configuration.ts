import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The simulator's own settings, from the environment. A name with `_FILE` behind it names a file that holds the value, for secrets. */
export const simulatorConfigurationSchema = z.object({
  SIMULATOR_PORT: z.coerce.number().int().min(0).max(65_535).default(8082).describe('Port of the page, the API and the control'),
  SIMULATOR_HOST: z.string().min(1).default('127.0.0.1').describe('Address that it listens on'),
  CLOCK_RATE: z.coerce.number().min(1).max(100).default(1).describe('How many times as fast as real time it runs'),
  SEED: z.coerce.number().int().default(1).describe('Of its random faults'),
  HOOKS_URL: z.string().min(1).default('http://127.0.0.1:8080/hooks/webim/demo/token').describe('Where the webhooks go, with the token'),
  BOT_TOKEN: z.string().min(1).default('simulated-bot-token').describe('Token of the bot API'),
  JOURNAL_FILE: z.string().min(1).optional().describe('Where it writes what it received'),
  WORLD_FILE: z.string().min(1).optional().describe('Where its chats and visitors outlive a restart'),
});
export type SimulatorConfiguration = z.infer<typeof simulatorConfigurationSchema>;

const secrets = ['HOOKS_URL', 'BOT_TOKEN'] as const;

/** @throws Error that names every offending variable, never its value; or the file that can't be read */
export const readSimulatorConfiguration = (env: Readonly<Record<string, string | undefined>>): SimulatorConfiguration => {
  const given: Record<string, string | undefined> = {};
  for (const name of Object.keys(simulatorConfigurationSchema.shape)) given[name] = env[name] === '' ? undefined : env[name];
  for (const name of secrets) {
    const file = env[`${name}_FILE`];
    if (file !== undefined && file !== '') given[name] = readFileSync(file, 'utf8').trim();
  }
  const parsed = simulatorConfigurationSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
};
