/* Files of ad data: dropped, looked at, mapped, read in, taken back. */
import { useRef, useState } from 'react';
import { address, send, upload } from '../../api/client';
import type { AdImport, AdImports, AdPreview, AdRejects } from '../../api/types';
import { Table, type Column } from '../../components/table';
import { Async, Button, Empty, Link, Panel, Problem, Progress } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import { usePages } from '../../hooks/usePages';
import { load, refresh, useQuery } from '../../hooks/useQuery';
import { hrefOf, patch, useUrl } from '../../hooks/useUrl';
import { Mapping } from './import-mapping';
import { refreshAfter, Sure, useFollowed, useWords } from './parts';

const IMPORTS = '/api/v1/ad-imports';
const LIST = address(IMPORTS, { limit: 50 });
const works = (one: AdImport) => one.state === 'waiting' || one.state === 'running' || one.state === 'undoing';
const shareOf = (one: AdImport) => (one.bytes_total ? one.bytes_done / one.bytes_total : 0);
const STATE_CLASS: Record<AdImport['state'], string> = { new: 'open', waiting: '', running: '', done: 'done', failed: 'failed', undoing: '', undone: '' };

export function ImportTab() {
  const { session } = useApp();
  const { params } = useUrl();
  const id = params.get('import');
  const admin = session.role === 'admin';
  return (
    <>
      {id && /^\d+$/.test(id) ? <One key={id} id={id} admin={admin} /> : admin && <Drop />}
      <List admin={admin} chosen={id} />
    </>
  );
}

const STEPS = ['file', 'columns', 'reading', 'result'] as const;

function Steps({ at }: { at: (typeof STEPS)[number] }) {
  const words = useWords();
  return (
    <ol className="wizard" aria-label={words.steps}>
      {STEPS.map((step, index) => <li key={step} aria-current={step === at ? 'step' : undefined} className={index < STEPS.indexOf(at) ? 'past' : ''}><span>{index + 1}</span>{words.stepNames[step]}</li>)}
    </ol>
  );
}

function Drop() {
  const { t, fmt } = useApp();
  const words = useWords();
  const [over, setOver] = useState(false);
  const [sent, setSent] = useState<{ file: File; share: number; error: Error | null } | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const take = async (file: File | undefined) => {
    if (!file || (sent && !sent.error)) return;
    setSent({ file, share: 0, error: null });
    try {
      const made = await upload<AdImport>(address(IMPORTS, { name: file.name }), file, (share) => setSent({ file, share, error: null }));
      refresh(IMPORTS);
      patch({ import: String(made.id) });
    } catch (problem) {
      setSent({ file, share: 0, error: problem as Error });
    }
  };
  return (
    <Panel title={words.importTitle} hint={words.importHint} testid="ad-import">
      <Steps at="file" />
      <div
        className={over ? 'dropzone over' : 'dropzone'} data-testid="ad-drop"
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void take(event.dataTransfer.files[0]);
        }}
      >
        <p>{words.dropHere}</p>
        <Button kind="main" icon="upload" disabled={sent !== null && !sent.error} onClick={() => picker.current?.click()}>{words.chooseFile}</Button>
        <input ref={picker} type="file" accept=".csv,.tsv,.txt,text/csv" className="unseen" tabIndex={-1} aria-label={words.chooseFile} data-testid="ad-file" onChange={(event) => {
          void take(event.target.files?.[0]);
          event.target.value = '';
        }} />
        <p className="faint">{words.dropKinds}</p>
      </div>
      {sent && !sent.error && <div className="row" data-testid="ad-sending"><b>{sent.file.name}</b><span className="faint">{fmt.bytes(sent.file.size)}</span><Progress share={sent.share} label={t.sending} /><span>{sent.share < 1 ? `${t.sending} ${fmt.percent(sent.share, 0)}` : words.looking}</span></div>}
      {sent?.error && <Problem error={sent.error} />}
    </Panel>
  );
}

/** One file, from its columns to what came of it. */
function One({ id, admin }: { id: string; admin: boolean }) {
  const { t, fmt } = useApp();
  const words = useWords();
  const { query } = useFollowed<AdImport>(`${IMPORTS}/${id}`, works);
  const preview = useQuery<AdPreview>(query.data?.state === 'new' ? `${IMPORTS}/${id}/preview` : null);
  const leave = () => patch({ import: null });
  return (
    <Panel title={query.data?.name ?? words.importTitle} testid="ad-import" note={query.data && words.formats[query.data.format]} actions={<Button data-testid="ad-leave" onClick={leave}>{admin ? words.anotherFile : t.close}</Button>}>
      <Async query={query} height={240}>
        {(one) => (
          <>
            {one.state !== 'undone' && one.state !== 'undoing' && <Steps at={one.state === 'new' ? 'columns' : works(one) ? 'reading' : 'result'} />}
            {one.state === 'new' && <Async query={preview} height={320}>{(data) => <Mapping key={id} id={id} preview={data} admin={admin} onStarted={() => {
              // Not its preview, which there is none of any more.
              load(`${IMPORTS}/${id}`);
              load(LIST);
            }} />}</Async>}
            {works(one) && (
              <div className="row" role="status" data-testid="ad-progress">
                {one.state === 'running' && <><Progress share={shareOf(one)} label={words.importStates.running} /><span>{fmt.percent(shareOf(one), 0)}</span></>}
                <span className="faint">{one.state === 'running' ? words.rowsSoFar(one.rows, fmt.exact(one.rows)) : words.importStates[one.state]}</span>
              </div>
            )}
            {(one.state === 'done' || one.state === 'failed' || one.state === 'undone') && <Result one={one} />}
          </>
        )}
      </Async>
    </Panel>
  );
}

const COUNTS = ['inserted', 'replaced', 'repeated', 'rejected'] as const;

function Result({ one }: { one: AdImport }) {
  const { fmt } = useApp();
  const words = useWords();
  return (
    <>
      {one.state === 'failed' && <Problem error={new Error(one.error ?? words.importStates.failed)} />}
      {one.state === 'undone' && <p>{words.undone}</p>}
      <dl className="summary ad-result" data-testid="ad-result" data-state={one.state}>
        {COUNTS.map((key) => <div key={key}><dt title={words.countHints[key]}>{words.counts[key]}</dt><dd data-testid={`ad-${key}`} data-value={one[key]} className={key === 'rejected' && one.rejected ? 'bad' : ''}>{fmt.exact(one[key])}</dd></div>)}
      </dl>
      {one.state === 'done' && <div className="row"><Link className="button main" href={hrefOf('/channels')}>{words.toChannels}</Link><Link className="button" href={hrefOf('/channels/campaigns')}>{words.toCampaigns}</Link><Link className="button" href={hrefOf('/channels/matching')}>{words.toMatching}</Link></div>}
      {one.rejected > 0 && <Rejects id={one.id} />}
    </>
  );
}

type Reject = AdRejects['rejects'][number];

function Rejects({ id }: { id: number }) {
  const { t, fmt } = useApp();
  const words = useWords();
  const pages = usePages<AdRejects>(address(`${IMPORTS}/${id}/rejects`, { limit: 100 }));
  const columns: Column<Reject>[] = [
    { key: 'line', title: t.line, numeric: true, value: (row) => row.line, show: (row) => fmt.exact(row.line) },
    { key: 'column', title: words.column, value: (row) => row.column, show: (row) => (row.column ? (words.fields[row.column as 'date'] ?? row.column) : words.wholeLine) },
    { key: 'reason', title: t.reason, value: (row) => row.reason },
    { key: 'body', title: t.body, value: (row) => row.body, show: (row) => <span className="mono clip wide" title={row.body}>{row.body}</span> },
  ];
  return (
    <>
      <div className="row"><h3>{words.rejects}</h3><a className="button quiet" href={`${IMPORTS}/${id}/rejects.csv`} download data-testid="ad-rejects-file">{words.rejectsFile}</a></div>
      <Async query={pages.first} height={160}>
        {(data) => <Table name={`rejects-${id}`} testid="ad-rejects" rowTestid="ad-reject" caption={words.rejects} columns={columns} rows={[...data.rejects, ...pages.more.flatMap((page) => page.rejects)]} rowKey={(row) => String(row.line)} />}
      </Async>
      {pages.error && <Problem error={pages.error} />}
      {pages.hasNext && <Button onClick={pages.loadNext}>{t.more}</Button>}
    </>
  );
}

function List({ admin, chosen }: { admin: boolean; chosen: string | null }) {
  const { t, fmt } = useApp();
  const words = useWords();
  const pages = usePages<AdImports>(LIST);
  useFollowed<AdImports>(LIST, (data) => data.imports.some(works));
  const [undo, setUndo] = useState<AdImport | null>(null);
  const count = (key: 'rows' | (typeof COUNTS)[number]): Column<AdImport> => ({ key, title: words.counts[key], hint: words.countHints[key], numeric: true, value: (row) => row[key], show: (row) => fmt.exact(row[key]) });
  const columns: Column<AdImport>[] = [
    { key: 'name', title: t.file, value: (row) => row.name },
    { key: 'format', title: t.kind, value: (row) => words.formats[row.format] },
    { key: 'state', title: t.state, value: (row) => words.importStates[row.state], show: (row) => (row.state === 'running' ? <span className="row"><Progress share={shareOf(row)} label={words.importStates.running} />{fmt.percent(shareOf(row), 0)}</span> : <span className={`badge ${STATE_CLASS[row.state]}`} data-testid="ad-import-state" data-state={row.state} title={row.error ?? undefined}>{words.importStates[row.state]}</span>) },
    count('rows'), count('inserted'), count('replaced'), count('repeated'), count('rejected'),
    { key: 'at', title: t.finished, value: (row) => row.finished_at, show: (row) => (row.finished_at ? fmt.instant(row.finished_at) : '—') },
    ...(admin ? [{ key: 'do', title: t.actions, value: () => null, show: (row: AdImport) => (row.state === 'done' || row.state === 'failed' || row.state === 'new' ? <Button kind="quiet" icon={row.state === 'new' ? 'trash' : 'undo'} data-testid="ad-undo" onClick={() => setUndo(row)}>{row.state === 'new' ? t.remove : words.takeBack}</Button> : null) }] : []),
  ];
  return (
    <Panel title={words.imports} testid="ad-imports">
      <Async query={pages.first} height={200}>
        {(data) => <Table name="ad-imports" testid="ad-imports-table" rowTestid="ad-import-row" caption={words.imports} columns={columns} rows={[...data.imports, ...pages.more.flatMap((page) => page.imports)]} rowKey={(row) => String(row.id)} onRow={(row) => patch({ import: String(row.id) })} selected={(row) => String(row.id) === chosen} empty={<Empty title={words.noImports}><p>{words.noImportsWhat}</p></Empty>} />}
      </Async>
      {pages.error && <Problem error={pages.error} />}
      {pages.hasNext && <Button onClick={pages.loadNext}>{t.more}</Button>}
      {undo && (
        <Sure title={words.takeBackTitle(undo.name)} what={undo.state === 'new' ? words.forgetWhat : words.takeBackWhat(undo.inserted, fmt.exact(undo.inserted))} word={undo.state === 'new' ? t.remove : words.takeBack} testid="ad-take-back" onClose={() => setUndo(null)} act={() => send('DELETE', `${IMPORTS}/${undo.id}`)} onDone={() => {
          const gone = undo;
          setUndo(null);
          // What becomes of it is told where it is open.
          patch({ import: gone.state === 'new' ? null : String(gone.id) });
          refreshAfter();
        }} />
      )}
    </Panel>
  );
}
