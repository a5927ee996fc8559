import { useCallback, useEffect, useRef, useState } from 'react';
import { api } from '../api.ts';
import { useLive } from '../live.tsx';
import { extend, type Step } from './history.ts';

export type Followed = { readonly history: readonly Step[] | undefined; readonly error: unknown; readonly again: () => void };

/** A dialog's whole history, page by page, and what comes to it while one looks. One load at a time; news meanwhile starts another. */
export const useHistory = (account: string, chatId: string): Followed => {
  const [history, setHistory] = useState<readonly Step[]>();
  const [error, setError] = useState<unknown>();
  const newest = useRef<readonly Step[]>([]);
  const loading = useRef<{ wanted: boolean } | undefined>(undefined);
  const abort = useRef<AbortController>(undefined);

  const load = useCallback(async (): Promise<void> => {
    if (loading.current) {
      loading.current.wanted = true;
      return;
    }
    const signal = abort.current?.signal;
    if (signal === undefined) return;
    const mine = { wanted: true };
    loading.current = mine;
    try {
      while (mine.wanted) {
        mine.wanted = false;
        for (let from: number | null = (newest.current.at(-1)?.event.revision ?? -1) + 1; from !== null; ) {
          const page: Awaited<ReturnType<typeof api.events>> = await api.events(account, chatId, from, signal);
          if (signal.aborted) return;
          newest.current = extend(newest.current, page.events);
          setHistory(newest.current);
          from = page.next;
        }
      }
      setError(undefined);
    } catch (failed) {
      if (!signal.aborted) setError(failed);
    } finally {
      if (loading.current === mine) loading.current = undefined;
    }
  }, [account, chatId]);

  useEffect(() => {
    abort.current = new AbortController();
    loading.current = undefined;
    void load();
    return () => abort.current?.abort();
  }, [load]);
  useLive({
    // What happened between the answer and the opening of the stream was told to nobody.
    hello: () => void load(),
    dialog: ({ row }) => {
      if (row.account === account && row.chatId === chatId && row.revision > (newest.current.at(-1)?.event.revision ?? -1)) void load();
    },
    reload: () => void load(),
  });
  return { history, error, again: () => void load() };
};
