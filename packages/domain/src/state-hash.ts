import type { Effect } from '@dialog/contracts/effects';
import type { DialogState } from './state.ts';

/**
 * A hash of all of a state that is not personal: the same before and after personal data is erased, on any machine.
 * Not cryptographic: it compares folds, it protects nothing.
 */
export const stateHash = (state: DialogState): string => hashOf(canonicalState(state));

/** The state as canonical JSON (sorted keys) without what is personal: texts, variables, the visitor's fields, labels, file addresses and names. */
export const canonicalState = (state: DialogState): string =>
  canonical(
    state.status === 'live'
      ? {
          ...state,
          visitorFields: undefined,
          scriptState: impersonalScript(state.scriptState),
          trial: state.trial === null ? null : { ...state.trial, kept: impersonalScript(state.trial.kept) },
          arriving: state.arriving.map((message) => message.hash),
          waiting: state.waiting.map((waits) => ({ hash: waits.message.hash, at: waits.at })),
          effects: state.effects.map((open) => ({ ...open, effect: impersonalEffect(open.effect) })),
        }
      : state.status === 'unseen'
        ? { ...state, first: state.first === null ? null : state.first.inputId }
        : state,
  );

type WithCursor = {
  readonly cursor: unknown;
  readonly fallbackStreak: number;
  readonly keyboard: readonly { readonly id: string }[] | null;
  readonly interrupted?: unknown;
};

const impersonalScript = (script: WithCursor) => ({
  cursor: script.cursor,
  fallbackStreak: script.fallbackStreak,
  keyboard: script.keyboard?.map((button) => button.id) ?? null,
  interrupted: script.interrupted ?? null,
});

const impersonalEffect = (effect: Effect) => {
  switch (effect.kind) {
    case 'redirect':
      return effect;
    case 'keyboard':
      return { kind: effect.kind, buttons: effect.buttons.map((row) => row.map((button) => button.id)) };
    default:
      return { kind: effect.kind };
  }
};

export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );

/** Two runs of cyrb53 with different seeds: 106 bits as hex. */
export const hashOf = (text: string): string => cyrb53(text, 1) + cyrb53(text, 2);

const cyrb53 = (text: string, seed: number): string => {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(16).padStart(14, '0');
};
