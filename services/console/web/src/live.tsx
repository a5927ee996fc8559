import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import type { LiveEvents } from '../../src/live/live.ts';
import { usePlace } from './router.tsx';
import { serverSaid } from './time.ts';

type Listener = { readonly [N in keyof LiveEvents]?: (data: LiveEvents[N]) => void };
type Connection = 'connecting' | 'live' | 'lost';
type LiveContext = { readonly connection: Connection; readonly listen: (listener: Listener) => () => void };

const Context = createContext<LiveContext>({ connection: 'connecting', listen: () => () => undefined });
const names = ['hello', 'dialog', 'lag', 'reload'] as const;

/** One stream of server-sent events for the whole page. After a break everybody is told to load again: what was said meanwhile is lost. */
export const LiveProvider = ({ children }: { readonly children: ReactNode }) => {
  const [connection, setConnection] = useState<Connection>('connecting');
  const listeners = useRef(new Set<Listener>());
  // An opened file needs no server, and there may be none.
  const alone = usePlace().path === '/open';
  useEffect(() => {
    if (alone) return;
    const source = new EventSource('/api/live');
    let before = false;
    const tell = <N extends keyof LiveEvents>(name: N, data: LiveEvents[N]): void => {
      for (const listener of listeners.current) listener[name]?.(data);
    };
    for (const name of names) {
      source.addEventListener(name, (event) => {
        const data = JSON.parse(event.data) as LiveEvents[typeof name];
        serverSaid(data.now);
        tell(name, data as never);
      });
    }
    source.addEventListener('open', () => {
      setConnection('live');
      // The first `hello` follows the page's own first load; a later one says that the stream was broken.
      if (before) tell('reload', { now: 0 });
      before = true;
    });
    source.addEventListener('error', () => setConnection('lost'));
    return () => source.close();
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
