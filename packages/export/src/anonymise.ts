import { type ExportEvent, type ExportLine, pinsOfEvent } from '@dialog/contracts/export-file';
import { changePersonal } from '@dialog/domain/erase-personal';
import type { Pseudonyms } from './pseudonyms.ts';
import { noVocabulary, type Vocabulary, vocabularyOf } from './vocabulary.ts';

export type AnonymiseOptions = {
  readonly pseudonyms: Pseudonyms;
  /** Of an export that goes on: the script of each stream begun, and the sources. */
  readonly scripts?: ReadonlyMap<string, string>;
  readonly sources?: ReadonlyMap<string, string>;
};

/**
 * The lines with pseudonyms in place of all that the schemas mark `personal`, and of what they do not know. It folds to the same state hashes;
 * words of the dialog's script stay, so that what matched goes on matching.
 */
export const anonymiser = ({ pseudonyms, scripts, sources }: AnonymiseOptions): ((line: ExportLine) => ExportLine) => {
  const vocabularies = new Map([...(sources ?? [])].map(([hash, source]) => [hash, vocabularyOf(source)]));
  const scriptOf = new Map(scripts);

  const vocabularyFor = (event: ExportEvent): Vocabulary => {
    const pinned = pinsOfEvent(event).script;
    if (pinned !== undefined) scriptOf.set(event.stream, pinned);
    return vocabularies.get(scriptOf.get(event.stream) ?? '') ?? noVocabulary;
  };
  const anonymised = (event: ExportEvent): ExportEvent => {
    const vocabulary = vocabularyFor(event);
    const deep = (value: unknown): unknown => {
      if (typeof value === 'string') return pseudonyms.text(value, vocabulary);
      if (typeof value === 'number') return pseudonyms.number(value, vocabulary);
      if (Array.isArray(value)) return value.map(deep);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [keyOf(key, vocabulary), deep(inner)]));
    };
    const keyOf = (key: string, known: Vocabulary): string => (/@|\d{5}/.test(key) ? pseudonyms.text(key, known) : key);
    const { data } = changePersonal(event, {
      // A record byte for byte: nothing in it can be told apart.
      personal: (value, name) => (name === 'valueBase64' ? '' : deep(value)),
      unknown: deep,
    });
    return { ...event, id: pseudonyms.id(event.id), data };
  };
  return (line) => {
    if (line.line === 'script') vocabularies.set(line.hash, vocabularyOf(line.source));
    if (line.line === 'header') return { ...line, pseudonyms: pseudonyms.name };
    return line.line === 'event' ? anonymised(line) : line;
  };
};
