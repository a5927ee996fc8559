import { deadlineNameSchema } from '@dialog/contracts/domain-event';
import { z } from 'zod';

export const armedDeadlineSchema = z.object({
  name: deadlineNameSchema,
  at: z.number(),
  setAt: z.number(),
  /** The event that armed it. */
  setBy: z.number().int().describe('Revision'),
  /** Kind of the input that led to it. */
  input: z.string().nullable(),
  /** `script` only: the step whose time it is. */
  step: z.string().nullable(),
});
export type ArmedDeadline = z.infer<typeof armedDeadlineSchema>;

/** What of a dialog is on its way or waits: the part of its row that tells whether it goes on, and why not. Nothing personal. */
export const openWorkSchema = z.object({
  /** Open effects, the head first. */
  effects: z.array(
    z.object({
      number: z.number().int(),
      attempt: z.number().int(),
      kind: z.string(),
      purpose: z.string(),
      openedAt: z.number(),
      /** Since when it is what the dialog waits for: opened, become the head, or its present attempt; ms. */
      since: z.number(),
      /** The next attempt waits until then, log's time, ms; null: it is due. */
      notBefore: z.number().nullable(),
      /** Why the attempt before this one did not end it. */
      why: z.string().nullable(),
      /** Webim's code, or what the wire said, of the attempt before. */
      code: z.string().nullable(),
    }),
  ),
  deadlines: z.array(armedDeadlineSchema),
  /** Visitor's messages that wait for the script, oldest first, those of one input together. */
  waiting: z.array(z.object({ at: z.number(), count: z.number().int() })),
  step: z.string().nullable().describe('Where the script stands'),
  waitsFor: z.string().nullable(),
  overdue: z.object({ cause: z.string(), at: z.number() }).nullable(),
  /** An operator stopped the bot in this dialog. */
  stopped: z.boolean(),
  parked: z.object({ reason: z.string(), at: z.number() }).nullable(),
  /** While a trial runs: the wait for an operator, which goes on when it fails. */
  kept: z
    .object({ step: z.string().nullable(), waitsFor: z.string().nullable(), noOperator: armedDeadlineSchema.nullable() })
    .nullable()
    .describe('While the bot tries to take the chat back: what it goes back to'),
});
export type OpenWork = z.infer<typeof openWorkSchema>;
type Effect = OpenWork['effects'][number];

export const noWork: OpenWork = {
  effects: [],
  deadlines: [],
  waiting: [],
  step: null,
  waitsFor: null,
  overdue: null,
  stopped: false,
  parked: null,
  kept: null,
};

/** One event as the fold takes it; `input`: kind of the input that it follows. */
export type WorkEvent = {
  readonly revision: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: number;
  readonly input: string | null;
};

/**
 * The domain's own fold, as far as what is open goes: `open-work.test.ts` holds the two against each other after each event. Kept apart
 * from it since a row keeps no text, and must fold events that this version does not know.
 */
export const foldWork = (work: OpenWork, event: WorkEvent): OpenWork => {
  const { type, data, at } = event;
  switch (type) {
    case 'InputRecorded':
      if (fromVisitor(data['input'])) return { ...work, deadlines: without(work, 'silence') };
      return kindOf(data['input']) === 'visitor_answered' ? { ...work, deadlines: without(work, 'visitor') } : work;
    case 'OwnerChanged':
    case 'DialogReopened':
      return { ...work, overdue: null, deadlines: without(work, ...ofFormerOwner) };
    case 'TrialStarted':
      return {
        ...work,
        kept: { step: work.step, waitsFor: work.waitsFor, noOperator: work.deadlines.find(({ name }) => name === 'no_operator') ?? null },
        deadlines: without(work, 'script', 'no_operator', 'silence'),
      };
    case 'TrialEnded':
      return trialEnded(work, data['outcome'] === 'accepted');
    case 'MessageQueued':
      return { ...work, waiting: queued(work, at, 1) };
    case 'MessagesQueued':
      return { ...work, waiting: queued(work, at, Array.isArray(data['hashes']) ? data['hashes'].length : 0) };
    case 'MessagesSeenByPeople':
      return { ...work, waiting: [] };
    case 'ScriptAdvanced':
      return {
        ...work,
        ...stands(data['cursor']),
        // The script takes what waits in order, and nothing else while something does.
        waiting: data['message'] === undefined ? work.waiting : withoutFirst(work.waiting),
        deadlines: without(work, 'script'),
      };
    case 'EffectOpened':
      return { ...work, effects: [...work.effects, opened(data, at)], deadlines: without(work, 'silence') };
    case 'EffectRetried':
      return { ...work, effects: work.effects.map((open) => (open.number === data['number'] ? retried(open, data, at) : open)) };
    case 'EffectSettled':
      return settled(work, data['number'], at);
    case 'DeadlineSet': {
      const deadline = armed(work, event);
      return deadline === undefined ? work : { ...work, deadlines: [...without(work, deadline.name), deadline] };
    }
    case 'DeadlineCleared':
      return { ...work, deadlines: without(work, String(data['name'])) };
    case 'DeadlineFired':
      return {
        ...work,
        deadlines: without(work, String(data['name'])),
        effects:
          data['name'] === 'retry'
            ? work.effects.map((open, n) => (n === 0 ? { ...open, notBefore: null, since: at } : open))
            : work.effects,
      };
    case 'CloseOverdue':
      return { ...work, overdue: { cause: String(data['cause']), at: work.overdue?.at ?? at } };
    case 'DialogClosed':
      return { ...work, deadlines: [], overdue: null, waiting: data['final'] === true ? [] : work.waiting };
    case 'BotStopped':
      return { ...work, stopped: true };
    case 'BotStarted':
      return { ...work, stopped: false };
    case 'DialogParked':
      // A further marker says that the bot got its chat again: it is parked since the first, for its reason.
      return { ...work, parked: work.parked ?? { reason: String(data['reason']), at } };
    case 'DialogReleased':
      return { ...work, parked: null };
    default:
      return work;
  }
};

const ofFormerOwner = ['script', 'no_operator', 'abandon', 'stored_data', 'waiting', 'silence', 'visitor'];

const kindOf = (input: unknown): unknown => (input as { type?: unknown } | undefined)?.type;

const without = (work: OpenWork, ...names: readonly string[]): ArmedDeadline[] =>
  work.deadlines.some(({ name }) => names.includes(name)) ? work.deadlines.filter(({ name }) => !names.includes(name)) : work.deadlines;

const fromVisitor = (input: unknown): boolean => {
  const { type, refused, messages, message } = (input ?? {}) as {
    type?: string;
    refused?: boolean;
    messages?: { side?: string }[];
    message?: { side?: string };
  };
  if (refused === true) return false;
  if (type === 'new_message') return message?.side === 'visitor';
  return type === 'new_chat' && messages?.some(({ side }) => side === 'visitor') === true;
};

const trialEnded = (work: OpenWork, accepted: boolean): OpenWork => {
  if (work.kept === null) return work;
  if (accepted) return { ...work, kept: null, overdue: null, deadlines: without(work, 'abandon', 'stored_data') };
  const { step, waitsFor, noOperator } = work.kept;
  return {
    ...work,
    kept: null,
    step,
    waitsFor,
    deadlines: noOperator === null ? work.deadlines : [...without(work, 'no_operator'), noOperator],
  };
};

const queued = ({ waiting }: OpenWork, at: number, count: number): OpenWork['waiting'] => {
  const last = waiting.at(-1);
  if (count === 0) return waiting;
  return last?.at === at ? [...waiting.slice(0, -1), { at, count: last.count + count }] : [...waiting, { at, count }];
};

const withoutFirst = (waiting: OpenWork['waiting']): OpenWork['waiting'] => {
  const [first, ...rest] = waiting;
  if (first === undefined) return waiting;
  return first.count > 1 ? [{ ...first, count: first.count - 1 }, ...rest] : rest;
};

const stands = (cursor: unknown): Pick<OpenWork, 'step' | 'waitsFor'> => {
  const { step, waitsFor } = (cursor ?? {}) as { step?: unknown; waitsFor?: unknown };
  return { step: text(step), waitsFor: text(waitsFor) };
};

const opened = (data: WorkEvent['data'], at: number): Effect => ({
  number: Number(data['number']),
  attempt: 1,
  kind: text((data['effect'] as { kind?: unknown } | undefined)?.kind) ?? '',
  purpose: text(data['purpose']) ?? '',
  openedAt: at,
  since: at,
  notBefore: null,
  why: null,
  code: null,
});

const retried = (open: Effect, data: WorkEvent['data'], at: number): Effect => ({
  ...open,
  attempt: Number(data['attempt']),
  kind: text((data['effect'] as { kind?: unknown } | undefined)?.kind) ?? open.kind,
  since: at,
  notBefore: typeof data['notBefore'] === 'number' ? data['notBefore'] : null,
  why: text(data['why']),
  code: text(data['code']),
});

const settled = (work: OpenWork, number: unknown, at: number): OpenWork => {
  const place = work.effects.findIndex((open) => open.number === number);
  if (place < 0) return work;
  const effects = work.effects.toSpliced(place, 1);
  // The next one is published only now.
  return place > 0
    ? { ...work, effects }
    : { ...work, effects: effects.map((open, n) => (n === 0 ? { ...open, since: at } : open)), deadlines: without(work, 'retry') };
};

const armed = (work: OpenWork, { data, at, revision, input }: WorkEvent): ArmedDeadline | undefined => {
  const name = deadlineNameSchema.safeParse(data['name']);
  if (!name.success || typeof data['at'] !== 'number') return undefined;
  return { name: name.data, at: data['at'], setAt: at, setBy: revision, input, step: name.data === 'script' ? work.step : null };
};

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
