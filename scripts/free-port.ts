import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** A port that is free now, for a process that must come back at the same address. */
export const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};
