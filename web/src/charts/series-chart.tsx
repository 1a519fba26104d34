import { useCallback } from 'react';
import { axisLook, Chart, frame, valueLook, type Css, type Tip } from './chart';

export type SeriesKind = 'line' | 'area' | 'bar';
export interface Series {
  key: string;
  name: string;
  token: string;
  /** null: not known. */
  values: (number | null)[];
  previous?: (number | null)[];
}

interface Props {
  /** One for each period; `titles` is the long form for the tooltip. */
  labels: string[];
  titles: string[];
  previousTitles?: string[] | undefined;
  series: Series[];
  kind: SeriesKind;
  /** The series add up to a whole: areas and bars stand on each other. (Areas that do not are drawn as lines.) */
  stacked: boolean;
  /** The last period is not over: it is drawn dotted. */
  partial: boolean;
  partialName: string;
  short: (value: number) => string;
  exact: (value: number) => string;
  label: string;
  height?: number;
}

const DOTS_UP_TO = 40;

/** One metric over time, a series each group, on one axis. */
export function SeriesChart({ labels, titles, previousTitles, series, kind, stacked, partial, partialName, short, exact, label, height = 260 }: Props) {
  const option = useCallback(
    (css: Css) => ({
      ...frame(css),
      // Without a gap at the ends half of the last label stands beyond the axis.
      ...(kind === 'bar' ? {} : { grid: { ...frame(css).grid, right: 32 } }),
      xAxis: { ...axisLook(css), axisLabel: { ...axisLook(css).axisLabel, margin: 12 }, type: 'category' as const, data: labels, boundaryGap: kind === 'bar' || labels.length < 3 },
      yAxis: { ...valueLook(css, short), minInterval: series.every((one) => one.values.every((value) => Number.isInteger(value ?? 0))) ? 1 : 0 },
      series: series.flatMap((one) => drawn(css, one, kind === 'area' && !stacked && series.length > 1 ? 'line' : kind, stacked, partial)),
    }),
    [labels, series, kind, stacked, partial, short],
  );
  const said = (value: number | null | undefined) => (value == null ? '–' : exact(value));
  const tip = (index: number): Tip => ({
    title: (titles[index] ?? '') + (partial && index === labels.length - 1 ? ` · ${partialName}` : ''),
    rows: series.flatMap((one) => {
      const before = one.previous?.[index];
      return [
        { token: one.token, name: one.name, value: said(one.values[index]) },
        ...(before === undefined ? [] : [{ name: previousTitles?.[index] ?? '', value: said(before), faint: true }]),
      ];
    }),
  });
  return <Chart option={option} height={height} label={label} axis="x" count={labels.length} tip={tip} />;
}

function drawn(css: Css, one: Series, kind: SeriesKind, stacked: boolean, partial: boolean): object[] {
  const color = css(one.token);
  const last = one.values.length - 1;
  const stack = stacked ? { stack: 'all' } : {};
  const line = { type: 'line' as const, symbol: 'circle', symbolSize: 4, showSymbol: one.values.length < DOTS_UP_TO, itemStyle: { color }, lineStyle: { color, width: 2 } };
  const previous = one.previous ? [{ ...line, name: 'previous', data: one.previous.slice(0, one.values.length), showSymbol: false, lineStyle: { color, width: 1.5, type: 'dashed' as const, opacity: 0.6 } }] : [];
  if (kind === 'bar') {
    const data = one.values.map((value, index) => (partial && index === last ? { value, itemStyle: { color, opacity: 0.45, borderColor: color, borderWidth: 1, borderType: 'dotted' as const } } : value));
    return [{ type: 'bar' as const, name: one.name, data, barMaxWidth: 32, barCategoryGap: '25%', itemStyle: { color }, ...stack }, ...previous];
  }
  if (kind === 'area') return [{ ...line, name: one.name, data: one.values, showSymbol: false, lineStyle: { color, width: 1.5 }, areaStyle: { color, opacity: stacked ? 0.5 : 0.15 }, ...stack }, ...previous];
  const whole = partial && last > 0;
  return [
    ...previous,
    { ...line, name: one.name, data: whole ? one.values.map((value, index) => (index === last ? null : value)) : one.values },
    ...(whole ? [{ ...line, name: one.name, data: one.values.map((value, index) => (index < last - 1 ? null : value)), lineStyle: { ...line.lineStyle, type: 'dotted' as const } }] : []),
  ];
}
