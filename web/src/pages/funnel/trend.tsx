/* Whether the funnel gets better: by the period in which people entered. */
import type { FunnelPeriod } from '../../api/types';
import { useMemo } from 'react';
import { TimeChart } from '../../charts/time-chart';
import { ChartPanel } from '../../components/chart-panel';
import { Table, type Column } from '../../components/table';
import { Segmented } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import { patch } from '../../hooks/useUrl';
import { periodNames } from '../../lib/metrics';
import { FUNNEL } from '../../lib/texts/funnel';
import { TRENDS } from './question';

/** Periods before the first person say nothing. */
const begun = (all: FunnelPeriod[]) => all.slice(Math.max(0, all.findIndex((point) => point.entered > 0)));

export function Trend({ all, step }: { all: FunnelPeriod[]; step: (typeof TRENDS)[number] }) {
  const { t, fmt, lang } = useApp();
  const words = FUNNEL[lang];
  const points = useMemo(() => begun(all), [all]);
  const names = useMemo(() => periodNames(step, fmt, t), [step, fmt, t]);
  const labels = useMemo(() => points.map((point) => names.short(point.at)), [points, names]);
  const series = useMemo(() => [
    { name: words.entered, kind: 'bar' as const, token: '--series-1', values: points.map((point) => point.entered), exact: (value: number) => fmt.exact(value), short: fmt.short },
    { name: words.rate, kind: 'line' as const, token: '--series-2', values: points.map((point) => (point.entered ? point.rate : null)), exact: (value: number) => fmt.percent(value, 2), short: (value: number) => fmt.percent(value) },
  ], [points, words, fmt]);
  const columns: Column<FunnelPeriod>[] = [
    { key: 'at', title: t.period, value: (row) => row.at, show: (row) => names.long(row.at) },
    { key: 'entered', title: words.entered, numeric: true, value: (row) => row.entered, show: (row) => fmt.exact(row.entered) },
    { key: 'converted', title: words.converted, numeric: true, value: (row) => row.converted, show: (row) => fmt.exact(row.converted) },
    { key: 'rate', title: words.rate, numeric: true, value: (row) => row.rate, show: (row) => (row.entered ? fmt.percentFixed(row.rate, 2) : '–') },
  ];
  return (
    <ChartPanel
      testid="funnel-trend"
      title={words.trend}
      hint={words.trendWhat}
      legend={series.map((one) => ({ name: one.name, color: `var(${one.token})` }))}
      actions={<Segmented label={t.interval} value={step} options={TRENDS.map((one) => ({ value: one, label: t.steps[one] }))} onChange={(one) => patch({ trend: one === 'week' ? null : one }, true)} />}
      chart={<TimeChart labels={labels} titles={points.map((point) => names.long(point.at))} series={series} partial={false} previousName="" partialName="" label={words.trend} height={220} />}
      table={<Table name="funnel-trend" testid="funnel-trend-table" caption={words.trend} columns={columns} rows={points} rowKey={(row) => row.at} sort={{ key: 'at', down: true }} />}
    />
  );
}
