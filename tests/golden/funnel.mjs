// tests/golden/funnel.mjs -- funnels in SQL: every chain of a person, and of them the one that counts.
//
// Is:    the tables `tried` (from each beginning how far, and when), `best` (a person's chain) and `chain` (its events).
//        Definitions: src/measure/funnel.h.
import { byKey, inRange, length, list, passes, period, quartile, quoted, shown } from './sql.mjs';

/** The bounds of `lengths`: a second, ten, a minute, 5, 15, an hour, 3, 12, a day, 3, 7, 30. */
const LENGTHS_MS = [1, 10, 60, 300, 900, 3600, 10_800, 43_200, 86_400, 259_200, 604_800, 2_592_000].map((seconds) => seconds * 1000);
const NO_TIMES = { p25_ms: null, median_ms: null, p75_ms: null };

/** Conditions on a chain that began at `from`.start and goes on to the event `next`. */
function limitsOf({ window: text = '30d', exclude, order }, ranged = 'ranged') {
  const window = length(text), names = list(exclude).map(quoted);
  const within = window === null ? 'true' : `next.at - from_.start_at <= ${window}`;
  const clean = names.length === 0 || order === 'strict' ? 'true'
    : `NOT EXISTS (SELECT 1 FROM ${ranged} bad WHERE bad.person = from_.person AND bad.n > from_.start AND bad.n < next.n AND bad.name IN (${names}))`;
  return `${within} AND ${clean}`;
}

/** Milliseconds from the step before, by step from the second on; null: no limit. */
function stepWindows({ step, step_window: text }) {
  const windows = text === undefined ? [] : text.split(',').map(length);
  return step.slice(1).map((_, k) => (windows.length === 1 ? windows[0] : windows[k] ?? null));
}

/** Steps one after the other. Without limits of their own each is taken as early as can be; with them all are tried. */
function tryInOrder(query) {
  const { step, order } = query, windows = stepWindows(query);
  const name = `CASE k ${step.map((one, k) => `WHEN ${k} THEN ${quoted(one)}`).join(' ')} END`;
  const limited = windows.some((window) => window !== null);
  const soon = `next.at - from_.at <= CASE k ${windows.map((window, k) => `WHEN ${k + 1} THEN ${window ?? 'next.at - from_.at'}`).join(' ')} END`;
  const follows = order === 'strict' ? `next.n = from_.n + 1 AND next.name = ${name} AND ${soon}`
    : limited ? `next.n > from_.n AND next.name = ${name} AND ${soon}`
      : `next.n = (SELECT min(later.n) FROM ranged later WHERE later.person = from_.person AND later.name = ${name} AND later.n > from_.n)`;
  return `CREATE TEMP TABLE tried AS
    WITH RECURSIVE reach(person, start, start_at, k, n, at) AS (
      SELECT person, n, at, 1, n, at FROM ranged WHERE name = ${quoted(step[0])} AND ${passes(query, 's_')}
      UNION
      SELECT from_.person, start, start_at, k + 1, next.n, next.at FROM reach from_ JOIN ranged next ON next.person = from_.person AND ${follows}
      WHERE k < ${step.length} AND ${limitsOf(query)})
    SELECT * FROM reach;
    CREATE INDEX tried_k ON tried(person, start, k);
    ${PICK_BEST}
    /* back from its end to all that lead there, then from its beginning always to the earliest */
    CREATE TEMP TABLE leads AS
    WITH RECURSIVE back(person, start, k, n, at) AS (
      SELECT person, start, k, n, at FROM best
      UNION
      SELECT next.person, next.start, from_.k, from_.n, from_.at FROM back next JOIN tried from_ ON from_.person = next.person AND from_.start = next.start AND from_.k = next.k - 1
        AND from_.n < next.n AND ${limited ? soon.replace('CASE k', 'CASE from_.k') : 'true'} ${order === 'strict' ? 'AND from_.n = next.n - 1' : ''})
    SELECT * FROM back;
    CREATE INDEX leads_k ON leads(person, k, n);
    CREATE TEMP TABLE chain AS
    WITH RECURSIVE from_(person, start, start_at, k, n, at) AS (
      SELECT person, start, start_at, 1, start, start_at FROM best
      UNION ALL
      SELECT from_.person, from_.start, from_.start_at, next.k, next.n, next.at FROM from_ JOIN leads next ON next.person = from_.person AND next.k = from_.k + 1
        AND next.n = (SELECT min(n) FROM leads other WHERE other.person = from_.person AND other.k = from_.k + 1 AND other.n > from_.n
          AND ${limited ? soon.replace('CASE k', 'CASE from_.k').replaceAll('next.', 'other.') : 'true'}))
    SELECT * FROM from_`;
}

/** Steps in whatever order: from each beginning, of every name as many as the first k steps have, as early as can be. */
function tryInAny(query) {
  const { step } = query;
  const slots = step.map((name, slot) => `(${slot}, ${quoted(name)}, ${step.slice(0, slot).filter((one) => one === name).length + 1})`);
  return `CREATE TEMP TABLE turn AS SELECT person, name, n, at, row_number() OVER (PARTITION BY person, name ORDER BY n) AS turn FROM ranged WHERE name IN (${step.map(quoted)});
    CREATE INDEX turn_turn ON turn(person, name, turn);
    CREATE INDEX turn_n ON turn(person, name, n);
    CREATE TEMP TABLE taken AS
    WITH slot(slot, name, nth) AS (VALUES ${slots}),
    heads AS (SELECT person, n AS start, at AS start_at FROM ranged WHERE name IN (${step.map(quoted)}) AND ${passes(query, 's_')})
    SELECT heads.person, start, start_at, slot, turn.n, turn.at FROM heads CROSS JOIN slot JOIN turn ON turn.person = heads.person AND turn.name = slot.name
      AND turn.turn = nth + (SELECT count(*) FROM turn before WHERE before.person = heads.person AND before.name = slot.name AND before.n < start);
    CREATE INDEX taken_slot ON taken(person, start, slot);
    CREATE TEMP TABLE tried AS
    WITH upto AS (
      SELECT person, start, start_at, slot + 1 AS k, count(*) OVER upto AS slots, min(n) OVER upto AS first, max(n) OVER upto AS n, max(at) OVER upto AS at
      FROM taken WINDOW upto AS (PARTITION BY person, start ORDER BY slot))
    SELECT person, start, start_at, k, n, at FROM upto AS next WHERE slots = k AND first = start
      AND ${limitsOf(query).replaceAll('from_.', 'next.')};
    ${PICK_BEST}
    CREATE TEMP TABLE chain AS
    SELECT person, start, best.start_at, row_number() OVER (PARTITION BY person ORDER BY taken.n) AS k, taken.n, taken.at
    FROM best JOIN taken USING (person, start) WHERE slot < best.k`;
}

/** The deepest, of those the one completed first, of those the one that began last. */
const PICK_BEST = `CREATE TEMP TABLE best AS SELECT * FROM (
    SELECT *, row_number() OVER (PARTITION BY person ORDER BY k DESC, n, start DESC) AS place FROM tried) WHERE place = 1;
  CREATE INDEX best_person ON best(person);`;

async function makeChains(oracle, query) {
  const names = [...query.step, ...list(query.exclude)].map(quoted), strict = query.order === 'strict';
  const drop = ['ranged', 'tried', 'best', 'leads', 'chain', 'turn', 'taken'].map((table) => `DROP TABLE IF EXISTS temp.${table};`).join(' ');
  await oracle.ask(`${drop}
    CREATE TEMP TABLE ranged AS SELECT * FROM event WHERE ${inRange(query)} ${strict ? '' : `AND name IN (${names})`};
    CREATE INDEX ranged_name ON ranged(person, name, n);
    CREATE INDEX ranged_n ON ranged(person, n);
    ${(query.order === 'any' ? tryInAny : tryInOrder)(query)};
    CREATE INDEX chain_k ON chain(person, k)`);
}

const TIMED = (group) => `timed AS (
    SELECT ${group} AS key, chain.k, chain.at - chain.start_at AS whole, chain.at - coalesce(before.at, chain.at) AS part
    FROM chain JOIN event head ON head.person = chain.person AND head.n = chain.start
    LEFT JOIN chain before ON before.person = chain.person AND before.k = chain.k - 1)`;

async function steps(oracle, { step }, group) {
  const rows = await oracle.ask(`WITH ${TIMED(group)},
    placed AS (
      SELECT *, row_number() OVER (PARTITION BY key, k ORDER BY whole) AS whole_place, row_number() OVER (PARTITION BY key, k ORDER BY part) AS part_place,
        count(*) OVER (PARTITION BY key, k) AS persons FROM timed)
    SELECT key, k, persons, ${quartile(1, 'part', 'part_place')} AS p25_ms, ${quartile(2, 'part', 'part_place')} AS median_ms, ${quartile(3, 'part', 'part_place')} AS p75_ms,
      ${quartile(1, 'whole', 'whole_place')} AS p25_whole, ${quartile(2, 'whole', 'whole_place')} AS median_from_first_ms, ${quartile(3, 'whole', 'whole_place')} AS p75_whole
    FROM placed GROUP BY key, k ORDER BY key, k`);
  const none = { persons: 0, ...NO_TIMES, median_from_first_ms: null };
  const groups = {}, wholes = {};
  for (const { key } of rows) groups[key] ??= step.map((name) => ({ name, ...none }));
  for (const { key, k, p25_whole, p75_whole, ...cell } of rows) {
    Object.assign(groups[key][k - 1], cell);
    if (k === step.length) wholes[key] = { p25_ms: p25_whole, median_ms: cell.median_from_first_ms, p75_ms: p75_whole };
  }
  for (const cells of Object.values(groups))
    cells.forEach((cell, k) => Object.assign(cell, { from_first: cell.persons / cells[0].persons, from_previous: k && !cells[k - 1].persons ? 0 : cell.persons / cells[Math.max(0, k - 1)].persons }));
  return { groups, wholes };
}

/** How many took how long, by step, and from the first to the last at `whole`. */
async function lengths(oracle, { step }) {
  const bin = (ms) => LENGTHS_MS.map((bound) => `(${ms} >= ${bound})`).join(' + ');
  const rows = await oracle.ask(`WITH ${TIMED("''")}
    SELECT k, ${bin('part')} AS bin, count(*) AS persons FROM timed WHERE k > 1 GROUP BY 1, 2
    UNION ALL SELECT 'whole', ${bin('whole')}, count(*) FROM timed WHERE k = ${step.length} GROUP BY 1, 2`);
  const found = {};
  for (const at of [...step.map((_, k) => k + 1), 'whole']) found[at] = Array(LENGTHS_MS.length + 1).fill(0);
  for (const { k, bin: at, persons } of rows) found[k][at] = persons;
  return found;
}

async function trend(oracle, query) {
  const { periods } = await oracle.periods(query, query.trend);
  const rows = byKey(await oracle.ask(`SELECT ${period('day', query.trend)} AS key, count(*) AS entered, sum(best.k = ${query.step.length}) AS converted
    FROM best JOIN event head ON head.person = best.person AND head.n = best.start GROUP BY 1`));
  return periods.map((at) => {
    const { entered = 0, converted = 0 } = rows[at] ?? {};
    return { at, entered, converted, rate: entered ? converted / entered : 0 };
  });
}

export async function funnel(oracle, query) {
  await makeChains(oracle, query);
  const { groups: { '': all }, wholes: { '': whole } } = await steps(oracle, query, "''"), bins = await lengths(oracle, query);
  const counted = (all ?? query.step.map((name) => ({ name, persons: 0, ...NO_TIMES, median_from_first_ms: null, from_first: 0, from_previous: 0 })))
    .map((cell, k) => ({ ...cell, ...(k > 0 && { lengths: bins[k + 1] }) }));
  return {
    order: query.order ?? 'best', persons: counted[0].persons, lengths_ms: LENGTHS_MS, steps: counted, whole: { ...(whole ?? NO_TIMES), lengths: bins.whole },
    ...(query.trend && { trend: await trend(oracle, query) }),
    ...(query.by && { groups: (await steps(oracle, query, `head.s_${query.by}`)).groups }),
  };
}

/** Who reached a step, or no further than the one before it. */
export async function funnelPersons(oracle, { reached, dropped, key, ...query }) {
  await makeChains(oracle, query);
  const depth = reached === undefined ? `best.k = ${dropped - 1}` : `best.k >= ${reached}`;
  const rows = await oracle.ask(`SELECT ${shown('best.person')} AS person, best.start_at AS entered_at, best.k AS reached, best.at
    FROM best JOIN event head ON head.person = best.person AND head.n = best.start WHERE ${depth} ${key === undefined ? '' : `AND head.s_${query.by} = ${quoted(key)}`}`);
  return { total: rows.length, persons: Object.fromEntries(rows.map(({ person, ...row }) => [person, row])) };
}
