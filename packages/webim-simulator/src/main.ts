import { scaledClock } from '@dialog/contracts/clock';
import { sampleAccount } from './account.ts';
import { webimSimulator } from './simulator.ts';

/** The simulator alone: where the hooks are comes from the environment. */
const env = process.env;
const rate = Number(env['CLOCK_RATE'] ?? 1);
const hooks = env['HOOKS_URL'] ?? 'http://127.0.0.1:8080/hooks/webim/demo/token';
const simulator = webimSimulator({
  clock: scaledClock(rate),
  clockRate: rate,
  port: Number(env['SIMULATOR_PORT'] ?? 8082),
  seed: Number(env['SEED'] ?? 1),
  account: sampleAccount(env['BOT_TOKEN'] ?? 'simulated-bot-token'),
  hooks: {
    botUrl: hooks,
    startedUrl: `${hooks}?event=chat_started`,
    assignedUrl: `${hooks}?event=chat_assigned`,
    closedUrl: `${hooks}?event=chat_closed`,
  },
  ...(env['JOURNAL_FILE'] === undefined ? {} : { journalFile: env['JOURNAL_FILE'] }),
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.stop().then(() => process.exit(0)));
void simulator.listening().then(() => process.stdout.write(`Webim simulator: ${simulator.baseUrl()}\n`));
await simulator.run();
