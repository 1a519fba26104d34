/* The frame around every page: where one is, where one can go, and the keys. */
import { lazy, Suspense, useEffect, useState, type ReactNode } from 'react';
import { send } from '../api/client';
import { Icon, type IconName } from '../components/icon';
import { Palette, type Command } from '../components/palette';
import { ComparePicker, cycleCompare, PRESET_KEYS, RangePicker, step } from '../components/range-picker';
import { Button, Dialog, IconButton, Link, Select } from '../components/ui';
import { clearFilters, setLang, setRange, useApp, useScope, type Scope } from '../hooks/useApp';
import { useHotkeys } from '../hooks/useHotkeys';
import { refresh } from '../hooks/useQuery';
import { setTheme, useTheme, type Theme } from '../hooks/useTheme';
import { hrefOf, patch, useUrl, visit } from '../hooks/useUrl';
import { PRESETS } from '../lib/range';
import { AddFilter, AddSegment, FilterChips } from './filter-bar';

/** For a server without events: what to do. */
export const Welcome = lazy(() => import('./welcome').then((part) => ({ default: part.Welcome })));

/** The pages: a row here puts one into the sidebar, the keys and the palette. */
const PAGES: { path: string; name: 'overview' | 'explore' | 'funnel' | 'attribution' | 'channels' | 'retention' | 'paths' | 'persons' | 'segments' | 'data'; icon: IconName }[] = [
  { path: '/', name: 'overview', icon: 'overview' },
  { path: '/explore', name: 'explore', icon: 'explore' },
  { path: '/funnel', name: 'funnel', icon: 'funnel' },
  { path: '/attribution', name: 'attribution', icon: 'attribution' },
  { path: '/channels', name: 'channels', icon: 'channels' },
  { path: '/retention', name: 'retention', icon: 'retention' },
  { path: '/paths', name: 'paths', icon: 'paths' },
  { path: '/persons', name: 'persons', icon: 'person' },
  { path: '/segments', name: 'segments', icon: 'segment' },
  { path: '/data', name: 'data', icon: 'data' },
];
const DATA_TABS = ['sources', 'live', 'imports', 'rejects', 'rules'] as const;

/** The tenth is 0. */
const keyOf = (index: number) => String((index + 1) % 10);
const THEMES: Theme[] = ['system', 'light', 'dark'];
const after = <T,>(all: readonly T[], one: T) => all[(all.indexOf(one) + 1) % all.length] as T;

export function Shell({ children }: { children: ReactNode }) {
  const { t, lang, session, fmt } = useApp();
  const { path } = useUrl();
  const theme = useTheme();
  const scope = useScope();
  const [open, setOpen] = useState<'help' | 'palette' | null>(null);

  useEffect(() => {
    document.documentElement.lang = lang;
  }, [lang]);

  useEffect(() => {
    // On a phone the bar of pages scrolls.
    document.querySelector('.sidebar li [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [path]);

  const signOut = () => void send('DELETE', '/api/v1/session').finally(() => refresh('/api/v1/session'));
  const presetKeys = Object.fromEntries(Object.entries(PRESET_KEYS).map(([preset, key]) => [key.toLowerCase(), () => setRange(preset as keyof typeof PRESET_KEYS)]));
  useHotkeys({
    ...presetKeys,
    ...Object.fromEntries(PAGES.map((page, index) => [keyOf(index), () => visit(hrefOf(page.path))])),
    x: () => cycleCompare(scope),
    c: () => document.querySelector<HTMLElement>('[data-testid="range-button"]')?.click(),
    f: () => document.querySelector<HTMLElement>('[data-testid="add-filter"]')?.click(),
    s: () => document.querySelector<HTMLElement>('[data-testid="add-segment"]')?.click(),
    ArrowLeft: () => step(scope, -1),
    ArrowRight: () => step(scope, 1),
    '/': () => setOpen('palette'),
    'mod+k': () => setOpen('palette'),
    '?': () => setOpen('help'),
    Escape: () => (scope.filters.length > 0 || scope.segment !== '') && clearFilters(),
  });

  const commands: Command[] = [
    ...PAGES.map((page, index) => ({ id: page.path, group: t.goTo, title: t.pages[page.name], key: keyOf(index), run: () => visit(hrefOf(page.path)) })),
    ...DATA_TABS.map((tab) => ({ id: tab, group: t.goTo, title: `${t.pages.data}: ${t.tabs[tab]}`, run: () => visit(hrefOf(`/data/${tab}`)) })),
    ...PRESETS.filter((preset) => preset !== 'custom').map((preset) => ({ id: `range-${preset}`, group: t.dateRange, title: t.presets[preset], ...(PRESET_KEYS[preset] ? { key: PRESET_KEYS[preset] } : {}), run: () => setRange(preset) })),
    { id: 'compare', group: t.compare, title: t.comparePrevious, key: 'X', run: () => patch({ compare: 'previous' }) },
    { id: 'compare-year', group: t.compare, title: t.compareYear, run: () => patch({ compare: 'year' }) },
    { id: 'compare-off', group: t.compare, title: t.compareOff, run: () => patch({ compare: null }) },
    ...session.conversions.map((name) => ({ id: `conversion-${name}`, group: t.conversion, title: name, run: () => patch({ conversion: name }) })),
    { id: 'clear', group: t.actions, title: t.clearFilters, key: 'Esc', run: clearFilters },
    { id: 'link', group: t.actions, title: t.copyLink, run: () => void navigator.clipboard.writeText(location.href) },
    { id: 'source', group: t.actions, title: t.newSource, run: () => visit(hrefOf('/data/sources')) },
    { id: 'import', group: t.actions, title: t.importFile, run: () => visit(hrefOf('/data/imports')) },
    ...THEMES.map((one) => ({ id: `theme-${one}`, group: t.theme, title: t.themes[one], run: () => setTheme(one) })),
    { id: 'en', group: t.language, title: 'English', run: () => setLang('en') },
    { id: 'ru', group: t.language, title: 'Русский', run: () => setLang('ru') },
    { id: 'help', group: t.actions, title: t.keyboardHelp, key: '?', run: () => setOpen('help') },
    { id: 'out', group: t.actions, title: t.signOut, run: signOut },
  ];

  const active = (page: string) => (page === '/' ? path === '/' : path.startsWith(page));
  return (
    <div className="shell">
      <a className="skip" href="#main">{t.skip}</a>
      <nav className="sidebar" aria-label={t.navigation} data-testid="sidebar">
        <Link href={hrefOf('/')} className="brand"><svg viewBox="0 0 16 16" aria-hidden="true"><rect width="16" height="16" rx="3" /><path d="M4 12V8M8 12V4M12 12V6" /></svg><span>Demetra</span></Link>
        <ul>
          {PAGES.map((page) => (
            <li key={page.path}>
              <Link href={hrefOf(page.path)} aria-current={active(page.path) ? 'page' : undefined} data-testid={`nav-${page.name}`}><Icon name={page.icon} /><span>{t.pages[page.name]}</span></Link>
            </li>
          ))}
        </ul>
        <div className="sidebar-foot">
          <div className="facts">
            <span title={fmt.exact(session.events)}>{t.eventsCount(session.events, fmt.short(session.events))}</span>
            <span title={fmt.exact(session.persons)}>{t.personsCount(session.persons, fmt.short(session.persons))}</span>
            {session.amounts_without_rate > 0 && <span className="bad">{t.withoutRate(session.amounts_without_rate, session.amounts_without_rate_in.map(({ currency }) => currency ?? t.noCurrency).join(', '))}</span>}
          </div>
          <div className="foot-buttons">
            <IconButton icon="search" label={`${t.palette} (Ctrl K)`} onClick={() => setOpen('palette')} data-testid="open-palette" />
            <IconButton icon="keyboard" label={`${t.keyboardHelp} (?)`} onClick={() => setOpen('help')} data-testid="open-help" />
            <IconButton icon={theme} label={`${t.theme}: ${t.themes[theme]}`} onClick={() => setTheme(after(THEMES, theme))} data-testid="theme" />
            <Button kind="quiet" onClick={() => setLang(lang === 'en' ? 'ru' : 'en')} title={t.language} data-testid="lang">{lang === 'en' ? 'RU' : 'EN'}</Button>
            <IconButton icon="out" label={t.signOut} onClick={signOut} data-testid="sign-out" />
          </div>
        </div>
      </nav>
      <main id="main" tabIndex={-1}><Suspense fallback={null}>{children}</Suspense></main>
      {open === 'help' && <Help onClose={() => setOpen(null)} />}
      {open === 'palette' && <Palette commands={commands} onClose={() => setOpen(null)} />}
    </div>
  );
}

interface PageHeadProps {
  title: string;
  /** For the browser's tab, where it says more than the title. */
  tab?: string;
  scope?: Scope;
  conversions?: boolean;
  compare?: boolean;
  /** It counts persons, so that filters and segments narrow it. */
  people?: boolean;
  children?: ReactNode;
}

/** The top of a page that answers a question about a range: its title, its own choices, dates, compare, filters. */
export function PageHead({ title, tab = title, scope, conversions = false, compare = true, people = true, children }: PageHeadProps) {
  const { t, session } = useApp();
  useEffect(() => {
    document.title = `${tab} · Demetra`;
  }, [tab]);
  const known = scope && conversions ? [...new Set([...session.conversions, scope.conversion])].filter(Boolean) : [];
  return (
    <header className="page-head">
      <div className="page-title">
        <h1>{title}</h1>
        {scope && known.length > 0 && (
          <Select label={t.conversion} showLabel value={scope.conversion} options={known.map((name) => ({ value: name, label: name }))} onChange={(name) => patch({ conversion: name })} data-testid="conversion" />
        )}
        {children}
      </div>
      {scope && (session.events > 0 || !people) && (
        <div className="page-controls">
          {people && <><AddSegment scope={scope} /><AddFilter scope={scope} /></>}
          {compare && <ComparePicker scope={scope} />}
          <RangePicker scope={scope} />
        </div>
      )}
      {scope && people && <FilterChips scope={scope} />}
    </header>
  );
}

function Help({ onClose }: { onClose: () => void }) {
  const { t } = useApp();
  const groups: [string, [string, string][]][] = [
    [t.goTo, [...PAGES.map((page, index): [string, string] => [keyOf(index), t.pages[page.name]]), ['Ctrl K', t.palette], ['?', t.keyboardHelp]]],
    [t.dateRange, [...Object.entries(PRESET_KEYS).map(([preset, key]): [string, string] => [key, t.presets[preset as keyof typeof PRESET_KEYS]]), ['C', t.presets.custom], ['←', t.rangeBefore], ['→', t.rangeAfter], ['X', t.compare]]],
    [t.actions, [['F', t.addFilter], ['S', t.segment], ['I', t.interval], ['Esc', t.clearFilters]]],
  ];
  return (
    <Dialog title={t.keyboardHelp} onClose={onClose} testid="help">
      <div className="help">
        {groups.map(([name, keys]) => (
          <section key={name}>
            <h3>{name}</h3>
            <dl>{keys.map(([key, what]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div>)}</dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
