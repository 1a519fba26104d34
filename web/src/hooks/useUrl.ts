/* The address bar is the state. Reading it is a hook; changing it is a function, so that the back button, a shared
 * link and a click all pass the same way. */
import { useMemo, useSyncExternalStore } from 'react';

export type Changes = Record<string, string | readonly string[] | null>;

/** What stays in the address when one goes to another page. */
const CARRIED = ['range', 'from', 'to', 'compare', 'filter', 'segment', 'conversion', 'lang'];

const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());
window.addEventListener('popstate', tell);

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function withChanges(params: URLSearchParams, changes: Changes): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    if (Array.isArray(value)) for (const one of value as readonly string[]) next.append(name, one);
    else if (value !== null && value !== '') next.set(name, value as string);
  }
  return next;
}

const join = (path: string, params: URLSearchParams) => {
  // Colons, commas and slashes may stand in a query as they are, and read better so.
  const query = params.toString().replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%2F', '/');
  return query ? `${path}?${query}` : path;
};

/** The address of another page, keeping what holds for all pages. */
export function hrefOf(path: string, changes: Changes = {}): string {
  const now = new URLSearchParams(location.search);
  const kept = new URLSearchParams();
  for (const name of CARRIED) for (const value of now.getAll(name)) kept.append(name, value);
  return join(path, withChanges(kept, changes));
}

/** The persons of a count, in the range and with the filters that hold. */
export function personsHref(of: { metric: string; event?: string; conversion?: string; by?: string; key?: string }): string {
  const { metric, event = '', conversion = '', by = '', key } = of;
  // The key may be empty: what is not set.
  return hrefOf('/persons', { metric, event, conversion, by }) + (by && key !== undefined ? `&key=${encodeURIComponent(key)}` : '');
}

/** Another address of the page at `href`. */
export function hrefWith(href: string, changes: Changes): string {
  const [path = '/', query = ''] = href.split('?');
  return join(path, withChanges(new URLSearchParams(query), changes));
}

export function visit(href: string, replace = false) {
  if (href === location.pathname + location.search) return;
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  tell();
}

/** Change parameters of this page; null removes one. */
export function patch(changes: Changes, replace = false) {
  visit(join(location.pathname, withChanges(new URLSearchParams(location.search), changes)), replace);
}

export function useUrl() {
  const href = useSyncExternalStore(subscribe, () => location.pathname + location.search);
  return useMemo(() => {
    const [path = '/', query = ''] = href.split('?');
    return { href, path, params: new URLSearchParams(query) };
  }, [href]);
}
