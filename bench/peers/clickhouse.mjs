// ClickHouse in this process (chDB): a MergeTree sorted by person, then time; names and platforms are numbers of one
// byte, campaigns of two.
//   node clickhouse.mjs FILE.csv FOLDER      FOLDER is made, and holds the table while this runs
import { Session } from "chdb";

import { answer, FUNNEL_WINDOW_MS, MONDAY_MS, PAGE, PERIODS, STEPS, WEEK_MS } from "./peer.mjs";

const [file, folder] = process.argv.slice(2);

const CONDITIONS = STEPS.map((name) => `name = ${name}`);
const funnel = (settings) => `
  SELECT countIf(level >= 1), countIf(level >= 2), countIf(level >= 3), countIf(level >= 4)
  FROM (SELECT windowFunnel(${FUNNEL_WINDOW_MS})(at_ms, ${CONDITIONS}) AS level
        FROM events WHERE name IN (${STEPS}) GROUP BY person)
  ${settings}`;

// A person's weeks are bits of one number.
const retention = (settings) => `
  SELECT cohort, sum(n), ${Array.from({ length: PERIODS }, (_, k) => `sumIf(n, bitTest(bits, ${k + 1}))`)}
  FROM (
    SELECT cohort, bitAnd(bitShiftRight(weeks, cohort), ${2 ** (PERIODS + 1) - 1}) AS bits, count() AS n
    FROM (SELECT minIf(week, name = ${PAGE}) AS cohort, countIf(name = ${PAGE}) AS starts,
                 groupBitOr(bitShiftLeft(toUInt64(1), week)) AS weeks
          FROM (SELECT person, name, toUInt8(intDiv(at_ms - ${MONDAY_MS}, ${WEEK_MS})) AS week FROM events)
          GROUP BY person HAVING starts > 0)
    GROUP BY cohort, bits)
  GROUP BY cohort ORDER BY cohort ${settings}`;

const session = new Session(folder);
session.query("DROP TABLE IF EXISTS events");
session.query(`CREATE TABLE events
  (person UInt32, at_ms UInt64, name UInt8, platform UInt8, campaign UInt16, amount Int64)
  ENGINE = MergeTree ORDER BY (person, at_ms)`);
session.query(`INSERT INTO events SELECT * FROM file('${file}', CSV,
  'person UInt32, at_ms UInt64, name UInt8, platform UInt8, campaign UInt16, amount Int64')`);
session.query("OPTIMIZE TABLE events FINAL");
const version = session.query("SELECT version()", "TSV").trim();
const IN_ORDER = "SETTINGS optimize_aggregation_in_order = 1";
await answer(
  `ClickHouse ${version} (chDB)`,
  {
    "funnel by hash": funnel(""),
    "funnel in order": funnel(IN_ORDER),
    "retention by hash": retention(""),
    "retention in order": retention(IN_ORDER),
  },
  (sql) =>
    session
      .query(sql, "TSV")
      .trim()
      .split("\n")
      .map((line) => line.split("\t").map(Number)),
);
