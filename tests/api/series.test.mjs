// Metrics, breakdowns, lists of persons, retention and lifetime value on a random history, each number held to a slow
// and plain computation of its own.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Server } from '../lib/server.mjs';

const server = await Server.start(test, { env: { DEMETRA_TIMEZONE: 'UTC' } });
const DAY = 86_400_000, IDLE = 30 * 60_000;
const FIRST = Date.parse('2025-03-03T00:00:00Z'), DAYS = 70; /* a Monday */
const PEOPLE = 30, ORDER = 'Order Completed';

/* ---- the history ---- */

let seed = 12345;
const below = (n) => {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return Math.floor((seed / 2147483648) * n);
};
const of = (...list) => list[below(list.length)];
const dayOf = (at) => new Date(at).toISOString().slice(0, 10);
const instant = (day) => Date.parse(`${day}T00:00:00Z`);

/** Of one person, in order of time, no two at once. */
function randomPerson(i) {
  let at = FIRST + below(DAYS * DAY * 0.7);
  return Array.from({ length: 1 + below(14) }, () => {
    at += 1000 + of(below(60_000), below(IDLE * 1.5), below(4 * DAY), below(20 * DAY));
    const event = of('Page Viewed', 'Page Viewed', 'Sign Up', ORDER, ORDER, 'Tip');
    const revenue = event === ORDER ? of(10, 25.5, 0, -4) : event === 'Tip' ? 1 : 0;
    return { who: `u:p${i}`, at, event, source: of('', '', 'google', 'news'), minor: Math.round(revenue * 100) };
  }).filter((one) => one.at < FIRST + DAYS * DAY);
}
const people = Array.from({ length: PEOPLE }, (_, i) => randomPerson(i)).filter((events) => events.length);

/* each event of a session has its source; the first has its length and how many events it has */
for (const events of people) {
  let first = null;
  for (const [i, one] of events.entries()) {
    if (!first || one.at - events[i - 1].at > IDLE || (one.source !== '' && one.source !== first.source)) {
      first = one;
      first.events = 0;
    }
    first.events++;
    first.length = one.at - first.at;
    one.origin = first.source;
  }
}
const all = people.flat();
await server.send('batch', {
  batch: all.map(({ who, at, event, source, minor }, i) => ({
    type: event === 'Page Viewed' ? 'page' : 'track', event, userId: who.slice(2), messageId: `m${i}`,
    originalTimestamp: new Date(at).toISOString(), timestamp: new Date(at).toISOString(),
    context: source ? { campaign: { source } } : {}, properties: minor ? { revenue: minor / 100 } : {},
  })),
});

/* ---- the slow way ---- */

const ratio = (a, b) => (b ? a / b : null);
const sum = (list, value) => list.reduce((total, one) => total + value(one), 0);
const persons = (list) => new Set(list.map(({ who }) => who)).size;

/** Of the events in [from, to) that `counts` lets through; `last` is the last day, `days` how many. */
function slow(from, to, { event, conversion, counts = () => true } = {}) {
  const known = all.filter(counts), named = known.filter((one) => !event || one.event === event);
  const within = (list, a = from, b = to) => list.filter(({ at }) => at >= a && at < b);
  const end = Math.ceil(to / DAY) * DAY, start = Math.floor(from / DAY) * DAY;
  const list = within(named), any = within(known);
  const conversions = any.filter((one) => one.event === conversion);
  const orders = conversion ? conversions : any.filter(({ minor }) => minor > 0);
  const revenue = sum(conversion ? conversions : any, ({ minor }) => minor);
  const sessions = any.filter(({ events }) => events);
  const days = (end - start) / DAY;
  const dau = sum(Array.from({ length: days }, (_, i) => persons(within(named, start + i * DAY, start + (i + 1) * DAY))), Number) / days;
  const mau = persons(within(named, end - 30 * DAY, end));
  return {
    events: list.length, persons: persons(list), sessions: sessions.length, conversions: conversions.length, converted: persons(conversions),
    revenue, orders: orders.length, payers: persons(orders), session_ms: ratio(sum(sessions, ({ length }) => length), sessions.length),
    bounce_rate: ratio(sessions.filter(({ events }) => events === 1).length, sessions.length), aov: ratio(revenue, orders.length),
    arpu: ratio(revenue, persons(list)), arppu: ratio(revenue, persons(orders)), dau, wau: persons(within(named, end - 7 * DAY, end)), mau,
    stickiness: ratio(dau, mau),
  };
}
const NAMES = Object.keys(slow(FIRST, FIRST + DAY)).join();
const FIRST_SIX = ['events', 'persons', 'sessions', 'conversions', 'converted', 'revenue'];

function assertNumbers(got, wanted, what) {
  for (const [name, value] of Object.entries(wanted)) {
    if (Number.isInteger(value) || value === null) assert.equal(got[name], value, `${what}: ${name}`);
    else assert.ok(Math.abs(got[name] - value) < 1e-9 * Math.max(1, Math.abs(value)), `${what}: ${name} is ${got[name]}, not ${value}`);
  }
}

const QUESTIONS = [{}, { conversion: ORDER }, { event: 'Sign Up', conversion: 'Sign Up' }, { event: 'Tip' }, { conversion: 'Never' }, { source: 'google', conversion: ORDER }];
const slowOf = ({ source, ...rest }) => ({ ...rest, counts: source === undefined ? undefined : ({ origin }) => origin === source });
const queryOf = ({ source, ...rest }) => ({ ...rest, ...(source === undefined ? {} : { filter: `source:is:${source}` }) });

/* ---- metrics and breakdown ---- */

test('every metric of every point, and of the span', async () => {
  for (const question of QUESTIONS) {
    for (const step of ['hour', 'day', 'week', 'month']) {
      const span = step === 'hour' ? { from: '2025-04-01', to: '2025-04-03' } : { from: '2025-03-20', to: '2025-04-25' };
      const got = await server.get('/api/v1/metrics', { names: NAMES, step, ...span, ...queryOf(question) });
      const bounds = [...got.points.map(({ at }) => Math.max(step === 'hour' ? Date.parse(at) : instant(at), instant(span.from))), instant(span.to) + DAY];
      for (const [i, point] of got.points.entries()) {
        const wanted = slow(bounds[i], bounds[i + 1], slowOf(question));
        assertNumbers(point, wanted, `${JSON.stringify(question)} by ${step}, ${point.at}`);
      }
      assertNumbers(got.totals, slow(bounds[0], bounds.at(-1), slowOf(question)), `${JSON.stringify(question)} by ${step}, totals`);
    }
  }
});

test('the first six when none is asked for; a name that is none is refused with those there are', async () => {
  const got = await server.get('/api/v1/metrics');
  assert.deepEqual(Object.keys(got.totals), FIRST_SIX);
  const refused = await server.request('GET', '/api/v1/metrics?names=dua');
  assert.match(refused.json().detail, /no metric "dua"; there are events, .*, stickiness/);
});

test('all time ends with its last day, not with its month', async () => {
  const { points, to } = await server.get('/api/v1/metrics', { step: 'month', names: 'dau,wau,mau' });
  const last = points.at(-1), wanted = slow(instant(last.at), instant(to) + DAY);
  assertNumbers(last, { dau: wanted.dau, wau: wanted.wau, mau: wanted.mau }, 'the last month');
});

test('a month that is not over: its days so far', async (t) => {
  const other = await Server.start(t, { env: { DEMETRA_TIMEZONE: 'UTC' } });
  const { today } = await other.get('/api/v1/session');
  const month = today.slice(0, 8), so_far = Number(today.slice(8));
  const now = new Date().toISOString();
  await other.send('batch', { batch: [{ type: 'track', event: 'A', userId: 'x', messageId: 'm', originalTimestamp: now, timestamp: now }] });
  const got = await other.get('/api/v1/metrics', { from: `${month}01`, to: `${month}28`, step: 'month', names: 'dau,wau,mau,stickiness' });
  if ((await other.get('/api/v1/session')).today !== today || so_far > 28) return t.skip('another day, or too late in the month');
  assert.deepEqual(got.totals, { dau: 1 / so_far, wau: 1, mau: 1, stickiness: 1 / so_far });
});

test('compared: the span before has its own windows', async () => {
  const got = await server.get('/api/v1/metrics', { names: NAMES, step: 'week', from: '2025-04-07', to: '2025-04-13', compare: 'previous', conversion: ORDER });
  assertNumbers(got.totals, slow(instant('2025-04-07'), instant('2025-04-14'), { conversion: ORDER }), 'the span');
  assertNumbers(got.previous.totals, slow(instant('2025-03-31'), instant('2025-04-07'), { conversion: ORDER }), 'the one before');
});

test('every metric of every row of a breakdown, sorted by any', async () => {
  const span = { from: '2025-03-20', to: '2025-04-25' }, at = [instant(span.from), instant(span.to) + DAY];
  for (const question of [{}, { conversion: ORDER }, { event: 'Tip' }]) {
    const got = await server.get('/api/v1/breakdown', { by: 'source', names: NAMES, ...span, ...question });
    const wanted = new Map(['', 'google', 'news'].map((source) => [source, slow(...at, slowOf({ ...question, source }))]));
    for (const { key, ...row } of got.rows) assertNumbers(row, wanted.get(key), `${JSON.stringify(question)}, ${key}`);
    assert.equal(got.rows.length, [...wanted.values()].filter(({ events, conversions }) => events || conversions).length);
    assertNumbers(got.totals, slow(...at, question), 'totals');
  }
  for (const sort of NAMES.split(',')) {
    const { rows } = await server.get('/api/v1/breakdown', { by: 'source', sort, ...span });
    const values = rows.map((row) => row[sort] ?? -Infinity);
    assert.deepEqual(values, values.toSorted((a, b) => b - a), sort);
    assert.deepEqual(Object.keys(rows[0]), ['key', ...FIRST_SIX, ...(FIRST_SIX.includes(sort) ? [] : [sort])]);
  }
});

/* ---- persons ---- */

const list = (query, target = '/api/v1/persons') => server.all(target, 'persons', query);

test('a person in a list', async () => {
  const rows = await list({});
  assert.equal(rows.length, people.length);
  for (const row of rows) {
    const events = people.find(([{ who }]) => who === row.person);
    assert.deepEqual(row, {
      person: events[0].who, first_at: new Date(events[0].at).toISOString(), last_at: new Date(events.at(-1).at).toISOString(),
      events: events.length, revenue: sum(events, ({ minor }) => minor), platform: row.platform,
    });
  }
  const [{ person, platform }] = rows;
  assert.equal(platform, (await server.get(`/api/v1/journeys/${person}`)).events[0].platform);
});

test('as many persons as a count says, page by page, in each order', async () => {
  const span = { from: '2025-03-20', to: '2025-04-25' };
  for (const question of QUESTIONS) {
    const query = { ...span, ...queryOf(question) };
    const { totals } = await server.get('/api/v1/metrics', { names: 'persons,converted,payers', ...query });
    for (const metric of ['persons', 'converted', 'payers']) {
      const whole = await server.get('/api/v1/persons', { ...query, metric });
      assert.deepEqual([whole.total, whole.persons.length, whole.next], [totals[metric], totals[metric], null], JSON.stringify({ ...query, metric }));
      const known = whole.persons.map(({ person }) => person).sort();
      for (const sort of ['place', 'last_seen', 'revenue']) {
        const paged = await list({ ...query, metric, sort, limit: 3 });
        assert.deepEqual(paged.map(({ person }) => person).sort(), known);
        const keys = paged.map((row) => ({ place: 0, last_seen: Date.parse(row.last_at), revenue: row.revenue })[sort]);
        assert.deepEqual(keys, keys.toSorted((a, b) => b - a), sort);
      }
    }
  }
  const { total } = await server.get('/api/v1/persons', { conversion: ORDER });
  assert.equal(total, slow(FIRST, FIRST + DAYS * DAY, { conversion: ORDER }).converted, 'whom a conversion is asked of, converted');
});

test('as many as a row of a breakdown says', async () => {
  const query = { from: '2025-03-20', to: '2025-04-25', by: 'source', conversion: ORDER };
  const { rows } = await server.get('/api/v1/breakdown', { ...query, names: 'payers' });
  assert.equal(rows.length, 3);
  for (const row of rows)
    for (const metric of ['persons', 'converted', 'payers']) assert.equal((await list({ ...query, metric, key: row.key })).length, row[metric], `${row.key}: ${metric}`);
  await server.refused('/api/v1/persons', { ...query, key: 'nowhere' }, 'key');
});

test('found by alias', async () => {
  await server.send('identify', { userId: 'p1', anonymousId: 'device-of-p1', messageId: 'i1' });
  const found = async (q) => (await list({ q })).map(({ person }) => person).sort();
  const named = people.map(([{ who }]) => who);
  assert.deepEqual(await found('U:P1'), named.filter((who) => who.startsWith('u:p1')).sort());
  assert.deepEqual(await found('device-of-p1'), ['u:p1'], 'the very alias, though not the one shown');
  assert.deepEqual(await found('p999'), []);
});

test('nonsense about lists is refused with its name', async () => {
  const cases = [
    { metric: 'events' }, 'metric', { sort: 'name' }, 'sort', { limit: 0 }, 'limit', { limit: 1001 }, 'limit', { cursor: 'x' }, 'cursor', { cursor: '1' }, 'cursor',
    { cursor: '1_-1' }, 'cursor', { cursor: '0_99999999999999999999' }, 'cursor', { by: 'colour', key: 'red' }, 'by', { from: 'today' }, 'from', { filter: 'x' }, 'filter',
  ];
  for (let i = 0; i < cases.length; i += 2) await server.refused('/api/v1/persons', cases[i], cases[i + 1]);
  const cell = [
    {}, 'cohort', { cohort: 'x' }, 'cohort', { cohort: '2015-01-05' }, 'cohort', { cohort: '2025-03-03', cell: 9 }, 'cell', { cohort: '2025-03-03', cell: -1 }, 'cell',
    { cohort: '2025-03-03', returned: 'no' }, 'returned', { cohort: '2025-03-03', unit: 'year' }, 'unit', { cohort: '2025-03-03', sort: 'x' }, 'sort',
  ];
  for (let i = 0; i < cell.length; i += 2) await server.refused('/api/v1/retention/persons', cell[i], cell[i + 1]);
});

/* ---- retention and lifetime value ---- */

const ASKED = { start: 'Sign Up', unit: 'week', periods: 4, from: '2025-03-03', to: '2025-04-27' };

test('each cell of retention opens into its persons, and the others of its cohort', async () => {
  const cell = async (query) => (await server.get('/api/v1/retention/persons', query)).total;
  for (const more of [{}, { mode: 'on_or_after', return: 'Page Viewed' }, { cohorts: 'recurring', unit: 'day', from: '2025-03-20', to: '2025-03-30' }, { by: 'source' }]) {
    const query = { ...ASKED, ...more };
    const got = await server.get('/api/v1/retention', query);
    for (const [key, cohorts] of [[undefined, got.cohorts], ...(got.groups ?? []).map((group) => [group.key, group.cohorts])]) {
      for (const { start, size, returned } of cohorts) {
        for (const [k, n] of returned.entries()) {
          const asked = { ...query, cohort: start, cell: k, ...(key === undefined ? {} : { key }) };
          assert.equal(await cell(asked), n, JSON.stringify(asked));
          assert.equal(await cell({ ...asked, returned: 'false' }), size - n, JSON.stringify(asked));
        }
      }
    }
  }
  const first = { ...ASKED, cohort: '2025-03-05', cell: 0 };
  const started = people.map((events) => events.find(({ event }) => event === 'Sign Up')).filter((one) => one && one.at < FIRST + 7 * DAY);
  assert.deepEqual((await list(first, '/api/v1/retention/persons')).map(({ person }) => person).sort(), started.map(({ who }) => who).sort(), 'any day of the week');
});

function slowValue({ conversion, source, unit = 7 }) {
  const starts = people.map((events) => events.find(({ event }) => event === 'Sign Up')).filter((one) => one && (source === undefined || one.origin === source));
  return Array.from({ length: 56 / unit }, (_, c) => {
    const from = FIRST + c * unit * DAY;
    const members = starts.filter(({ at }) => at >= from && at < from + unit * DAY);
    const revenue = Array.from({ length: 5 }, (_, k) => sum(members, ({ who, at }) => sum(all, (one) => {
      const counts = one.who === who && one.at >= at && one.at >= from + k * unit * DAY && one.at < from + (k + 1) * unit * DAY && (!conversion || one.event === conversion);
      return counts ? one.minor : 0;
    })));
    const cumulative = revenue.map((_, k) => sum(revenue.slice(0, k + 1), Number));
    return { start: dayOf(from), size: members.length, revenue, cumulative, per_person: cumulative.map((minor) => ratio(minor, members.length)) };
  });
}

test('what cohorts bring, period by period', async () => {
  for (const conversion of [undefined, ORDER]) {
    for (const source of [undefined, 'google']) {
      const got = await server.get('/api/v1/ltv', { ...ASKED, by: 'source', ...queryOf({ source }), ...(conversion ? { conversion } : {}) });
      const wanted = slowValue({ conversion, source });
      assert.deepEqual(got.cohorts, wanted);
      assert.deepEqual([got.unit, got.currency], ['week', 'UAH']);
      const size = sum(wanted, (one) => one.size), cumulative = wanted[0].cumulative.map((_, k) => sum(wanted, (one) => one.cumulative[k]));
      assert.deepEqual(got.total, { size, of: Array(5).fill(size), cumulative, per_person: cumulative.map((minor) => ratio(minor, size)) });
      for (const group of got.groups) assert.deepEqual(group.cohorts, slowValue({ conversion, source: group.key }));
      assert.equal(sum(got.groups, ({ total }) => total.size), size);
    }
  }
  const { cohorts } = await server.get('/api/v1/retention', ASKED);
  assert.deepEqual((await server.get('/api/v1/ltv', ASKED)).cohorts.map(({ size }) => size), cohorts.map(({ size }) => size), 'the cohorts of retention');
});

test('money of a period that is not over is not known yet', async (t) => {
  const other = await Server.start(t, { env: { DEMETRA_TIMEZONE: 'UTC' } });
  const { today } = await other.get('/api/v1/session');
  const yesterday = dayOf(instant(today) - DAY), at = [`${yesterday}T12:00:00Z`, new Date(Math.max(instant(today), Date.now() - 1000)).toISOString()];
  await other.send('batch', { batch: at.flatMap((when, i) => [
    { type: 'track', event: 'Sign Up', userId: `${i}`, messageId: `s${i}`, originalTimestamp: when, timestamp: when },
    { type: 'track', event: ORDER, userId: '0', messageId: `o${i}`, originalTimestamp: when, timestamp: when, properties: { revenue: 3 } },
  ]) });
  const got = await other.get('/api/v1/ltv', { start: 'Sign Up', unit: 'day', periods: 1, from: yesterday, to: today });
  if ((await other.get('/api/v1/session')).today !== today) return t.skip('midnight passed');
  assert.deepEqual(got.cohorts, [
    { start: yesterday, size: 1, revenue: [300, null], cumulative: [300, null], per_person: [300, null] },
    { start: today, size: 1, revenue: [null, null], cumulative: [null, null], per_person: [null, null] },
  ]);
  assert.deepEqual(got.total, { size: 2, of: [1, null], cumulative: [300, null], per_person: [300, null] });
});

test('a server without any data answers', async (t) => {
  const empty = await Server.start(t);
  const { totals } = await empty.get('/api/v1/metrics', { names: NAMES });
  for (const [name, value] of Object.entries(totals)) assert.equal(value, ['session_ms', 'bounce_rate', 'aov', 'arpu', 'arppu', 'dau', 'stickiness'].includes(name) ? null : 0, name);
  assert.equal((await empty.get('/api/v1/metrics', { names: NAMES, from: '2025-01-01', to: '2025-01-02', step: 'day' })).points[1].dau, 0);
  assert.deepEqual((await empty.get('/api/v1/breakdown', { names: NAMES })).rows, []);
  assert.deepEqual(await empty.get('/api/v1/persons', { q: 'x', sort: 'revenue' }), { persons: [], total: 0, next: null });
  assert.deepEqual(await empty.get('/api/v1/ltv', { by: 'platform', periods: 1 }), {
    unit: 'week', currency: 'UAH', cohorts: [], total: { size: 0, of: [null, null], cumulative: [null, null], per_person: [null, null] }, groups: [],
  });
});
