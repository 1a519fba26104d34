/* What several of these pages say alike: a question before something is deleted, errors at their fields, states. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { address, ApiError } from '../../api/client';
import type { AdCampaigns, JobRun } from '../../api/types';
import { Combobox } from '../../components/combobox';
import { Button, Dialog, Problem } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { useDebounced } from '../../hooks/useDebounced';
import { refresh, useQuery } from '../../hooks/useQuery';
import { amountText, minorText } from '../../lib/ads';
import { CHANNEL_DATA } from '../../lib/texts/channel-data';

export const useWords = () => CHANNEL_DATA[useApp().lang];

const BUSY_MS = 700;

/** Asked often while something is under way, else every `idle` ms or once; what came of it changes every number there is. */
export function useFollowed<T>(url: string, works: (data: T) => boolean, idle?: number) {
  const query = useQuery<T>(url, idle);
  const busy = query.data !== undefined && works(query.data);
  useQuery<T>(url, busy ? BUSY_MS : undefined);
  const was = useRef(false);
  useEffect(() => {
    if (was.current && !busy) refresh();
    was.current = busy;
  }, [busy]);
  return { query, busy };
}

/** All again, once what was deleted is off the screen and not asked for any more. */
export const refreshAfter = () => void setTimeout(() => refresh('/api/'));

/** What was wrong at each field, and what belongs to none of them. */
export function wrongAt(error: Error | null, names: readonly string[]) {
  const field = error instanceof ApiError ? error.field : undefined;
  const known = field !== undefined && names.includes(field);
  return { at: (name: string) => (known && field === name ? error?.message : undefined), rest: known ? null : error };
}

/** Amounts in their own currency. */
export function useAmounts() {
  const { fmt } = useApp();
  return {
    units: (units: number, currency: string | null) => amountText(fmt.lang, units, currency),
    minor: (minor: number, currency: string | null) => minorText(fmt.lang, minor, currency),
  };
}

export function Sure({ title, what, act, onDone, onClose, testid, word }: { title: string; what: ReactNode; act: () => Promise<unknown>; onDone: () => void; onClose: () => void; testid: string; word?: string }) {
  const { t } = useApp();
  const { busy, error, run } = useAction();
  const go = async () => {
    if (await run(async () => void (await act()))) onDone();
  };
  return (
    <Dialog title={title} onClose={onClose} testid={testid}>
      <p>{what}</p>
      {error && <Problem error={error} />}
      <div className="row end">
        <Button onClick={onClose}>{t.cancel}</Button>
        <Button kind="danger" disabled={busy} data-testid={`${testid}-confirm`} onClick={() => void go()}>{word ?? t.remove}</Button>
      </div>
    </Dialog>
  );
}

/** A moment, with how far it is. */
export function Moment({ at, none }: { at: string | null; none?: string }) {
  const { fmt } = useApp();
  const [now] = useState(() => Date.now());
  if (!at) return <span className="faint" title={none}>—</span>;
  return <span title={fmt.instant(at)}>{fmt.ago(at, now)}</span>;
}

const RUN_CLASS: Record<JobRun['state'], string> = { running: 'open', done: 'done', failed: 'failed', cancelled: '', lost: 'failed' };

export function RunState({ run }: { run: JobRun }) {
  const words = useWords();
  return <span className={`badge ${RUN_CLASS[run.state]}`} data-testid="run-state" data-state={run.state} title={run.state === 'lost' ? words.runLost : undefined}>{words.runStates[run.state]}</span>;
}

/** How long it took; of one that runs, how long it has. */
export function useTook() {
  const { fmt } = useApp();
  const [now] = useState(() => Date.now());
  return (run: JobRun) => fmt.duration(Math.max(0, (run.ended_at ? Date.parse(run.ended_at) : now) - Date.parse(run.started_at)));
}

export interface PullResult { from?: string; to?: string; rows?: number; inserted?: number; replaced?: number; removed?: number; changed_days?: string[]; requests?: number }
export const pulled = (run: JobRun) => (run.kind === 'pull' && run.result ? (run.result as PullResult) : null);

/** What a job says while it runs; days as people write them. */
export function useNote() {
  const { fmt } = useApp();
  return (note: string) => {
    const [, from, to] = /^(\d{4}-\d\d-\d\d) to (\d{4}-\d\d-\d\d)$/.exec(note) ?? [];
    return from && to ? fmt.dayRange(from, to) : note;
  };
}

/** What came of a run, in words. */
export function useOutcome() {
  const noteOf = useNote();
  const words = useWords();
  const { fmt } = useApp();
  return (run: JobRun): string => {
    const result = run.state === 'done' ? pulled(run) : null;
    if (!result) return noteOf(run.note);
    if (!result.from || !result.to) return words.nothingToPull;
    return words.pulledWhat(fmt.dayRange(result.from, result.to), fmt.exact(result.rows ?? 0), fmt.exact(result.inserted ?? 0), fmt.exact(result.replaced ?? 0), fmt.exact(result.removed ?? 0));
  };
}

const SEARCH_MS = 200;
export const nameOf = (one: { name: string | null; campaign_id: string }) => (one.name && one.name !== one.campaign_id ? `${one.name} · ${one.campaign_id}` : one.campaign_id);

/** One of all campaigns, found by a part of its name or id. */
export function CampaignField({ label, value, name, onChange, testid }: { label: string; value: string; name?: string | null; onChange: (id: string) => void; testid: string }) {
  const words = useWords();
  const [text, setText] = useState('');
  const wanted = useDebounced(text.trim(), SEARCH_MS);
  const found = useQuery<AdCampaigns>(address('/api/campaigns/', { q: wanted, limit: 60, sort: wanted ? 'name' : '-day' }));
  const options = (found.data?.campaigns ?? []).map((one) => ({ value: one.campaign_id, label: nameOf(one), note: one.channel_used }));
  if (value && !options.some((one) => one.value === value)) options.unshift({ value, label: nameOf({ campaign_id: value, name: name ?? null }), note: '' });
  return <Combobox label={label} placeholder={words.findCampaign} value={value} options={options} onSearch={setText} onChange={onChange} testid={testid} />;
}
