import type { Clock } from '@dialog/contracts/clock';
import type { Dispatcher } from 'undici';
import type { WireCode } from './answer.ts';

export type HttpRequest = {
  readonly origin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type Exchange =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      /** Undefined where it did not arrive whole or is longer than `maxBodyBytes`; `bodyFault` says which. */
      readonly body: string | undefined;
      readonly bodyFault?: WireCode;
    }
  | { readonly kind: 'not_sent'; readonly code: WireCode }
  | { readonly kind: 'in_doubt'; readonly code: WireCode };

export type ExchangeOptions = {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  /** From the call to the last byte of the answer, waiting for a connection included. */
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  /** Ends the exchange early, as `aborted`. */
  readonly signal?: AbortSignal;
};

/** Ends the wait for the deadline; a reason of ours, since making the default one takes longer than all else here. */
const ended = new Error('the exchange has ended');

/**
 * One HTTP exchange, never repeated and never redirected, that knows whether anything was written: undici calls
 * `onRequestStart` immediately before it writes to a connected socket. Never rejects.
 */
export const exchange = (request: HttpRequest, options: ExchangeOptions): Promise<Exchange> =>
  new Promise((resolve) => {
    const { dispatcher, clock, timeoutMs, maxBodyBytes } = options;
    const deadline = new AbortController();
    const chunks: Buffer[] = [];
    let size = 0;
    let status: number | undefined;
    let headers: Record<string, string | string[] | undefined> = {};
    let controller: Dispatcher.DispatchController | undefined;
    let over = false;

    const finish = (result: Exchange): void => {
      if (over) return;
      over = true;
      deadline.abort(ended);
      options.signal?.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const fail = (code: WireCode): void => {
      if (over) return;
      if (status !== undefined) finish({ kind: 'answered', status, headers, body: undefined, bodyFault: code });
      else if (controller !== undefined) finish({ kind: 'in_doubt', code });
      else finish({ kind: 'not_sent', code });
    };
    const cut = (code: WireCode): void => {
      fail(code);
      if (controller && !controller.aborted) controller.abort(new Error(code));
    };
    const onAbort = (): void => cut('aborted');

    if (options.signal?.aborted) return fail('aborted');
    options.signal?.addEventListener('abort', onAbort, { once: true });
    clock.sleep(timeoutMs, deadline.signal).then(
      () => cut('timeout'),
      () => undefined,
    );

    dispatcher.dispatch(
      { ...request, body: request.body ?? null },
      {
        onRequestStart(started) {
          // Too late: aborted here, undici writes nothing.
          if (over) return started.abort(new Error('late'));
          controller = started;
        },
        onResponseStart(_, code, responseHeaders) {
          if (code < 200) return;
          status = code;
          headers = responseHeaders;
        },
        onResponseData(_, chunk) {
          size += chunk.length;
          if (size > maxBodyBytes) cut('body_too_large');
          else chunks.push(chunk);
        },
        onResponseEnd() {
          if (status === undefined) fail('protocol');
          else finish({ kind: 'answered', status, headers, body: Buffer.concat(chunks).toString('utf8') });
        },
        onResponseError(_, error) {
          fail(controller === undefined ? connectFault(error) : wireFault(error));
        },
      },
    );
  });

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Code of the error with which a connection's own `lookup` refuses an address. */
export const refusedAddressCode = 'EREFUSEDADDRESS';

const connectFault = (error: Error): WireCode => {
  const code = codeOf(error);
  if (code === refusedAddressCode) return 'refused_address';
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) return 'dns';
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|HOSTNAME/.test(code)) return 'tls';
  return 'connect';
};

const wireFault = (error: Error): WireCode => (codeOf(error).startsWith('HPE_') || error.name === 'HTTPParserError' ? 'protocol' : 'reset');
