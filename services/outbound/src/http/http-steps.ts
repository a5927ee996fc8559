import { isIP } from 'node:net';
import type { HttpStepsConfig } from '@dialog/contracts/account';
import type { Clock } from '@dialog/contracts/clock';
import { type Exchange, exchange } from '@dialog/webim/bot-api/exchange';
import { Agent } from 'undici';
import type { Verdict } from '../effect-result.ts';
import { isPublicAddress } from './addresses.ts';
import { isAllowedHost } from './allowed-host.ts';
import { maxAnswerBytes } from './answer-body.ts';
import { checkedLookup, type Resolve, systemResolve } from './checked-lookup.ts';
import { type HeldByHost, type HostGate, hostGate } from './host-gate.ts';
import type { HttpEffect } from './http-effect.ts';
import type { Json } from './json.ts';
import { isPathKept } from './path-kept.ts';
import { fillSecrets } from './secrets.ts';
import { httpVerdict, refusedHttp } from './verdict.ts';

/** One account's way to the hosts that its script may ask. */
export type HttpSteps = {
  /** One attempt, never repeated and never redirected. Never rejects. */
  readonly attempt: (request: HttpEffect, attempt: HttpAttempt) => Promise<Verdict & { readonly answer?: Exchange['kind'] | 'held' }>;
  readonly close: () => Promise<void>;
};

export type HttpAttempt = {
  /** The same for all attempts of one effect: `Idempotency-Key`, where the script sets none. */
  readonly idempotencyKey: string;
  readonly failures: number;
  /** Log's time, ms. */
  readonly now: () => number;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Called right before the request goes to its host. */
  readonly onSend: () => void;
};

export type HttpStepsLimits = {
  /** Requests a second to one host. Default 20. */
  readonly ratePerSecond?: number;
  /** Default 40. */
  readonly burst?: number;
  /** Failures in a row that open a host's circuit. Default 5. */
  readonly circuitFailures?: number;
  /** How much longer a step may take than it says: where the clock runs faster than the network. Default 1. */
  readonly timeoutFactor?: number;
};

export type HttpStepsOptions = {
  readonly config: HttpStepsConfig;
  readonly clock: Clock;
  readonly limits?: HttpStepsLimits;
  /** Default: the system's resolver. */
  readonly resolve?: Resolve;
  /** Which addresses may be asked. Default: public ones, all where the account says `allowPrivate`. */
  readonly permits?: (address: string) => boolean;
  readonly onCircuit?: (host: string, open: boolean) => void;
  readonly onSecretMissing?: (name: string) => void;
};

/** Longest that one attempt may take, ms, whatever the script says: another outbound waits so long for a claim. */
export const maxStepTimeoutMs = 60_000;

const maxHosts = 1_000;

export const stepTimeoutMs = (effect: Pick<HttpEffect, 'timeoutMs'>, limits: HttpStepsLimits = {}): number =>
  Math.min(maxStepTimeoutMs, effect.timeoutMs) * (limits.timeoutFactor ?? 1);

export const httpSteps = (options: HttpStepsOptions): HttpSteps => {
  const { config, clock, limits = {}, resolve = systemResolve } = options;
  const permits = options.permits ?? (config.allowPrivate ? () => true : isPublicAddress);
  const agent = new Agent({
    allowH2: false,
    pipelining: 1,
    // Per host.
    connections: 16,
    keepAliveTimeout: 4_000,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: 16 * 1024,
    connect: { timeout: maxStepTimeoutMs, lookup: checkedLookup(resolve, permits) },
  });
  const gates = new Map<string, HostGate>();
  const gateOf = (host: string): HostGate => {
    const known = gates.get(host);
    if (known !== undefined) return known;
    const made = hostGate({
      clock,
      ratePerSecond: limits.ratePerSecond ?? 20,
      burst: limits.burst ?? 40,
      failures: limits.circuitFailures ?? 5,
      onCircuit: (open) => options.onCircuit?.(host, open),
    });
    // Under `*.domain` a script may name hosts without end; the one known longest begins anew.
    const [oldest] = gates.keys();
    if (gates.size >= maxHosts && oldest !== undefined) gates.delete(oldest);
    gates.set(host, made);
    return made;
  };

  return {
    attempt: async (effect, attempt) => {
      const filled = fillSecrets({ ...effect, body: effect.body as Json | undefined }, config.secrets);
      if (filled.kind === 'missing') {
        options.onSecretMissing?.(filled.name);
        return refusedHttp('secret_missing');
      }
      const { request, used } = filled;
      const url = URL.parse(request.url);
      if (url === null || !isAllowedHost(url, config.allowHosts)) return refusedHttp('refused_host');
      if (!isPathKept(request.url, url)) return refusedHttp('invalid_request');
      // An address in place of a name is never looked up.
      const literal = url.hostname.replace(/^\[|\]$/g, '');
      if (isIP(literal) !== 0 && !permits(literal)) return refusedHttp('refused_host');
      const prepared = prepare(effect.method, request, attempt.idempotencyKey);
      if (prepared === undefined) return refusedHttp('invalid_request');

      const answer: Exchange | HeldByHost = await gateOf(url.host).send(attempt.idempotencyKey, () => {
        attempt.onSend();
        return exchange(
          { origin: url.origin, path: `${url.pathname}${url.search}`, method: effect.method, ...prepared },
          { dispatcher: agent, clock, timeoutMs: stepTimeoutMs(effect, limits), maxBodyBytes: maxAnswerBytes, signal: attempt.signal },
        );
      });
      const verdict = httpVerdict(answer, effect, used, {
        failures: attempt.failures,
        now: attempt.now(),
        wall: clock.now(),
        random: attempt.random,
      });
      return { ...verdict, answer: answer.kind };
    },
    close: () => agent.destroy(),
  };
};

/** What the connection itself decides; in a script's hands it could name another host than the one that was checked. */
const ownHeaders = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'accept-encoding',
  'proxy-authorization',
  'proxy-connection',
]);

/** @returns undefined for headers that can't be sent. */
const prepare = (
  method: HttpEffect['method'],
  { headers, body }: { readonly headers: Readonly<Record<string, string>>; readonly body?: Json | undefined },
  idempotencyKey: string,
): { headers: Record<string, string>; body?: string } | undefined => {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(lower) || ownHeaders.has(lower) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return undefined;
    given[lower] = value;
  }
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  return {
    headers: {
      accept: 'application/json, */*;q=0.5',
      'user-agent': 'dialog-engine',
      'accept-encoding': 'identity',
      ...(text === undefined ? {} : { 'content-type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json' }),
      ...(method === 'GET' ? {} : { 'idempotency-key': idempotencyKey }),
      ...given,
    },
    ...(text === undefined ? {} : { body: text }),
  };
};
