import type { DomainEvent } from '@dialog/contracts/domain-event';
import { evolve } from '@dialog/domain/evolve';
import { type DialogState, initialDialog } from '@dialog/domain/state';
import { stateHash } from '@dialog/domain/state-hash';
import { summarize } from '@dialog/domain/summary';
import type { Command } from 'commander';
import { ask, type ConsoleOptions, credentials, dialogPath, withConsole } from './console-api.ts';
import { dialogEvents } from './dialog-events.ts';
import { cannot } from './exit.ts';
import { many, pair } from './options.ts';
import { duration, instant, table } from './table.ts';

type Out = (text: string) => void;
type Stored = {
  readonly revision: number;
  readonly type: string;
  readonly recordedAt: number;
  readonly data: unknown;
  readonly metadata: { readonly at?: number };
};
type Row = {
  readonly account: string;
  readonly chatId: string;
  readonly owner: string | null;
  readonly flag: boolean;
  readonly lastAt: number;
  readonly lastType: string;
  readonly parked: boolean;
  readonly closeOverdue: boolean;
  readonly incomplete: boolean;
  readonly troubles: readonly string[];
  readonly epoch: number;
  readonly revision: number;
  readonly startedAt: number;
};
type ListOptions = ConsoleOptions & { readonly where: readonly string[]; readonly text?: string; readonly limit: string } & Readonly<
    Partial<Record<(typeof filters)[number], string>>
  >;

const filters = ['account', 'owner', 'flag', 'problem'] as const;

/** `dialogctl dialogs|show|replay|tail`: what the console's list and replay show, in a terminal. */
export const dialogCommands = (program: Command, out: Out): void => {
  withConsole(
    program
      .command('dialogs')
      .description('dialogs, newest activity first')
      .option('--account <id>', 'of one account')
      .option('--owner <owner>', 'bot, queue, operator, nobody')
      .option('--flag <true|false>', 'handed to operator, or not')
      .option('--problem <name>', 'what went wrong in it; any: something did')
      .option('--text <words>', 'all these words were said in it, in any form')
      .option('--where <name=value>', 'any other filter of the console: mark=sold, script=…; may be given many times', many, [])
      .option('--limit <count>', 'at most so many, 1 to 10000', '50'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  dialogctl dialogs --owner queue\n  dialogctl dialogs --account shop --text "refund" --json\n\nExit codes: 0 some were found, 1 none fits, 2 the console can\'t be asked or refuses.',
    )
    .action(async (options: ListOptions) => {
      const limit = whole(options.limit, '--limit', 10_000, 1);
      const query = new URLSearchParams(options.where.map((one) => pair(one, '--where')));
      for (const name of filters) if (options[name] !== undefined) query.set(name, options[name]);
      if (options.text !== undefined) query.set('text', options.text);
      const rows: Row[] = [];
      let now = 0;
      for (let cursor: string | null = ''; cursor !== null && rows.length < limit; ) {
        query.set('limit', String(Math.min(200, limit - rows.length)));
        if (cursor !== '') query.set('cursor', cursor);
        const page = (await ask(options, `/api/dialogs?${query}`)) as { now: number; dialogs: Row[]; next: string | null };
        rows.push(...page.dialogs);
        now = page.now;
        cursor = page.next;
      }
      process.exitCode = rows.length === 0 ? 1 : 0;
      if (options.json === true) return out(JSON.stringify(rows));
      if (rows.length === 0) return out('No dialog fits.');
      const line = (row: Row) => [
        `${row.account}/${row.chatId}`,
        row.owner ?? '-',
        row.flag ? 'set' : '',
        duration(now - row.lastAt),
        row.lastType,
        troubles(row),
      ];
      out(table(['DIALOG', 'OWNER', 'FLAG', 'AGO', 'LAST EVENT', 'PROBLEM'], rows.map(line)));
    });

  withConsole(program.command('show <dialog>').description('where one dialog stands; <dialog> is {account}/{chatId}'))
    .addHelpText('after', '\nExample:\n  dialogctl show shop/4711')
    .action(async (dialog: string, options: ConsoleOptions) => {
      const path = dialogPath(dialog);
      const { row } = (await ask(options, `/api/dialogs/${path}`)) as { row: Row };
      const state = (await dialogEvents<Stored>(options, path)).reduce(folded, initialDialog);
      const summary = summarize(state);
      if (options.json === true) return out(JSON.stringify({ row, summary, stateHash: stateHash(state) }));
      const facts: readonly (readonly [string, string])[] = [
        [
          'owner',
          `${summary.owner ?? '-'}${summary.operatorId === null ? '' : ` ${summary.operatorId}`}${summary.ownerSince === null ? '' : `, since ${instant(summary.ownerSince)}`}`,
        ],
        ['flag', summary.flag ? `set: ${summary.flagCause}, episode ${summary.episode}` : 'not set'],
        ['epoch', String(summary.epoch)],
        ['step', summary.step ?? 'at its triggers'],
        ['open effects', String(summary.openEffects)],
        ['waiting', String(summary.waitingMessages)],
        ['deadlines', summary.deadlines.map(({ name, at }) => `${name} ${instant(at)}`).join(', ') || 'none'],
        ['problem', troubles(row) || 'none'],
        ['events', String(row.revision + 1)],
        ['state hash', stateHash(state)],
      ];
      out(table(['', ''], facts).trimStart());
    });

  withConsole(
    program
      .command('replay <dialog>')
      .description('fold its history step by step, with the very code of the engine')
      .option('--to <revision>', 'up to this event'),
  )
    .addHelpText('after', '\nExamples:\n  dialogctl replay shop/4711\n  dialogctl replay shop/4711 --to 12 --json | jq .state')
    .action(async (dialog: string, options: ConsoleOptions & { readonly to?: string }) => {
      const to = options.to === undefined ? Number.MAX_SAFE_INTEGER : whole(options.to, '--to', 999_999_999);
      const events = (await dialogEvents<Stored>(options, dialogPath(dialog))).filter(({ revision }) => revision <= to);
      let state: DialogState = initialDialog;
      const steps = events.map((event) => {
        state = folded(state, event);
        return { event, hash: stateHash(state), summary: summarize(state) };
      });
      if (options.json === true) {
        return out(
          JSON.stringify({
            steps: steps.map(({ event, hash, summary }) => ({ revision: event.revision, type: event.type, hash, ...summary })),
            stateHash: stateHash(state),
          }),
        );
      }
      const line = ({ event, hash, summary }: (typeof steps)[number]) => [
        event.revision,
        instant(event.metadata.at ?? event.recordedAt),
        event.type,
        summary.owner ?? '-',
        summary.flag ? 'set' : '',
        summary.step ?? '',
        hash.slice(0, 10),
      ];
      out(table(['#', 'TIME', 'EVENT', 'OWNER', 'FLAG', 'STEP', 'STATE'], steps.map(line)));
      out(`State hash ${stateHash(state)}`);
    });

  withConsole(
    program
      .command('tail [dialog]')
      .description('what happens, as it happens: of all dialogs, or the events of one')
      .option('-f, --follow', 'go on until interrupted')
      .option('-n, --lines <count>', 'of one dialog: so many events first', '10'),
  )
    .addHelpText('after', '\nExamples:\n  dialogctl tail -f\n  dialogctl tail shop/4711 -f')
    .action(async (dialog: string | undefined, options: ConsoleOptions & { readonly follow?: boolean; readonly lines: string }) => {
      const path = dialog === undefined ? undefined : dialogPath(dialog);
      const told = (event: Stored): void =>
        out(
          options.json === true
            ? JSON.stringify(event)
            : `${instant(event.metadata.at ?? event.recordedAt)}  ${event.revision}  ${event.type}`,
        );
      let next = 0;
      const catchUp = async (path: string, last?: number): Promise<void> => {
        const events = await dialogEvents<Stored>(options, path, { from: next });
        next += events.length;
        for (const event of last === undefined ? events : events.slice(Math.max(0, events.length - last))) told(event);
      };
      if (path !== undefined) await catchUp(path, whole(options.lines, '--lines', 1_000_000));
      if (options.follow !== true) return path === undefined ? cannot('name a dialog, or follow all of them with -f') : undefined;
      for await (const { name, data } of liveEvents(options)) {
        if (name === 'dialog') {
          const { row } = data as { row: Row };
          if (path === undefined)
            out(
              options.json === true
                ? JSON.stringify(row)
                : `${instant(row.lastAt)}  ${`${row.account}/${row.chatId}`.padEnd(28)}  ${row.lastType}  ${row.owner ?? '-'}`,
            );
          else if (`${row.account}/${row.chatId}` === path) await catchUp(path);
        } else if (path !== undefined && (name === 'reload' || name === 'hello')) await catchUp(path);
      }
    });
};

const folded = (state: DialogState, event: Stored): DialogState => evolve(state, { type: event.type, data: event.data } as DomainEvent);

/** What `--problem` finds it by: what is wrong now, then what went wrong in it. */
const troubles = ({ parked, closeOverdue, incomplete, troubles: past }: Row): string =>
  [
    parked ? 'parked' : '',
    closeOverdue ? 'close overdue' : '',
    incomplete ? 'incomplete' : '',
    ...past.map((name) => name.replace('_', ' ')),
  ]
    .filter((part) => part !== '')
    .join(', ');

const whole = (given: string, name: string, most: number, least = 0): number => {
  const value = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
  return value >= least && value <= most ? value : cannot(`${name} ${given}: a whole number from ${least} to ${most} is wanted`);
};

const retryMs = 1_000;

/** Server-sent events without end; a console that goes away is asked again, and what was missed shows by `hello`. */
async function* liveEvents(options: ConsoleOptions): AsyncGenerator<{ readonly name: string; readonly data: unknown }> {
  for (let before = false; ; before = true) {
    try {
      const response = await fetch(new URL('/api/live', options.console), { headers: await credentials(options), redirect: 'error' });
      if (!response.ok || response.body === null) throw new Error(`it answered ${response.status}`);
      let text = '';
      for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
        text += part;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const lines = text.slice(0, end).split('\n');
          text = text.slice(end + 2);
          const field = (key: string) => lines.find((line) => line.startsWith(`${key}: `))?.slice(key.length + 2);
          const [name, data] = [field('event'), field('data')];
          if (name !== undefined && data !== undefined) yield { name, data: JSON.parse(data) };
        }
      }
    } catch (error) {
      if (!before) return cannot(`the console at ${options.console} can't be reached: ${(error as Error).message}`);
    }
    process.stderr.write('the console went away; asked again\n');
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}
