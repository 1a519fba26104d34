/* When things happen: weekday by hour. */
import type { CSSProperties } from 'react';
import { address } from '../../api/client';
import type { BestTime, BestTimeCell, Names } from '../../api/types';
import { ChartPanel } from '../../components/chart-panel';
import { Combobox } from '../../components/combobox';
import { Table, type Column } from '../../components/table';
import { Async, Empty, Select } from '../../components/ui';
import { useApp, useFormatOf, type Scope } from '../../hooks/useApp';
import { useQuery } from '../../hooks/useQuery';
import { patch, useUrl } from '../../hooks/useUrl';
import type { Format } from '../../lib/format';
import { CHANNELS } from '../../lib/texts/channels';
import { spanOf } from './question';

const MEASURES = ['events', 'persons', 'conversions', 'revenue', 'rate'] as const;
type Measure = (typeof MEASURES)[number];
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const DAYS = [1, 2, 3, 4, 5, 6, 7];

const valueOf = (cell: BestTimeCell, measure: Measure): number | null => (measure === 'rate' ? (cell.events ? cell.conversions / cell.events : null) : cell[measure]);

function measureText(measure: Measure, fmt: Format) {
  if (measure === 'revenue') return { short: fmt.moneyShort, exact: (value: number) => fmt.moneyExact(value) };
  if (measure === 'rate') return { short: (value: number) => fmt.percent(value), exact: (value: number) => fmt.percent(value, 3) };
  return { short: fmt.short, exact: (value: number) => fmt.exact(value) };
}

/** 1 is Monday, as it was on 1 January 2024. */
const weekdayName = (lang: string, weekday: number, style: 'short' | 'long') => new Intl.DateTimeFormat(lang, { weekday: style, timeZone: 'UTC' }).format(new Date(Date.UTC(2024, 0, weekday)));
const hourName = (hour: number) => `${String(hour).padStart(2, '0')}:00`;

export function BestTimePanel({ scope }: { scope: Scope }) {
  const { params } = useUrl();
  const event = params.get('event') ?? '';
  const answer = useQuery<BestTime>(address('/api/v1/best-time', { event, conversion: scope.conversion, ...spanOf(scope) }));
  return <Async query={answer} height={374}>{(data) => <Heat data={data} event={event} scope={scope} />}</Async>;
}

function Heat({ data, event, scope }: { data: BestTime; event: string; scope: Scope }) {
  const { t, lang, session } = useApp();
  const words = CHANNELS[lang];
  const fmt = useFormatOf(data.currency);
  const { params } = useUrl();
  const names = useQuery<Names>('/api/v1/names');
  const measure = MEASURES.find((one) => one === params.get('best')) ?? 'events';
  const text = measureText(measure, fmt);
  const at = new Map(data.cells.map((cell) => [`${cell.weekday} ${cell.hour}`, cell]));
  const most = Math.max(0, ...data.cells.map((cell) => valueOf(cell, measure) ?? 0));
  const top = most > 0 ? data.cells.find((cell) => valueOf(cell, measure) === most) : undefined;
  const say = (cell: BestTimeCell) => `${weekdayName(fmt.lang, cell.weekday, 'long')}, ${hourName(cell.hour)}–${hourName((cell.hour + 1) % 24)}`;
  const columns: Column<BestTimeCell>[] = [
    { key: 'weekday', title: words.weekday, value: (row) => row.weekday, show: (row) => weekdayName(fmt.lang, row.weekday, 'long') },
    { key: 'hour', title: words.hour, value: (row) => row.hour, show: (row) => hourName(row.hour) },
    ...MEASURES.map((one): Column<BestTimeCell> => ({
      key: one, title: words.bestMeasures[one], numeric: true, unit: one === 'revenue' ? 'money' : one === 'rate' ? 'share' : undefined, value: (row) => { const value = valueOf(row, one); return value !== null && one === 'revenue' ? value / fmt.minorPerUnit : value; },
      show: (row) => { const value = valueOf(row, one); return value === null ? '–' : measureText(one, fmt).exact(value); },
    })),
  ];
  const conversions = [...new Set([...session.conversions, scope.conversion])].filter(Boolean);
  return (
    <ChartPanel
      testid="best-time" title={words.best} hint={words.bestWhat}
      note={<span data-testid="best-note">{top ? `${words.bestAt(say(top), text.exact(most))} · ` : ''}{words.zone(data.timezone)}</span>}
      actions={
        <>
          <div className="event-field"><Combobox label={words.bestEvent} value={event} options={[{ value: '', label: words.anyEvent }, ...(names.data?.names ?? []).map((one) => ({ value: one.name, label: one.name, note: fmt.short(one.events) }))]} onChange={(one) => patch({ event: one || null })} testid="best-event" /></div>
          {conversions.length > 0 && <Select label={t.conversion} value={scope.conversion} options={conversions.map((name) => ({ value: name, label: name }))} onChange={(conversion) => patch({ conversion })} data-testid="best-conversion" />}
          <Select<Measure> label={t.measure} value={measure} options={MEASURES.map((value) => ({ value, label: words.bestMeasures[value] }))} onChange={(best) => patch({ best: best === 'events' ? null : best })} data-testid="best-measure" />
        </>
      }
      chart={most > 0 ? (
        <div className="table-scroll" tabIndex={0} role="region" aria-label={words.best}>
          <table className="week" data-testid="week">
            <caption className="unseen">{words.best}</caption>
            <thead><tr><th scope="col"><span className="unseen">{words.weekday}</span></th>{HOURS.map((hour) => <th key={hour} scope="col" className="number">{hour}</th>)}</tr></thead>
            <tbody>
              {DAYS.map((weekday) => (
                <tr key={weekday}>
                  <th scope="row" title={weekdayName(fmt.lang, weekday, 'long')}>{weekdayName(fmt.lang, weekday, 'short')}</th>
                  {HOURS.map((hour) => {
                    const cell = at.get(`${weekday} ${hour}`);
                    const value = cell ? valueOf(cell, measure) : null;
                    return <td key={hour} className={cell === top ? 'top' : ''} data-testid="week-cell" data-key={`${weekday}:${hour}`} data-value={value ?? ''} title={cell ? `${say(cell)}: ${value === null ? '–' : text.exact(value)}` : undefined} style={{ '--heat': `${Math.round(((value ?? 0) / most) * 70)}%` } as CSSProperties}>{value ? text.short(value) : <span className="faint">·</span>}</td>;
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : <Empty title={words.noBest} />}
      table={<Table name="best-time" testid="best-table" caption={words.best} columns={columns} rows={data.cells} rowKey={(row) => `${row.weekday}:${row.hour}`} sort={{ key: measure, down: true }} />}
    />
  );
}
