/* GETs with memory. One entry an address: who asks while it is under way joins in, who comes back within FRESH_MS
 * gets what is there, and what nobody wants any more is aborted. A component whose address changes keeps the old
 * answer, marked stale, until the new one is there. */
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { get } from '../api/client';
import type { Query } from './query';

const FRESH_MS = 20_000;
const MOST_ENTRIES = 200;

interface Entry {
  readonly data: unknown;
  readonly error: Error | null;
  readonly at: number;
  readonly loading: boolean;
}

const EMPTY: Entry = { data: undefined, error: null, at: 0, loading: false };
const entries = new Map<string, Entry>();
const watchers = new Map<string, Set<() => void>>();
const running = new Map<string, AbortController>();

function put(url: string, change: Partial<Entry>) {
  entries.delete(url);
  entries.set(url, { ...EMPTY, ...change });
  for (const old of entries.keys()) {
    if (entries.size <= MOST_ENTRIES) break;
    if (!watchers.get(old)?.size) entries.delete(old);
  }
  watchers.get(url)?.forEach((watcher) => watcher());
}

export const entryOf = (url: string): Entry => entries.get(url) ?? EMPTY;

export function load(url: string) {
  if (running.has(url)) return;
  const before = entryOf(url);
  const controller = new AbortController();
  running.set(url, controller);
  put(url, { ...before, loading: true });
  get(url, controller.signal).then(
    (data) => {
      if (controller.signal.aborted) return;
      running.delete(url);
      put(url, { data, at: Date.now() });
    },
    (error: unknown) => {
      if (controller.signal.aborted) return;
      running.delete(url);
      put(url, { ...before, loading: false, error: error instanceof Error ? error : new Error(String(error)) });
    },
  );
}

/** Nobody waits for it any more; who asks again begins anew. */
function stop(url: string) {
  const controller = running.get(url);
  if (!controller) return;
  running.delete(url);
  controller.abort();
  put(url, { ...entryOf(url), loading: false });
}

export function watch(url: string, watcher: () => void) {
  const set = watchers.get(url) ?? new Set();
  watchers.set(url, set.add(watcher));
  const entry = entries.get(url);
  if (!entry || (!entry.loading && Date.now() - entry.at > FRESH_MS)) load(url);
  return () => {
    set.delete(watcher);
    if (set.size) return;
    watchers.delete(url);
    stop(url);
  };
}

/** After a change: what begins with this is asked again now where it is on screen, and later where it is not. */
export function refresh(prefix = '') {
  for (const url of [...entries.keys()]) {
    if (!url.startsWith(prefix)) continue;
    if (watchers.get(url)?.size) {
      stop(url);
      load(url);
    } else entries.delete(url);
  }
}

/** `url` null asks nothing. `every` asks again so often (ms) while the page is visible. */
export function useQuery<T>(url: string | null, every?: number): Query<T> {
  const subscribe = useCallback((watcher: () => void) => (url === null ? () => undefined : watch(url, watcher)), [url]);
  const entry = useSyncExternalStore(subscribe, () => (url === null ? EMPTY : entryOf(url)));
  const [last, setLast] = useState<{ url: string; data: unknown } | null>(null);
  if (url !== null && entry.data !== undefined && (last?.url !== url || last.data !== entry.data)) setLast({ url, data: entry.data });
  if (url === null && last !== null) setLast(null);

  useEffect(() => {
    if (url === null || !every) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') load(url);
    }, every);
    return () => clearInterval(timer);
  }, [url, every]);

  const data = (entry.data ?? (entry.error ? undefined : last?.data)) as T | undefined;
  return {
    data,
    error: entry.error,
    loading: url !== null && (entry.loading || (entry.data === undefined && !entry.error)),
    stale: entry.data === undefined && data !== undefined,
    retry: () => {
      if (url !== null) load(url);
    },
  };
}
