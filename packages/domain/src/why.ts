import type { DomainEvent, DomainEventOf, DomainEventType } from '@dialog/contracts/domain-event';

/** An event of a dialog's stream at its place. */
export type PlacedEvent = DomainEvent & { readonly revision: number };

/** One link of the chain from an event back to what came from outside. */
export type Link = {
  readonly event: PlacedEvent;
  /** An earlier decision that this one completes: the effect that was settled, the deadline that was armed, the message that waited. */
  readonly completes: PlacedEvent | null;
};

export type Why = {
  readonly event: PlacedEvent;
  /** From the event to the input of its append, which is the last; each link was decided because of the next. */
  readonly chain: readonly Link[];
  /** The input by which it was decided; null: a marker of an operator or of the engine, which no input decided. */
  readonly input: (DomainEventOf<'InputRecorded'> & { readonly revision: number }) | null;
  /** The run of the script that it came of, the nearest one in the chain. */
  readonly advance: (DomainEventOf<'ScriptAdvanced'> & { readonly revision: number }) | null;
  /** Hash of the script that the dialog is pinned to. */
  readonly script: string | null;
};

/**
 * Why an event stands in a history: read from the events alone, so it holds for a history of any age, and the same for everybody.
 * @returns undefined where no event has this revision
 */
export const why = (events: readonly PlacedEvent[], revision: number): Why | undefined => {
  const at = events.findIndex((event) => event.revision === revision);
  const event = events[at];
  if (event === undefined) return undefined;
  const start = startOfAppend(events, at);
  const chain: Link[] = [];
  for (let place: number | undefined = at; place !== undefined; place = causeOf(events, start, place)) {
    chain.push({ event: events[place] as PlacedEvent, completes: completedBy(events, place) });
  }
  const first = chain.at(-1)?.event;
  const advance = chain.find((link) => link.event.type === 'ScriptAdvanced')?.event;
  const started = events.slice(0, at + 1).findLast((one) => one.type === 'DialogStarted');
  return {
    event,
    chain,
    input: first?.type === 'InputRecorded' ? first : null,
    advance: advance?.type === 'ScriptAdvanced' ? advance : null,
    script: started?.type === 'DialogStarted' ? started.data.script : null,
  };
};

/** Each append begins with its input, or is a marker alone; −1: a marker before any input. */
const startOfAppend = (events: readonly PlacedEvent[], at: number): number => {
  for (let place = at; place > 0; place--) if (events[place]?.type === 'InputRecorded') return place;
  return events[0]?.type === 'InputRecorded' ? 0 : -1;
};

/** What may have led to an event within one decision; the nearest one before it did. None of them: the input itself. */
const causes = (event: DomainEvent): readonly DomainEventType[] => {
  switch (event.type) {
    case 'EffectOpened':
      return ofPurpose[event.data.purpose] ?? [];
    case 'ScriptAdvanced':
      return ofTrigger[event.data.trigger] ?? [];
    case 'Marked':
    case 'NoteRecorded':
    case 'TextDropped':
      return ['ScriptAdvanced'];
    case 'DialogStarted':
      return ['DialogParked'];
    case 'OwnerChanged':
      return ['DialogStarted', 'EffectSettled', 'DeadlineFired', 'WebhookRefused', 'WebhookRefusalTakenBack'];
    case 'FlagSet':
      return ['OwnerChanged', 'DialogClosed', 'EffectSettled'];
    case 'FlagReset':
      return ['DialogClosed', 'TrialEnded', 'OwnerChanged', 'FlagSet', 'WebhookRefusalTakenBack'];
    case 'ReturnStarted':
      return ['FlagReset'];
    case 'TrialStarted':
      return ['DeadlineFired', 'MessageQueued'];
    case 'TrialEnded':
      return ['EffectSettled', 'ScriptAdvanced', 'DialogClosed'];
    case 'DialogClosed':
      return ['EffectSettled', 'DeadlineFired'];
    case 'CloseOverdue':
      return ['EffectSettled', 'DeadlineFired'];
    case 'DeadlineSet':
      return ofDeadline[event.data.name] ?? [];
    case 'DialogParked':
      return ['ScriptAdvanced', 'EffectSettled'];
    case 'EffectRetried':
      return [];
    case 'EffectSettled':
      return event.data.by === 'dropped' ? ['OwnerChanged', 'EffectSettled', 'TrialEnded', 'DialogParked'] : [];
    default:
      return [];
  }
};

const ofPurpose: Readonly<Record<string, readonly DomainEventType[]>> = {
  reply: ['ScriptAdvanced'],
  handover: ['ScriptAdvanced'],
  close: ['ScriptAdvanced'],
  http: ['ScriptAdvanced'],
  auto_close: ['DeadlineFired'],
  stored_data: ['DeadlineFired', 'CloseOverdue'],
  expired_reply: ['EffectSettled'],
  ask_back: ['TrialStarted'],
  parked: ['DialogParked'],
};
const ofTrigger: Readonly<Record<string, readonly DomainEventType[]>> = {
  chat_start: ['DialogStarted', 'WebhookRefusalTakenBack'],
  timeout: ['DeadlineFired', 'EffectSettled'],
  silence: ['DeadlineFired'],
  returned: ['ReturnStarted', 'TrialStarted'],
  no_operator: ['TrialStarted', 'DeadlineFired'],
  handover_accepted: ['OwnerChanged'],
  handover_failed: ['EffectSettled'],
  close_failed: ['EffectSettled'],
  http_result: ['EffectSettled'],
  close_accepted: ['EffectSettled'],
  chat_closed: ['EffectSettled'],
};
const ofDeadline: Readonly<Record<string, readonly DomainEventType[]>> = {
  script: ['EffectSettled', 'ScriptAdvanced'],
  silence: ['EffectSettled', 'DeadlineFired', 'ScriptAdvanced'],
  retry: ['EffectRetried'],
  no_operator: ['OwnerChanged', 'TrialEnded'],
  abandon: ['CloseOverdue', 'DeadlineFired'],
  auto_close: ['DialogStarted', 'OwnerChanged', 'EffectSettled', 'DialogReopened', 'DeadlineFired'],
};

/** The place of what led to the event; undefined: it is the input itself, or a marker. */
const causeOf = (events: readonly PlacedEvent[], start: number, place: number): number | undefined => {
  const event = events[place] as PlacedEvent;
  if (place <= start) return undefined;
  const wanted = causes(event);
  for (let before = place - 1; before > start; before--) {
    const candidate = events[before] as PlacedEvent;
    if (wanted.includes(candidate.type)) return before;
    // A message is answered by the run that names it: what stands before that run led to others.
    if (candidate.type === 'ScriptAdvanced' && event.type === 'ScriptAdvanced' && event.data.message !== undefined) break;
  }
  return events[start]?.type === 'InputRecorded' ? start : undefined;
};

/** The earlier event that this one completes. */
const completedBy = (events: readonly PlacedEvent[], place: number): PlacedEvent | null => {
  const event = events[place] as PlacedEvent;
  const before = (holds: (one: PlacedEvent) => boolean): PlacedEvent | null => events.slice(0, place).findLast(holds) ?? null;
  switch (event.type) {
    case 'EffectSettled':
    case 'EffectRetried':
      return before((one) => one.type === 'EffectOpened' && one.data.number === event.data.number);
    case 'DeadlineFired':
    case 'DeadlineCleared':
      return before((one) => one.type === 'DeadlineSet' && one.data.name === event.data.name);
    case 'ScriptAdvanced': {
      const { message } = event.data;
      return message === undefined ? null : before((one) => one.type === 'InputRecorded' && carries(one.data.input, message));
    }
    default:
      return null;
  }
};

const carries = (input: DomainEventOf<'InputRecorded'>['data']['input'], hash: string): boolean =>
  input.type === 'new_message'
    ? input.message.hash === hash
    : input.type === 'new_chat' && input.messages.some((message) => message.hash === hash);
