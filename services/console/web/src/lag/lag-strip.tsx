import { Link } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { useLag } from './lag-now.tsx';
import { sentenceOf } from './sentence.ts';
import { type Verdict, verdictOf } from './verdict.ts';

export const classOf = (verdict: Verdict): string =>
  verdict.kind === 'unknown' ? 'unknown' : verdict.kind === 'group' ? verdict.tone : verdict.kind === 'well' ? 'good' : 'none';

/** Above every view: the one sentence that says whether all is well, and the way to what it is about. */
export const LagStrip = () => {
  const { t, language } = useTexts();
  const { report, lostSince } = useLag();
  // Its place is kept while it loads, so that the page does not jump.
  if (report === undefined) return <div className="strip none" aria-hidden="true" />;
  const verdict = verdictOf(report, lostSince);
  return (
    <aside aria-label={t.nav.lag}>
      <Link to="/lag" className={`strip ${classOf(verdict)}`} data={{ 'data-testid': 'lag-strip', 'data-tone': classOf(verdict) }}>
        <span className="dot" aria-hidden="true" />
        {sentenceOf(verdict, t, language)}
      </Link>
    </aside>
  );
};
