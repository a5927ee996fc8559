import type { RowEvent } from './row.ts';

type Said = {
  readonly side?: unknown;
  readonly text?: unknown;
  readonly button?: { readonly text?: unknown };
  readonly file?: { readonly name?: unknown };
};

/**
 * Every text of an event by which its dialog can be found: what was said by anybody, names of files, what Webim told of the visitor.
 * All of it is personal data: it goes to the tables of words and of what was said, and nowhere else. Labels of buttons that were only offered are left out:
 * they would find every dialog that saw the menu. A shape that is not there reads as nothing.
 */
export const textsOf = ({ type, data }: Pick<RowEvent, 'type' | 'data'>): readonly string[] => {
  const found: unknown[] = [];
  const of = (data ?? {}) as Record<string, unknown>;
  const message = (said: Said | undefined): void => {
    found.push(said?.text, said?.button?.text, said?.file?.name);
  };
  if (type === 'InputRecorded') {
    const input = (of['input'] ?? {}) as {
      message?: Said;
      messages?: readonly Said[];
      visitor?: { fields?: Readonly<Record<string, unknown>> };
    };
    message(input.message);
    if (Array.isArray(input.messages)) for (const one of input.messages as readonly Said[]) message(one);
    found.push(...Object.values(input.visitor?.fields ?? {}));
  } else if (type === 'EffectOpened' || type === 'EffectRetried') {
    const effect = of['effect'] as { kind?: unknown; text?: unknown; name?: unknown } | undefined;
    if (effect?.kind === 'text') found.push(effect.text);
    if (effect?.kind === 'file') found.push(effect.name);
  } else if (type === 'NoteRecorded' || type === 'TextHeld' || type === 'TextDropped') found.push(of['text']);
  return found.filter((text): text is string => typeof text === 'string' && text !== '');
};

/** What the visitor said in an event, in its order: a text, a button pressed, the name of a file. Personal data too. */
export const visitorTextsOf = ({ type, data }: Pick<RowEvent, 'type' | 'data'>): readonly string[] => {
  if (type !== 'InputRecorded') return [];
  const input = ((data ?? {}) as { input?: { message?: Said; messages?: unknown } }).input ?? {};
  const messages = [...(Array.isArray(input.messages) ? (input.messages as readonly Said[]) : []), input.message];
  return messages
    .filter((message) => message?.side === 'visitor')
    .map((message) => [message?.text, message?.button?.text, message?.file?.name].find((text) => text !== undefined && text !== ''))
    .filter((text): text is string => typeof text === 'string');
};
