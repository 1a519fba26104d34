import { useState } from 'react';
import { address, get, send } from '../../api/client';
import type { Reject, Rejects, ReplayAll } from '../../api/types';
import { Table, type Column } from '../../components/table';
import { Async, Button, Dialog, Empty, Panel, Problem, Segmented } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { refresh, useQuery } from '../../hooks/useQuery';
import { patch, useUrl } from '../../hooks/useUrl';

const REJECTS = '/api/v1/rejects';
const STATES = ['open', 'replayed', 'all'] as const;

export function RejectsTab() {
  const { t, fmt, session } = useApp();
  const { params } = useUrl();
  const state = STATES.find((one) => one === params.get('state')) ?? 'open';
  const from = params.get('import');
  const url = address(REJECTS, { state, import: from, limit: 200 });
  const rejects = useQuery<Rejects>(url);
  const [more, setMore] = useState<{ url: string; rows: Reject[]; next: string | null } | null>(null);
  const [told, setTold] = useState<ReplayAll | null>(null);
  const action = useAction();
  const admin = session.role === 'admin';
  const extra = more?.url === url ? more : null;
  const next = extra ? extra.next : (rejects.data?.next ?? null);
  const rows = [...(rejects.data?.rejects ?? []), ...(extra?.rows ?? [])];
  const editing = rows.find((row) => String(row.id) === params.get('reject'));

  const replayAll = () => action.run(async () => {
    setTold(await send<ReplayAll>('POST', `${REJECTS}/replay`));
    setMore(null);
    refresh();
  });
  const columns: Column<Reject>[] = [
    { key: 'line', title: t.line, numeric: true, value: (row) => row.line, show: (row) => (row.line === null ? '–' : fmt.exact(row.line)) },
    { key: 'reason', title: t.reason, value: (row) => row.reason, show: (row) => <b>{row.reason}</b> },
    { key: 'body', title: t.body, value: (row) => row.body, show: (row) => <code className="clip" title={row.body}>{row.body}</code> },
    ...(state === 'all' ? [{ key: 'state', title: t.state, value: (row: Reject) => t.rejectBadges[row.state], show: (row: Reject) => <span className={`badge ${row.state}`}>{t.rejectBadges[row.state]}</span> }] : []),
    ...(admin && state !== 'replayed' ? [{ key: 'do', title: t.actions, value: () => null, show: (row: Reject) => (row.state === 'open' ? <Button kind="quiet" icon="edit" title={t.editReplay} data-testid="reject-edit" onClick={() => patch({ reject: String(row.id) })}>{t.edit}</Button> : null) }] : []),
    { key: 'source', title: t.source, value: (row) => row.source },
    { key: 'kind', title: t.kind, value: (row) => row.kind, show: (row) => t.kinds[row.kind as 'crm_events'] ?? row.kind },
    { key: 'at', title: t.received, value: (row) => row.at, show: (row) => fmt.instant(row.at) },
  ];
  return (
    <Panel
      testid="rejects"
      title={t.tabs.rejects}
      hint={t.rejectsWhat}
      note={rejects.data && <span data-testid="rejects-open">{t.openRejects(rejects.data.open, fmt.exact(rejects.data.open))}</span>}
      actions={
        <>
          <Segmented label={t.state} value={state} options={STATES.map((one) => ({ value: one, label: t.rejectStates[one] }))} onChange={(one) => patch({ state: one === 'open' ? null : one })} />
          <a className="button" href={address('/api/v1/rejects.csv', { state })} download data-testid="rejects-download">{t.download}</a>
          {admin && <Button disabled={action.busy || !rejects.data?.open} data-testid="replay-all" onClick={() => void replayAll()}>{t.replayAll}</Button>}
        </>
      }
    >
      {from && <ul className="chips"><li className="chip"><span>{t.importNumber(from)}</span><button type="button" aria-label={t.removeFilter} onClick={() => patch({ import: null })}>×</button></li></ul>}
      {action.error && <Problem error={action.error} />}
      {told && <p role="status" data-testid="replay-told">{t.replayed(fmt.exact(told.replayed), fmt.exact(told.still_rejected))}</p>}
      <Async query={rejects} height={320}>
        {() => (
          <>
            <Table key={state} name="rejects" testid="rejects-table" rowTestid="reject-row" caption={t.tabs.rejects} columns={columns} rows={rows} rowKey={(row) => String(row.id)} empty={<Empty title={t.noRejects}><p>{t.noRejectsWhat}</p></Empty>} />
            {next && <Button onClick={() => void get<Rejects>(`${url}&cursor=${encodeURIComponent(next)}`).then((page) => setMore({ url, rows: [...(extra?.rows ?? []), ...page.rejects], next: page.next }))}>{t.more}</Button>}
          </>
        )}
      </Async>
      {editing && <Edit key={editing.id} reject={editing} />}
    </Panel>
  );
}

function Edit({ reject }: { reject: Reject }) {
  const { t } = useApp();
  const [body, setBody] = useState(reject.body);
  const action = useAction();
  const close = () => patch({ reject: null });
  return (
    <Dialog title={t.editReplay} onClose={close} testid="reject-dialog">
      <p><b>{reject.reason}</b>{reject.line !== null && <span className="faint"> · {t.line} {reject.line}</span>}</p>
      <textarea className="input mono" rows={6} value={body} spellCheck={false} aria-label={t.body} data-testid="reject-body" onChange={(event) => setBody(event.target.value)} />
      {action.error && <Problem error={action.error} />}
      <div className="row end">
        <Button onClick={close}>{t.cancel}</Button>
        <Button
          kind="main" disabled={action.busy} data-testid="reject-replay"
          onClick={() => void action.run(async () => {
            await send<Reject>('POST', `${REJECTS}/${reject.id}/replay`, body === reject.body ? {} : { body });
            close();
            refresh();
          })}
        >
          {t.replay}
        </Button>
      </div>
    </Dialog>
  );
}
