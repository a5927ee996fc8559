import { realClock } from '@dialog/contracts/clock';
import { topicSpecs } from '@dialog/contracts/topics';
import { openLog } from '@dialog/log/open-log';
import { kafkaAccess, readConfiguration } from '@dialog/service-kit/configuration';
import type { Command } from 'commander';

/** `dialogctl topics create`: what the first start does too. Exit code 1 where a topic that exists differs, 2 where the log can't be reached. */
export const topicsCommands = (program: Command, out: (text: string) => void): void => {
  program
    .command('topics')
    .description('the topics of the log')
    .command('create')
    .description('create what is missing in LOG_URL, with its settings; what exists and differs is named, not changed')
    .action(async () => {
      try {
        const config = readConfiguration(process.env);
        const log = await openLog({
          url: config.LOG_URL ?? `sqlite:${config.DATA_DIR}/log.db`,
          clock: realClock,
          kafka: kafkaAccess(config),
        });
        try {
          const differences = await log.ensureTopics(topicSpecs(config.PARTITIONS));
          for (const difference of differences) out(`differs: ${difference}`);
          out(differences.length === 0 ? 'All topics are as they should be.' : 'Nothing that exists was changed.');
          process.exitCode = differences.length === 0 ? 0 : 1;
        } finally {
          await log.close();
        }
      } catch (error) {
        process.stderr.write(`${(error as Error).message}\n`);
        process.exitCode = 2;
      }
    })
    .addHelpText('after', '\nExample:\n  LOG_URL=kafka:broker:9092 PARTITIONS=12 dialogctl topics create');
};
