import { EventStoreError } from '../port.ts';

/** A place in the transaction log. */
export type LogPosition = { readonly commit: bigint; readonly prepare: bigint };

/** What the server sends where it knows no position: -1 as an unsigned number. */
const unknown = 2n ** 64n - 1n;

/** `{commit}/{prepare}`; '' where the server did not tell. */
export const positionText = (position: LogPosition | undefined): string =>
  position === undefined || position.commit === unknown ? '' : `${position.commit}/${position.prepare}`;

/** @throws EventStoreError `unknown` for a text that is no position of this adapter */
export const parsePosition = (text: string): LogPosition | 'start' => {
  if (text === 'start') return 'start';
  const match = /^(\d+)\/(\d+)$/.exec(text);
  if (match === null) throw new EventStoreError('unknown', 'not a position of this event store');
  return { commit: BigInt(match[1] as string), prepare: BigInt(match[2] as string) };
};
