/* Explore: any metric, of any event, by any dimension, over time. */
import { useMemo } from 'react';
import { address } from '../api/client';
import type { Breakdown, MetricPoint, Metrics, Names, Properties, PropertyBreakdown } from '../api/types';
import { SeriesChart, type Series, type SeriesKind } from '../charts/series-chart';
import { ChartPanel } from '../components/chart-panel';
import { Combobox } from '../components/combobox';
import { Table, type Column } from '../components/table';
import { Async, Change, Dot, Empty, Link, Panel, Segmented } from '../components/ui';
import { toggleFilter, useApp, useScope, type App, type Scope } from '../hooks/useApp';
import { useHotkeys } from '../hooks/useHotkeys';
import { useQueries } from '../hooks/useQueries';
import { useQuery } from '../hooks/useQuery';
import { patch, personsHref, useUrl } from '../hooks/useUrl';
import { colorToken, seriesToken } from '../lib/color';
import { DIMENSIONS, filterText, type Dimension } from '../lib/filters';
import { changeOf } from '../lib/format';
import { goodWhenUp, METRIC_GROUPS, METRICS, metricCell, metricOf, metricText, namesOf, periodNames, STEPS, type Counts, type MetricGroup, type MetricName, type Step } from '../lib/metrics';
import { EXPLORE } from '../lib/texts/explore';
import { PageHead, Welcome } from './shell';

const ANY = '';
const KINDS: SeriesKind[] = ['line', 'area', 'bar'];
const USUAL: MetricName[] = ['events', 'persons'];
/** What the server does not rank by. */
const RANKED_BY: Partial<Record<MetricName, string>> = { rate: 'converted' };
/** What is counted by a property. */
const OF_PROPERTIES: MetricName[] = ['revenue', 'persons', 'events'];
const TOP = 6;
const MOST_ROWS = 500;
const PROPERTY = 'property:';

type By = { dim: Dimension } | { property: string } | null;

interface Question {
  metrics: MetricName[];
  event: string;
  by: By;
  step: Step | undefined;
  kind: SeriesKind;
}

const byText = (by: By) => (by === null ? '' : 'dim' in by ? by.dim : PROPERTY + by.property);

function useQuestion(): Question {
  const { params } = useUrl();
  return useMemo(() => {
    const metrics = params.get('metric')?.split(',') ?? [];
    const by = params.get('by') ?? '';
    const dim = DIMENSIONS.find((one) => one === by);
    const chosen = METRICS.filter((one) => metrics.includes(one));
    return {
      metrics: chosen.length ? chosen : USUAL,
      event: params.get('event') ?? ANY,
      by: dim ? { dim } : by.startsWith(PROPERTY) && by.length > PROPERTY.length ? { property: by.slice(PROPERTY.length) } : null,
      step: STEPS.find((one) => one === params.get('step')),
      kind: KINDS.find((one) => one === params.get('kind')) ?? 'line',
    };
  }, [params]);
}

export function ExplorePage() {
  const { t, session } = useApp();
  const scope = useScope();
  const names = useQuery<Names>('/api/v1/names');
  return (
    <>
      <PageHead title={t.pages.explore} scope={scope} conversions />
      {session.events === 0 ? <Welcome /> : <Async query={names} height={480}>{(data) => <Report names={data} scope={scope} />}</Async>}
    </>
  );
}

function Report({ names, scope }: { names: Names; scope: Scope }) {
  const question = useQuestion();
  const { event, by, step } = question;
  const asked = { event, conversion: scope.conversion, ...scope.query };
  const wanted = namesOf(question.metrics);
  const series = { names: wanted, step, ...asked };
  const total = useQuery<Metrics>(address('/api/v1/metrics', { ...series, compare: scope.compare }));
  const sort = RANKED_BY[question.metrics[0] ?? 'events'] ?? question.metrics[0];
  const ranked = { sort, limit: MOST_ROWS, compare: scope.compare };
  const table = useQuery<Breakdown | PropertyBreakdown>(
    by === null ? null : address('/api/v1/breakdown', 'dim' in by ? { ...asked, names: wanted, by: by.dim, ...ranked } : { event, ...scope.query, property: by.property, ...ranked, sort: OF_PROPERTIES.find((one) => one === sort) }),
  );
  // Each of the first groups is the same question with one filter more, the others with those filters turned round: exact for every metric.
  const groups = by !== null && 'dim' in by && table.data && !table.stale ? { dim: by.dim, keys: table.data.rows.slice(0, TOP).map((row) => row.key), others: table.data.rows.length > TOP } : null;
  const filters = (op: 'is' | 'is_not', keys: string[]) => [...scope.query.filter, ...keys.map((value) => filterText({ dim: groups?.dim ?? 'platform', op, value }))];
  const step_ = total.data?.step;
  const parts = useQueries<Metrics>(groups && step_ ? [...groups.keys.map((key) => filters('is', [key])), ...(groups.others ? [filters('is_not', groups.keys)] : [])].map((filter) => address('/api/v1/metrics', { ...series, step: step ?? step_, filter })) : null);
  useHotkeys({ i: () => patch({ step: STEPS[(STEPS.indexOf(total.data?.step ?? 'day') + 1) % STEPS.length] ?? null }) });
  return (
    <>
      <Controls names={names} question={question} scope={scope} step={total.data?.step} />
      <Async query={total} height={320}>
        {(data) => (
          <div className={question.metrics.length > 1 ? 'explore-charts' : ''} data-stale={parts.stale || undefined} aria-busy={by !== null && 'dim' in by && (parts.loading || table.loading)}>
            {question.metrics.map((metric) => <Over key={metric} metric={metric} data={data} question={question} groups={groups ?? undefined} parts={groups ? parts.data : undefined} scope={scope} />)}
          </div>
        )}
      </Async>
      {by !== null && <Async query={table} height={320}>{(data) => <Groups data={data} by={by} question={question} scope={scope} />}</Async>}
    </>
  );
}

function Controls({ names, question, scope, step }: { names: Names; question: Question; scope: Scope; step: Step | undefined }) {
  const { t, fmt, lang } = useApp();
  const words = EXPLORE[lang];
  const properties = useQuery<Properties>(question.event ? address('/api/v1/properties', { event: question.event }) : null);
  const events = [{ value: ANY, label: words.anyEvent }, ...names.names.map((one) => ({ value: one.name, label: one.name, note: fmt.short(one.events) }))];
  const bys = [
    { value: '', label: t.noBreak },
    ...DIMENSIONS.map((dim) => ({ value: dim, label: t.dims[dim] })),
    ...(properties.data?.properties ?? []).map((one) => ({ value: PROPERTY + one.name, label: one.name, note: words.property })),
  ];
  const toggle = (metric: MetricName) => {
    const next = METRICS.filter((one) => (one === metric ? !question.metrics.includes(one) : question.metrics.includes(one)));
    if (next.length) patch({ metric: next.join(',') });
  };
  const short = scope.days && Date.parse(scope.days.to) - Date.parse(scope.days.from) < 8 * 86_400_000;
  const isProperty = question.by !== null && 'property' in question.by;
  return (
    <Panel title={words.how} hint={words.what} testid="explore-controls">
      <div className="controls">
        <div className="metric-groups">
          {(Object.keys(METRIC_GROUPS) as MetricGroup[]).map((group) => (
            <div key={group} className="toggles" role="group" aria-label={words.groups[group]}>
              <span className="toggles-name">{words.groups[group]}</span>
              {METRIC_GROUPS[group].map((metric) => (
                <button key={metric} type="button" className="toggle" aria-pressed={question.metrics.includes(metric)} title={t.metrics[metric].what} data-testid={`metric-${metric}`} onClick={() => toggle(metric)}>{t.metrics[metric].name}</button>
              ))}
            </div>
          ))}
        </div>
        <div className="fields">
          <div className="select event-field"><span className="select-label">{t.event}</span><Combobox label={t.event} value={question.event} options={events} testid="explore-event" onChange={(event) => patch({ event, ...(isProperty ? { by: null } : {}) })} /></div>
          <div className="select event-field"><span className="select-label">{words.by}</span><Combobox label={words.by} value={byText(question.by)} options={bys} testid="explore-by" onChange={(by) => patch({ by })} /></div>
          <div className="select"><span className="select-label">{t.interval}</span><Segmented label={t.interval} value={step ?? 'day'} options={STEPS.filter((one) => one !== 'hour' || step === 'hour' || short).map((one) => ({ value: one, label: t.steps[one] }))} onChange={(one) => patch({ step: one })} /></div>
          <div className="select"><span className="select-label">{words.kind}</span><Segmented label={words.kind} value={question.kind} options={KINDS.map((one) => ({ value: one, label: words.kinds[one] }))} onChange={(kind) => patch({ kind: kind === 'line' ? null : kind }, true)} /></div>
        </div>
      </div>
    </Panel>
  );
}

interface OverProps {
  metric: MetricName;
  data: Metrics;
  question: Question;
  groups: { dim: Dimension; keys: string[]; others: boolean } | undefined;
  /** Of each group in turn, then of all others. */
  parts: Metrics[] | undefined;
  scope: Scope;
}

const metricName = ({ t }: App, metric: MetricName, scope: Scope) => (metric === 'conversions' && scope.conversion ? t.conversionsOf(scope.conversion) : t.metrics[metric].name);
const ADD_UP: MetricName[] = ['events', 'sessions', 'conversions', 'orders', 'revenue'];
const DISTINCT: MetricName[] = ['persons', 'converted', 'payers', 'dau', 'wau', 'mau'];

function Over({ metric, data, question, groups, parts, scope }: OverProps) {
  const app = useApp();
  const { t, fmt, lang } = app;
  const words = EXPLORE[lang];
  const names = useMemo(() => periodNames(data.step, fmt, t), [data.step, fmt, t]);
  const text = useMemo(() => metricText(metric, fmt), [metric, fmt]);
  const name = metricName(app, metric, scope);
  const series = useMemo((): Series[] => {
    const values = (points: readonly Counts[]) => points.map((point) => metricOf(metric, point));
    if (groups && parts) {
      return parts.map((part, at) => {
        const key = groups.keys[at];
        if (key === undefined) return { key: '\0others', name: words.other, token: '--end', values: values(part.points) };
        return { key, name: key || t.notSet, token: groups.dim === 'platform' || key === '' ? colorToken(key) : seriesToken(at), values: values(part.points) };
      });
    }
    return [{ key: 'total', name, token: '--series-1', values: values(data.points), ...(data.previous ? { previous: values(data.previous.points) } : {}) }];
  }, [groups, parts, data, metric, name, words, t]);
  const labels = useMemo(() => data.points.map((point) => names.short(point.at)), [data, names]);
  const titles = data.points.map((point) => names.long(point.at));
  const stacked = series.length > 1 && ADD_UP.includes(metric);
  const columns: Column<MetricPoint & { index: number }>[] = [
    { key: 'at', title: t.period, value: (row) => row.at, show: (row) => names.long(row.at) },
    { key: 'total', title: series.length > 1 ? t.total : name, numeric: true, value: (row) => metricCell(metric, row, fmt.minorPerUnit), show: (row) => text.exact(metricOf(metric, row)) },
    ...(series.length > 1 ? series.map((one, at): Column<MetricPoint & { index: number }> => ({ key: one.key, title: one.name, numeric: true, value: (row) => metricCell(metric, parts?.[at]?.points[row.index], fmt.minorPerUnit), show: (row) => text.exact(one.values[row.index]) })) : []),
  ];
  const compared = data.previous && series.length === 1;
  return (
    <ChartPanel
      testid={`explore-${metric}`}
      title={name}
      hint={[t.metrics[metric].what, series.length > 1 && DISTINCT.includes(metric) ? words.overlap : ''].filter(Boolean).join(' ')}
      note={[text.exact(metricOf(metric, data.totals)), compared && data.previous ? t.was(text.exact(metricOf(metric, data.previous.totals))) : '', data.partial ? t.partialNote : '', question.by !== null && 'property' in question.by ? words.propertyTime : ''].filter(Boolean).join(' · ')}
      legend={[...(series.length > 1 ? series.map((one) => ({ name: one.name, color: `var(${one.token})` })) : []), ...(compared ? [{ name: data.previous?.from && data.previous.to ? t.previousPeriodOf(fmt.dayRange(data.previous.from, data.previous.to)) : t.previousPeriod, color: 'var(--ink-3)', dashed: true }] : [])]}
      chart={data.points.length ? (
        <SeriesChart labels={labels} titles={titles} previousTitles={data.previous?.points.map((point) => names.long(point.at))} series={series} kind={question.kind} stacked={stacked} partial={data.partial} partialName={t.unfinished} short={text.short} exact={text.exact} label={words.overTime(name)} />
      ) : <Empty title={t.noneInRange}><p>{t.noneInRangeWhat}</p></Empty>}
      table={<Table name={`${metric}-over-time`} testid={`explore-${metric}-table`} caption={words.overTime(name)} columns={columns} rows={data.points.map((point, index) => ({ ...point, index }))} rowKey={(row) => row.at} sort={{ key: 'at', down: true }} />}
    />
  );
}

type GroupRow = Counts & { key: string };
interface GroupRows { rows: GroupRow[]; totals: Counts; previous?: { rows: GroupRow[] } }

function Groups({ data, by, question, scope }: { data: GroupRows; by: NonNullable<By>; question: Question; scope: Scope }) {
  const app = useApp();
  const { t, fmt, lang } = app;
  const words = EXPLORE[lang];
  const dim = 'dim' in by ? by.dim : null;
  const title = dim ? t.byDim[dim] : byText(by).slice(PROPERTY.length);
  const name = (key: string) => key || t.notSet;
  const before = new Map(data.previous?.rows.map((row) => [row.key, row]));
  const metrics = dim ? question.metrics : OF_PROPERTIES.filter((one) => question.metrics.includes(one) || question.metrics.every((metric) => !OF_PROPERTIES.includes(metric)));
  const columns: Column<GroupRow>[] = [
    { key: 'key', title: dim ? t.dims[dim] : title, value: (row) => row.key, show: (row) => <>{dim === 'platform' && <Dot color={`var(${colorToken(row.key)})`} />}{name(row.key)}</> },
    ...metrics.flatMap((metric): Column<GroupRow>[] => {
      const text = metricText(metric, fmt);
      const own = metricName(app, metric, scope);
      const most = Math.max(1e-9, ...data.rows.map((row) => metricOf(metric, row) ?? 0));
      const change = (row: GroupRow) => changeOf(metricOf(metric, row), metricOf(metric, before.get(row.key)));
      const shown = (row: GroupRow) => text.cell(metricOf(metric, row));
      return [
        { key: metric, title: own, hint: t.metrics[metric].what, numeric: true, value: (row) => metricCell(metric, row, fmt.minorPerUnit), bar: (row) => (metricOf(metric, row) ?? 0) / most,
          show: (row) => (dim && (metric === 'persons' || metric === 'converted' || metric === 'payers') ? <Link className="people" href={personsHref({ metric, event: question.event, conversion: scope.conversion, by: dim, key: row.key })} title={words.openPersons(name(row.key))}>{shown(row)}</Link> : shown(row)) },
        ...(data.previous ? [{ key: `${metric}-change`, title: words.change(own), numeric: true, value: change, show: (row: GroupRow) => <Change share={change(row)} goodWhenUp={goodWhenUp(metric)} before={t.was(text.exact(metricOf(metric, before.get(row.key))))} /> }] : []),
      ];
    }),
  ];
  return (
    <Panel testid="explore-groups" title={title} note={[words.span, dim && data.rows.length > TOP ? words.topOf(TOP, data.rows.length) : ''].filter(Boolean).join(' · ')}>
      <Table
        key={byText(by) + metrics.join() + String(!!data.previous)} name={`by-${title}`} testid="explore-groups-table" rowTestid="explore-group" caption={title} columns={columns} rows={data.rows} rowKey={(row) => row.key} sort={{ key: metrics[0] ?? 'events', down: true }}
        {...(dim ? { onRow: (row: GroupRow) => toggleFilter(scope.filters, { dim, op: 'is', value: row.key }), rowLabel: (row: GroupRow) => t.filterBy(name(row.key)), selected: (row: GroupRow) => scope.filters.some((filter) => filter.dim === dim && filter.op === 'is' && filter.value === row.key) } : {})}
        total={{ key: t.total, ...Object.fromEntries(metrics.map((metric) => [metric, <span key={metric} data-testid={`explore-total-${metric}`} data-exact={metricOf(metric, data.totals) ?? undefined}>{metricText(metric, fmt).cell(metricOf(metric, data.totals))}</span>])) }}
        empty={<Empty title={t.noneInRange}><p>{t.noneInRangeWhat}</p></Empty>}
        foot={data.rows.length >= MOST_ROWS ? words.moreRows(MOST_ROWS) : undefined}
      />
    </Panel>
  );
}
