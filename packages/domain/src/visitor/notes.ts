import type { DomainEvent } from '@dialog/contracts/domain-event';
import { type DialogId, type VisitorId, visitorHashSchema } from '@dialog/contracts/ids';
import type { InboxInput } from '@dialog/contracts/inbox';
import type { VisitorEvent, VisitorInput } from '@dialog/contracts/visitor';
import type { DialogState } from '../state.ts';

/** An inbox record that one aggregate writes to another. Written again for the same events it has the same id. */
export type NoteToVisitor = { readonly to: VisitorId; readonly input: VisitorInput };
export type NoteToDialog = { readonly to: DialogId; readonly input: InboxInput };

type At<T> = T & { readonly revision: number };

const tellingTypes = [
  'DialogStarted',
  'DialogCompleted',
  'DialogReopened',
  'VisitorAsked',
  'DialogClosed',
  'TextHeld',
  'HeldTextTaken',
  'HeldTextGivenBack',
  'VisitorVariablesChanged',
  'ChatAnswered',
  'TextsOffered',
  'ChatStartPassedOn',
  'VariablesPassedOn',
] as const;
type TellingType = (typeof tellingTypes)[number];
const telling: ReadonlySet<string> = new Set(tellingTypes);

/** Whether an append with this event may tell another aggregate something. */
export const tells = <T extends { readonly type: string }>(event: T): event is Extract<T, { readonly type: TellingType }> =>
  telling.has(event.type);

/** The visitor of a dialog: as the door named him, or who wrote to it. */
export const visitorOf = (state: DialogState, input?: InboxInput): string | undefined => {
  const known = state.status === 'live' ? (state.visitor ?? undefined) : undefined;
  const hash = known ?? (input !== undefined && 'visitor' in input && typeof input.visitor === 'string' ? input.visitor : undefined);
  // Nobody known is the rule where a door names none; a schema that fails makes an error each time.
  return hash === undefined ? undefined : visitorHashSchema.safeParse(hash).data;
};

type FromDialog = {
  readonly id: DialogId;
  readonly chatIdForm: 'number' | 'string';
  readonly visitor: string;
  /** The events of one append. */
  readonly events: readonly At<DomainEvent>[];
  /** Time of the input, log's time, ms. */
  readonly at: number;
};

/** What the events of one append of a dialog tell its visitor, in order. The ids derive from the events' places in the stream. */
export const notesToVisitor = ({ id, chatIdForm, visitor, events, at }: FromDialog): NoteToVisitor[] => {
  const to = { account: id.account, visitor };
  const notes: VisitorInput[] = [];
  let told = false;
  const common = (revision: number) => ({
    inputId: `note:${id.account}:${id.chatId}:${revision}`,
    account: id.account,
    visitor,
    receivedAt: at,
    chatId: id.chatId,
  });
  // A start and the question that comes with it are one note.
  const asks = events.some((event) => event.type === 'VisitorAsked');
  const open = (revision: number, reopened: boolean): void => {
    notes.push({ type: 'visitor_chat_open', ...common(revision), chatIdForm, since: at, reopened, asks });
    told = true;
  };
  for (const event of events) {
    if (!tells(event)) continue;
    switch (event.type) {
      case 'DialogStarted':
      case 'DialogCompleted':
        if (event.data.visitor !== undefined) open(event.revision, false);
        break;
      case 'DialogReopened':
        open(event.revision, true);
        break;
      case 'VisitorAsked':
        if (!told) open(event.revision, false);
        break;
      case 'DialogClosed':
        notes.push({ type: 'visitor_chat_ended', ...common(event.revision) });
        break;
      case 'TextHeld':
        notes.push({ type: 'visitor_text_held', ...common(event.revision), text: event.data.text });
        break;
      case 'HeldTextTaken':
      case 'HeldTextGivenBack': {
        const taken = event.type === 'HeldTextTaken';
        notes.push({ type: 'visitor_text_settled', ...common(event.revision), textId: event.data.textId, taken });
        break;
      }
      case 'VisitorVariablesChanged': {
        const { change, names, values } = event.data;
        notes.push({
          type: 'visitor_variables_changed',
          ...common(event.revision),
          change,
          names,
          values: values as Record<string, never>,
        });
        break;
      }
      default:
        event satisfies never;
    }
  }
  return notes.map((input) => ({ to, input }));
};

/** What the events of one append of a visitor tell his dialogs, in order. */
export const notesToDialogs = (
  id: VisitorId,
  events: readonly At<VisitorEvent>[],
  /** Time of the input, log's time, ms. */
  at: number,
): NoteToDialog[] => {
  const { account, visitor } = id;
  const common = ({ chatId, chatIdForm }: { chatId: DialogId['chatId']; chatIdForm: 'number' | 'string' }, revision: number) => ({
    // The account stands in the keyed hash; so the id keeps within its limit.
    inputId: `note:v:${visitor}:${revision}:${chatId}`,
    account,
    chatId,
    chatIdForm,
    receivedAt: at,
    visitor,
  });
  return events
    .filter(tells)
    .flatMap((event): InboxInput[] => {
      switch (event.type) {
        case 'ChatAnswered': {
          const { knownChange, values, texts } = event.data;
          return [{ type: 'visitor_answered', ...common(event.data, event.revision), knownChange, values, texts }];
        }
        case 'TextsOffered':
          return [{ type: 'texts_offered', ...common(event.data, event.revision), texts: event.data.texts }];
        case 'ChatStartPassedOn':
          return event.data.to.map((chat) => ({
            type: 'next_chat_started',
            ...common(chat, event.revision),
            nextChatId: event.data.nextChatId,
          }));
        case 'VariablesPassedOn':
          return event.data.to.map((chat) => ({
            type: 'visitor_variables',
            ...common(chat, event.revision),
            knownChange: chat.knownChange,
            values: event.data.values,
          }));
        default:
          event satisfies never;
          return [];
      }
    })
    .map((input) => ({ to: { account, chatId: input.chatId }, input }));
};
