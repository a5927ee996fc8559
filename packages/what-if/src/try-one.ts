import type { DialogSettings } from '@dialog/contracts/settings';
import { type Trial, type TriedDialog, type TriedWithTranscripts, whatIfOne, whatIfTold } from '@dialog/domain/what-if/one';
import { compiledScripts, type DialogRef, type History, recordedDialog } from './history.ts';
import type { Differing } from './totals.ts';

/** What is tried: the source of a script, settings in place of the recorded ones, or both. */
export type TrialSource = { readonly script?: string; readonly settings?: Partial<DialogSettings> };

export type Tried = Differing & { readonly first: TriedDialog['first'] };

const maxText = 300;
const nothing: Omit<TriedDialog, 'gap'> = {
  differs: false,
  first: null,
  repliesChanged: 0,
  handovers: { before: 0, now: 0 },
  returns: { before: 0, now: 0 },
  end: { before: 'absent', now: null },
  diverged: null,
  assumed: 0,
};

/** @throws Error where the script of the trial can't be compiled: whoever offers it checks it first. */
export const tryingOne = (source: TrialSource) => {
  const compile = compiledScripts();
  const script = source.script === undefined ? undefined : compile(source.script);
  if (source.script !== undefined && script === undefined) throw new Error('the script of the trial has errors');
  const trial: Trial = {
    ...(script === undefined ? {} : { script: { hash: 'trial', script } }),
    ...(source.settings === undefined ? {} : { settings: source.settings }),
  };
  return {
    /** Never throws: what can't be decided is a gap of that dialog. */
    brief: (history: History): Tried => {
      if (history.erased) return without(history.dialog, 'erased', '');
      try {
        const tried = whatIfOne(recordedDialog(history, compile), trial);
        return { ...history.dialog, ...tried, first: shortened(tried.first) };
      } catch (error) {
        return without(history.dialog, 'failed', error instanceof Error ? error.message.slice(0, maxText) : 'unknown');
      }
    },
    /** @throws what the decision throws */
    told: (history: History): TriedWithTranscripts => whatIfTold(recordedDialog(history, compile), trial),
  };
};

export const without = (dialog: DialogRef, missing: 'erased' | 'failed' | 'history', what: string): Tried => ({
  ...dialog,
  ...nothing,
  gap: { revision: 0, missing, what },
});

const shortened = (first: TriedDialog['first']): TriedDialog['first'] =>
  first === null
    ? null
    : {
        ...first,
        before: first.before === null ? null : { ...first.before, text: first.before.text.slice(0, maxText) },
        now: first.now === null ? null : { ...first.now, text: first.now.text.slice(0, maxText) },
      };
