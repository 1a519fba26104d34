/* The persons behind one number of the funnel. */
import { address } from '../../api/client';
import type { FunnelPerson, FunnelPersons } from '../../api/types';
import { Table, type Column } from '../../components/table';
import { Async, Button, Dialog, Empty, Link, Problem } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import { usePages } from '../../hooks/usePages';
import { hrefOf, patch } from '../../hooks/useUrl';
import { FUNNEL } from '../../lib/texts/funnel';
import { SaveCohort } from '../segments/save-cohort';
import type { wire } from './question';
import { parseWho } from './who';

export function FunnelPeople({ who: text, asked, steps }: { who: string; asked: ReturnType<typeof wire>; steps: string[] }) {
  const { t, fmt, lang } = useApp();
  const words = FUNNEL[lang];
  const who = parseWho(text, steps.length);
  const url = who && address('/api/v1/funnel/persons', { ...asked, [who.kind]: who.step, limit: 100 }) + (who.key === undefined ? '' : `&key=${encodeURIComponent(who.key)}`);
  const pages = usePages<FunnelPersons>(url);
  if (!who || !url) return null;
  const name = steps[who.step - 1] ?? '';
  const columns: Column<FunnelPerson>[] = [
    { key: 'person', title: t.personWord, value: (row) => row.person, show: (row) => <Link className="mono" href={hrefOf(`/persons/${encodeURIComponent(row.person)}`)}>{row.person}</Link> },
    { key: 'entered', title: words.enteredAt, value: (row) => row.entered_at, show: (row) => fmt.instant(row.entered_at) },
    { key: 'reached', title: words.lastStep, value: (row) => row.reached, show: (row) => `${row.reached}. ${steps[row.reached - 1] ?? ''}` },
    { key: 'took', title: words.took, numeric: true, value: (row) => Date.parse(row.at) - Date.parse(row.entered_at), show: (row) => (row.reached > 1 ? fmt.duration(Date.parse(row.at) - Date.parse(row.entered_at)) : '–') },
  ];
  return (
    <Dialog side testid="funnel-people" title={(who.kind === 'reached' ? words.reached : words.dropped)(who.step, name) + (who.key === undefined ? '' : ` · ${who.key || t.notSet}`)} onClose={() => patch({ people: null })}>
      <Async query={pages.first} height={480}>
        {(data) => (
          <>
            <div className="row"><p className="grow" data-testid="funnel-people-total" data-value={data.total}><b>{words.people(data.total, fmt.exact(data.total))}</b></p><SaveCohort url={url} total={data.total} /></div>
            <Table name={`funnel-${who.kind}-${who.step}`} testid="funnel-people-table" rowTestid="funnel-person" caption={words.open} columns={columns} rows={[data, ...pages.more].flatMap((page) => page.persons)} rowKey={(row) => row.person} searchable={false} empty={<Empty title={t.nothingFound} />} />
            {pages.error && <Problem error={pages.error} retry={pages.loadNext} />}
            {pages.hasNext && <div className="row"><Button onClick={pages.loadNext} data-testid="funnel-people-more">{words.peopleMore}</Button></div>}
          </>
        )}
      </Async>
    </Dialog>
  );
}
