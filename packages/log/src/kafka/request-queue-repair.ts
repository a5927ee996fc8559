import { createRequire } from 'node:module';

type RequestQueue = {
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  readonly pending: readonly unknown[];
  readonly checkPendingRequests: () => void;
  scheduleCheckPendingRequests: () => void;
};

const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };

/** The client's own pause between looks at a queue that waits for room, ms. */
const lookAgainMs = 10;

/**
 * kafkajs 2.2.4 arms a timer with a negative delay for ever, on each connection: about 900 timers a second and some percent of a core while
 * idle. Here it is armed only while a request waits.
 */
prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
  const throttledFor = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    throttledFor > 0 ? throttledFor : lookAgainMs,
  );
};
