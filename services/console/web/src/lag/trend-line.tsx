import { courseOf, type Trend } from '../../../src/lag/trend.ts';
import { useTexts } from '../texts/context.tsx';
import { duration } from '../time.ts';
import { height, linesOf, width } from './lines.ts';

/** How the lag of a group went over the last minutes: the line for the eye, the sentence for everybody. */
export const TrendLine = ({ trend }: { readonly trend: Trend }) => {
  const { t, language } = useTexts();
  const course = courseOf(trend);
  const count = (value: number): string => value.toLocaleString(language);
  const time = (ms: number): string => duration(Math.max(1_000, Math.round(ms / 1_000) * 1_000), language);
  return (
    <div className="trend" data-testid="lag-trend" data-direction={course?.direction ?? 'unknown'}>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {linesOf(trend).map((points) => (
          <polyline key={points} points={points} />
        ))}
      </svg>
      <p>
        {course === undefined
          ? t.lag.trendTooEarly
          : t.lag.trend[course.direction](count(course.from), count(course.to), time(course.overMs))}
      </p>
    </div>
  );
};
