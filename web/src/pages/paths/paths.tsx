/* Paths: what people do after an event, or did before it, step by step. */
import { useMemo } from 'react';
import { address } from '../../api/client';
import type { Names, PathNode, Paths } from '../../api/types';
import { FlowChart, type FlowLink, type FlowNode } from '../../charts/flow-chart';
import { ChartPanel } from '../../components/chart-panel';
import { Combobox } from '../../components/combobox';
import { Table, type Column } from '../../components/table';
import { Async, Dot, Empty, Link, Panel, Segmented, Select } from '../../components/ui';
import { useApp, useScope, type App, type Scope } from '../../hooks/useApp';
import { useQuery } from '../../hooks/useQuery';
import { hrefWith, patch, useUrl } from '../../hooks/useUrl';
import { seriesToken } from '../../lib/color';
import { lengthMs } from '../../lib/intervals';
import { PATHS } from '../../lib/texts/paths';
import { PageHead, Welcome } from '../shell';
import { PathPeople } from './people';
import { nodeName, stopOf } from './stops';

const USUAL = 'Page Viewed';
const DIRECTIONS = ['from', 'to'] as const;
const DEPTHS = ['1', '2', '3', '4', '5', '6', '7', '8'] as const;
const WINDOWS = ['session', '30m', '1h', '1d', '7d', '30d', 'none'] as const;
const OCCURRENCES = ['all', 'first'] as const;
const REPEATS = ['false', 'true'] as const;
const LIMITS = ['3', '5', '8', '10', '15', '20', '30', '50'] as const;

interface Question {
  anchor: string;
  direction: (typeof DIRECTIONS)[number];
  depth: (typeof DEPTHS)[number];
  window: (typeof WINDOWS)[number];
  occurrences: (typeof OCCURRENCES)[number];
  collapse: (typeof REPEATS)[number];
  limit: (typeof LIMITS)[number];
}

function useQuestion(names: Names): Question {
  const { params } = useUrl();
  return useMemo(() => {
    const one = <T extends string>(name: string, all: readonly T[], usual: T): T => all.find((value) => value === params.get(name)) ?? usual;
    return {
      anchor: params.get('anchor') ?? (names.names.find((event) => event.name === USUAL) ?? names.names[0])?.name ?? '',
      direction: one('direction', DIRECTIONS, 'from'),
      depth: one('depth', DEPTHS, '4'),
      window: one('window', WINDOWS, 'session'),
      occurrences: one('occurrences', OCCURRENCES, 'all'),
      collapse: one('collapse', REPEATS, 'false'),
      limit: one('limit', LIMITS, '5'),
    };
  }, [params, names]);
}

export function PathsPage() {
  const { t, session } = useApp();
  const scope = useScope();
  const names = useQuery<Names>('/api/v1/names');
  return (
    <>
      <PageHead title={t.pages.paths} scope={scope} compare={false} />
      {session.events === 0 ? <Welcome /> : <Async query={names} height={480}>{(data) => <Report names={data} scope={scope} />}</Async>}
    </>
  );
}

function Report({ names, scope }: { names: Names; scope: Scope }) {
  const question = useQuestion(names);
  const { params } = useUrl();
  const people = params.getAll('people');
  const report = useQuery<Paths>(question.anchor ? address('/api/v1/paths', { ...question, ...scope.query }) : null);
  return (
    <>
      <Controls names={names} question={question} />
      <Async query={report} height={480}>{(data) => <Result data={data} />}</Async>
      {people.length > 0 && <PathPeople people={people} asked={{ ...question, ...scope.query }} paths={report.stale ? undefined : report.data} />}
    </>
  );
}

function Controls({ names, question }: { names: Names; question: Question }) {
  const { fmt, lang } = useApp();
  const words = PATHS[lang];
  const events = names.names.map((one) => ({ value: one.name, label: one.name, note: fmt.short(one.events) }));
  const windowName = (window: Question['window']) => (window === 'session' ? words.session : window === 'none' ? words.noWindow : fmt.duration(lengthMs(window) ?? 0));
  const plain = <T extends string>(all: readonly T[]) => all.map((one) => ({ value: one, label: one }));
  return (
    <Panel title={words.how} hint={words.what} testid="paths-controls">
      <div className="fields">
        <div className="select"><span className="select-label">{words.direction}</span><Segmented label={words.direction} value={question.direction} options={DIRECTIONS.map((one) => ({ value: one, label: words.directions[one] }))} onChange={(direction) => patch({ direction })} /></div>
        <div className="select event-field"><span className="select-label">{words.anchor}</span><Combobox label={words.anchor} value={question.anchor} options={events} testid="paths-anchor" onChange={(anchor) => patch({ anchor })} /></div>
        <Select showLabel label={words.depth} value={question.depth} options={plain(DEPTHS)} onChange={(depth) => patch({ depth })} data-testid="paths-depth" />
        <Select showLabel label={words.window} value={question.window} options={WINDOWS.map((one) => ({ value: one, label: windowName(one) }))} onChange={(window) => patch({ window })} data-testid="paths-window" />
        <Select showLabel label={words.occurrences} value={question.occurrences} options={OCCURRENCES.map((one) => ({ value: one, label: words.occurrencesOf[one] }))} onChange={(occurrences) => patch({ occurrences })} data-testid="paths-occurrences" />
        <Select showLabel label={words.repeats} value={question.collapse} options={REPEATS.map((one) => ({ value: one, label: words.repeatsOf[one] }))} onChange={(collapse) => patch({ collapse })} data-testid="paths-collapse" />
        <Select showLabel label={words.limit} value={question.limit} options={plain(LIMITS)} onChange={(limit) => patch({ limit })} data-testid="paths-limit" />
      </div>
    </Panel>
  );
}

/** `people`: what the address says of its persons. */
interface NodeRow { id: string; level: number; node: PathNode; name: string; token: string; people: string[] }
interface LinkRow { id: string; level: number; from: NodeRow; to: NodeRow; count: number; persons: number; people: string[] }

const idOf = (level: number, place: number) => `${level}:${place}`;

/** Every event has one colour in all columns; the rest and the ends are grey. */
function rowsOf(app: App, data: Paths): { nodes: NodeRow[]; links: LinkRow[] } {
  const tokens = new Map<string, string>();
  const tokenOf = (node: PathNode) => {
    if (node.kind !== 'event') return node.kind === 'end' ? '--end' : '--c0';
    if (!tokens.has(node.name)) tokens.set(node.name, seriesToken(tokens.size));
    return tokens.get(node.name) ?? '--c0';
  };
  const nodes = data.levels.flatMap((level, at) => level.nodes.map((node, place) => ({ id: idOf(at, place), level: at, node, name: nodeName(app.lang, stopOf(node), data.direction), token: tokenOf(node), people: [String(at), stopOf(node)] })));
  const byId = new Map(nodes.map((row) => [row.id, row]));
  const links = data.links.flatMap((link) => {
    const from = byId.get(idOf(link.level, link.from));
    const to = byId.get(idOf(link.level + 1, link.to));
    return from && to ? [{ id: `${from.id}-${to.id}`, level: link.level, from, to, count: link.count, persons: link.persons, people: [...from.people, stopOf(to.node)] }] : [];
  });
  return { nodes, links };
}

const lookFrom = (row: NodeRow | undefined) => row?.node.kind === 'event' && patch({ anchor: row.node.name });

function Result({ data }: { data: Paths }) {
  const app = useApp();
  const { t, fmt, lang } = app;
  const words = PATHS[lang];
  const { nodes, links } = useMemo(() => rowsOf(app, data), [app, data]);
  const title = words.title[data.direction](data.anchor);
  if (!data.paths) return <Panel title={title} testid="paths"><Empty title={t.noneInRange}><p>{words.nobody(data.anchor)}</p></Empty></Panel>;
  return (
    <ChartPanel
      testid="paths"
      title={title}
      hint={`${words.hint} ${words.keys}`}
      note={<span data-testid="paths-total" data-paths={data.paths} data-persons={data.persons}>{words.count(data.paths, fmt.exact(data.paths))} · {t.personsCount(data.persons, fmt.exact(data.persons))}</span>}
      chart={<><Flow data={data} nodes={nodes} links={links} title={title} /><p className="table-foot">{words.hint}</p></>}
      table={<Tables data={data} nodes={nodes} links={links} />}
    />
  );
}

function Flow({ data, nodes, links, title }: { data: Paths; nodes: NodeRow[]; links: LinkRow[]; title: string }) {
  const { t, fmt, lang } = useApp();
  const words = PATHS[lang];
  const backwards = data.direction === 'to';
  const last = Math.max(...nodes.map((row) => row.level));
  const drawn = useMemo(() => nodes.map((row): FlowNode => ({ id: row.id, column: backwards ? last - row.level : row.level, name: row.name, value: fmt.short(row.node.paths), token: row.token })), [nodes, backwards, last, fmt]);
  const bands = useMemo(() => links.map((link): FlowLink => ({ id: link.id, source: backwards ? link.to.id : link.from.id, target: backwards ? link.from.id : link.to.id, value: link.count })), [links, backwards]);
  const share = (part: number, whole: number) => fmt.percent(whole ? part / whole : 0);
  const rowOf = (id: string) => nodes.find((one) => one.id === id);
  const linkOf = (id: string) => links.find((one) => one.id === id);
  const tip = (id: string) => {
    const row = rowOf(id);
    const link = linkOf(id);
    const rows = (paths: number, persons: number, of: { name: string; value: string }[]) => [{ name: words.paths, value: fmt.exact(paths) }, ...of, { name: words.share, value: share(paths, data.paths) }, { name: t.metrics.persons.name, value: fmt.exact(persons) }];
    if (row) return { title: row.name, rows: rows(row.node.paths, row.node.persons, []) };
    if (!link) return { title: '', rows: [] };
    const [before, next] = backwards ? [link.to, link.from] : [link.from, link.to];
    return { title: `${before.name} → ${next.name}`, rows: rows(link.count, link.persons, [{ name: link.from.name, value: share(link.count, link.from.node.paths) }]) };
  };
  const most = Math.max(...data.levels.map((level) => level.nodes.length));
  return <FlowChart nodes={drawn} links={bands} columns={last + 1} first={backwards ? 'right' : 'left'} height={Math.min(760, Math.max(360, most * 64))} label={title} tip={tip} onPick={(id) => patch({ people: (rowOf(id) ?? linkOf(id))?.people ?? null })} />;
}

function Tables({ data, nodes, links }: { data: Paths; nodes: NodeRow[]; links: LinkRow[] }) {
  const { t, fmt, lang } = useApp();
  const words = PATHS[lang];
  const { href: here } = useUrl();
  const persons = (row: { people: string[] }, count: number) => <Link href={hrefWith(here, { people: row.people })} className="people">{fmt.exact(count)}</Link>;
  const named = (row: NodeRow) => <><Dot color={`var(${row.token})`} />{row.name}</>;
  const nodeColumns: Column<NodeRow>[] = [
    { key: 'name', title: t.event, value: (row) => row.name, show: named },
    { key: 'level', title: words.step, numeric: true, value: (row) => row.level },
    { key: 'paths', title: words.paths, numeric: true, value: (row) => row.node.paths, show: (row) => fmt.exact(row.node.paths), bar: (row) => row.node.paths / data.paths },
    { key: 'share', title: words.share, hint: words.shareWhat, numeric: true, value: (row) => row.node.paths / data.paths, show: (row) => fmt.percentFixed(row.node.paths / data.paths, 2) },
    { key: 'persons', title: t.metrics.persons.name, numeric: true, value: (row) => row.node.persons, show: (row) => persons(row, row.node.persons) },
  ];
  const linkColumns: Column<LinkRow>[] = [
    { key: 'level', title: words.step, numeric: true, value: (row) => row.level + 1 },
    { key: 'from', title: data.direction === 'from' ? words.fromEvent : words.toEvent, value: (row) => row.from.name, show: (row) => named(row.from) },
    { key: 'to', title: data.direction === 'from' ? words.toEvent : words.fromEvent, value: (row) => row.to.name, show: (row) => named(row.to) },
    { key: 'count', title: words.paths, numeric: true, value: (row) => row.count, show: (row) => fmt.exact(row.count) },
    { key: 'share', title: words.shareFrom, hint: words.shareFromWhat, numeric: true, value: (row) => row.count / Math.max(1, row.from.node.paths), show: (row) => fmt.percentFixed(row.count / Math.max(1, row.from.node.paths), 2) },
    { key: 'persons', title: t.metrics.persons.name, numeric: true, value: (row) => row.persons, show: (row) => persons(row, row.persons) },
  ];
  return (
    <>
      <Table name="paths-events" testid="paths-table" rowTestid="paths-node" caption={words.steps} columns={nodeColumns} rows={nodes} rowKey={(row) => row.id} onRow={lookFrom} rowLabel={(row) => (row.node.kind === 'event' ? words.look(row.name) : row.name)} />
      <h3 className="panel-sub">{words.links}</h3>
      <Table name="paths-links" testid="paths-links" rowTestid="paths-link" caption={words.links} columns={linkColumns} rows={links} rowKey={(row) => row.id} />
    </>
  );
}
