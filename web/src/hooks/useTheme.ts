import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'demetra.theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());

function read(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

let theme = read();
function show() {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
show();
dark.addEventListener('change', tell);

export function setTheme(next: Theme) {
  theme = next;
  localStorage.setItem(KEY, next);
  show();
  tell();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export const useTheme = () => useSyncExternalStore(subscribe, () => theme);
/** The theme as it is seen: what a chart must redraw for. */
export const useSeenTheme = () => useSyncExternalStore(subscribe, () => (theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme));
