// tests/golden/reading.mjs -- replies in the form in which SQL gives answers, and the first difference of two.
//
// Is:    one reading for each route: what has no order becomes an object by key, instants become milliseconds.
// Never: forgives a difference: whole numbers are equal, doubles to 1e-9.
import assert from 'node:assert/strict';
import { byJourney } from './oracle.mjs';

const TOLERANCE = 1e-9;

const byKey = (rows, read = (row) => row) => {
  const found = Object.fromEntries(rows.map(({ key, ...row }) => [key, read(row)]));
  assert.equal(Object.keys(found).length, rows.length, 'a key stands there twice');
  return found;
};

const byPerson = (persons, read) => byKey(persons.map(({ person, ...row }) => ({ key: person, ...row })), read);

/** Rows that should stand in falling order of these numbers. */
function falling(rows, ...numbers) {
  for (let i = 1; i < rows.length; i++) {
    const step = numbers.map((number) => number(rows[i - 1]) - number(rows[i])).find((difference) => Math.abs(difference) > TOLERANCE) ?? 0;
    assert.ok(step >= 0, `rows ${i - 1} and ${i} are not in order: ${JSON.stringify(rows.slice(i - 1, i + 1))}`);
  }
}

export const READ = {
  session: ({ events, persons, first_at, last_at, first_day, last_day, amounts_without_rate_in: unpriced }) => ({ events, persons, first_at: Date.parse(first_at), last_at: Date.parse(last_at), first_day, last_day,
    unpriced: unpriced.map((row) => `${row.currency ?? '?'} ${row.events}`).sort().join() }),
  names: ({ names }) => names.map((row) => ({ ...row, last_at: Date.parse(row.last_at) })),
  values: ({ values }) => {
    falling(values, ({ events }) => events);
    return Object.fromEntries(values.map(({ value, events }) => [value, events]));
  },
  metrics: ({ from, to, points, totals, previous }, query) => ({
    from, to, points: query.step === 'hour' ? points.map(({ at, ...point }) => ({ at: Date.parse(at), ...point })) : points, totals, ...(previous && { previous: READ.metrics(previous, query) }),
  }),
  breakdown: ({ event, property, keys, rows, totals, numbers, previous }, query) => {
    const { sort = 'events' } = query;
    falling(rows, (row) => row[sort] ?? -Infinity);
    if (query.property) return { event, property, keys, rows: byKey(rows.map(({ key, kind, ...row }) => ({ key: `${kind}: ${key}`, ...row }))), totals, numbers };
    return { rows: byKey(rows), totals, ...(previous && { previous: READ.breakdown(previous, query) }) };
  },
  funnel: ({ order, persons, lengths_ms, steps, whole, trend, groups }) => ({ order, persons, lengths_ms, steps, whole, ...(trend && { trend }), ...(groups && { groups: byKey(groups, (group) => group.steps) }) }),
  'funnel/persons': ({ total, persons }) => ({ total, persons: byPerson(persons, ({ entered_at, reached, at }) => ({ entered_at: Date.parse(entered_at), reached, at: Date.parse(at) })) }),
  'retention/persons': (list, query) => READ.persons(list, query),
  'paths/persons': (list, query) => READ.persons(list, query),
  persons: ({ total, persons }, { sort }) => {
    if (sort === 'last_seen') falling(persons, ({ last_at }) => Date.parse(last_at));
    if (sort === 'revenue') falling(persons, ({ revenue }) => revenue);
    return { total, persons: byPerson(persons, ({ first_at, last_at, ...row }) => ({ ...row, first_at: Date.parse(first_at), last_at: Date.parse(last_at) })) };
  },
  ltv: ({ cohorts, total, groups }) => ({ cohorts, total, ...(groups && { groups: byKey(groups) }) }),
  retention: ({ cohorts, total, groups }) => ({ cohorts, total, ...(groups && { groups: byKey(groups) }) }),
  paths: ({ levels, links }) => ({
    nodes: Object.fromEntries(levels.flatMap(({ nodes }, level) => nodes.map(({ name, paths, persons }) => [`${level}: ${name}`, { paths, persons }]))),
    links: Object.fromEntries(links.map(({ level, from, to, count, persons }) => [`${level}: ${levels[level].nodes[from].name} > ${levels[level + 1].nodes[to].name}`, { count, persons }])),
  }),
  attribution: ({ conversions, revenue, persons, rows, unattributed }, { models }) => {
    const [first] = models.split(',');
    falling(rows, (row) => row.models[first].revenue, (row) => row.models[first].conversions);
    const credits = (row) => ({ touches: row.touches, models: Object.fromEntries(Object.entries(row.models).map(([model, cell]) => [model, { conversions: cell.conversions, revenue: cell.revenue }])) });
    return { conversions, revenue, persons, rows: byKey(rows, credits), unattributed: credits(unattributed) };
  },
  'attribution/journeys': ({ journeys }) => byJourney(journeys.map(({ person, at, amount, credit, credit_revenue, touches }) => ({
    person, at: Date.parse(at), amount, credit, credit_revenue, touches: touches.map((touch) => ({ at: Date.parse(touch.at), event: touch.event, key: touch.key, weight: touch.weight, revenue: touch.revenue })),
  }))),
  journeys: ({ person, aliases, total, events }) => ({
    person, aliases: [...aliases].sort(), total,
    events: events.map(({ at, event, source, medium, campaign, amount, raw }) => ({ at: Date.parse(at), event, source, medium, campaign, amount, raw })),
  }),
};

/** Where two answers differ first, with both sides; undefined if they do not. */
export function difference(got, wanted, path = '', sides = ['the program says', 'SQL says']) {
  if (typeof got === 'number' && typeof wanted === 'number') {
    const exact = Number.isInteger(got) && Number.isInteger(wanted);
    if (exact ? got === wanted : Math.abs(got - wanted) <= TOLERANCE * Math.max(1, Math.abs(wanted))) return undefined;
  } else if (got && wanted && typeof got === 'object' && typeof wanted === 'object' && Array.isArray(got) === Array.isArray(wanted)) {
    for (const key of new Set([...Object.keys(wanted), ...Object.keys(got)])) {
      const found = difference(got[key], wanted[key], `${path}[${Array.isArray(got) ? key : JSON.stringify(key)}]`, sides);
      if (found) return found;
    }
    return undefined;
  } else if (got === wanted) return undefined;
  return `at ${path || 'the whole'}: ${sides[0]} ${JSON.stringify(got)?.slice(0, 300)}, ${sides[1]} ${JSON.stringify(wanted)?.slice(0, 300)}`;
}
