/* Segments: parts of the persons that have a name. */
import { address } from '../../api/client';
import type { Segment, SegmentNow, Segments } from '../../api/types';
import { Table, type Column } from '../../components/table';
import { Async, Button, Empty, Link, Panel } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import { useQuery } from '../../hooks/useQuery';
import { hrefOf, patch, useUrl } from '../../hooks/useUrl';
import { SEGMENTS } from '../../lib/texts/segments';
import { PageHead } from '../shell';
import { Editor } from './editor';

const LIST = '/api/v1/segments';
const NEW = 'new';

export function SegmentsPage() {
  const { t, session, lang } = useApp();
  const words = SEGMENTS[lang];
  const { params } = useUrl();
  const segments = useQuery<Segments>(LIST);
  const edited = params.get('edit');
  const admin = session.role === 'admin';
  const make = admin && <Button kind="main" icon="plus" data-testid="segment-new" onClick={() => patch({ edit: NEW })}>{words.make}</Button>;
  return (
    <>
      <PageHead title={t.pages.segments} />
      <Panel title={t.pages.segments} hint={words.what} actions={make} testid="segments">
        <Async query={segments} height={320}>{(data) => <List segments={data.segments} />}</Async>
      </Panel>
      {admin && edited === NEW && <Editor saved={null} onClose={() => patch({ edit: null })} />}
      {admin && edited && edited !== NEW && <Saved key={edited} id={edited} />}
    </>
  );
}

function Saved({ id }: { id: string }) {
  const one = useQuery<SegmentNow>(`${LIST}/${encodeURIComponent(id)}`);
  return one.data ? <Editor saved={one.data} onClose={() => patch({ edit: null })} /> : <Async query={one} height={0}>{() => null}</Async>;
}

function List({ segments }: { segments: Segment[] }) {
  const { t, fmt, session, lang } = useApp();
  const words = SEGMENTS[lang];
  const columns: Column<Segment>[] = [
    { key: 'name', title: words.named, value: (row) => row.name, show: (row) => <span className="clip" title={row.name}>{row.name}</span> },
    { key: 'kind', title: t.kind, value: (row) => words.kinds[row.kind], show: (row) => <span title={words.kindsWhat[row.kind]}>{words.kinds[row.kind]}</span> },
    { key: 'size', title: words.size, numeric: true, value: () => null, show: (row) => <Size id={row.id} /> },
    { key: 'changed', title: words.changed, value: (row) => row.changed_at, show: (row) => fmt.instant(row.changed_at) },
    { key: 'use', title: words.reports, value: () => null, show: (row) => <Link href={hrefOf('/', { segment: String(row.id) })} data-testid="segment-use">{words.use}</Link> },
  ];
  return (
    <Table
      name="segments" testid="segments-table" rowTestid="segment-row" caption={t.pages.segments} columns={columns} rows={segments} rowKey={(row) => String(row.id)}
      {...(session.role === 'admin' ? { onRow: (row: Segment) => patch({ edit: String(row.id) }), rowLabel: (row: Segment) => `${words.edit}: ${row.name}` } : {})}
      empty={<Empty title={words.none}><p>{words.noneWhat}</p></Empty>}
    />
  );
}

/** Counted one by one: the list does not wait for it. */
function Size({ id }: { id: number }) {
  const { fmt } = useApp();
  const { data } = useQuery<SegmentNow>(`${LIST}/${id}`);
  return <Link className="people" href={address('/persons', { segment: id })} data-testid="segment-size" data-value={data?.persons}>{data ? fmt.exact(data.persons) : '…'}</Link>;
}
