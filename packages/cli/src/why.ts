import type { DomainEvent } from '@dialog/contracts/domain-event';
import { type Link, type PlacedEvent, why } from '@dialog/domain/why';
import type { Command } from 'commander';
import { ask, type ConsoleOptions, dialogPath, withConsole } from './console-api.ts';
import { dialogEvents } from './dialog-events.ts';
import { cannot } from './exit.ts';

/** `dialogctl why {account}/{chatId} {revision}`: asks the console for the history and for the source of its script. Exit code 2 where it can't be told. */
export const whyCommand = (program: Command, out: (text: string) => void): void => {
  withConsole(
    program
      .command('why <dialog> <revision>')
      .description('why an event stands in the history of a dialog; <dialog> is {account}/{chatId}, <revision> its number'),
  )
    .addHelpText('after', '\nExample:\n  dialogctl why shop/4711 12')
    .action(async (dialog: string, given: string, options: ConsoleOptions) => {
      const path = dialogPath(dialog);
      if (!/^\d{1,9}$/.test(given)) return cannot(`${given} is no revision: a whole number is wanted`);
      const revision = Number(given);
      // An event has its causes before it.
      const explained = why(await dialogEvents<PlacedEvent>(options, path, { to: revision }), revision);
      if (explained === undefined) return cannot(`${dialog} has no event ${revision}`);
      if (options.json === true) return out(JSON.stringify(explained));
      const source = explained.script === null ? [] : await sourceOf(options, explained.script);
      explained.chain.forEach((link, at) => {
        out(`${at === 0 ? '' : '  because of '}${told(link.event)}`);
        if (link.completes !== null) out(`    ${completes(link)}`);
        if (link.event.type === 'ScriptAdvanced') for (const line of advanceLines(link.event.data, source)) out(`    ${line}`);
      });
      if (explained.script !== null) out(`\nScript version ${explained.script}`);
    });
};

const sourceOf = async (options: ConsoleOptions, hash: string): Promise<readonly string[]> =>
  ((await ask(options, `/api/scripts/${hash}`)) as { source: string }).source.split(/\r?\n/);

type Advanced = Extract<DomainEvent, { type: 'ScriptAdvanced' }>['data'];

const advanceLines = ({ trace, read, outcome, error }: Advanced, source: readonly string[]): string[] => [
  `won:  ${trace.won ?? 'nothing'}`,
  ...trace.lost.map((lost) => `lost: ${lost.trigger} (${lost.reason})`),
  ...(trace.lostMore === undefined ? [] : [`lost: ${trace.lostMore} more`]),
  ...trace.steps.map(
    ({ step, line, took }) => `line ${line}: ${(source[line - 1] ?? step).trim()}${took === undefined ? '' : `   → ${took}`}`,
  ),
  ...Object.entries(read ?? {}).map(([path, value]) => `read: ${path} = ${JSON.stringify(value)}`),
  `then: ${outcome}${error === undefined ? '' : ` (${error})`}`,
];

const told = (event: PlacedEvent): string => `${event.revision} ${event.type} ${detail(event)}`.trimEnd();

/** What of an event tells it from others of its type. */
const detail = (event: DomainEvent): string => {
  switch (event.type) {
    case 'InputRecorded': {
      const { input } = event.data;
      if (input.type === 'effect_result') {
        const answer = [input.outcome, input.code, input.http?.status].filter((one) => one !== undefined).join(', ');
        return `${input.type} of effect ${input.number}, attempt ${input.attempt}: ${answer}`;
      }
      if (input.type === 'new_message') return `${input.type}: ${input.message.text ?? input.message.button?.id ?? input.message.kind}`;
      return input.type;
    }
    case 'EffectOpened': {
      const { effect, number, purpose } = event.data;
      const what =
        effect.kind === 'text' ? JSON.stringify(effect.text) : effect.kind === 'http' ? `${effect.method} ${effect.url}` : effect.kind;
      return `effect ${number} (${purpose}): ${what}`;
    }
    case 'EffectSettled':
      return `effect ${event.data.number}: ${[event.data.outcome, event.data.code].filter((one) => one !== undefined).join(', ')}, by ${event.data.by}`;
    case 'EffectRetried':
      return `effect ${event.data.number}, attempt ${event.data.attempt}: ${[event.data.why, event.data.code].filter((one) => one !== undefined).join(', ')}`;
    case 'ScriptAdvanced':
      return `by ${event.data.trigger}${event.data.script === undefined ? '' : `, script ${event.data.script}`}`;
    case 'OwnerChanged':
      return `to ${event.data.owner}: ${event.data.cause}`;
    case 'FlagSet':
    case 'FlagReset':
    case 'TrialStarted':
    case 'CloseOverdue':
    case 'DialogReopened':
    case 'DialogClosed':
      return event.data.cause;
    case 'ReturnStarted':
      return `${event.data.script ?? 'no script'}: ${event.data.cause}`;
    case 'DeadlineSet':
    case 'DeadlineCleared':
      return event.data.name;
    case 'DeadlineFired':
      return `${event.data.name}${event.data.lateMs > 0 ? `, ${event.data.lateMs} ms late` : ''}`;
    case 'Marked':
      return event.data.name;
    case 'TrialEnded':
      return event.data.outcome;
    case 'InputIgnored':
    case 'InputLate':
    case 'DialogParked':
      return event.data.reason;
    default:
      return '';
  }
};

const completes = ({ event, completes: earlier }: Link): string => {
  if (earlier === null) return '';
  const verb = event.type === 'ScriptAdvanced' ? 'answers' : event.type.startsWith('Deadline') ? 'armed by' : 'opened as';
  return `${verb} ${told(earlier)}`;
};
