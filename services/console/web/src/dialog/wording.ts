import type { DomainEvent } from '@dialog/contracts/domain-event';
import type { Texts } from '../texts/texts.ts';

/** An event in words. A type of a newer version, or data that is not as expected, is named by its type. */
export const wording = (event: DomainEvent, t: Texts): string => {
  const say = t.event[event.type] as ((data: DomainEvent['data']) => string) | undefined;
  if (say === undefined) return t.dialog.unknownEvent(event.type);
  try {
    return say(event.data);
  } catch {
    return event.type;
  }
};

export const categories = ['input', 'owner', 'script', 'effect', 'time', 'trouble', 'quiet'] as const;
export type Category = (typeof categories)[number];

/** What kind of thing happened: the colour of its mark, and what the list can be narrowed to. */
export const category = (event: DomainEvent): Exclude<Category, 'trouble'> => {
  switch (event.type) {
    case 'InputRecorded':
      return event.data.input?.type === 'effect_result' ? 'quiet' : event.data.input?.type === 'timer_due' ? 'time' : 'input';
    case 'InputRepeated':
    case 'InputLate':
    case 'InputIgnored':
    case 'MessageQueued':
    case 'MessagesSeenByPeople':
    case 'WebhookRefused':
    case 'WebhookRefusalTakenBack':
      return 'input';
    case 'OwnerChanged':
    case 'FlagSet':
    case 'FlagReset':
    case 'ReturnStarted':
    case 'TrialStarted':
    case 'TrialEnded':
    case 'DialogStarted':
    case 'DialogCompleted':
    case 'DialogClosed':
    case 'DialogReopened':
      return 'owner';
    case 'ScriptAdvanced':
    case 'VisitorAsked':
    case 'VisitorVariablesChanged':
    case 'VisitorVariablesReceived':
    case 'TextHeld':
    case 'HeldTextTaken':
    case 'Marked':
    case 'NoteRecorded':
      return 'script';
    case 'EffectOpened':
    case 'EffectSettled':
    case 'EffectRetried':
    case 'TextDropped':
    case 'HeldTextGivenBack':
      return 'effect';
    case 'DeadlineSet':
    case 'DeadlineCleared':
    case 'DeadlineFired':
    case 'CloseOverdue':
      return 'time';
    default:
      return 'quiet';
  }
};

export const marks = [
  'ignored',
  'late',
  'repeated',
  'refused_webhook',
  'seen_by_people',
  'suppressed',
  'expired',
  'refused',
  'in_doubt',
  'crossed',
  'deferred',
  'not_sent',
  'dropped',
  'overdue',
  'parked',
  'script_error',
] as const;
export type Mark = (typeof marks)[number];

/** What did not go the plain way: shown as a badge on its event; the event's own words tell the reason. */
export const marksOf = (event: DomainEvent): readonly Mark[] => {
  switch (event.type) {
    case 'InputRecorded':
      return event.data.input?.refused === true ? ['refused_webhook'] : [];
    case 'InputIgnored':
      return ['ignored'];
    case 'InputLate':
      return ['late'];
    case 'InputRepeated':
      return ['repeated'];
    case 'WebhookRefused':
      return ['refused_webhook'];
    case 'MessagesSeenByPeople':
      return ['seen_by_people'];
    case 'EffectRetried':
      return [event.data.why];
    case 'EffectSettled': {
      const { outcome, crossed, by } = event.data;
      const how = outcomeMark[outcome];
      return [...(by === 'dropped' ? (['dropped'] as const) : how === undefined ? [] : [how]), ...(crossed ? (['crossed'] as const) : [])];
    }
    case 'TextDropped':
      return ['dropped'];
    case 'CloseOverdue':
      return ['overdue'];
    case 'ScriptAdvanced':
      return event.data.outcome === 'error' ? ['script_error'] : [];
    case 'DialogParked':
    case 'ReleaseFailed':
    case 'RecordSkipped':
      return ['parked'];
    default:
      return [];
  }
};

const outcomeMark: Readonly<Record<string, Mark>> = {
  suppressed: 'suppressed',
  expired: 'expired',
  refused: 'refused',
  in_doubt: 'in_doubt',
  deferred: 'deferred',
  unsupported: 'not_sent',
  account_removed: 'not_sent',
};
