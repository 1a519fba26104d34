/* Retention: of the people who began, how many came back so many periods later. */
import { useCallback, useMemo, type CSSProperties } from 'react';
import { address } from '../api/client';
import type { Ltv, Names, Persons, Retention, RetentionCohort, RetentionTotal } from '../api/types';
import { CurveChart, type Curve } from '../charts/curve-chart';
import { ChartPanel } from '../components/chart-panel';
import { Combobox } from '../components/combobox';
import { Table, type Column } from '../components/table';
import { Async, Button, Dialog, Dot, Empty, Hint, Link, Panel, Segmented, Select } from '../components/ui';
import { useApp, useScope, type App, type Scope } from '../hooks/useApp';
import { useHotkeys } from '../hooks/useHotkeys';
import { usePages } from '../hooks/usePages';
import { useQuery } from '../hooks/useQuery';
import { hrefWith, patch, useUrl } from '../hooks/useUrl';
import { colorToken, seriesToken } from '../lib/color';
import { DIMENSIONS, type Dimension } from '../lib/filters';
import { LTV } from '../lib/texts/ltv';
import { LtvResult } from './ltv';
import { PersonList } from './persons/person-list';
import { SaveCohort } from './segments/save-cohort';
import { PageHead, Welcome } from './shell';

const ANY = '*';
const UNITS = ['day', 'week', 'month'] as const;
const PERIODS = ['4', '8', '12', '16', '24', '36'];
const MODES = ['on', 'on_or_after'] as const;
const COHORTS = ['first', 'recurring'] as const;
const MEASURES = ['share', 'persons', 'ltv'] as const;
const CURVES = 7;

interface Question {
  start: string;
  back: string;
  unit: (typeof UNITS)[number];
  periods: string;
  mode: (typeof MODES)[number];
  cohorts: (typeof COHORTS)[number];
  by: Dimension | undefined;
  /** The value of `by` whose cohorts are shown; null: of everyone. */
  group: string | null;
  measure: (typeof MEASURES)[number];
  /** Of LTV: the event whose revenue counts; '': of all. */
  revenue: string;
}

function useQuestion(names: Names): Question {
  const { params } = useUrl();
  return useMemo(() => {
    const one = <T extends string>(name: string, all: readonly T[], usual: T): T => all.find((value) => value === params.get(name)) ?? usual;
    const periods = Number(params.get('periods'));
    return {
      start: params.get('start') ?? names.names[0]?.name ?? ANY,
      back: params.get('return') ?? ANY,
      unit: one('unit', UNITS, 'week'),
      periods: Number.isInteger(periods) && periods >= 1 && periods <= 60 ? String(periods) : '8',
      mode: one('mode', MODES, 'on'),
      cohorts: one('cohorts', COHORTS, 'first'),
      by: DIMENSIONS.find((dim) => dim === params.get('by')),
      group: params.get('group'),
      measure: one('measure', MEASURES, 'share'),
      revenue: params.get('revenue') ?? '',
    };
  }, [params, names]);
}

export function RetentionPage() {
  const { t, session } = useApp();
  const scope = useScope();
  const names = useQuery<Names>('/api/v1/names');
  return (
    <>
      <PageHead title={t.pages.retention} scope={scope} compare={false} />
      {session.events === 0 ? <Welcome /> : <Async query={names} height={480}>{(data) => <Report names={data} scope={scope} />}</Async>}
    </>
  );
}

function Report({ names, scope }: { names: Names; scope: Scope }) {
  const question = useQuestion(names);
  const { params } = useUrl();
  const people = params.get('people');
  const { start, back, unit, periods, mode, cohorts, by, group, revenue } = question;
  const money = question.measure === 'ltv';
  const asked = { start, unit, periods, cohorts, by, ...scope.query };
  const report = useQuery<Retention>(money ? null : address('/api/v1/retention', { ...asked, return: back, mode }));
  const ltv = useQuery<Ltv>(money ? address('/api/v1/ltv', { ...asked, conversion: revenue }) : null);
  const app = useApp();
  useHotkeys({ i: () => patch({ unit: UNITS[(UNITS.indexOf(unit) + 1) % UNITS.length] ?? null }) });
  return (
    <>
      <Controls names={names} question={question} />
      {money ? (
        <Async query={ltv} height={480}>
          {(data) => <LtvResult data={data} by={by} group={group} cohort={(day) => cohortName(app, data.unit, day)} actions={<MeasureChoice measure="ltv" />} empty={app.t.retention.nobody(start === ANY ? app.t.retention.anyEvent : start)} />}
        </Async>
      ) : <Async query={report} height={480}>{(data) => <Result data={data} question={question} />}</Async>}
      {people && <CohortPeople cell={people} question={question} scope={scope} />}
    </>
  );
}

function Controls({ names, question }: { names: Names; question: Question }) {
  const { t, fmt, lang, session } = useApp();
  const money = question.measure === 'ltv';
  const words = t.retention;
  const events = [{ value: ANY, label: words.anyEvent }, ...names.names.map((one) => ({ value: one.name, label: one.name, note: fmt.short(one.events) }))];
  const lengths = [...new Set([...PERIODS, question.periods])].sort((a, b) => Number(a) - Number(b));
  return (
    <Panel title={words.how} hint={words.what} testid="retention-controls">
      <div className="fields">
        <div className="select event-field"><span className="select-label">{words.start}</span><Combobox label={words.start} value={question.start} options={events} testid="retention-start" onChange={(start) => patch({ start, group: null })} /></div>
        {!money && <div className="select event-field"><span className="select-label">{words.back}</span><Combobox label={words.back} value={question.back} options={events} testid="retention-return" onChange={(back) => patch({ return: back })} /></div>}
        {money && <Select showLabel label={LTV[lang].revenueOf} value={question.revenue} options={[{ value: '', label: LTV[lang].anyRevenue }, ...session.conversions.map((one) => ({ value: one, label: one }))]} onChange={(revenue) => patch({ revenue: revenue || null })} data-testid="ltv-revenue" />}
        <div className="select"><span className="select-label">{t.interval}</span><Segmented label={t.interval} value={question.unit} options={UNITS.map((unit) => ({ value: unit, label: t.steps[unit] }))} onChange={(unit) => patch({ unit })} /></div>
        <Select showLabel label={words.periods} value={question.periods} options={lengths.map((one) => ({ value: one, label: one }))} onChange={(periods) => patch({ periods })} data-testid="retention-periods" />
        {!money && <Select showLabel label={words.mode} value={question.mode} options={MODES.map((mode) => ({ value: mode, label: words.modes[mode] }))} onChange={(mode) => patch({ mode })} data-testid="retention-mode" />}
        <Select showLabel label={words.cohorts} value={question.cohorts} options={COHORTS.map((one) => ({ value: one, label: words.cohortsOf[one] }))} onChange={(cohorts) => patch({ cohorts })} data-testid="retention-cohorts" />
        <Select<Dimension | ''> showLabel label={t.breakBy} value={question.by ?? ''} options={[{ value: '', label: t.noBreak }, ...DIMENSIONS.map((dim) => ({ value: dim, label: t.dims[dim] }))]} onChange={(by) => patch({ by: by || null, group: null })} data-testid="retention-by" />
      </div>
    </Panel>
  );
}

function MeasureChoice({ measure }: { measure: Question['measure'] }) {
  const { t, lang } = useApp();
  return <Segmented label={t.measure} value={measure} options={[{ value: 'share', label: t.share }, { value: 'persons', label: t.retention.size }, { value: 'ltv', label: LTV[lang].measure }]} onChange={(one) => patch({ measure: one })} />;
}

/** The persons of one cell, "2025-08-11:2": of a cohort, back in the period so many after. */
function CohortPeople({ cell, question, scope }: { cell: string; question: Question; scope: Scope }) {
  const app = useApp();
  const { t, fmt } = app;
  const { start, back, unit, periods, mode, cohorts, by, group } = question;
  const [cohort = '', k = '0'] = cell.split(':');
  const url = address('/api/v1/retention/persons', { start, return: back, unit, periods, mode, cohorts, by: group === null ? undefined : by, cohort, cell: k, limit: 100, ...scope.query });
  const list = by && group !== null ? `${url}&key=${encodeURIComponent(group)}` : url;
  const pages = usePages<Persons>(list);
  const total = pages.first.data?.total;
  return (
    <Dialog side testid="retention-people" title={[cohortName(app, unit, cohort), k === '0' ? '' : t.retention.period(unit, Number(k)), group === null ? '' : group || t.notSet].filter(Boolean).join(' · ')} onClose={() => patch({ people: null })}>
      {total !== undefined && <div className="row"><p className="grow" data-testid="retention-people-total" data-value={total}><b>{t.personsCount(total, fmt.exact(total))}</b></p><SaveCohort url={list} total={total} /></div>}
      <PersonList pages={pages} />
    </Dialog>
  );
}

interface Group { key: string; name: string; token: string; cohorts: RetentionCohort[]; total: RetentionTotal }

function Result({ data, question }: { data: Retention; question: Question }) {
  const { t } = useApp();
  const words = t.retention;
  const { by } = question;
  const groups = useMemo(
    () => [...(data.groups ?? [])].sort((a, b) => b.total.size - a.total.size).map((group, index): Group => ({ ...group, name: group.key || t.notSet, token: by === 'platform' || group.key === '' ? colorToken(group.key) : seriesToken(index) })),
    [data, by, t],
  );
  const event = question.start === ANY ? words.anyEvent : question.start;
  if (!data.total.size) return <Panel title={words.table} testid="retention"><Empty title={t.noneInRange}><p>{words.nobody(event)}</p></Empty></Panel>;
  const chosen = groups.find((group) => group.key === question.group);
  return (
    <>
      <HeatMap data={chosen ?? data} unit={data.unit} question={question} chosen={chosen} />
      <Curves data={data} groups={groups} question={question} />
      {groups.length > 0 && <Groups data={data} groups={groups} question={question} chosen={chosen} />}
    </>
  );
}

/** The columns after a cohort's own period: 1, 2 … */
const later = (total: RetentionTotal) => total.returned.map((_, k) => k).slice(1);
const shareOf = (back: number | null | undefined, size: number | null | undefined) => (back == null || !size ? null : back / size);

interface CellProps { href?: string | undefined; back: number | null | undefined; size: number; most: number; pending: string; question: Question; testid?: string; k: number }

/** One share, the warmer the larger. Dotted: not known yet. */
function Heat({ href, back, size, most, pending, question, testid = 'retention-cell', k }: CellProps) {
  const { t, fmt } = useApp();
  if (back == null) return <span className="heat unknown" title={pending} data-testid={testid} data-period={k} data-returned=""><span className="unseen">{pending}</span></span>;
  const share = shareOf(back, size);
  if (share === null) return <span className="heat none" data-testid={testid} data-period={k} data-returned={back} data-size={size}>–</span>;
  const text = question.measure === 'share' ? fmt.percentFixed(share) : fmt.exact(back);
  return (
    <span
      className={back ? 'heat' : 'heat none'} data-testid={testid} data-period={k} data-returned={back} data-size={size}
      style={{ '--heat': `${Math.round(Math.sqrt(share / most) * 62)}%` } as CSSProperties} title={t.retention.cell(fmt.exact(back), fmt.exact(size), fmt.percent(share, 2))}
    >
      {href && back > 0 ? <Link href={href} className="people">{text}</Link> : text}
    </span>
  );
}

const cohortName = ({ fmt }: App, unit: Retention['unit'], start: string) => (unit === 'month' ? fmt.month(start) : fmt.day(start));

/** Periods before the first person and after the last say nothing; those between do. */
function withoutEmptyEnds(cohorts: RetentionCohort[]): RetentionCohort[] {
  const filled = cohorts.flatMap((cohort, place) => (cohort.size > 0 ? [place] : []));
  return cohorts.slice(filled[0] ?? 0, (filled.at(-1) ?? cohorts.length - 1) + 1);
}

function HeatMap({ data, unit, question, chosen }: { data: { cohorts: RetentionCohort[]; total: RetentionTotal }; unit: Retention['unit']; question: Question; chosen: Group | undefined }) {
  const app = useApp();
  const { t, fmt } = app;
  const words = t.retention;
  const { measure } = question;
  const { href: here } = useUrl();
  const people = (row: RetentionCohort, k: number) => hrefWith(here, { people: `${row.start}:${k}` });
  const { total } = data;
  const cohorts = withoutEmptyEnds(data.cohorts);
  const most = Math.max(1e-9, ...cohorts.flatMap((row) => row.returned.slice(1).map((back) => shareOf(back, row.size) ?? 0)));
  const unfinished = cohorts.some((row) => row.returned.includes(null));
  const columns: Column<RetentionCohort>[] = [
    { key: 'start', title: words.cohort[unit], value: (row) => row.start, show: (row) => cohortName(app, unit, row.start) },
    { key: 'size', title: words.size, hint: question.cohorts === 'recurring' ? words.sizeRecurring : words.sizeWhat, numeric: true, value: (row) => row.size, show: (row) => (row.size > 0 ? <Link href={people(row, 0)} className="people">{fmt.exact(row.size)}</Link> : fmt.exact(row.size)) },
    ...later(total).map((k): Column<RetentionCohort> => ({
      key: `p${k}`, title: words.period(unit, k), numeric: true,
      value: (row) => (measure === 'share' ? shareOf(row.returned[k], row.size) : row.returned[k]),
      show: (row) => <Heat href={people(row, k)} back={row.returned[k]} size={row.size} most={most} pending={words.pending(words.period(unit, k))} question={question} k={k} />,
    })),
  ];
  const sums = {
    start: <>{words.all}<Hint text={words.allWhat} /></>,
    size: <span data-testid="retention-size">{fmt.exact(total.size)}</span>,
    ...Object.fromEntries(later(total).map((k) => [`p${k}`, <Heat key={k} back={total.returned[k]} size={total.of[k] ?? 0} most={most} pending={words.tooEarly} question={question} testid="retention-total" k={k} />])),
  };
  return (
    <Panel
      testid="retention"
      title={chosen ? words.open(chosen.name) : words.table}
      hint={words.what}
      note={<>{headline(app, total, unit, question)}{chosen && <> <Button kind="quiet" data-testid="retention-everyone" onClick={() => patch({ group: null })}>{words.everyone}</Button></>}</>}
      actions={<MeasureChoice measure={measure} />}
    >
      <div className="heatmap">
        <Table key={measure + unit} name={`retention-by-${unit}`} testid="retention-table" rowTestid="retention-row" caption={words.table} columns={columns} rows={cohorts} rowKey={(row) => row.start} total={sums} totalFirst searchable={false} foot={unfinished ? words.foot : words.footWhole} />
      </div>
    </Panel>
  );
}

/** "12.3% came back the next week": how the total begins, once it is known. */
function headline({ t, fmt }: App, total: RetentionTotal, unit: Retention['unit'], question: Question): string {
  const share = shareOf(total.returned[1], total.of[1]);
  if (share === null) return '';
  return t.retention.headline(fmt.percent(share), unit, question.mode === 'on_or_after');
}

function Curves({ data, groups, question }: { data: Retention; groups: Group[]; question: Question }) {
  const { t, fmt } = useApp();
  const words = t.retention;
  const labels = useMemo(() => later(data.total).map((k) => words.period(data.unit, k)), [data, words]);
  const curves = useMemo(() => {
    const curve = (name: string, token: string, total: RetentionTotal, main: boolean): Curve => ({
      name, token, main,
      points: later(total).map((k) => {
        const share = shareOf(total.returned[k], total.of[k]);
        return { share, text: share === null ? '–' : `${fmt.percent(share, 2)} · ${words.of(fmt.exact(total.returned[k] ?? 0), fmt.exact(total.of[k] ?? 0))}` };
      }),
    });
    return [curve(words.all, groups.length ? '--ink' : '--series-1', data.total, true), ...groups.slice(0, CURVES).map((group) => curve(group.name, group.token, group.total, false))];
  }, [data, groups, fmt, words]);
  const share = useCallback((value: number) => fmt.percent(value), [fmt]);
  const known = curves.some((one) => one.points.some((point) => point.share !== null));
  const columns: Column<(typeof curves)[number]>[] = [
    { key: 'name', title: question.by ? t.dims[question.by] : words.table, value: (row) => row.name },
    ...labels.map((label, index): Column<(typeof curves)[number]> => ({ key: `p${index + 1}`, title: label, numeric: true, value: (row) => row.points[index]?.share, show: (row) => row.points[index]?.text })),
  ];
  return (
    <ChartPanel
      testid="retention-curve"
      title={words.curve}
      hint={words.allWhat}
      {...(groups.length ? { legend: curves.map((one) => ({ name: one.name, color: `var(${one.token})` })) } : {})}
      chart={known ? <CurveChart labels={labels} curves={curves} share={share} label={words.curve} /> : <Empty title={words.tooEarly}><p>{words.tooEarlyWhat}</p></Empty>}
      table={<Table name="retention-curve" testid="retention-curve-table" caption={words.curve} columns={columns} rows={curves} rowKey={(row) => row.name} searchable={false} />}
    />
  );
}

function Groups({ data, groups, question, chosen }: { data: Retention; groups: Group[]; question: Question; chosen: Group | undefined }) {
  const { t, fmt } = useApp();
  const words = t.retention;
  const { by, measure } = question;
  const most = Math.max(1e-9, ...groups.flatMap((group) => later(group.total).map((k) => shareOf(group.total.returned[k], group.total.of[k]) ?? 0)));
  const columns: Column<Group>[] = [
    { key: 'key', title: by ? t.dims[by] : '', value: (row) => row.name, show: (row) => <><Dot color={`var(${row.token})`} />{row.name}</> },
    { key: 'size', title: words.size, hint: words.sizeWhat, numeric: true, value: (row) => row.total.size, show: (row) => fmt.exact(row.total.size) },
    ...later(data.total).map((k): Column<Group> => ({
      key: `p${k}`, title: words.period(data.unit, k), numeric: true,
      value: (row) => (measure === 'share' ? shareOf(row.total.returned[k], row.total.of[k]) : row.total.returned[k]),
      show: (row) => <Heat back={row.total.returned[k]} size={row.total.of[k] ?? 0} most={most} pending={words.tooEarly} question={question} testid="retention-group-cell" k={k} />,
    })),
  ];
  return (
    <Panel title={by ? t.byDim[by] : words.groups} hint={words.groupsWhat} testid="retention-groups">
      <div className="heatmap">
        <Table
          key={`${by}${measure}`} name={`retention-by-${by}`} testid="retention-groups-table" rowTestid="retention-group" caption={by ? t.byDim[by] : words.groups} columns={columns} rows={groups} rowKey={(row) => row.key} foot={words.groupsWhat}
          onRow={(row) => patch({ group: row === chosen ? null : [row.key] })} rowLabel={(row) => words.open(row.name)} selected={(row) => row === chosen}
        />
      </div>
    </Panel>
  );
}
