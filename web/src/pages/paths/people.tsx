/* The persons of one node of Paths, or of one link. */
import { address } from '../../api/client';
import type { Paths, Persons } from '../../api/types';
import { Button, Dialog } from '../../components/ui';
import { useApp } from '../../hooks/useApp';
import { usePages } from '../../hooks/usePages';
import { patch } from '../../hooks/useUrl';
import { PATHS } from '../../lib/texts/paths';
import { PersonList } from '../persons/person-list';
import { SaveCohort } from '../segments/save-cohort';
import { eventOf, nodeName, stopOf } from './stops';

/** How many paths go there: a person may have several. */
function pathsOf({ levels, links }: Paths, level: number, node: string, next: string | undefined) {
  const nodes = levels[level]?.nodes ?? [];
  if (next === undefined) return nodes.find((one) => stopOf(one) === node)?.paths;
  const after = levels[level + 1]?.nodes ?? [];
  const [from, to] = [nodes.findIndex((one) => stopOf(one) === node), after.findIndex((one) => stopOf(one) === next)];
  return links.find((link) => link.level === level && link.from === from && link.to === to)?.count;
}

/** `people`: the level, what stands there and, of a link, what stands at the level after; `asked`: the question of Paths. */
export function PathPeople({ people, asked, paths }: { people: string[]; asked: { direction: Paths['direction']; limit: string } & Record<string, string | readonly string[] | undefined>; paths: Paths | undefined }) {
  const { t, fmt, lang } = useApp();
  const words = PATHS[lang];
  const [level = '0', node = '', next] = people;
  const { limit: names, ...question } = asked;
  const url = address('/api/v1/paths/persons', { ...question, names, level, node, next, limit: 100 });
  const pages = usePages<Persons>(url);
  const total = pages.first.data?.total;
  const through = paths && pathsOf(paths, Number(level), node, next);
  const event = next === undefined ? eventOf(node) : null;
  const stops = [node, ...(next === undefined ? [] : [next])].map((stop) => nodeName(lang, stop, asked.direction));
  const step = Number(level) + (next === undefined ? 0 : 1);
  return (
    <Dialog side testid="paths-people" title={(step ? `${words.step} ${step} · ` : '') + (asked.direction === 'to' ? stops.reverse() : stops).join(' → ')} onClose={() => patch({ people: null })}>
      {total !== undefined && (
        <div className="row">
          <p className="grow people-total" data-testid="paths-people-total" data-value={total}><b>{t.personsCount(total, fmt.exact(total))}</b>{through !== undefined && ` · ${words.count(through, fmt.exact(through))}`}</p>
          {event !== null && step > 0 && <Button data-testid="paths-look" onClick={() => patch({ anchor: event, people: null })}>{words.look(event)}</Button>}
          <SaveCohort url={url} total={total} />
        </div>
      )}
      <PersonList pages={pages} />
    </Dialog>
  );
}
