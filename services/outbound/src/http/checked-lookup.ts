import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { refusedAddressCode } from '@dialog/webim/bot-api/exchange';

/** All addresses of a name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export const systemResolve: Resolve = async (host) => (await systemLookup(host, { all: true })).map(({ address }) => address);

/**
 * The `lookup` of a connection: the name is resolved once, every address is checked, and the connection goes to what was checked. So a name
 * that answers differently the next time wins nothing. One forbidden address among several refuses the name.
 */
export const checkedLookup =
  (resolve: Resolve, permits: (address: string) => boolean): LookupFunction =>
  (host, options, callback) => {
    // Out of the promise: what the connection throws is its own.
    const answer = (error: NodeJS.ErrnoException | null, addresses: readonly string[]): void => {
      const found = addresses.map((address) => ({ address, family: isIP(address) }));
      if (options.all) setImmediate(callback, error, found);
      else setImmediate(callback, error, found[0]?.address ?? '', found[0]?.family);
    };
    resolve(host).then(
      (addresses) => {
        if (addresses.length === 0) answer(coded(`${host} has no address`, 'ENOTFOUND'), []);
        else if (!addresses.every(permits)) answer(coded('an address that may not be asked', refusedAddressCode), []);
        else answer(null, addresses);
      },
      (error: NodeJS.ErrnoException) => answer(error, []),
    );
  };

const coded = (message: string, code: string): NodeJS.ErrnoException => Object.assign(new Error(message), { code });
