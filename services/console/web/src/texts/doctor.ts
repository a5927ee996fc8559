import type { Words } from './texts.ts';

/** What the page of the set-up says; findings and steps come with their words from the API. */
export type DoctorTexts = {
  readonly nav: string;
  readonly heading: string;
  readonly account: string;
  readonly noAccounts: string;
  readonly hooks: string;
  readonly hook: Words;
  readonly never: string;
  readonly last: (age: string) => string;
  readonly spaces: string;
  readonly findings: string;
  readonly fine: string;
  readonly mend: string;
  readonly times: (count: number) => string;
  readonly guide: string;
  readonly url: string;
  readonly urlHint: string;
  readonly urlWrong: string;
  readonly copy: string;
  readonly copied: string;
  readonly state: Words;
  readonly log: string;
  readonly event: string;
  readonly verdictLabel: string;
  readonly any: string;
  readonly chat: string;
  readonly verdict: Words;
  readonly input: string;
  readonly inQuarantine: string;
  readonly more: string;
  readonly nothing: string;
};
