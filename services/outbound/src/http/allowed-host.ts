/**
 * Whether an account's list names the host of a URL. An entry is `host` (the scheme's own port), `host:port`, or `*.domain` for all
 * hosts below it, not itself. Another scheme than http and https, and a name and password in the URL, are never allowed.
 */
export const isAllowedHost = (url: URL, allowHosts: readonly string[]): boolean =>
  (url.protocol === 'http:' || url.protocol === 'https:') &&
  url.username === '' &&
  url.password === '' &&
  // `URL` leaves the scheme's own port out of `host`.
  allowHosts.some((entry) => (entry.startsWith('*.') ? url.host.endsWith(entry.slice(1)) : url.host === entry));
