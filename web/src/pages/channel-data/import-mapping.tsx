/* What the columns of a file mean, and what no column says. */
import { useState } from 'react';
import { send } from '../../api/client';
import type { AdDefaults, AdImport, AdPreview } from '../../api/types';
import { Field, TextField } from '../../components/field';
import { Button, Problem } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { kindOf } from '../../lib/ads';
import { useWords, wrongAt } from './parts';

interface Default { name: Exclude<keyof AdDefaults, 'date_order'>; field: string; of?: 'campaigns' | 'days' }

/** What is asked for once when no column is mapped to `field`; of campaigns as a whole, or of days alone. */
const DEFAULTS: Default[] = [
  { name: 'source', field: 'source', of: 'days' },
  { name: 'account', field: 'account_id', of: 'days' },
  { name: 'currency', field: 'currency' },
  { name: 'channel', field: 'channel' },
  { name: 'campaign_name', field: 'campaign_name', of: 'days' },
  { name: 'campaign_id', field: 'campaign_id', of: 'days' },
  { name: 'placement', field: 'placement', of: 'days' },
  { name: 'country', field: 'country', of: 'days' },
];

export function Mapping({ id, preview, admin, onStarted }: { id: string; preview: AdPreview; admin: boolean; onStarted: () => void }) {
  const { t } = useApp();
  const words = useWords();
  const { busy, error, run } = useAction();
  const [fields, setFields] = useState<string[]>(() => preview.columns.map((one) => one.field ?? ''));
  const [defaults, setDefaults] = useState<AdDefaults>(preview.defaults);
  const title = (name: string) => words.fields[name as 'date'] ?? preview.fields.find((one) => one.name === name)?.title ?? name;
  const twice = (at: number) => fields[at] !== '' && fields.some((one, place) => place !== at && one === fields[at]);
  const changed = fields.some((one, at) => one !== (preview.columns[at]?.field ?? ''));
  const kind = changed ? kindOf(fields) : (preview.kind ?? kindOf(fields));
  const asked = DEFAULTS.filter((one) => !fields.includes(one.field) && (!one.of || one.of === kind) && !((one.name === 'campaign_name' || one.name === 'campaign_id') && (fields.includes('campaign_name') || fields.includes('campaign_id'))));
  const dated = preview.columns.some((one, at) => fields[at] === 'date' && one.type !== 'empty');
  const wrong = wrongAt(error, ['mapping', 'defaults.date_order', ...asked.map((one) => `defaults.${one.name}`)]);
  const start = async () => {
    const mapping = Object.fromEntries(preview.columns.map((one, at) => [one.name, fields[at] || null]));
    const given = Object.fromEntries(Object.entries(defaults).filter(([name, value]) => value && (name === 'date_order' || asked.some((one) => one.name === name))));
    if (await run(async () => void (await send<AdImport>('POST', `/api/v1/ad-imports/${id}/start`, { mapping, defaults: given })))) onStarted();
  };
  const usual = (one: Default) => one.name === 'source' || one.name === 'currency' || one.name === (kind === 'days' ? 'campaign_name' : 'channel');
  const other = asked.filter((one) => !usual(one));
  const field = (one: Default) => (
    <TextField
      key={one.name} label={title(one.field)} help={words.defaultHelp[one.name]} value={defaults[one.name] ?? ''} error={wrong.at(`defaults.${one.name}`)} data-testid={`default-${one.name}`}
      onChange={(value) => setDefaults({ ...defaults, [one.name]: one.name === 'currency' ? value.toUpperCase() : value })}
    />
  );
  return (
    <form className="form wide" noValidate onSubmit={(event) => {
      event.preventDefault();
      void start();
    }}>
      <p>{words.kindsOf[kind]} <span className="faint">{words.separators[preview.separator]}</span> {preview.remembered && <span className="good" data-testid="ad-remembered">{words.remembered}</span>}</p>
      {!changed && preview.problems.length > 0 && (
        <div className="notice" role="status" data-testid="ad-problems"><span><b>{words.problems}</b><ul className="bullets">{preview.problems.map((one) => <li key={one}>{one}</li>)}</ul></span></div>
      )}
      <div className="table-scroll" tabIndex={0} role="region" aria-label={words.columns}>
        <table className="mapping" data-testid="ad-columns">
          <thead><tr><th>{words.column}</th><th>{words.means}</th><th>{words.samples}</th><th>{words.type}</th></tr></thead>
          <tbody>
            {preview.columns.map((one, at) => (
              <tr key={one.name} data-testid="ad-column" data-key={one.name} className={twice(at) ? 'wrong' : ''}>
                <td><b>{one.name}</b></td>
                <td>
                  {admin ? (
                    <select className="input" value={fields[at]} aria-label={words.meansOf(one.name)} data-testid="ad-field" onChange={(event) => setFields(fields.map((field, place) => (place === at ? event.target.value : field)))}>
                      <option value="">{words.leftOut}</option>
                      {preview.fields.map((field) => <option key={field.name} value={field.name} disabled={fields.includes(field.name) && fields[at] !== field.name}>{title(field.name)}</option>)}
                    </select>
                  ) : fields[at] ? title(fields[at]) : words.leftOut}
                  {twice(at) && <span className="bad small"> {words.twice}</span>}
                </td>
                <td className="faint"><span className="clip" title={one.samples.join('\n')}>{one.samples.join(' · ') || '—'}</span></td>
                <td className="faint">{words.columnTypes[one.type]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {wrong.at('mapping') && <p className="bad" role="alert" data-testid="field-error">{wrong.at('mapping')}</p>}
      {(asked.some(usual) || dated) && (
        <fieldset className="form-grid" disabled={!admin}>
          <legend>{words.defaultsTitle}</legend>
          {asked.filter(usual).map(field)}
          {dated && (
            <Field label={words.dateOrder} help={words.dateOrderWhat} error={wrong.at('defaults.date_order')}>
              <select className="input" value={defaults.date_order ?? ''} data-testid="default-date_order" onChange={(event) => {
                const rest = { ...defaults };
                delete rest.date_order;
                setDefaults(event.target.value ? { ...rest, date_order: event.target.value as 'day_first' } : rest);
              }}>
                <option value="">{words.dateOrders.guessed}</option>
                <option value="day_first">{words.dateOrders.day_first}</option>
                <option value="month_first">{words.dateOrders.month_first}</option>
              </select>
            </Field>
          )}
        </fieldset>
      )}
      {other.length > 0 && <details open={other.some((one) => defaults[one.name] || wrong.at(`defaults.${one.name}`)) || undefined}><summary>{words.moreFields(other.length)}</summary><fieldset className="form-grid" disabled={!admin}>{other.map(field)}</fieldset></details>}
      <details open={preview.columns.length <= 8 || undefined}>
        <summary>{words.firstRows(preview.rows.length)}</summary>
        <div className="table-scroll" tabIndex={0} role="region" aria-label={words.firstRows(preview.rows.length)}>
          <table data-testid="ad-rows">
            <thead><tr>{preview.columns.map((one) => <th key={one.name}>{one.name}</th>)}</tr></thead>
            <tbody>{preview.rows.map((row, at) => <tr key={at}>{row.map((cell, place) => <td key={place}><span className="clip" title={cell}>{cell}</span></td>)}</tr>)}</tbody>
          </table>
        </div>
      </details>
      {wrong.rest && <Problem error={wrong.rest} />}
      {admin && (
        <div className="row end">
          {changed && <Button onClick={() => setFields(preview.columns.map((one) => one.field ?? ''))}>{t.discard}</Button>}
          <Button kind="main" type="submit" disabled={busy || fields.some((_, at) => twice(at))} data-testid="ad-start">{busy ? t.saving : words.start}</Button>
        </div>
      )}
    </form>
  );
}
