/* What every page needs and nobody fetches twice: the session, the language with its texts and formats, and the
 * question that holds for all pages (dates, compare, filters, conversion), read from the address. */
import { createContext, useContext, useMemo } from 'react';
import type { Session } from '../api/types';
import { parseFilter, filterText, type Filter } from '../lib/filters';
import { formatter, type Format } from '../lib/format';
import { isPreset, resolve, type Compare, type Days, type Preset } from '../lib/range';
import type { Lang, Texts } from '../lib/texts';
import { patch, useUrl } from './useUrl';

export interface App {
  session: Session;
  lang: Lang;
  t: Texts;
  fmt: Format;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('useApp outside of the session');
  return app;
}

const LANG_KEY = 'demetra.lang';
const isLang = (text: string | null): text is Lang => text === 'en' || text === 'ru';

export function useLang(): Lang {
  const { params } = useUrl();
  const chosen = params.get('lang') ?? localStorage.getItem(LANG_KEY);
  if (isLang(chosen)) return chosen;
  return navigator.languages.some((name) => /^ru\b/.test(name)) ? 'ru' : 'en';
}

export function setLang(lang: Lang) {
  localStorage.setItem(LANG_KEY, lang);
  patch({ lang }, true);
}

export function useMakeApp(session: Session | undefined, lang: Lang, t: Texts | null): App | null {
  return useMemo(() => {
    if (!session || !t) return null;
    return { session, lang, t, fmt: formatter({ lang: lang === 'ru' ? 'ru-RU' : 'en-GB', currency: session.currency, timezone: session.timezone }) };
  }, [session, lang, t]);
}

/** The formats of an answer whose amounts are in another currency than the reports'. */
export function useFormatOf(currency: string | undefined): Format {
  const { fmt, session } = useApp();
  return useMemo(() => (currency && currency !== fmt.currency && /^[A-Z]{3}$/.test(currency) ? formatter({ lang: fmt.lang, currency, timezone: session.timezone }) : fmt), [currency, fmt, session]);
}

export interface Scope {
  preset: Preset;
  /** null: all time. */
  days: Days | null;
  /** The day on which the presets end: today, or the last day with data. */
  end: string;
  compare: Compare;
  filters: Filter[];
  /** The id of the segment whose persons alone count; '': everyone. */
  segment: string;
  conversion: string;
  /** For the API: from, to, filter, segment. */
  query: { from: string | undefined; to: string | undefined; filter: string[]; segment: string };
}

export function useScope(): Scope {
  const { session } = useApp();
  const { params } = useUrl();
  return useMemo(() => {
    const end = session.last_day && session.last_day < session.today ? session.last_day : session.today;
    const asked = params.get('range');
    const preset: Preset = isPreset(asked) ? asked : 'all';
    const days = resolve(preset, end, { from: params.get('from') ?? '', to: params.get('to') ?? '' });
    const compared = params.get('compare');
    const filters = params.getAll('filter').map(parseFilter).filter((filter) => filter !== null);
    const segment = params.get('segment') ?? '';
    const conversion = params.get('conversion') ?? session.conversions[0] ?? '';
    return {
      preset, days, end, filters, segment, conversion,
      // All time has nothing before it.
      compare: days && (compared === 'previous' || compared === 'year') ? compared : '',
      query: { from: days?.from, to: days?.to, filter: filters.map(filterText), segment },
    };
  }, [session, params]);
}

export const setRange = (preset: Preset, days?: Days) =>
  patch({ range: preset === 'all' ? null : preset, from: preset === 'custom' ? (days?.from ?? null) : null, to: preset === 'custom' ? (days?.to ?? null) : null });

export const setFilters = (filters: readonly Filter[]) => patch({ filter: filters.map(filterText) });

/** Everyone, and everything they did. */
export const clearFilters = () => patch({ filter: null, segment: null });

/** Add a filter, or take it away if it is there: what a click on a row does. */
export function toggleFilter(filters: readonly Filter[], filter: Filter) {
  const text = filterText(filter);
  const rest = filters.filter((one) => filterText(one) !== text);
  setFilters(rest.length < filters.length ? rest : [...filters, filter]);
}
