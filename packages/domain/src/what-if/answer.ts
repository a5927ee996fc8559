import type { DomainEvent } from '@dialog/contracts/domain-event';
import type { InboxInput } from '@dialog/contracts/inbox';
import type { Message } from '@dialog/contracts/message';

/** What the visitor says in a fork instead of what was recorded. */
export type Answer = { readonly text: string } | { readonly button: string; readonly label: string };

/** The recorded event from which a fork at this event decides again: the visitor's words that it belongs to, else the next input. */
export const forkStart = (recorded: readonly DomainEvent[], at: number): number => {
  let opening = Math.min(at, recorded.length - 1);
  while (opening > 0 && recorded[opening]?.type !== 'InputRecorded') opening -= 1;
  if (answerableAt(recorded, opening) !== undefined) return opening;
  const next = recorded.findIndex((event, index) => index > opening && event.type === 'InputRecorded');
  return next < 0 ? recorded.length : next;
};

/** @returns the message that an answer takes the place of in a fork at this event, with the index of its input; undefined: the visitor says nothing from there on. */
export const replacedBy = (
  recorded: readonly DomainEvent[],
  at: number,
): { readonly of: number; readonly message: Message } | undefined => {
  for (let of = forkStart(recorded, at); of < recorded.length; of++) {
    const message = answerableAt(recorded, of);
    if (message !== undefined) return { of, message };
  }
  return undefined;
};

/** The visitor's message in an input that an answer may stand for. A chat that comes again brings what was said before with it: only what is new in it counts. */
export const answerableAt = (recorded: readonly DomainEvent[], at: number): Message | undefined => {
  const [first, ...more] = visitorsWords(recorded[at]);
  const event = recorded[at];
  if (first === undefined || event?.type !== 'InputRecorded' || event.data.input.type === 'new_message') return first;
  const known = new Set(recorded.slice(0, at).flatMap((earlier) => visitorsWords(earlier).map(({ hash }) => hash)));
  return [first, ...more].find(({ hash }) => !known.has(hash));
};

const visitorsWords = (event: DomainEvent | undefined): readonly Message[] => {
  if (event?.type !== 'InputRecorded') return [];
  const { input } = event.data;
  if (input.type !== 'new_message' && input.type !== 'new_chat') return [];
  const messages = input.type === 'new_message' ? [input.message] : input.messages;
  return input.refused === true ? [] : messages.filter(({ side }) => side === 'visitor');
};

/** The input as it would have come with the answer in place of one of its messages. */
export const withAnswer = (input: InboxInput, replaced: Message, answer: Answer): InboxInput => {
  const message = messageOf(answer, replaced);
  const inputId = `fork:${input.inputId}`;
  if (input.type === 'new_message') return { ...input, inputId, message };
  if (input.type !== 'new_chat') return input;
  return { ...input, inputId, messages: input.messages.map((one) => (one === replaced ? message : one)) };
};

/** The answer as Webim would send it; `replaced`: what it stands for, if anything. */
export const messageOf = (answer: Answer, replaced: Message | undefined): Message => {
  const base = { hash: `fork:${replaced?.hash ?? 'added'}`, hashOfContent: false, side: 'visitor' as const };
  return 'text' in answer
    ? { ...base, kind: 'visitor', text: answer.text }
    : { ...base, kind: 'keyboard_response', button: { id: answer.button, text: answer.label } };
};
