// tests/golden/cohorts.mjs -- retention and lifetime value in SQL. Definitions: src/measure/retention.h.
//
// Is:    the tables `member` (who is in which cohort, from which event on) and `back` (who returned in which period).
import { apart, inRange, isName, list, passes, period, quoted } from './sql.mjs';

/** The cohorts, and the members and returns of the question. */
async function makeMembers(oracle, { start, return: back, unit = 'week', cohorts: kind = 'first', by, ...query }) {
  const { periods: starts } = await oracle.periods(query, unit), recurring = kind === 'recurring';
  await oracle.ask(`DROP TABLE IF EXISTS member; DROP TABLE IF EXISTS back;
    CREATE TEMP TABLE member AS
    WITH starts AS (SELECT *, ${period('day', unit)} AS period FROM event WHERE ${isName(start)} ${recurring ? `AND ${inRange(query)}` : ''}),
    firsts AS (SELECT *, row_number() OVER (PARTITION BY person ${recurring ? ', period' : ''} ORDER BY n) AS place FROM starts)
    SELECT person, n, period AS cohort, ${by ? `s_${by}` : "''"} AS key FROM firsts WHERE place = 1 AND ${inRange(query)} AND ${passes(query, 's_')};
    CREATE INDEX member_person ON member(person);
    CREATE TEMP TABLE back AS SELECT DISTINCT person, ${period('day', unit)} AS period FROM event WHERE ${isName(back)};
    CREATE INDEX back_person ON back(person)`);
  return starts;
}

/** Counted in a cell k: member and period. */
const returned = (unit, mode, k) => `${apart('cohort', 'period', unit)} ${mode === 'on_or_after' ? '>=' : '='} ${k}`;
const cells = (periods, from) => `json_each(${quoted(JSON.stringify(Array.from({ length: periods + 1 - from }, (_, k) => k + from)))}) cell`;
const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

/** One table for all, and with by= one for each group that has anybody. */
function tables(rows, by, table) {
  const keys = [...new Set(rows.map(({ key }) => key))];
  return { ...table(rows), ...(by && { groups: Object.fromEntries(keys.map((key) => [key, table(rows.filter((row) => row.key === key))])) }) };
}

export async function retention(oracle, { unit = 'week', mode = 'on', periods = 8, ...query }) {
  const starts = await makeMembers(oracle, { unit, ...query });
  const rows = await oracle.ask(`SELECT key, cohort, 0 AS k, count(*) AS persons FROM member GROUP BY 1, 2
    UNION ALL
    SELECT key, cohort, k, count(*) FROM (
      SELECT DISTINCT member.person, member.key, cohort, cell.value AS k FROM member JOIN back USING (person) JOIN ${cells(periods, 1)}
      WHERE ${returned(unit, mode, 'cell.value')}) GROUP BY 1, 2, 3`);
  const known = (count, k) => (starts.length || k === 0 ? count : null); /* every period is long over; without cohorts there is none */
  return tables(rows, query.by, (own) => {
    const back = Object.fromEntries(starts.map((at) => [at, Array(periods + 1).fill(0)]));
    for (const { cohort, k, persons } of own) back[cohort][k] += persons;
    const cohorts = starts.map((at) => ({ start: at, size: back[at][0], returned: back[at] }));
    const all = Array.from({ length: periods + 1 }, (_, k) => sum(cohorts.map((one) => one.returned[k])));
    return { cohorts, total: { size: all[0], returned: all.map(known), of: all.map((_, k) => known(all[0], k)) } };
  });
}

/** The members of one cohort that one cell counts, or the others. */
export async function retentionPersons(oracle, { cohort, cell = 0, returned: which = 'true', key, unit = 'week', mode = 'on', ...query }) {
  await makeMembers(oracle, { unit, ...query });
  const counted = cell === 0 ? 'true' : `EXISTS (SELECT 1 FROM back WHERE back.person = member.person AND ${returned(unit, mode, cell)})`;
  return oracle.listPersons(`SELECT person FROM member WHERE cohort = ${period(quoted(cohort), unit)} AND ${which === 'true' ? '' : 'NOT '}${counted}
    ${key === undefined ? '' : `AND key = ${quoted(key)}`}`, query);
}

export async function ltv(oracle, { unit = 'week', periods = 8, conversion, ...query }) {
  const starts = await makeMembers(oracle, { unit, ...query });
  const rows = await oracle.ask(`SELECT key, cohort, NULL AS k, count(*) AS size, 0 AS revenue FROM member GROUP BY 1, 2
    UNION ALL
    SELECT member.key, cohort, cell.value, 0, sum(amount) FROM member JOIN event ON event.person = member.person AND event.n >= member.n AND ${isName(conversion)}
    JOIN ${cells(periods, 0)} ON ${apart('cohort', period('day', unit), unit)} = cell.value GROUP BY 1, 2, 3`);
  return tables(rows, query.by, (own) => {
    const brought = Object.fromEntries(starts.map((at) => [at, { start: at, size: 0, revenue: Array(periods + 1).fill(0) }]));
    for (const { cohort, k, size, revenue } of own) {
      brought[cohort].size += size;
      if (k !== null) brought[cohort].revenue[k] += revenue;
    }
    const cohorts = Object.values(brought).map((one) => {
      const cumulative = one.revenue.map((_, k) => sum(one.revenue.slice(0, k + 1)));
      return { ...one, cumulative, per_person: cumulative.map((money) => (one.size ? money / one.size : null)) };
    });
    const size = sum(cohorts.map((one) => one.size)), all = Array.from({ length: periods + 1 }, (_, k) => sum(cohorts.map((one) => one.cumulative[k])));
    const known = (count) => (starts.length ? count : null);
    return { cohorts, total: { size, of: all.map(() => known(size)), cumulative: all.map(known), per_person: all.map((money) => (size ? money / size : null)) } };
  });
}

/** The members of a cohort drawn for a list: one that has some, if any has. */
export async function someCohort(oracle, query) {
  const starts = await makeMembers(oracle, query);
  const [row] = await oracle.ask('SELECT cohort, key FROM member GROUP BY 1, 2 ORDER BY count(*) DESC, cohort, key LIMIT 1');
  return row ?? { cohort: list(starts)[0], key: undefined };
}
