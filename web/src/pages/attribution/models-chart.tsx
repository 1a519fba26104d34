/* Where the models disagree: a row a channel, a dot a model; or every model as a stack of channels. */
import { useCallback, useMemo } from 'react';
import type { Attribution } from '../../api/types';
import { DotChart, type DotRow, type DotSeries } from '../../charts/dot-chart';
import { ShareChart } from '../../charts/share-chart';
import { ChartPanel } from '../../components/chart-panel';
import { Table, type Column } from '../../components/table';
import { Segmented } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import { patch, useUrl } from '../../hooks/useUrl';
import { colorToken, seriesToken } from '../../lib/color';
import { spread, type Interval } from '../../lib/compare';
import { ATTRIBUTION } from '../../lib/texts/attribution';
import { allRows, NOTHING, rangesOf } from './matrix';
import { keyName, measureText, modelName, UNATTRIBUTED, type Question } from './question';

const VIEWS = ['amount', 'difference', 'stacked'] as const;
const MOST_ROWS = 10;

interface Line { key: string; name: string; token: string; values: number[]; ranges: (Interval | undefined)[] }

/** A click on a part opens its journeys; the rest together has none. */
function pick(key: string | undefined, model: string | undefined) {
  if (model !== undefined && key !== undefined && !key.startsWith('\0')) patch({ cell: `${model}:${key}` });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Channels by what the models give them on average; those after the first few as one, without intervals. */
function useLines(data: Attribution, ranges: Attribution | undefined, question: Question, names: string[]): Line[] {
  const { t } = useApp();
  const { by, measure } = question;
  return useMemo(() => {
    const range = rangesOf(ranges, measure);
    const all = allRows(data)
      .map((row) => ({ key: row.key, values: names.map((name) => (row.models[name] ?? NOTHING)[measure]), ranges: names.map((name) => range(row.key, name)) }))
      .sort((a, b) => mean(b.values) - mean(a.values));
    const rest = all.length > MOST_ROWS + 1 ? all.splice(MOST_ROWS) : [];
    const lines = all.map((row, index): Line => ({ ...row, name: keyName(t, row.key), token: by === 'platform' || row.key === UNATTRIBUTED || row.key === '' ? colorToken(row.key) : seriesToken(index) }));
    if (rest.length) lines.push({ key: '\0others', name: t.others, token: '--c0', values: names.map((_, at) => rest.reduce((sum, row) => sum + (row.values[at] ?? 0), 0)), ranges: [] });
    return lines;
  }, [data, ranges, by, measure, names, t]);
}

export function ModelsChart({ data, ranges, question }: { data: Attribution; ranges: Attribution | undefined; question: Question }) {
  const app = useApp();
  const { t, fmt, lang } = app;
  const words = ATTRIBUTION[lang];
  const { params } = useUrl();
  const { by, measure } = question;
  const view = VIEWS.find((one) => one === params.get('view')) ?? 'amount';
  const names = useMemo(() => question.models.filter((name) => data.rows.some((row) => row.models[name])), [question.models, data]);
  const lines = useLines(data, ranges, question, names);
  const text = useMemo(() => measureText(app, measure), [app, measure]);
  const models = useMemo(() => names.map((name, index): DotSeries => ({ key: name, name: modelName(words, name), token: seriesToken(index) })), [names, words]);
  const level = fmt.percent(ranges?.interval_level ?? 0);
  const columns: Column<Line>[] = [
    { key: 'name', title: t.dims[by], value: (row) => row.name },
    ...names.flatMap((name, index): Column<Line>[] => {
      const unit = measure === 'revenue' ? fmt.minorPerUnit : 1;
      const own = modelName(words, name);
      const share = (row: Line) => (data[measure] ? (row.values[index] ?? 0) / data[measure] : 0);
      const end = (row: Line, side: 0 | 1) => { const value = row.ranges[index]?.[side]; return value === undefined ? null : value / unit; };
      return [
        { key: name, title: own, numeric: true, value: share, show: (row) => fmt.percentFixed(share(row)) },
        ...(ranges ? ([0, 1] as const).map((side): Column<Line> => ({ key: `${name}-${side}`, title: side ? words.high(own) : words.low(own), numeric: true, value: (row) => end(row, side), show: (row) => { const value = row.ranges[index]?.[side]; return value === undefined ? '–' : text.exact(value); } })) : []),
      ];
    }),
  ];
  const legend = view === 'stacked' ? lines.map((line) => ({ name: line.name, color: `var(${line.token})` })) : models.map((one) => ({ name: one.name, color: `var(${one.token})` }));
  return (
    <ChartPanel
      testid="attribution-chart"
      title={words.sharesTitle}
      hint={view === 'difference' ? words.differenceWhat : words.amountWhat}
      legend={legend}
      actions={<Segmented label={words.bars} value={view} options={VIEWS.map((one) => ({ value: one, label: words.views[one] }))} onChange={(one) => patch({ view: one === 'amount' ? null : one }, true)} />}
      chart={view === 'stacked'
        ? <Stacks lines={lines} models={models} text={text} />
        : <Dots lines={lines} models={models} view={view} text={text} level={level} />}
      table={<Table name="attribution-shares" testid="shares-table" caption={words.sharesTitle} columns={columns} rows={lines} rowKey={(row) => row.key} />}
    />
  );
}

type Text = ReturnType<typeof measureText>;
interface ViewProps { lines: Line[]; models: DotSeries[]; text: Text }

function Stacks({ lines, models, text }: ViewProps) {
  const { lang } = useApp();
  const words = ATTRIBUTION[lang];
  const categories = useMemo(() => models.map((one) => one.name), [models]);
  const choose = useCallback((category: number, at: number) => pick(lines[at]?.key, models[category]?.key), [lines, models]);
  return <ShareChart categories={categories} series={lines} exact={text.exact} short={text.short} label={words.sharesTitle} onPick={choose} />;
}

function Dots({ lines, models, view, text, level }: ViewProps & { view: 'amount' | 'difference'; level: string }) {
  const { fmt, lang } = useApp();
  const words = ATTRIBUTION[lang];
  // Against the average of the models: shares of it, so that small channels are seen as well as large ones.
  const place = (line: Line, value: number) => {
    if (view === 'amount') return value;
    const middle = mean(line.values);
    return middle ? value / middle - 1 : 0;
  };
  const rows = lines.map((line): DotRow => {
    const ends = spread(line.values.map((value) => place(line, value))) ?? [0, 0];
    const said = view === 'amount' ? text.short : fmt.change;
    return {
      key: line.key, name: line.name,
      dots: line.values.map((value, at) => {
        const interval = line.ranges[at];
        return { at: place(line, value), interval: interval && [place(line, interval[0]), place(line, interval[1])] };
      }),
      note: ends[0] === ends[1] ? said(ends[0]) : words.apart(said(ends[0]), said(ends[1])),
    };
  });
  // Differences end with the dots: the interval of something rare would be as wide as the page.
  const points = rows.flatMap((row) => row.dots.flatMap((dot) => (dot ? [dot.at, ...(view === 'amount' && dot.interval ? dot.interval : [])] : [])));
  const domain: Interval = view === 'amount' ? [Math.min(0, ...points), Math.max(1e-9, ...points)] : [Math.min(-0.1, ...points), Math.max(0.1, ...points)];
  return (
    <DotChart
      series={models} rows={rows} domain={domain} tick={view === 'amount' ? text.short : fmt.change} label={words.sharesTitle}
      tip={(row, dot) => ({
        title: lines[row]?.name ?? '',
        rows: models.map((model, at) => {
          const line = lines[row];
          const interval = line?.ranges[at];
          const value = line?.values[at] ?? 0;
          return { token: model.token, name: model.name, faint: at !== dot, value: text.exact(value) + (line && view === 'difference' ? ` · ${fmt.change(place(line, value))}` : '') + (at === dot && interval ? ` (${words.interval(level, text.short(interval[0]), text.short(interval[1]))})` : '') };
        }),
      })}
      onPick={(row, model) => pick(row.key, model.key)}
    />
  );
}
