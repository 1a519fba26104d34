import { useCallback } from 'react';
import { axisLook, Chart, frame, valueLook, type Css, type Tip } from './chart';

export interface Curve {
  name: string;
  token: string;
  /** The sum of the others: drawn in bold. */
  main?: boolean;
  /** null: not known yet. `text` is the value as the tooltip says it. */
  points: { share: number | null; text: string }[];
}

interface Props {
  labels: string[];
  curves: Curve[];
  share: (value: number) => string;
  label: string;
  height?: number;
}

/** Shares over a few steps, a line each. */
export function CurveChart({ labels, curves, share, label, height = 260 }: Props) {
  const option = useCallback(
    (css: Css) => ({
      ...frame(css),
      grid: { ...frame(css).grid, right: 36 },
      xAxis: { ...axisLook(css), axisLabel: { ...axisLook(css).axisLabel, margin: 12 }, type: 'category' as const, data: labels, boundaryGap: labels.length < 3 },
      yAxis: { ...valueLook(css, share), min: 0 },
      series: curves.map((one) => ({
        type: 'line' as const, name: one.name, data: one.points.map((point) => point.share), symbol: 'circle', symbolSize: one.main ? 6 : 4, showSymbol: labels.length < 40,
        z: one.main ? 4 : 3, itemStyle: { color: css(one.token) }, lineStyle: { color: css(one.token), width: one.main ? 2.5 : 1.5 },
      })),
    }),
    [labels, curves, share],
  );
  const tip = (index: number): Tip => ({
    title: labels[index] ?? '',
    rows: curves.map((one) => ({ token: one.token, name: one.name, value: one.points[index]?.text ?? '–' })),
  });
  return <Chart option={option} height={height} label={label} axis="x" count={labels.length} tip={tip} />;
}
