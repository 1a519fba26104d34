import type { EChartsCoreOption, EChartsType } from 'echarts/core';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { useSeenTheme } from '../hooks/useTheme';

/** The value of a design token, for what cannot read CSS. */
export type Css = (token: string) => string;

/** What the pointer did, as ECharts and its canvas tell it. */
export interface Pointed { dataType?: string; dataIndex: number; seriesName?: string; offsetX: number; offsetY: number; event?: { offsetX: number; offsetY: number } }
type Handler = (event: Pointed, chart: EChartsType) => void;
interface Handlers {
  /** Anywhere on the canvas. */
  move?: Handler;
  /** Over something drawn. */
  over?: Handler;
  pick?: Handler;
  leave?: Handler;
}

/** An ECharts canvas in an element, drawn again when its option or the theme changes. `load` is always the same function. */
export function useCanvas(load: () => Promise<{ init: (element: HTMLElement) => EChartsType }>, option: (css: Css, chart: EChartsType) => EChartsCoreOption, handlers: Handlers) {
  const box = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<EChartsType | null>(null);
  const theme = useSeenTheme();
  const tell = useEffectEvent((what: keyof Handlers, event: unknown, made: EChartsType) => handlers[what]?.(event as Pointed, made));

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let made: EChartsType | null = null;
    let gone = false;
    const observer = new ResizeObserver(() => made?.resize());
    void load().then(({ init }) => {
      if (gone) return;
      const one = (made = init(element));
      one.on('mousemove', (event) => tell('over', event, one));
      one.on('mouseout', (event) => tell('leave', event, one));
      one.on('click', (event) => tell('pick', event, one));
      one.getZr().on('mousemove', (event) => tell('move', event, one));
      one.getZr().on('globalout', (event) => tell('leave', event, one));
      observer.observe(element);
      setChart(one);
    });
    return () => {
      gone = true;
      observer.disconnect();
      made?.dispose();
      setChart(null);
    };
  }, [load]);

  useEffect(() => {
    if (!chart) return;
    const style = getComputedStyle(document.documentElement);
    chart.setOption({ animation: false, ...option((token) => style.getPropertyValue(token).trim(), chart) }, { notMerge: true });
  }, [chart, option, theme]);

  return { box, chart };
}
