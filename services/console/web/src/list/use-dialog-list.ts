import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { DialogList, ListedDialog } from '../../../src/api/schemas.ts';
import type { DialogRow } from '../../../src/read-model/row.ts';
import { api } from '../api.ts';
import { useLive } from '../live.tsx';
import { belongs, type Filter, filterQuery } from './filter.ts';

export type Loaded = {
  /** The question that it answers. */
  readonly asked: string;
  readonly rows: readonly ListedDialog[];
  readonly next: string | null;
  readonly caughtUp: boolean;
  /** Of a search: something happened that may belong to it. */
  readonly newer: boolean;
};

export type FollowedList = {
  readonly loaded: Loaded | undefined;
  readonly error: unknown;
  /** Asks anew, from the top. */
  readonly again: () => void;
  readonly more: (cursor: string) => Promise<void>;
};

/** A question under way. */
type Asking = {
  /** To be asked once more after its answer. */
  again: boolean;
  /** What was told meanwhile: the answer may be older. */
  readonly told: DialogRow[];
};

/** Between two questions for what was said. */
const saidEveryMs = 2_000;
/** Rows of a page that the server gives unasked, and at most. */
const usualPage = 50;
const longestPage = 200;

const newestFirst = (a: DialogRow, b: DialogRow): number =>
  b.lastAt - a.lastAt || a.account.localeCompare(b.account) || a.chatId.localeCompare(b.chatId);
const same = (a: DialogRow, b: DialogRow): boolean => a.account === b.account && a.chatId === b.chatId;

/** The dialogs that a filter names, and what happens to them while one looks. `kept`: the list as it was left, so that the way back finds it. */
export const useDialogList = (filter: Filter, kept: RefObject<Loaded | undefined>): FollowedList => {
  const asked = filterQuery(filter);
  const [loaded, setLoaded] = useState(kept.current?.asked === asked ? kept.current : undefined);
  kept.current = loaded;
  const [error, setError] = useState<unknown>();
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  const asking = useRef<Asking>(undefined);
  const followed = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** Ends with the question: a further page of another one is no part of this list. */
  const question = useRef(new AbortController());

  useEffect(() => {
    const abort = new AbortController();
    question.current = abort;
    return () => {
      abort.abort();
      clearTimeout(followed.current);
      followed.current = undefined;
    };
  }, [asked]);
  useEffect(() => {
    const abort = new AbortController();
    const mine: Asking = { again: false, told: [] };
    asking.current = mine;
    const known = kept.current?.asked === asked ? kept.current : undefined;
    // As many as stand there already: what was shown further down is not taken away.
    const limit = Math.min(longestPage, Math.max(usualPage, known?.rows.length ?? 0));
    const page = new URLSearchParams(asked);
    if (limit > usualPage) page.set('limit', String(limit));
    const answered = (): void => {
      if (asking.current === mine) asking.current = undefined;
      if (mine.again) again();
    };
    api.dialogs(page, abort.signal).then(
      (list) => {
        setError(undefined);
        setLoaded((before) => {
          const fresh = anew(asked, list, before?.asked === asked && before.rows.length > limit ? before : undefined);
          return mine.told.reduce((rows, row) => (knows(rows, row) ? rows : withRow(rows, row, filter)), fresh);
        });
        answered();
      },
      (failed) => {
        if (abort.signal.aborted) return;
        setError(failed);
        answered();
      },
    );
    return () => abort.abort();
  }, [asked, turn, again]);

  useLive({
    // What happened between the list's answer and the opening of the stream was told to nobody.
    hello: () => {
      if (asking.current === undefined) again();
      else asking.current.again = true;
    },
    dialog: ({ row }) => {
      asking.current?.told.push(row);
      setLoaded((before) => (before === undefined || before.asked !== asked ? before : withRow(before, row, filter)));
      const isShown = loaded !== undefined && withRow(loaded, row, filter).rows.some((one) => same(one, row));
      if (isShown) followed.current ??= setTimeout(() => void hear(), saidEveryMs);
    },
    reload: again,
  });

  /** What is told live has no texts: what was said since is asked for, for all rows at once. */
  const hear = async (): Promise<void> => {
    followed.current = undefined;
    const page = new URLSearchParams(asked);
    page.set('limit', String(Math.min(longestPage, Math.max(1, loaded?.rows.length ?? 1))));
    // What can't be had now comes with the next news, or with the reload after a break.
    const list = await api.dialogs(page, question.current.signal).catch(() => undefined);
    if (list !== undefined) setLoaded((before) => (before?.asked === asked ? withSaid(before, list) : before));
  };
  const more = async (cursor: string): Promise<void> => {
    const page = new URLSearchParams(asked);
    page.set('cursor', cursor);
    const { signal } = question.current;
    try {
      const list = await api.dialogs(page, signal);
      setLoaded((before) => (before?.asked === asked ? withPage(before, list) : before));
    } catch (failed) {
      if (!signal.aborted) setError(failed);
    }
  };
  return { loaded, error, again, more };
};

const knows = ({ rows }: Loaded, row: DialogRow): boolean => rows.some((one) => same(one, row) && one.revision >= row.revision);

/** The list from its top; below what this answer holds the rows of `before` stay as they were. */
const anew = (asked: string, { dialogs, next, caughtUp }: DialogList, before: Loaded | undefined): Loaded => {
  const last = dialogs.at(-1);
  const below =
    before === undefined || last === undefined || next === null
      ? []
      : before.rows.filter((row) => newestFirst(row, last) > 0 && !dialogs.some((one) => same(one, row)));
  return { asked, rows: [...dialogs, ...below], next: below.length === 0 ? next : (before?.next ?? null), caughtUp, newer: false };
};

const withPage = (before: Loaded, page: DialogList): Loaded => ({
  ...before,
  next: page.next,
  rows: [...before.rows, ...page.dialogs.filter((row) => !before.rows.some((one) => same(one, row)))].sort(newestFirst),
});

const withSaid = (before: Loaded, { dialogs }: DialogList): Loaded => ({
  ...before,
  rows: before.rows.map((row) => ({ ...row, said: dialogs.find((one) => same(one, row))?.said ?? row.said })),
});

/** The list after a dialog's row changed. What a search finds only the server knows: a row in it stays and is the newest, another one is news. */
const withRow = (before: Loaded, row: DialogRow, filter: Filter): Loaded => {
  const others = before.rows.filter((one) => !same(one, row));
  const wasThere = others.length < before.rows.length;
  const fits = belongs(row, filter);
  if (filter.text !== undefined && !wasThere) return fits && !before.newer ? { ...before, newer: true } : before;
  const last = before.rows.at(-1);
  // Older than what is shown while there are further pages: it comes with its page.
  const shown = fits && (before.next === null || last === undefined || newestFirst(row, last) <= 0);
  const said = before.rows.find((one) => same(one, row))?.said ?? [];
  return { ...before, rows: shown ? [...others, { ...row, said }].sort(newestFirst) : others };
};
