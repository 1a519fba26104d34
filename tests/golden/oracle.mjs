// tests/golden/oracle.mjs -- what every question's answer is, worked out in SQL.
//
// Is:    the history as it came, in SQLite, and one function for each route: the query of a request in, its answer out,
//        in the form of reading.mjs. Written from DESIGN.md (Definitions) and contracts/segment.md: slow and plain.
// Owns:  its database.
// Never: takes anything from the server: identity, repeats, order, sessions, money and days are made here once more.
import { Sqlite } from '../lib/sqlite.mjs';
import { ltv, retention, retentionPersons } from './cohorts.mjs';
import { funnel, funnelPersons } from './funnel.mjs';
import { propertyBreakdown } from './properties.mjs';
import { definitionOf, holds } from './segment.mjs';
import { RULES, byKey, inRange, isDay, isName, length, list, paidBy, passes, period, platformBy, quoted, shown } from './sql.mjs';

const ROWS_AN_INSERT = 500;

/* From the wire to persons, events and sessions. */
const PREPARE = `
CREATE TABLE item AS
SELECT seq, body->>'type' AS type, nullif(trim(body->>'messageId'), '') AS id,
  trim(coalesce(body->>'userId', '')) AS user_id, trim(coalesce(body->>'anonymousId', '')) AS anonymous_id,
  trim(coalesce(CASE body->>'type' WHEN 'alias' THEN body->>'previousId' END, '')) AS previous_id,
  trim(coalesce(CASE body->>'type' WHEN 'identify' THEN coalesce(body->>'$.traits.client_id', body->>'$.context.traits.client_id')
    WHEN 'crm_event' THEN body->>'client_id' END, '')) AS client_id,
  trim(coalesce(CASE body->>'type' WHEN 'identify' THEN coalesce(body->>'$.traits.telegram_id', body->>'$.context.traits.telegram_id') END, '')) AS telegram_id,
  coalesce(body->>'timestamp', body->>'originalTimestamp') AS stamp,
  CASE body->>'type' WHEN 'page' THEN 'Page Viewed' WHEN 'screen' THEN 'Screen Viewed' WHEN 'track' THEN trim(body->>'event')
    WHEN 'crm_event' THEN 'CRM Touch' END AS name,
  trim(coalesce(body->>'$.context.campaign.source', '')) AS source, trim(coalesce(body->>'$.context.campaign.medium', '')) AS medium,
  trim(coalesce(body->>'$.context.campaign.name', '')) AS campaign, trim(coalesce(body->>'$.context.campaign.id', '')) AS campaign_id,
  trim(coalesce(body->>'$.context.campaign.content', '')) AS content, trim(coalesce(body->>'$.context.campaign.term', '')) AS term,
  trim(coalesce(body->>'$.context.campaign.creative', '')) AS creative, trim(coalesce(body->>'$.context.campaign.source_type', '')) AS source_type,
  nullif(body->>'doc_id', '') AS doc_id,
  body->>'$.properties.revenue' AS revenue, coalesce(body->>'$.properties.total', body->>'$.properties.value') AS total,
  upper(trim(coalesce(body->>'$.properties.currency', 'UAH'))) AS currency
FROM raw WHERE body->>'type' <> 'crm_contract';
CREATE INDEX item_id ON item(id, seq);

/* whoever has no id is set aside; of one messageId the first counts */
DELETE FROM item WHERE user_id = '' AND anonymous_id = '' AND client_id = '' AND telegram_id = '' AND previous_id = '';
DELETE FROM item WHERE id IS NOT NULL AND seq > (SELECT min(seq) FROM item other WHERE other.id = item.id);

/* of a contract the last word counts; the first event to name one that has a price signs it */
CREATE TABLE contract AS SELECT body->>'doc_id' AS doc_id, body->>'cost_minor' AS cost FROM raw
WHERE seq IN (SELECT max(seq) FROM raw WHERE body->>'type' = 'crm_contract' GROUP BY body->>'doc_id');
UPDATE item SET name = 'Contract Signed' WHERE seq IN (SELECT min(seq) FROM item WHERE doc_id IS NOT NULL GROUP BY doc_id)
  AND doc_id IN (SELECT doc_id FROM contract WHERE cost > 0);

/* the ids that one call carries are of one person; the previous one was of either kind */
CREATE TABLE carries AS
SELECT seq, 1 AS place, 'u:' || user_id AS alias FROM item WHERE user_id <> ''
UNION ALL SELECT seq, 2, 'a:' || anonymous_id FROM item WHERE anonymous_id <> ''
UNION ALL SELECT seq, 3, 'c:' || client_id FROM item WHERE client_id <> ''
UNION ALL SELECT seq, 4, 't:' || telegram_id FROM item WHERE telegram_id <> ''
UNION ALL SELECT seq, 5, 'a:' || previous_id FROM item WHERE previous_id <> ''
UNION ALL SELECT seq, 6, 'u:' || previous_id FROM item WHERE previous_id <> '';
CREATE INDEX carries_seq ON carries(seq);
CREATE INDEX carries_alias ON carries(alias);
CREATE TABLE pair AS SELECT DISTINCT one.alias AS one, other.alias AS other FROM carries one JOIN carries other USING (seq);
CREATE INDEX pair_one ON pair(one, other);
CREATE TABLE alias AS
WITH RECURSIVE reach(alias, other) AS (
  SELECT one, other FROM pair UNION SELECT reach.alias, pair.other FROM reach JOIN pair ON pair.one = reach.other)
SELECT alias, min(other) AS person, (SELECT min(seq * 10 + place) FROM carries WHERE carries.alias = reach.alias) AS first_seen
FROM reach GROUP BY alias;
CREATE INDEX alias_alias ON alias(alias);
CREATE INDEX alias_person ON alias(person);

/* the rate of its day, or the latest before; in whole minor units, of which a yen has none; half away from 0 */
CREATE TABLE said AS
SELECT seq, currency, date(strftime('%s', substr(stamp, 1, 19) || substr(stamp, 24)), 'unixepoch', 'localtime') AS day, CASE
  WHEN name IN ('Checkout Started', 'Checkout Step Viewed', 'Checkout Step Completed', 'Payment Info Entered', 'Cart Viewed', 'Product Added',
                'Product Viewed', 'Product Removed', 'Order Updated', 'Order Cancelled') THEN NULL
  WHEN name IN ('Order Completed', 'Order Refunded') THEN coalesce(revenue, total)
  ELSE revenue END AS major
FROM item WHERE name IS NOT NULL;
CREATE TABLE money AS
SELECT seq, currency, currency <> 'UAH' AND e9 IS NULL AND said IS NOT NULL AS unpriced,
  CASE currency WHEN 'UAH' THEN said ELSE coalesce(sign(said) * ((abs(said) * e9 * 2 + unit) / (unit * 2)), 0) END AS minor
FROM (SELECT seq, currency, CAST(round(major * CASE currency WHEN 'JPY' THEN 1 ELSE 100 END) AS INTEGER) AS said,
  CASE currency WHEN 'JPY' THEN 10000000 ELSE 1000000000 END AS unit,
  (SELECT e9 FROM rate WHERE rate.currency = said.currency AND rate.day <= said.day ORDER BY rate.day DESC LIMIT 1) AS e9 FROM said);
CREATE INDEX money_seq ON money(seq);

CREATE TABLE plain AS
WITH timed AS (
  SELECT *, strftime('%s', substr(stamp, 1, 19) || substr(stamp, 24)) * 1000 + substr(stamp, 21, 3) AS at,
    (SELECT alias.person FROM carries JOIN alias USING (alias) WHERE carries.seq = item.seq LIMIT 1) AS person
  FROM item WHERE name IS NOT NULL)
SELECT person, row_number() OVER (PARTITION BY person ORDER BY at, seq) AS n, seq, at, date(at / 1000, 'unixepoch', 'localtime') AS day, name,
  (SELECT CASE WHEN timed.type = 'crm_event' THEN CASE timed.name WHEN 'Contract Signed' THEN (SELECT cost FROM contract WHERE contract.doc_id = timed.doc_id) ELSE 0 END
    WHEN timed.name = 'Order Refunded' THEN -abs(coalesce(minor, 0)) ELSE coalesce(minor, 0) END
   FROM money WHERE money.seq = timed.seq) AS amount,
  source, medium, campaign, campaign_id, content, term, creative, source_type,
  source || medium || campaign || campaign_id || content || term || creative || source_type = '' AS unknown,
  /* an empty one says "as before"; the CRM's says all there is */
  CASE WHEN type <> 'crm_event' AND source || medium || campaign || campaign_id || content || term || creative || source_type = '' THEN ''
    ELSE json_array(source, medium, campaign, campaign_id, content, term, creative, source_type, type = 'crm_event') END AS tuple
FROM timed;
CREATE INDEX plain_n ON plain(person, n);

/* a session ends after 30 idle minutes, or at an event whose tuple is not empty and not the session's */
CREATE TABLE sitting AS
WITH RECURSIVE walk(person, n, at, session, tuple) AS (
  SELECT person, n, at, n, tuple FROM plain WHERE n = 1
  UNION ALL
  SELECT next.person, next.n, next.at,
    CASE WHEN next.at - walk.at > 1800000 OR (next.tuple <> '' AND next.tuple <> walk.tuple) THEN next.n ELSE walk.session END,
    CASE WHEN next.at - walk.at > 1800000 OR (next.tuple <> '' AND next.tuple <> walk.tuple) THEN next.tuple ELSE walk.tuple END
  FROM walk JOIN plain next ON next.person = walk.person AND next.n = walk.n + 1)
SELECT person, n, session FROM walk;
CREATE INDEX sitting_n ON sitting(person, n);

/* s_: what the first event of the session says */
CREATE TABLE event AS
SELECT plain.*, sitting.session, max(plain.at) OVER one - min(plain.at) OVER one AS s_length, count(*) OVER one AS s_events,
  '' AS platform, '' AS s_platform, 0 AS paid, head.source_type AS s_source_type, head.source AS s_source, head.medium AS s_medium, head.campaign AS s_campaign, head.campaign_id AS s_campaign_id,
  head.content AS s_content, head.term AS s_term, head.creative AS s_creative
FROM plain JOIN sitting USING (person, n) JOIN plain head ON head.person = sitting.person AND head.n = sitting.session
WINDOW one AS (PARTITION BY plain.person, sitting.session);
CREATE UNIQUE INDEX event_n ON event(person, n);
CREATE INDEX event_name ON event(person, name, n);
CREATE INDEX event_by_name ON event(name);
CREATE TABLE name AS SELECT name, min(seq) AS first_seq FROM event GROUP BY name;
ANALYZE;`;

const SIX = ['events', 'persons', 'sessions', 'conversions', 'converted', 'revenue'];
/** Every metric of a row of counts; its point has `days` days. */
const METRICS = {
  ...Object.fromEntries([...SIX, 'orders', 'payers', 'wau', 'mau'].map((name) => [name, (row) => row[name]])),
  session_ms: (row) => over(row.session_ms, row.sessions), bounce_rate: (row) => over(row.bounces, row.sessions),
  aov: (row) => over(row.revenue, row.orders), arpu: (row) => over(row.revenue, row.persons), arppu: (row) => over(row.revenue, row.payers),
  dau: (row) => over(row.person_days, row.days), stickiness: (row) => over(row.person_days, row.days * row.mau),
};
export const METRIC_NAMES = Object.keys(METRICS);
const over = (value, per) => (per ? value / per : null);
const NOTHING = { ...Object.fromEntries(SIX.map((name) => [name, 0])), orders: 0, payers: 0, session_ms: 0, bounces: 0, person_days: 0, wau: 0, mau: 0, days: 0 };
const daysIn = (first, last) => Math.round((Date.parse(last) - Date.parse(first)) / 86_400_000) + 1;
const measured = (names, row) => Object.fromEntries(names.map((name) => [name, METRICS[name]({ ...NOTHING, ...row })]));

/** Which route a request asks: its path without what stands for a person. */
export function routeOf(target) {
  const route = target.slice('/api/v1/'.length);
  return route.startsWith('journeys/') ? 'journeys' : route;
}

const ANSWERS = {
  session: 'session', names: 'names', values: 'values', metrics: 'metrics', breakdown: 'breakdown', funnel: 'funnel', 'funnel/persons': 'funnelPersons', retention: 'retention',
  'retention/persons': 'retentionPersons', ltv: 'ltv', persons: 'countedPersons', paths: 'paths', 'paths/persons': 'pathPersons', attribution: 'attribution', 'attribution/journeys': 'cell',
};

export class Oracle {
  /** Of items in the order of arrival; `zone` is the reporting time zone. */
  static async of(test, items, zone, rates = [], rules = RULES) {
    const oracle = new Oracle();
    oracle.db = new Sqlite(test, zone);
    await oracle.db.ask('CREATE TABLE raw(seq INTEGER PRIMARY KEY, body TEXT)');
    for (let i = 0; i < items.length; i += ROWS_AN_INSERT) {
      const rows = items.slice(i, i + ROWS_AN_INSERT).map((item, k) => `(${i + k}, ${quoted(JSON.stringify(item))})`);
      await oracle.db.ask(`INSERT INTO raw VALUES ${rows.join(',')}`);
    }
    await oracle.db.ask(`CREATE TABLE rate(currency TEXT, day TEXT, e9 INTEGER);
      ${rates.map(({ currency, day, rate }) => `INSERT INTO rate VALUES (${quoted(currency)}, ${quoted(day)}, ${Math.round(rate * 1e9)});`).join('')}`);
    await oracle.db.ask(PREPARE);
    await oracle.useRules(rules);
    return oracle;
  }

  /** Platforms by other rules. */
  useRules(rules) {
    return this.ask(`UPDATE main.event SET platform = ${platformBy(rules, '')}, s_platform = ${platformBy(rules, 's_')}, paid = ${paidBy(rules, '')}`);
  }

  ask(sql) {
    return this.db.ask(sql);
  }

  /** The answer to a request, in the form of reading.mjs; `segment` is that of the question, as it was made. */
  async answer(target, query, segment) {
    const route = routeOf(target);
    if (route === 'journeys') return this.person(decodeURIComponent(target.split('/')[4]));
    if (!segment) return this[ANSWERS[route]](query);
    await this.narrow(segment);
    try {
      return await this[ANSWERS[route]](query);
    } finally {
      await this.ask('DROP TABLE temp.event');
    }
  }

  /** Until it is dropped, `event` is that of the persons of a segment alone. */
  async narrow(segment) {
    await this.ask(`CREATE TEMP TABLE event AS SELECT * FROM main.event WHERE person IN (
        SELECT person FROM (SELECT DISTINCT person FROM main.event) who WHERE ${holds(definitionOf(segment), this.today)});
      CREATE INDEX temp.own_n ON event(person, n);
      CREATE INDEX temp.own_name ON event(person, name, n)`);
  }

  async persons() {
    return (await this.ask('SELECT DISTINCT person FROM event ORDER BY person')).map(({ person }) => person);
  }

  async session() {
    const [row] = await this.ask('SELECT count(*) AS events, count(DISTINCT person) AS persons, min(at) AS first_at, max(at) AS last_at, min(day) AS first_day, max(day) AS last_day FROM event');
    const unpriced = await this.ask("SELECT CASE currency WHEN 'зл' THEN '?' WHEN 'ЗЛ' THEN '?' ELSE currency END AS key, count(*) AS n FROM money WHERE unpriced GROUP BY 1 ORDER BY 1");
    return { ...row, unpriced: unpriced.map(({ key, n }) => `${key} ${n}`).join() };
  }

  /** The days of a span: of all time, those with events. */
  async days({ from, to }) {
    const day = (text, sql, ms) => (!text ? sql : isDay(text) ? quoted(text) : `date(${Math.floor((Date.parse(text) - ms) / 1000)}, 'unixepoch', 'localtime')`);
    const [row] = await this.ask(`SELECT ${day(from, 'min(day)', 0)} AS first, ${day(to, 'max(day)', 1)} AS last, count(*) AS events FROM event`);
    return row;
  }

  /** Every period that the days touch. */
  async periods(query, step) {
    const { first, last } = await this.days(query);
    if (first === null || last === null || first > last) return { first: null, last: null, periods: [] };
    const rows = await this.ask(`WITH RECURSIVE one(day) AS (SELECT ${quoted(first)} UNION ALL SELECT date(day, '+1 day') FROM one WHERE day < ${quoted(last)})
      SELECT DISTINCT ${period('day', step)} AS period FROM one ORDER BY 1`);
    return { first, last, periods: rows.map((row) => row.period) };
  }

  /* ---- metrics, breakdown ---- */

  cells({ event, conversion, ...query }, group) {
    const counts = isName(event), converts = conversion === undefined ? 'false' : isName(conversion), orders = conversion === undefined ? 'amount > 0' : converts;
    return this.ask(`SELECT ${group} AS key, count(CASE WHEN ${counts} THEN 1 END) AS events, count(DISTINCT CASE WHEN ${counts} THEN person END) AS persons,
        count(CASE WHEN n = session THEN 1 END) AS sessions, count(CASE WHEN ${converts} THEN 1 END) AS conversions,
        count(DISTINCT CASE WHEN ${converts} THEN person END) AS converted,
        coalesce(sum(CASE WHEN ${conversion === undefined ? 'true' : converts} THEN amount END), 0) AS revenue,
        count(CASE WHEN ${orders} THEN 1 END) AS orders, count(DISTINCT CASE WHEN ${orders} THEN person END) AS payers,
        coalesce(sum(CASE WHEN n = session THEN s_length END), 0) AS session_ms, count(CASE WHEN n = session AND s_events = 1 THEN 1 END) AS bounces
      FROM event WHERE ${inRange(query)} AND ${passes(query, 's_')} GROUP BY 1`);
  }

  /** By key, of persons active in points of [at, first day, last day]: whole days, also those outside of the range. */
  async active({ event, ...query }, points, key = "''") {
    await this.ask(`DROP TABLE IF EXISTS temp.active; DROP TABLE IF EXISTS temp.point;
      CREATE TEMP TABLE active AS SELECT DISTINCT day, ${key} AS key, person FROM event WHERE ${isName(event)} AND ${passes(query, 's_')};
      CREATE INDEX active_day ON active(day);
      CREATE TEMP TABLE point(at, first, last);
      ${points.length ? `INSERT INTO point VALUES ${points.map((point) => `(${point.map(quoted)})`)}` : ''}`);
    return this.ask(`SELECT at, key, count(DISTINCT CASE WHEN day >= first THEN day || person END) AS person_days,
        count(DISTINCT CASE WHEN day > date(last, '-7 days') THEN person END) AS wau,
        count(DISTINCT CASE WHEN day > date(last, '-30 days') THEN person END) AS mau
      FROM point JOIN active ON day BETWEEN min(first, date(last, '-29 days')) AND last GROUP BY 1, 2`);
  }

  /** The points of a span, in the order of time: when they begin, first day and last. */
  async points(query, step) {
    const { first, last, periods } = await this.periods(query, step === 'hour' ? 'day' : step);
    if (first === null) return { first, last, points: [] };
    if (step === 'hour') {
      const [{ from, to }] = await this.ask(`SELECT strftime('%s', ${quoted(first)}, 'utc') * 1000 AS "from", strftime('%s', ${quoted(last)}, '+1 day', 'utc') * 1000 AS "to"`);
      const starts = Array.from({ length: (to - from) / 3_600_000 }, (_, i) => from + i * 3_600_000);
      const days = await this.ask(`SELECT date(value / 1000, 'unixepoch', 'localtime') AS day FROM json_each(${quoted(JSON.stringify(starts))})`);
      return { first, last, points: starts.map((at, i) => [at, days[i].day, days[i].day]) };
    }
    const ends = await this.ask(`SELECT ${step === 'day' ? 'value' : step === 'week' ? "date(value, '+6 days')" : "date(value, '+1 month', '-1 day')"} AS day FROM json_each(${quoted(JSON.stringify(periods))})`);
    return { first, last, points: periods.map((at, i) => [at, at < first ? first : at, ends[i].day > last ? last : ends[i].day]) };
  }

  async metrics({ step = 'day', names: text, compare, ...query }) {
    const names = text?.split(',') ?? SIX, { first, last, points } = await this.points(query, step);
    const cells = byKey(await this.cells(query, step === 'hour' ? 'at / 3600000 * 3600000' : period('day', step)));
    const total = first === null ? [] : [['total', first, last]];
    const active = Object.fromEntries((await this.active(query, [...points, ...total])).map((row) => [row.at, row]));
    const totals = byKey(await this.cells(query, "''"))[''];
    return {
      from: first, to: last, points: points.map(([at, from, to]) => ({ at, ...measured(names, { ...cells[at], ...active[at], days: daysIn(from, to) }) })),
      totals: measured(names, { ...totals, ...active.total, days: first === null ? 0 : daysIn(first, last) }),
      ...(compare && { previous: await this.metrics({ ...query, step, names: text, ...(await this.before(query, compare)) }) }),
    };
  }

  /** The span before, as long, or 52 weeks ago. */
  async before(query, compare) {
    const { first, last } = await this.days(query);
    const back = compare === 'year' ? '364' : `(julianday(${quoted(last)}) - julianday(${quoted(first)}) + 1)`;
    const [row] = await this.ask(`SELECT date(${quoted(first)}, '-' || CAST(${back} AS INTEGER) || ' days') AS "from", date(${quoted(last)}, '-' || CAST(${back} AS INTEGER) || ' days') AS "to"`);
    return row;
  }

  async breakdown({ by = 'platform', names: text, compare, sort = 'events', ...query }) {
    if (query.property) return propertyBreakdown(this, query);
    const names = [...new Set([...SIX, ...(text?.split(',') ?? []), sort])], { first, last } = await this.periods(query, 'day');
    const span = first === null ? [] : [['span', first, last]], days = first === null ? 0 : daysIn(first, last), active = byKey(await this.active(query, span, `s_${by}`)), [whole] = await this.active(query, span);
    const rows = (await this.cells(query, `s_${by}`)).filter(({ events, conversions }) => events || conversions);
    return {
      rows: byKey(rows.map(({ key, ...row }) => ({ key, ...measured(names, { ...row, ...active[key], days }) }))),
      totals: measured(names, { ...byKey(await this.cells(query, "''"))[''], ...whole, days }),
      ...(compare && { previous: await this.breakdown({ ...query, by, names: text, sort, ...(await this.before(query, compare)) }) }),
    };
  }

  /* ---- lists of persons ---- */

  /** What a list says of persons, given as SQL. */
  async listPersons(persons, { q }) {
    const rows = await this.ask(`SELECT ${shown('event.person')} AS person, min(at) AS first_at, max(at) AS last_at, count(*) AS events, sum(amount) AS revenue, max(CASE n WHEN 1 THEN platform END) AS platform
      FROM event WHERE person IN (${persons}) GROUP BY event.person
      ${q === undefined ? '' : `HAVING instr(lower(${shown('event.person')}), lower(${quoted(q)})) OR EXISTS (SELECT 1 FROM alias WHERE alias.person = event.person AND alias = ${quoted(q)})`}`);
    return { total: rows.length, persons: Object.fromEntries(rows.map(({ person, ...row }) => [person, row])) };
  }

  async countedPersons({ event, conversion, metric = conversion === undefined ? 'persons' : 'converted', by = 'platform', key, ...query }) {
    const counts = { persons: isName(event), converted: conversion === undefined ? 'false' : isName(conversion), payers: conversion === undefined ? 'amount > 0' : isName(conversion) }[metric];
    return this.listPersons(`SELECT person FROM event WHERE ${counts} AND ${inRange(query)} AND ${passes(query, 's_')} ${key === undefined ? '' : `AND s_${by} = ${quoted(key)}`}`, query);
  }

  /* ---- names, values, a person ---- */

  async names() {
    return this.ask('SELECT name, count(*) AS events, count(DISTINCT person) AS persons, sum(amount) AS revenue, max(at) AS last_at FROM event GROUP BY name ORDER BY events DESC, min(seq)');
  }

  async values({ dim }) {
    return Object.fromEntries((await this.ask(`SELECT ${dim} AS value, count(*) AS events FROM event GROUP BY 1`)).map(({ value, events }) => [value, events]));
  }

  async person(alias) {
    const aliases = await this.ask(`SELECT other.alias FROM alias JOIN alias other USING (person) WHERE alias.alias = ${quoted(alias)}
      ORDER BY instr('ucta', substr(other.alias, 1, 1)), other.first_seen`);
    const events = await this.ask(`SELECT seq, at, name AS event, source, medium, campaign, amount FROM event
      WHERE person = (SELECT person FROM alias WHERE alias = ${quoted(alias)}) ORDER BY n`);
    return { person: aliases[0].alias, aliases: aliases.map((row) => row.alias).sort(), total: events.length, events };
  }

  /* ---- in files of their own ---- */

  funnel(query) {
    return funnel(this, query);
  }

  funnelPersons(query) {
    return funnelPersons(this, query);
  }

  retention(query) {
    return retention(this, query);
  }

  retentionPersons(query) {
    return retentionPersons(this, query);
  }

  ltv(query) {
    return ltv(this, query);
  }

  /* ---- paths ---- */

  /** The tables walk, each place of each path, and shown, the names that have a node. */
  async makeWalks({ anchor, direction = 'from', depth = 5, window: text = 'session', limit = 10, occurrences = 'all', collapse = 'false', ...query }) {
    const inSession = text === 'session', window = inSession ? null : length(text), back = direction === 'to', folds = collapse === 'true';
    const together = inSession ? 'next.session = step.session' : 'true';
    const next = back ? ['max', '<', '-'] : ['min', '>', '+'];
    await this.ask(`DROP TABLE IF EXISTS walk; DROP TABLE IF EXISTS shown;
      CREATE TEMP TABLE walk AS
      WITH RECURSIVE anchors AS (
        SELECT *, row_number() OVER (PARTITION BY person ORDER BY n) AS place FROM event step
        WHERE name = ${quoted(anchor)} AND ${inRange(query)} AND ${passes(query, 's_')}
        ${folds ? `AND NOT EXISTS (SELECT 1 FROM event next WHERE next.person = step.person AND next.n = step.n ${next[2]} 1 AND next.name = step.name AND ${together})` : ''}),
      walk(id, person, anchor_at, level, n, name, session) AS (
        SELECT person || '#' || n, person, at, 0, n, name, session FROM anchors ${occurrences === 'first' ? 'WHERE place = 1' : ''}
        UNION ALL
        SELECT id, step.person, anchor_at, level + 1, next.n, next.name, next.session
        FROM walk step JOIN event next ON next.person = step.person AND next.n = (
          SELECT ${next[0]}(other.n) FROM event other WHERE other.person = step.person AND other.n ${next[1]} step.n ${folds ? 'AND other.name <> step.name' : ''})
        WHERE level < ${depth} AND ${together} ${window === null ? '' : `AND abs(next.at - anchor_at) <= ${window}`})
      SELECT * FROM walk;
      CREATE INDEX walk_id ON walk(id, level);
      INSERT INTO walk SELECT id, person, anchor_at, level + 1, NULL, '(end)', NULL FROM walk last
        WHERE level < ${depth} AND NOT EXISTS (SELECT 1 FROM walk more WHERE more.id = last.id AND more.level = last.level + 1);
      CREATE TEMP TABLE shown AS
      SELECT level, name FROM (
        SELECT level, name, row_number() OVER (PARTITION BY level ORDER BY count(*) DESC, first_seq) AS place FROM walk JOIN name USING (name) GROUP BY level, name)
      WHERE place <= ${limit};
      CREATE INDEX shown_name ON shown(level, name);
      ALTER TABLE walk ADD COLUMN node;
      UPDATE walk SET node = CASE WHEN n IS NULL OR (level, name) IN (SELECT level, name FROM shown) THEN name ELSE '(other)' END`);
  }

  async paths(query) {
    await this.makeWalks(query);
    const nodes = await this.ask(`SELECT level, node, count(*) AS paths, count(DISTINCT person) AS persons FROM walk GROUP BY 1, 2`);
    const links = await this.ask(`SELECT step.level, step.node AS "from", next.node AS "to", count(*) AS count, count(DISTINCT step.person) AS persons
      FROM walk step JOIN walk next ON next.id = step.id AND next.level = step.level + 1 GROUP BY 1, 2, 3`);
    const found = { nodes: {}, links: Object.fromEntries(links.map(({ count, persons, ...link }) => [`${link.level}: ${link.from} > ${link.to}`, { count, persons }])) };
    for (const { level, node, ...counts } of nodes) found.nodes[`${level}: ${node}`] = counts;
    found.nodes[`0: ${query.anchor}`] ??= { paths: 0, persons: 0 };
    return found;
  }

  async pathPersons({ names = 10, level = 0, node, next, ...query }) {
    await this.makeWalks({ ...query, limit: names });
    const stands = (which, stop) => (stop === undefined ? 'true' : stop === 'end' ? `${which}.n IS NULL` : `${which}.n IS NOT NULL AND ${stop === 'other' ? `${which}.node = '(other)'` : `${which}.name = ${quoted(stop.slice('event:'.length))}`}`);
    return this.listPersons(`SELECT DISTINCT step.person FROM walk step ${next === undefined ? '' : `JOIN walk next ON next.id = step.id AND next.level = step.level + 1 AND ${stands('next', next)}`}
      WHERE step.level = ${level} AND ${stands('step', node)}`, query);
  }

  /* ---- attribution ---- */

  /** Each conversion's touches after exclusion, by place. */
  async makeJourneys({ conversion, by = 'platform', touches = 'sessions', lookback: text = 'none', exclude, ...query }) {
    const lookback = length(text);
    /* the latest such event at or before the conversion that the lookback reaches */
    const milestone = (which) => (query[which] === undefined ? 'NULL' : `(SELECT max(event.n) FROM event WHERE event.person = conversion.person AND event.n <= conversion.n
      AND event.name = ${quoted(query[which])} ${lookback === null ? '' : `AND event.at > conversion.at - ${lookback}`})`);
    const columns = `person, n, at, day, name, ${by} AS key, paid, unknown OR lower(source) IN ('direct', '(direct)', '$direct', '(none)') AS direct, ${passes(query, '')} AS passes`;
    const which = { events: `name <> ${quoted(conversion)}`, sessions: 'n = session', journey: 'true' }[touches];
    await this.ask(`DROP TABLE IF EXISTS conversion; DROP TABLE IF EXISTS whole; DROP TABLE IF EXISTS touch; DROP TABLE IF EXISTS journey;
      CREATE TEMP TABLE touch AS SELECT ${columns} FROM event WHERE ${which};
      CREATE INDEX touch_n ON touch(person, n);
      CREATE TEMP TABLE conversion AS SELECT seq AS id, person, n, at, amount, ${milestone('lead')} AS lead_n, ${milestone('opportunity')} AS opportunity_n FROM event conversion WHERE name = ${quoted(conversion)} AND ${inRange(query)};
      CREATE TEMP TABLE whole AS
      SELECT id, touch.* FROM conversion JOIN touch ON touch.person = conversion.person AND touch.n <= conversion.n
        ${lookback === null ? '' : `AND touch.at > conversion.at - ${lookback}`};
      INSERT INTO whole SELECT seq AS id, ${columns} FROM event WHERE seq IN (SELECT id FROM conversion WHERE id NOT IN (SELECT id FROM whole));
      DELETE FROM conversion WHERE id NOT IN (SELECT id FROM whole WHERE passes);
      CREATE TEMP TABLE journey AS
      WITH kept AS (
        SELECT whole.*, conversion.amount AS money, conversion.at AS until, lead_n, opportunity_n, row_number() OVER (PARTITION BY whole.id ORDER BY whole.n) AS place,
          count(*) OVER (PARTITION BY whole.id) AS size
        FROM whole JOIN conversion USING (id) WHERE key NOT IN (${list(exclude).map(quoted)}))
      SELECT *, coalesce(max(CASE WHEN NOT direct THEN place END) OVER one, size) AS non_direct, coalesce(max(CASE WHEN paid THEN place END) OVER one, 1) AS last_paid,
        /* its touch: the last at or before it */
        max(CASE WHEN n <= lead_n THEN place END) OVER one AS lead, max(CASE WHEN n <= opportunity_n THEN place END) OVER one AS opportunity
      FROM kept WINDOW one AS (PARTITION BY id)`);
  }

  /** What a model gives each touch; money to the cent by the largest remainder, of equal ones to the earlier touch. */
  async makeCredits(model, halfLife) {
    const part = {
      first: 'place = 1', last: 'place = size', last_non_direct: 'place = non_direct', last_paid: 'place = last_paid', linear: '1',
      /* three parts for each of the first, the lead's and the opportunity's, one for all others together */
      w_shaped: `CASE WHEN marks = size THEN 1 WHEN place IN (1, lead, opportunity) THEN 3 * (size - marks) ELSE 1 END`,
      position: 'CASE WHEN size <= 2 THEN 1 WHEN place IN (1, size) THEN 2 * (size - 2) ELSE 1 END',
      time_decay: `pow(2.0, -(until - at) / ${halfLife}.0)`,
    }[model];
    /* a decay's dues are known to 2^-20 of a cent; the others' are fractions, compared as they are */
    const due = model === 'time_decay' ? 'round(abs(money) * part / total * 1048576) / 1048576' : 'abs(money) * part / total';
    const left = model === 'time_decay' ? `${due} - cents` : 'abs(money) * part - cents * total';
    await this.ask(`DROP TABLE IF EXISTS credit;
      CREATE TEMP TABLE credit AS WITH
      marked AS (SELECT *, sum(place = 1 OR coalesce(place IN (lead, opportunity), 0)) OVER (PARTITION BY id) AS marks FROM journey),
      parted AS (SELECT id, place, key, money, ${part} AS part FROM marked),
      whole AS (SELECT *, sum(part) OVER (PARTITION BY id) AS total FROM parted WHERE part > 0),
      split AS (SELECT *, CAST(${due} AS INTEGER) AS cents FROM whole),
      turns AS (
        SELECT *, abs(money) - sum(cents) OVER (PARTITION BY id) AS rest,
          row_number() OVER (PARTITION BY id ORDER BY ${left} DESC, place) AS turn FROM split)
      SELECT id, place, key, 1.0 * part / total AS weight, (cents + (turn <= rest)) * CASE WHEN money < 0 THEN -1 ELSE 1 END AS revenue FROM turns`);
  }

  async attribution({ models, half_life: halfLife = '7d', ...query }) {
    await this.makeJourneys(query);
    const [total] = await this.ask('SELECT count(*) AS conversions, coalesce(sum(amount), 0) AS revenue, count(DISTINCT person) AS persons FROM conversion');
    const [alone] = await this.ask('SELECT count(*) AS conversions, coalesce(sum(amount), 0) AS revenue FROM conversion WHERE id NOT IN (SELECT id FROM journey)');
    const rows = byKey(await this.ask(`SELECT key, count(DISTINCT person || '#' || n) AS touches FROM journey GROUP BY key`));
    const unattributed = { touches: 0, models: {} };
    for (const model of models.split(',')) {
      await this.makeCredits(model, length(halfLife));
      const credits = byKey(await this.ask('SELECT key, sum(weight) AS conversions, sum(revenue) AS revenue FROM credit GROUP BY key'));
      unattributed.models[model] = alone;
      for (const [key, row] of Object.entries(rows)) (row.models ??= {})[model] = credits[key] ?? { conversions: 0, revenue: 0 };
    }
    return { ...total, rows, unattributed };
  }

  /** Does any event say this key? */
  async knows({ by, key }) {
    return key === 'unattributed' || (await this.ask(`SELECT 1 FROM event WHERE ${by} = ${quoted(key)} LIMIT 1`)).length > 0;
  }

  /** The journeys behind one number: those in which the key has some weight. */
  async cell({ model, key, half_life: halfLife = '7d', ...query }) {
    await this.makeJourneys(query);
    await this.makeCredits(model, length(halfLife));
    const within = key === 'unattributed' ? 'id NOT IN (SELECT id FROM journey)' : `id IN (SELECT id FROM credit WHERE key = ${quoted(key)})`;
    const journeys = await this.ask(`SELECT id, at, amount, ${shown('conversion.person')} AS person
      FROM conversion WHERE ${within} ORDER BY person, n`);
    const touches = new Map(journeys.map(({ id }) => [id, []]));
    for (const { id, ...touch } of await this.ask(`SELECT id, at, name AS event, journey.key, coalesce(weight, 0) AS weight, coalesce(revenue, 0) AS revenue
      FROM journey LEFT JOIN credit USING (id, place) ORDER BY id, place`)) touches.get(id)?.push(touch);
    const sum = (list, what) => list.filter((touch) => touch.key === key).reduce((all, touch) => all + touch[what], 0);
    return byJourney(journeys.map(({ id, ...journey }) => {
      const own = touches.get(id), alone = key === 'unattributed';
      return { ...journey, credit: alone ? 1 : sum(own, 'weight'), credit_revenue: alone ? journey.amount : sum(own, 'revenue'), touches: own };
    }));
  }

  /** Every conversion's way through the keys; and with `nulls` of each person what it did after its last conversion. */
  async pathTable(query, nulls) {
    await this.makeJourneys(query);
    const ways = new Map((await this.ask('SELECT id, amount FROM conversion')).map(({ id, amount }) => [id, { path: [], conversions: 1, nulls: 0, value: amount }]));
    for (const { id, key } of await this.ask('SELECT id, key FROM journey ORDER BY id, place')) ways.get(id).path.push(key);
    return nulls ? [...ways.values(), ...(await this.nullJourneys(query))] : [...ways.values()];
  }

  /**
   * The touches of a person after its last conversion before the range's end, all if it has none; as far as the lookback
   * reaches from the last of them, which must lie in the range.
   */
  async nullJourneys({ conversion, lookback: text = 'none', exclude, from, to }) {
    const lookback = length(text), far = new Map();
    const rows = await this.ask(`WITH
      early AS (SELECT * FROM touch WHERE ${inRange({ to })}),
      after AS (
        SELECT *, max(at) OVER (PARTITION BY person) AS last_at, row_number() OVER (PARTITION BY person ORDER BY n DESC) AS turn FROM early
        WHERE n > coalesce((SELECT max(n) FROM event WHERE event.person = early.person AND name = ${quoted(conversion)} AND ${inRange({ to })}), 0)),
      ends AS (SELECT person FROM after WHERE turn = 1 AND ${inRange({ from })})
      SELECT person, key FROM after JOIN ends USING (person)
      WHERE key NOT IN (${list(exclude).map(quoted)}) ${lookback === null ? '' : `AND at > last_at - ${lookback}`} ORDER BY person, n`);
    for (const { person, key } of rows) far.set(person, [...(far.get(person) ?? []), key]);
    return [...far.values()].map((path) => ({ path, conversions: 0, nulls: 1, value: 0 }));
  }
}

/** The journeys of one person and millisecond, in the order of arrival. */
export function byJourney(journeys) {
  const found = {};
  for (const { person, at, ...journey } of journeys) (found[`${person} at ${at}`] ??= []).push(journey);
  return found;
}
