import type { Tables } from './tables.ts';

/** What a thread of the read model is started with. */
export type ThreadData = {
  readonly file: string;
  readonly version: number;
  /** It only reads, and only what counts over all dialogs; another thread has opened the file before. */
  readonly counts: boolean;
};

/** A call of one function of `Tables`, and its answer; matched by `id`. */
export type Call = {
  readonly id: number;
  readonly name: keyof Tables;
  readonly args: readonly unknown[];
  /** By `sharedNow`: later nobody waits for the answer. */
  readonly until: number;
};
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly gap: { readonly stream: string; readonly expected: number; readonly found: number } }
  | { readonly id: number; readonly error: string };

/** Monotonic ms, the same in all threads of the process. */
export const sharedNow = (): number => Number(process.hrtime.bigint() / 1_000_000n);
