/* What campaigns cost against what they return. */
import { address } from '../../api/client';
import type { ChannelTree, TreeRow } from '../../api/types';
import { ScatterChart, type Point } from '../../charts/scatter-chart';
import { ChartPanel } from '../../components/chart-panel';
import { Table, type Column } from '../../components/table';
import { Async, Dot, Empty } from '../../components/ui';
import { useApp, useFormatOf, type Scope } from '../../hooks/useApp';
import { useQuery } from '../../hooks/useQuery';
import { channelColor } from '../../lib/color';
import { figureCell, figureText, type FigureName } from '../../lib/figures';
import { CHANNELS } from '../../lib/texts/channels';
import { openIn, spanOf, TREE } from './question';

const MOST = 500;
const COLUMNS: readonly FigureName[] = ['spend', 'revenue', 'roas'];

export function Scatter({ scope }: { scope: Scope }) {
  const campaigns = useQuery<ChannelTree>(address(TREE, { level: 'campaign', limit: MOST, ...spanOf(scope) }));
  return <Async query={campaigns} height={374}>{(data) => <Points data={data} />}</Async>;
}

function Points({ data }: { data: ChannelTree }) {
  const { lang } = useApp();
  const words = CHANNELS[lang];
  const fmt = useFormatOf(data.currency);
  const rows = data.rows.filter((row) => row.spend !== null && row.revenue !== null);
  const of = new Map(rows.map((row) => [row.id, row]));
  const points = rows.map((row): Point => ({ key: row.id, name: row.name ?? row.id, color: channelColor(row.channel), x: row.spend ?? 0, y: row.revenue ?? 0 }));
  const tip = (point: Point) => {
    const row = of.get(point.key);
    return { title: point.name, rows: row ? [{ name: words.channel, value: row.channel }, ...COLUMNS.map((name) => ({ name: words.figures[name].name, value: figureText(name, fmt).exact(row[name]) }))] : [] };
  };
  const columns: Column<TreeRow>[] = [
    { key: 'campaign', title: words.one.campaign, value: (row) => row.name ?? row.id },
    { key: 'channel', title: words.channel, value: (row) => row.channel, show: (row) => <><Dot color={channelColor(row.channel)} />{row.channel}</> },
    ...COLUMNS.map((name): Column<TreeRow> => ({ key: name, title: words.figures[name].name, hint: words.figures[name].what, numeric: true, unit: name === 'roas' ? undefined : 'money', value: (row) => figureCell(name, row[name], fmt.minorPerUnit), show: (row) => figureText(name, fmt).cell(row[name]) })),
  ];
  const channels = [...new Set(rows.map((row) => row.channel))];
  return (
    <ChartPanel
      testid="scatter" title={words.scatter} hint={words.scatterWhat} note={data.next ? words.scatterFirst(data.rows.length) : undefined}
      legend={channels.map((name) => ({ name, color: channelColor(name) }))}
      chart={points.length ? <ScatterChart points={points} xName={words.figures.spend.name} yName={words.figures.revenue.name} line={{ slope: 1, name: words.breakEven }} tick={fmt.moneyShort} label={words.scatter} tip={tip} onPick={(point) => openIn({ campaign: point.key })} /> : <Empty title={words.noScatter} />}
      table={<Table name="campaigns-spend-return" testid="scatter-table" caption={words.scatter} columns={columns} rows={rows} rowKey={(row) => row.id} sort={{ key: 'spend', down: true }} rowLabel={(row) => words.open(row.name ?? row.id)} onRow={(row) => openIn({ campaign: row.id })} />}
    />
  );
}
