import type { Counted } from '@dialog/contracts/numbers';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { daysWithin, labelWidth } from './days-within.ts';
import 'uplot/dist/uPlot.min.css';

const height = 130;
/** There is no half of an episode. */
const wholeSteps = Array.from({ length: 8 }, (_, power) => [1, 2, 5].map((one) => one * 10 ** power)).flat();

export type ChartProps = {
  readonly series: Counted['series'];
  readonly by: 'hour' | 'day';
  /** Of a point: its value, or where the number has none of its own the count. */
  readonly valueAt: (point: Counted['series'][number]) => number | null;
  readonly show: (value: number) => string;
  readonly bars: boolean;
  readonly language: string;
};

/** Times in seconds and their values; where hours or days without an episode lie between two points, the line breaks. */
export const pointsOf = (
  series: Counted['series'],
  by: 'hour' | 'day',
  valueAt: ChartProps['valueAt'],
): [times: number[], values: (number | null)[]] => {
  const step = by === 'hour' ? 3600 : 86_400;
  const times: number[] = [];
  const values: (number | null)[] = [];
  for (const point of series) {
    const at = point.at / 1000;
    const before = times.at(-1);
    if (before !== undefined && at - before > 1.5 * step) {
      times.push(before + step);
      values.push(null);
    }
    times.push(at);
    values.push(valueAt(point));
  }
  return [times, values];
};

/** A number over time; for the eye only, the table beside it says the same in words. */
export const Chart = ({ series, by, valueAt, show, bars, language }: ChartProps) => {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const host = frame.current;
    if (host === null) return;
    // The canvas needs colours as such; the frame carries those of the theme in properties that show nothing.
    const colour = (of: 'color' | 'borderBottomColor' | 'columnRuleColor') => () => getComputedStyle(host)[of];
    const axis = { stroke: colour('borderBottomColor'), grid: { stroke: colour('columnRuleColor'), width: 1 }, ticks: { show: false } };
    const day = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' });
    const hour = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
    const data = pointsOf(series, by, valueAt);
    const first = data[0][0] ?? 0;
    const last = data[0].at(-1) ?? 0;
    const step = by === 'hour' ? 3600 : 86_400;
    const paths = bars ? uPlot.paths.bars?.({ size: [0.7, 40] }) : undefined;
    const plot = new uPlot(
      {
        width: host.clientWidth,
        height,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: true, range: [first - step / 2, last + step / 2] },
          y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] },
        },
        axes: [
          {
            ...axis,
            // Days are named where they stand, and never by an hour: one day alone would have three of them.
            ...(by === 'day'
              ? { splits: (_: uPlot, __: number, from: number, to: number) => daysWithin(data[0], from, to, host.clientWidth) }
              : {}),
            values: (_, splits, __, ___, increment) =>
              splits.map((at) => (by === 'day' || increment >= 86_400 ? day : hour).format(at * 1000)),
            space: labelWidth,
            size: 28,
          },
          { ...axis, size: 64, ...(bars ? { incrs: wholeSteps } : {}), values: (_, splits) => splits.map((value) => show(value)) },
        ],
        series: [
          {},
          {
            stroke: colour('color'),
            width: 2,
            points: { show: !bars, size: 6, fill: colour('color') },
            ...(paths === undefined ? {} : { fill: colour('color'), paths }),
          },
        ],
      },
      data,
      host,
    );
    const sized = new ResizeObserver(() => plot.setSize({ width: host.clientWidth, height }));
    sized.observe(host);
    const drawn = () => plot.redraw();
    const themed = new MutationObserver(drawn);
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', drawn);
    return () => {
      sized.disconnect();
      themed.disconnect();
      dark.removeEventListener('change', drawn);
      plot.destroy();
    };
  }, [series, by, bars, language]);
  return <div ref={frame} className="chart" aria-hidden="true" data-testid="chart" />;
};
