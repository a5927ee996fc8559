import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';
import type { LagReport } from '../../../src/lag/report.ts';
import { api } from '../api.ts';
import { useConnection, useLive } from '../live.tsx';
import { usePlace } from '../router.tsx';
import { serverNow } from '../time.ts';

type LagNow = {
  /** Undefined until the console has told it once. */
  readonly report: LagReport | undefined;
  /** Since when the console does not tell it any more. */
  readonly lostSince: number | undefined;
  readonly error: unknown;
  readonly again: () => void;
};

const Context = createContext<LagNow>({ report: undefined, lostSince: undefined, error: undefined, again: () => undefined });

/** The lag as all views show it: asked for once, then told by the live updates. */
export const LagProvider = ({ children }: { readonly children: ReactNode }) => {
  const connection = useConnection();
  const [report, setReport] = useState<LagReport>();
  const [error, setError] = useState<unknown>();
  const [lostSince, setLostSince] = useState<number>();
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  const take = (fresh: LagReport): void => {
    setError(undefined);
    setLostSince(undefined);
    setReport(fresh);
  };
  const alone = usePlace().path === '/open';
  useEffect(() => {
    if (alone) return;
    const abort = new AbortController();
    api.lag(abort.signal).then(take, (failed) => {
      if (!abort.signal.aborted) setError(failed);
    });
    return () => abort.abort();
  }, [turn, alone]);
  useEffect(() => {
    if (connection === 'lost') setLostSince((since) => since ?? serverNow());
  }, [connection]);
  useLive({ lag: ({ lag }) => take(lag), reload: again });
  return <Context value={{ report, lostSince, error, again }}>{children}</Context>;
};

export const useLag = (): LagNow => useContext(Context);
