// tests/golden/oracle.mjs -- what every question's answer is, worked out in SQL.
//
// Is:    the history as it came, in SQLite, and one function for each route: the query of a request in, its answer out,
//        in the form of reading.mjs. Written from DESIGN.md (Definitions) and contracts/segment.md: slow and plain.
// Owns:  its database.
// Never: takes anything from the server: identity, repeats, order, sessions, money and days are made here once more.
import { Sqlite, quoted } from '../lib/sqlite.mjs';

const ROWS_AN_INSERT = 500;
const DAY_MS = 86_400_000;
const UNITS = { m: 60_000, h: 3_600_000, d: DAY_MS };

/* From the wire to persons, events and sessions. */
const PREPARE = `
CREATE TABLE item AS
SELECT seq, body->>'type' AS type, nullif(trim(body->>'messageId'), '') AS id,
  trim(coalesce(body->>'userId', '')) AS user_id, trim(coalesce(body->>'anonymousId', '')) AS anonymous_id,
  trim(coalesce(CASE body->>'type' WHEN 'alias' THEN body->>'previousId' END, '')) AS previous_id,
  trim(coalesce(CASE body->>'type' WHEN 'identify' THEN coalesce(body->>'$.traits.client_id', body->>'$.context.traits.client_id') END, '')) AS client_id,
  trim(coalesce(CASE body->>'type' WHEN 'identify' THEN coalesce(body->>'$.traits.telegram_id', body->>'$.context.traits.telegram_id') END, '')) AS telegram_id,
  coalesce(body->>'timestamp', body->>'originalTimestamp') AS stamp,
  CASE body->>'type' WHEN 'page' THEN 'Page Viewed' WHEN 'screen' THEN 'Screen Viewed' WHEN 'track' THEN trim(body->>'event') END AS name,
  trim(coalesce(body->>'$.context.campaign.source', '')) AS source, trim(coalesce(body->>'$.context.campaign.medium', '')) AS medium,
  trim(coalesce(body->>'$.context.campaign.name', '')) AS campaign, trim(coalesce(body->>'$.context.campaign.id', '')) AS campaign_id,
  trim(coalesce(body->>'$.context.campaign.content', '')) AS content, trim(coalesce(body->>'$.context.campaign.term', '')) AS term,
  trim(coalesce(body->>'$.context.campaign.creative', '')) AS creative,
  body->>'$.properties.revenue' AS revenue, coalesce(body->>'$.properties.total', body->>'$.properties.value') AS total,
  upper(coalesce(body->>'$.properties.currency', 'UAH')) AS currency
FROM raw;
CREATE INDEX item_id ON item(id, seq);

/* whoever has no id is set aside; of one messageId the first counts */
DELETE FROM item WHERE user_id = '' AND anonymous_id = '' AND client_id = '' AND telegram_id = '' AND previous_id = '';
DELETE FROM item WHERE id IS NOT NULL AND seq > (SELECT min(seq) FROM item other WHERE other.id = item.id);

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

CREATE TABLE money AS
SELECT seq, CASE
  WHEN name IN ('Checkout Started', 'Checkout Step Viewed', 'Checkout Step Completed', 'Payment Info Entered', 'Cart Viewed', 'Product Added',
                'Product Viewed', 'Product Removed', 'Order Updated', 'Order Cancelled') OR currency <> 'UAH' THEN 0
  WHEN name IN ('Order Completed', 'Order Refunded') THEN coalesce(revenue, total, 0)
  ELSE coalesce(revenue, 0) END AS major
FROM item;
CREATE INDEX money_seq ON money(seq);

CREATE TABLE plain AS
WITH timed AS (
  SELECT *, strftime('%s', substr(stamp, 1, 19) || substr(stamp, 24)) * 1000 + substr(stamp, 21, 3) AS at,
    (SELECT alias.person FROM carries JOIN alias USING (alias) WHERE carries.seq = item.seq LIMIT 1) AS person
  FROM item WHERE name IS NOT NULL)
SELECT person, row_number() OVER (PARTITION BY person ORDER BY at, seq) AS n, seq, at, date(at / 1000, 'unixepoch', 'localtime') AS day, name,
  (SELECT CASE WHEN timed.name = 'Order Refunded' THEN -abs(CAST(round(major * 100) AS INTEGER)) ELSE CAST(round(major * 100) AS INTEGER) END
   FROM money WHERE money.seq = timed.seq) AS amount,
  source, medium, campaign, campaign_id, content, term, creative,
  CASE WHEN source || medium || campaign || campaign_id || content || term || creative = '' THEN ''
    ELSE json_array(source, medium, campaign, campaign_id, content, term, creative) END AS tuple
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
SELECT plain.*, sitting.session, head.source AS s_source, head.medium AS s_medium, head.campaign AS s_campaign, head.campaign_id AS s_campaign_id,
  head.content AS s_content, head.term AS s_term, head.creative AS s_creative
FROM plain JOIN sitting USING (person, n) JOIN plain head ON head.person = sitting.person AND head.n = sitting.session;
CREATE UNIQUE INDEX event_n ON event(person, n);
CREATE INDEX event_name ON event(person, name, n);
CREATE INDEX event_by_name ON event(name);
CREATE TABLE name AS SELECT name, min(seq) AS first_seq FROM event GROUP BY name;
ANALYZE;`;

const list = (value) => (value === undefined ? [] : [value].flat());
const length = (text) => (text === 'none' ? null : Number.parseInt(text, 10) * UNITS[text.at(-1)]);
const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text);

/** The period that a day is in: a week begins on Monday. */
const period = (day, step) => ({ day, week: `date(${day}, '-6 days', 'weekday 1')`, month: `date(${day}, 'start of month')` })[step];
/** How many periods one lies after another. */
const apart = (from, to, step) => (step === 'month'
  ? `((strftime('%Y', ${to}) - strftime('%Y', ${from})) * 12 + strftime('%m', ${to}) - strftime('%m', ${from}))`
  : `(CAST(round(julianday(${to}) - julianday(${from})) AS INTEGER) / ${step === 'week' ? 7 : 1})`);

/** from= and to= as a condition on a row's `at` and `day`. */
function inRange({ from, to }) {
  const bounds = [];
  if (from) bounds.push(isDay(from) ? `day >= ${quoted(from)}` : `at >= ${Date.parse(from)}`);
  if (to) bounds.push(isDay(to) ? `day <= ${quoted(to)}` : `at < ${Date.parse(to)}`);
  return bounds.join(' AND ') || 'true';
}

/** filter= as a condition on columns with a prefix. */
function passes({ filter }, prefix) {
  const OPS = {
    is: (column, value) => `lower(${column}) = lower(${value})`, is_not: (column, value) => `lower(${column}) <> lower(${value})`,
    contains: (column, value) => `instr(lower(${column}), lower(${value})) > 0`, not_contains: (column, value) => `instr(lower(${column}), lower(${value})) = 0`,
  };
  return list(filter).map((text) => {
    const [, dim, op, value] = /^(\w+):(\w+):(.*)$/.exec(text);
    return OPS[op](prefix + dim, quoted(value));
  }).join(' AND ') || 'true';
}

export class Oracle {
  /** Of items in the order of arrival; `zone` is the reporting time zone. */
  static async of(test, items, zone) {
    const oracle = new Oracle();
    oracle.db = new Sqlite(test, zone);
    await oracle.db.ask('CREATE TABLE raw(seq INTEGER PRIMARY KEY, body TEXT)');
    for (let i = 0; i < items.length; i += ROWS_AN_INSERT) {
      const rows = items.slice(i, i + ROWS_AN_INSERT).map((item, k) => `(${i + k}, ${quoted(JSON.stringify(item))})`);
      await oracle.db.ask(`INSERT INTO raw VALUES ${rows.join(',')}`);
    }
    await oracle.db.ask(PREPARE);
    return oracle;
  }

  ask(sql) {
    return this.db.ask(sql);
  }

  /** The answer to a request, in the form of reading.mjs. */
  answer(target, query) {
    const [, , , route, rest] = target.split('/');
    if (route === 'journeys') return this.person(decodeURIComponent(rest));
    return rest === undefined ? this[route](query) : this.cell(query);
  }

  async persons() {
    return (await this.ask('SELECT DISTINCT person FROM event ORDER BY person')).map(({ person }) => person);
  }

  async session() {
    const [row] = await this.ask('SELECT count(*) AS events, count(DISTINCT person) AS persons, min(at) AS first_at, max(at) AS last_at, min(day) AS first_day, max(day) AS last_day FROM event');
    return row;
  }

  /** The days of a span: of all time, those with events. */
  async days({ from, to }) {
    const day = (text, sql, ms) => (!text ? sql : isDay(text) ? quoted(text) : `date(${Math.floor((Date.parse(text) - ms) / 1000)}, 'unixepoch', 'localtime')`);
    const [row] = await this.ask(`SELECT ${day(from, 'min(day)', 0)} AS first, ${day(to, 'max(day)', 1)} AS last FROM event`);
    return row;
  }

  /** Every period that the days touch. */
  async periods(query, step) {
    const { first, last } = await this.days(query);
    const rows = await this.ask(`WITH RECURSIVE one(day) AS (SELECT ${quoted(first)} UNION ALL SELECT date(day, '+1 day') FROM one WHERE day < ${quoted(last)})
      SELECT DISTINCT ${period('day', step)} AS period FROM one ORDER BY 1`);
    return { first, last, periods: rows.map((row) => row.period) };
  }

  /* ---- metrics, breakdown ---- */

  cells({ event, conversion, ...query }, group) {
    const counts = event === undefined ? 'true' : `name = ${quoted(event)}`, converts = conversion === undefined ? 'false' : `name = ${quoted(conversion)}`;
    return this.ask(`SELECT ${group} AS key, count(CASE WHEN ${counts} THEN 1 END) AS events, count(DISTINCT CASE WHEN ${counts} THEN person END) AS persons,
        count(CASE WHEN n = session THEN 1 END) AS sessions, count(CASE WHEN ${converts} THEN 1 END) AS conversions,
        count(DISTINCT CASE WHEN ${converts} THEN person END) AS converted,
        coalesce(sum(CASE WHEN ${conversion === undefined ? 'true' : converts} THEN amount END), 0) AS revenue
      FROM event WHERE ${inRange(query)} AND ${passes(query, 's_')} GROUP BY 1`);
  }

  async metrics({ step = 'day', ...query }) {
    const none = { events: 0, persons: 0, sessions: 0, conversions: 0, converted: 0, revenue: 0 };
    const { first, last, periods } = await this.periods(query, step);
    const cells = byKey(await this.cells(query, period('day', step)));
    const totals = byKey(await this.cells(query, "''"))[''] ?? none;
    return { from: first, to: last, points: periods.map((at) => ({ at, ...(cells[at] ?? none) })), totals };
  }

  async breakdown({ by, ...query }) {
    const none = { events: 0, persons: 0, sessions: 0, conversions: 0, converted: 0, revenue: 0 };
    const rows = (await this.cells(query, `s_${by}`)).filter(({ events, conversions }) => events || conversions);
    return { rows: byKey(rows), totals: byKey(await this.cells(query, "''"))[''] ?? none };
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

  /* ---- funnel ---- */

  /** Each person's deepest chain, completed first and of those begun last: one row a step. */
  async makeChains({ step, window: text = '30d', ...query }) {
    const window = length(text), name = `CASE k ${step.map((one, k) => `WHEN ${k} THEN ${quoted(one)}`).join(' ')} END`;
    await this.ask(`DROP TABLE IF EXISTS tried; DROP TABLE IF EXISTS best; DROP TABLE IF EXISTS chain; DROP TABLE IF EXISTS ranged;
      CREATE TEMP TABLE ranged AS SELECT * FROM event WHERE ${inRange(query)} AND name IN (${step.map(quoted)});
      CREATE INDEX ranged_name ON ranged(person, name, n);
      /* from every event that may be the first, each further step as early as can be */
      CREATE TEMP TABLE tried AS
      WITH RECURSIVE chain(person, start, start_at, k, n, at) AS (
        SELECT person, n, at, 1, n, at FROM ranged WHERE name = ${quoted(step[0])} AND ${passes(query, 's_')}
        UNION ALL
        SELECT chain.person, start, start_at, k + 1, next.n, next.at
        FROM chain JOIN ranged next ON next.person = chain.person AND next.n =
          (SELECT min(later.n) FROM ranged later WHERE later.person = chain.person AND later.name = ${name} AND later.n > chain.n)
        WHERE k < ${step.length} ${window === null ? '' : `AND next.at - start_at <= ${window}`})
      SELECT * FROM chain;
      CREATE TEMP TABLE best AS
      SELECT person, start FROM (SELECT person, start, row_number() OVER (PARTITION BY person ORDER BY k DESC, n, start DESC) AS place FROM tried) WHERE place = 1;
      CREATE TEMP TABLE chain AS SELECT tried.* FROM tried JOIN best USING (person, start);
      CREATE INDEX chain_k ON chain(person, k)`);
  }

  async steps({ step }, group) {
    const rows = await this.ask(`WITH
      timed AS (
        SELECT ${group} AS key, chain.k, chain.at - chain.start_at AS whole, chain.at - coalesce(before.at, chain.at) AS part
        FROM chain JOIN event head ON head.person = chain.person AND head.n = chain.start
        LEFT JOIN chain before ON before.person = chain.person AND before.k = chain.k - 1),
      placed AS (
        SELECT *, row_number() OVER (PARTITION BY key, k ORDER BY whole) AS whole_place, row_number() OVER (PARTITION BY key, k ORDER BY part) AS part_place,
          count(*) OVER (PARTITION BY key, k) AS persons FROM timed)
      SELECT key, k, persons,
        (min(CASE WHEN part_place >= (persons + 1) / 2 THEN part END) + min(CASE WHEN part_place >= persons / 2 + 1 THEN part END)) / 2 AS median_ms,
        (min(CASE WHEN whole_place >= (persons + 1) / 2 THEN whole END) + min(CASE WHEN whole_place >= persons / 2 + 1 THEN whole END)) / 2 AS median_from_first_ms
      FROM placed GROUP BY key, k ORDER BY key, k`);
    const none = { persons: 0, median_ms: null, median_from_first_ms: null };
    const groups = {};
    for (const { key } of rows) groups[key] ??= step.map((name) => ({ name, ...none }));
    for (const { key, k, ...cell } of rows) Object.assign(groups[key][k - 1], cell);
    for (const steps of Object.values(groups))
      steps.forEach((cell, k) => Object.assign(cell, { from_first: cell.persons / steps[0].persons, from_previous: k && !steps[k - 1].persons ? 0 : cell.persons / steps[Math.max(0, k - 1)].persons }));
    return groups;
  }

  async funnel({ by, ...query }) {
    await this.makeChains(query);
    const empty = query.step.map((name) => ({ name, persons: 0, median_ms: null, median_from_first_ms: null, from_first: 0, from_previous: 0 }));
    return { steps: (await this.steps(query, "''"))[''] ?? empty, ...(by && { groups: await this.steps(query, `head.s_${by}`) }) };
  }

  /* ---- retention ---- */

  async retention({ start = '*', return: back = '*', unit = 'week', mode = 'on', cohorts: kind = 'first', periods = 8, by, ...query }) {
    const is = (name) => (name === '*' ? 'true' : `name = ${quoted(name)}`);
    const { periods: starts } = await this.periods(query, unit);
    await this.ask(`DROP TABLE IF EXISTS member; DROP TABLE IF EXISTS back;
      CREATE TEMP TABLE member AS
      WITH starts AS (
        SELECT *, ${period('day', unit)} AS period FROM event WHERE ${is(start)} ${kind === 'recurring' ? `AND ${inRange(query)}` : ''}),
      firsts AS (SELECT *, row_number() OVER (PARTITION BY person ${kind === 'recurring' ? ', period' : ''} ORDER BY n) AS place FROM starts)
      SELECT person, period AS cohort, ${by ? `s_${by}` : "''"} AS key FROM firsts WHERE place = 1 AND ${inRange(query)} AND ${passes(query, 's_')};
      CREATE TEMP TABLE back AS SELECT DISTINCT person, ${period('day', unit)} AS period FROM event WHERE ${is(back)};
      CREATE INDEX back_person ON back(person)`);
    const rows = await this.ask(`SELECT key, cohort, 0 AS k, count(*) AS persons FROM member GROUP BY 1, 2
      UNION ALL
      SELECT key, cohort, k, count(*) FROM (
        SELECT DISTINCT member.person, member.key, cohort, cell.value AS k
        FROM member JOIN back USING (person) JOIN json_each(${quoted(JSON.stringify(Array.from({ length: periods }, (_, k) => k + 1)))}) cell
        WHERE ${apart('cohort', 'period', unit)} ${mode === 'on' ? '=' : '>='} cell.value) GROUP BY 1, 2, 3`);
    const table = (own) => {
      const returned = Object.fromEntries(starts.map((at) => [at, Array(periods + 1).fill(0)]));
      for (const { cohort, k, persons } of own) returned[cohort][k] += persons;
      const cohorts = starts.map((at) => ({ start: at, size: returned[at][0], returned: returned[at] }));
      const sum = Array.from({ length: periods + 1 }, (_, k) => cohorts.reduce((all, one) => all + one.returned[k], 0));
      return { cohorts, total: { size: sum[0], returned: sum, of: sum.map(() => sum[0]) } };
    };
    const keys = [...new Set(rows.map(({ key }) => key))];
    return { ...table(rows), ...(by && { groups: Object.fromEntries(keys.map((key) => [key, table(rows.filter((row) => row.key === key))])) }) };
  }

  /* ---- paths ---- */

  async paths({ anchor, direction = 'from', depth = 5, window: text = 'session', limit = 10, occurrences = 'all', collapse = 'false', ...query }) {
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
    const nodes = await this.ask(`SELECT level, node, count(*) AS paths, count(DISTINCT person) AS persons FROM walk GROUP BY 1, 2`);
    const links = await this.ask(`SELECT step.level, step.node AS "from", next.node AS "to", count(*) AS count
      FROM walk step JOIN walk next ON next.id = step.id AND next.level = step.level + 1 GROUP BY 1, 2, 3`);
    const found = { nodes: {}, links: Object.fromEntries(links.map((link) => [`${link.level}: ${link.from} > ${link.to}`, link.count])) };
    for (const { level, node, ...counts } of nodes) found.nodes[`${level}: ${node}`] = counts;
    found.nodes[`0: ${anchor}`] ??= { paths: 0, persons: 0 };
    return found;
  }

  /* ---- attribution ---- */

  /** Each conversion's touches after exclusion, by place. */
  async makeJourneys({ conversion, by, touches = 'sessions', lookback: text = 'none', exclude, ...query }) {
    const lookback = length(text);
    const columns = `person, n, at, day, name, ${by} AS key, tuple = '' OR lower(source) IN ('direct', '(direct)', '$direct', '(none)') AS direct, ${passes(query, '')} AS passes`;
    const which = { events: `name <> ${quoted(conversion)}`, sessions: 'n = session', journey: 'true' }[touches];
    await this.ask(`DROP TABLE IF EXISTS conversion; DROP TABLE IF EXISTS whole; DROP TABLE IF EXISTS touch; DROP TABLE IF EXISTS journey;
      CREATE TEMP TABLE touch AS SELECT ${columns} FROM event WHERE ${which};
      CREATE INDEX touch_n ON touch(person, n);
      CREATE TEMP TABLE conversion AS SELECT seq AS id, person, n, at, amount FROM event WHERE name = ${quoted(conversion)} AND ${inRange(query)};
      CREATE TEMP TABLE whole AS
      SELECT id, touch.* FROM conversion JOIN touch ON touch.person = conversion.person AND touch.n <= conversion.n
        ${lookback === null ? '' : `AND touch.at > conversion.at - ${lookback}`};
      INSERT INTO whole SELECT seq AS id, ${columns} FROM event WHERE seq IN (SELECT id FROM conversion WHERE id NOT IN (SELECT id FROM whole));
      DELETE FROM conversion WHERE id NOT IN (SELECT id FROM whole WHERE passes);
      CREATE TEMP TABLE journey AS
      WITH kept AS (
        SELECT whole.*, conversion.amount AS money, conversion.at AS until, row_number() OVER (PARTITION BY whole.id ORDER BY whole.n) AS place,
          count(*) OVER (PARTITION BY whole.id) AS size
        FROM whole JOIN conversion USING (id) WHERE key NOT IN (${list(exclude).map(quoted)}))
      SELECT *, coalesce(max(CASE WHEN NOT direct THEN place END) OVER (PARTITION BY id), size) AS non_direct FROM kept`);
  }

  /** What a model gives each touch; money to the cent by the largest remainder, of equal ones to the earlier touch. */
  async makeCredits(model, halfLife) {
    const part = {
      first: 'place = 1', last: 'place = size', last_non_direct: 'place = non_direct', linear: '1',
      position: 'CASE WHEN size <= 2 THEN 1 WHEN place IN (1, size) THEN 2 * (size - 2) ELSE 1 END',
      time_decay: `pow(2.0, -(until - at) / ${halfLife}.0)`,
    }[model];
    await this.ask(`DROP TABLE IF EXISTS credit;
      CREATE TEMP TABLE credit AS WITH
      parted AS (SELECT id, place, key, money, ${part} AS part FROM journey),
      whole AS (SELECT *, sum(part) OVER (PARTITION BY id) AS total FROM parted WHERE part > 0),
      split AS (SELECT *, CAST(abs(money) * part / total AS INTEGER) AS cents FROM whole),
      turns AS (
        SELECT *, abs(money) - sum(cents) OVER (PARTITION BY id) AS rest,
          row_number() OVER (PARTITION BY id ORDER BY abs(money) * part - cents * total DESC, place) AS turn FROM split)
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
    const journeys = await this.ask(`SELECT id, at, amount, (SELECT alias FROM alias WHERE alias.person = conversion.person ORDER BY instr('ucta', substr(alias, 1, 1)), first_seen LIMIT 1) AS person
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

function byKey(rows) {
  return Object.fromEntries(rows.map(({ key, ...row }) => [key, row]));
}
