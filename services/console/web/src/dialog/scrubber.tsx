import { memo, useMemo } from 'react';
import { useTexts } from '../texts/context.tsx';
import { type Row, stepFrom } from './rows.ts';
import { wording } from './wording.ts';

type ScrubberProps = {
  readonly rows: readonly Row[];
  readonly row: number;
  readonly chosen: number;
  readonly last: number;
  readonly toRow: (index: number | undefined) => void;
};

/** One stop per row, so that idle time takes no room; its track tells who had the chat and where something went wrong. */
export const Scrubber = ({ rows, row, chosen, last, toRow }: ScrubberProps) => {
  const { t } = useTexts();
  const step = rows[row]?.step;
  const [previous, next] = [stepFrom(rows, row, chosen, -1), stepFrom(rows, row, chosen, 1)];
  return (
    <>
      <button type="button" aria-label={t.dialog.previous} aria-disabled={previous === undefined} onClick={() => toRow(previous)}>
        ←
      </button>
      <div className="scrubber">
        <input
          type="range"
          aria-label={t.replay.scrubber}
          aria-valuetext={`${t.dialog.after(chosen, last)}${step === undefined ? '' : `: ${wording(step.event, t)}`}`}
          min={0}
          max={Math.max(rows.length - 1, 0)}
          value={row}
          onChange={(event) => toRow(Number(event.target.value))}
        />
        <Track rows={rows} />
      </div>
      <button type="button" aria-label={t.dialog.next} aria-disabled={next === undefined} onClick={() => toRow(next)}>
        →
      </button>
      <span className="place">{t.dialog.after(chosen, last)}</span>
      <span className="hidden" aria-live="polite">
        {step === undefined ? '' : wording(step.event, t)}
      </span>
    </>
  );
};

/** More ticks than this on a track nobody can tell apart. */
const maxTicks = 300;

const Track = memo(({ rows }: { readonly rows: readonly Row[] }) => {
  const { segments, ticks } = useMemo(() => trackOf(rows), [rows]);
  return (
    <svg className="track" viewBox={`0 0 ${Math.max(rows.length, 1)} 10`} preserveAspectRatio="none" aria-hidden="true">
      {segments.map(({ owner, from, to }) => (
        <rect key={from} className={`track-${owner}`} x={from} width={to - from} y={0} height={6} />
      ))}
      {ticks.map((tick) => (
        <rect key={tick} className="track-trouble" x={tick} width={Math.max(1, rows.length / maxTicks)} y={7} height={3} />
      ))}
    </svg>
  );
});

const trackOf = (rows: readonly Row[]) => {
  const segments: { owner: string; from: number; to: number }[] = [];
  const ticks: number[] = [];
  const every = Math.max(1, rows.length / maxTicks);
  for (const [at, row] of rows.entries()) {
    const owner = row.step.metadata?.owner ?? 'none';
    const open = segments.at(-1);
    if (open?.owner === owner) open.to = at + 1;
    else segments.push({ owner, from: at, to: at + 1 });
    if (row.marks.length > 0 && at - (ticks.at(-1) ?? Number.NEGATIVE_INFINITY) >= every) ticks.push(at);
  }
  return { segments, ticks };
};
