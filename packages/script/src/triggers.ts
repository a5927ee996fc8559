import { type ReturnCause, returnCauseSchema } from '@dialog/contracts/return-cause';
import { duration } from './compile-step.ts';
import { anyMediaType, isMediaTypePattern } from './media-type.ts';
import type { FileRule, Loser } from './model.ts';
import { nearest } from './nearest.ts';
import { compileRegex } from './regex.ts';
import type { ScriptBuilder } from './script-builder.ts';
import type { Reader, Source } from './source.ts';
import { causes, triggerWords } from './vocabulary.ts';
import { folded } from './words.ts';

type Trigger = { readonly reader: Reader; readonly builder: ScriptBuilder; readonly script: string; readonly source: Source };

/** What stands under `when`: one trigger or a list. */
export const readTriggers = (reader: Reader, builder: ScriptBuilder, script: string, when: Source): void => {
  for (const trigger of reader.isList(when) ? (reader.items(when, 'when') ?? []) : [when]) {
    const word = reader.scalar(trigger);
    if (word === 'chat_start' || word === 'fallback') {
      read[word]?.({ reader, builder, script, source: trigger });
      continue;
    }
    if (typeof word === 'string') {
      const near = nearest(
        word,
        Object.keys(triggerWords).filter((name) => name !== word),
      );
      const hint = near === undefined ? `one of ${Object.keys(triggerWords).join(', ')}` : `did you mean "${near}"?`;
      reader.error(trigger, 'bad-trigger', `"${word}" is no trigger by itself`, hint);
      continue;
    }
    const fields = reader.fields(trigger, Object.keys(triggerWords), 'a trigger');
    for (const [name, source] of fields ?? []) read[name]?.({ reader, builder, script, source });
  }
};

const read: Readonly<Record<string, (trigger: Trigger) => void>> = {
  chat_start: ({ reader, builder, script, source }) => {
    if (builder.chatStart !== null) taken(reader, source, 'chat_start', builder.chatStart);
    else builder.chatStart = script;
  },

  text: ({ reader, builder, script, source }) => {
    const fields = reader.fields(source, Object.keys(triggerWords['text']?.keys ?? {}), 'text');
    if (fields === undefined) return;
    const texts = (key: string): string[] => listOfTexts(reader, fields.get(key), key).flatMap((one) => compared(reader, one) ?? []);
    const rule = {
      ...rulesOf(script, 'text'),
      anyOf: new Set(texts('any_of')),
      words: texts('words').map((word) => ` ${word} `),
      contains: texts('contains'),
      regex: listOfTexts(reader, fields.get('regex'), 'regex').flatMap(({ text, at }) => compileRegex(reader, at, text) ?? []),
    };
    if (fields.size === 0) reader.error(source, 'empty-trigger', 'a text trigger needs any_of, words, contains or regex');
    builder.textRules.push(rule);
  },

  button: ({ reader, builder, script, source }) => {
    for (const { text: id, at } of listOfTexts(reader, source, 'button')) {
      const other = builder.buttonRules.get(id);
      if (other !== undefined) taken(reader, at, `the button "${id}"`, other);
      else builder.buttonRules.set(id, script);
    }
  },

  file: ({ reader, builder, script, source }) => {
    const inner = reader.isMap(source) ? reader.fields(source, ['media_type'], 'file')?.get('media_type') : source;
    if (inner === undefined) {
      reader.error(source, 'empty-trigger', 'a file trigger needs its media_type', 'file: "image/*", or file: true');
      return;
    }
    const any = reader.scalar(inner) === true;
    const mediaTypes = any
      ? [anyMediaType]
      : listOfTexts(reader, inner, 'file').flatMap(({ text, at }) => {
          const pattern = text.toLowerCase();
          if (isMediaTypePattern(pattern)) return [pattern];
          reader.error(at, 'bad-media-type', `"${text}" is no media type`, 'like image/png, image/* or */*');
          return [];
        });
    const rule: FileRule = { ...rulesOf(script, 'file'), mediaTypes };
    builder.fileRules.push(rule);
  },

  returned: ({ reader, builder, script, source }) => {
    const fields = reader.fields(source, ['cause'], 'returned');
    const cause = fields?.get('cause');
    if (fields !== undefined && cause === undefined)
      reader.error(source, 'no-cause', 'returned needs its causes', `cause: [${causes.join(', ')}]`);
    for (const { text, at } of listOfTexts(reader, cause, 'cause')) {
      const parsed = returnCauseSchema.safeParse(text);
      if (!parsed.success) reader.error(at, 'bad-cause', `"${text}" is no cause of a return`, `one of ${causes.join(', ')}`);
      else returnedFor(reader, builder, script, parsed.data, at);
    }
  },

  silence: ({ reader, builder, script, source }) => {
    const afterMs = duration({ reader }, source, 'silence');
    if (afterMs === null) return;
    const other = builder.silences.find((one) => one.afterMs === afterMs);
    if (other !== undefined) taken(reader, source, 'this silence', other.script);
    else builder.silences.push({ afterMs, script });
  },

  fallback: ({ reader, builder, script, source }) => {
    const fields = reader.isMap(source) ? reader.fields(source, ['streak'], 'fallback') : new Map<string, Source>();
    const at = fields?.get('streak');
    const streak = at === undefined ? 1 : reader.number(at, 'streak');
    if (streak === undefined) return;
    const other = builder.fallbacks.find((one) => one.streak === streak);
    if (!Number.isInteger(streak) || streak < 1 || streak > 100)
      reader.error(at ?? source, 'bad-streak', 'streak is a whole number from 1 to 100');
    else if (other !== undefined) taken(reader, at ?? source, `fallback ${streak}`, other.script);
    else builder.fallbacks.push({ streak, script });
  },
};

const returnedFor = (reader: Reader, builder: ScriptBuilder, script: string, cause: ReturnCause, at: Source): void => {
  const other = builder.returned.get(cause);
  if (other !== undefined) taken(reader, at, `the cause ${cause}`, other);
  else builder.returned.set(cause, script);
};

const taken = (reader: Reader, at: Source, what: string, by: string): void =>
  reader.error(at, 'duplicate-trigger', `${what} has a script already: ${by}`);

const rulesOf = (script: string, kind: 'text' | 'file'): { script: string; name: string; noMatch: Loser; outranked: Loser } => {
  const name = `${kind} scripts.${script}`;
  return {
    script,
    name,
    noMatch: { trigger: name, reason: 'no match' },
    outranked: { trigger: name, reason: 'a rule before it in the file won' },
  };
};

const listOfTexts = (reader: Reader, source: Source | undefined, what: string): { text: string; at: Source }[] => {
  if (source === undefined) return [];
  const sources = reader.isList(source) ? (reader.items(source, what) ?? []) : [source];
  return sources.flatMap((at) => {
    const text = reader.text(at, what);
    return text === undefined ? [] : [{ text, at }];
  });
};

/** As texts are compared; one that has no letter and no digit would match nothing, ever. */
const compared = (reader: Reader, { text, at }: { text: string; at: Source }): string | undefined => {
  const plain = folded(text);
  if (plain !== '') return plain;
  reader.error(at, 'empty-trigger', `"${text}" has no letter and no digit to compare by`, 'use regex for signs');
  return undefined;
};
