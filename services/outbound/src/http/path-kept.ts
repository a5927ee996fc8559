/** `.` or `..` as a URL parser reads them (WHATWG URL, single-dot and double-dot URL path segment). */
const dots = /^(?:\.|%2e){1,2}$/i;

/** A slash as it is, or as a visitor's answer has it: encoded. */
const slash = /\/|%2f|%5c/i;

/**
 * Whether the path of an address goes where it is written. A parser takes `.` and `..` away, and with them the place before: a visitor who answers `..` where
 * the script asks for an order's number would name the customer above it, for percent-encoding leaves dots as they are. His `../../admin` is one place to
 * the parser, its slashes being encoded; a server that decodes before it resolves (nginx does, to find the location) goes up all the same.
 */
export const isPathKept = (address: string, parsed: URL): boolean => {
  const path = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(address)?.[1];
  if (path === undefined) return false;
  const places = path === '' ? ['', ''] : path.split('/');
  return !path.split(slash).some((place) => dots.test(place)) && places.length === parsed.pathname.split('/').length;
};
