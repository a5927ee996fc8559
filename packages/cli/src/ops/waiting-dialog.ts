import { instant } from '../table.ts';

type Head = { kind: string; attempt: number; code: string | null; why: string | null; notBefore: number | null } | null;
/** A dialog in which something is on its way, as the console tells it. */
export type Waiting = {
  account: string;
  chatId: string;
  owner: string | null;
  since: number;
  head: Head;
  openEffects: number;
  waitingMessages: number;
};

/** What was tried for its head effect, in a column. */
export const tried = (head: Head): string => {
  if (head === null) return '';
  const failed = head.code ?? head.why;
  return [head.kind, `attempt ${head.attempt}`, failed, head.notBefore === null ? null : `next ${instant(head.notBefore).slice(11)}`]
    .filter((part) => part !== null)
    .join(', ');
};
