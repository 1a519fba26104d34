// Attribution by models that need all journeys at once: the worked numbers of models/attribution.md sent as events, and
// the CRM sample against a plain computation: journeys found client by client, one linear system for each channel that
// is taken away, all subsets of the players.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { MODELS, attribute, readCrm } from '../lib/crm.mjs';
import { SAMPLES, Server } from '../lib/server.mjs';

const TARGET = '/api/v1/attribution', JOURNEYS = '/api/v1/attribution/journeys';
const DAY = 86_400_000;
const PATH_MODELS = ['markov', 'shapley', 'shapley_rate'];
const near = (got, want, where) => assert.ok(Math.abs(got - want) < 1e-9 * Math.max(1, Math.abs(want)), `${where}: ${got}, not ${want}`);
const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

const EVENTS = path.join(SAMPLES, 'events.csv'), CONTRACTS = path.join(SAMPLES, 'contracts.csv');
const crm = readCrm(EVENTS, CONTRACTS);
const worked = await Server.start(test), server = await Server.start(test);
await server.upload('crm_contracts', readFileSync(CONTRACTS));
await server.upload('crm_events', readFileSync(EVENTS));

function sameNumbers(got, want, where) {
  assert.deepEqual(Object.keys(got).sort(), Object.keys(want).sort(), where);
  for (const key of Object.keys(want)) near(got[key], want[key], `${where}, ${key}`);
}

const column = (got, model, what = 'conversions') => Object.fromEntries(got.rows.map(({ key, models }) => [key, models[model][what]]));
const removals = (got) => Object.fromEntries(got.rows.map(({ key, removal }) => [key, removal]));

function addsUp(got) {
  for (const model of Object.keys(got.unattributed.models)) {
    const cells = [...got.rows, got.unattributed].map(({ models }) => models[model]);
    assert.equal(sum(cells.map(({ revenue }) => revenue)), got.revenue, model);
    near(sum(cells.map(({ conversions }) => conversions)), got.conversions, model);
  }
}

/* ---- the plain computation: paths are {touches: [key, ...], converts, amount} ---- */

/** Solve a x = b; both are changed. */
function solve(a, b) {
  const n = b.length;
  for (let i = 0; i < n; i++) {
    let pivot = i;
    for (let r = i + 1; r < n; r++) if (Math.abs(a[r][i]) > Math.abs(a[pivot][i])) pivot = r;
    [a[i], a[pivot], b[i], b[pivot]] = [a[pivot], a[i], b[pivot], b[i]];
    for (let r = i + 1; r < n; r++) {
      const factor = a[r][i] / a[i][i];
      for (let k = i; k < n; k++) a[r][k] -= factor * a[i][k];
      b[r] -= factor * b[i];
    }
  }
  const x = [];
  for (let i = n - 1; i >= 0; i--) x[i] = (b[i] - sum(x.map((value, k) => (k > i ? a[i][k] * value : 0)))) / a[i][i];
  return x;
}

/** P(conversion) of the first-order chain in which walks that come to `without` end there. */
function converts(paths, keys, without) {
  const walked = paths.filter(({ touches }) => touches.length);
  const a = keys.map((_, i) => keys.map((__, k) => (i === k ? 1 : 0))), b = keys.map(() => 0), start = keys.map(() => 0);
  const visits = keys.map((key) => sum(walked.map(({ touches }) => touches.filter((touch) => touch === key).length)));
  for (const { touches, converts: yes } of walked) {
    const at = touches.map((key) => keys.indexOf(key));
    start[at[0]] += 1 / walked.length;
    at.forEach((from, i) => {
      if (keys[from] === without) return;
      if (i + 1 < at.length) a[from][at[i + 1]] -= 1 / visits[from];
      else if (yes) b[from] += 1 / visits[from];
    });
  }
  const h = solve(a, b);
  return sum(start.map((share, i) => share * h[i]));
}

const keysOf = (paths) => [...new Set(paths.flatMap(({ touches }) => touches))].sort();

function removalsOf(paths) {
  const keys = keysOf(paths), whole = converts(paths, keys, null);
  return Object.fromEntries(keys.map((key) => [key, 1 - converts(paths, keys, key) / whole]));
}

function shapleyOf(paths) {
  const credit = Object.fromEntries(keysOf(paths).map((key) => [key, 0]));
  for (const { touches, converts: yes } of paths) {
    const distinct = new Set(touches);
    for (const key of distinct) if (yes) credit[key] += 1 / distinct.size;
  }
  return credit;
}

/** v(S) = the conversion rate of journeys inside S, over all subsets, times all journeys. */
function shapleyRateOf(paths) {
  const keys = keysOf(paths), walked = paths.filter(({ touches }) => touches.length);
  const inside = walked.map(({ touches, converts: yes }) => ({ yes, set: touches.reduce((set, key) => set | (1 << keys.indexOf(key)), 0) }));
  const v = Array.from({ length: 1 << keys.length }, (_, s) => {
    const within = inside.filter(({ set }) => (set & ~s) === 0);
    return within.length ? within.filter(({ yes }) => yes).length / within.length : 0;
  });
  const factorial = (n) => (n <= 1 ? 1 : n * factorial(n - 1));
  const size = (s) => s.toString(2).replaceAll('0', '').length;
  const weight = (s) => (factorial(size(s)) * factorial(keys.length - size(s) - 1)) / factorial(keys.length);
  return Object.fromEntries(keys.map((key, i) =>
    [key, walked.length * sum(v.map((value, s) => (s >> i & 1 ? 0 : weight(s) * (v[s | 1 << i] - value))))]));
}

/* ---- worked numbers: each table in a month of its own, so that its null journeys are in no other's range ---- */

const DP6 = [['direct>google>meta', 120, 300], ['meta>direct', 0, 450], ['email>organic', 80, 0]];
const MTA = [['direct', 2, 1], ['search>email', 3, 2], ['search>social>email', 5, 4]];
const PYCHATTR = ['A>B>A>B>B>A', 'A>B>B>A>A', 'A>A'].map((way) => [way, 1, 0]);
/* way, conversions, nulls, value of each conversion; then by order: P(conversion), removal effects, credits */
const TABLES = [
  { table: [['C1>C2>C3', 1, 0, 1000], ['C1', 0, 1], ['C2>C3', 0, 1]], rate: 1 / 3,
    1: [{ C1: 0.5, C2: 1, C3: 1 }, { C1: 0.2, C2: 0.4, C3: 0.4 }], revenue: { C1: 20000, C2: 40000, C3: 40000 } },
  { table: [['google', 2, 1], ['mail', 1, 0], ['google>mail', 1, 0]], rate: 0.8, 1: [{ google: 0.75, mail: 0.5 }, { google: 2.4, mail: 1.6 }] },
  { table: PYCHATTR, rate: 1, 1: [{ A: 1, B: 0.5 }, { A: 2, B: 1 }], 2: [{ A: 1, B: 2 / 3 }, { A: 1.8, B: 1.2 }] },
  { table: MTA, rate: 10 / 17, 1: [{ direct: 0.2, search: 0.8, email: 0.8, social: 0.8 * 9 / 14 }, { direct: 70 / 81, search: 280 / 81, email: 280 / 81, social: 20 / 9 }],
    2: [{ direct: 0.2, search: 0.8, email: 0.8, social: 0.5 }] },
  { table: DP6, rate: 4 / 19, 1: [{ direct: 42 / 145, google: 42 / 145, meta: 0.6, email: 0.4, organic: 0.4 }, { direct: 1200 / 41, google: 1200 / 41, meta: 60.627177700348, email: 40.418118466899, organic: 40.418118466899 }],
    2: [{ direct: 0.6, google: 0.6, meta: 0.6, email: 0.4, organic: 0.4 }, { direct: 600 / 13, google: 600 / 13, meta: 600 / 13, email: 400 / 13, organic: 400 / 13 }],
    4: [{ direct: 0.6, google: 0.6, meta: 0.6, email: 0.4, organic: 0.4 }] }, /* M4: no path is longer */
];

/** The journeys of a table, one a person. */
const expand = (table) => table.flatMap(([way, conversions, nulls, value = 0]) =>
  Array.from({ length: conversions + nulls }, (_, i) => ({ touches: way.split('>'), converts: i < conversions, amount: i < conversions ? value : 0 })));

const month = (world) => ({ from: `2025-0${world + 1}-01`, to: `2025-0${world + 1}-20` });
const ask = (world, query = {}) => worked.get(TARGET, { conversion: 'Bought', by: 'source', touches: 'events', ...month(world), ...query });

test('the worked tables arrive', async () => {
  const batch = TABLES.flatMap(({ table }, world) => expand(table).flatMap(({ touches, converts: yes, amount }, person) => {
    const call = (event, i, more) => ({ type: 'track', event, userId: `${world}-${person}`, messageId: `${world}-${person}-${i}`, timestamp: new Date(Date.UTC(2025, world, 10) + i * 60_000).toISOString(), ...more });
    const seen = touches.map((source, i) => call('Seen', i, { context: { campaign: { source } } }));
    return yes ? [...seen, call('Bought', touches.length, { properties: { revenue: amount } })] : seen;
  }));
  while (batch.length) await worked.send('batch', { batch: batch.splice(0, 1000) });
});

for (const [world, { table, rate, revenue, ...orders }] of TABLES.entries()) {
  test(`markov as worked by hand: ${table.map(([way]) => way).join(', ')}`, async () => {
    const paths = expand(table);
    for (const [order, [removal, credit]] of Object.entries(orders)) {
      const got = await ask(world, { models: 'markov', order });
      addsUp(got);
      near(got.markov.conversion_rate, rate, 'P(conversion)');
      assert.equal(got.markov.order, Number(order));
      assert.ok(got.markov.residual < 1e-12 && got.markov.states > 0);
      assert.equal(got.null_journeys, paths.filter(({ converts: yes }) => !yes).length);
      sameNumbers(removals(got), removal, `removal, order ${order}`);
      if (credit) sameNumbers(column(got, 'markov'), credit, `credit, order ${order}`);
      if (revenue) assert.deepEqual(column(got, 'markov', 'revenue'), revenue);
    }
    const got = await ask(world);
    addsUp(got);
    sameNumbers(removals(got), removalsOf(paths), 'the plain computation agrees');
    sameNumbers(column(got, 'shapley'), shapleyOf(paths), 'shapley');
    sameNumbers(column(got, 'shapley_rate'), shapleyRateOf(paths), 'shapley_rate');
    assert.deepEqual(got.shapley_rate, { exact: true, players: keysOf(paths).length, orders: 0, worst_error: 0 });
  });
}

test('rules over the same events: eeghor/mta', async () => {
  const got = await ask(3, { models: 'first,last,linear,position' });
  sameNumbers(column(got, 'first'), { direct: 2, search: 8, email: 0, social: 0 }, 'first');
  sameNumbers(column(got, 'last'), { direct: 2, search: 0, email: 8, social: 0 }, 'last');
  sameNumbers(column(got, 'linear'), { direct: 2, search: 19 / 6, email: 19 / 6, social: 5 / 3 }, 'linear');
  sameNumbers(column(got, 'position'), { direct: 2, search: 3.5, email: 3.5, social: 1 }, 'position');
  assert.equal(['markov', 'shapley_rate', 'null_journeys'].some((name) => name in got), false, 'nobody asked for them');
});

test('a key that no conversion met stands there with credit 0, or below where it costs the others', async () => {
  const got = await ask(4, { exclude: ['google', 'meta'], models: 'markov,shapley,shapley_rate' });
  const paths = expand(DP6).map(({ touches, ...rest }) => ({ ...rest, touches: touches.filter((key) => key !== 'google' && key !== 'meta') }));
  sameNumbers(column(got, 'shapley_rate'), shapleyRateOf(paths), 'shapley_rate');
  const first = await ask(0, { models: 'markov,shapley,shapley_rate', exclude: ['C2', 'C3'] });
  assert.deepEqual(first.rows.map(({ key, touches }) => [key, touches]), [['C1', 1]]);
  assert.equal(first.null_journeys, 2, 'of which one has no touch left');
  near(first.markov.conversion_rate, 0.5, 'of journeys with a touch');
});

test('the order is chosen by the penalised AUC', async () => {
  const got = await ask(4, { models: 'markov', order: 'best' });
  assert.deepEqual(got.markov.orders.map(({ order }) => order), [1, 2, 3, 4]);
  const most = Math.max(...got.markov.orders.map(({ penalised }) => penalised));
  assert.equal(got.markov.best, got.markov.orders.find(({ penalised }) => penalised === most).order);
  assert.equal(got.markov.order, got.markov.best);
  const same = await ask(4, { models: 'markov', order: got.markov.best });
  assert.deepEqual([same.markov.orders, same.markov.best], [[], null]);
  assert.deepEqual(same.rows, got.rows);
  /* no nulls: nothing to tell apart */
  assert.deepEqual((await ask(2, { models: 'markov', order: 'best' })).markov.orders[0], { order: 1, auc: null, penalised: 0 });
});

/* ---- the CRM sample ---- */

const ASKED = { conversion: 'Contract Signed' };

/** Touches after the client's last contract before the range's end, back from the last of them, which is in the range. */
function nullJourneys({ lookback = Infinity, from = -Infinity, to = Infinity, exclude = [] }) {
  return [...crm.clients.values()].flatMap((all) => {
    const events = all.filter(({ at }) => at < to);
    const after = events.slice(events.findLastIndex((event) => event.is_contract) + 1);
    if (after.length === 0 || after.at(-1).at < from) return [];
    const reached = after.filter(({ at }) => at > after.at(-1).at - lookback);
    return [{ touches: reached.map(({ platform }) => platform).filter((key) => !exclude.includes(key)), converts: false, amount: 0 }];
  });
}

const QUESTIONS = [[{}, {}], [{ lookback: '30d' }, { lookback: 30 * DAY }], [{ exclude: ['unknown', 'event'], lookback: '90d' }, { exclude: ['unknown', 'event'], lookback: 90 * DAY }],
  [{ from: '2025-05-01', to: '2025-06-30', lookback: '60d' }, { from: Date.parse('2025-05-01T00:00:00+03:00'), to: Date.parse('2025-07-01T00:00:00+03:00'), lookback: 60 * DAY }]];

for (const [query, options] of QUESTIONS) {
  test(`path models equal the plain computation: ${JSON.stringify(query)}`, async () => {
    const got = await server.get(TARGET, { ...ASKED, ...query });
    const want = attribute(crm, options), nulls = nullJourneys(options);
    const paths = [...want.journeys.map(({ touches, conversion }) => ({ touches: touches.map(({ platform }) => platform), converts: true, amount: Number(conversion.amount) })), ...nulls];
    const effects = removalsOf(paths), all = sum(Object.values(effects)), walked = paths.filter(({ touches, converts: yes }) => yes && touches.length).length;
    addsUp(got);
    assert.equal(got.null_journeys, nulls.length);
    sameNumbers(removals(got), effects, 'removal');
    sameNumbers(column(got, 'markov'), Object.fromEntries(Object.entries(effects).map(([key, effect]) => [key, (effect / all) * walked])), 'markov');
    sameNumbers(column(got, 'shapley'), shapleyOf(paths), 'shapley');
    sameNumbers(column(got, 'shapley_rate'), shapleyRateOf(paths), 'shapley_rate');
    for (const model of PATH_MODELS) near(got.unattributed.models[model].conversions, want.unattributed.models.linear.conversions, model);
    for (const row of got.rows) spread(row);
  });
}

/** How far the models disagree; and what it cost, of which nothing is known. */
function spread(row) {
  const conversions = Object.values(row.models).map((cell) => cell.conversions), mean = sum(conversions) / conversions.length;
  if (mean > 0) near(row.spread, (Math.max(...conversions) - Math.min(...conversions)) / mean, row.key);
  else assert.equal(row.spread, null);
  assert.equal(row.spend, null);
  for (const cell of Object.values(row.models)) assert.deepEqual([cell.cac, cell.roas], [null, null]);
}

test('one model does not disagree; shapley_rate has no intervals, nor has markov above order 1', async () => {
  const one = await server.get(TARGET, { ...ASKED, models: 'shapley_rate', intervals: 'true' });
  for (const row of one.rows) assert.deepEqual([row.spread, row.distinguishable, row.models.shapley_rate.conversions_interval, row.models.shapley_rate.revenue_interval], [null, null, null, null]);
  const plain = await server.get(TARGET, { ...ASKED, models: MODELS[0] });
  assert.ok(plain.rows.every((row) => !('distinguishable' in row) && !('removal' in row)));
  const second = await server.get(TARGET, { ...ASKED, models: 'markov,shapley', order: 2, intervals: 'true' });
  for (const { models } of second.rows) assert.ok(models.markov.conversions_interval === null && models.shapley.conversions_interval);
});

test('intervals of markov and shapley lie about each number, as wide as the persons behind it make them', async () => {
  const got = await server.get(TARGET, { ...ASKED, models: 'markov,shapley', intervals: 'true' });
  for (const { key, models } of [...got.rows, { ...got.unattributed, key: 'unattributed' }]) {
    for (const [model, { conversions, conversions_interval: [low, high] }] of Object.entries(models))
      assert.ok(low <= conversions + 1e-9 && conversions - 1e-9 <= high, `${key}, ${model}: ${conversions} in ${low}, ${high}`);
  }
  for (const [i, { models, distinguishable }] of got.rows.entries()) {
    const [low, high] = models.markov.revenue_interval, next = got.rows[i + 1]?.models.markov.revenue_interval;
    assert.equal(distinguishable, next ? low > next[1] || high < next[0] : null);
  }
  /* shapley is local, so the variance is known: the sum over persons of their credit squared */
  const byPerson = new Map();
  for (const { person, credit } of await server.all(JOURNEYS, 'journeys', { ...ASKED, model: 'shapley', key: 'paid_search' }))
    byPerson.set(person, (byPerson.get(person) ?? 0) + credit);
  const wide = 1.645 * Math.sqrt(sum([...byPerson.values()].map((credit) => credit ** 2)));
  const { conversions, conversions_interval: [low, high] } = got.rows.find(({ key }) => key === 'paid_search').models.shapley;
  assert.ok(Math.abs(conversions - low - wide) < wide / 3 && Math.abs(high - conversions - wide) < wide / 3, `${low}, ${high}: ${wide} from ${conversions}`);
});

for (const query of [{}, { order: '2', lookback: '30d', exclude: 'unknown' }, { touches: 'journey' }]) {
  test(`the journeys behind each cell of a path model add up to it: ${JSON.stringify(query)}`, async () => {
    const matrix = await server.get(TARGET, { ...ASKED, ...query, models: PATH_MODELS.join(',') });
    for (const { key, models, touches } of [...matrix.rows, { ...matrix.unattributed, key: 'unattributed' }])
      for (const model of PATH_MODELS) await opens({ ...ASKED, ...query, key, model }, models[model], touches);
  });
}

async function opens(query, cell, touches) {
  const where = JSON.stringify(query);
  const journeys = await server.all(JOURNEYS, 'journeys', { ...query, limit: 150 });
  const { conversions, revenue, scaled } = await server.get(JOURNEYS, { ...query, limit: 1 });
  assert.deepEqual([conversions, revenue, scaled], [cell.conversions, cell.revenue, query.model !== 'shapley'], where);
  if (touches === 0 && query.key !== 'unattributed') { /* on null journeys only: its credit is what it does to others */
    assert.deepEqual(journeys, []);
    if (query.model === 'shapley') assert.deepEqual([conversions, revenue], [0, 0]);
    return;
  }
  near(sum(journeys.map(({ credit }) => credit)), cell.conversions, where);
  assert.equal(sum(journeys.map(({ credit_revenue: part }) => part)), cell.revenue, where);
  for (const { touches: way, credit, amount } of journeys) {
    if (query.key === 'unattributed') {
      assert.deepEqual([way, credit], [[], 1]);
      continue;
    }
    const own = sum(way.filter(({ key }) => key === query.key).map(({ weight }) => weight));
    assert.ok(own > 0, where);
    near(sum(way.map(({ weight }) => weight)), 1, where);
    assert.equal(sum(way.map((touch) => touch.revenue)), amount, where);
    if (query.model === 'shapley') near(credit, own, where);
    if (query.model !== 'markov') near(own, 1 / new Set(way.map(({ key }) => key)).size, where);
  }
}

test('markov opened: within a journey, channels stand as their removal effects do', async () => {
  const matrix = await server.get(TARGET, { ...ASKED, models: 'markov' });
  const effect = removals(matrix), { journeys } = await server.get(JOURNEYS, { ...ASKED, model: 'markov', key: matrix.rows[0].key, limit: 50 });
  const factors = new Set();
  for (const { touches, credit } of journeys) {
    const all = sum([...new Set(touches.map(({ key }) => key))].map((key) => effect[key]));
    for (const { key, weight } of touches) near(weight * touches.filter((touch) => touch.key === key).length, effect[key] / all, key);
    factors.add((credit / (effect[matrix.rows[0].key] / all)).toFixed(9));
  }
  assert.equal(factors.size, 1, 'one factor for the whole cell');
});

test('nonsense in a parameter is refused with its name', async () => {
  for (const order of ['0', '5', '-1', '1.5', 'two', 'best!']) {
    await server.refused(TARGET, { ...ASKED, order }, 'order');
    await server.refused(JOURNEYS, { ...ASKED, model: 'markov', key: 'google', order }, 'order');
  }
  await server.refused(TARGET, { ...ASKED, models: 'markov,shapley,markov' }, 'models');
  await server.refused(TARGET, { ...ASKED, models: 'shapley_value' }, 'models');
  await server.refused(JOURNEYS, { ...ASKED, model: 'markov', key: 'nobody' }, 'key');
  await server.refused(JOURNEYS, { ...ASKED, model: 'markov2', key: 'google' }, 'model');
  const none = await server.get(TARGET, { conversion: 'Never Seen' });
  assert.deepEqual([none.rows, none.null_journeys, none.markov.states], [[], 0, 0]);
});

test('questions that need a table of paths, asked at once, are each answered as when asked alone', async () => {
  const asks = ['markov', 'shapley_rate', 'markov,shapley,shapley_rate'].flatMap((models) => ['platform', 'campaign'].map((by) => `${TARGET}?${new URLSearchParams({ conversion: 'Contract Signed', by, models, order: '2' })}`));
  const cell = `${JOURNEYS}?${new URLSearchParams({ conversion: 'Contract Signed', model: 'markov', key: 'google', order: '2' })}`;
  const alone = [];
  for (const ask of [...asks, cell]) alone.push((await server.get(ask)));
  const together = await Promise.all([...asks, cell].map((ask) => server.get(ask)));
  assert.deepEqual(together, alone);
});
