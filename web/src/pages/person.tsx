/* One person: everything that is known, newest last, each event down to the bytes that arrived. */
import { useState } from 'react';
import { address, get } from '../api/client';
import type { Person, PersonEvent, Raw } from '../api/types';
import { Async, Button, Code, Dot, Empty, Panel, Problem } from '../components/ui';
import { useApp } from '../hooks/useApp';
import { useQuery } from '../hooks/useQuery';
import { patch, useUrl } from '../hooks/useUrl';
import { channelColor } from '../lib/color';
import { PageHead } from './shell';

export const PersonPage = ({ rest }: { rest: string }) => <OnePerson key={rest} id={rest} />;

function OnePerson({ id }: { id: string }) {
  const { t, fmt } = useApp();
  const { params } = useUrl();
  const url = address(`/api/v1/journeys/${encodeURIComponent(id)}`, { limit: 100 });
  const person = useQuery<Person>(url);
  const [more, setMore] = useState<{ events: PersonEvent[]; next: string | null } | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const open = params.get('raw');
  const next = more ? more.next : (person.data?.next ?? null);
  const loadMore = () => {
    get<Person>(`${url}&cursor=${encodeURIComponent(next ?? '')}`).then(
      (page) => setMore({ events: [...(more?.events ?? []), ...page.events], next: page.next }),
      (error: unknown) => setProblem(error as Error),
    );
  };
  return (
    <>
      <PageHead title={t.person(id)}>
        <Button kind="quiet" icon="left" onClick={() => (history.length > 1 ? history.back() : undefined)}>{t.back}</Button>
      </PageHead>
      <Async query={person} height={480}>
        {(data) => (
          <Panel testid="person" title={t.eventsCount(data.total, fmt.exact(data.total))} note={data.aliases.length > 1 ? <>{t.aliases}: {data.aliases.map((alias) => <span className="mono" key={alias}> {alias}</span>)}</> : undefined}>
            {data.events.length === 0 && <Empty title={t.nothingFound} />}
            <ol className="timeline">
              {[...data.events, ...(more?.events ?? [])].map((event, index) => (
                <li key={index} data-testid="timeline-event" style={{ '--channel': channelColor(event.platform) } as React.CSSProperties}>
                  <time dateTime={event.at}>{fmt.instant(event.at)}</time>
                  <div>
                    <b>{event.event}</b>
                    {event.amount !== 0 && <span className="amount">{fmt.moneyExact(event.amount)}</span>}
                    <div className="faint"><Dot color="var(--channel)" />{[event.platform || t.notSet, event.source, event.medium, event.campaign].filter(Boolean).join(' / ')}</div>
                  </div>
                  <Button kind="quiet" aria-expanded={open === event.raw} data-testid="raw" onClick={() => patch({ raw: open === event.raw ? null : event.raw }, true)}>{t.rawEvent}</Button>
                  {open === event.raw && <RawBody reference={event.raw} />}
                </li>
              ))}
            </ol>
            {problem && <Problem error={problem} retry={loadMore} />}
            {next && <Button onClick={loadMore}>{t.more}</Button>}
          </Panel>
        )}
      </Async>
    </>
  );
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function RawBody({ reference }: { reference: string }) {
  const { t, fmt } = useApp();
  const raw = useQuery<Raw>(`/api/v1/raw/${encodeURIComponent(reference)}`);
  return (
    <div className="raw">
      <Async query={raw} height={96}>
        {(data) => <><p className="faint">{data.kind} · {t.received} {fmt.instant(data.received_at)}</p><Code text={pretty(data.body)} testid="raw-body" /></>}
      </Async>
    </div>
  );
}
