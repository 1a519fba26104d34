/* A connection's settings, as its adapter asks for them. */
import { useState } from 'react';
import { send } from '../../api/client';
import type { Adapter, AdapterSetting, Connection } from '../../api/types';
import { TextField } from '../../components/field';
import { Button, Dialog, Problem } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { refresh } from '../../hooks/useQuery';
import { fits } from '../../lib/ads';
import { useWords, wrongAt } from './parts';

const CONNECTIONS = '/api/v1/connections';

type Values = Record<string, string>;

export function ConnectionForm({ adapter, title, saved, onClose }: { adapter: Adapter; title: string; saved: Connection | null; onClose: () => void }) {
  const { t } = useApp();
  const words = useWords();
  const { busy, error, run } = useAction();
  const [name, setName] = useState(saved?.name ?? title);
  const [values, setValues] = useState<Values>(() => Object.fromEntries(adapter.settings.map((one) => [one.name, saved?.settings[one.name] ?? ''])));
  const [tried, setTried] = useState(false);

  const set = (setting: AdapterSetting) => saved?.secrets.includes(setting.name) ?? false;
  const lacking = (setting: AdapterSetting): string | undefined => {
    const value = (values[setting.name] ?? '').trim();
    if (value === '') return setting.optional || setting.fallback || set(setting) ? undefined : words.needed;
    return fits(setting.pattern, value) ? undefined : words.wrongForm(setting.fallback);
  };
  const wrong = wrongAt(error, ['name', ...adapter.settings.map((one) => `settings.${one.name}`)]);
  const ready = name.trim() !== '' && adapter.settings.every((one) => !lacking(one));
  const save = async () => {
    setTried(true);
    if (!ready) return;
    const given = adapter.settings.filter((one) => {
      const value = (values[one.name] ?? '').trim();
      // A secret that is left empty stays; what else was emptied is taken out.
      return value !== '' || (saved !== null && !one.secret && (saved.settings[one.name] ?? '') !== '');
    }).filter((one) => saved === null || (values[one.name] ?? '').trim() !== (saved.settings[one.name] ?? ''));
    const settings = Object.fromEntries(given.map((one) => [one.name, (values[one.name] ?? '').trim()]));
    const done = await run(async () => {
      if (saved) await send<Connection>('PUT', `${CONNECTIONS}/${saved.id}`, { name: name.trim(), ...(given.length ? { settings } : {}) });
      else await send<Connection>('POST', CONNECTIONS, { adapter: adapter.name, name: name.trim(), settings });
    });
    if (!done) return;
    refresh(CONNECTIONS);
    onClose();
  };

  const field = (one: AdapterSetting) => (
    <Setting
      key={one.name} setting={one} value={values[one.name] ?? ''} kept={set(one)} onChange={(value) => setValues({ ...values, [one.name]: value })}
      error={wrong.at(`settings.${one.name}`) ?? (tried || (values[one.name] ?? '') !== '' ? lacking(one) : undefined)}
    />
  );
  const usual = adapter.settings.filter((one) => !one.optional);
  const other = adapter.settings.filter((one) => one.optional);
  return (
    <Dialog side title={saved ? saved.name : words.connectTo(title)} onClose={onClose} testid="connection-form">
      <form className="form" noValidate onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}>
        <TextField label={t.name} help={words.nameWhat} value={name} maxLength={100} onChange={setName} error={wrong.at('name') ?? (tried && name.trim() === '' ? words.needed : undefined)} data-testid="connection-name" />
        {usual.map(field)}
        {other.length > 0 && <details open={other.some((one) => (values[one.name] ?? '') !== '' || wrong.at(`settings.${one.name}`)) || undefined}><summary>{words.moreSettings(other.length)}</summary><div className="form">{other.map(field)}</div></details>}
        {wrong.rest && <Problem error={wrong.rest} />}
        <p className="faint small">{words.secretsWhat}</p>
        <div className="row end"><Button onClick={onClose}>{t.cancel}</Button><Button kind="main" type="submit" disabled={busy} data-testid="connection-save">{busy ? t.saving : saved ? t.save : words.connect}</Button></div>
      </form>
    </Dialog>
  );
}

function Setting({ setting, value, kept, error, onChange }: { setting: AdapterSetting; value: string; kept: boolean; error: string | undefined; onChange: (value: string) => void }) {
  const { lang } = useApp();
  const words = useWords();
  const title = (lang === 'ru' ? setting.title_ru : setting.title) || setting.title || setting.name;
  const help = (lang === 'ru' ? setting.help_ru : setting.help) || setting.help;
  return (
    <TextField
      label={title} help={help} value={value} error={error} onChange={onChange} data-testid={`setting-${setting.name}`}
      type={setting.secret ? 'password' : 'text'} autoComplete={setting.secret ? 'new-password' : 'off'}
      placeholder={kept ? words.secretKept : setting.fallback}
    />
  );
}
