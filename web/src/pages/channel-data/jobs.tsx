/* What the server does by itself: when next, how far it is, and what came of it. */
import { address, send } from '../../api/client';
import type { Connections, Job, JobRun, JobRuns, Jobs } from '../../api/types';
import { Table, type Column } from '../../components/table';
import { Async, Button, Empty, Link, Panel, Problem, Progress } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { usePages } from '../../hooks/usePages';
import { refresh, useQuery } from '../../hooks/useQuery';
import { hrefOf, patch, useUrl } from '../../hooks/useUrl';
import { Moment, RunState, useFollowed, useNote, useOutcome, useTook, useWords } from './parts';

const JOBS = '/api/v1/jobs';
const RUNS = '/api/v1/job-runs';
const BUSY_MS = 1000;
const IDLE_MS = 10_000;
const STATE_CLASS: Record<Job['state'], string> = { running: 'open', due: 'open', waiting: 'good', retrying: 'failed', off: '' };
const KINDS: Record<string, 'pull'> = { pull: 'pull' };

/** What a job is, to a person. */
function useNames() {
  const words = useWords();
  const connections = useQuery<Connections>('/api/v1/connections');
  return (job: { kind: string; key: string }) => {
    const of = job.kind === 'pull' ? (connections.data?.connections.find((one) => String(one.id) === job.key)?.name ?? job.key) : job.key;
    const kind = KINDS[job.kind];
    return kind ? words.jobKinds[kind](of) : [job.kind, of].filter(Boolean).join(' ');
  };
}

export function JobsTab() {
  const { session } = useApp();
  const words = useWords();
  const { params } = useUrl();
  const { query: jobs, busy } = useFollowed<Jobs>(JOBS, (data) => data.jobs.some((one) => one.state === 'running' || one.state === 'due'), IDLE_MS);
  const nameOf = useNames();
  const action = useAction();
  const act = (job: Job, what: 'run' | 'cancel') => void action.run(async () => {
    await send<Job>('POST', `${JOBS}/${job.id}/${what}`);
    refresh(JOBS);
  });
  const chosen = jobs.data?.jobs.find((one) => String(one.id) === params.get('job'));
  return (
    <>
      <Panel title={words.jobs} hint={words.jobsWhat} testid="jobs">
        {action.error && <Problem error={action.error} />}
        <Async query={jobs} height={200}>{(data) => <JobTable rows={data.jobs} chosen={chosen?.id} nameOf={nameOf} admin={session.role === 'admin'} busy={action.busy} act={act} />}</Async>
      </Panel>
      <History job={params.get('job')} title={chosen ? nameOf(chosen) : null} nameOf={nameOf} busy={busy} />
    </>
  );
}

function JobTable({ rows, chosen, nameOf, admin, busy, act }: { rows: Job[]; chosen: number | undefined; nameOf: (job: Job) => string; admin: boolean; busy: boolean; act: (job: Job, what: 'run' | 'cancel') => void }) {
  const { t, fmt } = useApp();
  const words = useWords();
  const noteOf = useNote();
  const columns: Column<Job>[] = [
    { key: 'name', title: words.job, value: (row) => nameOf(row) },
    { key: 'state', title: t.state, value: (row) => words.jobStates[row.state], show: (row) => <span className={`badge ${STATE_CLASS[row.state]}`} data-testid="job-state" data-state={row.state} title={words.jobStateWhat[row.state]}>{words.jobStates[row.state]}</span> },
    { key: 'progress', title: words.progress, value: (row) => (row.total ? row.progress / row.total : null), show: (row) => (row.state === 'running' ? <span className="row">{row.total > 0 && <><Progress share={row.progress / row.total} label={words.progress} />{fmt.percent(row.progress / row.total, 0)}</>}<span className="clip faint" title={row.note}>{noteOf(row.note)}</span></span> : '—') },
    { key: 'due', title: words.nextAt, value: (row) => row.due_at, show: (row) => (row.state === 'running' || row.state === 'due' ? words.now : <Moment at={row.due_at} none={words.jobStateWhat[row.state]} />) },
    { key: 'every', title: words.every, numeric: true, value: (row) => row.every_ms, show: (row) => (row.every_ms ? fmt.duration(row.every_ms) : <span title={words.everyNone}>—</span>) },
    { key: 'attempts', title: words.attempts, hint: words.attemptsWhat, numeric: true, value: (row) => row.attempts },
    ...(admin ? [{ key: 'do', title: t.actions, value: () => null, show: (row: Job) => (
      <span className="row">
        <Button kind="quiet" icon="play" disabled={busy || row.state === 'due'} title={row.state === 'running' ? words.runAgainWhat : undefined} data-testid="job-run" onClick={() => act(row, 'run')}>{words.runNow}</Button>
        {row.state === 'running' && <Button kind="quiet" icon="close" disabled={busy} data-testid="job-cancel" onClick={() => act(row, 'cancel')}>{words.stop}</Button>}
      </span>
    ) }] : []),
  ];
  return <Table name="jobs" testid="jobs-table" rowTestid="job-row" caption={words.jobs} columns={columns} rows={rows} rowKey={(row) => String(row.id)} onRow={(row) => patch({ job: row.id === chosen ? null : String(row.id) })} rowLabel={() => words.history} selected={(row) => row.id === chosen} empty={<Empty title={words.noJobs}><p>{words.noJobsWhat}</p></Empty>} />;
}

function History({ job, title, nameOf, busy }: { job: string | null; title: string | null; nameOf: (run: JobRun) => string; busy: boolean }) {
  const { t, fmt } = useApp();
  const words = useWords();
  const outcome = useOutcome();
  const took = useTook();
  const url = address(job && /^\d+$/.test(job) ? `${JOBS}/${job}/runs` : RUNS, { limit: 50 });
  const pages = usePages<JobRuns>(url);
  useQuery<JobRuns>(url, busy ? BUSY_MS : IDLE_MS);
  const columns: Column<JobRun>[] = [
    { key: 'started', title: words.started, value: (run) => run.started_at, show: (run) => fmt.instant(run.started_at) },
    { key: 'name', title: words.job, value: (run) => nameOf(run), show: (run) => (run.kind === 'pull' ? <Link href={hrefOf('/channels/connectors')}>{nameOf(run)}</Link> : nameOf(run)) },
    { key: 'state', title: words.outcome, value: (run) => words.runStates[run.state], show: (run) => <RunState run={run} /> },
    { key: 'attempt', title: words.attempt, numeric: true, value: (run) => run.attempt },
    { key: 'took', title: words.took, numeric: true, value: (run) => (run.ended_at ? Date.parse(run.ended_at) - Date.parse(run.started_at) : null), show: (run) => took(run) },
    { key: 'note', title: words.note, value: (run) => outcome(run), show: (run) => <span className="clip wide" title={outcome(run)}>{outcome(run) || '—'}</span> },
  ];
  return (
    <Panel title={title ? words.historyOf(title) : words.historyAll} testid="job-runs" actions={job && <Button kind="quiet" onClick={() => patch({ job: null })}>{words.allJobs}</Button>}>
      <Async query={pages.first} height={240}>
        {(data) => <Table name="job-runs" testid="runs-table" rowTestid="run-row" caption={words.historyAll} columns={columns} rows={[...data.runs, ...pages.more.flatMap((page) => page.runs)]} rowKey={(run) => String(run.id)} empty={<Empty title={words.noRuns} />} />}
      </Async>
      {pages.error && <Problem error={pages.error} />}
      {pages.hasNext && <Button onClick={pages.loadNext}>{t.more}</Button>}
    </Panel>
  );
}
