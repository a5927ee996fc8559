import type { PartsReport } from '../../../src/parts/parts.ts';
import { useTexts } from '../texts/context.tsx';
import { word } from '../texts/texts.ts';
import { hourAndMinute } from '../time.ts';

const tone = { well: 'good', away: 'bad', unknown: 'none' } as const;

/** What the engine stands on, each with whether it answers. `isStale`: what is known of it is old. */
export const PartsBar = ({ parts, isStale }: { readonly parts: PartsReport['parts']; readonly isStale: boolean }) => {
  const { t } = useTexts();
  return (
    <ul className="parts" aria-label={t.ops.parts}>
      {parts.map(({ part, state: known, members }) => {
        const state = isStale ? 'unknown' : known;
        return (
          <li key={part} className={`part ${tone[state]}`} data-testid="part" data-part={part} data-state={state}>
            <span className="dot" aria-hidden="true" />
            <strong>{word(t.ops.part, part)}</strong>
            <span className="faint">{members !== null && state === 'well' ? t.ops.readers(members) : word(t.ops.partState, state)}</span>
          </li>
        );
      })}
    </ul>
  );
};

/** A sentence for each that does not answer: above all else. */
export const PartsAway = ({ parts }: { readonly parts: PartsReport['parts'] }) => {
  const { t, language } = useTexts();
  const away = parts.filter(({ state }) => state === 'away');
  return away.map(({ part, since }) => (
    <p key={part} className="sentence bad" role="alert" data-testid="part-away" data-part={part}>
      {t.ops.partAway(word(t.ops.part, part), since === null ? '—' : hourAndMinute(since, language))}
    </p>
  ));
};
