import type { Clock } from '@dialog/contracts/clock';
import type { Exchange } from '@dialog/webim/bot-api/exchange';
import { retryAfterMs } from '@dialog/webim/bot-api/retry-after';
import { circuitOf } from '../account/circuit.ts';
import { tokenBucket } from '../account/token-bucket.ts';

/** Not tried: this host's limit, its circuit or its own wish said so, at once. */
export type HeldByHost = { readonly kind: 'held'; readonly code: 'rate_limit' | 'circuit_open' | 'asked_to_wait'; readonly waitMs: number };

export type HostGate = {
  /** `who`: one step of one dialog, so that the time it was told is kept for it. */
  readonly send: (who: string, call: () => Promise<Exchange>) => Promise<Exchange | HeldByHost>;
};

/** A visitor waits for the answer: a longer pause than this is taken as "no". */
export const maxHostPauseMs = 30_000;

/** What stands between one account's http steps and one host. Another host, or another account, is not held up by it. */
export const hostGate = (options: {
  readonly clock: Clock;
  readonly ratePerSecond: number;
  readonly burst: number;
  readonly failures: number;
  readonly onCircuit: (open: boolean) => void;
}): HostGate => {
  const { clock } = options;
  const bucket = tokenBucket(options);
  const circuit = circuitOf<Exchange>(
    {
      clock,
      failures: options.failures,
      pauseMs: 2_000,
      maxPauseMs: maxHostPauseMs,
      onOpen: () => options.onCircuit(true),
      onClose: () => options.onCircuit(false),
    },
    (answer) => (hostIsUnwell(answer) ? 'failure' : undefined),
  );
  let askedUntil = Number.NEGATIVE_INFINITY;
  return {
    send: async (who, call) => {
      const asked = askedUntil - clock.monotonic();
      const open = circuit.closedFor();
      if (asked > 0 || open > 0) bucket.giveBack(who);
      if (asked > 0) return { kind: 'held', code: 'asked_to_wait', waitMs: asked };
      if (open > 0) return { kind: 'held', code: 'circuit_open', waitMs: open };
      const wait = bucket.take(who);
      if (wait > 0) return { kind: 'held', code: 'rate_limit', waitMs: wait };
      const answer = await circuit.run(call);
      if (answer.kind === 'answered' && answer.status === 429) {
        askedUntil = clock.monotonic() + Math.min(retryAfterMs(answer.headers, clock.now()) ?? 0, maxHostPauseMs);
      }
      return answer;
    },
  };
};

const hostIsUnwell = (answer: Exchange): boolean =>
  answer.kind === 'answered' ? answer.status >= 500 : answer.code !== 'aborted' && answer.code !== 'refused_address';
