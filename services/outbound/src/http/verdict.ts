import { isIdempotent } from '@dialog/contracts/attempts';
import type { EffectResult } from '@dialog/contracts/inbox';
import type { Exchange } from '@dialog/webim/bot-api/exchange';
import { retryAfterMs } from '@dialog/webim/bot-api/retry-after';
import { askedPauseMs, backOffMs } from '../back-off.ts';
import type { Verdict } from '../effect-result.ts';
import { answerBody } from './answer-body.ts';
import { type HeldByHost, maxHostPauseMs } from './host-gate.ts';
import type { HttpEffect } from './http-effect.ts';
import { withoutSecrets } from './secrets.ts';

type JsonBody = NonNullable<EffectResult['http']>['body'];

type Waiting = {
  readonly failures: number;
  /** Log's time, ms. */
  readonly now: number;
  /** Wall time, ms: against a `Retry-After` that is a date. */
  readonly wall: number;
  readonly random: () => number;
};

export const refusedHttp = (code: string): Verdict => ({ outcome: 'refused', reason: 'other', code });

/**
 * What one attempt of an `http` step came to. `deferred`: it may be tried again, and the state decides whether it is (`retries`); its answer, where
 * there was one, goes along for the case that it is not. `in_doubt`: it may have been done, and a repeat would do it twice.
 */
export const httpVerdict = (
  answer: Exchange | HeldByHost,
  request: Pick<HttpEffect, 'method'>,
  used: readonly string[],
  waiting: Waiting,
): Verdict => {
  const later = (code: string, pauseMs = backOffMs(waiting.failures, waiting.random)): Verdict => ({
    outcome: 'deferred',
    code,
    notBefore: waiting.now + Math.ceil(pauseMs),
  });
  const repeatable = isIdempotent(request.method);
  switch (answer.kind) {
    case 'held':
      return later(answer.code, answer.waitMs + (answer.code === 'rate_limit' ? 0 : waiting.random() * 1_000));
    case 'not_sent':
      if (answer.code === 'refused_address') return refusedHttp('refused_host');
      return answer.code === 'aborted' ? later('aborted', 0) : later(answer.code === 'timeout' ? 'timeout' : 'connection');
    case 'in_doubt': {
      const code = answer.code === 'timeout' || answer.code === 'aborted' ? answer.code : 'connection';
      if (!repeatable) return { outcome: 'in_doubt', code };
      return code === 'aborted' ? later(code, 0) : later(code);
    }
    case 'answered': {
      if (answer.bodyFault === 'body_too_large') return refusedHttp('too_large');
      const { status } = answer;
      if (isRedirect(status)) return { ...refusedHttp('redirect'), status };
      if (answer.body === undefined || one(answer.headers['content-encoding'], 'identity') !== 'identity') {
        const code = answer.bodyFault === 'timeout' || answer.bodyFault === 'aborted' ? answer.bodyFault : 'connection';
        return repeatable ? later(code) : { outcome: 'in_doubt', code, status };
      }
      const body = answerBody(answer.body, one(answer.headers['content-type']));
      if (body === undefined) return { ...refusedHttp('too_large'), status };
      const http = { status, body: withoutSecrets(body, used) as JsonBody };
      if (!mayPass(status, repeatable)) return { outcome: 'accepted', status, http };
      const asked = retryAfterMs(answer.headers, waiting.wall);
      // Nobody waits in a chat for so long: this is the answer.
      if (asked !== undefined && asked > maxHostPauseMs) return { outcome: 'accepted', status, http };
      return {
        ...later(`http_${status}`, asked === undefined ? undefined : askedPauseMs(asked, waiting.random)),
        status,
        http,
      };
    }
    default:
      return answer satisfies never;
  }
};

const isRedirect = (status: number): boolean => status === 301 || status === 302 || status === 303 || status === 307 || status === 308;

/** 429 and 503 say that nothing was done; a gateway's or the server's own fault says nothing of the kind. */
const mayPass = (status: number, repeatable: boolean): boolean =>
  status === 429 || status === 503 || (repeatable && (status === 500 || status === 502 || status === 504));

const one = (value: string | string[] | undefined, otherwise?: string): string | undefined =>
  (Array.isArray(value) ? value[0] : value) ?? otherwise;
