/* What cohorts bring, on the Retention page: the revenue of a person so far, period by period. */
import { useMemo, type CSSProperties, type ReactNode } from 'react';
import type { Ltv, LtvTotal } from '../api/types';
import { CurveChart, type Curve } from '../charts/curve-chart';
import { ChartPanel } from '../components/chart-panel';
import { Table, type Column } from '../components/table';
import { Button, Dot, Empty, Hint, Link, Panel } from '../components/ui';
import { useApp, type App } from '../hooks/useApp';
import { hrefWith, patch, useUrl } from '../hooks/useUrl';
import { colorToken, seriesToken } from '../lib/color';
import type { Dimension } from '../lib/filters';
import { LTV } from '../lib/texts/ltv';

const CURVES = 7;

/** A cohort, a group or the total; of each period: for each person, together, and of how many persons. */
interface Row { key: string; name: string; token?: string; size: number; each: (number | null)[]; sum: (number | null)[]; of: (number | null)[] }

const rowOf = (key: string, name: string, total: LtvTotal, token?: string): Row => ({ key, name, size: total.size, each: total.per_person, sum: total.cumulative, of: total.of, ...(token ? { token } : {}) });

/** All sums of a table alike: with cents where the greatest is small. */
const sumText = ({ fmt }: App, most: number) => (most >= 100 * fmt.minorPerUnit ? fmt.moneyWhole : fmt.moneyFixed);

interface Props {
  data: Ltv;
  by: Dimension | undefined;
  group: string | null;
  /** How a cohort is called by its first day. */
  cohort: (start: string) => string;
  actions: ReactNode;
  empty: string;
}

export function LtvResult({ data, by, group, cohort, actions, empty }: Props) {
  const app = useApp();
  const { t, fmt, lang } = app;
  const words = LTV[lang];
  const { href: here } = useUrl();
  const groups = useMemo(
    () => [...(data.groups ?? [])].sort((a, b) => b.total.size - a.total.size).map((one, at) => ({ ...rowOf(one.key, one.key || t.notSet, one.total, by === 'platform' || one.key === '' ? colorToken(one.key) : seriesToken(at)), cohorts: one.cohorts, total: one.total })),
    [data, by, t],
  );
  if (!data.total.size) return <Panel title={words.table} actions={actions} testid="ltv"><Empty title={t.noneInRange}><p>{empty}</p></Empty></Panel>;
  const chosen = groups.find((one) => one.key === group);
  const total = rowOf('', t.retention.all, chosen?.total ?? data.total);
  const cohorts = (chosen ?? data).cohorts.filter((one) => one.size > 0).map((one): Row => ({ key: one.start, name: cohort(one.start), size: one.size, each: one.per_person, sum: one.cumulative, of: one.per_person.map(() => one.size) }));
  const last = total.each.findLastIndex((one) => one !== null);
  return (
    <>
      <Panel
        testid="ltv" title={chosen ? `${words.table}: ${chosen.name}` : words.table} hint={words.what} actions={actions}
        note={<>{last >= 0 && words.headline(fmt.moneyExact(Math.round(total.each[last] ?? 0)), t.retention.period(data.unit, last))}{chosen && <> <Button kind="quiet" data-testid="retention-everyone" onClick={() => patch({ group: null })}>{t.retention.everyone}</Button></>}</>}
      >
        <Heat name={`ltv-by-${data.unit}`} testid="ltv-table" title={t.retention.cohort[data.unit]} rows={cohorts} unit={data.unit} people={(row) => hrefWith(here, { people: `${row.key}:0` })} total={total} />
      </Panel>
      <Growth data={data} rows={[{ ...rowOf('', t.retention.all, data.total), token: groups.length ? '--ink' : '--series-1' }, ...groups.slice(0, CURVES)]} />
      {by && groups.length > 0 && (
        <Panel title={t.byDim[by]} hint={t.retention.groupsWhat} testid="ltv-groups">
          <Heat name={`ltv-by-${by}`} testid="ltv-groups-table" title={t.dims[by]} rows={groups} unit={data.unit} onRow={(row) => patch({ group: row.key === group ? null : [row.key] })} />
        </Panel>
      )}
    </>
  );
}

interface HeatProps { name: string; testid: string; title: string; rows: Row[]; unit: Ltv['unit']; people?: (row: Row) => string; total?: Row; onRow?: (row: Row) => void }

function Heat({ name, testid, title, rows, unit, people, total, onRow }: HeatProps) {
  const app = useApp();
  const { t, fmt, lang } = app;
  const words = LTV[lang];
  const most = Math.max(1e-9, ...rows.flatMap((row) => row.each.map((one) => one ?? 0)));
  const text = sumText(app, most);
  const cell = (row: Row, k: number) => {
    const each = row.each[k] ?? null;
    if (each === null) return <span className="heat unknown" data-testid="ltv-cell" data-period={k} data-each="" title={t.retention.pending(t.retention.period(unit, k))}><span className="unseen">{t.retention.pending(t.retention.period(unit, k))}</span></span>;
    return (
      <span
        className={each ? 'heat' : 'heat none'} data-testid="ltv-cell" data-period={k} data-each={each} style={{ '--heat': `${Math.round(Math.sqrt(Math.max(0, each) / most) * 62)}%` } as CSSProperties}
        title={words.cell(fmt.moneyExact(Math.round(each)), fmt.moneyExact(row.sum[k] ?? 0), fmt.exact(row.of[k] ?? row.size))}
      >{text(each)}</span>
    );
  };
  const periods = (total ?? rows[0])?.each.map((_, k) => k) ?? [];
  const columns: Column<Row>[] = [
    { key: 'name', title, value: (row) => row.name, show: (row) => <>{row.token && <Dot color={`var(${row.token})`} />}{row.name}</> },
    { key: 'size', title: t.retention.size, hint: t.retention.sizeWhat, numeric: true, value: (row) => row.size, show: (row) => (people ? <Link href={people(row)} className="people">{fmt.exact(row.size)}</Link> : fmt.exact(row.size)) },
    ...periods.map((k): Column<Row> => ({ key: `p${k}`, title: t.retention.period(unit, k), numeric: true, value: (row) => { const each = row.each[k] ?? null; return each === null ? null : Math.round(each) / fmt.minorPerUnit; }, show: (row) => cell(row, k) })),
  ];
  return (
    <div className="heatmap">
      <Table
        key={unit + name} name={name} testid={testid} rowTestid="ltv-row" caption={words.table} columns={columns} rows={rows} rowKey={(row) => row.key} searchable={false} foot={words.foot}
        {...(total ? { totalFirst: true, total: { name: <>{total.name}<Hint text={words.allWhat} /></>, size: fmt.exact(total.size), ...Object.fromEntries(periods.map((k) => [`p${k}`, cell(total, k)])) } } : {})}
        {...(onRow ? { onRow, rowLabel: (row: Row) => t.retention.open(row.name) } : {})}
      />
    </div>
  );
}

function Growth({ data, rows }: { data: Ltv; rows: Row[] }) {
  const { t, fmt, lang } = useApp();
  const words = LTV[lang];
  const labels = useMemo(() => data.total.per_person.map((_, k) => t.retention.period(data.unit, k)), [data, t]);
  const curves = useMemo(() => rows.map((row, at): Curve => ({
    name: row.name, token: row.token ?? '--series-1', main: at === 0,
    points: row.each.map((each, k) => ({ share: each === null ? null : each / fmt.minorPerUnit, text: each === null ? '–' : words.cell(fmt.moneyExact(Math.round(each)), fmt.moneyExact(row.sum[k] ?? 0), fmt.exact(row.of[k] ?? row.size)) })),
  })), [rows, fmt, words]);
  const axis = useMemo(() => (value: number) => fmt.moneyShort(value * fmt.minorPerUnit), [fmt]);
  const columns: Column<Row>[] = [
    { key: 'name', title: words.table, value: (row) => row.name },
    ...labels.map((label, k): Column<Row> => ({ key: `p${k}`, title: label, numeric: true, value: (row) => { const each = row.each[k] ?? null; return each === null ? null : Math.round(each) / fmt.minorPerUnit; }, show: (row) => { const each = row.each[k] ?? null; return each === null ? '–' : fmt.moneyExact(Math.round(each)); } })),
  ];
  return (
    <ChartPanel
      testid="ltv-curve" title={words.curve} hint={words.what}
      legend={rows.length > 1 ? rows.map((row) => ({ name: row.name, color: `var(${row.token ?? '--series-1'})` })) : []}
      chart={<CurveChart labels={labels} curves={curves} share={axis} label={words.curve} />}
      table={<Table name="ltv-curve" testid="ltv-curve-table" caption={words.curve} columns={columns} rows={rows} rowKey={(row) => row.key || row.name} searchable={false} />}
    />
  );
}
