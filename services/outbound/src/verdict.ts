import type { EffectResult } from '@dialog/contracts/inbox';
import type { BotApiAnswer } from '@dialog/webim/bot-api/answer';
import type { StoredChatObject, StoredDataAnswer } from '@dialog/webim/stored-data/client';
import type { Held } from './account/gate.ts';
import { askedPauseMs, backOffMs } from './back-off.ts';
import type { Verdict } from './effect-result.ts';

type Waiting = {
  /** Attempts of this effect that came to nothing so far. */
  readonly failures: number;
  /** Log's time, ms. */
  readonly now: number;
  readonly random: () => number;
};

/** How often one effect may meet a fault of Webim's own (HTTP 500) before that is its answer (webim-protocol §3.5: "a few times"). */
export const maxServerFaults = 4;

/** Former results of the same effect that were such a fault. */
export const serverFaults = (results: readonly EffectResult[]): number =>
  results.filter(({ outcome, status }) => outcome === 'deferred' && status !== undefined && isServerFault(status)).length;

const isServerFault = (status: number): boolean => status >= 500 && status !== 502 && status !== 503 && status !== 504;

/** `formerFaults`: asked only where the answer is such a fault. */
export const verdictOf = async (answer: BotApiAnswer | Held, waiting: Waiting, formerFaults: () => Promise<number>): Promise<Verdict> => {
  switch (answer.kind) {
    case 'accepted':
      return { outcome: 'accepted', status: answer.status };
    case 'refused': {
      const { reason, code, status, desc } = answer;
      return { outcome: 'refused', reason, code, status, ...(desc === undefined ? {} : { desc }) };
    }
    case 'retry_later': {
      const { code, status } = answer;
      const desc = answer.desc === undefined ? {} : { desc: answer.desc };
      if (answer.aFewTimes && (await formerFaults()) >= maxServerFaults) {
        return { outcome: 'refused', reason: 'other', code, status, ...desc };
      }
      return { outcome: 'deferred', code, status, ...desc, notBefore: waiting.now + pause(answer.retryAfterMs, waiting) };
    }
    case 'not_sent':
      return { outcome: 'deferred', code: answer.code, notBefore: waiting.now + pause(undefined, waiting) };
    case 'in_doubt':
      return { outcome: 'in_doubt', code: answer.code, ...(answer.status === undefined ? {} : { status: answer.status }) };
    case 'held':
      return { outcome: 'deferred', code: answer.code, notBefore: waiting.now + heldPause(answer, waiting) };
    default:
      return answer satisfies never;
  }
};

/** A question that fails on the wire may be asked again; after that the answer is that there is none. */
const maxQuestions = 3;

export const storedDataVerdict = (answer: StoredDataAnswer<StoredChatObject>, waiting: Waiting): Verdict => {
  switch (answer.kind) {
    case 'accepted':
      return { outcome: 'accepted', status: answer.status, chat: answer.value.chat };
    case 'refused':
      return { outcome: 'refused', reason: answer.reason, code: answer.code, ...statusOf(answer) };
    case 'retry_later':
      if (waiting.failures + 1 >= maxQuestions) return { outcome: 'refused', reason: 'other', code: answer.code, ...statusOf(answer) };
      return { outcome: 'deferred', code: answer.code, ...statusOf(answer), notBefore: waiting.now + pause(answer.retryAfterMs, waiting) };
    default:
      return answer satisfies never;
  }
};

const pause = (retryAfterMs: number | undefined, { failures, random }: Waiting): number =>
  retryAfterMs === undefined ? backOffMs(failures, random) : askedPauseMs(retryAfterMs, random);

/** The rate's own times are spaced already; a circuit's end is one instant for all, so they are spread after it. */
const heldPause = ({ code, waitMs }: Held, { random }: Waiting): number =>
  Math.ceil(waitMs + (code === 'circuit_open' ? random() * 1_000 : 0));

const statusOf = (answer: { readonly status?: number }): { status?: number } =>
  answer.status === undefined ? {} : { status: answer.status };
