import { useState } from 'react';
import { ApiError, send } from '../api/client';
import { setLang } from '../hooks/useApp';
import type { Lang, Texts } from '../lib/texts';

/** Paste a token once; from then on a cookie speaks for the browser. */
export function Login({ lang, t, onDone }: { lang: Lang; t: Texts; onDone: () => void }) {
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    setProblem('');
    try {
      await send('POST', '/api/v1/login', { token: token.trim() });
      onDone();
    } catch (error) {
      setProblem(error instanceof ApiError && error.status !== 0 ? (error.status === 401 ? t.wrongToken : error.message) : t.networkError);
    }
    setBusy(false);
  };
  return (
    <main className="login" data-testid="login">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div className="brand"><svg viewBox="0 0 16 16" aria-hidden="true"><rect width="16" height="16" rx="3" /><path d="M4 12V8M8 12V4M12 12V6" /></svg><span>Demetra</span></div>
        <h1>{t.signIn}</h1>
        {new URLSearchParams(location.search).get('link') === 'used' && <p className="bad" role="status" data-testid="link-used">{t.linkUsed}</p>}
        <p>{t.signInHow}</p>
        <label>
          {t.token}
          <input className="input" type="password" autoComplete="current-password" autoFocus value={token} data-testid="login-token" aria-invalid={!!problem} onChange={(event) => setToken(event.target.value)} />
        </label>
        {problem && <p className="bad" role="alert">{problem}</p>}
        <button type="submit" className="button main" disabled={!token.trim() || busy} data-testid="login-submit">{t.signIn}</button>
        <p className="faint">{t.signInLost}</p>
        <button type="button" className="button quiet" onClick={() => setLang(lang === 'en' ? 'ru' : 'en')}>{lang === 'en' ? 'Русский' : 'English'}</button>
      </form>
    </main>
  );
}
