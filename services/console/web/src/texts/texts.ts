import type { DomainEventOf, DomainEventType, Owner } from '@dialog/contracts/domain-event';
import type { PartitionState } from '../../../src/lag/partition-state.ts';
import type { Direction } from '../../../src/lag/trend.ts';
import type { AccessTexts } from './access.ts';
import type { DoctorTexts } from './doctor.ts';
import type { FindTexts } from './find.ts';
import type { NumbersTexts } from './numbers.ts';
import type { OpsTexts } from './ops.ts';
import type { ProblemTexts } from './problem.ts';
import type { ReplayTexts } from './replay.ts';
import type { WhatIfTexts } from './what-if.ts';

/** What a sentence about the lag may name. */
export type LagFacts = {
  readonly who: string;
  /** Age of the oldest waiting record, as a duration. */
  readonly age: string;
  readonly records: number;
  /** Until nothing waits, as a duration. */
  readonly clear: string;
  readonly parked: number;
};

export type Language = 'en' | 'ru';

/** What each event says to a person; one line. Data is as the schema has it. */
export type EventTexts = { readonly [T in DomainEventType]: (data: DomainEventOf<T>['data']) => string };

/** Words for values of enumerations; a value without a word is shown as it stands. */
export type Words = Readonly<Record<string, string>>;
export const word = (words: Words, value: string | null | undefined): string => (value == null ? '—' : (words[value] ?? value));

/** All that the page says, in one language. */
export type Texts = {
  readonly title: string;
  readonly nav: {
    readonly main: string;
    readonly dialogs: string;
    readonly lag: string;
    readonly simulator: string;
    readonly skip: string;
  };
  readonly language: string;
  readonly theme: { readonly label: string; readonly auto: string; readonly light: string; readonly dark: string };
  readonly connection: { readonly connecting: string; readonly live: string; readonly lost: string };
  readonly owner: Readonly<Record<Owner, string>>;
  readonly noOwner: string;
  readonly flag: { readonly name: string; readonly set: string; readonly notSet: string };
  readonly ago: (age: string) => string;
  readonly list: {
    readonly heading: string;
    readonly chat: string;
    readonly owner: string;
    readonly flag: string;
    readonly last: string;
    readonly age: string;
    readonly filters: string;
    readonly more: string;
    readonly empty: string;
    readonly emptyHint: string;
    readonly nothingFound: string;
    readonly clear: string;
    readonly rebuilding: string;
  };
  readonly find: FindTexts;
  readonly dialog: {
    readonly back: string;
    readonly chat: (chatId: string) => string;
    readonly conversation: string;
    readonly events: string;
    readonly state: string;
    readonly panes: string;
    readonly latest: string;
    readonly keys: string;
    readonly after: (revision: number, of: number) => string;
    readonly previous: string;
    readonly next: string;
    readonly before: string;
    readonly eventJson: string;
    readonly stateJson: string;
    readonly notFound: string;
    readonly unknownSince: (time: string) => string;
    readonly unseen: string;
    readonly imported: string;
    readonly empty: string;
    readonly noConversation: string;
    readonly peopleUnseen: string;
    readonly peoplePartial: string;
    readonly peopleImported: string;
    readonly later: (time: string) => string;
    readonly why: string;
    readonly steps: string;
    readonly lost: string;
    readonly lostMore: (count: number) => string;
    readonly unknownEvent: (type: string) => string;
  };
  readonly replay: ReplayTexts;
  readonly whatIf: WhatIfTexts;
  readonly numbers: NumbersTexts;
  readonly ops: OpsTexts;
  readonly doctor: DoctorTexts;
  readonly access: AccessTexts;
  readonly problem: ProblemTexts;
  readonly who: { readonly visitor: string; readonly bot: string; readonly operator: string; readonly system: string };
  readonly turn: {
    readonly imported: string;
    readonly inDoubt: string;
    readonly notDelivered: (why: string) => string;
    readonly dropped: string;
    readonly crossed: string;
    readonly missed: string;
    readonly seenByPeople: string;
    readonly held: string;
    readonly toQueue: string;
    readonly toOperator: (operatorId: string) => string;
    readonly toBot: string;
    readonly closed: string;
    readonly reopened: string;
    readonly returned: (cause: string) => string;
    readonly file: string;
    readonly erased: string;
  };
  readonly fact: {
    readonly owner: string;
    readonly ownerSince: string;
    readonly flag: string;
    readonly episode: string;
    readonly epoch: string;
    readonly trial: string;
    readonly returned: string;
    readonly step: string;
    readonly waitsFor: string;
    readonly variables: string;
    readonly effects: string;
    readonly waiting: string;
    readonly deadlines: string;
    readonly overdue: string;
    readonly parked: string;
    readonly incomplete: string;
    readonly final: string;
    readonly none: string;
    readonly yes: string;
    readonly no: string;
    readonly atTriggers: string;
    readonly groups: { readonly who: string; readonly script: string; readonly outgoing: string; readonly time: string };
    readonly attempt: (attempt: number) => string;
  };
  readonly lag: {
    readonly heading: string;
    readonly allWell: string;
    /** The one sentence, by the state of the worst group. */
    readonly sentence: Readonly<Record<PartitionState, (facts: LagFacts) => string>>;
    readonly groupName: (group: string) => string;
    readonly state: Readonly<Record<PartitionState, string>>;
    readonly tooEarly: string;
    /** `time`: hh:mm. */
    readonly unknownSince: (time: string, who: 'log' | 'console') => string;
    readonly lastKnown: (time: string) => string;
    readonly waiting: string;
    readonly oldest: string;
    readonly clear: string;
    readonly incoming: string;
    readonly outgoing: string;
    readonly perSecond: (rate: string) => string;
    readonly partition: string;
    readonly partitions: (count: number) => string;
    readonly members: (count: number) => string;
    readonly stateColumn: string;
    readonly committed: string;
    readonly end: string;
    readonly report: string;
    readonly trendTooEarly: string;
    /** Records waiting at the start and at the end, and how long that is, in words. */
    readonly trend: Readonly<Record<Direction, (from: string, to: string, time: string) => string>>;
    readonly empty: string;
    readonly emptyHint: string;
    readonly asOf: (time: string) => string;
  };
  readonly loading: string;
  readonly failed: string;
  readonly noAnswer: string;
  readonly again: string;
  readonly notFound: string;
  readonly words: {
    readonly input: Words;
    readonly flagCause: Words;
    readonly cause: Words;
    readonly deadline: Words;
    readonly outcome: Words;
    readonly effect: Words;
    readonly waitsFor: Words;
  };
  readonly event: EventTexts;
};
