/* Overview: how much came in, and from where. */
import { lazy, Suspense, useMemo } from 'react';
import { address } from '../api/client';
import type { Breakdown, BreakdownRow, Metrics, MetricPoint, Step } from '../api/types';
import { TimeChart, type TimeSeries } from '../charts/time-chart';
import { ChartPanel } from '../components/chart-panel';
import { Kpi } from '../components/kpi';
import { Table, type Column } from '../components/table';
import { Async, Change, Dot, Empty, Link, Panel, Segmented, Select, Skeleton } from '../components/ui';
import { toggleFilter, useApp, useScope, type Scope } from '../hooks/useApp';
import { useHotkeys } from '../hooks/useHotkeys';
import { useQuery } from '../hooks/useQuery';
import { patch, personsHref, useUrl } from '../hooks/useUrl';
import { channelColor } from '../lib/color';
import type { Dimension } from '../lib/filters';
import { changeOf } from '../lib/format';
import { goodWhenUp, isRatio, metricCell, metricOf, metricText, namesOf, periodNames, STEPS, type Counts, type MetricName } from '../lib/metrics';
import { PageHead, Welcome } from './shell';

const OverviewRow = lazy(() => import('./channels/overview-row').then((part) => ({ default: part.OverviewRow })));

const AGAIN_MS = 60_000;
const CARDS = ['revenue', 'conversions', 'converted', 'persons', 'rate', 'aov'] as const;
const MORE = ['arpu', 'sessions', 'session_ms', 'bounce_rate', 'mau', 'stickiness'] as const;
const ALL: readonly MetricName[] = [...CARDS, ...MORE];
const DIMS: Dimension[] = ['platform', 'source', 'medium', 'campaign', 'content', 'creative'];

export function Overview() {
  const app = useApp();
  const { t, session } = app;
  const scope = useScope();
  const { params } = useUrl();
  const asked = params.get('step') as Step | null;
  const step = asked && STEPS.includes(asked) ? asked : undefined;
  const metrics = useQuery<Metrics>(session.events === 0 ? null : address('/api/v1/metrics', { names: namesOf(ALL), conversion: scope.conversion, step, compare: scope.compare, ...scope.query }), AGAIN_MS);

  useHotkeys({ i: () => patch({ step: STEPS[(STEPS.indexOf(metrics.data?.step ?? 'day') + 1) % STEPS.length] ?? null }) });

  return (
    <>
      <PageHead title={t.pages.overview} scope={scope} conversions />
      {session.events === 0 ? <Welcome /> : (
        <>
          <Async query={metrics} height={152}>{(data) => <><Cards data={data} scope={scope} cards={CARDS} /><Cards data={data} scope={scope} cards={MORE} small /></>}</Async>
          {metrics.data ? <Async query={metrics} height={374}>{(data) => <Over data={data} scope={scope} />}</Async> : !metrics.error && <Skeleton height={374} />}
          <Platforms scope={scope} />
          <Suspense><OverviewRow scope={scope} /></Suspense>
        </>
      )}
    </>
  );
}

function Cards({ data, scope, cards, small = false }: { data: Metrics; scope: Scope; cards: readonly MetricName[]; small?: boolean }) {
  const { t, fmt } = useApp();
  const { params } = useUrl();
  return (
    <div className={small ? 'kpis small' : 'kpis'}>
      {cards.map((card) => {
        const value = metricOf(card, data.totals);
        const before = data.previous && metricOf(card, data.previous.totals);
        const text = metricText(card, fmt);
        const pressed = params.get('metric') === card;
        return (
          <Kpi
            key={card}
            id={card}
            title={card === 'conversions' && scope.conversion ? t.conversionsOf(scope.conversion) : t.metrics[card].name}
            hint={t.metrics[card].what}
            short={text.short(value)}
            exact={text.exact(value)}
            change={before === undefined ? undefined : { share: changeOf(value, before), before: t.was(text.short(before)), goodWhenUp: goodWhenUp(card) }}
            pressed={pressed}
            href={(card === 'persons' || card === 'converted') ? personsHref({ metric: card, conversion: scope.conversion }) : undefined}
            onPress={() => patch({ metric: pressed ? null : card })}
          />
        );
      })}
    </div>
  );
}

function Over({ data, scope }: { data: Metrics; scope: Scope }) {
  const { t, fmt } = useApp();
  const { params } = useUrl();
  const picked = ALL.find((card) => card === params.get('metric'));
  const conversions = scope.conversion ? t.conversionsOf(scope.conversion) : t.metrics.conversions.name;

  const label = useMemo(() => periodNames(data.step, fmt, t), [data.step, fmt, t]);

  const series = useMemo(() => {
    const one = (card: MetricName, kind: TimeSeries['kind'], token: string, name: string): TimeSeries => ({
      name, kind, token,
      values: data.points.map((point) => metricOf(card, point)),
      ...(data.previous ? { previous: data.previous.points.map((point) => metricOf(card, point)) } : {}),
      ...metricText(card, fmt),
    });
    if (picked) return [one(picked, isRatio(picked) ? 'line' : 'bar', '--series-1', picked === 'conversions' ? conversions : t.metrics[picked].name)];
    return [one('revenue', 'bar', '--series-1', t.metrics.revenue.name), one('conversions', 'line', '--series-2', conversions)];
  }, [data, picked, fmt, t, conversions]);

  const labels = useMemo(() => data.points.map((point) => label.short(point.at)), [data, label]);
  const titles = useMemo(() => data.points.map((point) => label.long(point.at)), [data, label]);
  const before = useMemo(() => data.previous?.points.map((point) => label.long(point.at)), [data, label]);
  const legend = [
    ...series.map((one) => ({ name: one.name, color: `var(${one.token})` })),
    ...(data.previous ? [{ name: data.previous.from && data.previous.to ? t.previousPeriodOf(fmt.dayRange(data.previous.from, data.previous.to)) : t.previousPeriod, color: 'var(--ink-3)', dashed: true }] : []),
  ];
  const columns: Column<MetricPoint>[] = [
    { key: 'at', title: t.period, value: (row) => row.at, show: (row) => label.long(row.at) },
    ...[...new Set([...CARDS, ...(picked ? [picked] : [])])].map((card): Column<MetricPoint> => ({
      key: card, numeric: true, title: card === 'conversions' ? conversions : t.metrics[card].name, value: (row) => metricCell(card, row, fmt.minorPerUnit), show: (row) => metricText(card, fmt).exact(metricOf(card, row)),
    })),
  ];
  const title = picked ? (picked === 'conversions' ? conversions : t.metrics[picked].name) : t.revenueAnd(conversions);
  return (
    <ChartPanel
      testid="over-time"
      title={title}
      note={data.partial ? t.partialNote : undefined}
      legend={legend}
      actions={<Segmented label={t.interval} value={data.step} options={STEPS.filter((one) => one !== 'hour' || data.step === 'hour' || short(scope)).map((one) => ({ value: one, label: t.steps[one] }))} onChange={(one) => patch({ step: one })} />}
      chart={data.points.length ? (
        <TimeChart labels={labels} titles={titles} {...(before ? { previousTitles: before } : {})} series={series} partial={data.partial} previousName={t.previousPeriod} partialName={t.unfinished} label={data.from && data.to ? `${title}: ${fmt.dayRange(data.from, data.to)}` : title} />
      ) : <Empty title={t.noneInRange}><p>{t.noneInRangeWhat}</p></Empty>}
      table={<Table name="over-time" testid="over-time-table" caption={title} columns={columns} rows={data.points} rowKey={(row) => row.at} sort={{ key: 'at', down: true }} />}
    />
  );
}

const short = (scope: Scope) => !!scope.days && Date.parse(scope.days.to) - Date.parse(scope.days.from) < 8 * 86_400_000;

function Platforms({ scope }: { scope: Scope }) {
  const { t, fmt } = useApp();
  const { params } = useUrl();
  const by = DIMS.find((dim) => dim === params.get('by')) ?? 'platform';
  const rows = useQuery<Breakdown>(address('/api/v1/breakdown', { by, conversion: scope.conversion, sort: 'revenue', limit: 500, compare: scope.compare, ...scope.query }), AGAIN_MS);
  const name = (key: string) => key || t.notSet;
  const rate = (counts: Counts) => { const share = metricOf('rate', counts); return share === null ? '–' : fmt.percentFixed(share); };
  return (
    <Panel
      testid="platforms"
      title={t.byDim[by]}
      hint={t.platformsWhat}
      actions={<Select label={t.breakBy} value={by} options={DIMS.map((dim) => ({ value: dim, label: t.dims[dim] }))} onChange={(dim) => patch({ by: dim === 'platform' ? null : dim })} data-testid="overview-by" />}
    >
      <Async query={rows} height={320}>
        {(data) => {
          const most = Math.max(1, ...data.rows.map((row) => row.revenue));
          const mostPersons = Math.max(1, ...data.rows.map((row) => row.persons));
          const before = new Map(data.previous?.rows.map((row) => [row.key, row]));
          const columns: Column<BreakdownRow>[] = [
            { key: 'key', title: t.dims[by], value: (row) => row.key, show: (row) => <>{by === 'platform' && <Dot color={channelColor(row.key)} />}{name(row.key)}</> },
            { key: 'revenue', numeric: true, title: t.metrics.revenue.name, hint: t.metrics.revenue.what, value: (row) => row.revenue / fmt.minorPerUnit, show: (row) => fmt.moneyExact(row.revenue), bar: (row) => row.revenue / most },
            { key: 'share', numeric: true, title: t.share, value: (row) => (data.totals.revenue ? row.revenue / data.totals.revenue : 0), show: (row) => (data.totals.revenue ? fmt.percentFixed(row.revenue / data.totals.revenue) : '–') },
            ...(data.previous ? [{ key: 'change', numeric: true, title: t.changeOfRevenue, value: (row: BreakdownRow) => changeOf(row.revenue, before.get(row.key)?.revenue), show: (row: BreakdownRow) => <Change share={changeOf(row.revenue, before.get(row.key)?.revenue)} before={t.was(fmt.moneyExact(before.get(row.key)?.revenue ?? 0))} /> }] : []),
            { key: 'conversions', numeric: true, title: t.metrics.conversions.name, hint: t.metrics.conversions.what, value: (row) => row.conversions, show: (row) => fmt.exact(row.conversions) },
            { key: 'persons', numeric: true, title: t.metrics.persons.name, hint: t.metrics.persons.what, value: (row) => row.persons, show: (row) => <Link className="people" href={personsHref({ metric: 'persons', by, key: row.key })}>{fmt.exact(row.persons)}</Link>, bar: (row) => row.persons / mostPersons },
            { key: 'rate', numeric: true, title: t.metrics.rate.name, hint: t.metrics.rate.what, value: (row) => metricOf('rate', row), show: (row) => rate(row) },
            { key: 'sessions', numeric: true, title: t.metrics.sessions.name, hint: t.metrics.sessions.what, value: (row) => row.sessions, show: (row) => fmt.exact(row.sessions) },
            { key: 'events', numeric: true, title: t.metrics.events.name, hint: t.metrics.events.what, value: (row) => row.events, show: (row) => fmt.exact(row.events) },
          ];
          return (
            <Table
              key={by + String(!!data.previous)}
              name={`by-${by}`}
              testid="platforms-table"
              rowTestid="platform-row"
              caption={t.byDim[by]}
              columns={columns}
              rows={data.rows}
              rowKey={(row) => row.key}
              sort={{ key: 'revenue', down: true }}
              rowLabel={(row) => t.filterBy(name(row.key))}
              selected={(row) => scope.filters.some((filter) => filter.dim === by && filter.value === row.key)}
              onRow={(row) => toggleFilter(scope.filters, { dim: by, op: 'is', value: row.key })}
              total={{
                key: t.total, revenue: fmt.moneyExact(data.totals.revenue), conversions: fmt.exact(data.totals.conversions), persons: fmt.exact(data.totals.persons),
                rate: rate(data.totals), sessions: fmt.exact(data.totals.sessions), events: fmt.exact(data.totals.events), share: data.totals.revenue ? fmt.percentFixed(1) : '–',
              }}
              empty={<Empty title={t.noneInRange}><p>{t.noneInRangeWhat}</p></Empty>}
            />
          );
        }}
      </Async>
    </Panel>
  );
}
