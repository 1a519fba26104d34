/* A list that comes in pages: the first by useQuery, the others when somebody asks for more. */
import { useState } from 'react';
import { get } from '../api/client';
import type { Query } from './query';
import { useQuery } from './useQuery';

interface Page { next: string | null }

export interface Pages<P extends Page> {
  first: Query<P>;
  /** The pages after the first, as far as they were asked for. */
  more: P[];
  /** There is another page. */
  hasNext: boolean;
  error: Error | null;
  loadNext: () => void;
}

export function usePages<P extends Page>(url: string | null): Pages<P> {
  const first = useQuery<P>(url);
  // What was loaded of one question does not follow another.
  const [kept, setKept] = useState<{ url: string | null; pages: P[]; error: Error | null }>({ url, pages: [], error: null });
  const { pages, error } = kept.url === url ? kept : { pages: [], error: null };
  const next = first.stale ? null : ((pages.at(-1) ?? first.data)?.next ?? null);
  const loadNext = () => {
    if (url === null || next === null) return;
    const address = `${url}${url.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(next)}`;
    get<P>(address).then(
      (page) => setKept((now) => (now.url === url && now.pages.length !== pages.length ? now : { url, pages: [...pages, page], error: null })),
      (problem: unknown) => setKept({ url, pages, error: problem as Error }),
    );
  };
  return { first, more: pages, hasNext: next !== null, error, loadNext };
}
