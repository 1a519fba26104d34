/* From a channel down to an ad: what is open, its days, and what is below it. */
import { useMemo } from 'react';
import { address } from '../../api/client';
import type { ChannelPoint, ChannelSeries, ChannelTree, TreeRow } from '../../api/types';
import { TimeChart, type TimeSeries } from '../../charts/time-chart';
import { ChartPanel } from '../../components/chart-panel';
import { compare, Table, type Column } from '../../components/table';
import { Async, Button, Change, Dot, Empty, Link, Panel, Problem, Segmented } from '../../components/ui';
import { useApp, useFormatOf, type Scope } from '../../hooks/useApp';
import { usePages } from '../../hooks/usePages';
import { useQueries } from '../../hooks/useQueries';
import { useQuery } from '../../hooks/useQuery';
import { hrefOf, hrefWith, patch, useUrl } from '../../hooks/useUrl';
import { channelColor } from '../../lib/color';
import { figureCell, FIGURES, figureText, goodWhenMore, stateOf, unitOf, type FigureName } from '../../lib/figures';
import { changeOf, type Format } from '../../lib/format';
import { periodEnd, periodsOf } from '../../lib/periods';
import { CHANNELS, type ChannelTexts } from '../../lib/texts/channels';
import { chartKind, comparedSpan, isFigure, knownFigures, LEVELS, MOST_ROWS, openIn, periodText, SERIES, spanOf, TREE, useOpened, useStep, whyNone, type Level, type Metric, type Opened } from './question';

/** The level of the rows below what is open. */
function levelBelow(opened: Opened, flat: boolean): Level {
  if (opened.ad_set || opened.ad) return 'ad';
  if (opened.campaign) return 'ad_set';
  return opened.channel || flat ? 'campaign' : 'channel';
}

const nameOf = (words: ChannelTexts, level: Level, row: TreeRow) => row.name || row.id || words.untold[level];
/** The order of the rows: by a figure as the server sorts, by another column here. */
function useOrder(metric: Metric): { key: string; down: boolean } {
  const { params } = useUrl();
  const asked = params.get('sort');
  if (asked) return { key: asked.replace(/^-/, ''), down: asked.startsWith('-') };
  return { key: isFigure(metric) ? metric : 'spend', down: true };
}

/** What a row is called in the address. */
const keyOf = (level: Level, row: TreeRow) => (level === 'channel' || level === 'campaign' ? row.id : String(row.key));

export function Drill({ scope, metric }: { scope: Scope; metric: Metric }) {
  const { lang } = useApp();
  const words = CHANNELS[lang];
  const { opened, flat } = useOpened();
  const trail = LEVELS.filter((level) => opened[level]);
  // One row each: what is open, with its name and its figures.
  const heads = useQueries<ChannelTree>(trail.length ? trail.map((level) => address(TREE, { level, channel: opened.channel, campaign: level === 'channel' ? undefined : opened.campaign, ad_set: level === 'ad_set' || level === 'ad' ? opened.ad_set : undefined, ad: level === 'ad' ? opened.ad : undefined, limit: 1, ...comparedSpan(scope) })) : null);
  const level = levelBelow(opened, flat);
  return (
    <Panel
      testid="drill" title={words.drill} hint={words.drillWhat}
      actions={!trail.length && <Segmented<Level> label={words.drill} value={level} options={(['channel', 'campaign'] as const).map((one) => ({ value: one, label: words.levels[one] }))} onChange={(one) => openIn(one === 'campaign' ? { level: 'campaign' } : {}, false)} />}
    >
      {trail.length > 0 && <Trail trail={trail} opened={opened} heads={heads.stale ? undefined : heads.data} />}
      {trail.length > 0 && (heads.error ? <Problem error={heads.error} retry={heads.retry} /> : (
        <Async query={heads} height={60}>{(data) => <Head level={trail.at(-1) ?? 'channel'} tree={data.at(-1)} />}</Async>
      ))}
      {trail.length > 0 && !heads.error && <History opened={opened} scope={scope} metric={metric} tree={heads.data?.at(-1)} />}
      {!heads.error && <Rows level={level} opened={opened} scope={scope} metric={metric} />}
    </Panel>
  );
}

/** All channels › channel › campaign › group › ad; each a link. */
function Trail({ trail, opened, heads }: { trail: Level[]; opened: Opened; heads: ChannelTree[] | undefined }) {
  const { lang } = useApp();
  const words = CHANNELS[lang];
  const { href } = useUrl();
  const upTo = (last: Level | null) => hrefWith(href, { level: null, ...Object.fromEntries(LEVELS.map((level) => [level, last !== null && LEVELS.indexOf(level) <= LEVELS.indexOf(last) ? (opened[level] ?? null) : null])) });
  return (
    <nav className="trail" aria-label={words.where} data-testid="trail">
      <Link href={upTo(null)}>{words.all}</Link>
      {trail.map((level, at) => {
        const row = heads?.[at]?.rows[0];
        const name = row ? nameOf(words, level, row) : (level === 'ad_set' || level === 'ad' ? '…' : opened[level]);
        return <span key={level}><span className="faint" aria-hidden="true">›</span> <Link href={upTo(level)} aria-current={at === trail.length - 1 ? 'page' : undefined} data-testid={`trail-${level}`}>{level === 'channel' && <Dot color={channelColor(opened.channel ?? '')} />}{name}</Link></span>;
      })}
    </nav>
  );
}

export function Status({ status, words }: { status: string | null; words: ChannelTexts }) {
  const state = stateOf(status);
  if (!status) return <span className="faint">–</span>;
  return <span className={`badge ${state === 'active' ? 'good' : state === 'gone' ? 'failed' : ''}`} title={status} data-state={state}>{state ? words.states[state] : status.toLowerCase()}</span>;
}

const SHOWN: readonly FigureName[] = ['spend', 'revenue', 'roas', 'conversions', 'cpa', 'clicks', 'ctr', 'cpc', 'impressions'];

function Head({ level, tree }: { level: Level; tree: ChannelTree | undefined }) {
  const { t, lang } = useApp();
  const words = CHANNELS[lang];
  const fmt = useFormatOf(tree?.currency);
  const row = tree?.rows[0];
  if (!row) return <Empty title={t.noneInRange} />;
  const one = (name: string, what: string | undefined, content: React.ReactNode, key: string = name) => <div key={key}><dt title={what}>{name}</dt><dd data-fact={key}>{content}</dd></div>;
  return (
    <dl className="person-facts" data-testid="drill-head" data-key={row.id} data-spend={row.spend ?? ''}>
      {level !== 'channel' && row.status !== null && one(words.status, words.statusWhat, <Status status={row.status} words={words} />)}
      {level !== 'channel' && one(words.channel, undefined, <><Dot color={channelColor(row.channel)} />{row.channel}</>)}
      {one(words.firstDay, words.daysWhat, fmt.day(row.first_day))}
      {one(words.lastDay, words.daysWhat, fmt.day(row.last_day))}
      {level === 'campaign' && <div><dt>&nbsp;</dt><dd><Link href={hrefOf('/channels/campaigns', { campaign: row.id })} data-testid="campaign-card">{words.card}</Link></dd></div>}
      {SHOWN.filter((name) => row[name] !== null).map((name) => one(words.figures[name].name, words.figures[name].what, <><span title={figureText(name, fmt).exact(row[name])}>{figureText(name, fmt).cell(row[name])}</span>{row.before && <Change share={changeOf(row[name], row.before[name])} goodWhenUp={goodWhenMore(name)} before={t.was(figureText(name, fmt).exact(row.before[name]))} />}</>, name))}
    </dl>
  );
}

/** The days of what is open: spend, and one metric beside it. */
function History({ opened, scope, metric, tree }: { opened: Opened; scope: Scope; metric: Metric; tree: ChannelTree | undefined }) {
  const { lang } = useApp();
  const words = CHANNELS[lang];
  const row = tree?.rows[0];
  const days = scope.days ?? (row ? { from: row.first_day, to: row.last_day } : null);
  const step = useStep(days);
  const answer = useQuery<ChannelSeries>(row ? address(SERIES, { by: 'none', step, channel: opened.channel, campaign: opened.campaign, ad_set: opened.ad_set, ad: opened.ad, ...spanOf(scope) }) : null);
  if (tree && !row) return null;
  return <Async query={answer} height={300}>{(data) => <HistoryChart data={data} step={step} metric={metric} words={words} />}</Async>;
}

function HistoryChart({ data, step, metric, words }: { data: ChannelSeries; step: ReturnType<typeof useStep>; metric: Metric; words: ChannelTexts }) {
  const { t, session } = useApp();
  const fmt = useFormatOf(data.currency);
  const label = useMemo(() => periodText(step, fmt, t), [step, fmt, t]);
  const names = useMemo((): FigureName[] => {
    const known = knownFigures(data.points);
    const second = [...(isFigure(metric) && metric !== 'spend' ? [metric] : []), 'revenue' as const, 'clicks' as const, 'impressions' as const].find((name) => known.includes(name));
    return [...(known.includes('spend') ? ['spend' as const] : []), ...(second ? [second] : [])];
  }, [data, metric]);
  const periods = useMemo(() => (data.points.length ? periodsOf(data.points[0]?.date ?? '', data.points.at(-1)?.date ?? '', step) : []), [data, step]);
  const series = useMemo(() => {
    const at = new Map(data.points.map((point) => [point.date, point]));
    return names.map((name, index): TimeSeries => ({ name: words.figures[name].name, kind: index === 0 && chartKind(name).kind === 'bar' ? 'bar' : 'line', token: index ? '--series-2' : '--series-1', values: periods.map((date) => at.get(date)?.[name] ?? null), ...figureText(name, fmt) }));
  }, [data, names, periods, words, fmt]);
  const labels = useMemo(() => periods.map(label.short), [periods, label]);
  const titles = useMemo(() => periods.map(label.long), [periods, label]);
  const last = periods.at(-1);
  if (!series.length) return null;
  const columns: Column<ChannelPoint>[] = [
    { key: 'date', title: t.period, value: (row) => row.date, show: (row) => label.long(row.date) },
    ...knownFigures(data.points).map((name): Column<ChannelPoint> => ({ key: name, title: words.figures[name].name, hint: words.figures[name].what, numeric: true, unit: unitOf(name), value: (row) => figureCell(name, row[name], fmt.minorPerUnit), show: (row) => figureText(name, fmt).cell(row[name]) })),
  ];
  return (
    <ChartPanel
      testid="history" title={words.history} legend={series.map((one) => ({ name: one.name, color: `var(${one.token})` }))}
      chart={<TimeChart labels={labels} titles={titles} series={series} partial={!!last && periodEnd(last, step) >= session.today} previousName={t.previousPeriod} partialName={t.unfinished} label={words.history} height={220} />}
      table={<Table name="history" testid="history-table" caption={words.history} columns={columns} rows={data.points} rowKey={(row) => row.date} sort={{ key: 'date', down: true }} />}
    />
  );
}

function figureColumn(name: FigureName, words: ChannelTexts, fmt: Format, most: number): Column<TreeRow> {
  const text = figureText(name, fmt);
  return {
    key: name, title: words.figures[name].name, hint: words.figures[name].what, numeric: true, unit: unitOf(name), value: (row) => figureCell(name, row[name], fmt.minorPerUnit),
    show: (row) => (row[name] === null ? <span className="faint" title={whyNone(words, name)}>–</span> : <span title={text.exact(row[name])}>{text.cell(row[name])}</span>),
    ...(name === 'spend' && most > 0 ? { bar: (row: TreeRow) => (row.spend ?? 0) / most } : {}),
  };
}

function Rows({ level, opened, scope, metric }: { level: Level; opened: Opened; scope: Scope; metric: Metric }) {
  const { t, lang } = useApp();
  const words = CHANNELS[lang];
  const order = useOrder(metric);
  const figure = FIGURES.find((name) => name === order.key);
  const pages = usePages<ChannelTree>(address(TREE, { level, channel: opened.channel, campaign: level === 'channel' ? undefined : opened.campaign, ad_set: level === 'ad' ? opened.ad_set : undefined, sort: figure ? `${order.down ? '-' : ''}${figure}` : '-spend', limit: MOST_ROWS, ...comparedSpan(scope) }));
  const fmt = useFormatOf(pages.first.data?.currency);
  const open = (row: TreeRow) => openIn({ ...opened, [level]: keyOf(level, row) }, false);
  return (
    <Async query={pages.first} height={320}>
      {(data) => {
        const loaded = [data, ...pages.more].flatMap((page) => page.rows);
        if (!loaded.length) return <Empty title={t.noneInRange}><p>{words.noSplit}</p></Empty>;
        const most = Math.max(0, ...loaded.map((row) => row.spend ?? 0));
        const known = knownFigures([data.total]);
        const compared = data.total.before !== null;
        const change: FigureName = isFigure(metric) ? metric : 'spend';
        const columns: Column<TreeRow>[] = [
          { key: 'name', title: words.one[level], value: (row) => nameOf(words, level, row), show: (row) => <>{level === 'channel' && <Dot color={channelColor(row.id)} />}<span title={level === 'channel' ? undefined : `${row.id}\n${words.nameNow}`}>{nameOf(words, level, row)}</span></> },
          ...(level === 'campaign' && !opened.channel ? [{ key: 'channel', title: words.channel, value: (row: TreeRow) => row.channel, show: (row: TreeRow) => <><Dot color={channelColor(row.channel)} />{row.channel}</> }] : []),
          ...(loaded.some((row) => row.status !== null) ? [{ key: 'status', title: words.status, hint: words.statusWhat, value: (row: TreeRow) => row.status, show: (row: TreeRow) => <Status status={row.status} words={words} /> }] : []),
          ...(['spend', 'revenue'] as const).filter((name) => known.includes(name)).map((name) => figureColumn(name, words, fmt, most)),
          ...(compared ? [{ key: 'change', title: words.changeOf(words.figures[change].name), numeric: true, unit: 'share' as const, value: (row: TreeRow) => changeOf(row[change], row.before?.[change]), show: (row: TreeRow) => <Change share={changeOf(row[change], row.before?.[change])} goodWhenUp={goodWhenMore(change)} before={t.was(figureText(change, fmt).exact(row.before?.[change]))} /> }] : []),
          ...known.filter((name) => name !== 'spend' && name !== 'revenue').map((name) => figureColumn(name, words, fmt, 0)),
          { key: 'first_day', title: words.firstDay, hint: words.daysWhat, value: (row) => row.first_day, show: (row) => fmt.day(row.first_day) },
          { key: 'last_day', title: words.lastDay, hint: words.daysWhat, value: (row) => row.last_day, show: (row) => fmt.day(row.last_day) },
        ];
        const column = figure ? undefined : columns.find((one) => one.key === order.key);
        const rows = column ? [...loaded].sort((a, b) => compare(column.value(a), column.value(b)) * (order.down ? -1 : 1)) : loaded;
        return (
          <>
            <h3 className="panel-sub">{words.levels[level]} · {fmt.exact(rows.length)}{pages.hasNext ? '+' : ''}</h3>
            <Table
              key={`${level} ${opened.channel} ${opened.campaign} ${opened.ad_set}`} name={words.levels[level].toLowerCase()} testid="drill-table" rowTestid="drill-row" caption={words.levels[level]} columns={columns} rows={rows} rowKey={(row) => keyOf(level, row)} sorting={{ by: order, keys: columns.map((one) => one.key).filter((key) => !pages.hasNext || known.includes(key as FigureName)), onSort: (next) => patch({ sort: `${next.down ? '-' : ''}${next.key}` }) }} searchable={rows.length > 8}
              rowLabel={(row) => words.open(nameOf(words, level, row))} selected={(row) => level === 'ad' && opened.ad === keyOf('ad', row)} onRow={open}
              total={{ name: t.total, ...Object.fromEntries(known.map((name) => [name, figureText(name, fmt).cell(data.total[name])])) }}
              foot={pages.hasNext ? words.loaded(fmt.exact(rows.length)) : undefined}
            />
            {pages.error && <Problem error={pages.error} retry={pages.loadNext} />}
            {pages.hasNext && <Button onClick={pages.loadNext} data-testid="drill-more">{t.more}</Button>}
          </>
        );
      }}
    </Async>
  );
}
