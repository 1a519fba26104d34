/* Which segment the page is about. */
import { useState } from 'react';
import type { Segments } from '../../api/types';
import { Async, Empty, Link } from '../../components/ui';
import { useApp, type Scope } from '../../hooks/useApp';
import { useQuery } from '../../hooks/useQuery';
import { hrefOf, patch } from '../../hooks/useUrl';
import { SEGMENTS } from '../../lib/texts/segments';

const SEARCH_FROM = 8;

export function SegmentPicker({ scope, onDone }: { scope: Scope; onDone: () => void }) {
  const { session, lang } = useApp();
  const words = SEGMENTS[lang];
  const segments = useQuery<Segments>('/api/v1/segments');
  const [text, setText] = useState('');
  const pick = (segment: string | null) => {
    patch({ segment });
    onDone();
  };
  const wanted = text.trim().toLowerCase();
  return (
    <div className="segment-picker">
      <Async query={segments} height={64}>
        {({ segments: all }) => {
          if (!all.length) return <Empty title={words.none}><p>{session.role === 'admin' ? words.noneWhat : words.noneRead}</p></Empty>;
          return (
            <>
              {all.length >= SEARCH_FROM && <input type="search" className="input" value={text} placeholder={words.search} aria-label={words.search} onChange={(event) => setText(event.target.value)} />}
              <ul>
                <li><button type="button" aria-current={scope.segment === '' || undefined} onClick={() => pick(null)}>{words.everyone}</button></li>
                {all.filter((one) => one.name.toLowerCase().includes(wanted)).map((one) => (
                  <li key={one.id}><button type="button" aria-current={scope.segment === String(one.id) || undefined} data-testid="segment-option" onClick={() => pick(String(one.id))}><span>{one.name}</span><span className="faint">{words.kinds[one.kind]}</span></button></li>
                ))}
              </ul>
            </>
          );
        }}
      </Async>
      <Link href={hrefOf('/segments')} data-testid="segments-open">{words.manage}</Link>
    </div>
  );
}
