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

/** What kind of thing happened: the colour of its mark. */
export const category = (event: DomainEvent): 'input' | 'owner' | 'script' | 'effect' | 'time' | 'trouble' | 'quiet' => {
  switch (event.type) {
    case 'InputRecorded':
      return event.data.input?.type === 'effect_result' ? 'quiet' : event.data.input?.type === 'timer_due' ? 'time' : 'input';
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
    case 'Marked':
    case 'NoteRecorded':
      return 'script';
    case 'EffectOpened':
      return 'effect';
    case 'EffectSettled':
      return event.data.outcome === 'accepted' ? 'effect' : 'trouble';
    case 'DeadlineSet':
    case 'DeadlineCleared':
    case 'DeadlineFired':
      return 'time';
    case 'EffectRetried':
    case 'TextDropped':
    case 'CloseOverdue':
    case 'DialogParked':
    case 'WebhookRefused':
      return 'trouble';
    default:
      return 'quiet';
  }
};
