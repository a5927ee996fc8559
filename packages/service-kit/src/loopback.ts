import { isIPv4 } from 'node:net';

/** Whether an address to listen on is reached from this machine alone. `0.0.0.0`, `::` and names of other machines are not. */
export const isLoopbackHost = (host: string): boolean => {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
};
