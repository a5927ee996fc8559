import type { Clock } from '@dialog/contracts/clock';
import type { BotApiAnswer } from '@dialog/webim/bot-api/answer';
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhenResult } from 'cockatiel';

export type Circuit<Answer = BotApiAnswer> = {
  /** ms until the next attempt may go, 0 where it may go now. */
  readonly closedFor: () => number;
  /** Only right after `closedFor() === 0`, in the same turn. */
  readonly run: (call: () => Promise<Answer>) => Promise<Answer>;
};

export type CircuitOptions = {
  readonly clock: Clock;
  /** Failures in a row that open it. A refused token opens it at once. */
  readonly failures: number;
  /** First pause, ms; doubled with each opening in a row up to `maxPauseMs`. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
  readonly onOpen: (why: 'failures' | 'unauthorized') => void;
  readonly onClose: () => void;
};

/** What an answer says of whoever gave it: `unauthorized` opens the circuit at once. */
export type Fault = 'failure' | 'unauthorized' | undefined;

/** The circuit of one account. A refusal other than of the token is a success: Webim answers. */
export const accountCircuit = (options: CircuitOptions): Circuit => circuitOf(options, botApiFault);

/** A circuit over any kind of answer. cockatiel holds the state; the pause is measured here, since cockatiel reads the wall clock. */
export const circuitOf = <Answer>(options: CircuitOptions, faultOf: (answer: Answer) => Fault): Circuit<Answer> => {
  const { clock } = options;
  const inARow = new ConsecutiveBreaker(options.failures);
  let unauthorized = false;
  let openings = 0;
  let openUntil = Number.NEGATIVE_INFINITY;

  const policy = circuitBreaker(
    handleWhenResult((answer) => faultOf(answer as Answer) !== undefined),
    {
      halfOpenAfter: 0,
      breaker: {
        state: undefined,
        success: () => inARow.success(),
        failure: () => inARow.failure() || unauthorized,
      },
    },
  );
  policy.onBreak(() => {
    openings += 1;
    openUntil = clock.monotonic() + Math.min(options.maxPauseMs, options.pauseMs * 2 ** (openings - 1));
    const why = unauthorized ? 'unauthorized' : 'failures';
    unauthorized = false;
    options.onOpen(why);
  });
  policy.onReset(() => {
    openings = 0;
    unauthorized = false;
    options.onClose();
  });

  return {
    closedFor: () => {
      // One probe at a time: the others come back a little later.
      if (policy.state === CircuitState.HalfOpen) return options.pauseMs;
      return policy.state === CircuitState.Open ? Math.max(0, openUntil - clock.monotonic()) : 0;
    },
    run: (call) =>
      policy.execute(async () => {
        const answer = await call();
        if (faultOf(answer) === 'unauthorized') unauthorized = true;
        return answer;
      }),
  };
};

const botApiFault = (answer: BotApiAnswer): Fault => {
  switch (answer.kind) {
    case 'accepted':
      return undefined;
    case 'refused':
      return answer.reason === 'unauthorized' ? 'unauthorized' : undefined;
    case 'retry_later':
      // 429 says that Webim is well; the gate honours its pause.
      return answer.status >= 500 ? 'failure' : undefined;
    case 'not_sent':
    case 'in_doubt':
      return answer.code === 'aborted' ? undefined : 'failure';
  }
};
