import { useCallback, useEffect, useRef, useState } from 'react';

const everyMs = 2_000;

export type Fetched<T> = { readonly value: T | undefined; readonly error: unknown; readonly again: () => void };

/** Asked at once and every two seconds while the page is seen, so that what it shows is never older than an outage may hide. */
export const useFetched = <T>(ask: (signal: AbortSignal) => Promise<T>, key = ''): Fetched<T> => {
  const [value, setValue] = useState<T>();
  const [error, setError] = useState<unknown>();
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  const newest = useRef(ask);
  newest.current = ask;
  // Asked anew for another key, and when somebody says so.
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const turnOver = async (): Promise<void> => {
      if (!document.hidden) {
        try {
          const fresh = await newest.current(abort.signal);
          if (abort.signal.aborted) return;
          setValue(fresh);
          setError(undefined);
        } catch (failed) {
          if (abort.signal.aborted) return;
          setError(failed);
        }
      }
      timer = setTimeout(() => void turnOver(), everyMs);
    };
    void turnOver();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, turn]);
  return { value, error, again };
};
