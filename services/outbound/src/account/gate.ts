import type { Clock } from '@dialog/contracts/clock';
import type { BotApiAnswer } from '@dialog/webim/bot-api/answer';
import { maxRetryAfterMs } from '../back-off.ts';
import type { Circuit } from './circuit.ts';
import type { TokenBucket } from './token-bucket.ts';

/** Not tried: the account's limit or circuit said so, at once. */
export type Held = { readonly kind: 'held'; readonly code: 'rate_limit' | 'circuit_open'; readonly waitMs: number };

export type AccountGate = {
  /** Makes the call, or says at once how long to stay away. `who`: one chat, so that the time it was told is kept for it. */
  readonly send: (who: string, call: () => Promise<BotApiAnswer>) => Promise<BotApiAnswer | Held>;
};

/** What stands between an account's effects and its Webim: a pause that Webim asked for, the circuit, the rate. */
export const accountGate = ({ clock, bucket, circuit }: { clock: Clock; bucket: TokenBucket; circuit: Circuit }): AccountGate => {
  let askedUntil = Number.NEGATIVE_INFINITY;
  return {
    send: async (who, call) => {
      const asked = askedUntil - clock.monotonic();
      const open = circuit.closedFor();
      if (asked > 0 || open > 0) bucket.giveBack(who);
      if (asked > 0) return { kind: 'held', code: 'rate_limit', waitMs: asked };
      if (open > 0) return { kind: 'held', code: 'circuit_open', waitMs: open };
      const wait = bucket.take(who);
      if (wait > 0) return { kind: 'held', code: 'rate_limit', waitMs: wait };
      const answer = await circuit.run(call);
      if (answer.kind === 'retry_later' && answer.status === 429 && answer.retryAfterMs !== undefined) {
        askedUntil = clock.monotonic() + Math.min(answer.retryAfterMs, maxRetryAfterMs);
      }
      return answer;
    },
  };
};
