import { type Draft, liveOf } from '../draft.ts';
import { settleByEvidence } from '../effects/settle.ts';
import { runScript } from '../script-run/advance.ts';
import type { LiveDialog, OpenEffect } from '../state.ts';
import { toPeople } from './to-people.ts';

/** Webim accepted the redirect, which is settled: the queue has the chat, and the script runs its silent steps. */
export const handedOver = (draft: Draft, redirect: OpenEffect): void => {
  toPeople(draft, {
    owner: 'queue',
    cause: redirect.purpose === 'stopped' ? 'stopped' : 'handover',
    flagCause: 'handover',
    noOperatorAfterMs: redirect.noOperatorAfterMs,
  });
  if (redirect.purpose === 'handover') runScript(draft, { kind: 'handover_accepted' }, { mode: 'silent' });
};

/** The redirect that Webim may know of: on its way, or waiting for its next attempt after one in doubt. */
export const redirectAtWebim = (state: LiveDialog): OpenEffect | undefined => {
  const head = state.effects[0];
  if (head?.effect.kind !== 'redirect' || head.purpose === 'ask_back' || head.epoch !== state.epoch) return undefined;
  return head.notBefore === null || head.doubts > 0 ? head : undefined;
};

/**
 * A redirect that Webim may know of was accepted: only so can people, or a second `new_chat`, have the chat.
 * @returns whether there was one.
 */
export const settleOpenRedirect = (draft: Draft): boolean => {
  const state = liveOf(draft);
  const redirect = state.holder.owner === 'bot' ? redirectAtWebim(state) : undefined;
  // What is drained from behind a stop may be older than the stop's own redirect, whose result tells what came of it.
  if (redirect === undefined || (state.parked && redirect.purpose === 'parked')) return false;
  settleByEvidence(draft, redirect);
  handedOver(draft, redirect);
  return true;
};
