/* Channels side by side: where the money goes, one metric by channel, and over time. */
import { useMemo, type ReactNode } from 'react';
import { address } from '../../api/client';
import type { AnalyticsChannel, AnalyticsChannels, ChannelSeries, ChannelTree, RoiTrend, TreeRow } from '../../api/types';
import { SeriesChart, type Series } from '../../charts/series-chart';
import { BarList, Split, type Bar } from '../../components/bar-list';
import { ChartPanel } from '../../components/chart-panel';
import { Table, type Column } from '../../components/table';
import { Async, Change, Dot, Empty, Segmented, Select } from '../../components/ui';
import { useApp, useFormatOf, type Scope } from '../../hooks/useApp';
import { useHotkeys } from '../../hooks/useHotkeys';
import { useQuery } from '../../hooks/useQuery';
import { hrefOf, patch, visit } from '../../hooks/useUrl';
import { channelColor, colorToken } from '../../lib/color';
import { FIGURES, figureCell, goodWhenMore, MEANS, unitOf } from '../../lib/figures';
import { changeOf } from '../../lib/format';
import { PERIODS, periodEnd, periodsOf, type Period } from '../../lib/periods';
import { CHANNELS } from '../../lib/texts/channels';
import { chartKind, isFigure, openIn, periodText, SERIES, spanOf, textOf, whyNone, type Days, type Metric } from './question';

const MOST_SERIES = 8;

export function MetricChoice({ metric, days, campaigns }: { metric: Metric; days: boolean; campaigns: boolean }) {
  const { lang } = useApp();
  const words = CHANNELS[lang];
  const both = days && campaigns;
  const options = [...(days ? FIGURES.map((value) => ({ value: value, label: words.figures[value].name })) : []), ...(campaigns ? MEANS.map((value) => ({ value: value, label: both ? `${words.figures[value].name} (${words.ofCampaigns})` : words.figures[value].name })) : [])];
  return <Select label={words.metric} value={metric} options={options} onChange={(one) => patch({ metric: one })} data-testid="channel-metric" />;
}

export function SpendSplit({ tree }: { tree: ChannelTree }) {
  const { t, lang } = useApp();
  const words = CHANNELS[lang];
  const fmt = useFormatOf(tree.currency);
  const total = tree.total.spend ?? 0;
  const rows = tree.rows.filter((row) => (row.spend ?? 0) > 0).sort((a, b) => (b.spend ?? 0) - (a.spend ?? 0));
  const share = (row: TreeRow) => (row.spend ?? 0) / total;
  const title = (row: TreeRow) => `${row.id}: ${fmt.moneyExact(row.spend ?? 0)}, ${fmt.percent(share(row), 2)}`;
  const columns: Column<TreeRow>[] = [
    { key: 'channel', title: words.channel, value: (row) => row.id, show: (row) => <><Dot color={channelColor(row.id)} />{row.id}</> },
    { key: 'spend', title: words.figures.spend.name, hint: words.figures.spend.what, numeric: true, unit: 'money', value: (row) => figureCell('spend', row.spend, fmt.minorPerUnit), show: (row) => fmt.moneyExact(row.spend ?? 0) },
    { key: 'share', title: t.share, numeric: true, unit: 'share', value: share, show: (row) => fmt.percentFixed(share(row)) },
  ];
  return (
    <ChartPanel
      testid="spend-split" title={words.split} hint={words.splitWhat}
      chart={rows.length && total > 0 ? (
        <>
          <Split parts={rows.map((row) => ({ key: row.id, share: share(row), color: channelColor(row.id), title: title(row) }))} />
          <BarList testid="spend-bars" label={words.split} open={words.open} onPick={(channel) => openIn({ channel })} bars={rows.map((row) => ({ key: row.id, name: row.id, color: channelColor(row.id), length: share(row) / share(rows[0] ?? row), value: fmt.percentFixed(share(row)), note: fmt.moneyShort(row.spend ?? 0), title: title(row) }))} />
        </>
      ) : <Empty title={words.noSplit} />}
      table={<Table name="spend-split" testid="spend-split-table" caption={words.split} columns={columns} rows={rows} rowKey={(row) => row.id} sort={{ key: 'spend', down: true }} />}
    />
  );
}

interface One { name: string; value: number | null; before: number | null | undefined }

/** The metric of each channel: by its days, or the mean of its campaigns. */
function valuesOf(metric: Metric, tree: ChannelTree, means: AnalyticsChannels): One[] {
  if (isFigure(metric)) return tree.rows.map((row) => ({ name: row.id, value: row[metric], before: row.before?.[metric] }));
  return means.channels.filter((row: AnalyticsChannel) => row.total_campaigns > 0).map((row) => ({ name: row.channel, value: row[metric], before: undefined }));
}

export function Comparison({ metric, tree, means, choice }: { metric: Metric; tree: ChannelTree; means: AnalyticsChannels; choice: ReactNode }) {
  const { t, lang } = useApp();
  const words = CHANNELS[lang];
  const fmt = useFormatOf(isFigure(metric) ? tree.currency : means.currency);
  const text = textOf(metric, fmt);
  const all = valuesOf(metric, tree, means).sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity) || (a.name < b.name ? -1 : 1));
  const most = Math.max(1e-9, ...all.flatMap((one) => [Math.abs(one.value ?? 0), Math.abs(one.before ?? 0)]));
  const compared = isFigure(metric) && tree.total.before !== null;
  const title = words.comparison(words.figures[metric].name);
  const bars = all.map((one): Bar => {
    const change = compared ? changeOf(one.value, one.before) : null;
    return {
      key: one.name, name: one.name, color: channelColor(one.name), length: one.value === null ? null : Math.abs(one.value) / most, before: one.before == null ? null : Math.abs(one.before) / most,
      value: text.short(one.value), note: change === null ? undefined : fmt.change(change), title: one.value === null ? `${one.name}: ${whyNone(words, metric)}` : `${one.name}: ${text.exact(one.value)}${compared ? `; ${t.was(text.exact(one.before))}` : ''}`,
    };
  });
  const columns: Column<One>[] = [
    { key: 'channel', title: words.channel, value: (row) => row.name, show: (row) => <><Dot color={channelColor(row.name)} />{row.name}</> },
    { key: metric, title: words.figures[metric].name, hint: words.figures[metric].what, numeric: true, unit: unitOf(metric), value: (row) => figureCell(metric, row.value, fmt.minorPerUnit), show: (row) => text.cell(row.value) },
    ...(compared ? [
      { key: 'before', title: t.previousPeriod, numeric: true, unit: unitOf(metric), value: (row: One) => figureCell(metric, row.before, fmt.minorPerUnit), show: (row: One) => text.cell(row.before) },
      { key: 'change', title: words.changeOf(words.figures[metric].name), numeric: true, unit: 'share' as const, value: (row: One) => changeOf(row.value, row.before), show: (row: One) => <Change share={changeOf(row.value, row.before)} goodWhenUp={goodWhenMore(metric)} /> },
    ] : []),
  ];
  return (
    <ChartPanel
      testid="comparison" title={title} hint={`${words.figures[metric].what} ${words.comparisonWhat}`} actions={choice}
      chart={<BarList testid="comparison-bars" label={title} bars={bars} open={words.open} onPick={(channel) => (isFigure(metric) ? openIn({ channel }) : visit(hrefOf('/channels/campaigns', { channel })))} />}
      table={<Table key={metric} name={`channels-${metric}`} testid="comparison-table" caption={title} columns={columns} rows={all} rowKey={(row) => row.name} sort={{ key: metric, down: true }} />}
    />
  );
}

interface TrendPoint { date: string; key: string; value: number | null }
interface TrendProps { metric: Metric; days: Days | null; step: Period; scope: Scope; rank: readonly string[]; choice: ReactNode }

/** The metric over time, a series a channel; of campaigns, the mean ROI of those that began then. */
export function Trend({ metric, step, scope, ...rest }: TrendProps) {
  const figures = isFigure(metric);
  useHotkeys({ i: () => patch({ step: PERIODS[(PERIODS.indexOf(step) + 1) % PERIODS.length] ?? null }) });
  const answer = useQuery<ChannelSeries | RoiTrend>(address(figures ? SERIES : '/api/analytics/roi-trend', { step, ...spanOf(scope) }));
  const shown: Metric = figures ? metric : 'avg_roi';
  return (
    <Async query={answer} height={374}>
      {(data) => {
        const points = data.points.map((point): TrendPoint => ('roi' in point && 'channel' in point ? { date: point.date, key: point.channel, value: point.roi } : { date: point.date, key: (point).key ?? '', value: isFigure(shown) ? (point)[shown] : null }));
        return <TrendPanel metric={shown} points={points} currency={'currency' in data ? data.currency : undefined} step={step} {...rest} />;
      }}
    </Async>
  );
}

function TrendPanel({ metric, points, currency, step, days, rank, choice }: Omit<TrendProps, 'scope'> & { points: TrendPoint[]; currency: string | undefined }) {
  const { t, lang, session } = useApp();
  const words = CHANNELS[lang];
  const fmt = useFormatOf(currency);
  const text = useMemo(() => textOf(metric, fmt), [metric, fmt]);
  const label = useMemo(() => periodText(step, fmt, t), [step, fmt, t]);
  const dates = useMemo(() => points.map((point) => point.date).sort(), [points]);
  const periods = useMemo(() => (dates.length ? periodsOf(days && days.from < (dates[0] ?? '') && isFigure(metric) ? days.from : (dates[0] ?? ''), dates.at(-1) ?? '', step) : []), [dates, days, step, metric]);
  const names = useMemo(() => {
    const there = new Set(points.map((point) => point.key));
    return [...rank.filter((name) => there.has(name)), ...[...there].filter((name) => !rank.includes(name)).sort()];
  }, [points, rank]);
  const series = useMemo(() => {
    const at = new Map(points.map((point) => [`${point.date} ${point.key}`, point.value]));
    return names.slice(0, MOST_SERIES).map((name): Series => ({ key: name, name, token: colorToken(name), values: periods.map((date) => at.get(`${date} ${name}`) ?? null) }));
  }, [points, names, periods]);
  const labels = useMemo(() => periods.map(label.short), [periods, label]);
  const titles = useMemo(() => periods.map(label.long), [periods, label]);
  const last = periods.at(-1);
  const title = words.trend(words.figures[metric].name);
  const columns: Column<number>[] = [
    { key: 'date', title: t.period, value: (at) => periods[at], show: (at) => titles[at] },
    ...series.map((one): Column<number> => ({ key: one.key, title: one.name, numeric: true, unit: unitOf(metric), value: (at) => figureCell(metric, one.values[at], fmt.minorPerUnit), show: (at) => text.cell(one.values[at]) })),
  ];
  return (
    <ChartPanel
      testid="trend" title={title} hint={isFigure(metric) ? words.figures[metric].what : words.trendRoi}
      note={names.length > MOST_SERIES ? words.trendFirst(MOST_SERIES, names.length) : undefined}
      legend={series.map((one) => ({ name: one.name, color: `var(${one.token})` }))}
      actions={<>{choice}<Segmented label={t.interval} value={step} options={PERIODS.map((one) => ({ value: one, label: t.steps[one] }))} onChange={(one) => patch({ step: one })} /></>}
      chart={periods.length ? <SeriesChart labels={labels} titles={titles} series={series} {...chartKind(metric)} partial={!!last && periodEnd(last, step) >= session.today} partialName={t.unfinished} short={text.short} exact={text.exact} label={title} /> : <Empty title={t.noneInRange} />}
      table={<Table key={metric + step} name={`trend-${metric}`} testid="trend-table" caption={title} columns={columns} rows={periods.map((_, at) => at)} rowKey={(at) => String(periods[at])} sort={{ key: 'date', down: true }} />}
    />
  );
}
