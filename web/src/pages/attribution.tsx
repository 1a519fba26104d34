/* Attribution: which channel brought the money, by each model, and the journeys behind every number. */
import { useCallback, useMemo, useState } from 'react';
import { address, get } from '../api/client';
import type { Attribution, AttributionRow, Credit, Journey, Journeys, Models, TouchMode } from '../api/types';
import { ShareChart } from '../charts/share-chart';
import { ChartPanel } from '../components/chart-panel';
import { JourneyRow } from '../components/journey';
import { Slider } from '../components/slider';
import { Table, type Column } from '../components/table';
import { Async, Button, Dialog, Dot, Empty, Hint, Panel, Problem, Segmented, Select } from '../components/ui';
import { useApp, useScope, type App, type Scope } from '../hooks/useApp';
import { useQuery } from '../hooks/useQuery';
import { patch, useUrl } from '../hooks/useUrl';
import { channelColor, colorToken, seriesToken } from '../lib/color';
import { PageHead, Welcome } from './shell';
import { CrmHouseRule } from './crm';

const BY = ['platform', 'source', 'medium', 'campaign', 'creative'] as const;
type By = (typeof BY)[number];
const USUAL = ['first', 'last', 'last_non_direct', 'last_paid', 'linear', 'position', 'time_decay', 'markov', 'shapley'];
const UNATTRIBUTED = 'unattributed';
const CHART_KEYS = 8;
type Measure = 'revenue' | 'conversions';

interface Question {
  by: By;
  models: string[];
  lookback: number;
  halfLife: number;
  touches: TouchMode | '';
  exclude: string[];
  measure: Measure;
}

function useQuestion(known: string[]): Question {
  const { params } = useUrl();
  return useMemo(() => {
    const asked = params.get('models')?.split(',').filter((name) => known.includes(name));
    const touches = params.get('touches');
    return {
      by: BY.find((one) => one === params.get('by')) ?? 'platform',
      models: asked?.length ? asked : USUAL.filter((name) => known.includes(name)),
      lookback: Number(params.get('lookback')) || 30,
      halfLife: Number(params.get('half_life')) || 7,
      touches: touches === 'events' || touches === 'sessions' || touches === 'journey' ? touches : '',
      exclude: params.getAll('exclude'),
      measure: params.get('measure') === 'conversions' ? 'conversions' : 'revenue',
    };
  }, [params, known]);
}

const wire = (question: Question, scope: Scope) => ({
  conversion: scope.conversion, by: question.by, lookback: `${question.lookback}d`, half_life: `${question.halfLife}d`, touches: question.touches, exclude: question.exclude, ...scope.query,
});

export function AttributionPage() {
  const { t, session } = useApp();
  const scope = useScope();
  const models = useQuery<Models>('/api/v1/models');
  return (
    <>
      <PageHead title={t.pages.attribution} scope={scope} conversions compare={false} />
      {session.events === 0 ? <Welcome /> : !scope.conversion ? <Panel title={t.conversion}><Empty title={t.noConversion}><p>{t.noConversionWhat}</p></Empty></Panel> : (
        <>
          <Async query={models} height={480}>{(data) => <Matrix models={data} scope={scope} />}</Async>
          {scope.conversion === 'Contract Signed' && <CrmHouseRule />}
        </>
      )}
    </>
  );
}

function Matrix({ models, scope }: { models: Models; scope: Scope }) {
  const { t } = useApp();
  const { params } = useUrl();
  const known = useMemo(() => models.models.map((model) => model.name), [models]);
  const question = useQuestion(known);
  const result = useQuery<Attribution>(address('/api/v1/attribution', { ...wire(question, scope), models: question.models.join(',') }));
  const cell = params.get('cell');
  return (
    <>
      <Controls models={models} question={question} data={result.data} />
      <Async query={result} height={420}>
        {(data) => data.conversions === 0
          ? <Panel title={t.matrix}><Empty title={t.noneInRange}><p>{t.noConversionsInRange(scope.conversion)}</p></Empty></Panel>
          : (<><Cells data={data} question={question} models={models} /><Shares data={data} question={question} /></>)}
      </Async>
      {cell && <CellJourneys cell={cell} question={question} scope={scope} />}
    </>
  );
}

function Controls({ models, question, data }: { models: Models; question: Question; data: Attribution | undefined }) {
  const { t } = useApp();
  const toggle = (name: string) => {
    const next = models.models.map((model) => model.name).filter((one) => (one === name ? !question.models.includes(one) : question.models.includes(one)));
    if (next.length) patch({ models: next.join(',') });
  };
  const keys = (data?.rows ?? []).map((row) => row.key).filter((key) => key && !question.exclude.includes(key));
  return (
    <Panel title={t.attributionHow} testid="attribution-controls">
      <div className="controls">
        <div className="toggles" role="group" aria-label={t.models}>
          {models.models.map((model) => (
            <button key={model.name} type="button" className="toggle" aria-pressed={question.models.includes(model.name)} title={modelWhat(t, model.name, model.what)} data-testid={`model-${model.name}`} onClick={() => toggle(model.name)}>
              {modelName(t, model.name)}
            </button>
          ))}
        </div>
        <div className="fields">
          <Select showLabel label={t.breakBy} value={question.by} options={BY.map((by) => ({ value: by, label: t.dims[by] }))} onChange={(by) => patch({ by, cell: null, exclude: null })} data-testid="attribution-by" />
          <Slider id="lookback" label={t.lookback} hint={t.lookbackWhat} value={question.lookback} stops={[1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365]} text={t.days} onChange={(days) => patch({ lookback: String(days) }, true)} />
          <Slider id="half-life" label={t.halfLife} hint={t.halfLifeWhat} value={question.halfLife} stops={[1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60]} text={t.days} onChange={(days) => patch({ half_life: String(days) }, true)} />
          <Select<TouchMode | ''>
            showLabel label={t.touchMode} value={question.touches} data-testid="touches" onChange={(mode) => patch({ touches: mode || null })}
            options={[{ value: '', label: data && !question.touches ? t.touchAuto(t.touchModes[data.touches]) : t.touchAuto('') }, ...(['events', 'sessions', 'journey'] as const).map((mode) => ({ value: mode, label: t.touchModes[mode] }))]}
          />
          <label className="select">
            <span className="select-label">{t.exclude}</span>
            <select value="" data-testid="exclude" onChange={(event) => patch({ exclude: [...question.exclude, event.target.value] })}>
              <option value="" disabled>{t.excludeNone}</option>
              {keys.map((key) => <option key={key} value={key}>{key}</option>)}
            </select>
          </label>
        </div>
        {question.exclude.length > 0 && (
          <ul className="chips">
            {question.exclude.map((key) => (
              <li key={key} className="chip" data-testid="exclude-chip"><span>{t.without} <b>{key}</b></span><button type="button" aria-label={t.removeFilter} onClick={() => patch({ exclude: question.exclude.filter((one) => one !== key) })}>×</button></li>
            ))}
          </ul>
        )}
      </div>
    </Panel>
  );
}

const modelName = (t: App['t'], name: string) => t.modelNames[name] ?? name.replaceAll('_', ' ');
const modelWhat = (t: App['t'], name: string, what: string) => t.modelWhat[name] ?? what;

type MatrixRow = Pick<AttributionRow, 'key' | 'touches' | 'models'>;

function allRows(data: Attribution): MatrixRow[] {
  const rest = Object.values(data.unattributed?.models ?? {}).some((credit) => credit.conversions > 0);
  return rest ? [...data.rows, { key: UNATTRIBUTED, ...data.unattributed }] : data.rows;
}

const NOTHING: Credit = { conversions: 0, revenue: 0, cac: null, roas: null };

function Cells({ data, question, models }: { data: Attribution; question: Question; models: Models }) {
  const { t, fmt } = useApp();
  const { params } = useUrl();
  const rows = useMemo(() => allRows(data), [data]);
  const measure = question.measure;
  const shown = question.models.filter((name) => rows.some((row) => row.models[name]));
  const exact = useCallback((value: number) => (measure === 'revenue' ? fmt.moneyExact(value) : fmt.exact(value, 2)), [measure, fmt]);
  const most = Math.max(1e-9, ...rows.flatMap((row) => shown.map((name) => (row.models[name] ?? NOTHING)[measure])));
  const name = (key: string) => (key === UNATTRIBUTED ? t.unattributed : key || t.notSet);
  const what = new Map(models.models.map((model) => [model.name, model.what]));
  const columns: Column<MatrixRow>[] = [
    { key: 'key', title: t.dims[question.by], value: (row) => row.key, show: (row) => <>{question.by === 'platform' && <Dot color={channelColor(row.key)} />}{name(row.key)}</> },
    { key: 'touches', title: t.touches, hint: t.touchesWhat, numeric: true, value: (row) => row.touches, show: (row) => fmt.exact(row.touches) },
    ...shown.map((model): Column<MatrixRow> => ({
      key: model,
      title: modelName(t, model),
      hint: modelWhat(t, model, what.get(model) ?? ''),
      numeric: true,
      value: (row) => (row.models[model] ?? NOTHING)[measure] / (measure === 'revenue' ? fmt.minorPerUnit : 1),
      show: (row) => {
        const credit = row.models[model] ?? NOTHING;
        const value = credit[measure];
        const cell = `${model}:${row.key}`;
        return (
          <button
            type="button" className="cell" data-testid="cell" data-model={model} data-key={row.key} data-conversions={credit.conversions} data-revenue={credit.revenue}
            aria-pressed={params.get('cell') === cell} disabled={credit.conversions === 0}
            style={{ '--heat': `${Math.round(Math.sqrt(value / most) * 62)}%` } as React.CSSProperties}
            title={t.cellTitle(fmt.exact(credit.conversions, 4), fmt.moneyExact(credit.revenue), fmt.percent(data[measure] ? value / data[measure] : 0))}
            onClick={() => patch({ cell })}
          >
            {measure === 'revenue' ? fmt.moneyWhole(value) : exact(value)}
          </button>
        );
      },
    })),
  ];
  const total = { key: t.total, touches: fmt.exact(rows.reduce((sum, row) => sum + row.touches, 0)), ...Object.fromEntries(shown.map((model) => [model, <span key={model} data-testid="cell-total" data-model={model}>{exact(rows.reduce((sum, row) => sum + (row.models[model] ?? NOTHING)[measure], 0))}</span>])) };
  return (
    <Panel
      testid="matrix"
      title={t.matrix}
      hint={t.matrixWhat}
      note={<span data-testid="attribution-total">{t.conversionsIn(data.conversions, fmt.exact(data.conversions))} · {fmt.moneyExact(data.revenue)} · {t.personsCount(data.persons, fmt.exact(data.persons))}</span>}
      actions={<Segmented<Measure> label={t.measure} value={measure} options={[{ value: 'revenue', label: t.metrics.revenue.name }, { value: 'conversions', label: t.metrics.conversions.name }]} onChange={(one) => patch({ measure: one })} />}
    >
      <Table key={measure + shown.join()} name="attribution" testid="matrix-table" rowTestid="matrix-row" caption={t.matrix} columns={columns} rows={rows} rowKey={(row) => row.key} total={total} foot={t.matrixOpen} />
    </Panel>
  );
}

function Shares({ data, question }: { data: Attribution; question: Question }) {
  const { t, fmt } = useApp();
  const [stacked, setStacked] = useState(true);
  const { by, measure } = question;
  const names = useMemo(() => question.models.filter((name) => data.rows.some((row) => row.models[name])), [question.models, data]);
  const rows = useMemo(() => {
    const all = allRows(data);
    if (all.length <= CHART_KEYS + 1) return all;
    const rest = all.slice(CHART_KEYS);
    const models = Object.fromEntries(names.map((name) => [name, rest.reduce((sum, row) => ({ ...sum, conversions: sum.conversions + (row.models[name]?.conversions ?? 0), revenue: sum.revenue + (row.models[name]?.revenue ?? 0) }), NOTHING)]));
    return [...all.slice(0, CHART_KEYS), { key: t.others, touches: 0, models }];
  }, [data, names, t]);
  const exact = useCallback((value: number) => (measure === 'revenue' ? fmt.moneyExact(value) : fmt.exact(value, 2)), [measure, fmt]);
  const short = useCallback((value: number) => (measure === 'revenue' ? fmt.moneyShort(value) : fmt.short(value)), [measure, fmt]);
  const token = useCallback((key: string, index: number) => (key === t.others ? '--c0' : by === 'platform' || key === UNATTRIBUTED || key === '' ? colorToken(key) : seriesToken(index)), [by, t]);
  const label = useCallback((key: string) => (key === UNATTRIBUTED ? t.unattributed : key || t.notSet), [t]);

  const byKey = useMemo(() => rows.map((row, index) => ({ key: row.key, name: label(row.key), token: token(row.key, index), values: names.map((name) => (row.models[name] ?? NOTHING)[measure]) })), [rows, names, measure, token, label]);
  const byModel = useMemo(() => names.map((name, index) => ({ key: name, name: modelName(t, name), token: seriesToken(index), values: rows.map((row) => (row.models[name] ?? NOTHING)[measure]) })), [rows, names, measure, t]);
  const series = stacked ? byKey : byModel;
  const categories = useMemo(() => (stacked ? names.map((name) => modelName(t, name)) : rows.map((row) => label(row.key))), [stacked, names, rows, t, label]);
  const pick = useCallback((category: number, at: number) => {
    const model = stacked ? names[category] : names[at];
    const key = rows[stacked ? at : category]?.key;
    if (model !== undefined && key !== undefined && key !== t.others) patch({ cell: `${model}:${key}` });
  }, [stacked, names, rows, t]);
  const columns: Column<(typeof byKey)[number]>[] = [
    { key: 'name', title: t.dims[by], value: (row) => row.name },
    ...names.map((name, index): Column<(typeof byKey)[number]> => ({ key: name, title: modelName(t, name), numeric: true, value: (row) => (data[measure] ? (row.values[index] ?? 0) / data[measure] : 0), show: (row) => fmt.percentFixed(data[measure] ? (row.values[index] ?? 0) / data[measure] : 0) })),
  ];
  return (
    <ChartPanel
      testid="attribution-chart"
      title={t.sharesTitle}
      legend={series.map((one) => ({ name: one.name, color: `var(${one.token})` }))}
      actions={<Segmented label={t.bars} value={stacked ? 'stacked' : 'grouped'} options={[{ value: 'stacked', label: t.stacked }, { value: 'grouped', label: t.grouped }]} onChange={(one) => setStacked(one === 'stacked')} />}
      chart={<ShareChart categories={categories} series={series} stacked={stacked} exact={exact} short={short} label={t.sharesTitle} height={stacked ? 300 : Math.min(560, Math.max(320, rows.length * (names.length * 7 + 14)))} onPick={pick} />}
      table={<Table name="attribution-shares" caption={t.sharesTitle} columns={columns} rows={byKey} rowKey={(row) => row.key} />}
    />
  );
}

function CellJourneys({ cell, question, scope }: { cell: string; question: Question; scope: Scope }) {
  const { t, fmt } = useApp();
  const split = cell.indexOf(':');
  const model = cell.slice(0, split);
  const key = cell.slice(split + 1);
  const base = { ...wire(question, scope), model, key, limit: 20 };
  const url = address('/api/v1/attribution/journeys', base) + (key ? '' : '&key=');
  const first = useQuery<Journeys>(url);
  const [more, setMore] = useState<{ url: string; journeys: Journey[]; next: string | null } | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const extra = more?.url === url ? more : null;
  const name = key === UNATTRIBUTED ? t.unattributed : key || t.notSet;
  const next = extra ? extra.next : (first.data?.next ?? null);
  const loadMore = () => {
    setProblem(null);
    get<Journeys>(`${url}&cursor=${encodeURIComponent(next ?? '')}`).then(
      (page) => setMore({ url, journeys: [...(extra?.journeys ?? []), ...page.journeys], next: page.next }),
      (error: unknown) => setProblem(error as Error),
    );
  };
  return (
    <Dialog side testid="journeys" title={<>{question.by === 'platform' && <Dot color={channelColor(key)} />}{name} · {modelName(t, model)}<Hint text={modelWhat(t, model, '')} /></>} onClose={() => patch({ cell: null })}>
      <Async query={first} height={480}>
        {(data) => (
          <>
            <p className="cell-sum" data-testid="journeys-sum" data-conversions={data.conversions} data-revenue={data.revenue}>
              <b>{fmt.exact(data.conversions, 2)}</b> {scope.conversion} · <b>{fmt.moneyExact(data.revenue)}</b> <span className="faint">{t.journeysAdd}</span>
            </p>
            <ul className="journeys">
              {[...data.journeys, ...(extra?.journeys ?? [])].map((journey, index) => <JourneyRow key={index} journey={journey} shown={key} />)}
            </ul>
            {problem && <Problem error={problem} retry={loadMore} />}
            {next && <Button onClick={loadMore} data-testid="journeys-more">{t.more}</Button>}
            {!data.journeys.length && <Empty title={t.noJourneys} />}
          </>
        )}
      </Async>
    </Dialog>
  );
}
