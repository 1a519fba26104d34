/* A segment as it is made and changed: its name and its conditions. */
import { useState, type ReactNode } from 'react';
import { send } from '../../api/client';
import type { Names, SegmentCondition as Condition, SegmentDefinition as Definition, SegmentNow } from '../../api/types';
import { Combobox } from '../../components/combobox';
import { Button, Dialog, IconButton, Problem, Segmented, Select } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { load, refresh, useQuery } from '../../hooks/useQuery';
import { patch } from '../../hooks/useUrl';
import { DIMENSIONS, filterText, OPERATORS, parseFilter, type Filter } from '../../lib/filters';
import { ANY_EVENT, emptyDefinition, saying, sayingOf, SAYINGS, usualDays, within } from '../../lib/segments';
import { SEGMENTS } from '../../lib/texts/segments';
import { FilterValue } from '../filter-bar';

const LIST = '/api/v1/segments';
const MOST_CONDITIONS = 20;

export function Editor({ saved, onClose }: { saved: SegmentNow | null; onClose: () => void }) {
  const { t, fmt, lang } = useApp();
  const words = SEGMENTS[lang];
  const [name, setName] = useState(saved?.name ?? '');
  const [definition, setDefinition] = useState<Definition>(saved?.definition ?? emptyDefinition());
  const [counted, setCounted] = useState<SegmentNow | null>(saved);
  const [dropping, setDropping] = useState(false);
  const { busy, error, run } = useAction();
  const cohort = counted?.kind === 'cohort';
  const changed = counted === null || name.trim() !== counted.name || (!cohort && JSON.stringify(definition) !== JSON.stringify(counted.definition));
  const ready = name.trim() !== '' && (cohort || definition.conditions.length > 0) && changed && !busy;
  const save = () => run(async () => {
    const body = { name: name.trim(), ...(cohort ? {} : { definition }) };
    const now = counted ? await send<SegmentNow>('PUT', `${LIST}/${counted.id}`, body) : await send<SegmentNow>('POST', LIST, { ...body, kind: 'filter' });
    setCounted(now);
    setName(now.name);
    if (now.definition) setDefinition(now.definition);
    // Every number of a page may be of this segment.
    refresh('/api/v1/');
    if (!counted) patch({ edit: String(now.id) }, true);
  });
  const drop = async () => {
    if (!counted || !(await run(() => send('DELETE', `${LIST}/${counted.id}`)))) return;
    onClose();
    patch({ segment: null }, true);
    // The list alone: its row would ask for what is gone.
    load(LIST);
  };
  return (
    <Dialog side testid="segment-editor" title={counted?.name ?? words.make} onClose={onClose}>
      <form
        className="segment-form" noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void save();
        }}
      >
        <label className="select"><span className="select-label">{words.named}</span><input className="input grow" value={name} maxLength={200} autoComplete="off" data-testid="segment-name" onChange={(event) => setName(event.target.value)} /></label>
        {cohort ? <p className="faint">{words.cohortOf(fmt.exact(counted.listed ?? 0))}</p> : <Conditions definition={definition} onChange={setDefinition} />}
        {error && <Problem error={error} />}
        <div className="row">
          <p className="grow" data-testid="segment-holds" data-value={changed ? undefined : counted.persons}>
            {changed ? <span className="faint">{words.unsaved}</span> : <b>{words.holds(counted.persons, fmt.exact(counted.persons), fmt.exact(counted.events))}</b>}
          </p>
          {counted && <Button icon="trash" data-testid="segment-delete" onClick={() => setDropping(true)}>{t.remove}</Button>}
          <Button kind="main" type="submit" disabled={!ready} data-testid="segment-save">{busy ? t.saving : t.save}</Button>
        </div>
      </form>
      {dropping && counted && (
        <Dialog title={words.deleteTitle(counted.name)} onClose={() => setDropping(false)} testid="segment-drop">
          <p>{words.deleteWhat}</p>
          {error && <Problem error={error} />}
          <div className="row end"><Button onClick={() => setDropping(false)}>{t.cancel}</Button><Button kind="danger" disabled={busy} data-testid="segment-delete-confirm" onClick={() => void drop()}>{t.remove}</Button></div>
        </Dialog>
      )}
    </Dialog>
  );
}

function Conditions({ definition, onChange }: { definition: Definition; onChange: (next: Definition) => void }) {
  const { fmt, lang } = useApp();
  const words = SEGMENTS[lang];
  const names = useQuery<Names>('/api/v1/names');
  const events = [{ value: ANY_EVENT, label: words.anyEvent }, ...(names.data?.names ?? []).map((one) => ({ value: one.name, label: one.name, note: fmt.short(one.events) }))];
  const { match, conditions } = definition;
  const set = (next: Condition[]) => onChange({ match, conditions: next });
  return (
    <>
      <div className="select"><span className="select-label">{words.match}</span><Segmented label={words.match} value={match} options={(['all', 'any'] as const).map((one) => ({ value: one, label: words.matches[one] }))} onChange={(one) => onChange({ match: one, conditions })} /></div>
      <ol className="conditions">
        {conditions.map((condition, at) => (
          <li key={at} data-testid="condition">
            <OneCondition condition={condition} name={words.condition(at + 1)} events={events} onChange={(next) => set(conditions.map((one, place) => (place === at ? next : one)))} />
            <IconButton icon="close" label={words.removeCondition} onClick={() => set(conditions.filter((_, place) => place !== at))} />
          </li>
        ))}
      </ol>
      <div className="row"><Button icon="plus" disabled={conditions.length >= MOST_CONDITIONS} data-testid="condition-add" onClick={() => set([...conditions, saying(null, 'event')])}>{words.add}</Button></div>
    </>
  );
}

interface ConditionProps { condition: Condition; name: string; events: { value: string; label: string }[]; onChange: (next: Condition) => void }

function OneCondition({ condition, name, events, onChange }: ConditionProps) {
  const { lang } = useApp();
  const words = SEGMENTS[lang];
  const said = sayingOf(condition);
  if (said === null) return <div className="condition"><span className="faint">{condition.kind === 'persons' ? words.listed(condition.persons?.length ?? 0) : words.group(condition.conditions?.length ?? 0)}</span></div>;
  const filters = (condition.filter ?? []).map(parseFilter).filter((one) => one !== null);
  const set = (next: Filter[]) => onChange({ ...condition, filter: next.map(filterText) });
  const event = condition.kind === 'event';
  return (
    <div className="condition">
      <Select label={name} value={said} options={SAYINGS.map((one) => ({ value: one, label: words.sayings[one] }))} onChange={(one) => onChange(saying(condition, one))} data-testid="condition-says" />
      {event && <Did condition={condition} events={events} onChange={onChange} />}
      {filters.map((filter, at) => (
        <FilterLine
          key={at} filter={filter} before={at > 0 ? words.andWhere : event ? words.where : ''} onChange={(next) => set(filters.map((one, place) => (place === at ? next : one)))}
          onRemove={event || filters.length > 1 ? () => set(filters.filter((_, place) => place !== at)) : undefined}
        />
      ))}
      {event && <Button kind="quiet" icon="plus" title={words.addTouchWhat} data-testid="condition-touch" onClick={() => set([...filters, { dim: 'platform', op: 'is', value: '' }])}>{filters.length ? words.andWhere : words.addTouch}</Button>}
    </div>
  );
}

/** An event so many times, so long ago. */
function Did({ condition, events, onChange }: Omit<ConditionProps, 'name'>) {
  const { t, lang } = useApp();
  const words = SEGMENTS[lang];
  const least = condition.at_least ?? 1;
  const dated = Boolean(condition.from ?? condition.to);
  const whole = (text: string) => Math.max(1, Math.min(1_000_000, Math.round(Number(text)) || 1));
  const kept = (text: ReactNode, off: Condition) => <span className="chip"><span>{text}</span><button type="button" aria-label={t.removeFilter} onClick={() => onChange(off)}>×</button></span>;
  return (
    <>
      <div className="event-field"><Combobox label={t.event} value={condition.event ?? ANY_EVENT} options={events} testid="condition-event" onChange={(event) => onChange({ ...condition, event })} /></div>
      <label className="row tight">{words.times}<input className="input count" type="number" min={1} value={least} data-testid="condition-times" onChange={(event) => onChange({ ...condition, at_least: whole(event.target.value) })} />{words.timesAfter(least)}</label>
      {condition.at_most != null && kept(words.atMost(condition.at_most), { ...condition, at_most: null })}
      {dated ? kept(words.dates(condition.from ?? '', condition.to ?? ''), within(condition, null)) : (
        <>
          <Select label={words.when} value={condition.last_days == null ? 'ever' : 'last'} options={[{ value: 'ever', label: words.ever }, { value: 'last', label: words.lastDays }]} onChange={(one) => onChange(within(condition, one === 'ever' ? null : usualDays(condition)))} data-testid="condition-when" />
          {condition.last_days != null && <label className="row tight"><input className="input count" type="number" min={1} aria-label={words.lastDays} value={condition.last_days} data-testid="condition-days" onChange={(event) => onChange(within(condition, whole(event.target.value)))} />{words.daysAfter(condition.last_days)}</label>}
        </>
      )}
    </>
  );
}

function FilterLine({ filter, before, onChange, onRemove }: { filter: Filter; before: string; onChange: (next: Filter) => void; onRemove: (() => void) | undefined }) {
  const { t } = useApp();
  return (
    <div className="filter-line" data-testid="condition-filter">
      {before && <span className="faint">{before}</span>}
      <Select label={t.dimension} value={filter.dim} options={DIMENSIONS.map((one) => ({ value: one, label: t.dims[one] }))} onChange={(dim) => onChange({ ...filter, dim, value: '' })} data-testid="condition-dim" />
      <Select label={t.operator} value={filter.op} options={OPERATORS.map((one) => ({ value: one, label: t.ops[one] }))} onChange={(op) => onChange({ ...filter, op })} data-testid="condition-op" />
      <div className="event-field"><FilterValue dim={filter.dim} value={filter.value} onChange={(value) => onChange({ ...filter, value })} testid="condition-value" /></div>
      {onRemove && <button type="button" className="x" aria-label={t.removeFilter} onClick={onRemove}>×</button>}
    </div>
  );
}
