import { lazy, Suspense, use, useEffect, useState } from 'react';
import { ApiError, onSignedOut } from '../api/client';
import type { Session } from '../api/types';
import { Skeleton } from '../components/ui';
import { AppContext, useLang, useMakeApp } from '../hooks/useApp';
import { refresh, useQuery } from '../hooks/useQuery';
import { useUrl } from '../hooks/useUrl';
import { textsOf, type Texts } from '../lib/texts';
import { Overview } from './overview';
import { Shell } from './shell';

const Login = lazy(() => import('./login').then((page) => ({ default: page.Login })));
const FunnelPage = lazy(() => import('./funnel').then((page) => ({ default: page.FunnelPage })));
const AttributionPage = lazy(() => import('./attribution').then((page) => ({ default: page.AttributionPage })));
const DataPage = lazy(() => import('./data/data').then((page) => ({ default: page.DataPage })));
const PersonPage = lazy(() => import('./person').then((page) => ({ default: page.PersonPage })));

const SESSION = '/api/v1/session';

export function App() {
  return (
    <Suspense fallback={<Frame />}>
      <Signed />
    </Suspense>
  );
}

function Signed() {
  const lang = useLang();
  const t = use(textsOf(lang));
  const [empty, setEmpty] = useState(true);
  const session = useQuery<Session>(SESSION, empty ? 3000 : 60_000);
  if (session.data && (session.data.events === 0) !== empty) setEmpty(session.data.events === 0);
  const app = useMakeApp(session.data, lang, t);
  const [signedOut, setSignedOut] = useState(false);
  useEffect(() => onSignedOut(() => setSignedOut(true)), []);

  if (signedOut || (session.error instanceof ApiError && session.error.status === 401)) {
    const enter = () => {
      setSignedOut(false);
      refresh();
    };
    return <Login lang={lang} t={t} onDone={enter} />;
  }
  if (!app) return <Frame error={session.error} retry={session.retry} t={t} />;
  return (
    <AppContext value={app}>
      <Shell>
        <Suspense fallback={<Skeleton height={320} />}>
          <Route />
        </Suspense>
      </Shell>
    </AppContext>
  );
}

function Route() {
  const { path } = useUrl();
  if (path === '/') return <Overview />;
  if (path === '/funnel') return <FunnelPage />;
  if (path === '/attribution') return <AttributionPage />;
  if (path.startsWith('/persons/')) return <PersonPage key={path} id={decodeURIComponent(path.slice('/persons/'.length))} />;
  if (path === '/data' || path.startsWith('/data/')) return <DataPage tab={path.slice('/data/'.length)} />;
  return <Overview />;
}

/** The frame at once, before the texts and the session are there. */
function Frame({ error, retry, t }: { error?: Error | null; retry?: () => void; t?: Texts }) {
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
