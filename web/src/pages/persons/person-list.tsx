import type { PersonRow, Persons } from '../../api/types';
import { Table, type Column } from '../../components/table';
import { Async, Button, Dot, Empty, Link, Problem } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import type { Pages } from '../../hooks/usePages';
import { hrefOf } from '../../hooks/useUrl';
import { channelColor } from '../../lib/color';
import { PERSONS } from '../../lib/texts/persons';

/** Persons, page by page, each open to everything that is known of them. */
export function PersonList({ pages }: { pages: Pages<Persons> }) {
  const { t, fmt, lang } = useApp();
  const words = PERSONS[lang];
  const columns: Column<PersonRow>[] = [
    { key: 'person', title: t.personWord, value: (row) => row.person, show: (row) => <Link className="mono" href={hrefOf(`/persons/${encodeURIComponent(row.person)}`)}>{row.person}</Link> },
    { key: 'platform', title: t.dims.platform, value: (row) => row.platform, show: (row) => <><Dot color={channelColor(row.platform)} />{row.platform || t.notSet}</> },
    { key: 'first', title: words.first, value: (row) => row.first_at, show: (row) => fmt.instant(row.first_at) },
    { key: 'last', title: words.last, value: (row) => row.last_at, show: (row) => fmt.instant(row.last_at) },
    { key: 'events', title: t.metrics.events.name, numeric: true, value: (row) => row.events, show: (row) => fmt.exact(row.events) },
    { key: 'revenue', title: t.metrics.revenue.name, numeric: true, value: (row) => row.revenue / fmt.minorPerUnit, show: (row) => fmt.moneyExact(row.revenue) },
  ];
  return (
    <Async query={pages.first} height={480}>
      {(data) => (
        <>
          <Table name="persons" testid="persons-table" rowTestid="person-row" caption={words.list} columns={columns} rows={[data, ...pages.more].flatMap((page) => page.persons)} rowKey={(row) => row.person} searchable={false} empty={<Empty title={t.nothingFound} />} />
          {pages.error && <Problem error={pages.error} retry={pages.loadNext} />}
          {pages.hasNext && <div className="row"><Button onClick={pages.loadNext} data-testid="persons-more">{words.more}</Button></div>}
        </>
      )}
    </Async>
  );
}
