/* Several GETs that make one picture: there when all are there; until then the picture before, marked stale. */
import { useCallback, useState, useSyncExternalStore } from 'react';
import type { Query } from './query';
import { entryOf, load, watch } from './useQuery';

const BETWEEN = '\n';

/** `urls` null asks nothing. */
export function useQueries<T>(urls: readonly string[] | null): Query<T[]> {
  const key = urls?.join(BETWEEN) ?? null;
  const split = (text: string | null) => (text ? text.split(BETWEEN) : []);
  const subscribe = useCallback(
    (watcher: () => void) => {
      const stops = split(key).map((url) => watch(url, watcher));
      return () => stops.forEach((stop) => stop());
    },
    [key],
  );
  // What has changed is seen by the times at which the answers came.
  const seen = useSyncExternalStore(subscribe, () => split(key).map((url) => `${entryOf(url).at}${entryOf(url).error ? '!' : ''}`).join());
  const all = split(key).map(entryOf);
  const error = all.find((one) => one.error)?.error ?? null;
  const there = key !== null && all.every((one) => one.data !== undefined);
  const [last, setLast] = useState<{ mark: string; data: T[] } | null>(null);
  const mark = `${key}${BETWEEN}${seen}`;
  if (there && last?.mark !== mark) setLast({ mark, data: all.map((one) => one.data as T) });
  if (key === null && last !== null) setLast(null);
  const data = error && !there ? undefined : (last?.data ?? undefined);
  return { data, error, loading: key !== null && !there && !error, stale: !there && data !== undefined, retry: () => split(key).forEach(load) };
}
