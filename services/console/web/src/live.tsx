import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import type { LiveEvents } from '../../src/live/live.ts';
import { api } from './api.ts';
import { usePlace } from './router.tsx';
import { serverSaid } from './time.ts';

type Listener = { readonly [N in keyof LiveEvents]?: (data: LiveEvents[N]) => void };
type Connection = 'connecting' | 'live' | 'lost';
type LiveContext = { readonly connection: Connection; readonly listen: (listener: Listener) => () => void };

const Context = createContext<LiveContext>({ connection: 'connecting', listen: () => () => undefined });
const names = ['hello', 'dialog', 'lag', 'reload'] as const;
/** Between tries to open the stream anew; doubled up to the longest. */
const firstPauseMs = 1_000;
const longestPauseMs = 10_000;

/** One stream of server-sent events for the whole page. After a break everybody is told to load again: what was said meanwhile is lost. */
export const LiveProvider = ({ children }: { readonly children: ReactNode }) => {
  const [connection, setConnection] = useState<Connection>('connecting');
  const listeners = useRef(new Set<Listener>());
  // An opened file needs no server, and there may be none.
  const alone = usePlace().path === '/open';
  useEffect(() => {
    if (alone) return;
    const stopped = new AbortController();
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pauseMs = firstPauseMs;
    let missed = false;
    const tell = <N extends keyof LiveEvents>(name: N, data: LiveEvents[N]): void => {
      for (const listener of listeners.current) listener[name]?.(data);
    };
    const later = (): void => {
      timer = setTimeout(again, pauseMs);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    };
    // A question first: to it the server says who is signed out, which a stream can't hear.
    const again = (): void => void api.about(stopped.signal).then(connect, () => stopped.signal.aborted || later());
    const connect = (): void => {
      if (stopped.signal.aborted) return;
      const own = new EventSource('/api/live');
      source = own;
      for (const name of names) {
        own.addEventListener(name, (event) => {
          const data = JSON.parse(event.data) as LiveEvents[typeof name];
          serverSaid(data.now);
          tell(name, data as never);
        });
      }
      own.addEventListener('open', () => {
        pauseMs = firstPauseMs;
        setConnection('live');
        // The first stream follows the page's own first load, unless that met the same fault.
        if (missed) tell('reload', { now: 0 });
        missed = false;
      });
      own.addEventListener('error', () => {
        missed = true;
        setConnection('lost');
        // A browser comes again by itself after a break, but gives up at an answer that is no stream: a proxy's 502, a session that ended.
        if (own.readyState === EventSource.CLOSED) later();
      });
    };
    connect();
    return () => {
      stopped.abort();
      clearTimeout(timer);
      source?.close();
    };
  }, [alone]);
  const [listen] = useState(() => (listener: Listener) => {
    listeners.current.add(listener);
    return () => void listeners.current.delete(listener);
  });
  return <Context value={{ connection, listen }}>{children}</Context>;
};

export const useConnection = (): Connection => useContext(Context).connection;

/** Calls the newest `listener` on each live event, while the component stands. */
export const useLive = (listener: Listener): void => {
  const { listen } = useContext(Context);
  const newest = useRef(listener);
  useEffect(() => {
    newest.current = listener;
  });
  useEffect(
    () =>
      listen({
        hello: (data) => newest.current.hello?.(data),
        dialog: (data) => newest.current.dialog?.(data),
        lag: (data) => newest.current.lag?.(data),
        reload: (data) => newest.current.reload?.(data),
      }),
    [listen],
  );
};
