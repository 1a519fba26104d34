import { useCallback } from 'react';
import { axisLook, Chart, frame, valueLook, type Css, type Tip } from './chart';

interface Props {
  /** The rows on the vertical axis, and what each series has in each of them. */
  categories: string[];
  series: { key: string; name: string; token: string; values: number[] }[];
  exact: (value: number) => string;
  short: (value: number) => string;
  label: string;
  height?: number;
  onPick?: (category: number, series: number) => void;
}

/** Horizontal bars, each a stack of the same whole. */
export function ShareChart({ categories, series, exact, short, label, height = 300, onPick }: Props) {
  const option = useCallback(
    (css: Css) => ({
      ...frame(css),
      grid: { ...frame(css).grid, right: 32 },
      // A stack is as long as the whole: the axis ends with it.
      xAxis: { ...valueLook(css, short), splitNumber: 3, max: 'dataMax' as const, axisLabel: { ...valueLook(css, short).axisLabel, showMaxLabel: false } },
      yAxis: { ...axisLook(css), type: 'category' as const, inverse: true, data: categories, axisLabel: { ...axisLook(css).axisLabel, width: 120, overflow: 'truncate' as const } },
      series: series.map((one) => ({
        type: 'bar' as const, name: one.name, data: one.values, barMaxWidth: 24, stack: 'all', cursor: onPick ? 'pointer' : 'default',
        itemStyle: { color: css(one.token), borderColor: css('--panel'), borderWidth: 0.5 },
      })),
    }),
    [categories, series, short, onPick],
  );
  const tip = (index: number): Tip => ({
    title: categories[index] ?? '',
    rows: series.filter((one) => (one.values[index] ?? 0) > 0).map((one) => ({ token: one.token, name: one.name, value: exact(one.values[index] ?? 0) })),
  });
  const pick = onPick && ((place: { series: string; index: number }) => onPick(place.index, series.findIndex((one) => one.name === place.series)));
  return <Chart option={option} height={height} label={label} axis="y" count={categories.length} tip={tip} onPick={pick} />;
}
