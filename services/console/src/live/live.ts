import { type Clock, realClock } from '@dialog/contracts/clock';
import type { Request, Response } from 'express';
import type { LagReport } from '../lag/report.ts';
import type { DialogRow } from '../read-model/row.ts';

/** What `/api/live` says, by the name of the server-sent event. */
export type LiveEvents = {
  /** First: what time it is here. */
  readonly hello: { readonly now: number; readonly caughtUp: boolean };
  /** A dialog's row after its newest event. */
  readonly dialog: { readonly now: number; readonly row: DialogRow };
  readonly lag: { readonly now: number; readonly lag: LagReport };
  /** More has changed than was told: load again. */
  readonly reload: { readonly now: number };
};

export type Live = {
  readonly accept: (request: Request, response: Response) => void;
  readonly publish: <N extends keyof LiveEvents>(name: N, data: LiveEvents[N]) => void;
  readonly close: () => void;
};

const maxClients = 200;
/** A client that does not read is cut off; its browser comes again by itself and loads anew. */
const maxUnsentBytes = 1024 * 1024;
const aliveEveryMs = 15_000;

export type LiveOptions = { readonly clock: Clock; readonly caughtUp: () => boolean; readonly lag: () => LagReport };

const eventText = <N extends keyof LiveEvents>(name: N, data: LiveEvents[N]): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

/** Server-sent events: rows as they are committed, each sample of the lag. A newcomer hears the newest sample at once. */
export const liveUpdates = ({ clock, caughtUp, lag }: LiveOptions): Live => {
  const open = new Set<Response>();
  let beating: AbortController | undefined;
  let closed = false;

  const send = (response: Response, text: string): void => {
    if (response.writableLength > maxUnsentBytes) response.destroy();
    else response.write(text);
  };
  const publish: Live['publish'] = (name, data) => {
    if (open.size === 0) return;
    const text = eventText(name, data);
    for (const response of open) send(response, text);
  };
  const beat = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      await realClock.sleep(aliveEveryMs, signal);
      for (const response of open) send(response, ': alive\n\n');
    }
  };
  const leave = (response: Response): void => {
    open.delete(response);
    if (open.size > 0) return;
    beating?.abort();
    beating = undefined;
  };

  return {
    accept: (request, response) => {
      if (closed || open.size >= maxClients) {
        response.status(503).set('retry-after', '5').end();
        return;
      }
      response.status(200).set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      response.write(`retry: 1000\n${eventText('hello', { now: clock.now(), caughtUp: caughtUp() })}`);
      const known = lag();
      if (known.at !== null || known.unknownSince !== null) response.write(eventText('lag', { now: clock.now(), lag: known }));
      request.socket.setNoDelay(true);
      open.add(response);
      response.on('close', () => leave(response));
      response.on('error', () => leave(response));
      if (beating === undefined) {
        beating = new AbortController();
        // It ends by its signal only.
        beat(beating.signal).catch(() => undefined);
      }
    },
    publish,
    close: () => {
      closed = true;
      beating?.abort();
      for (const response of open) response.end();
      open.clear();
    },
  };
};
