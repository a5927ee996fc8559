import type { Message } from '@dialog/contracts/message';
import type { Step } from './history.ts';

/** Why one event follows from another. */
export type LinkWhy =
  | 'input'
  | 'message'
  | 'script'
  | 'opened'
  | 'result'
  | 'timer'
  | 'handover'
  | 'original'
  | 'refused'
  | 'trial'
  | 'parked'
  | 'start';
export type Link = {
  readonly revision: number;
  readonly why: LinkWhy;
  /** With `message`: what was said there. */
  readonly message?: Message;
};

/** Both ways: what an event came from, and what came of it. */
export type Links = {
  readonly causes: (revision: number) => readonly Link[];
  readonly consequences: (revision: number) => readonly Link[];
};

const none: readonly Link[] = [];

/** Causes beyond the append: a reply to its message, a result to its effect, a timer to what set it, a reset to its flag. */
export const linksOf = (history: readonly Step[]): Links => {
  const causes = new Map<number, Link[]>();
  const consequences = new Map<number, Link[]>();
  const link = (from: number | undefined, to: number, why: LinkWhy, message?: Message): void => {
    if (from === undefined || from === to) return;
    push(causes, to, { revision: from, why, ...(message === undefined ? {} : { message }) });
    push(consequences, from, { revision: to, why });
  };
  /** By input id, message hash and body hash: where it came first. */
  const inputs = new Map<string, number>();
  /** By hash: where a message came to the bot. A report of Webim may have shown it before, but the bot answers none. */
  const messages = new Map<string, { readonly revision: number; readonly message: Message }>();
  /** By `number`: the newest attempt. */
  const attempts = new Map<number, number>();
  const deadlines = new Map<string, number>();
  const flags = new Map<number, number>();
  let advanced: number | undefined;
  let fired: number | undefined;
  let parked: number | undefined;
  let trial: number | undefined;
  for (const { event, input } of history) {
    const { revision } = event;
    switch (event.type) {
      case 'InputRecorded': {
        advanced = undefined;
        fired = undefined;
        const given = event.data.input;
        if (given.type === 'effect_result') link(attempts.get(given.number), revision, 'result');
        if (given.type === 'webhook_refused') link(inputs.get(given.of), revision, 'refused');
        if (given.type === 'release_parked') link(parked, revision, 'parked');
        first(inputs, given.inputId, revision);
        if ('bodyHash' in given) first(inputs, given.bodyHash, revision);
        const brought = given.type === 'new_message' ? [given.message] : 'messages' in given ? (given.messages ?? []) : [];
        for (const message of brought) {
          first(inputs, message.hash, revision);
          if (given.type === 'new_message' || given.type === 'new_chat') first(messages, message.hash, { revision, message });
        }
        break;
      }
      case 'ScriptAdvanced': {
        const asked = event.data.message === undefined ? undefined : messages.get(event.data.message);
        if (asked !== undefined) link(asked.revision, revision, 'message', asked.message);
        else link(fired ?? input, revision, fired === undefined ? 'input' : 'timer');
        advanced = revision;
        break;
      }
      case 'EffectOpened':
        link(advanced ?? fired ?? input, revision, advanced === undefined ? 'input' : 'script');
        attempts.set(event.data.number, revision);
        break;
      case 'EffectRetried':
        link(attempts.get(event.data.number), revision, 'opened');
        attempts.set(event.data.number, revision);
        break;
      case 'EffectSettled':
        link(attempts.get(event.data.number), revision, 'opened');
        link(input, revision, 'result');
        break;
      case 'Marked':
      case 'NoteRecorded':
      case 'TextDropped':
      case 'TextHeld':
      case 'VisitorVariablesChanged':
        link(advanced ?? input, revision, advanced === undefined ? 'input' : 'script');
        break;
      case 'DeadlineSet':
        link(advanced ?? input, revision, advanced === undefined ? 'input' : 'script');
        deadlines.set(event.data.name, revision);
        break;
      case 'DeadlineCleared':
        link(deadlines.get(event.data.name), revision, 'timer');
        break;
      case 'DeadlineFired':
        link(deadlines.get(event.data.name), revision, 'timer');
        fired = revision;
        break;
      case 'CloseOverdue':
        link(fired ?? input, revision, fired === undefined ? 'input' : 'timer');
        break;
      case 'FlagSet':
        link(input, revision, 'input');
        flags.set(event.data.episode, revision);
        break;
      case 'FlagReset':
        link(flags.get(event.data.episode), revision, 'handover');
        link(input, revision, 'input');
        break;
      case 'ReturnStarted':
        link(flags.get(event.data.episode), revision, 'handover');
        break;
      case 'InputRepeated':
        link(inputs.get(event.data.of), revision, 'original');
        break;
      case 'WebhookRefused':
      case 'WebhookRefusalTakenBack':
        link(inputs.get(event.data.of), revision, 'refused');
        break;
      case 'TrialStarted':
        link(fired ?? input, revision, fired === undefined ? 'input' : 'timer');
        trial = revision;
        break;
      case 'TrialEnded':
        link(trial, revision, 'trial');
        break;
      case 'DialogParked':
        // It may stand before any input, and its record is none of the stream's.
        parked = revision;
        break;
      case 'RecordSkipped':
      case 'ReleaseFailed':
      case 'DialogReleased':
        link(parked, revision, 'parked');
        break;
      case 'OwnerChanged':
      case 'DialogClosed':
      case 'DialogReopened':
        link(fired ?? input, revision, fired === undefined ? 'input' : 'timer');
        break;
      default:
        link(input, revision, 'input');
    }
  }
  return {
    causes: (revision) => causes.get(revision) ?? none,
    consequences: (revision) => consequences.get(revision) ?? none,
  };
};

const first = <T>(map: Map<string, T>, key: string, value: T): void => {
  if (!map.has(key)) map.set(key, value);
};

const push = (map: Map<number, Link[]>, key: number, link: Link): void => {
  const links = map.get(key);
  if (links === undefined) map.set(key, [link]);
  else if (!links.some((known) => known.revision === link.revision)) links.push(link);
};
