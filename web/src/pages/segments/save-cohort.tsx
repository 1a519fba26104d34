/* The persons of a list, all pages of it, saved as a cohort. */
import { useState } from 'react';
import { get, send } from '../../api/client';
import type { SegmentNow } from '../../api/types';
import { Button, Link, Popover, Problem } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { refresh } from '../../hooks/useQuery';
import { hrefOf, hrefWith } from '../../hooks/useUrl';
import { SEGMENTS } from '../../lib/texts/segments';

const MOST = 100_000;
const A_PAGE = '1000';

interface Page { persons: { person: string }[]; next: string | null }

/** `url`: the list, without a cursor; `total`: how many it holds. */
export function SaveCohort({ url, total }: { url: string; total: number }) {
  const { fmt, session, lang } = useApp();
  const words = SEGMENTS[lang];
  const [saved, setSaved] = useState<{ url: string; segment: SegmentNow } | null>(null);
  if (session.role !== 'admin' || total === 0) return null;
  if (saved?.url === url) return <span role="status" data-testid="cohort-saved">{words.saved(saved.segment.name)} <Link href={hrefOf('/', { segment: String(saved.segment.id) })}>{words.use}</Link></span>;
  return (
    <Popover label={words.saveCohort} button={(props) => <Button icon="segment" disabled={total > MOST} title={total > MOST ? words.tooMany(fmt.exact(MOST)) : words.saveCohortWhat} data-testid="cohort-save" {...props}>{words.saveCohort}</Button>}>
      {(close) => <Form url={url} total={total} onSaved={(segment) => { setSaved({ url, segment }); close(); }} />}
    </Popover>
  );
}

function Form({ url, total, onSaved }: { url: string; total: number; onSaved: (segment: SegmentNow) => void }) {
  const { t, fmt, lang } = useApp();
  const words = SEGMENTS[lang];
  const [name, setName] = useState('');
  const [got, setGot] = useState(0);
  const { busy, error, run } = useAction();
  const save = () => run(async () => {
    const persons: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Page = await get<Page>(hrefWith(url, { limit: A_PAGE, cursor }));
      persons.push(...page.persons.map((one) => one.person));
      setGot(persons.length);
      cursor = page.next;
    }
    const segment = await send<SegmentNow>('POST', '/api/v1/segments', { name: name.trim(), kind: 'cohort', persons });
    refresh('/api/v1/segments');
    onSaved(segment);
  });
  return (
    <form
      className="filter-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() && !busy) void save();
      }}
    >
      <input className="input" autoFocus autoComplete="off" maxLength={200} placeholder={words.named} aria-label={words.named} value={name} data-testid="cohort-name" onChange={(event) => setName(event.target.value)} />
      {error && <Problem error={error} />}
      <Button kind="main" type="submit" disabled={!name.trim() || busy} data-testid="cohort-save-do">{busy ? words.gathering(fmt.exact(got), fmt.exact(total)) : t.save}</Button>
    </form>
  );
}
