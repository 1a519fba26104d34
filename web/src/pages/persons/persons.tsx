/* Persons: find one by any id; the list of them where the server has one. */
import { useState } from 'react';
import { address, ApiError, get } from '../../api/client';
import type { PersonsPage as PersonsAnswer } from '../../api/coming';
import { Button, Panel, Problem, Select } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp, useScope, type Scope } from '../../hooks/useApp';
import { useDebounced } from '../../hooks/useDebounced';
import { useOffers } from '../../hooks/useOffers';
import { usePages } from '../../hooks/usePages';
import { hrefOf, patch, useUrl, visit, type Changes } from '../../hooks/useUrl';
import { DIMENSIONS } from '../../lib/filters';
import { PERSONS } from '../../lib/texts/persons';
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
  const has = useOffers();
  const listed = has(LIST);
  return (
    <>
      <PageHead title={t.pages.persons} {...(listed && has(LIST, 'from') ? { scope } : {})} compare={false} />
      {session.events === 0 ? <Welcome /> : (
        <>
          {/* A list that can be searched finds one person too. */}
          {!has(LIST, 'q') && <Find />}
          {listed && <List scope={scope} />}
        </>
      )}
    </>
  );
}

/** To a person by an id that is known whole. */
function Find() {
  const { lang } = useApp();
  const words = PERSONS[lang];
  const [id, setId] = useState('');
  const { busy, error, run } = useAction();
  const wanted = id.trim();
  const open = async () => {
    const there = await run(async () => {
      await get(address(`/api/v1/journeys/${encodeURIComponent(wanted)}`, { limit: 1 })).catch((problem: unknown) => {
        throw problem instanceof ApiError && problem.status === 404 ? new Error(words.nobody(wanted)) : problem;
      });
    });
    if (there) visit(hrefOf(`/persons/${encodeURIComponent(wanted)}`));
  };
  return (
    <Panel title={words.find} hint={words.findWhat} testid="find-person">
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted) void open();
        }}
      >
        <input className="input mono grow find-id" type="search" autoComplete="off" spellCheck={false} aria-label={words.id} placeholder={words.id} value={id} data-testid="person-id" onChange={(event) => setId(event.target.value)} />
        <Button kind="main" type="submit" disabled={!wanted || busy} data-testid="person-open">{words.open}</Button>
      </form>
      {error && <Problem error={error} />}
    </Panel>
  );
}

/** Which persons: those of a count, where somebody came from a number. */
function useWhich(scope: Scope) {
  const { params } = useUrl();
  const has = useOffers();
  const of = (name: string) => (has(LIST, name) ? (params.get(name) ?? undefined) : undefined);
  const by = of('by');
  const key = by && has(LIST, 'key') ? params.get('key') : null;
  const metric = of('metric');
  const sort = has(LIST, 'sort') ? (SORTS.find((one) => one === params.get('sort')) ?? 'last_seen') : undefined;
  return { metric, event: of('event'), conversion: metric && metric !== 'persons' ? scope.conversion : undefined, by: key === null ? undefined : by, key, sort };
}

function List({ scope }: { scope: Scope }) {
  const { t, fmt, lang } = useApp();
  const words = PERSONS[lang];
  const has = useOffers();
  const { params } = useUrl();
  const searched = has(LIST, 'q');
  const [text, setText] = useState(params.get('q') ?? '');
  const q = useDebounced(text.trim(), REST_MS);
  const { key, ...which } = useWhich(scope);
  const url = address(LIST, { limit: A_PAGE, ...which, ...(searched ? { q } : {}), ...(has(LIST, 'from') ? scope.query : {}) });
  const pages = usePages<PersonsAnswer>(key === null ? url : `${url}&key=${encodeURIComponent(key)}`);
  const dim = DIMENSIONS.find((one) => one === which.by);
  const chips: { name: string; value: string; off: Changes }[] = [
    ...(which.metric ? [{ name: t.measure, value: which.metric === 'converted' ? t.metrics.converted.name : t.metrics.persons.name, off: { metric: null } }] : []),
    ...(which.event ? [{ name: t.event, value: which.event, off: { event: null } }] : []),
    ...(key !== null ? [{ name: dim ? t.dims[dim] : '', value: key || t.notSet, off: { by: null, key: null } }] : []),
  ];
  return (
    <Panel
      title={words.list} testid="persons"
      note={pages.first.data?.total !== undefined && <span data-testid="persons-total" data-value={pages.first.data.total}>{t.personsCount(pages.first.data.total, fmt.exact(pages.first.data.total))}</span>}
      actions={
        <>
          {which.sort && <Select label={words.sort} showLabel value={which.sort} options={SORTS.map((one) => ({ value: one, label: words.sorts[one] }))} onChange={(one) => patch({ sort: one === 'last_seen' ? null : one })} data-testid="persons-sort" />}
          {searched && <input type="search" className="input" value={text} placeholder={words.id} aria-label={words.id} data-testid="persons-search" onChange={(event) => { setText(event.target.value); patch({ q: event.target.value.trim() || null }, true); }} />}
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
