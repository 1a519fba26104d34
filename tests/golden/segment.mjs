// tests/golden/segment.mjs -- who is in a segment, in SQL; and segments to ask of. Definitions: src/report/segment_rule.h.
import { inRange, isName, passes, quoted } from './sql.mjs';

/** A definition, or a condition of one, as a condition on `who.person`. */
export function holds(condition, today) {
  const { kind = 'group', match = 'all', conditions = [], filter = [] } = condition;
  const holder = (table, where) => `EXISTS (SELECT 1 FROM ${table} WHERE person = who.person AND ${where})`;
  const is = {
    group: () => `(${conditions.map((one) => holds(one, today)).join(match === 'any' ? ' OR ' : ' AND ')})`,
    event: () => {
      const { event, at_least: least, at_most: most, last_days: days } = condition, time = { from: condition.from, to: condition.to };
      const recent = days ? `day >= date(${quoted(today)}, '-${days - 1} days')` : 'true';
      return `(SELECT count(*) FROM main.event WHERE person = who.person AND ${isName(event)} AND ${inRange(time)} AND ${recent} AND ${passes({ filter }, 's_')})
        BETWEEN ${least ?? (most == null ? 1 : 0)} AND ${most ?? 'CAST(9e15 AS INTEGER)'}`;
    },
    first_touch: () => holder('main.event', `n = 1 AND ${passes({ filter }, '')}`),
    any_touch: () => holder('main.event', `n = session AND ${passes({ filter }, '')}`),
    persons: () => holder('alias', `alias IN (${condition.persons.map((alias) => quoted(/^[uact]:/.test(alias) ? alias : `u:${alias}`))})`),
  }[kind]();
  return condition.not ? `NOT ${is}` : is;
}

/** Segments that have some persons and not all, mostly; `aliases` are of the history, `day` gives a day of a share of it. */
export function segmentsOf({ conversion, sources, aliases, day, today }) {
  const [source, other] = sources, since = Math.round((Date.parse(today) - Date.parse(day(0.5))) / 86_400_000) + 1;
  const event = (name, more) => ({ kind: 'event', event: name, ...more });
  return [
    { name: 'buyers', definition: { match: 'all', conditions: [event(conversion, { at_least: 2 })] } },
    { name: 'from a source', definition: { match: 'any', conditions: [{ kind: 'first_touch', filter: [`source:is:${source}`] }, { kind: 'any_touch', filter: [`source:is:${other}`, 'medium:is_not:cpc'] }] } },
    { name: 'lately, not much', definition: { match: 'all', conditions: [event('*', { last_days: since }), event('*', { at_most: 25 }), event('Page Viewed', { not: true, at_least: 3, to: day(0.4), filter: [`source:is:${other}`] })] } },
    { name: 'groups', definition: { match: 'all', conditions: [
      { kind: 'group', match: 'any', not: true, conditions: [event('Оплата', { at_least: 1, at_most: 1 }), { kind: 'first_touch', not: true, filter: [`source:is_not:${source}`] }] },
      { kind: 'group', match: 'any', conditions: [event('Sign Up', { from: day(0.2), to: `${day(0.9)}T10:00:00Z` }), { kind: 'persons', persons: aliases.slice(0, 4) }, event(conversion, {})] }] } },
    { name: 'a cohort', persons: aliases },
    { name: 'nobody', definition: { match: 'all', conditions: [event('No such event', {})] } },
  ];
}

export const definitionOf = ({ definition, persons }) => definition ?? { match: 'all', conditions: [{ kind: 'persons', persons }] };
