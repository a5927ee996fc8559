/** `image/png`, `image/*`, or any: `*` on both sides. */
const pattern = /^(?:\*\/\*|[a-z0-9][a-z0-9.+-]{0,63}\/(?:\*|[a-z0-9][a-z0-9.+-]{0,126}))$/;

export const anyMediaType = '*/*';

export const isMediaTypePattern = (text: string): boolean => pattern.test(text);

/** @param mediaType as Webim tells it, parameters allowed; undefined where it does not: then only "any" matches */
export const mediaTypeMatches = (patterns: readonly string[], mediaType: string | undefined): boolean => {
  const type = mediaType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return patterns.some(
    (wanted) =>
      wanted === anyMediaType || wanted === type || (wanted.endsWith('/*') && type.startsWith(wanted.slice(0, -1)) && type !== ''),
  );
};
