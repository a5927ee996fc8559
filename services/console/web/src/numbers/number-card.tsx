import type { Counted } from '@dialog/contracts/numbers';
import { useState } from 'react';
import { Link } from '../router.tsx';
import { useTexts } from '../texts/context.tsx';
import { type Texts, word } from '../texts/texts.ts';
import { delayText, duration } from '../time.ts';
import { Chart } from './chart.tsx';
import { yearOf } from './days-within.ts';

export const shareText = (value: number, language: string): string =>
  new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(value);

export const figureOf = ({ kind }: Counted, value: number, language: string): string =>
  kind === 'time' ? duration(value, language) : kind === 'share' || kind === 'ratio' ? shareText(value, language) : String(value);

/** What a part of a number is called; a name that a file of definitions made up stands as it is. */
export const partText = (t: Texts, part: string | null): string =>
  part === null ? t.numbers.nothing : (t.numbers.part[part] ?? t.words.flagCause[part] ?? word(t.words.cause, part));

type Props = {
  readonly number: Counted;
  readonly by: 'hour' | 'day';
  /** Address of the episodes behind it, or behind one of its parts. */
  readonly behind: (part?: string | null) => string;
};

/** One number: its value, its parts, how it went; all of it leads to the episodes behind it. */
export const NumberCard = ({ number, by, behind }: Props) => {
  const { t, language } = useTexts();
  const n = t.numbers;
  const title = number.title[language];
  const inParts = number.kind === 'parts' || number.kind === 'by';
  const count = (value: number): string => value.toLocaleString(language);
  const valueAt = (point: Counted['series'][number]): number | null => (inParts ? point.base : point.value);
  const figure = number.value === null ? n.noValue : figureOf(number, number.value, language);
  const of =
    number.kind === 'ratio'
      ? n.ofReplies(count(number.count), count(number.base))
      : number.kind === 'share'
        ? n.ofEpisodes(count(number.count), count(number.base))
        : n.episodes(count(number.base));
  return (
    <article className="card number" data-testid="number" data-number={number.name} aria-labelledby={`number-${number.name}`}>
      <h2 id={`number-${number.name}`}>{title}</h2>
      <p className="figure">
        {inParts ? null : (
          <Link to={behind()} label={`${figure} · ${n.open(title)}`} className="number-value">
            {figure}
          </Link>
        )}
        <span className="faint">
          {of}
          {number.p90 === null ? '' : ` · ${n.p90(duration(number.p90, language))}`}
        </span>
      </p>
      {number.wrong.map((why) => (
        <p key={why} className="notice" role="alert">
          {n.wrong(why)}
        </p>
      ))}
      {number.parts.length === 0 ? null : (
        <ul className="number-parts">
          {number.parts.map(({ part, count: many, share }) => (
            <li key={part ?? ''}>
              <Link to={behind(part)} className="number-part">
                <span className="name">{partText(t, part)}</span>
                <meter min={0} max={1} value={share} aria-hidden="true" />
                <span className="of">
                  {count(many)} · {shareText(share, language)}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      {number.series.length === 0 ? null : (
        <>
          <Chart
            series={number.series}
            by={by}
            bars={inParts}
            valueAt={valueAt}
            show={(value) => (number.kind === 'time' ? delayText(value, language) : figureOf(number, value, language))}
            language={language}
          />
          <SeriesTable number={number} by={by} valueAt={valueAt} />
        </>
      )}
    </article>
  );
};

const SeriesTable = ({
  number,
  by,
  valueAt,
}: Pick<Props, 'number' | 'by'> & { readonly valueAt: (point: Counted['series'][number]) => number | null }) => {
  const { t, language } = useTexts();
  const [open, setOpen] = useState(false);
  const when = new Intl.DateTimeFormat(language, {
    day: 'numeric',
    month: 'short',
    ...yearOf(number.series.map(({ at }) => at)),
    ...(by === 'hour' ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } : {}),
  });
  return (
    <details className="series" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.numbers.table}</summary>
      {open ? (
        <div className="scroll" tabIndex={0} role="region" aria-label={number.title[language]}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t.numbers.when}</th>
                <th scope="col">{t.numbers.value}</th>
                <th scope="col">{t.numbers.of}</th>
              </tr>
            </thead>
            <tbody>
              {number.series.map((point) => {
                const value = valueAt(point);
                return (
                  <tr key={point.at}>
                    <th scope="row">{when.format(point.at)}</th>
                    <td>{value === null ? t.numbers.noValue : figureOf(number, value, language)}</td>
                    <td>{point.base}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      ) : null}
    </details>
  );
};
