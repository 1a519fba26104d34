/* One person: everything that is known, visit by visit, newest last, each event down to the bytes that arrived. */
import { useState, type CSSProperties } from 'react';
import { address, get, send } from '../../api/client';
import type { Person, PersonEvent, PersonLog, Raw } from '../../api/types';
import { Async, Button, Code, Dialog, Dot, Empty, Hint, Panel, Problem } from '../../components/ui';
import { useAction } from '../../hooks/useAction';
import { useApp } from '../../hooks/useApp';
import { usePages } from '../../hooks/usePages';
import { refresh, useQuery } from '../../hooks/useQuery';
import { hrefOf, patch, useUrl, visit } from '../../hooks/useUrl';
import { channelColor } from '../../lib/color';
import { download } from '../../lib/csv';
import { PERSONS } from '../../lib/texts/persons';
import { visitsOf } from '../../lib/visits';
import { PageHead } from '../shell';

const A_PAGE = 200;
const EXPORT_PAGE = 1000;
const recordOf = (id: string) => `/api/v1/persons/${encodeURIComponent(id)}`;

export function OnePerson({ id }: { id: string }) {
  const { t } = useApp();
  const pages = usePages<Person>(address(`/api/v1/journeys/${encodeURIComponent(id)}`, { limit: A_PAGE }));
  return (
    <>
      <PageHead title={t.person(id)}>
        <Button kind="quiet" icon="left" data-testid="back" onClick={() => (history.length > 1 ? history.back() : visit(hrefOf('/persons')))}>{t.back}</Button>
        {pages.first.data && <Record id={id} person={pages.first.data} />}
      </PageHead>
      <Async query={pages.first} height={480}>
        {(data) => {
          const events = [data, ...pages.more].flatMap((page) => page.events);
          return (
            <>
              <Summary person={data} events={events} whole={!pages.hasNext} />
              <Panel testid="person" title={t.eventsCount(data.total, String(data.total))}>
                {events.length === 0 && <Empty title={t.nothingFound} />}
                <Timeline events={events} />
                {pages.error && <Problem error={pages.error} retry={pages.loadNext} />}
                {pages.hasNext && <div className="row"><Button onClick={pages.loadNext} data-testid="events-more">{t.more}</Button></div>}
              </Panel>
            </>
          );
        }}
      </Async>
    </>
  );
}

function Summary({ person, events, whole }: { person: Person; events: PersonEvent[]; whole: boolean }) {
  const { t, fmt, lang } = useApp();
  const words = PERSONS[lang];
  const first = events[0];
  const last = events.at(-1);
  // Sums of a part would mislead: they are shown once all is here.
  const facts: [string, string, string?][] = [
    [t.metrics.revenue.name, whole ? fmt.moneyExact(events.reduce((sum, event) => sum + event.amount, 0)) : '…'],
    [words.visits, whole ? fmt.exact(visitsOf(events).length) : '…', words.visitsWhat],
    [words.first, first ? fmt.instant(first.at) : '–'],
    [words.last, whole && last ? fmt.instant(last.at) : '…'],
  ];
  return (
    <Panel title={t.aliases} testid="person-summary">
      <ul className="aliases">{person.aliases.map((alias) => <li key={alias} className="badge mono" data-testid="alias" title={alias}>{alias}</li>)}</ul>
      <dl className="person-facts">{facts.map(([name, value, hint]) => <div key={name}><dt>{name}{hint && <Hint text={hint} />}</dt><dd>{value}</dd></div>)}</dl>
    </Panel>
  );
}

function Timeline({ events }: { events: PersonEvent[] }) {
  const { t, fmt, lang } = useApp();
  const words = PERSONS[lang];
  const visits = visitsOf(events);
  return (
    <ol className="timeline">
      {visits.map((visited, number) => {
        const [first] = visited;
        const last = visited.at(-1);
        if (!first || !last) return null;
        return [
          // A visit of one event says nothing more than the event.
          visited.length > 1 && (
            <li key={`visit-${number}`} className="visit" data-testid="visit" data-events={visited.length}>
              <time dateTime={first.at}>{fmt.instant(first.at)}</time>
              <div>
                <b>{words.visit(number + 1)}</b> <span className="faint">{words.visitOf(visited.length, fmt.duration(Date.parse(last.at) - Date.parse(first.at)))}</span>
                <div className="faint"><Dot color={channelColor(first.platform)} />{from(first, t.notSet)}</div>
              </div>
            </li>
          ),
          ...visited.map((event, index) => <Event key={`${number}-${index}`} event={event} channel={first.platform} inVisit={visited.length > 1} />),
        ];
      })}
    </ol>
  );
}

const from = (event: PersonEvent, notSet: string) => [event.platform || notSet, event.source, event.medium, event.campaign].filter(Boolean).join(' / ');

/** `channel`: the platform that brought its visit. */
function Event({ event, channel, inVisit }: { event: PersonEvent; channel: string; inVisit: boolean }) {
  const { t, fmt } = useApp();
  const { params } = useUrl();
  const open = params.get('raw') === event.raw;
  return (
    <li className={inVisit ? 'in-visit' : ''} data-testid="timeline-event" style={{ '--channel': channelColor(channel) } as CSSProperties}>
      <time dateTime={event.at} title={fmt.instant(event.at)}>{inVisit ? fmt.clock(event.at) : fmt.instant(event.at)}</time>
      <div>
        <b>{event.event}</b>
        {event.amount !== 0 && <span className="amount">{fmt.moneyExact(event.amount)}</span>}
        {!inVisit && <div className="faint"><Dot color="var(--channel)" />{from(event, t.notSet)}</div>}
      </div>
      <Button kind="quiet" aria-expanded={open} data-testid="raw" onClick={() => patch({ raw: open ? null : event.raw }, true)}>{t.rawEvent}</Button>
      {open && <RawBody reference={event.raw} />}
    </li>
  );
}

/** All pages of what the raw log holds of somebody, as one. */
async function wholeRecord(id: string): Promise<PersonLog> {
  const record = await get<PersonLog>(address(recordOf(id), { limit: EXPORT_PAGE }));
  for (let { next } = record; next !== null;) {
    const page = await get<PersonLog>(address(recordOf(id), { limit: EXPORT_PAGE, cursor: next }));
    record.items.push(...page.items);
    next = page.next;
  }
  return record;
}

/** Export and erasure: both are an admin's. */
function Record({ id, person }: { id: string; person: Person }) {
  const { session, lang } = useApp();
  const words = PERSONS[lang];
  const [erasing, setErasing] = useState(false);
  const exporting = useAction();
  const save = () => exporting.run(async () => {
    const { person: name, aliases, items } = await wholeRecord(id);
    download(`${name.replaceAll(/[^\w.-]+/g, '-')}.json`, JSON.stringify({ person: name, aliases, items }, null, 2), 'application/json');
  });
  if (session.role !== 'admin') return null;
  return (
    <>
      <Button icon="download" title={words.exportWhat} disabled={exporting.busy} data-testid="person-export" onClick={() => void save()}>{words.export}</Button>
      <Button icon="trash" data-testid="person-erase" onClick={() => setErasing(true)}>{words.erase}</Button>
      {exporting.error && <Problem error={exporting.error} />}
      {erasing && <Erase id={id} person={person} onClose={() => setErasing(false)} />}
    </>
  );
}

function Erase({ id, person, onClose }: { id: string; person: Person; onClose: () => void }) {
  const { t, fmt, lang } = useApp();
  const words = PERSONS[lang];
  const [typed, setTyped] = useState('');
  const { busy, error, run } = useAction();
  const sure = typed.trim() === person.person;
  const erase = async () => {
    if (!(await run(() => send('DELETE', recordOf(id))))) return;
    visit(hrefOf('/persons'), true);
    // Once this page is gone, which would ask for somebody who is not there.
    setTimeout(refresh);
  };
  return (
    <Dialog title={words.eraseTitle(person.person)} onClose={onClose} testid="erase">
      <p>{words.eraseGone}</p>
      <ul className="bullets">
        <li>{words.eraseEvents(person.total, fmt.exact(person.total))}</li>
        <li>{words.eraseAliases(person.aliases.length)}: <span className="mono">{person.aliases.slice(0, 8).join(', ')}{person.aliases.length > 8 ? ' …' : ''}</span></li>
      </ul>
      <p>{words.eraseReports}</p>
      <p className="bad"><b>{words.eraseFinal}</b></p>
      <form
        className="erase-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (sure && !busy) void erase();
        }}
      >
        <label>{words.eraseType(person.person)}<input className="input mono" autoComplete="off" spellCheck={false} value={typed} data-testid="erase-type" onChange={(event) => setTyped(event.target.value)} /></label>
        {error && <Problem error={error} />}
        <div className="row end">
          <Button onClick={onClose} data-testid="erase-cancel">{t.cancel}</Button>
          <Button kind="danger" type="submit" disabled={!sure || busy} data-testid="erase-confirm">{busy ? words.erasing : words.eraseDo}</Button>
        </div>
      </form>
    </Dialog>
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
