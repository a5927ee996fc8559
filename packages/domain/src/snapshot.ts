import { idSet } from './id-set.ts';
import type { DialogState } from './state.ts';

/**
 * The version of the fold: raised with every change of `evolve` or of the state's shape, so that a snapshot of another fold is passed over. The
 * test beside this holds it to that: it compares the fold of a fixed stream with what was recorded for this version.
 */
export const foldVersion = 9;

/** A state as JSON. Disposable: whoever can't read it folds the stream from its start. Holds personal data, as the state does. */
export const snapshotOf = (state: DialogState): unknown => JSON.parse(JSON.stringify(state));

/** The state of a snapshot of this very fold. */
export const restored = (snapshot: unknown): DialogState => {
  const plain = snapshot as DialogState & { readonly inputs: unknown; readonly messages?: unknown };
  const inputs = idSet(plain.inputs as unknown as string[]);
  return plain.status === 'live'
    ? { ...plain, inputs, messages: idSet(plain.messages as unknown as string[]) }
    : ({ ...plain, inputs } as DialogState);
};
