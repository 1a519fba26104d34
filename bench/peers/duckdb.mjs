// DuckDB: a table in memory, sorted by person, then time; names and platforms are numbers of one byte, campaigns of
// two.
//   node duckdb.mjs FILE.csv
//
// Each question in several forms; the bench takes the fastest. In all of them every touch, step or week of a person is
// found by the exact rules of Demetra's answer, for the bench compares the numbers before it takes the time.
import { availableParallelism } from "node:os";

import { DuckDBInstance } from "@duckdb/node-api";

import {
  answer, FUNNEL_WINDOW_MS, HALF_LIFE_MS, IDLE_MS, LOOKBACK_MS, MONDAY_MS, ORDER, PAGE, PERIODS, STEPS, UNTAGGED,
  WEEK_MS,
} from "./peer.mjs";

// ---- attribution: platform, then conversions and revenue of each of five models ----

const ORDERS = `
  orders AS MATERIALIZED (
    SELECT (row_number() OVER ())::INTEGER AS id, person, at_ms, platform, amount
    FROM events WHERE name = ${ORDER}
  )`;

// The touches of each order among the rows of `table`.
const touchesOf = (table) => `
  touches AS MATERIALIZED (
    SELECT o.id, o.amount, e.at_ms, e.platform, exp((e.at_ms - o.at_ms) * ${Math.LN2 / HALF_LIFE_MS}) AS decay
    FROM ${table} e JOIN orders o ON e.person = o.person
    WHERE e.at_ms <= o.at_ms AND e.at_ms > o.at_ms - ${LOOKBACK_MS}
  )`;

const SUMS = `
  SELECT platform,
    sum(first::INT), sum(amount) FILTER (first), sum(last::INT), sum(amount) FILTER (last),
    sum(linear), sum(linear_money), sum(position), sum(position_money), sum(time_decay), sum(time_decay_money)
  FROM credit GROUP BY platform ORDER BY platform`;

// Orders without a touch keep what is theirs.
const UNTOUCHED = `
    SELECT platform, amount, true AS first, true AS last, 1.0 AS linear, amount AS linear_money, 1.0 AS position,
      amount AS position_money, 1.0 AS time_decay, amount AS time_decay_money
    FROM orders ANTI JOIN journeys USING (id)`;

const POSITION = "CASE WHEN n <= 2 THEN 1.0 / n WHEN first OR last THEN 0.4 ELSE 0.2 / (n - 2) END";

// What a touch gets, from its place and the number of touches. Money is whole: each has the whole part of what is due to
// it, and the units left over go to the largest remainders, among equal ones to the earlier touch. For linear and
// position that follows from the place; time decay has its remainders, to 2^-20 of a unit, put in order.
const IN_CENTS = `
  journeys AS (SELECT id, count(*) AS n, sum(decay) AS decays FROM touches GROUP BY id),
  placed AS (
    SELECT id, platform, amount, n, decay / decays AS time_decay, (decay / decays * amount * 1048576)::BIGINT AS due,
      row_number() OVER (PARTITION BY id ORDER BY at_ms) AS place
    FROM touches JOIN journeys USING (id)
  ),
  ranked AS (
    SELECT *, place = 1 AS first, place = n AS last,
      row_number() OVER (PARTITION BY id ORDER BY due & 1048575 DESC, place) AS rank,
      amount - sum(due >> 20) OVER (PARTITION BY id) AS unit,
      amount // n + (place <= amount % n)::INT AS even,
      2 * amount // 5 AS at_end, (2 * amount % 5) * (n - 2) AS at_end_left,
      CASE WHEN n > 2 THEN amount // (5 * (n - 2)) END AS other,
      CASE WHEN n > 2 THEN amount % (5 * (n - 2)) END AS other_left
    FROM placed
  ),
  shared AS (SELECT *, amount - 2 * at_end - (n - 2) * other AS units FROM ranked),
  credit AS (
    SELECT platform, amount, first, last, 1.0 / n AS linear, even AS linear_money, ${POSITION} AS position,
      CASE
        WHEN n <= 2 THEN even
        WHEN at_end_left = other_left
          THEN (CASE WHEN first OR last THEN at_end ELSE other END) + (place <= units)::INT
        WHEN at_end_left > other_left
          THEN CASE WHEN first THEN at_end + (units > 0)::INT WHEN last THEN at_end + (units > 1)::INT
                    ELSE other + (place - 1 <= units - 2)::INT END
        ELSE CASE WHEN first THEN at_end + (units > n - 2)::INT WHEN last THEN at_end + (units > n - 1)::INT
                  ELSE other + (place - 1 <= units)::INT END
      END AS position_money,
      time_decay, (due >> 20) + (rank <= unit)::INT AS time_decay_money
    FROM shared
    UNION ALL ${UNTOUCHED}
  )
  ${SUMS}`;

// The same with money in fractions: not the answer that was asked for, but what it costs without the cents.
const IN_FRACTIONS = `
  journeys AS (SELECT id, count(*) AS n, min(at_ms) AS first_at, max(at_ms) AS last_at, sum(decay) AS decays
               FROM touches GROUP BY id),
  placed AS (SELECT t.*, n, decays, at_ms = first_at AS first, at_ms = last_at AS last
             FROM touches t JOIN journeys USING (id)),
  credit AS (
    SELECT platform, amount, first, last, 1.0 / n AS linear, amount / n AS linear_money,
      ${POSITION} AS position, amount * (${POSITION}) AS position_money,
      decay / decays AS time_decay, amount * decay / decays AS time_decay_money
    FROM placed
    UNION ALL ${UNTOUCHED}
  )
  ${SUMS}`;

const EVENTS = `(SELECT person, at_ms, platform FROM events WHERE name <> ${ORDER})`;
const byEvents = (credit) => `WITH ${ORDERS}, ${touchesOf(EVENTS)}, ${credit}`;

// A session begins after a pause, or at a campaign that is not the session's. Only such an event can begin one whose
// campaign is not that of the event before it: among these few the session's campaign is that of the one before, for
// either that one began it or has the same.
const SESSIONS_BY_WINDOW = `
  e AS (
    SELECT person, at_ms, platform, campaign, coalesce(at_ms - lag(at_ms) OVER w > ${IDLE_MS}, true) AS pause,
      lag(campaign) OVER w AS before
    FROM events WHERE person IN (SELECT person FROM events WHERE name = ${ORDER})
    WINDOW w AS (PARTITION BY person ORDER BY at_ms)
  ),
  marks AS (
    SELECT *, lag(campaign) OVER (PARTITION BY person ORDER BY at_ms) AS session
    FROM e WHERE pause OR (campaign <> ${UNTAGGED} AND campaign <> before)
  ),
  sessions AS MATERIALIZED (SELECT person, at_ms, platform FROM marks WHERE pause OR campaign <> session)`;

// The same without sorting again what lies sorted: a window over all rows (OVER ()) takes them as they are read, which
// DuckDB does in the order of the table; on one processor, so there is a part of the persons for each. The person
// stands above the time's 41 bits, and makes a pause from one person to the next.
const PARTS = availableParallelism();
const sessionsPart = (part, from, to) => `
  e${part} AS (
    SELECT person, at_ms, platform, campaign, lag(campaign) OVER () AS before,
      (person::BIGINT << 42) + at_ms - lag((person::BIGINT << 42) + at_ms, 1, 0) OVER () > ${IDLE_MS} AS pause
    FROM events WHERE person >= ${from} AND person < ${to}
  ),
  marks${part} AS (
    SELECT *, lag(campaign) OVER () AS session
    FROM e${part} WHERE pause OR (campaign <> ${UNTAGGED} AND campaign <> before)
  )`;

function sessionsStreamed(persons) {
  const parts = Array.from({ length: PARTS }, (_, part) => part);
  const from = (part) => Math.floor((persons * part) / PARTS);
  const begun = (part) => `SELECT person, at_ms, platform FROM marks${part} WHERE pause OR campaign <> session`;
  return `
    ${parts.map((part) => sessionsPart(part, from(part), from(part + 1)))},
    sessions AS MATERIALIZED (${parts.map(begun).join(" UNION ALL ")})`;
}

const bySessions = (sessions, credit) => `WITH ${sessions}, ${ORDERS}, ${touchesOf("sessions")}, ${credit}`;

// ---- funnel: persons at each step ----

// At each event the latest start of a chain that reaches step k by then; it only ever moves forward.
const FUNNEL_BY_WINDOW = `
  WITH e AS (SELECT person, at_ms, name FROM events WHERE name IN (${STEPS})),
  a AS (SELECT *, CASE WHEN name = ${STEPS[0]} THEN at_ms END AS c1 FROM e),
  b AS (SELECT *, max(c1) OVER w AS s1 FROM a WINDOW w AS (PARTITION BY person ORDER BY at_ms)),
  c AS (SELECT *, CASE WHEN name = ${STEPS[1]} AND at_ms - s1 <= ${FUNNEL_WINDOW_MS} THEN s1 END AS c2 FROM b),
  d AS (SELECT *, max(c2) OVER w AS s2 FROM c WINDOW w AS (PARTITION BY person ORDER BY at_ms)),
  f AS (SELECT *, CASE WHEN name = ${STEPS[2]} AND at_ms - s2 <= ${FUNNEL_WINDOW_MS} THEN s2 END AS c3 FROM d),
  g AS (SELECT *, max(c3) OVER w AS s3 FROM f WINDOW w AS (PARTITION BY person ORDER BY at_ms)),
  h AS (SELECT *, CASE WHEN name = ${STEPS[3]} AND at_ms - s3 <= ${FUNNEL_WINDOW_MS} THEN s3 END AS c4 FROM g),
  p AS (SELECT max(c1) AS c1, max(c2) AS c2, max(c3) AS c3, max(c4) AS c4 FROM h GROUP BY person)
  SELECT count(c1), count(c2), count(c3), count(c4) FROM p`;

// The same by joining each step's events to the latest chain before them.
const FUNNEL_BY_ASOF = `
  WITH s1 AS (SELECT person, at_ms, at_ms AS began FROM events WHERE name = ${STEPS[0]}),
  ${STEPS.slice(1).map((name, i) => `
  s${i + 2} AS MATERIALIZED (
    SELECT e.person, e.at_ms, s.began
    FROM (SELECT person, at_ms FROM events WHERE name = ${name}) e ASOF JOIN s${i + 1} s
      ON e.person = s.person AND e.at_ms >= s.at_ms
    WHERE e.at_ms - s.began <= ${FUNNEL_WINDOW_MS})`).join(",")}
  SELECT (SELECT count(DISTINCT person) FROM s1), (SELECT count(DISTINCT person) FROM s2),
    (SELECT count(DISTINCT person) FROM s3), (SELECT count(DISTINCT person) FROM s4)`;

// ---- retention: cohort week, then its size and who came back in each of the weeks after ----

// A person's weeks are bits of one number.
const RETENTION_BY_BITS = `
  WITH p AS (
    SELECT min(week) FILTER (name = ${PAGE}) AS cohort, bit_or(1::BIGINT << week) AS weeks
    FROM (SELECT person, name, ((at_ms - ${MONDAY_MS}) // ${WEEK_MS})::INT AS week FROM events)
    GROUP BY person HAVING cohort IS NOT NULL
  ),
  m AS (SELECT cohort, (weeks >> cohort) & ${2 ** (PERIODS + 1) - 1} AS bits, count(*) AS n FROM p GROUP BY ALL)
  SELECT cohort, sum(n), ${Array.from({ length: PERIODS }, (_, k) => `sum(n) FILTER (bits >> ${k + 1} & 1 = 1)`)}
  FROM m GROUP BY cohort ORDER BY cohort`;

const RETENTION_BY_DISTINCT = `
  WITH w AS (
    SELECT person, ((at_ms - ${MONDAY_MS}) // ${WEEK_MS})::INT AS week, bool_or(name = ${PAGE}) AS starts
    FROM events GROUP BY ALL
  ),
  c AS (SELECT person, min(week) AS cohort FROM w WHERE starts GROUP BY person)
  SELECT cohort, count(*) FILTER (week = cohort),
    ${Array.from({ length: PERIODS }, (_, k) => `count(*) FILTER (week = cohort + ${k + 1})`)}
  FROM w JOIN c USING (person) GROUP BY cohort ORDER BY cohort`;

const instance = await DuckDBInstance.create(":memory:");
const db = await instance.connect();
await db.run(`CREATE TABLE events AS
  SELECT * FROM read_csv('${process.argv[2]}', header = false, columns = {
    person: 'UINTEGER', at_ms: 'BIGINT', name: 'UTINYINT', platform: 'UTINYINT', campaign: 'USMALLINT',
    amount: 'BIGINT'})
  ORDER BY person, at_ms`);
const [[version, persons]] = (
  await db.runAndReadAll("SELECT version(), (SELECT max(person) + 1 FROM events)::INTEGER")
).getRows();
await answer(
  `DuckDB ${version}`,
  {
    "attribution streamed": bySessions(sessionsStreamed(persons), IN_CENTS),
    "attribution by window": bySessions(SESSIONS_BY_WINDOW, IN_CENTS),
    "attribution, in fractions": bySessions(sessionsStreamed(persons), IN_FRACTIONS),
    "attribution-events by join": byEvents(IN_CENTS),
    "attribution-events, in fractions": byEvents(IN_FRACTIONS),
    "funnel by asof": FUNNEL_BY_ASOF,
    "funnel by window": FUNNEL_BY_WINDOW,
    "retention by bits": RETENTION_BY_BITS,
    "retention by distinct": RETENTION_BY_DISTINCT,
  },
  async (sql) => (await db.runAndReadAll(sql)).getRows().map((row) => row.map((cell) => Number(cell ?? 0))),
);
