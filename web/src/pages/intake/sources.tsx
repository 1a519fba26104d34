import { useState } from 'react';
import { send } from '../../api/client';
import type { Live, NewKey, Source, Sources } from '../../api/types';
import { Table, type Column } from '../../components/table';
import { Async, Button, Code, Dialog, Empty, Panel, Problem } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { refresh, useQuery } from '../../hooks/useQuery';
import { hrefOf, patch, useUrl, visit } from '../../hooks/useUrl';
import { snippet, SNIPPETS } from '../../lib/snippets';

const SOURCES = '/api/v1/sources';
const PLACEHOLDER = 'WRITE_KEY';

export function SourcesTab() {
  const { t, session } = useApp();
  const sources = useQuery<Sources>(SOURCES, 5000);
  const [made, setMade] = useState<NewKey | null>(null);
  const [asking, setAsking] = useState<Source | null>(null);
  const [name, setName] = useState('');
  const action = useAction();
  const admin = session.role === 'admin';

  const create = () => action.run(async () => {
    const key = await send<NewKey>('POST', SOURCES, { name: name.trim() || t.firstSource });
    setMade(key);
    setName('');
    refresh(SOURCES);
  });
  const rekey = (source: Source) => action.run(async () => {
    setMade({ name: source.name, ...(await send<NewKey>('POST', `${SOURCES}/${source.id}/key`)) });
    setAsking(null);
    refresh(SOURCES);
  });
  const enable = (source: Source) => action.run(async () => {
    await send<Source>('PATCH', `${SOURCES}/${source.id}`, { enabled: !source.enabled });
    refresh(SOURCES);
  });

  return (
    <>
      <Panel title={t.tabs.sources} hint={t.sourcesWhat} testid="sources">
        {admin && (
          <form
            className="row"
            onSubmit={(event) => {
              event.preventDefault();
              void create();
            }}
          >
            <input className="input" value={name} placeholder={t.sourceName} aria-label={t.sourceName} data-testid="source-name" onChange={(event) => setName(event.target.value)} />
            <Button kind="main" icon="plus" type="submit" disabled={action.busy} data-testid="source-create">{t.newSource}</Button>
          </form>
        )}
        {action.error && <Problem error={action.error} />}
        {made && (
          <div className="new-key" role="status" data-testid="new-key">
            <p><b>{t.keyOf(made.name ?? '')}</b> {t.keyOnce}</p>
            <Code text={made.write_key} testid="write-key" />
          </div>
        )}
        <Async query={sources} height={160}>
          {(data) => <SourceTable rows={data.sources} admin={admin} onEnable={(source) => void enable(source)} onRekey={setAsking} />}
        </Async>
      </Panel>
      <Snippets key={made?.write_key} write={made?.write_key ?? null} source={sources.data?.sources.find((one) => one.id === made?.id)} onMake={admin && !action.busy ? () => void create() : undefined} />
      {asking && (
        <Dialog title={t.newKeyTitle(asking.name)} onClose={() => setAsking(null)}>
          <p>{t.newKeyWarning(asking.key_prefix)}</p>
          {action.error && <Problem error={action.error} />}
          <div className="row end">
            <Button onClick={() => setAsking(null)}>{t.cancel}</Button>
            <Button kind="danger" disabled={action.busy} data-testid="rekey-confirm" onClick={() => void rekey(asking)}>{t.makeNewKey}</Button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function SourceTable({ rows, admin, onEnable, onRekey }: { rows: Source[]; admin: boolean; onEnable: (source: Source) => void; onRekey: (source: Source) => void }) {
  const { t, fmt } = useApp();
  const [now] = useState(() => Date.now());
  const columns: Column<Source>[] = [
    { key: 'name', title: t.name, value: (row) => row.name, show: (row) => <b>{row.name}</b> },
    { key: 'state', title: t.state, value: (row) => (row.enabled ? t.on : t.off), show: (row) => <span className={row.enabled ? 'badge good' : 'badge'}>{row.enabled ? t.on : t.off}</span> },
    { key: 'key', title: t.writeKey, value: (row) => row.key_prefix, show: (row) => <span className="mono">{row.key_prefix}…</span> },
    { key: 'events', title: t.metrics.events.name, numeric: true, value: (row) => row.events, show: (row) => fmt.exact(row.events) },
    { key: 'last', title: t.lastEvent, value: (row) => row.last_at, show: (row) => (row.last_at ? <span title={fmt.instant(row.last_at)}>{fmt.ago(row.last_at, now)}</span> : <span className="faint">{t.never}</span>) },
    { key: 'created', title: t.created, value: (row) => row.created_at, show: (row) => fmt.instantDay(row.created_at) },
    ...(admin ? [{ key: 'do', title: t.actions, value: () => null, show: (row: Source) => <span className="row"><Button kind="quiet" data-testid="source-key" onClick={() => onRekey(row)}>{t.makeNewKey}</Button><Button kind="quiet" data-testid="source-enable" onClick={() => onEnable(row)}>{row.enabled ? t.disable : t.enable}</Button></span> }] : []),
  ];
  return <Table name="sources" testid="sources-table" rowTestid="source-row" caption={t.tabs.sources} columns={columns} rows={rows} rowKey={(row) => String(row.id)} empty={<Empty title={t.noSources}><p>{t.noSourcesWhat}</p></Empty>} />;
}

function Snippets({ write, source, onMake }: { write: string | null; source: Source | undefined; onMake: (() => void) | undefined }) {
  const { t } = useApp();
  const { params } = useUrl();
  const name = SNIPPETS.find((one) => one === params.get('sdk')) ?? 'curl';
  return (
    <Panel title={t.sendFirst} hint={t.sendFirstWhat} testid="snippets">
      <div className="tabs inner" role="group" aria-label={t.sendFirst}>
        {SNIPPETS.map((one) => <button key={one} type="button" aria-pressed={one === name} data-testid={`snippet-${one}`} onClick={() => patch({ sdk: one }, true)}>{t.snippets[one]}</button>)}
      </div>
      <Code text={snippet(name, location.origin, write ?? PLACEHOLDER)} testid="snippet" />
      {!write && (
        <div className="row">
          <span className="faint">{t.placeholderKey}</span>
          {onMake && <Button onClick={onMake} data-testid="make-key">{t.makeKey}</Button>}
        </div>
      )}
      <FirstEvent source={source} />
    </Panel>
  );
}

/** "Waiting" until the first event after now arrives; then green. */
function FirstEvent({ source }: { source: Source | undefined }) {
  const { t, fmt } = useApp();
  const [since] = useState(() => Date.now());
  const live = useQuery<Live>('/api/v1/live?limit=10', 1000);
  const last = live.data?.items.findLast((item) => (source === undefined || item.source === source.name) && Date.parse(item.received_at) >= since - 2000);
  return (
    <div className={`waiting ${last ? (last.state === 'rejected' ? 'refused' : 'arrived') : ''}`} role="status" data-testid="first-event" data-arrived={last ? 'true' : 'false'}>
      <i aria-hidden="true" />
      {last ? <span><b>{last.state === 'rejected' ? t.arrivedRejected(last.reason ?? '') : t.arrived(last.event ?? last.type)}</b> {fmt.clock(last.received_at)}</span> : <span>{t.waiting}</span>}
      {last && <Button kind="quiet" onClick={() => visit(hrefOf('/data/live'))}>{t.tabs.live}</Button>}
    </div>
  );
}
