import type { Delay } from '../dialog/delays.ts';
import type { LinkWhy } from '../dialog/links.ts';
import type { View } from '../dialog/rows.ts';
import type { Category, Mark } from '../dialog/wording.ts';

export const timeModes = ['clock', 'start', 'before'] as const;
/** Of an event: its time of day, since the dialog's start, since the row before. */
export type TimeMode = (typeof timeModes)[number];

/** What the replay of one dialog says. */
export type ReplayTexts = {
  readonly view: { readonly label: string } & Readonly<Record<View, string>>;
  readonly time: { readonly label: string } & Readonly<Record<TimeMode, string>>;
  readonly category: Readonly<Record<Category, string>>;
  readonly categories: string;
  readonly search: string;
  readonly nothing: string;
  readonly clear: string;
  readonly mark: Readonly<Record<Mark, string>>;
  readonly deliveries: (count: number) => string;
  readonly scrubber: string;
  readonly onlyChanges: string;
  readonly nothingChanged: string;
  readonly delays: string;
  readonly delay: Readonly<Record<Delay['key'], string>>;
  readonly causes: string;
  readonly consequences: string;
  readonly link: Readonly<Record<LinkWhy, string>>;
  readonly won: string;
  readonly read: string;
  readonly took: (branch: string) => string;
  readonly line: (line: number) => string;
  readonly masked: string;
  readonly help: string;
  readonly close: string;
  readonly keys: readonly (readonly [keys: string, what: string])[];
  readonly actions: string;
  readonly download: string;
  readonly downloadErased: string;
  readonly downloadFailed: (why: string) => string;
  readonly copyTest: string;
  readonly copied: string;
  readonly copyHint: string;
  readonly forkHere: string;
  readonly picture: {
    readonly name: string;
    readonly missing: string;
    readonly atTriggers: string;
    readonly standsAt: (step: string, line: number | undefined) => string;
  };
  readonly open: {
    readonly heading: string;
    readonly nav: string;
    readonly drop: string;
    readonly choose: string;
    readonly hint: string;
    readonly refused: (why: string) => string;
    readonly another: string;
    readonly savedAt: (time: string) => string;
    readonly erased: string;
    readonly pseudonyms: string;
    readonly interrupted: string;
    readonly many: (dialogs: number) => string;
    readonly back: string;
    readonly find: string;
    readonly found: (shown: number, of: number) => string;
    readonly dialog: string;
    readonly began: string;
    readonly lastEvent: string;
    readonly events: string;
  };
  readonly fork: ForkTexts;
};

export type ForkTexts = {
  readonly heading: (revision: number) => string;
  readonly intro: string;
  readonly answer: string;
  readonly answerHint: string;
  /** Which of the visitor's messages the answer stands for. */
  readonly replaces: (text: string, time: string) => string;
  readonly press: string;
  readonly pressNone: string;
  readonly setting: string;
  readonly settingNone: string;
  readonly value: string;
  readonly run: string;
  readonly leave: string;
  readonly recorded: string;
  readonly forked: string;
  readonly same: string;
  readonly differsFrom: (time: string) => string;
  readonly gap: (what: string) => string;
  readonly noPins: string;
  readonly outcome: string;
  readonly origin: Readonly<Record<'changed' | 'assumed' | 'timer', string>>;
  readonly diverged: Readonly<Record<'other_words' | 'button_not_shown' | 'other_owner' | 'closed' | 'not_asked', string>>;
  readonly skipped: (count: number) => string;
  readonly noNetwork: string;
  readonly noInput: string;
  readonly settingNames: Readonly<Record<string, string>>;
};
