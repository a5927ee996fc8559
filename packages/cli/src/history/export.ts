import { createWriteStream, existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { realClock } from '@dialog/contracts/clock';
import { codeOf } from '@dialog/contracts/errors';
import { type ExportHeader, type ExportLine, type ExportSelection, exportSelectionSchema, exportText } from '@dialog/contracts/export-file';
import { accountIdSchema, type DialogId, dialogStream } from '@dialog/contracts/ids';
import { anonymiser } from '@dialog/export/anonymise';
import { type Begun, readExportFile, takeUp } from '@dialog/export/export-file';
import { exportHeader } from '@dialog/export/export-lines';
import { writeParquet } from '@dialog/export/parquet';
import { type Pseudonyms, pseudonyms } from '@dialog/export/pseudonyms';
import type { Command } from 'commander';
import { ask, type ConsoleOptions, dialogPath } from '../console-api.ts';
import { cannot } from '../exit.ts';
import { many, pair } from '../options.ts';
import { readText } from '../script/files.ts';
import { version } from '../version.ts';
import { fromConsole, fromFile, fromStore, type Source } from './source.ts';

type Options = {
  readonly all?: boolean;
  readonly account?: string;
  readonly dialog: readonly string[];
  readonly where: readonly string[];
  readonly until?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly console: string;
  readonly token?: string;
  readonly eventsUrl?: string;
  readonly from?: string;
  readonly format: string;
  readonly anonymise?: boolean;
  readonly keyFile?: string;
};

const help = `
One JSON object a line, with the scripts and settings that the histories pin; docs/export.md says what stands in each.
An interrupted export goes on with --resume, and comes out as one without a break.

Examples:
  dialogctl export --all --out all.ndjson
  dialogctl export --all --out all.ndjson --resume
  dialogctl export --account shop --out shop.ndjson --events-url sqlite:data/events.db
  dialogctl export --dialog shop/4711 --dialog shop/4712 > two.ndjson
  dialogctl export --account shop --where owner=operator --out with-operators.ndjson
  openssl rand -hex 32 > key && dialogctl export --all --anonymise --key-file key --out shared.ndjson
  dialogctl export --from shared.ndjson --format parquet --out shared.parquet

Exit codes: 0 the export is whole; 1 it is, and a dialog or the account that was named is not there; 2 it could not be done, or was interrupted: what is there stays, for --resume.`;

/** `dialogctl export`: histories as a file, from the console or straight from the store. */
export const exportCommand = (program: Command): void => {
  program
    .command('export')
    .description('write histories to a file: of all dialogs, of an account, of some')
    .option('--all', 'all dialogs')
    .option('--account <id>', 'those of one account')
    .option('--dialog <account/chatId>', 'one dialog; may be given many times', many, [])
    .option('--where <name=value>', 'as the console lists them: owner=operator, flag=true, mark=sold, …; may be given many times', many, [])
    .option('--until <time>', 'up to what was recorded then, as 2026-03-02T09:00:00Z. Default: now')
    .option('--out <file>', 'where to; default: standard output')
    .option('--resume', 'go on with an export that was interrupted; needs --out')
    .option('--format <format>', 'ndjson, or parquet: one row an event, without scripts and settings, to --out', 'ndjson')
    .option('--from <file>', 'of an NDJSON export that is there already: to anonymise it, or as Parquet')
    .option('--anonymise', 'pseudonyms in place of personal data; needs --key-file')
    .option('--key-file <file>', 'the key of the pseudonyms: the same key, the same pseudonyms')
    .option('--console <url>', 'address of the console', process.env['CONSOLE_URL'] ?? 'http://127.0.0.1:8081')
    .option('--token <token>', 'token of the API; better by CONSOLE_TOKEN or CONSOLE_TOKEN_FILE')
    .option('--events-url <url>', 'read the event store itself, as EVENTS_URL names it')
    .addHelpText('after', help)
    .action(async (options: Options) => {
      // What people wrote is for the owner of the file alone.
      process.umask(0o077);
      const hidden = hiddenBy(options);
      const begun = await begunOf(options, hidden);
      if (begun?.ended === true) return void process.stderr.write(`${options.out} is whole already: ${begun.events} events\n`);
      const header = begun?.header ?? { ...(await headerOf(options)), ...(hidden === undefined ? {} : { pseudonyms: hidden.name }) };
      const shown = hidden === undefined ? same : anonymiser({ pseudonyms: hidden, ...begun });
      const source = sourceOf(options);
      const there = { last: begun?.last, pinned: begun?.pinned ?? new Set<string>() };
      let events = begun?.events ?? 0;
      const streams = new Set<string>();
      async function* shownLines(): AsyncGenerator<ExportLine> {
        let isBegun = begun !== undefined;
        for await (const line of source(header.selection, header.until, there)) {
          // Behind the first answer: a source that can't be read leaves no file.
          if (!isBegun) yield header;
          isBegun = true;
          if (line.line === 'event') {
            events += 1;
            if (header.selection.dialogs !== undefined) streams.add(line.stream);
          }
          yield shown(line);
        }
      }
      try {
        if (options.format === 'parquet' && options.out !== undefined) await writeParquet(options.out, shownLines());
        else if (options.out === undefined) await pipeline(shownLines, texts, process.stdout, { end: false });
        else await pipeline(shownLines, texts, createWriteStream(options.out, { flags: 'a', flush: true }));
      } catch (error) {
        // Who reads it has had enough: `| head`.
        if (options.out === undefined && codeOf(error) === 'EPIPE') return;
        const { out, format, from } = options;
        const size = out === undefined ? 0 : ((await stat(out).catch(() => undefined))?.size ?? 0);
        if (out !== undefined && size === 0) await rm(out, { force: true }).catch(() => undefined);
        const goesOn = size > 0 && format !== 'parquet' && from === undefined;
        if (events === 0 && !goesOn) return cannot(messageOf(error));
        return cannot(
          `interrupted after ${events} events: ${messageOf(error)}${goesOn ? '; go on with the same command and --resume' : ''}`,
        );
      }
      process.stderr.write(`${events} events\n`);
      if (begun === undefined && options.from === undefined) tellMissing(options, header.selection, streams, events);
    });
};

/** What was named and is not there: the export is whole, and not what was meant. */
const tellMissing = (options: Options, { dialogs }: ExportSelection, streams: ReadonlySet<string>, events: number): void => {
  const missing =
    options.dialog.length > 0
      ? (dialogs ?? []).filter((one) => !streams.has(dialogStream(one))).map(({ account, chatId }) => `${account}/${chatId}`)
      : options.account !== undefined && events === 0
        ? [`account ${options.account}`]
        : [];
  for (const one of missing) process.stderr.write(`nothing was found of ${one}\n`);
  if (missing.length > 0) process.exitCode = 1;
};

async function* texts(lines: AsyncIterable<ExportLine>): AsyncGenerator<string> {
  for await (const line of lines) yield exportText(line);
}

const sourceOf = (options: Options): Source => {
  const { from, eventsUrl } = options;
  if (from !== undefined) return () => fromFile(from);
  return eventsUrl === undefined ? fromConsole(consoleOf(options)) : fromStore(eventsUrl);
};

const same = (line: ExportLine): ExportLine => line;

/** @returns undefined where personal data is to stand as it was recorded */
const hiddenBy = ({ anonymise, keyFile }: Options): Pseudonyms | undefined => {
  if (anonymise !== true) return keyFile === undefined ? undefined : cannot('--key-file is the key of --anonymise');
  if (keyFile === undefined) return cannot('--anonymise needs a key: --key-file, e.g. of `openssl rand -hex 32`');
  try {
    return pseudonyms(Buffer.from(readText(keyFile).trim()));
  } catch (error) {
    return cannot(`${keyFile}: ${messageOf(error)}`);
  }
};

const begunOf = async (options: Options, hidden: Pseudonyms | undefined): Promise<Begun | undefined> => {
  const { out, resume, format, from } = options;
  if (format !== 'ndjson' && format !== 'parquet') return cannot(`${format} is no format: ndjson or parquet is wanted`);
  if (format === 'parquet' && out === undefined) return cannot('--format parquet is written to a file: --out is missing');
  if (resume === true && (format === 'parquet' || from !== undefined))
    return cannot('--resume goes on with NDJSON of the console or the store');
  if (resume === true && out === undefined) return cannot('--resume goes on with a file: --out is missing');
  if (out === undefined) return undefined;
  if (resume !== true) {
    const there = await stat(out).catch(() => undefined);
    return there === undefined || there.size === 0 ? undefined : cannot(`${out} is there already: --resume goes on with it`);
  }
  const begun = await takeUp(out).catch((error: unknown) => cannot(`${out} is no export: ${messageOf(error)}`));
  if (begun !== undefined && !sameAsked(options, begun.header)) return cannot(`${out} is an export of something else`);
  if (begun !== undefined && begun.header.pseudonyms !== (hidden?.name ?? null)) {
    return cannot(begun.header.pseudonyms === null ? `${out} is not anonymised` : `${out} is anonymised: the same --key-file is wanted`);
  }
  return begun;
};

const headerOf = async (options: Options): Promise<ExportHeader> => {
  if (options.from !== undefined) return headerOfFile(options, options.from);
  const asked = askedOf(options);
  const exportedAt = options.eventsUrl === undefined ? await consoleTime(options) : realClock.now();
  const until = options.until === undefined ? exportedAt : Date.parse(options.until);
  if (Number.isNaN(until)) return cannot(`${options.until} is no time: 2026-03-02T09:00:00Z is wanted`);
  const selection = asked ?? exportSelectionSchema.parse({ dialogs: await listed(options) });
  return exportHeader({ producer: version, exportedAt, until, selection });
};

const headerOfFile = async (options: Options, file: string): Promise<ExportHeader> => {
  const { all, account, dialog, where, until, eventsUrl, anonymise } = options;
  const others = [all, account, until, eventsUrl].some((one) => one !== undefined) || dialog.length > 0 || where.length > 0;
  if (others) return cannot('--from takes the whole file: it goes with --format, --anonymise and --out only');
  if (!existsSync(file)) return cannot(`${file} is not there`);
  try {
    const { value } = await readExportFile(file).next();
    if (value?.line !== 'header') return cannot(`${file} is no export`);
    if (anonymise === true && value.pseudonyms !== null) return cannot(`${file} is anonymised already`);
    return value;
  } catch (error) {
    return cannot(`${file} is no export: ${messageOf(error)}`);
  }
};

const consoleTime = async (options: Options): Promise<number> => ((await ask(consoleOf(options), '/api/about')) as { now: number }).now;
const consoleOf = (options: Options): ConsoleOptions => ({
  console: options.console,
  ...(options.token === undefined ? {} : { token: options.token }),
});

/** @returns undefined where the console's list is to say which. */
const askedOf = (options: Options): ExportSelection | undefined => {
  const { all, account, dialog, where } = options;
  const filtered = where.length > 0;
  const ways = [all === true, dialog.length > 0, account !== undefined || filtered].filter(Boolean).length;
  if (ways !== 1) return cannot('what is to be exported? One of --all, --dialog, or --account and --where');
  if (account !== undefined && !accountIdSchema.safeParse(account).success) return cannot('an account id is 1 to 32 of a-z, 0-9 and _');
  if (filtered && options.eventsUrl !== undefined) return cannot('--where asks the list of the console: not with --events-url');
  if (filtered) return undefined;
  const dialogs = [...new Set(dialog.map(dialogPath))].map((path) => {
    const [named, chatId] = path.split('/');
    return { account: named, chatId };
  });
  return exportSelectionSchema.parse(dialogs.length > 0 ? { dialogs } : account === undefined ? {} : { account });
};

/** What is named together with --resume must be what the file is of. */
const sameAsked = (options: Options, { selection }: ExportHeader): boolean => {
  const { all, account, dialog, where } = options;
  if (all === undefined && account === undefined && dialog.length === 0 && where.length === 0) return true;
  const asked = askedOf(options);
  return asked === undefined ? selection.dialogs !== undefined : JSON.stringify(asked) === JSON.stringify(selection);
};

/** The dialogs of the console's list, each once: one may move while its pages are read. */
const listed = async (options: Options): Promise<DialogId[]> => {
  const found = new Map<string, DialogId>();
  for (let next: string | null = ''; next !== null; ) {
    const query = new URLSearchParams({ limit: '200' });
    if (next !== '') query.set('cursor', next);
    if (options.account !== undefined) query.set('account', options.account);
    for (const one of options.where) query.set(...pair(one, '--where'));
    const page = (await ask(consoleOf(options), `/api/dialogs?${query}`)) as {
      caughtUp: boolean;
      dialogs: DialogId[];
      next: string | null;
    };
    if (!page.caughtUp) return cannot('the list of the console is being rebuilt: try again later');
    for (const { account, chatId } of page.dialogs) found.set(`${account}/${chatId}`, { account, chatId });
    next = page.next;
  }
  return [...found.values()];
};

const messageOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
};
