import type { EChartsCoreOption, EChartsType } from 'echarts/core';
import { useState, type KeyboardEvent } from 'react';
import { useCanvas, type Css } from './canvas';

export type { Css } from './canvas';
export interface TipRow { token?: string; name: string; value: string; faint?: boolean }
export interface Tip { title: string; rows: TipRow[] }

interface Props {
  option: (css: Css) => EChartsCoreOption;
  height: number;
  /** Said to those who cannot see it; the numbers themselves are in the panel's table view. */
  label: string;
  /** The axis with the categories, how many there are, and what is known of each. */
  axis: 'x' | 'y';
  count: number;
  tip: (index: number) => Tip;
  onPick?: ((place: { series: string; index: number }) => void) | undefined;
}

export interface Place { index: number; x: number; y: number }

const load = () => import('./echarts');

/** One ECharts canvas with a tooltip of our own: by pointer, or by the arrow keys. */
export function Chart({ option, height, label, axis, count, tip, onPick }: Props) {
  const [place, setPlace] = useState<Place | null>(null);
  const move = ({ offsetX: x, offsetY: y }: { offsetX: number; offsetY: number }, made: EChartsType) => {
    if (!made.containPixel('grid', [x, y])) return setPlace(null);
    const index = Math.round(made.convertFromPixel({ [`${axis}AxisIndex`]: 0 }, axis === 'x' ? x : y));
    setPlace(index >= 0 && index < count ? { index, x, y } : null);
  };
  const { box, chart } = useCanvas(load, option, { move, pick: (event) => onPick?.({ series: event.seriesName ?? '', index: event.dataIndex }), leave: () => setPlace(null) });

  const walk = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' || event.key === 'ArrowDown' ? 1 : event.key === 'ArrowLeft' || event.key === 'ArrowUp' ? -1 : 0;
    if (!by || !chart) return;
    event.preventDefault();
    event.stopPropagation();
    const index = Math.max(0, Math.min(count - 1, (place?.index ?? (by > 0 ? -1 : count)) + by));
    const at = chart.convertToPixel({ [`${axis}AxisIndex`]: 0 }, index);
    setPlace({ index, x: axis === 'x' ? at : 80, y: axis === 'x' ? 24 : at });
  };

  const shown = place && place.index < count ? tip(place.index) : null;
  return (
    <div className="chart" style={{ height }}>
      <div ref={box} className="chart-canvas" role="img" aria-label={label} tabIndex={0} onKeyDown={walk} onBlur={() => setPlace(null)} data-ready={chart ? '' : undefined} />
      {place && shown && <TipBox place={place} tip={shown} width={chart?.getWidth() ?? 0} line={axis === 'x'} />}
    </div>
  );
}

const TIP_WIDTH = 260;

export function TipBox({ place, tip, width, line }: { place: Place; tip: Tip; width: number; line: boolean }) {
  const left = place.x + 16 + TIP_WIDTH > width ? Math.max(0, place.x - 16 - TIP_WIDTH) : place.x + 16;
  return (
    <>
      {line && <i className="chart-line" style={{ left: place.x }} />}
      <div className={left < place.x ? 'chart-tip before' : 'chart-tip'} role="status" style={{ left, top: Math.max(0, place.y - 24) }}>
        <strong>{tip.title}</strong>
        {tip.rows.map((row, index) => (
          <div key={index} className={row.faint ? 'faint' : ''}><i style={row.token ? { background: `var(${row.token})` } : {}} /><span>{row.name}</span><b>{row.value}</b></div>
        ))}
      </div>
    </>
  );
}

/** What all charts share. */
export const frame = (css: Css) => ({
  textStyle: { fontFamily: css('--font'), fontSize: 12, color: css('--ink-2') },
  grid: { left: 12, right: 16, top: 12, bottom: 8, containLabel: true },
});

export const axisLook = (css: Css) => ({
  axisLine: { show: true, lineStyle: { color: css('--line-2') } },
  axisTick: { show: false },
  axisLabel: { color: css('--ink-2'), fontSize: 12, hideOverlap: true },
  splitLine: { show: false },
});

export const valueLook = (css: Css, format: (value: number) => string) => ({
  type: 'value' as const,
  splitNumber: 4,
  axisLine: { show: false },
  axisTick: { show: false },
  axisLabel: { color: css('--ink-3'), fontSize: 12, formatter: format, hideOverlap: true },
  splitLine: { lineStyle: { color: css('--line') } },
});
