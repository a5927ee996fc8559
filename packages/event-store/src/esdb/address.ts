/** What the adapter itself has to know of a connection string; the rest is the client's. */
export type Address = {
  /** The connection string for the client. */
  readonly connectionString: string;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  readonly tls: boolean;
};

/** With these values of `DEBUG` the client prints connection string, password and credentials (event-store.md §5.14). */
const talkative = /(^|[\s,])(\*|esdb)/;

/** The options that the client knows (its `parseConnectionString.js`), in its flat spelling. */
const known = new Set(
  'usercertfile userkeyfile maxdiscoverattempts connectionname defaultdeadline discoveryinterval gossiptimeout nodepreference tls tlscafile keepaliveinterval keepalivetimeout'.split(
    ' ',
  ),
);

/**
 * `esdb://[user:password@]host[:port][,host…][/]?option=value&…`, or `esdb+discover://`. Checked here, since the client prints a whole
 * connection string with its password to the console where it does not know an option, and keeps it in the error where it can't read it.
 * @throws Error that says what is wrong and never repeats the address
 */
export const parseAddress = (url: string, debug = process.env['DEBUG'] ?? ''): Address => {
  const match = /^esdb(?:\+discover)?:\/\/(?:(?<user>[^:@/?]+):(?<password>[^@/?]+)@)?(?<hosts>[^@?]+?)\/?(?:\?(?<options>.*))?$/.exec(url);
  if (match?.groups === undefined) throw new Error('EVENTS_URL is not esdb://[user:password@]host[:port]?option=value');
  const { user, password, options = '' } = match.groups;
  if (password !== undefined && talkative.test(debug))
    throw new Error('DEBUG must not name esdb: the client would print the password of EVENTS_URL');
  let tls = true;
  for (const pair of options.split('&').filter((text) => text !== '')) {
    const [name = '', value = ''] = pair.split('=');
    const flat = name.toLowerCase().replace(/[_-]/g, '');
    if (flat === 'throwonappendfailure')
      throw new Error('EVENTS_URL: throwOnAppendFailure must not be set: the client then tells wrong revisions');
    if (flat === 'tlsverifycert')
      throw new Error('EVENTS_URL: tlsVerifyCert has no effect in this client; name the authority in tlsCAFile');
    if (!known.has(flat)) throw new Error(`EVENTS_URL: unknown option ${JSON.stringify(name)}`);
    if (flat === 'tls') tls = value !== 'false';
  }
  return {
    connectionString: url,
    credentials:
      user === undefined || password === undefined
        ? undefined
        : { username: decodeURIComponent(user), password: decodeURIComponent(password) },
    tls,
  };
};
