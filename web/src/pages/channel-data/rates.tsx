import { useRef, useState } from 'react';
import { send } from '../../api/client';
import type { Rate, Rates } from '../../api/types';
import { TextField } from '../../components/field';
import { Table, type Column } from '../../components/table';
import { Async, Button, Empty, IconButton, Panel, Problem } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { refresh, useQuery } from '../../hooks/useQuery';
import { Sure, useWords, wrongAt } from './parts';

const RATES = '/api/v1/rates';
const keyOf = (row: Rate) => `${row.currency} ${row.day}`;

export function RatesPanel() {
  const { t, fmt, session } = useApp();
  const words = useWords();
  const rates = useQuery<Rates>(RATES);
  const [draft, setDraft] = useState<Rate>({ currency: '', day: session.today, rate: '' });
  const [dropping, setDropping] = useState<Rate | null>(null);
  const rateField = useRef<HTMLDivElement>(null);
  const { busy, error, run } = useAction();
  const wrong = wrongAt(error, ['currency', 'day', 'rate']);
  const admin = session.role === 'admin';
  const base = rates.data?.base ?? session.currency;
  const save = () => run(async () => {
    await send<Rate>('PUT', RATES, { currency: draft.currency.trim(), day: draft.day, rate: draft.rate.trim().replace(',', '.') });
    setDraft({ ...draft, rate: '' });
    // A rate changes every amount.
    refresh('/api/');
  });
  const columns: Column<Rate>[] = [
    { key: 'currency', title: words.currency, value: (row) => row.currency, show: (row) => <b>{row.currency}</b> },
    { key: 'day', title: words.fromDay, hint: words.fromDayWhat, value: (row) => row.day, show: (row) => fmt.day(row.day) },
    { key: 'rate', title: words.rateIn(base), numeric: true, value: (row) => Number(row.rate), show: (row) => row.rate },
    ...(admin ? [{ key: 'do', title: t.actions, value: () => null, show: (row: Rate) => <span className="row tight"><IconButton icon="edit" label={words.edit} data-testid="rate-edit" onClick={() => fill(row)} /><IconButton icon="trash" label={t.remove} data-testid="rate-delete" onClick={() => setDropping(row)} /></span> }] : []),
  ];
  const fill = (row: Rate) => {
    setDraft(row);
    rateField.current?.querySelector<HTMLInputElement>('[data-testid="rate-rate"]')?.focus();
  };
  return (
    <Panel title={words.rates} hint={words.ratesWhat} testid="rates" note={words.baseIs(base)}>
      <Async query={rates} height={160}>
        {(data) => (
          <>
            {data.missing.length > 0 && (
              <ul className="notices">
                {data.missing.map((one) => (
                  <li key={one.currency} className="notice" data-testid="rate-missing" data-currency={one.currency}>
                    <span>{words.missing(one.currency, one.rows, fmt.exact(one.rows), fmt.day(one.first_day))}</span>
                    {admin && <Button data-testid="rate-fill" onClick={() => fill({ currency: one.currency, day: one.first_day, rate: '' })}>{words.enterRate}</Button>}
                  </li>
                ))}
              </ul>
            )}
            {admin && (
              <form className="form-row" noValidate onSubmit={(event) => {
                event.preventDefault();
                void save();
              }}>
                <div className="form-row" ref={rateField}>
                  <TextField label={words.currency} value={draft.currency} maxLength={8} placeholder="USD" size={6} onChange={(currency) => setDraft({ ...draft, currency: currency.toUpperCase() })} error={wrong.at('currency')} data-testid="rate-currency" />
                  <TextField label={words.fromDay} type="date" value={draft.day} onChange={(day) => setDraft({ ...draft, day })} error={wrong.at('day')} data-testid="rate-day" />
                  <TextField label={words.oneIs(draft.currency || '…', base)} inputMode="decimal" value={draft.rate} placeholder="41.25" size={12} onChange={(rate) => setDraft({ ...draft, rate })} error={wrong.at('rate')} data-testid="rate-rate" />
                </div>
                <Button kind="main" type="submit" disabled={busy || !draft.currency.trim() || !draft.day || !draft.rate.trim()} data-testid="rate-save">{busy ? t.saving : t.save}</Button>
              </form>
            )}
            {wrong.rest && <Problem error={wrong.rest} />}
            <Table name="rates" testid="rates-table" rowTestid="rate-row" caption={words.rates} columns={columns} rows={data.rates} rowKey={keyOf} empty={<Empty title={words.noRates}><p>{words.noRatesWhat(base)}</p></Empty>} />
          </>
        )}
      </Async>
      {dropping && (
        <Sure title={words.deleteRate(dropping.currency, fmt.day(dropping.day))} what={words.deleteRateWhat} testid="rate-drop" onClose={() => setDropping(null)} act={() => send('DELETE', `${RATES}/${dropping.currency}/${dropping.day}`)} onDone={() => {
          setDropping(null);
          refresh('/api/');
        }} />
      )}
    </Panel>
  );
}
