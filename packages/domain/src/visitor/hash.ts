import { canonical, hashOf } from '../state-hash.ts';
import type { VisitorState } from './state.ts';

/** A hash of all of a visitor that is not personal: the same before and after texts and variables are erased. */
export const visitorHash = ({ status, inputs, at, chats, held }: VisitorState): string =>
  hashOf(
    canonical({
      status,
      inputs,
      at,
      chats,
      held: held.map(({ id, expiresAt, offeredTo, givenBackBy }) => ({ id, expiresAt, offeredTo, givenBackBy })),
    }),
  );
