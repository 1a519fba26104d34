/* Persons: all of them, those of a count, one by any id. */
import { useState } from 'react';
import { address } from '../../api/client';
import type { Persons } from '../../api/types';
import { Panel, Select } from '../../components/ui';
import { useApp, useScope, type Scope } from '../../hooks/useApp';
import { useDebounced } from '../../hooks/useDebounced';
import { usePages } from '../../hooks/usePages';
import { patch, useUrl, type Changes } from '../../hooks/useUrl';
import { DIMENSIONS } from '../../lib/filters';
import { PERSONS } from '../../lib/texts/persons';
import { SaveCohort } from '../segments/save-cohort';
import { PageHead, Welcome } from '../shell';
import { OnePerson } from './person';
import { PersonList } from './person-list';

const LIST = '/api/v1/persons';
const A_PAGE = 100;
const REST_MS = 200;
const SORTS = ['last_seen', 'revenue', 'place'] as const;

export const PersonsPage = ({ rest }: { rest: string }) => (rest ? <OnePerson key={rest} id={rest} /> : <Everyone />);

function Everyone() {
  const { t, session } = useApp();
  const scope = useScope();
  return (
    <>
      <PageHead title={t.pages.persons} scope={scope} compare={false} />
      {session.events === 0 ? <Welcome /> : <List scope={scope} />}
    </>
  );
}

/** Which persons: those of a count, where somebody came from a number. */
function useWhich(scope: Scope) {
  const { params } = useUrl();
  const of = (name: string) => params.get(name) ?? undefined;
  const by = of('by');
  const key = by ? params.get('key') : null;
  const metric = of('metric');
  const sort = SORTS.find((one) => one === params.get('sort')) ?? 'last_seen';
  return { metric, event: of('event'), conversion: metric && metric !== 'persons' ? scope.conversion : undefined, by: key === null ? undefined : by, key, sort };
}

function List({ scope }: { scope: Scope }) {
  const { t, fmt, lang } = useApp();
  const words = PERSONS[lang];
  const { params } = useUrl();
  const [text, setText] = useState(params.get('q') ?? '');
  const q = useDebounced(text.trim(), REST_MS);
  const { key, ...which } = useWhich(scope);
  const list = address(LIST, { limit: A_PAGE, ...which, q, ...scope.query });
  const url = key === null ? list : `${list}&key=${encodeURIComponent(key)}`;
  const pages = usePages<Persons>(url);
  const total = pages.first.data?.total;
  const dim = DIMENSIONS.find((one) => one === which.by);
  const chips: { name: string; value: string; off: Changes }[] = [
    ...(which.metric ? [{ name: t.measure, value: which.metric === 'converted' ? t.metrics.converted.name : t.metrics.persons.name, off: { metric: null } }] : []),
    ...(which.event ? [{ name: t.event, value: which.event, off: { event: null } }] : []),
    ...(key !== null ? [{ name: dim ? t.dims[dim] : '', value: key || t.notSet, off: { by: null, key: null } }] : []),
  ];
  return (
    <Panel
      title={words.list} testid="persons"
      note={total !== undefined && <span data-testid="persons-total" data-value={total}>{t.personsCount(total, fmt.exact(total))}</span>}
      actions={
        <>
          <SaveCohort url={url} total={pages.first.stale ? 0 : (total ?? 0)} />
          <Select label={words.sort} showLabel value={which.sort} options={SORTS.map((one) => ({ value: one, label: words.sorts[one] }))} onChange={(one) => patch({ sort: one === 'last_seen' ? null : one })} data-testid="persons-sort" />
          <input type="search" className="input persons-search" value={text} placeholder={words.id} aria-label={words.id} data-testid="persons-search" onChange={(event) => { setText(event.target.value); patch({ q: event.target.value.trim() || null }, true); }} />
        </>
      }
    >
      {chips.length > 0 && (
        <ul className="chips">
          {chips.map(({ name, value, off }) => <li key={name} className="chip" data-testid="persons-of"><span>{name} <b>{value}</b></span><button type="button" aria-label={t.removeFilter} onClick={() => patch(off)}>×</button></li>)}
        </ul>
      )}
      <PersonList pages={pages} />
    </Panel>
  );
}
