import type { Command } from 'commander';
import { ask, type ConsoleOptions, type ReasonOptions, withConsole, withReason } from '../console-api.ts';
import { cannot } from '../exit.ts';
import { examples } from '../options.ts';
import { readText } from '../script/files.ts';
import { duration, table } from '../table.ts';

/** `dialogctl quarantine …`: what the door put aside, and how it is given back. */
export const quarantineCommands = (program: Command, out: (text: string) => void): void => {
  const quarantine = program.command('quarantine').description('webhooks that the door could not take');
  const place = (given: string): string =>
    /^\d{1,6}\/\d{1,15}$/.test(given) ? given : cannot(`${given} is no place: {partition}/{offset} is wanted`);
  withConsole(quarantine.command('list', { isDefault: true }).description('all of them, newest first')).action(
    async (options: ConsoleOptions) => {
      const found = (await ask(options, '/api/quarantine')) as {
        now: number;
        records: {
          partition: number;
          offset: number;
          account: string;
          receivedAt: number;
          verdict: string;
          event: string | null;
          bytes: number;
          fed: { by: string } | null;
          skipped: { by: string } | null;
        }[];
      };
      if (options.json === true) return out(JSON.stringify(found.records));
      if (found.records.length === 0) return out('The quarantine is empty.');
      const line = (one: (typeof found.records)[number]) => [
        `${one.partition}/${one.offset}`,
        one.account,
        one.verdict,
        one.event ?? '-',
        one.bytes,
        duration(found.now - one.receivedAt),
        one.fed !== null ? `given by ${one.fed.by}` : one.skipped === null ? '' : `skipped by ${one.skipped.by}`,
      ];
      out(table(['PLACE', 'ACCOUNT', 'VERDICT', 'EVENT', 'BYTES', 'AGO', ''], found.records.map(line)));
    },
  );
  withConsole(quarantine.command('show <place>').description('one with its body, and what the door would make of it today')).action(
    async (given: string, options: ConsoleOptions) => {
      const one = (await ask(options, `/api/quarantine/${place(given)}`)) as {
        body: string | null;
        bodyBase64: string;
        verdict: string;
        reads: { refused?: string; type?: string; chatId?: string };
        skipped: { by: string; reason: string } | null;
      };
      if (options.json === true) return out(JSON.stringify(one));
      const body = one.body ?? one.bodyBase64;
      out(body === '' ? `(no body was kept: ${one.verdict})` : body);
      out(
        one.reads.refused === undefined
          ? `The door reads it today as ${one.reads.type} of chat ${one.reads.chatId}.`
          : `The door can't read it today either: ${one.reads.refused}.`,
      );
      if (one.skipped !== null) out(`Skipped by ${one.skipped.by}: ${one.skipped.reason}`);
    },
  );
  withReason(
    withConsole(
      quarantine
        .command('feed [place]')
        .description('give it to the engine as an input')
        .option('--body <file>', 'what it should have been, repaired by hand')
        .option(
          '--verdict <verdict>',
          'instead of a place: of the newest 500 all that have this one, given to the engine or skipped by nobody',
        )
        .option('--account <account>', 'with --verdict: of this account only'),
    ),
  ).action(async (given: string | undefined, options: FeedOptions) => {
    const { verdict, account, body } = options;
    if ((verdict === undefined) === (given === undefined)) cannot('either a place or --verdict is wanted');
    if (verdict !== undefined && body !== undefined) cannot('--body is of one place');
    const how = { by: options.by, reason: options.reason, dryRun: options.dryRun === true };
    if (given !== undefined) {
      const path = `/api/quarantine/${place(given)}/feed`;
      const answer = (await ask(options, path, { ...how, ...(body === undefined ? {} : { body: readText(body) }) })) as FedInput;
      out(options.json === true ? JSON.stringify(answer) : fedText(answer, how.dryRun));
      return;
    }
    const places = await openOf(options, verdict ?? '', account);
    if (places.length === 0) return out(options.json === true ? '{"fed":[],"refused":[]}' : 'There is nothing to give.');
    const { fed, refused } = (await ask(options, '/api/quarantine/feed', { ...how, places })) as {
      fed: FedInput[];
      refused: { place: string; reason: string }[];
    };
    if (options.json === true) return out(JSON.stringify({ fed, refused }));
    for (const one of fed) out(fedText(one, how.dryRun));
    for (const one of refused) out(`${one.place}: the door can't read it today either: ${one.reason}.`);
  });
  withReason(
    withConsole(
      quarantine
        .command('skip [places...]')
        .description('say that nothing is to be done about some; they stay to be looked at')
        .option(
          '--verdict <verdict>',
          'instead of places: of the newest 500 all that have this one, given to the engine or skipped by nobody',
        )
        .option('--account <account>', 'with --verdict: of this account only'),
    ),
  ).action(async (given: string[], options: ReasonOptions & { readonly verdict?: string; readonly account?: string }) => {
    if ((options.verdict === undefined) === (given.length === 0)) cannot('either places or --verdict is wanted');
    const places = options.verdict === undefined ? given.map(place) : await openOf(options, options.verdict, options.account);
    if (places.length === 0) return out(options.json === true ? '[]' : 'There is nothing to skip.');
    const answer = (await ask(options, '/api/quarantine/skip', {
      by: options.by,
      reason: options.reason,
      dryRun: options.dryRun === true,
      places,
    })) as { places: string[] };
    if (options.json === true) return out(JSON.stringify(answer.places));
    for (const one of answer.places) out(one);
    out(options.dryRun === true ? `${answer.places.length}: a dry run, nothing was done.` : `${answer.places.length} skipped.`);
  });
  quarantine.addHelpText(
    'afterAll',
    examples(
      'dialogctl quarantine list',
      'dialogctl quarantine show 3/17',
      'dialogctl quarantine feed 3/17 --body repaired.json --reason "a brace was lost"',
      'dialogctl quarantine feed --verdict unknown_event --dry-run --reason "this version can read them"',
      'dialogctl quarantine skip 3/17 --reason "a probe of the monitoring"',
      'dialogctl quarantine skip --verdict wrong_token --account shop --dry-run --reason "the old address"',
    ),
  );
};

type FeedOptions = ReasonOptions & { readonly body?: string; readonly verdict?: string; readonly account?: string };
type FedInput = { readonly account: string; readonly chatId: string; readonly type: string };

const fedText = ({ type, account, chatId }: FedInput, dryRun: boolean): string =>
  `${type} of ${account}/${chatId}${dryRun ? ': a dry run, nothing was done.' : ' is given to the engine.'}`;

/** Places with a verdict with which nothing was done yet. */
const openOf = async (options: ConsoleOptions, verdict: string, account: string | undefined): Promise<string[]> => {
  const of = account === undefined ? '' : `&account=${encodeURIComponent(account)}`;
  // All that can be listed; what is older comes when these are done with.
  const { records } = (await ask(options, `/api/quarantine?limit=500${of}`)) as {
    records: { partition: number; offset: number; verdict: string; fed: unknown; skipped: unknown }[];
  };
  return records
    .filter((one) => one.verdict === verdict && one.fed === null && one.skipped === null)
    .map(({ partition, offset }) => `${partition}/${offset}`);
};
