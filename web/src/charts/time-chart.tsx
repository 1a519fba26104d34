import { useCallback } from 'react';
import { axisLook, Chart, frame, valueLook, type Css, type Tip } from './chart';

export interface TimeSeries {
  name: string;
  kind: 'bar' | 'line';
  token: string;
  values: (number | null)[];
  previous?: (number | null)[];
  exact: (value: number) => string;
  short: (value: number) => string;
}

interface Props {
  /** One for each period; `titles` is the long form for the tooltip. */
  labels: string[];
  titles: string[];
  previousTitles?: string[];
  series: TimeSeries[];
  /** The last period is not over: it is drawn dotted. */
  partial: boolean;
  previousName: string;
  partialName: string;
  label: string;
  height?: number;
}

/** Bars on the left axis, a line on the right (or one series alone on the left), the previous period dashed. */
export function TimeChart({ labels, titles, previousTitles, series, partial, previousName, partialName, label, height = 280 }: Props) {
  const option = useCallback(
    (css: Css) => ({
      ...frame(css),
      xAxis: { ...axisLook(css), axisLabel: { ...axisLook(css).axisLabel, margin: 12 }, type: 'category' as const, data: labels, boundaryGap: series.some((one) => one.kind === 'bar') || labels.length < 3 },
      yAxis: series.map((one, index) => ({ ...valueLook(css, one.short), min: 0, position: index ? ('right' as const) : ('left' as const), ...(index ? { splitLine: { show: false } } : {}), minInterval: one.values.every((value) => Number.isInteger(value ?? 0)) ? 1 : 0 })),
      series: series.flatMap((one, index) => lines(css, one, index, partial)),
    }),
    [labels, series, partial],
  );
  const tip = (index: number): Tip => ({
    title: (titles[index] ?? '') + (partial && index === labels.length - 1 ? ` · ${partialName}` : ''),
    rows: series.flatMap((one) => {
      const before = one.previous?.[index];
      return [
        { token: one.token, name: one.name, value: text(one, one.values[index]) },
        ...(before === undefined ? [] : [{ name: previousTitles?.[index] ?? previousName, value: text(one, before), faint: true }]),
      ];
    }),
  });
  return <Chart option={option} height={height} label={label} axis="x" count={labels.length} tip={tip} />;
}

const text = (series: TimeSeries, value: number | null | undefined) => (value === null || value === undefined ? '–' : series.exact(value));

function lines(css: Css, one: TimeSeries, axis: number, partial: boolean): object[] {
  const color = css(one.token);
  const last = one.values.length - 1;
  const line = { type: 'line' as const, yAxisIndex: axis, symbol: 'circle', symbolSize: 5, showSymbol: one.values.length < 40, z: 3, itemStyle: { color } };
  // Of two series only the first shows what was, or four lines would cross; the tooltip has both.
  const previous = one.previous && axis === 0
    ? [{ ...line, name: 'previous', z: 2, data: one.previous.slice(0, one.values.length), showSymbol: false, lineStyle: { color, width: 1.5, type: 'dashed' as const, opacity: 0.6 } }]
    : [];
  if (one.kind === 'bar') {
    const data = one.values.map((value, index) =>
      partial && index === last ? { value, itemStyle: { color: 'transparent', borderColor: color, borderWidth: 1.5, borderType: 'dotted' as const } } : value,
    );
    return [{ type: 'bar' as const, name: one.name, yAxisIndex: axis, data, barMaxWidth: 32, barCategoryGap: '25%', itemStyle: { color, borderRadius: [2, 2, 0, 0] } }, ...previous];
  }
  const whole = partial && last > 0;
  return [
    ...previous,
    { ...line, name: one.name, data: whole ? one.values.map((value, index) => (index === last ? null : value)) : one.values, lineStyle: { color, width: 2 } },
    ...(whole ? [{ ...line, name: one.name, data: one.values.map((value, index) => (index < last - 1 ? null : value)), lineStyle: { color, width: 2, type: 'dotted' as const } }] : []),
  ];
}
