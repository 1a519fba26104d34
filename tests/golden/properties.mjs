// tests/golden/properties.mjs -- an event by the values of a property, in SQL. Definitions: src/events/property_item.h.
import { byKey, inRange, passes, quoted } from './sql.mjs';

const VALUES_MAX = 1000, VALUE_BYTES = 256;

/** Read from the items as they came: of every one the type, the value as text and the number at a path. */
function read(property) {
  const path = quoted(`$${property.split('.').map((part) => `."${part}"`).join('')}`);
  const text = `CASE json_type(body, ${path}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'object' THEN NULL WHEN 'array' THEN NULL ELSE CAST(body->>${path} AS TEXT) END`;
  return `SELECT seq, json_type(body, ${path}) AS type, ${text} AS text, body->>${path} AS number FROM raw`;
}

/** Of a long value its beginning, characters whole. */
const beginning = (text) => `CASE WHEN length(CAST(${text} AS BLOB)) <= ${VALUE_BYTES} THEN ${text} ELSE
  (SELECT substr(${text}, 1, max(value)) FROM length_ WHERE length(CAST(substr(${text}, 1, value) AS BLOB)) <= ${VALUE_BYTES}) END`;

export async function propertyBreakdown(oracle, { event, property, ...query }) {
  const named = `CASE body->>'type' WHEN 'page' THEN 'Page Viewed' WHEN 'screen' THEN 'Screen Viewed' WHEN 'track' THEN trim(body->>'event') END = ${quoted(event)}`;
  await oracle.ask(`DROP TABLE IF EXISTS temp.value; DROP TABLE IF EXISTS temp.apart; DROP TABLE IF EXISTS temp.property;
    CREATE TEMP TABLE value AS WITH RECURSIVE length_(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM length_ WHERE value < ${VALUE_BYTES})
    SELECT seq, type, ${beginning('text')} AS text, number FROM (${read(property)} WHERE ${named}) WHERE text IS NOT NULL;
    CREATE INDEX value_seq ON value(seq);
    CREATE TEMP TABLE apart AS SELECT text FROM value GROUP BY text ORDER BY min(seq) LIMIT ${VALUES_MAX};
    CREATE INDEX apart_text ON apart(text);
    CREATE TEMP TABLE property AS
    SELECT person, amount, CASE WHEN type IN ('integer', 'real') THEN number END AS number,
      CASE WHEN type IS NULL THEN 'none' WHEN text IN (SELECT text FROM apart) THEN 'value' ELSE 'other' END AS kind, text
    FROM event LEFT JOIN value USING (seq) WHERE name = ${quoted(event)} AND ${inRange(query)} AND ${passes(query, 's_')}`);
  const counts = 'count(*) AS events, count(DISTINCT person) AS persons, coalesce(sum(amount), 0) AS revenue';
  const rows = await oracle.ask(`SELECT kind || ': ' || CASE kind WHEN 'value' THEN text ELSE '(' || kind || ')' END AS key, ${counts} FROM property GROUP BY 1`);
  const [totals] = await oracle.ask(`SELECT ${counts} FROM property`);
  const [numbers] = await oracle.ask('SELECT count(number) AS events, sum(number) AS sum, avg(number) AS avg, min(number) AS min, max(number) AS max FROM property');
  return { event, property, keys: rows.length, rows: byKey(rows), totals, numbers: numbers.events ? numbers : null };
}
