import type { WhatIfDialog } from '../../../src/api/what-if.ts';
import { useTexts } from '../texts/context.tsx';
import { type Texts, word } from '../texts/texts.ts';

export type Seen = WhatIfDialog['transcripts']['now'][number];

/** What is seen, as one sentence without who did it. */
const sentence = ({ what, text }: Seen, t: Texts): string => {
  if (what === 'text' || what === 'button') return text;
  const says = word(t.whatIf.what, what);
  const of =
    what === 'owner'
      ? word(t.whatIf.end, text === 'nobody' ? 'closed' : text)
      : what === 'flag_set'
        ? word(t.words.flagCause, text)
        : what === 'flag_reset' || what === 'return'
          ? word(t.words.cause, text)
          : text;
  return of === '' ? says : `${says}: ${of}`;
};

export const SeenLine = ({ seen }: { readonly seen: Seen | null }) => {
  const { t } = useTexts();
  if (seen === null) return <span className="faint">{t.whatIf.nothing}</span>;
  return (
    <span className={`seen ${seen.who}`}>
      <strong>{word(t.whatIf.who, seen.who)}</strong> <span className="seen-text">{sentence(seen, t)}</span>
      {seen.lost === undefined ? null : <span className="badge bad">{t.whatIf.lost(seen.lost)}</span>}
      {seen.assumed === undefined ? null : <span className="faint small"> {t.whatIf.assumed}</span>}
    </span>
  );
};
