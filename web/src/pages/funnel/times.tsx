/* How long it takes people: of the whole funnel or of one step. */
import type { Funnel, FunnelTimes } from '../../api/types';
import { useMemo } from 'react';
import { SeriesChart } from '../../charts/series-chart';
import { ChartPanel } from '../../components/chart-panel';
import { Table, type Column } from '../../components/table';
import { Empty, Select } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import { patch, useUrl } from '../../hooks/useUrl';
import { buckets, type Bucket } from '../../lib/lengths';
import { FUNNEL } from '../../lib/texts/funnel';

const WHOLE = 'whole';

export function Times({ data }: { data: Funnel }) {
  const { lang } = useApp();
  const words = FUNNEL[lang];
  const { params } = useUrl();
  const timed = data.steps.flatMap((step, index) => (step.lengths ? [{ value: String(index + 1), label: `${index + 1}. ${step.name}`, times: step }] : []));
  const picked = timed.find((one) => one.value === params.get('times'));
  const times = picked?.times ?? data.whole;
  if (!times) return null; // it was asked without (times=false)
  return <Histogram times={times} bounds={data.lengths_ms} picked={picked?.value ?? WHOLE} choices={[{ value: WHOLE, label: words.whole }, ...timed]} />;
}

interface Props { times: Pick<FunnelTimes, 'p25_ms' | 'median_ms' | 'p75_ms'> & { lengths?: number[] }; bounds: number[]; picked: string; choices: { value: string; label: string }[] }

function Histogram({ times, bounds, picked, choices }: Props) {
  const { t, fmt, lang } = useApp();
  const words = FUNNEL[lang];
  const rows = useMemo(() => buckets(bounds, times.lengths ?? []), [bounds, times]);
  const name = useMemo(() => {
    const length = (ms: number) => fmt.duration(ms);
    return ({ low, high }: Bucket) => (low === null ? words.less(length(high ?? 0)) : high === null ? words.moreThan(length(low)) : words.between(length(low), length(high)));
  }, [fmt, words]);
  const labels = useMemo(() => rows.map(name), [rows, name]);
  const series = useMemo(() => [{ key: 'persons', name: t.metrics.persons.name, token: '--series-1', values: rows.map((row) => row.count) }], [rows, t]);
  const all = rows.reduce((sum, row) => sum + row.count, 0);
  const columns: Column<Bucket>[] = [
    { key: 'length', title: words.length, value: (row) => name(row) },
    { key: 'persons', title: t.metrics.persons.name, numeric: true, value: (row) => row.count, show: (row) => fmt.exact(row.count) },
    { key: 'share', title: t.share, numeric: true, value: (row) => row.count / all, show: (row) => fmt.percentFixed(row.count / all) },
  ];
  return (
    <ChartPanel
      testid="funnel-times"
      title={words.times}
      hint={words.timesWhat}
      note={times.p25_ms !== null && times.median_ms !== null && times.p75_ms !== null ? words.quartiles(fmt.duration(times.p25_ms), fmt.duration(times.median_ms), fmt.duration(times.p75_ms)) : undefined}
      actions={<Select label={words.timesOf} value={picked} options={choices} onChange={(one) => patch({ times: one === WHOLE ? null : one }, true)} data-testid="funnel-times-of" />}
      chart={rows.length ? <SeriesChart labels={labels} titles={labels} series={series} kind="bar" stacked={false} partial={false} partialName="" short={fmt.short} exact={fmt.exact} label={words.times} height={220} /> : <Empty title={words.nobodyYet} />}
      table={<Table name="funnel-times" testid="funnel-times-table" caption={words.times} columns={columns} rows={rows} rowKey={name} searchable={false} />}
    />
  );
}
