/* The journeys behind one number of the matrix: their shares add up to it. */
import { useState } from 'react';
import { address, get } from '../../api/client';
import type { Journey, Journeys } from '../../api/types';
import { JourneyRow } from '../../components/journey';
import { Async, Button, Dialog, Dot, Empty, Hint, Problem } from '../../components/ui';
import { useApp, type Scope } from '../../hooks/useApp';
import { useQuery } from '../../hooks/useQuery';
import { patch } from '../../hooks/useUrl';
import { channelColor } from '../../lib/color';
import { keyName, modelName, modelWhat, wire, type Question } from './question';

export function CellJourneys({ cell, question, scope }: { cell: string; question: Question; scope: Scope }) {
  const { t, fmt } = useApp();
  const split = cell.indexOf(':');
  const model = cell.slice(0, split);
  const key = cell.slice(split + 1);
  const base = { ...wire(question, scope), model, key, limit: 20 };
  const url = address('/api/v1/attribution/journeys', base) + (key ? '' : '&key=');
  const first = useQuery<Journeys>(url);
  const [more, setMore] = useState<{ url: string; journeys: Journey[]; next: string | null } | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const extra = more?.url === url ? more : null;
  const name = keyName(t, key);
  const next = extra ? extra.next : (first.data?.next ?? null);
  const loadMore = () => {
    setProblem(null);
    get<Journeys>(`${url}&cursor=${encodeURIComponent(next ?? '')}`).then(
      (page) => setMore({ url, journeys: [...(extra?.journeys ?? []), ...page.journeys], next: page.next }),
      (error: unknown) => setProblem(error as Error),
    );
  };
  return (
    <Dialog side testid="journeys" title={<>{question.by === 'platform' && <Dot color={channelColor(key)} />}{name} · {modelName(t, model)}<Hint text={modelWhat(t, model, '')} /></>} onClose={() => patch({ cell: null })}>
      <Async query={first} height={480}>
        {(data) => (
          <>
            <p className="cell-sum" data-testid="journeys-sum" data-conversions={data.conversions} data-revenue={data.revenue}>
              <b>{fmt.exact(data.conversions, 2)}</b> {scope.conversion} · <b>{fmt.moneyExact(data.revenue)}</b> <span className="faint">{t.journeysAdd}</span>
            </p>
            <ul className="journeys">
              {[...data.journeys, ...(extra?.journeys ?? [])].map((journey, index) => <JourneyRow key={index} journey={journey} shown={key} />)}
            </ul>
            {problem && <Problem error={problem} retry={loadMore} />}
            {next && <Button onClick={loadMore} data-testid="journeys-more">{t.more}</Button>}
            {!data.journeys.length && <Empty title={t.noJourneys} />}
          </>
        )}
      </Async>
    </Dialog>
  );
}
