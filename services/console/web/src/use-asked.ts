import { useCallback, useEffect, useState } from 'react';

export type Asked<T> = { readonly value: T | undefined; readonly error: unknown; readonly again: () => void; readonly waits: boolean };

/** Asked once for each key; null asks nothing. What was last known stays until the next answer. */
export const useAsked = <T>(key: string | null, ask: (signal: AbortSignal) => Promise<T>): Asked<T> => {
  const [known, setKnown] = useState<{ readonly key: string; readonly turn: number; readonly value?: T; readonly error?: unknown }>();
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    ask(abort.signal).then(
      (value) => setKnown({ key, turn, value }),
      (error: unknown) => {
        if (!abort.signal.aborted) setKnown({ key, turn, error });
      },
    );
    return () => abort.abort();
  }, [key, turn]);
  const waits = key !== null && (known?.key !== key || known.turn !== turn);
  return { value: key === null ? undefined : known?.value, error: waits ? undefined : known?.error, again, waits };
};
