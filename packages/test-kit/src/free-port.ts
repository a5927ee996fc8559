import { createServer } from 'node:net';

/** Below the range from which a system takes the ports of outgoing connections (32768 on Linux, 49152 elsewhere). */
const [lowest, highest] = [10_240, 32_000];

/**
 * A port that is free now, for a process that must come back at the same address. Outside the range of outgoing connections: while it is gone, one of those would
 * take its port, and a client that asks again and again for a port on its own machine can even be connected to itself.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
};
