import { createElement, lazy, Suspense, useEffect, useState, type ComponentType } from 'react';
import { ApiError, onSignedOut } from '../api/client';
import type { Session } from '../api/types';
import { Skeleton } from '../components/ui';
import { AppContext, useLang, useMakeApp } from '../hooks/useApp';
import { preload, useLoaded } from '../hooks/useLoaded';
import { refresh, useQuery } from '../hooks/useQuery';
import { useUrl } from '../hooks/useUrl';
import { TEXTS, type Texts } from '../lib/texts';
import { Overview } from './overview';
import { Shell } from './shell';

const Login = lazy(() => import('./login').then((page) => ({ default: page.Login })));

interface PageProps { rest: string }
type Page = ComponentType<PageProps>;

const channelData = () => import('./channel-data/channel-data').then((page) => page.ChannelDataPage);

/** Pages but the first, each in a file of its own; what stands after its path is its `rest`. */
const PAGES: { path: string; load: () => Promise<Page> }[] = [
  // Before the page that they stand under.
  ...['campaigns', 'matching', 'money', 'connectors', 'import', 'jobs'].map((tab) => ({ path: `/channels/${tab}`, load: channelData })),
  { path: '/explore', load: () => import('./explore').then((page) => page.ExplorePage) },
  { path: '/funnel', load: () => import('./funnel/funnel').then((page) => page.FunnelPage) },
  { path: '/retention', load: () => import('./retention').then((page) => page.RetentionPage) },
  { path: '/paths', load: () => import('./paths/paths').then((page) => page.PathsPage) },
  { path: '/attribution', load: () => import('./attribution/attribution').then((page) => page.AttributionPage) },
  { path: '/data', load: () => import('./intake/data').then((page) => page.DataPage) },
  { path: '/segments', load: () => import('./segments/segments').then((page) => page.SegmentsPage) },
  { path: '/persons', load: () => import('./persons/persons').then((page) => page.PersonsPage) },
  { path: '/channels', load: () => import('./channels/channels').then((page) => page.ChannelsPage) },
];

const SESSION = '/api/v1/session';
const SESSION_MS = 60_000;
const EMPTY_MS = 3000;

export function App() {
  const lang = useLang();
  const spoken = useLoaded(TEXTS[lang]);
  // Until the other language is there, the one before goes on.
  const [before, setBefore] = useState<Texts | null>(null);
  if (spoken && spoken !== before) setBefore(spoken);
  const t = spoken ?? before;
  // A server without events is asked often: its first event should show at once.
  const [empty, setEmpty] = useState(true);
  const session = useQuery<Session>(SESSION, empty ? EMPTY_MS : SESSION_MS);
  if (session.data && (session.data.events === 0) !== empty) setEmpty(session.data.events === 0);
  const app = useMakeApp(session.data, lang, t);
  const [signedOut, setSignedOut] = useState(false);
  useEffect(() => onSignedOut(() => setSignedOut(true)), []);
  useEffect(() => {
    // The other pages come while nothing else is to do, so that going there is instant.
    const timer = setTimeout(() => PAGES.forEach((page) => void preload(page.load)), 1500);
    return () => clearTimeout(timer);
  }, []);

  if (t && (signedOut || (session.error instanceof ApiError && session.error.status === 401))) {
    const enter = () => {
      setSignedOut(false);
      refresh();
    };
    return <Suspense><Login lang={lang} t={t} onDone={enter} /></Suspense>;
  }
  if (!app) return <Frame error={session.error} retry={session.retry} t={t} />;
  return <AppContext value={app}><Shell><Route /></Shell></AppContext>;
}

function Route() {
  const { path } = useUrl();
  const page = PAGES.find((one) => path === one.path || path.startsWith(`${one.path}/`));
  return page ? <Loaded key={page.path} load={page.load} rest={decodeURIComponent(path.slice(page.path.length + 1))} /> : <Overview />;
}

function Loaded({ load, rest }: { load: () => Promise<Page> } & PageProps) {
  const page = useLoaded(load);
  return page ? createElement(page, { rest }) : <Skeleton height={320} />;
}

/** The frame at once, before the texts and the session are there. */
function Frame({ error, retry, t }: { error?: Error | null; retry?: () => void; t?: Texts | null }) {
  return (
    <div className="shell">
      <nav className="sidebar" aria-hidden="true"><span className="brand"><svg viewBox="0 0 16 16"><rect width="16" height="16" rx="3" /><path d="M4 12V8M8 12V4M12 12V6" /></svg><span>Demetra</span></span></nav>
      <main id="main">
        {error && t ? (
          <div className="problem" role="alert"><span>{error.message || t.networkError}</span><button type="button" className="button" onClick={retry}>{t.retry}</button></div>
        ) : (
          <><Skeleton height={32} /><Skeleton height={96} /><Skeleton height={320} /></>
        )}
      </main>
    </div>
  );
}
