import { useEffect, useRef, useState } from 'react';
import { address, get } from '../../api/client';
import type { Live, LiveItem } from '../../api/types';
import { Button, Dot, Empty, Link, Panel, Problem, Segmented, Skeleton } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import { hrefOf, patch, useUrl } from '../../hooks/useUrl';
import { channelColor } from '../../lib/color';

const EVERY_MS = 1000;
const KEPT = 300;
type State = LiveItem['state'] | 'all';

/** What arrives, as it arrives: asks once a second, only while the page is seen. */
function useLive(paused: boolean) {
  const [items, setItems] = useState<LiveItem[] | null>(null);
  const [perMinute, setPerMinute] = useState(0);
  const [error, setError] = useState<Error | null>(null);
  const after = useRef<number | null>(null);
  useEffect(() => {
    if (paused) return;
    const controller = new AbortController();
    let timer = 0;
    const ask = async () => {
      if (document.visibilityState === 'visible') {
        try {
          const page = await get<Live>(address('/api/v1/live', { after: after.current, limit: 100 }), controller.signal);
          after.current = page.next;
          setError(null);
          setPerMinute(page.per_minute);
          setItems((old) => {
            const last = old?.at(-1)?.seq ?? -Infinity;
            const fresh = page.items.filter((item) => item.seq > last);
            return fresh.length || !old ? [...(old ?? []), ...fresh].slice(-KEPT) : old;
          });
        } catch (problem) {
          if (!controller.signal.aborted) setError(problem as Error);
        }
      }
      if (!controller.signal.aborted) timer = window.setTimeout(() => void ask(), EVERY_MS);
    };
    void ask();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [paused]);
  return { items, perMinute, error };
}

export function LiveTab() {
  const { t, fmt } = useApp();
  const { params } = useUrl();
  const [paused, setPaused] = useState(false);
  const { items, perMinute, error } = useLive(paused);
  const state = (['kept', 'repeated', 'rejected'] as State[]).find((one) => one === params.get('state')) ?? 'all';
  const shown = (items ?? []).filter((item) => state === 'all' || item.state === state).reverse();
  return (
    <Panel
      testid="live"
      title={<><i className={paused ? 'pulse off' : 'pulse'} aria-hidden="true" />{t.tabs.live}</>}
      hint={t.liveWhat}
      note={<span data-testid="per-minute">{t.perMinute(perMinute, fmt.exact(perMinute))}</span>}
      actions={
        <>
          <Segmented label={t.state} value={state} options={(['all', 'kept', 'repeated', 'rejected'] as const).map((one) => ({ value: one, label: t.states[one] }))} onChange={(one) => patch({ state: one === 'all' ? null : one }, true)} />
          <Button icon={paused ? 'play' : 'pause'} aria-pressed={paused} data-testid="pause" onClick={() => setPaused(!paused)}>{paused ? t.resume : t.pause}</Button>
        </>
      }
    >
      {error && <Problem error={error} />}
      {!items && !error && <Skeleton height={320} />}
      {items && !shown.length && (
        <Empty title={t.liveEmpty}>
          <p>{t.liveEmptyWhat} <Link href={hrefOf('/data/sources')}>{t.tabs.sources}</Link></p>
        </Empty>
      )}
      {shown.length > 0 && (
        <div className="table-scroll" tabIndex={0} role="region" aria-label={t.tabs.live}>
          <table>
            <thead><tr>{[t.received, t.event, t.personWord, t.dims.platform, t.amount, t.source, t.state].map((title) => <th key={title} scope="col" className={title === t.amount ? 'number' : ''}>{title}</th>)}</tr></thead>
            <tbody>
              {shown.map((item) => (
                <tr key={item.seq} data-testid="live-row" data-state={item.state} data-seq={item.seq}>
                  <td className="mono" title={fmt.instant(item.at)}>{fmt.clock(item.received_at)}</td>
                  <td><b>{item.event ?? t.kinds[item.type as 'webhook'] ?? item.type}</b>{item.event && item.type !== 'track' && <span className="faint"> {item.type}</span>}</td>
                  <td>{item.person ? <Link className="mono" href={hrefOf(`/persons/${encodeURIComponent(item.person)}`)}>{item.person}</Link> : '–'}</td>
                  <td>{item.platform ? <><Dot color={channelColor(item.platform)} />{item.platform}</> : '–'}</td>
                  <td className="number">{item.amount ? fmt.moneyExact(item.amount) : ''}</td>
                  <td>{item.source}</td>
                  <td><span className={`badge ${item.state}`}>{t.states[item.state]}</span>{item.reason && <> <Link href={hrefOf('/data/rejects')}>{item.reason}</Link></>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
