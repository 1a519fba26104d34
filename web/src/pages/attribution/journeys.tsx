/* The journeys behind one number of the matrix: their shares add up to it. */
import { address } from '../../api/client';
import type { Journeys } from '../../api/types';
import { JourneyRow } from '../../components/journey';
import { Async, Button, Dialog, Dot, Empty, Hint, Problem } from '../../components/ui';
import { useApp, type Scope } from '../../hooks/useApp';
import { usePages } from '../../hooks/usePages';
import { patch } from '../../hooks/useUrl';
import { channelColor } from '../../lib/color';
import { ATTRIBUTION } from '../../lib/texts/attribution';
import { keyName, modelName, modelWhat, wire, type Question } from './question';

export function CellJourneys({ cell, question, scope }: { cell: string; question: Question; scope: Scope }) {
  const { t, fmt, lang } = useApp();
  const words = ATTRIBUTION[lang];
  const split = cell.indexOf(':');
  const model = cell.slice(0, split);
  const key = cell.slice(split + 1);
  const base = { ...wire(question, scope), model, key, limit: 20 };
  const url = address('/api/v1/attribution/journeys', base) + (key ? '' : '&key=');
  const pages = usePages<Journeys>(url);
  const name = keyName(t, key);
  return (
    <Dialog side testid="journeys" title={<>{question.by === 'platform' && <Dot color={channelColor(key)} />}{name} · {modelName(words, model)}<Hint text={modelWhat(words, model, '')} /></>} onClose={() => patch({ cell: null })}>
      <Async query={pages.first} height={480}>
        {(data) => (
          <>
            <p className="cell-sum" data-testid="journeys-sum" data-conversions={data.conversions} data-revenue={data.revenue}>
              <b>{fmt.exact(data.conversions, 2)}</b> {scope.conversion} · <b>{fmt.moneyExact(data.revenue)}</b> <span className="faint">{words.journeysAdd}</span>
            </p>
            {data.scaled && <p className="faint">{words.scaled}</p>}
            <ul className="journeys">
              {[data, ...pages.more].flatMap((page) => page.journeys).map((journey, index) => <JourneyRow key={index} journey={journey} shown={key} />)}
            </ul>
            {pages.error && <Problem error={pages.error} retry={pages.loadNext} />}
            {pages.hasNext && <Button onClick={pages.loadNext} data-testid="journeys-more">{t.more}</Button>}
            {!data.journeys.length && <Empty title={words.noJourneys} />}
          </>
        )}
      </Async>
    </Dialog>
  );
}
