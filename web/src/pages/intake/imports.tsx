import { useEffect, useRef, useState } from 'react';
import { address, get, send, upload } from '../../api/client';
import type { Contract, Contracts, Import, ImportKind, Imports } from '../../api/types';
import { Table, type Column } from '../../components/table';
import { Async, Button, Dialog, Empty, Link, Panel, Problem, Progress, Select } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { refresh, useQuery } from '../../hooks/useQuery';
import { hrefOf, patch, useUrl } from '../../hooks/useUrl';
import { importKind } from '../../lib/csv';

const IMPORTS = '/api/v1/imports';
const HEADER_BYTES = 4096;
const busy = (one: Import) => one.state === 'waiting' || one.state === 'running';

interface Upload { id: number; file: File; kind: ImportKind | null; share: number; state: 'asking' | 'waiting' | 'sending' | 'failed'; error: string }

/** Files go one after another, contracts before events: then each contract finds its event in one pass. */
function useUploads() {
  const { t } = useApp();
  const [uploads, setUploads] = useState<Upload[]>([]);
  const next = useRef(1);
  const queue = useRef(Promise.resolve());
  const change = (id: number, part: Partial<Upload>) => setUploads((all) => all.map((one) => (one.id === id ? { ...one, ...part } : one)));

  const start = (id: number, file: File, kind: ImportKind) => {
    change(id, { kind, state: 'waiting', error: '' });
    queue.current = queue.current.then(async () => {
      change(id, { state: 'sending' });
      try {
        await upload<Import>(address(IMPORTS, { kind, name: file.name }), file, (share) => change(id, { share }));
        setUploads((all) => all.filter((one) => one.id !== id));
      } catch (problem) {
        change(id, { state: 'failed', error: (problem as Error).message || t.networkError });
      }
      refresh(IMPORTS);
    });
  };
  const add = async (files: readonly File[]) => {
    const read = await Promise.all(files.map(async (file) => ({ file, kind: importKind((await file.slice(0, HEADER_BYTES).text()).split(/\r?\n/)[0] ?? '') })));
    read.sort((a, b) => Number(a.kind === 'crm_events') - Number(b.kind === 'crm_events'));
    for (const { file, kind } of read) {
      const id = next.current++;
      setUploads((all) => [...all, { id, file, kind, share: 0, state: 'asking', error: '' }]);
      if (kind) start(id, file, kind);
    }
  };
  return { uploads, add, start, drop: (id: number) => setUploads((all) => all.filter((one) => one.id !== id)) };
}

export function ImportsTab() {
  const { t, session, fmt } = useApp();
  const { params } = useUrl();
  const { uploads, add, start, drop } = useUploads();
  const [running, setRunning] = useState(true);
  useEffect(() => {
    // What was read changes every number there is.
    if (!running) refresh();
  }, [running]);
  const imports = useQuery<Imports>(IMPORTS, running || uploads.length ? 1000 : 10_000);
  const active = imports.data?.imports.some(busy) ?? false;
  if (imports.data && active !== running) setRunning(active);
  const [over, setOver] = useState(false);
  const [undo, setUndo] = useState<Import | null>(null);
  const action = useAction();
  const picker = useRef<HTMLInputElement>(null);
  const admin = session.role === 'admin';

  return (
    <>
      {admin && (
        <Panel title={t.importTitle} hint={t.importWhat} testid="import">
          <div
            className={over ? 'dropzone over' : 'dropzone'}
            data-testid="drop"
            onDragOver={(event) => {
              event.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={(event) => {
              event.preventDefault();
              setOver(false);
              void add([...event.dataTransfer.files]);
            }}
          >
            <p>{t.dropHere}</p>
            <Button kind="main" icon="upload" onClick={() => picker.current?.click()}>{t.chooseFiles}</Button>
            <input ref={picker} type="file" accept=".csv,text/csv" multiple className="unseen" tabIndex={-1} aria-label={t.chooseFiles} data-testid="import-file" onChange={(event) => {
              void add([...(event.target.files ?? [])]);
              event.target.value = '';
            }} />
            <p className="faint">{t.dropKinds}</p>
          </div>
          <ul className="uploads">
            {uploads.map((one) => (
              <li key={one.id} data-testid="upload-row">
                <b>{one.file.name}</b> <span className="faint">{fmt.bytes(one.file.size)}</span>
                {one.state === 'asking' && !one.kind && (
                  <>
                    <span className="bad">{t.unknownKind}</span>
                    <Select<ImportKind | ''> label={t.kind} value="" options={[{ value: '', label: t.chooseKind }, { value: 'crm_events', label: t.kinds.crm_events }, { value: 'crm_contracts', label: t.kinds.crm_contracts }]} onChange={(kind) => kind && start(one.id, one.file, kind)} />
                  </>
                )}
                {(one.state === 'sending' || one.state === 'waiting') && <><Progress share={one.share} label={t.sending} /><span>{t.sending} {fmt.percent(one.share, 0)}</span></>}
                {one.state === 'failed' && <><span className="bad" role="alert">{one.error}</span>{one.kind && <Button onClick={() => one.kind && start(one.id, one.file, one.kind)}>{t.retry}</Button>}</>}
                {one.state !== 'sending' && <Button kind="quiet" icon="close" aria-label={t.cancel} onClick={() => drop(one.id)} />}
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <Panel title={t.tabs.imports} testid="imports" actions={<Button onClick={() => patch({ contracts: 'uncounted' })} data-testid="uncounted-open">{t.uncountedList}</Button>}>
        <Async query={imports} height={200}>{(data) => <ImportTable rows={data.imports} admin={admin} onUndo={setUndo} />}</Async>
      </Panel>
      {undo && (
        <Dialog title={t.undoTitle(undo.name)} onClose={() => setUndo(null)} testid="undo">
          <p>{t.undoWhat(undo.kept, fmt.exact(undo.kept))}</p>
          {action.error && <Problem error={action.error} />}
          <div className="row end">
            <Button onClick={() => setUndo(null)}>{t.cancel}</Button>
            <Button
              kind="danger" disabled={action.busy} data-testid="undo-confirm"
              onClick={() => void action.run(async () => {
                await send<Import>('DELETE', `${IMPORTS}/${undo.id}`);
                setUndo(null);
                refresh();
              })}
            >
              {t.undo}
            </Button>
          </div>
        </Dialog>
      )}
      {params.get('contracts') === 'uncounted' && <Uncounted />}
    </>
  );
}

function ImportTable({ rows, admin, onUndo }: { rows: Import[]; admin: boolean; onUndo: (one: Import) => void }) {
  const { t, fmt } = useApp();
  const count = (key: 'rows' | 'kept' | 'repeated', hint?: string): Column<Import> => ({ key, title: t.importColumns[key], ...(hint ? { hint } : {}), numeric: true, value: (row) => row[key], show: (row) => fmt.exact(row[key]), attributes: () => ({ 'data-testid': `import-${key}` }) });
  const columns: Column<Import>[] = [
    { key: 'name', title: t.file, value: (row) => row.name, show: (row) => <b>{row.name}</b> },
    { key: 'kind', title: t.kind, value: (row) => row.kind, show: (row) => t.kinds[row.kind] ?? row.kind },
    {
      key: 'state', title: t.state, value: (row) => t.importStates[row.state],
      show: (row) => busy(row)
        ? <span className="row"><Progress share={row.bytes_total ? row.bytes_done / row.bytes_total : 0} label={t.importStates[row.state]} />{fmt.percent(row.bytes_total ? row.bytes_done / row.bytes_total : 0, 0)}</span>
        : <span className={`badge ${row.state}`} data-testid="import-state" data-state={row.state} title={row.error ?? undefined}>{t.importStates[row.state]}{row.error ? `: ${row.error}` : ''}</span>,
    },
    count('rows'),
    count('kept', t.keptWhat),
    count('repeated', t.repeatedWhat),
    { key: 'rejected', title: t.importColumns.rejected, hint: t.rejectedWhat, numeric: true, value: (row) => row.rejected, show: (row) => (row.rejected ? <Link href={hrefOf('/data/rejects', { import: String(row.id) })}>{fmt.exact(row.rejected)}</Link> : '0'), attributes: () => ({ 'data-testid': 'import-rejected' }) },
    { key: 'uncounted', title: t.importColumns.uncounted, hint: t.uncountedWhat, numeric: true, value: (row) => row.uncounted, show: (row) => (row.uncounted ? <Link href={hrefOf('/data/imports', { contracts: 'uncounted' })}>{fmt.exact(row.uncounted)}</Link> : '0'), attributes: () => ({ 'data-testid': 'import-uncounted' }) },
    { key: 'at', title: t.finished, value: (row) => row.finished_at ?? row.started_at, show: (row) => (row.finished_at ? fmt.instant(row.finished_at) : '–') },
    ...(admin ? [{ key: 'do', title: t.actions, value: () => null, show: (row: Import) => (row.state === 'done' ? <Button kind="quiet" icon="undo" data-testid="import-undo" onClick={() => onUndo(row)}>{t.undo}</Button> : null) }] : []),
  ];
  return <Table name="imports" testid="imports-table" rowTestid="import-row" caption={t.tabs.imports} columns={columns} rows={rows} rowKey={(row) => String(row.id)} empty={<Empty title={t.noImports}><p>{t.noImportsWhat}</p></Empty>} />;
}

function Uncounted() {
  const { t, fmt } = useApp();
  const url = address('/api/v1/contracts', { counted: false, limit: 100 });
  const contracts = useQuery<Contracts>(url);
  const [more, setMore] = useState<{ rows: Contract[]; next: string | null } | null>(null);
  const next = more ? more.next : (contracts.data?.next ?? null);
  const columns: Column<Contract>[] = [
    { key: 'doc_id', title: t.contract, value: (row) => row.doc_id, show: (row) => <span className="mono">{row.doc_id}</span> },
    { key: 'client', title: t.client, value: (row) => row.client, show: (row) => <Link className="mono" href={hrefOf(`/persons/${encodeURIComponent(`c:${row.client.replace(/^c:/, '')}`)}`)}>{row.client}</Link> },
    { key: 'cost', title: t.cost, numeric: true, value: (row) => row.cost, show: (row) => fmt.exact(row.cost, 2) },
    { key: 'date', title: t.date, value: (row) => row.date, show: (row) => (row.date ? fmt.day(row.date) : '–') },
    { key: 'signed', title: t.signed, hint: t.signedWhat, value: (row) => row.signed, show: (row) => (row.signed ? t.yes : t.no) },
  ];
  return (
    <Dialog side title={t.uncountedList} onClose={() => patch({ contracts: null })} testid="uncounted">
      <Async query={contracts} height={320}>
        {(data) => (
          <>
            <p><b data-testid="uncounted-total">{fmt.exact(data.total)}</b> <span className="faint">· {t.uncountedWhat}</span></p>
            <Table name="contracts-uncounted" testid="uncounted-table" rowTestid="uncounted-row" caption={t.uncountedList} columns={columns} rows={[...data.contracts, ...(more?.rows ?? [])]} rowKey={(row) => row.doc_id} empty={<Empty title={t.nothingFound} />} />
            {next && <Button onClick={() => void get<Contracts>(`${url}&cursor=${encodeURIComponent(next)}`).then((page) => setMore({ rows: [...(more?.rows ?? []), ...page.contracts], next: page.next }))}>{t.more}</Button>}
          </>
        )}
      </Async>
    </Dialog>
  );
}
