// Funnels over HTTP: a small history made by hand, with answers worked out by hand; and a larger one made by a seed,
// whose pages of persons, periods and groups must add up to its counts.
//
// Kyiv is UTC+2 until 2025-03-30 03:00, then UTC+3. Times below are Kyiv's own. A session ends after 30 idle minutes,
// or at an event that says another origin; a chain counts for the origin of the session that it begins in.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Server } from '../lib/server.mjs';

const server = await Server.start(test);
const WINTER = '+02:00', SUMMER = '+03:00';
const ORIGINS = { google: { source: 'google', medium: 'cpc', name: 'Spring' }, email: { source: 'news', medium: 'email', name: 'Letter' }, none: undefined };
const DAY = 86_400_000;

/* who, when (Kyiv), what, where from */
const HISTORY = [
  ['ann', '2025-03-10T10:00:00' + WINTER, 'Page Viewed', 'google'],
  ['ann', '2025-03-10T10:30:00' + WINTER, 'Page Viewed', 'none'],
  ['ann', '2025-03-10T11:00:01' + WINTER, 'Page Viewed', 'none'],        /* a new session, from nowhere */
  ['ann', '2025-03-10T11:05:00' + WINTER, 'Order Completed', 'none'],
  ['ann', '2025-03-11T09:00:00' + WINTER, 'Page Viewed', 'email'],
  ['ann', '2025-03-11T09:01:00' + WINTER, 'Order Completed', 'none'],
  ['bob', '2025-03-10T23:59:59' + WINTER, 'Page Viewed', 'google'],
  ['bob', '2025-03-11T00:00:00' + WINTER, 'Page Viewed', 'email'],
  ['bob', '2025-03-11T00:10:00' + WINTER, 'Sign Up', 'none'],
  ['cat', '2025-03-17T12:00:00' + WINTER, 'Page Viewed', 'none'],
  ['cat', '2025-03-17T12:01:00' + WINTER, 'Sign Up', 'none'],
  ['cat', '2025-03-30T02:59:00' + WINTER, 'Page Viewed', 'google'],
  ['cat', '2025-03-30T04:01:00' + SUMMER, 'Page Viewed', 'google'],
  ['cat', '2025-03-31T00:30:00' + SUMMER, 'Order Completed', 'google'],
  ['dan', '2025-04-01T08:00:00' + SUMMER, 'Order Completed', 'none'],
];

const batchOf = (history) => ({
  batch: history.map(([who, at, event, origin], i) => ({
    type: event === 'Page Viewed' ? 'page' : 'track', event, userId: who, messageId: `m${i}`, originalTimestamp: at, timestamp: at,
    context: { campaign: ORIGINS[origin] },
  })).reverse(), /* the order of arrival does not matter */
});
await server.send('batch', batchOf(HISTORY));

const BOUGHT = ['Page Viewed', 'Order Completed'];
const funnel = (query, of = server) => of.get('/api/v1/funnel', query);
const persons = (query, of = server) => of.get('/api/v1/funnel/persons', query);
const counts = ({ steps }) => steps.map(({ persons: n }) => n);
const reached = async (step, query = {}, of = server) => counts(await funnel({ step, window: 'none', ...query }, of));
const zeros = (at = {}) => Array.from({ length: 13 }, (_, i) => at[i] ?? 0);

/* ---- counts ---- */

test('who reached each step, how long it took', async () => {
  /* ann: 4 min 59 s from the page at 11:00:01; cat: from 04:01 to 00:30 the day after, 20 h 29 min */
  const [ann, cat] = [299_000, 73_740_000];
  const times = { p25_ms: Math.floor(ann + (cat - ann) / 4), median_ms: (ann + cat) / 2, p75_ms: Math.floor(ann + (cat - ann) * 3 / 4) };
  const lengths = zeros({ 3: 1, 8: 1 }); /* from 1 to 5 minutes, from 12 hours to a day */
  assert.deepEqual(await funnel({ step: BOUGHT, window: 'none' }), {
    order: 'best', window_ms: null, persons: 3,
    lengths_ms: [1, 10, 60, 300, 900, 3600, 10800, 43200, 86400, 3 * 86400, 7 * 86400, 30 * 86400].map((s) => s * 1000),
    steps: [
      { name: 'Page Viewed', persons: 3, from_first: 1, from_previous: 1, p25_ms: 0, median_ms: 0, p75_ms: 0, median_from_first_ms: 0 },
      { name: 'Order Completed', persons: 2, from_first: 2 / 3, from_previous: 2 / 3, ...times, median_from_first_ms: times.median_ms, lengths },
    ],
    whole: { ...times, lengths },
  });
});

test('without times: the same persons, everywhere', async () => {
  const query = { step: BOUGHT, window: 'none', by: 'source', compare: 'previous', trend: 'week', from: '2025-03-10', to: '2025-03-31' };
  const steps = ({ steps: all }) => all.map(({ lengths, ...step }) => ({ ...step, p25_ms: null, median_ms: null, p75_ms: null, median_from_first_ms: null }));
  const { whole, ...timed } = await funnel(query);
  assert.equal(typeof whole.median_ms, 'number');
  assert.deepEqual(await funnel({ ...query, times: 'true' }), { whole, ...timed });
  assert.deepEqual(await funnel({ ...query, times: 'false' }), {
    ...timed, steps: steps(timed), previous: { steps: steps(timed.previous) }, groups: timed.groups.map((group) => ({ ...group, steps: steps(group) })),
  });
  assert.deepEqual((await funnel({ step: ['Never', 'Order Completed'], times: 'false' })).persons, 0);
});

test('a window cuts chains that took longer', async () => {
  assert.deepEqual(await reached(BOUGHT, { window: '1h' }), [3, 1]);
  assert.deepEqual(await reached(BOUGHT, { window: '73740s' }), [3, 2], 'the end of the window is counted in');
  assert.deepEqual(await reached(BOUGHT, { window: '73739s' }), [3, 1]);
  const all = ['Page Viewed', 'Sign Up', 'Order Completed'];
  assert.deepEqual(await reached(all), [3, 2, 1]);
  assert.deepEqual(await reached(all, { window: '7d' }), [3, 2, 0]);
  assert.deepEqual(await reached(['Sign Up', 'Page Viewed', 'Order Completed'], { window: '14d' }), [2, 1, 1]);
  assert.deepEqual(await reached(['Order Completed', 'Order Completed']), [3, 1]);
  assert.deepEqual(await reached(['Never', 'Order Completed']), [0, 0]);
  const none = await funnel({ step: ['Page Viewed', 'Never'] });
  assert.deepEqual([none.window_ms, none.steps[1]], [30 * DAY, { name: 'Never', persons: 0, from_first: 0, from_previous: 0, p25_ms: null, median_ms: null, p75_ms: null, median_from_first_ms: null, lengths: zeros() }]);
  assert.deepEqual(none.whole, { p25_ms: null, median_ms: null, p75_ms: null, lengths: zeros() });
});

test('a funnel by platform, within a span, filtered, compared', async () => {
  const ask = (query) => funnel({ step: BOUGHT, window: '1d', ...query });
  const by = await ask({ by: 'platform' });
  assert.equal(by.steps[0].persons, 3);
  /* ann's chain that was completed first began at 11:00:01, from nowhere; cat's last page is from google; bob's only
   * chains are of one step, the first of which is from google */
  assert.deepEqual(Object.fromEntries(by.groups.map((group) => [group.key, counts(group)])), { unknown: [1, 1], google: [2, 1] });
  assert.deepEqual(await reached(BOUGHT, { window: '1d', from: '2025-03-11', to: '2025-03-11' }), [2, 1]);
  assert.deepEqual(await reached(BOUGHT, { window: '1d', filter: 'platform:is:email' }), [2, 1]);
  assert.deepEqual(await reached(BOUGHT, { window: '1d', filter: 'platform:is:google' }), [3, 2], 'ann came from google within a day of her first order');
  const compared = await ask({ from: '2025-03-11', to: '2025-03-11', compare: 'previous' });
  assert.deepEqual(counts(compared.previous), [2, 1]);
});

test('strict order: nothing stands between; any order: all of the first steps', async () => {
  assert.deepEqual(await reached(BOUGHT, { order: 'strict' }), [3, 2]);
  assert.deepEqual(await reached(['Page Viewed', 'Sign Up', 'Order Completed'], { order: 'strict' }), [3, 2, 0], 'cat viewed pages in between');
  assert.deepEqual(await reached(['Page Viewed', 'Page Viewed', 'Order Completed'], { order: 'strict' }), [3, 3, 2]);
  assert.deepEqual(await reached(['Page Viewed', 'Page Viewed', 'Page Viewed', 'Order Completed'], { order: 'strict' }), [3, 3, 1, 1]);
  assert.deepEqual(await reached(['Order Completed', 'Page Viewed'], { order: 'any' }), [3, 2]);
  assert.deepEqual(await reached(['Order Completed', 'Page Viewed'], { order: 'any', window: '1h' }), [3, 1]);
  assert.deepEqual(await reached(['Order Completed', 'Sign Up', 'Page Viewed'], { order: 'any' }), [3, 1, 1]);
  assert.equal((await funnel({ step: BOUGHT, order: 'any' })).order, 'any');
});

test('an excluded event between the first and the last step spoils a chain', async () => {
  const all = ['Sign Up', 'Order Completed'];
  assert.deepEqual(await reached(all), [2, 1]);
  assert.deepEqual(await reached(all, { exclude: 'Page Viewed' }), [2, 0]);
  assert.deepEqual(await reached(BOUGHT, { exclude: ['Never', 'Sign Up'] }), [3, 2], 'cat viewed pages after she signed up');
  assert.deepEqual(await reached(['Page Viewed', 'Page Viewed', 'Page Viewed'], { exclude: 'Sign Up' }), [3, 3, 1]);
});

test('a step may have a window of its own', async () => {
  const all = ['Page Viewed', 'Sign Up', 'Order Completed'];
  assert.deepEqual(await reached(all, { step_window: '10m' }), [3, 2, 0]);
  assert.deepEqual(await reached(all, { step_window: '599s' }), [3, 1, 0]);
  assert.deepEqual(await reached(all, { step_window: '599s, none' }), [3, 1, 1]);
  assert.deepEqual(await reached(all, { step_window: 'none,13d' }), [3, 2, 0]);
  assert.deepEqual(await reached(all, { step_window: 'none,2w' }), [3, 2, 1]);
  assert.deepEqual(await reached(all, { step_window: 'none,2w', window: '13d' }), [3, 2, 0]);
  const most = { step: Array(64).fill('Page Viewed'), step_window: Array(63).fill('1h').join(','), window: 'none' };
  assert.deepEqual(counts(await funnel(most)).slice(0, 4), [3, 3, 1, 0]);
});

test('the trend counts people in the period of their first step', async () => {
  const trend = async (query) => (await funnel({ step: BOUGHT, window: 'none', ...query })).trend;
  const at = (list) => list.filter(({ entered }) => entered);
  const days = await trend({ trend: 'day' });
  assert.equal(days.length, 23);
  assert.deepEqual([days[0].at, days[22].at], ['2025-03-10', '2025-04-01']);
  assert.deepEqual(at(days), [{ at: '2025-03-10', entered: 2, converted: 1, rate: 0.5 }, { at: '2025-03-30', entered: 1, converted: 1, rate: 1 }]);
  assert.deepEqual(at(await trend({ trend: 'week' })), [{ at: '2025-03-10', entered: 2, converted: 1, rate: 0.5 }, { at: '2025-03-24', entered: 1, converted: 1, rate: 1 }]);
  assert.deepEqual(await trend({ trend: 'month' }), [{ at: '2025-03-01', entered: 3, converted: 2, rate: 2 / 3 }, { at: '2025-04-01', entered: 0, converted: 0, rate: 0 }]);
  assert.deepEqual(await trend({ trend: 'week', from: '2025-03-12', to: '2025-03-18' }), [{ at: '2025-03-10', entered: 0, converted: 0, rate: 0 }, { at: '2025-03-17', entered: 1, converted: 0, rate: 0 }]);
  assert.deepEqual(await trend({ trend: 'day', from: '2025-03-30T03:30:00+03:00', to: '2025-03-30' }), [{ at: '2025-03-30', entered: 1, converted: 0, rate: 0 }]);
  assert.equal(await trend({}), undefined);
});

/* ---- persons ---- */

test('the people who reached a step, and those who dropped out before it', async () => {
  const base = { step: BOUGHT, window: 'none' };
  const named = ({ persons: list }) => Object.fromEntries(list.map(({ person, ...rest }) => [person, rest]));
  const ann = { entered_at: '2025-03-10T09:00:01.000Z', reached: 2, at: '2025-03-10T09:05:00.000Z' };
  const bob = { entered_at: '2025-03-10T21:59:59.000Z', reached: 1, at: '2025-03-10T21:59:59.000Z' };
  const cat = { entered_at: '2025-03-30T01:01:00.000Z', reached: 2, at: '2025-03-30T21:30:00.000Z' };
  const all = await persons({ ...base, reached: 1 });
  assert.deepEqual([all.total, all.next, named(all)], [3, null, { 'u:ann': ann, 'u:bob': bob, 'u:cat': cat }]);
  assert.deepEqual(named(await persons({ ...base, reached: 2 })), { 'u:ann': ann, 'u:cat': cat });
  assert.deepEqual(named(await persons({ ...base, dropped: 2 })), { 'u:bob': bob });
  assert.deepEqual(named(await persons({ ...base, reached: 1, by: 'platform', key: 'google' })), { 'u:bob': bob, 'u:cat': cat });
  assert.deepEqual(await persons({ ...base, reached: 1, by: 'platform', key: 'email' }), { total: 0, persons: [], next: null });
  assert.equal((await persons({ ...base, reached: 1, by: 'platform' })).total, 3);
  const { events } = await server.get('/api/v1/journeys/u:bob');
  assert.equal(events[0].at, bob.entered_at);
});

/* ---- a larger history ---- */

const NAMES = ['Viewed', 'Added', 'Paid', 'Returned'];
const SOURCES = ['google', 'facebook', ''];

function crowd() {
  let seed = 5;
  const below = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648, Math.floor(seed / 65536) % n);
  const events = [];
  for (let person = 0; person < 300; person++) {
    const n = 1 + below(9);
    for (let i = 0; i < n; i++) {
      const at = new Date(Date.UTC(2025, 4, 1) + below(20) * DAY + below(24) * 3_600_000).toISOString();
      events.push({ type: 'track', event: NAMES[below(NAMES.length)], userId: `p${person}`, messageId: `c${events.length}`, originalTimestamp: at, timestamp: at, context: { campaign: { source: SOURCES[below(3)] } } });
    }
  }
  return events;
}

test('pages of persons, periods and groups add up to the counts', async (t) => {
  const large = await Server.start(t);
  const events = crowd();
  for (let i = 0; i < events.length; i += 500) await large.send('batch', { batch: events.slice(i, i + 500) });
  const questions = [
    {}, { order: 'strict' }, { order: 'any', window: '2d' }, { exclude: 'Returned', window: '5d' }, { step_window: '3d,1d' },
    { order: 'any', filter: 'source:is:google' }, { filter: 'source:is:facebook', from: '2025-05-04', to: '2025-05-12' },
  ];
  for (const question of questions) {
    const base = { step: NAMES.slice(0, 3), ...question };
    const got = await funnel({ ...base, by: 'source', trend: 'day' }, large);
    const of = counts(got);
    assert.ok(of[0] > of[1] && of[1] > 0, JSON.stringify(base));
    assert.equal(got.trend.reduce((sum, { entered }) => sum + entered, 0), of[0]);
    assert.equal(got.trend.reduce((sum, { converted }) => sum + converted, 0), of[2]);
    for (let k = 0; k < 3; k++) {
      assert.equal(got.groups.reduce((sum, { steps }) => sum + steps[k].persons, 0), of[k]);
      if (k) assert.equal(got.steps[k].lengths.reduce((sum, n) => sum + n, 0), of[k]);
      const names = new Set();
      let cursor = '0';
      for (let total = 0; cursor !== null; cursor = total) {
        const page = await persons({ ...base, reached: k + 1, limit: 37, cursor }, large);
        assert.equal(page.total, of[k]);
        for (const { person, reached: depth } of page.persons) {
          assert.ok(depth > k);
          names.add(person);
        }
        total = page.next;
      }
      assert.equal(names.size, of[k], 'everybody once');
      if (k) assert.equal((await persons({ ...base, dropped: k + 1, limit: 1 }, large)).total, of[k - 1] - of[k]);
      for (const { key, steps } of got.groups)
        assert.equal((await persons({ ...base, by: 'source', key, reached: k + 1, limit: 1 }, large)).total, steps[k].persons, `${key} at ${k}`);
    }
    const { next, persons: beyond } = await persons({ ...base, reached: 1, cursor: 1000 }, large);
    assert.deepEqual([next, beyond], [null, []]);
  }
});

/* ---- nonsense ---- */

test('nonsense in a parameter is refused with its name', async () => {
  const both = [
    { from: 'today' }, 'from', { to: '2025-02-30' }, 'to', { from: '2025-03-02', to: '2025-03-01' }, 'to', { filter: 'platform' }, 'filter', { filter: 'colour:is:red' }, 'filter',
    { window: '-1d' }, 'window', { window: '0' }, 'window', { window: 'week' }, 'window', { by: 'colour' }, 'by', { step: ['A'] }, 'step', { step: ['A', ' '] }, 'step',
    { step: Array(65).fill('A') }, 'step', { step: [] }, 'step', { order: 'random' }, 'order', { exclude: ' ' }, 'exclude', { exclude: 'Sign Up', step: ['Sign Up', 'A'] }, 'exclude',
    { step_window: 'soon' }, 'step_window', { step_window: '0' }, 'step_window', { step_window: '1d,' }, 'step_window', { step_window: '1d,1d' }, 'step_window',
    { step_window: '1d', step: ['A', 'B', 'C', 'D'], order: 'any' }, 'step_window', { step_window: '1d,1d', step: ['A', 'B', 'C', 'D'] }, 'step_window',
  ];
  const count = [{ compare: 'never' }, 'compare', { trend: 'hour' }, 'trend', { trend: 'day', from: '2020-01-01', to: '2025-01-01' }, 'trend'];
  const list = [
    { reached: 0 }, 'reached', { reached: 3 }, 'reached', { reached: 'x' }, 'reached', { reached: '' }, 'reached', { dropped: 2 }, 'reached', { reached: '', dropped: 1 }, 'dropped', { reached: '', dropped: 3 }, 'dropped',
    { key: 'google' }, 'key', { key: 'nowhere', by: 'platform' }, 'key', { limit: 0 }, 'limit', { limit: 1001 }, 'limit', { cursor: 'x' }, 'cursor',
  ];
  const refuse = async (target, base, cases) => {
    for (let i = 0; i < cases.length; i += 2) await server.refused(target, { ...base, ...cases[i] }, cases[i + 1]);
  };
  await refuse('/api/v1/funnel', { step: ['A', 'B'] }, [...both, ...count]);
  await refuse('/api/v1/funnel/persons', { step: ['A', 'B'], reached: 1 }, [...both, ...list]);
});

test('without any data', async (t) => {
  const empty = await Server.start(t);
  const got = await funnel({ step: ['A', 'B'], by: 'platform', compare: 'year', trend: 'day', exclude: 'C' }, empty);
  assert.deepEqual([got.persons, got.trend, got.groups], [0, [], []]);
  assert.deepEqual(await persons({ step: ['A', 'B'], dropped: 2 }, empty), { total: 0, persons: [], next: null });
});
