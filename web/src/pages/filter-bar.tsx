import { useState } from 'react';
import { address } from '../api/client';
import type { Values } from '../api/types';
import { Combobox } from '../components/combobox';
import { Button, Dot, Popover, Select } from '../components/ui';
import { setFilters, useApp, type Scope } from '../hooks/useApp';
import { useDebounced } from '../hooks/useDebounced';
import { useQuery } from '../hooks/useQuery';
import { channelColor } from '../lib/color';
import { DIMENSIONS, OPERATORS, type Dimension, type Filter, type Operator } from '../lib/filters';

/** The filters of the page as chips, and a button that adds one. */
export function FilterChips({ scope }: { scope: Scope }) {
  const { t } = useApp();
  const { filters } = scope;
  if (!filters.length) return null;
  return (
    <ul className="chips" data-testid="filters">
      {filters.map((filter, index) => (
        <li key={index} className="chip" data-testid="filter-chip">
          {filter.dim === 'platform' && <Dot color={channelColor(filter.value)} />}
          <span>{t.dims[filter.dim]} {t.ops[filter.op]} <b>{filter.value || t.notSet}</b></span>
          <button type="button" aria-label={t.removeFilter} title={t.removeFilter} onClick={() => setFilters(filters.filter((one) => one !== filter))}>×</button>
        </li>
      ))}
      <li><Button kind="quiet" onClick={() => setFilters([])}>{t.clearFilters}</Button></li>
    </ul>
  );
}

export function AddFilter({ scope }: { scope: Scope }) {
  const { t } = useApp();
  return (
    <Popover label={t.addFilter} button={(props) => <Button icon="filter" data-testid="add-filter" {...props}>{t.filter}</Button>}>
      {(close) => (
        <FilterForm
          onDone={(filter) => {
            setFilters([...scope.filters, filter]);
            close();
          }}
        />
      )}
    </Popover>
  );
}

function FilterForm({ onDone }: { onDone: (filter: Filter) => void }) {
  const { t, fmt } = useApp();
  const [dim, setDim] = useState<Dimension>('platform');
  const [op, setOp] = useState<Operator>('is');
  const [value, setValue] = useState<string | null>(null);
  const [text, setText] = useState('');
  const searched = useDebounced(text, 200);
  const values = useQuery<Values>(address('/api/v1/values', { dim, q: searched }));
  const options = (values.data?.values ?? []).map((one) => ({ value: one.value, label: one.value || t.notSet, note: fmt.short(one.events) }));
  return (
    <form
      className="filter-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (value !== null) onDone({ dim, op, value });
      }}
    >
      <Select
        label={t.dimension}
        value={dim}
        options={DIMENSIONS.map((one) => ({ value: one, label: t.dims[one] }))}
        data-testid="filter-dim"
        onChange={(next) => {
          setDim(next);
          setValue(null);
        }}
      />
      <Select label={t.operator} value={op} options={OPERATORS.map((one) => ({ value: one, label: t.ops[one] }))} onChange={setOp} data-testid="filter-op" />
      <Combobox label={t.value} value={value ?? ''} options={options} onChange={setValue} onSearch={setText} free testid="filter-value" />
      <Button kind="main" type="submit" disabled={value === null} data-testid="filter-apply">{t.apply}</Button>
    </form>
  );
}
