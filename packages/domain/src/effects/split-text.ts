/** Longest text sent in one message, characters (webim-protocol §13.19: unknown, so cautious). */
const maxTextLength = 2000;

/** Splits at the last line or word border before the limit; never inside a surrogate pair; order kept; nothing but border white space lost. */
export const splitText = (text: string, limit = maxTextLength): string[] => {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > limit) {
    const window = rest.slice(0, limit + 1);
    const border = Math.max(window.lastIndexOf('\n'), window.lastIndexOf(' '));
    const hard = isHighSurrogate(rest.charCodeAt(limit - 1)) ? limit - 1 : limit;
    const cut = border > limit / 2 ? border : hard;
    parts.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).trimStart();
  }
  parts.push(rest);
  // A part of white space alone says nothing, and Webim refuses it as empty.
  return parts.filter((part) => part.trim() !== '');
};

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
