import { useMemo, useState, type CSSProperties } from 'react';
import type { Attribution, AttributionRow, Credit, Models } from '../../api/types';
import { Icon } from '../../components/icon';
import { Table, type Column } from '../../components/table';
import { Dot, Link, Panel, Segmented, Select } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import { hrefOf, patch, personsHref, useUrl } from '../../hooks/useUrl';
import { channelColor } from '../../lib/color';
import { intervalOf, type Interval } from '../../lib/compare';
import { ATTRIBUTION } from '../../lib/texts/attribution';
import { keyName, measureText, modelName, modelWhat, UNATTRIBUTED, type Measure, type Question } from './question';

export type Row = Pick<AttributionRow, 'key' | 'touches' | 'models'> & Partial<AttributionRow>;
export const NOTHING: Credit = { conversions: 0, revenue: 0, cac: null, roas: null };

export function allRows(data: Attribution): Row[] {
  const rest = Object.values(data.unattributed?.models ?? {}).some((credit) => credit.conversions > 0);
  return rest ? [...data.rows, { key: UNATTRIBUTED, ...data.unattributed }] : data.rows;
}

/** The intervals of an answer that has them, by key and model. */
export function rangesOf(ranges: Attribution | undefined, measure: Measure): (key: string, model: string) => Interval | undefined {
  const rows = new Map((ranges ? allRows(ranges) : []).map((row) => [row.key, row.models]));
  return (key, model) => intervalOf(rows.get(key)?.[model]?.[`${measure}_interval`]);
}

/** For each row whose order with the one above it may be chance, the key of that one: as the server says, which ranks by
 * the first model's revenue (by conversions where there is none). */
function alikeAbove(ranges: Attribution | undefined, measure: Measure): Map<string, string> {
  if (!ranges || (measure === 'revenue') !== (ranges.revenue !== 0)) return new Map();
  return new Map(ranges.rows.flatMap((row, at) => {
    const above = ranges.rows[at - 1];
    return above?.distinguishable === false ? [[row.key, above.key] as const] : [];
  }));
}

interface Props { data: Attribution; ranges: Attribution | undefined; question: Question; models: Models }

export function Matrix({ data, ranges, question, models }: Props) {
  const app = useApp();
  const { t, fmt, lang } = app;
  const words = ATTRIBUTION[lang];
  const { params } = useUrl();
  const { measure } = question;
  const rows = useMemo(() => allRows(data), [data]);
  const shown = question.models.filter((name) => rows.some((row) => row.models[name]));
  const text = measureText(app, measure);
  const range = useMemo(() => rangesOf(ranges, measure), [ranges, measure]);
  const most = Math.max(1e-9, ...rows.flatMap((row) => shown.map((name) => range(row.key, name)?.[1] ?? (row.models[name] ?? NOTHING)[measure])));
  const what = new Map(models.models.map((model) => [model.name, model.what]));
  const level = fmt.percent(ranges?.interval_level ?? 0);
  const alike = useMemo(() => alikeAbove(ranges, measure), [ranges, measure]);
  const columns: Column<Row>[] = [
    { key: 'key', title: t.dims[question.by], value: (row) => row.key, show: (row) => <>{question.by === 'platform' && <Dot color={channelColor(row.key)} />}{keyName(t, row.key)}</> },
    { key: 'touches', title: words.touches, hint: words.touchesWhat, numeric: true, value: (row) => row.touches, show: (row) => fmt.exact(row.touches) },
    ...shown.map((model): Column<Row> => ({
      key: model,
      title: modelName(words, model),
      hint: modelWhat(words, model, what.get(model) ?? ''),
      numeric: true,
      value: (row) => (row.models[model] ?? NOTHING)[measure] / (measure === 'revenue' ? fmt.minorPerUnit : 1),
      show: (row) => {
        const credit = row.models[model] ?? NOTHING;
        const value = credit[measure];
        const cell = `${model}:${row.key}`;
        const interval = range(row.key, model);
        const same = model === question.models[0] && value > 0 ? alike.get(row.key) : undefined;
        const said = [
          words.cellTitle(fmt.exact(credit.conversions, 4), fmt.moneyExact(credit.revenue), fmt.percent(data[measure] ? value / data[measure] : 0)),
          interval ? words.interval(level, text.exact(interval[0]), text.exact(interval[1])) : '',
          same === undefined ? '' : words.alike(keyName(t, same)),
          model === 'markov' && row.removal !== undefined ? words.removal(fmt.percent(row.removal)) : '',
        ].filter(Boolean).join('\n');
        return (
          <button
            type="button" className="cell" data-testid="cell" data-model={model} data-key={row.key} data-conversions={credit.conversions} data-revenue={credit.revenue}
            data-low={interval?.[0]} data-high={interval?.[1]} data-alike={same}
            aria-pressed={params.get('cell') === cell} disabled={credit.conversions === 0}
            style={{ '--heat': `${Math.round(Math.sqrt(Math.max(0, value) / most) * 62)}%` } as CSSProperties}
            title={said}
            onClick={() => patch({ cell })}
          >
            {same !== undefined && <span className="alike">≈<span className="unseen"> {words.alike(keyName(t, same))} </span></span>}
            {text.whole(value)}
            {interval && interval[1] > 0 && <Whisker interval={interval} most={most} />}
          </button>
        );
      },
    })),
  ];
  const costs = useCosts(rows, shown);
  const sum = (of: (row: Row) => number) => rows.reduce((total, row) => total + of(row), 0);
  const total = {
    key: t.total,
    touches: fmt.exact(sum((row) => row.touches)),
    ...Object.fromEntries(shown.map((model) => [model, <span key={model} data-testid="cell-total" data-model={model}>{text.exact(sum((row) => (row.models[model] ?? NOTHING)[measure]))}</span>])),
    ...costs?.total,
  };
  return (
    <Panel
      testid="matrix"
      title={words.matrix}
      hint={words.matrixWhat}
      note={<span data-testid="attribution-total">{words.conversionsIn(data.conversions, fmt.exact(data.conversions))} · {fmt.moneyExact(data.revenue)} · <Link className="people" href={personsHref({ metric: 'converted', conversion: data.conversion })}>{t.personsCount(data.persons, fmt.exact(data.persons))}</Link></span>}
      actions={<>{costs?.choice}<Segmented<Measure> label={t.measure} value={measure} options={[{ value: 'revenue', label: t.metrics.revenue.name }, { value: 'conversions', label: t.metrics.conversions.name }]} onChange={(one) => patch({ measure: one })} /></>}
    >
      <SpendNote data={data} />
      <Table
        key={measure + shown.join()} name="attribution" testid="matrix-table" rowTestid="matrix-row" caption={words.matrix} columns={[...columns, ...(costs?.columns ?? [])]} rows={rows} rowKey={(row) => row.key} total={total}
        rowLabel={(row) => (row.key === UNATTRIBUTED ? t.unattributed : words.leaveOut(keyName(t, row.key)))}
        onRow={(row) => row.key !== UNATTRIBUTED && patch({ exclude: [...question.exclude, row.key], cell: null })}
        foot={<>{words.foot}{ranges && <> {words.footIntervals(level)}</>}{alike.size > 0 && <> {words.footAlike(modelName(words, question.models[0] ?? ''))}</>}</>}
      />
    </Panel>
  );
}

/** The interval as a line from low to high. */
function Whisker({ interval, most }: { interval: Interval; most: number }) {
  const at = (place: number) => `${Math.max(0, Math.min(100, (place / most) * 100))}%`;
  return <i className="whisker" data-testid="whisker" style={{ '--low': at(interval[0]), '--high': at(interval[1]) } as CSSProperties} aria-hidden="true" />;
}

/** What was spent in all, and what of it stands in none of the rows or is not known. */
function SpendNote({ data }: { data: Attribution }) {
  const { fmt, lang } = useApp();
  const words = ATTRIBUTION[lang];
  if (!data.spend || (data.spend.total === 0 && data.spend.unpriced === 0)) return null;
  const { total, unmatched, unpriced } = data.spend;
  return (
    <p className="notice" data-testid="spend-note" data-total={total} data-unmatched={unmatched} data-unpriced={unpriced}>
      <Icon name="info" />
      <span>{words.spendTotal(fmt.moneyExact(total))}{unmatched > 0 && <> {words.spendUnmatched(fmt.moneyExact(unmatched))}</>}{unpriced > 0 && <> {words.spendUnpriced(unpriced, fmt.exact(unpriced))}</>}</span>
      {unmatched > 0 && <Link href={hrefOf('/channels/matching')}>{words.match}</Link>}
      {unpriced > 0 && <Link href={hrefOf('/channels/money')}>{words.setRates}</Link>}
      <Link href={hrefOf('/channels')}>{words.toChannels}</Link>
    </p>
  );
}

/** What each row cost and gave back, by one of the models; null where nothing was spent. */
function useCosts(rows: Row[], shown: string[]) {
  const { fmt, lang } = useApp();
  const words = ATTRIBUTION[lang];
  const [chosen, setChosen] = useState('');
  if (!rows.some((row) => (row.spend ?? 0) > 0)) return null;
  const model = shown.includes(chosen) ? chosen : (shown.at(-1) ?? '');
  const creditOf = (row: Row) => row.models[model] ?? NOTHING;
  const money = (value: number | null | undefined) => (value == null ? '–' : fmt.moneyExact(Math.round(value)));
  const times = (value: number | null | undefined) => (value == null ? '–' : `${fmt.fixed(value, 2)}×`);
  const units = (minor: number | null | undefined) => (minor == null ? null : minor / fmt.minorPerUnit);
  const name = modelName(words, model);
  // A dash says why.
  const known = (row: Row, text: string) => (text === '–' ? <span className="faint" title={row.spend == null ? words.spendNone : row.spend === 0 ? words.spendZero : words.creditNone}>–</span> : text);
  const columns: Column<Row>[] = [
    { key: 'spend', title: words.spend, hint: words.spendWhat, numeric: true, unit: 'money', value: (row) => units(row.spend), show: (row) => known(row, money(row.spend)) },
    { key: 'cac', title: words.cac, hint: words.cacWhat(name), numeric: true, unit: 'money', value: (row) => units(creditOf(row).cac), show: (row) => known(row, money(creditOf(row).cac)) },
    { key: 'roas', title: words.roas, hint: words.roasWhat(name), numeric: true, value: (row) => creditOf(row).roas, show: (row) => known(row, times(creditOf(row).roas)) },
  ];
  const spend = rows.reduce((sum, row) => sum + (row.spend ?? 0), 0);
  // Of the rows whose spend is known.
  const paid = rows.filter((row) => row.spend).map(creditOf);
  const conversions = paid.reduce((sum, credit) => sum + credit.conversions, 0);
  const revenue = paid.reduce((sum, credit) => sum + credit.revenue, 0);
  return {
    columns,
    total: { spend: money(spend), cac: money(conversions > 0 ? spend / conversions : null), roas: times(revenue / spend) },
    choice: <Select label={words.costBy} showLabel value={model} options={shown.map((one) => ({ value: one, label: modelName(words, one) }))} onChange={setChosen} data-testid="cost-model" />,
  };
}
