// Questions about events and people on a small history made by hand, with answers worked out by hand.
//
// Kyiv is UTC+2 until 2025-03-30 03:00, then UTC+3. Times below are Kyiv's own. A session ends after 30 idle minutes,
// or at an event that says another origin; an event counts for the origin of its session.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Server, WRITE_KEY } from '../lib/server.mjs';

const server = await Server.start(test);
const WINTER = '+02:00', SUMMER = '+03:00';
const ORIGINS = {
  google: { source: 'google', medium: 'cpc', name: 'Spring', id: 'g1', content: 'banner', term: 'shoes', creative: 'cr1' },
  email: { source: 'news', medium: 'email', name: 'Letter' }, none: undefined,
};

/* who, when (Kyiv), what, where from, revenue */
const HISTORY = [
  ['ann', '2025-03-10T10:00:00' + WINTER, 'Page Viewed', 'google'],
  ['ann', '2025-03-10T10:30:00' + WINTER, 'Page Viewed', 'none'],        /* exactly 30 minutes: the same session */
  ['ann', '2025-03-10T11:00:01' + WINTER, 'Page Viewed', 'none'],        /* a second more: a new one */
  ['ann', '2025-03-10T11:05:00' + WINTER, 'Order Completed', 'none', 10], /* of that session: from nowhere */
  ['ann', '2025-03-11T09:00:00' + WINTER, 'Page Viewed', 'email'],
  ['ann', '2025-03-11T09:01:00' + WINTER, 'Order Completed', 'none', 20.5], /* for the letter */
  ['bob', '2025-03-10T23:59:59' + WINTER, 'Page Viewed', 'google'],
  ['bob', '2025-03-11T00:00:00' + WINTER, 'Page Viewed', 'email'],       /* another origin: a new session, a new day */
  ['bob', '2025-03-11T00:10:00' + WINTER, 'Sign Up', 'none'],
  ['cat', '2025-03-17T12:00:00' + WINTER, 'Page Viewed', 'none'],
  ['cat', '2025-03-17T12:01:00' + WINTER, 'Sign Up', 'none'],
  ['cat', '2025-03-30T02:59:00' + WINTER, 'Page Viewed', 'google'],
  ['cat', '2025-03-30T04:01:00' + SUMMER, 'Page Viewed', 'google'],      /* two minutes later: the clock went on */
  ['cat', '2025-03-31T00:30:00' + SUMMER, 'Order Completed', 'google', 5],
  ['dan', '2025-04-01T08:00:00' + SUMMER, 'Order Completed', 'none', 7],
];

await server.send('batch', {
  batch: HISTORY.map(([who, at, event, origin, revenue], i) => ({
    type: event === 'Page Viewed' ? 'page' : 'track', event, userId: who, messageId: `m${i}`, originalTimestamp: at, timestamp: at,
    context: { campaign: ORIGINS[origin] }, properties: revenue ? { revenue } : {},
  })).reverse(), /* the order of arrival does not matter */
});

const cell = (events, persons, sessions, conversions, converted, revenue) => ({ events, persons, sessions, conversions, converted, revenue });
const metrics = (query) => server.get('/api/v1/metrics', query);
const rowsOf = ({ rows }) => Object.fromEntries(rows.map(({ key, ...row }) => [key, row]));

/* ---- metrics ---- */

test('who is logged in, and what data there is', async () => {
  const session = await server.get('/api/v1/session');
  const { today, version, ...rest } = session;
  assert.match(today, /^\d{4}-\d\d-\d\d$/);
  assert.match(version, /^\d+\.\d+\.\d+/);
  assert.deepEqual(rest, {
    role: 'admin', currency: 'UAH', timezone: 'Europe/Kyiv', events: 15, persons: 4, first_at: '2025-03-10T08:00:00.000Z',
    last_at: '2025-04-01T05:00:00.000Z', first_day: '2025-03-10', last_day: '2025-04-01', conversions: ['Order Completed'], amounts_without_rate: 0, amounts_without_rate_in: [],
  });
});

test('all time by day: each day once, days without events too, totals', async () => {
  const got = await metrics({ conversion: 'Order Completed' });
  assert.deepEqual([got.step, got.from, got.to, got.partial, got.currency], ['day', '2025-03-10', '2025-04-01', false, 'UAH']);
  assert.equal(got.points.length, 23);
  const at = Object.fromEntries(got.points.map(({ at: day, ...point }) => [day, point]));
  assert.deepEqual(at['2025-03-10'], cell(5, 2, 3, 1, 1, 1000));
  assert.deepEqual(at['2025-03-11'], cell(4, 2, 2, 1, 1, 2050));
  assert.deepEqual(at['2025-03-12'], cell(0, 0, 0, 0, 0, 0));
  assert.deepEqual(at['2025-03-17'], cell(2, 1, 1, 0, 0, 0));
  assert.deepEqual(at['2025-03-30'], cell(2, 1, 1, 0, 0, 0));
  assert.deepEqual(at['2025-03-31'], cell(1, 1, 1, 1, 1, 500));
  assert.deepEqual(at['2025-04-01'], cell(1, 1, 1, 1, 1, 700));
  assert.deepEqual(got.totals, cell(15, 4, 9, 4, 3, 4250));
});

test('weeks begin on Monday; months are those of the calendar', async () => {
  const weeks = await metrics({ step: 'week', names: 'events,persons' });
  assert.deepEqual(weeks.points, [
    { at: '2025-03-10', events: 9, persons: 2 }, { at: '2025-03-17', events: 2, persons: 1 },
    { at: '2025-03-24', events: 2, persons: 1 }, { at: '2025-03-31', events: 2, persons: 2 },
  ]);
  assert.deepEqual(weeks.totals, { events: 15, persons: 4 });
  const months = await metrics({ step: 'month', names: 'events, revenue' });
  assert.deepEqual(months.points, [{ at: '2025-03-01', events: 14, revenue: 3550 }, { at: '2025-04-01', events: 1, revenue: 700 }]);
});

test('the day on which the clock goes on has 23 hours', async () => {
  const got = await metrics({ step: 'hour', from: '2025-03-30', to: '2025-03-30', names: 'events' });
  assert.equal(got.points.length, 23);
  assert.equal(got.points[0].at, '2025-03-29T22:00:00.000Z');
  assert.equal(got.points[22].at, '2025-03-30T20:00:00.000Z');
  assert.deepEqual(got.points.filter(({ events }) => events), [{ at: '2025-03-30T00:00:00.000Z', events: 1 }, { at: '2025-03-30T01:00:00.000Z', events: 1 }]);
  const autumn = await metrics({ step: 'hour', from: '2025-10-26', to: '2025-10-26', names: 'events' });
  assert.equal(autumn.points.length, 25);
});

test('the step is chosen by the length when none is asked for', async () => {
  const step = async (from, to) => (await metrics({ from, to, names: 'events' })).step;
  assert.equal(await step('2025-03-10', '2025-03-11'), 'hour');
  assert.equal(await step('2025-03-10', '2025-03-12'), 'day');
  assert.equal(await step('2025-01-01', '2025-06-01'), 'week');
  assert.equal(await step('2020-01-01', '2025-06-01'), 'month');
});

test('days of a span are both counted in; an instant cuts where it says', async () => {
  assert.deepEqual((await metrics({ from: '2025-03-11', to: '2025-03-17' })).totals, cell(6, 3, 3, 0, 0, 2050));
  assert.deepEqual((await metrics({ from: '2025-03-11', to: '2025-03-11', names: 'events' })).totals, { events: 4 });
  const cut = await metrics({ from: '2025-03-10T10:30:00+02:00', to: '2025-03-10T11:05:00+02:00', names: 'events,sessions', step: 'day' });
  assert.deepEqual([cut.points.length, cut.totals], [1, { events: 2, sessions: 1 }]);
  assert.deepEqual((await metrics({ from: '2025-04-02', to: '2025-04-03' })).totals, cell(0, 0, 0, 0, 0, 0));
});

test('an event chooses what counts as events and persons; a conversion what converts', async () => {
  const orders = await metrics({ event: 'Order Completed', names: 'events,persons' });
  assert.deepEqual(orders.totals, { events: 4, persons: 3 });
  const signUps = await metrics({ conversion: 'Sign Up', names: 'conversions,converted,revenue' });
  assert.deepEqual(signUps.totals, { conversions: 2, converted: 2, revenue: 0 });
  assert.deepEqual((await metrics({ event: 'Never', conversion: 'Never' })).totals, cell(0, 0, 9, 0, 0, 0));
});

test('a filter keeps what came from there', async () => {
  const totals = async (...filter) => (await metrics({ filter, conversion: 'Order Completed' })).totals;
  assert.deepEqual(await totals('platform:is:email'), cell(4, 2, 2, 1, 1, 2050));
  assert.deepEqual(await totals('source:is:NEWS'), cell(4, 2, 2, 1, 1, 2050));
  assert.deepEqual(await totals('platform:is_not:google'), cell(9, 4, 5, 3, 2, 3750));
  assert.deepEqual(await totals('campaign:contains:prin'), cell(6, 3, 4, 1, 1, 500));
  assert.deepEqual(await totals('campaign:not_contains:e', 'platform:is:google'), cell(6, 3, 4, 1, 1, 500));
  assert.deepEqual(await totals('platform:is:google', 'platform:is:email'), cell(0, 0, 0, 0, 0, 0));
  assert.deepEqual(await totals('campaign_id:is:g1', 'content:is:banner', 'term:is:shoes', 'creative:is:cr1'), cell(6, 3, 4, 1, 1, 500));
  assert.deepEqual(await totals('source:is:'), cell(5, 3, 3, 2, 2, 1700), 'nothing known');
});

test('compared with the span before, and with the same weekdays of a year ago', async () => {
  const before = await metrics({ from: '2025-03-17', to: '2025-03-23', compare: 'previous', names: 'events', step: 'week' });
  assert.deepEqual([before.previous.from, before.previous.to, before.totals, before.previous.totals], ['2025-03-10', '2025-03-16', { events: 2 }, { events: 9 }]);
  const year = await metrics({ from: '2026-03-09', to: '2026-03-09', compare: 'year', names: 'events' });
  assert.deepEqual([year.previous.from, year.previous.totals], ['2025-03-10', { events: 5 }]);
  assert.equal((await metrics({})).previous, undefined);
});

test('a period that is not over is said to be partial', async () => {
  const today = (await server.get('/api/v1/session')).today;
  assert.equal((await metrics({ from: today, to: today })).partial, true);
  assert.equal((await metrics({ from: '2025-03-01', to: '2025-03-31', step: 'month' })).partial, false);
});

/* ---- breakdown ---- */

test('broken down by platform: orders count for what brought their session', async () => {
  const got = await server.get('/api/v1/breakdown', { conversion: 'Order Completed' });
  assert.deepEqual(rowsOf(got), {
    google: cell(6, 3, 4, 1, 1, 500), unknown: cell(5, 3, 3, 2, 2, 1700), email: cell(4, 2, 2, 1, 1, 2050),
  });
  assert.deepEqual(got.rows.map(({ key }) => key), ['google', 'unknown', 'email']);
  assert.deepEqual([got.by, got.totals], ['platform', cell(15, 4, 9, 4, 3, 4250)]);
});

test('by other dimensions, sorted, cut, within a span, compared', async () => {
  const by = (query) => server.get('/api/v1/breakdown', query);
  assert.deepEqual(rowsOf(await by({ by: 'campaign', event: 'Sign Up' })), { Letter: cell(1, 1, 2, 0, 0, 2050), '': cell(1, 1, 3, 0, 0, 1700) });
  assert.deepEqual(Object.keys(rowsOf(await by({ by: 'medium' }))).sort(), ['', 'cpc', 'email']);
  assert.deepEqual((await by({ sort: 'revenue' })).rows.map(({ key }) => key), ['email', 'unknown', 'google']);
  const one = await by({ sort: 'revenue', limit: 1 });
  assert.deepEqual([one.rows.length, one.totals.events], [1, 15], 'totals are of all');
  assert.deepEqual(rowsOf(await by({ from: '2025-03-11', to: '2025-03-11' })), { email: cell(4, 2, 2, 0, 0, 2050) });
  const compared = await by({ from: '2025-03-11', to: '2025-03-11', compare: 'previous' });
  assert.deepEqual(rowsOf(compared.previous), { google: cell(3, 2, 2, 0, 0, 0), unknown: cell(2, 1, 1, 0, 0, 1000) });
  assert.deepEqual(rowsOf(await by({ filter: 'platform:is:email', by: 'source' })), { news: cell(4, 2, 2, 0, 0, 2050) });
});

/* ---- names, values, persons ---- */

test('names of events, values of dimensions', async () => {
  assert.deepEqual((await server.get('/api/v1/names')).names, [
    { name: 'Page Viewed', events: 9, persons: 3, revenue: 0, last_at: '2025-03-30T01:01:00.000Z' },
    { name: 'Order Completed', events: 4, persons: 3, revenue: 4250, last_at: '2025-04-01T05:00:00.000Z' },
    { name: 'Sign Up', events: 2, persons: 2, revenue: 0, last_at: '2025-03-17T10:01:00.000Z' },
  ]);
  const values = async (query) => Object.fromEntries((await server.get('/api/v1/values', query)).values.map(({ value, events }) => [value, events]));
  assert.deepEqual(await values({ dim: 'source' }), { '': 8, google: 5, news: 2 }, 'as the events themselves say');
  assert.deepEqual(await values({ dim: 'source', q: 'OOG' }), { google: 5 });
  assert.deepEqual(await values({ dim: 'campaign', q: 'x' }), {});
});

test('what one person did, page by page', async () => {
  const ann = await server.get('/api/v1/journeys/u:ann');
  assert.deepEqual([ann.person, ann.aliases, ann.total, ann.next], ['u:ann', ['u:ann'], 6, null]);
  assert.deepEqual(ann.events.map(({ raw, ...event }) => event)[4], { at: '2025-03-11T07:00:00.000Z', event: 'Page Viewed', platform: 'email', source: 'news', medium: 'email', campaign: 'Letter', amount: 0 });
  assert.deepEqual(ann.events.map(({ amount }) => amount), [0, 0, 0, 1000, 0, 2050]);
  assert.deepEqual(await server.all('/api/v1/journeys/ann', 'events', { limit: 4 }), ann.events);
  const past = await server.get('/api/v1/journeys/ann', { cursor: 100 });
  assert.deepEqual([past.events, past.next], [[], null]);
});

/* ---- attribution by sessions ---- */

test('orders and the sessions that led to them', async () => {
  const ask = (query) => server.get('/api/v1/attribution', { conversion: 'Order Completed', ...query });
  const got = await ask({});
  assert.deepEqual([got.touches, got.conversions, got.persons, got.revenue], ['sessions', 4, 3, 4250]);
  const cells = (model) => Object.fromEntries(got.rows.map(({ key, models }) => [key, [models[model].conversions, models[model].revenue]]));
  /* ann's first: google, unknown; her second: google, unknown, email; cat: unknown, google, google; dan: unknown */
  assert.deepEqual(Object.fromEntries(got.rows.map(({ key, touches }) => [key, touches])), { google: 3, unknown: 3, email: 1 });
  assert.deepEqual(cells('first'), { google: [2, 3050], unknown: [2, 1200], email: [0, 0] });
  assert.deepEqual(cells('last'), { unknown: [2, 1700], email: [1, 2050], google: [1, 500] });
  assert.deepEqual(cells('last_non_direct'), { google: [2, 1500], email: [1, 2050], unknown: [1, 700] });
  assert.deepEqual(cells('last_paid'), { google: [3, 3550], unknown: [1, 700], email: [0, 0] });
  const linear = cells('linear');
  assert.ok(Math.abs(linear.google[0] - (1 / 2 + 1 / 3 + 2 / 3)) < 1e-12);
  /* 20.50 in three: 6.84 + 6.83 + 6.83; 5.00 in three: 1.67 + 1.67 + 1.66, the earlier ones first */
  assert.deepEqual([linear.google[1], linear.unknown[1], linear.email[1]], [500 + 684 + 167 + 166, 500 + 683 + 167 + 700, 683]);
  const position = cells('position');
  assert.deepEqual([position.google[1], position.unknown[1], position.email[1]], [500 + 820 + 100 + 200, 500 + 410 + 200 + 700, 820]);
  /* a day back from ann's second order leaves the letter and what came after 09:01 the day before */
  const recent = await ask({ lookback: '1d', models: 'first' });
  assert.deepEqual(Object.fromEntries(recent.rows.map(({ key, models }) => [key, models.first.revenue])), { google: 1000 + 2050 + 500, unknown: 700, email: 0 });
  const without = await ask({ exclude: 'unknown', models: 'linear' });
  assert.deepEqual(without.unattributed, { touches: 0, models: { linear: { conversions: 1, revenue: 700, cac: null, roas: null } } });
});

/* ---- nonsense ---- */

test('nonsense in a parameter is refused with its name', async () => {
  const span = [{ from: 'today' }, 'from', { to: '2025-02-30' }, 'to', { from: '2025-03-02', to: '2025-03-01' }, 'to', { from: '2025-13-01' }, 'from', { to: '10.03.2025' }, 'to', { from: '2025-03-10T10:00' }, 'from'];
  const filter = [{ filter: 'platform' }, 'filter', { filter: 'platform:is' }, 'filter', { filter: 'colour:is:red' }, 'filter', { filter: 'platform:like:red' }, 'filter', { filter: '' }, 'filter'];
  const compare = [{ compare: 'never' }, 'compare'];
  const cases = {
    '/api/v1/metrics': [{}, ...span, ...filter, ...compare, { names: 'events,money' }, 'names', { names: ',' }, 'names', { step: 'year' }, 'step', { step: 'hour', from: '2015-01-01', to: '2025-01-01' }, 'step'],
    '/api/v1/breakdown': [{}, ...span, ...filter, ...compare, { by: 'colour' }, 'by', { sort: 'name' }, 'sort', { limit: 0 }, 'limit', { limit: 1001 }, 'limit', { limit: 'x' }, 'limit'],
    '/api/v1/values': [{}, {}, 'dim', { dim: 'colour' }, 'dim'],
    '/api/v1/journeys/ann': [{}, { limit: 0 }, 'limit', { limit: 1001 }, 'limit', { cursor: 'x' }, 'cursor', { cursor: '-1' }, 'cursor'],
  };
  for (const [target, [base, ...list]] of Object.entries(cases))
    for (let i = 0; i < list.length; i += 2) await server.refused(target, { ...base, ...list[i] }, list[i + 1]);
});

test('a parameter that a question does not know is refused, rather than left out', async () => {
  await server.refused('/api/v1/attribution', { conversion: 'Order Completed', lookbak: '7d' }, 'lookbak');
  await server.refused('/api/v1/metrics', { names: 'events', Step: 'day' }, 'Step');
  await server.refused('/api/campaigns/', { limit: 1, offset: 2 }, 'offset');
});

test('more parameters than can be read are refused, rather than left out', async () => {
  const many = await server.request('GET', `/api/v1/metrics?${'filter=platform:is:google&'.repeat(129)}`);
  assert.equal(many.status, 400, `${many}`);
  assert.equal((await server.get('/api/v1/metrics', { filter: Array(128).fill('platform:is:google') })).totals.events, 6);
});

/* ---- other settings ---- */

test('days begin where the operator says; the currency is theirs', async (t) => {
  const other = await Server.start(t, { env: { DEMETRA_TIMEZONE: 'America/New_York', DEMETRA_CURRENCY: 'JPY' } });
  const at = '2025-03-11T03:59:59Z'; /* 23:59:59 on the 10th in New York, UTC-4 since the 9th */
  await other.post('/v1/batch', { writeKey: WRITE_KEY, batch: [
    { type: 'track', event: 'Sale', userId: '1', originalTimestamp: at, timestamp: at, properties: { revenue: 120 } },
    { type: 'track', event: 'Sale', userId: '1', originalTimestamp: '2025-03-11T04:00:00Z', timestamp: '2025-03-11T04:00:00Z', properties: { revenue: 3, currency: 'jpy' } },
  ] }, { as: 'nobody' });
  const got = await other.get('/api/v1/metrics', { names: 'revenue,events', step: 'day' });
  assert.deepEqual([got.currency, got.points], ['JPY', [{ at: '2025-03-10', events: 1, revenue: 120 }, { at: '2025-03-11', events: 1, revenue: 3 }]]);
  const { timezone, first_day, last_day } = await other.get('/api/v1/session');
  assert.deepEqual([timezone, first_day, last_day], ['America/New_York', '2025-03-10', '2025-03-11']);
});

test('a server without any data answers every question', async (t) => {
  const empty = await Server.start(t);
  const got = await empty.get('/api/v1/metrics', { compare: 'previous' });
  assert.deepEqual([got.points, got.totals, got.from, got.to], [[], cell(0, 0, 0, 0, 0, 0), null, null]);
  assert.deepEqual((await empty.get('/api/v1/breakdown')).rows, []);
  assert.equal((await empty.get('/api/v1/funnel', { step: ['A', 'B'], by: 'platform', compare: 'year' })).persons, 0);
  assert.deepEqual((await empty.get('/api/v1/names')).names, []);
  assert.deepEqual((await empty.get('/api/v1/values', { dim: 'source' })).values, []);
  assert.deepEqual((await empty.get('/api/v1/attribution', { conversion: 'X' })).rows, []);
  const V10 = '/api/data-analytics/v10';
  const summary = await empty.get(`${V10}/summary/prod`);
  assert.ok(Object.values(summary).every((value) => value === 0));
  assert.deepEqual(await empty.get(`${V10}/platforms/touches`), { platforms: [], attributed: [] });
  assert.equal((await empty.get(`${V10}/events/funnel`)).total, 0);
  assert.equal((await empty.get(`${V10}/contracts/multi-touch`)).total, 0);
  assert.equal((await empty.get(`${V10}/attribution/compare`)).contracts, 0);
});
