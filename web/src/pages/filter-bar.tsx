import { lazy, Suspense, useState } from 'react';
import { address } from '../api/client';
import type { Segments, Values } from '../api/types';
import { Combobox } from '../components/combobox';
import { Button, Dot, Popover, Select, Skeleton } from '../components/ui';
import { clearFilters, setFilters, useApp, type Scope } from '../hooks/useApp';
import { useDebounced } from '../hooks/useDebounced';
import { useQuery } from '../hooks/useQuery';
import { patch } from '../hooks/useUrl';
import { channelColor } from '../lib/color';
import { DIMENSIONS, OPERATORS, type Dimension, type Filter, type Operator } from '../lib/filters';

const SegmentPicker = lazy(() => import('./segments/picker').then((part) => ({ default: part.SegmentPicker })));

/** Whose numbers they are: the segment and the filters of the page as chips. */
export function FilterChips({ scope }: { scope: Scope }) {
  const { t } = useApp();
  const { filters, segment } = scope;
  const segments = useQuery<Segments>(segment ? '/api/v1/segments' : null);
  if (!filters.length && !segment) return null;
  return (
    <ul className="chips" data-testid="filters">
      {segment && (
        <li className="chip" data-testid="segment-chip">
          <span>{t.segment} <b>{segments.data?.segments.find((one) => String(one.id) === segment)?.name ?? segment}</b></span>
          <button type="button" aria-label={t.removeFilter} title={t.removeFilter} onClick={() => patch({ segment: null })}>×</button>
        </li>
      )}
      {filters.map((filter, index) => (
        <li key={index} className="chip" data-testid="filter-chip">
          {filter.dim === 'platform' && <Dot color={channelColor(filter.value)} />}
          <span>{t.dims[filter.dim]} {t.ops[filter.op]} <b>{filter.value || t.notSet}</b></span>
          <button type="button" aria-label={t.removeFilter} title={t.removeFilter} onClick={() => setFilters(filters.filter((one) => one !== filter))}>×</button>
        </li>
      ))}
      <li><Button kind="quiet" onClick={clearFilters}>{t.clearFilters}</Button></li>
    </ul>
  );
}

export function AddSegment({ scope }: { scope: Scope }) {
  const { t } = useApp();
  return (
    <Popover label={t.segment} button={(props) => <Button icon="segment" data-testid="add-segment" {...props}>{t.segment}</Button>}>
      {(close) => <Suspense fallback={<Skeleton height={64} />}><SegmentPicker scope={scope} onDone={close} /></Suspense>}
    </Popover>
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
  const { t } = useApp();
  const [dim, setDim] = useState<Dimension>('platform');
  const [op, setOp] = useState<Operator>('is');
  const [value, setValue] = useState<string | null>(null);
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
      <FilterValue dim={dim} value={value} onChange={setValue} testid="filter-value" />
      <Button kind="main" type="submit" disabled={value === null} data-testid="filter-apply">{t.apply}</Button>
    </form>
  );
}

/** A value of a dimension, of those that there are or as it is typed; null: none chosen. */
export function FilterValue({ dim, value, onChange, testid }: { dim: Dimension; value: string | null; onChange: (value: string) => void; testid: string }) {
  const { t, fmt } = useApp();
  const [text, setText] = useState('');
  const searched = useDebounced(text, 200);
  const values = useQuery<Values>(address('/api/v1/values', { dim, q: searched }));
  const options = (values.data?.values ?? []).map((one) => ({ value: one.value, label: one.value || t.notSet, note: fmt.short(one.events) }));
  return <Combobox label={t.value} value={value ?? ''} options={options} onChange={onChange} onSearch={setText} free placeholder={value === '' ? t.notSet : t.value} testid={testid} />;
}
