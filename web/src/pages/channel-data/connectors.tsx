/* Platforms that are connected: how each is, what it brought, and what can be connected. */
import { useState } from 'react';
import { send } from '../../api/client';
import type { Adapter, Adapters, Connection, Connections, ConnectionVerdict, JobRun, Refreshed } from '../../api/types';
import { TextField } from '../../components/field';
import { Icon } from '../../components/icon';
import { Table, type Column } from '../../components/table';
import { Async, Button, Dialog, Dot, Empty, Link, Panel, Problem, Progress } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { refresh, useQuery } from '../../hooks/useQuery';
import { hrefOf, patch, useUrl } from '../../hooks/useUrl';
import { channelColor } from '../../lib/color';
import { ConnectionForm } from './connection-form';
import { Moment, pulled, RunState, Sure, useFollowed, useNote, useOutcome, useTook, useWords, wrongAt } from './parts';

const CONNECTIONS = '/api/v1/connections';
const IDLE_MS = 10_000;

const works = (one: Connection) => !one.paused && (one.job?.state === 'running' || one.job?.state === 'due');
const STATE_CLASS: Record<Connection['state'], string> = { new: '', ok: 'good', failed: 'open', broken: 'failed', paused: '' };

export function ConnectorsTab() {
  const { t, session, lang } = useApp();
  const words = useWords();
  const { params } = useUrl();
  const adapters = useQuery<Adapters>('/api/v1/adapters');
  const { query: connections } = useFollowed<Connections>(CONNECTIONS, (data) => data.connections.some(works), IDLE_MS);
  const [told, setTold] = useState<string | null>(null);
  const action = useAction();
  const admin = session.role === 'admin';
  const titleOf = (name: string) => {
    const adapter = adapters.data?.adapters.find((one) => one.name === name);
    return adapter ? (lang === 'ru' ? adapter.title_ru : adapter.title) || adapter.name : name;
  };
  const refreshNow = () => action.run(async () => {
    const { jobs } = await send<Refreshed>('POST', '/api/refresh');
    setTold(words.refreshed(jobs.length));
    refresh(CONNECTIONS);
  });

  const making = adapters.data?.adapters.find((one) => one.name === params.get('connect'));
  const editing = connections.data?.connections.find((one) => String(one.id) === params.get('edit'));
  const editor = editing && adapters.data?.adapters.find((one) => one.name === editing.adapter);
  return (
    <>
      <div className="row">
        <p className="lead">{words.connectorsWhat}</p>
        {told && <span className="good" role="status" data-testid="refreshed">{told}</span>}
        {admin && <Button disabled={action.busy} title={words.refreshWhat} data-testid="refresh-now" onClick={() => void refreshNow()}>{words.refreshNow}</Button>}
      </div>
      {action.error && <Problem error={action.error} />}
      <Async query={connections} height={200}>
        {(data) => data.connections.length
          ? data.connections.map((one) => <Connected key={one.id} one={one} title={titleOf(one.adapter)} admin={admin} />)
          : <Panel title={words.connections}><Empty title={words.noConnections}><p>{admin ? words.noConnectionsWhat : words.noConnectionsRead}</p></Empty></Panel>}
      </Async>
      <Panel title={words.platforms} hint={words.platformsWhat} testid="adapters">
        <Async query={adapters} height={160}>
          {(data) => (
            <ul className="adapters">
              {data.adapters.map((one) => <AdapterCard key={one.name} adapter={one} title={titleOf(one.name)} admin={admin} />)}
              <li>
                <b>{words.byFile}</b>
                <span className="faint small">{words.byFileWhat}</span>
                <Link className="button" href={hrefOf('/channels/import')}>{words.toImport}</Link>
              </li>
            </ul>
          )}
        </Async>
      </Panel>
      {admin && making && <ConnectionForm key={making.name} adapter={making} title={titleOf(making.name)} saved={null} onClose={() => patch({ connect: null })} />}
      {admin && editing && editor && <ConnectionForm key={editing.id} adapter={editor} title={titleOf(editor.name)} saved={editing} onClose={() => patch({ edit: null })} />}
      {admin && editing && adapters.data && !editor && <Dialog title={editing.name} onClose={() => patch({ edit: null })}><p>{words.adapterGone(editing.adapter)}</p><div className="row end"><Button onClick={() => patch({ edit: null })}>{t.close}</Button></div></Dialog>}
    </>
  );
}

function AdapterCard({ adapter, title, admin }: { adapter: Adapter; title: string; admin: boolean }) {
  const words = useWords();
  const channels = adapter.channels.split(',').map((name) => name.trim()).filter(Boolean);
  return (
    <li data-testid="adapter" data-name={adapter.name}>
      <b>{title}</b>
      <span className="small adapter-channels">{channels.map((name) => <span key={name}><Dot color={channelColor(name)} />{name}</span>)}</span>
      {admin && <Button icon="plus" data-testid="connect" onClick={() => patch({ connect: adapter.name })}>{words.connect}</Button>}
    </li>
  );
}

function Connected({ one, title, admin }: { one: Connection; title: string; admin: boolean }) {
  const { t, fmt } = useApp();
  const words = useWords();
  const outcome = useOutcome();
  const noteOf = useNote();
  const action = useAction();
  const [verdict, setVerdict] = useState<ConnectionVerdict | null>(null);
  const [asking, setAsking] = useState<'days' | 'delete' | null>(null);
  const url = `${CONNECTIONS}/${one.id}`;
  const last = one.runs[0];
  const running = works(one);
  const act = (what: () => Promise<unknown>) => void action.run(async () => {
    setVerdict(null);
    await what();
    refresh(CONNECTIONS);
  });
  const test = () => void action.run(async () => {
    setVerdict(null);
    setVerdict(await send<ConnectionVerdict>('POST', `${url}/test`));
    refresh(CONNECTIONS);
  });
  return (
    <Panel
      title={<>{one.name}<span className="faint connection-of">{title}</span><span className={`badge ${STATE_CLASS[one.state]}`} data-testid="connection-state" data-state={one.state} title={words.stateWhat[one.state]}>{words.states[one.state]}</span></>}
      testid={`connection-${one.id}`}
      actions={admin && (
        <>
          <Button disabled={action.busy} data-testid="connection-test" onClick={test}>{words.test}</Button>
          <Button disabled={action.busy || one.paused || running} data-testid="connection-pull" onClick={() => act(() => send('POST', `${url}/pull`, {}))}>{words.pullNow}</Button>
          <Button kind="quiet" disabled={action.busy || one.paused} data-testid="connection-days" onClick={() => setAsking('days')}>{words.pullDays}</Button>
          <Button kind="quiet" icon={one.paused ? 'play' : 'pause'} disabled={action.busy} data-testid="connection-pause" onClick={() => act(() => send('PUT', url, { paused: !one.paused }))}>{one.paused ? words.resume : words.pause}</Button>
          <Button kind="quiet" icon="edit" aria-label={words.edit} title={words.edit} data-testid="connection-edit" onClick={() => patch({ edit: String(one.id) })} />
          <Button kind="quiet" icon="trash" aria-label={t.remove} title={t.remove} data-testid="connection-delete" onClick={() => setAsking('delete')} />
        </>
      )}
    >
      {one.message && <div className={one.state === 'broken' ? 'problem' : 'notice'} role="status" data-testid="connection-message"><Icon name="alert" /><span>{one.message}</span></div>}
      {verdict && <p className={verdict.ok ? 'good' : 'bad'} role="status" data-testid="verdict" data-ok={verdict.ok}>{verdict.sentence}</p>}
      {action.busy && <p className="faint" role="status">{words.asking}</p>}
      {action.error && <Problem error={action.error} />}
      <dl className="person-facts">
        <div><dt>{words.pulledDay}</dt><dd>{one.pulled_day ? fmt.day(one.pulled_day) : <span className="faint" title={words.nothingYet}>—</span>}</dd></div>
        <div><dt>{words.pulledAt}</dt><dd><Moment at={one.pulled_at} none={words.nothingYet} /></dd></div>
        <div><dt>{words.nextAt}</dt><dd>{running ? words.now : <Moment at={one.next_at} none={one.paused ? words.stateWhat.paused : words.noNext} />}</dd></div>
        <div><dt>{words.lastRun}</dt><dd>{last && last.state !== 'running' ? <span className="run-said"><RunState run={last} /> {outcome(last) === one.message ? null : outcome(last)}</span> : <span className="faint" title={words.nothingYet}>—</span>}</dd></div>
      </dl>
      {running && one.job && (
        <div className="row" data-testid="connection-progress">
          {one.job.total > 0 && <><Progress share={one.job.progress / one.job.total} label={words.pulling} /><span>{fmt.percent(one.job.progress / one.job.total, 0)}</span></>}
          <span className="faint">{one.job.state === 'due' ? words.jobStates.due : noteOf(one.job.note) || words.pulling}</span>
        </div>
      )}
      {one.runs.length > 0 && <details className="runs"><summary>{words.runs}</summary><Runs runs={one.runs} name={one.name} /></details>}
      {asking === 'days' && <PullDays url={url} name={one.name} onClose={() => setAsking(null)} />}
      {asking === 'delete' && (
        <Sure title={words.deleteConnection(one.name)} what={words.deleteConnectionWhat} testid="connection-drop" onClose={() => setAsking(null)} act={() => send('DELETE', url)} onDone={() => {
          setAsking(null);
          refresh('/api/v1/');
        }} />
      )}
    </Panel>
  );
}

function Runs({ runs, name }: { runs: JobRun[]; name: string }) {
  const { fmt } = useApp();
  const words = useWords();
  const took = useTook();
  const count = (key: 'rows' | 'inserted' | 'replaced' | 'removed'): Column<JobRun> => ({ key, title: words.runColumns[key], hint: words.runHints[key], numeric: true, value: (run) => pulled(run)?.[key], show: (run) => (pulled(run)?.[key] === undefined ? '—' : fmt.exact(pulled(run)?.[key] ?? 0)) });
  const columns: Column<JobRun>[] = [
    { key: 'started', title: words.started, value: (run) => run.started_at, show: (run) => fmt.instant(run.started_at) },
    { key: 'state', title: words.outcome, value: (run) => words.runStates[run.state], show: (run) => <RunState run={run} /> },
    { key: 'days', title: words.days, value: (run) => [pulled(run)?.from, pulled(run)?.to].filter(Boolean).join(' – '), show: (run) => (pulled(run)?.from && pulled(run)?.to ? fmt.dayRange(pulled(run)?.from ?? '', pulled(run)?.to ?? '') : '—') },
    count('rows'), count('inserted'), count('replaced'), count('removed'),
    { key: 'changed', title: words.changedDays, hint: words.changedDaysWhat, numeric: true, value: (run) => pulled(run)?.changed_days?.length, show: (run) => <span title={pulled(run)?.changed_days?.map((day) => fmt.day(day)).join(', ')}>{pulled(run)?.changed_days ? fmt.exact(pulled(run)?.changed_days?.length ?? 0) : '—'}</span> },
    { key: 'took', title: words.took, value: (run) => (run.ended_at ? Date.parse(run.ended_at) - Date.parse(run.started_at) : null), show: (run) => took(run) },
    { key: 'note', title: words.note, value: (run) => run.note, show: (run) => (run.state === 'done' ? null : <span className="clip" title={run.note}>{run.note}</span>) },
  ];
  return <Table name={`runs-${name}`} testid="connection-runs" rowTestid="connection-run" caption={words.runs} columns={columns} rows={runs} rowKey={(run) => String(run.id)} />;
}

function PullDays({ url, name, onClose }: { url: string; name: string; onClose: () => void }) {
  const { t, session } = useApp();
  const words = useWords();
  const { busy, error, run } = useAction();
  const [from, setFrom] = useState('');
  const [to, setTo] = useState(session.today);
  const wrong = wrongAt(error, ['from', 'to']);
  const go = async () => {
    if (!(await run(async () => void (await send('POST', `${url}/pull`, { from, to: to || null }))))) return;
    refresh(CONNECTIONS);
    onClose();
  };
  return (
    <Dialog title={words.pullDaysOf(name)} onClose={onClose} testid="pull-days">
      <form className="form" noValidate onSubmit={(event) => {
        event.preventDefault();
        void go();
      }}>
        <p className="faint">{words.pullDaysWhat}</p>
        <div className="form-row">
          <TextField label={t.from} type="date" value={from} max={session.today} onChange={setFrom} error={wrong.at('from')} data-testid="pull-from" />
          <TextField label={t.to} type="date" value={to} max={session.today} onChange={setTo} error={wrong.at('to')} data-testid="pull-to" />
        </div>
        {wrong.rest && <Problem error={wrong.rest} />}
        <div className="row end"><Button onClick={onClose}>{t.cancel}</Button><Button kind="main" type="submit" disabled={busy || !from} data-testid="pull-go">{words.pull}</Button></div>
      </form>
    </Dialog>
  );
}
