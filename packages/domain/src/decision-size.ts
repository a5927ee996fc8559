import type { Draft } from './draft.ts';

/** Few events can't be large, whatever their input. */
const fewEvents = 30;
/** What is left up to the 512 KB of one append takes one more run of the script. */
const largeBytes = 320 * 1024;

/** The decision may not grow by much more: what is left to do waits for a decision of its own (design §7). */
export const isLarge = (draft: Draft): boolean => {
  if (draft.events.length <= fewEvents) return false;
  const { counted, events } = draft;
  for (; counted.events < events.length; counted.events++) counted.bytes += utf8Length(JSON.stringify(events[counted.events]));
  return counted.bytes > largeBytes;
};

const utf8Length = (text: string): number => {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Half of a pair counts two of the four bytes.
    if (code >= 0x80) bytes += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2;
  }
  return bytes;
};
