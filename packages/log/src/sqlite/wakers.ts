/** Wakes what waits for appends within the process; `wait` ends at the next wake, or after `ms` of real time for other processes' appends. */
export type Wakers = { readonly wake: () => void; readonly listen: () => { readonly wait: (ms: number) => Promise<void> } };

export const wakers = (): Wakers => {
  const waiting = new Set<() => void>();
  return {
    wake: () => {
      for (const done of [...waiting]) done();
    },
    /** Call before looking, wait after: a wake in between is not missed. */
    listen: () => {
      let woken = false;
      let resolveWait: (() => void) | undefined;
      const done = (): void => {
        woken = true;
        waiting.delete(done);
        resolveWait?.();
      };
      waiting.add(done);
      return {
        wait: async (ms) => {
          if (woken) return;
          await new Promise<void>((resolve) => {
            const timer = setTimeout(done, ms);
            resolveWait = () => {
              clearTimeout(timer);
              resolve();
            };
          });
        },
      };
    },
  };
};
