import { scaledClock } from '@dialog/contracts/clock';
import { sampleAccount } from './account.ts';
import { readSimulatorConfiguration } from './configuration.ts';
import { webimSimulator } from './simulator.ts';

/** The simulator alone: where the hooks are comes from the environment. */
const config = readSimulatorConfiguration(process.env);
const simulator = webimSimulator({
  clock: scaledClock(config.CLOCK_RATE),
  clockRate: config.CLOCK_RATE,
  host: config.SIMULATOR_HOST,
  port: config.SIMULATOR_PORT,
  seed: config.SEED,
  account: sampleAccount(config.BOT_TOKEN),
  hooks: {
    botUrl: config.HOOKS_URL,
    startedUrl: `${config.HOOKS_URL}?event=chat_started`,
    assignedUrl: `${config.HOOKS_URL}?event=chat_assigned`,
    closedUrl: `${config.HOOKS_URL}?event=chat_closed`,
  },
  ...(config.JOURNAL_FILE === undefined ? {} : { journalFile: config.JOURNAL_FILE }),
  ...(config.WORLD_FILE === undefined ? {} : { worldFile: config.WORLD_FILE }),
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.stop().then(() => process.exit(0)));
void simulator.listening().then(() => process.stdout.write(`Webim simulator: ${simulator.baseUrl()}\n`));
await simulator.run();
