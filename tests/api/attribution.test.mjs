// Attribution over the CRM sample: each cell against a slow computation from the CSV (lib/crm.mjs), and each cell
// opened into its journeys; w_shaped by hand.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { MODELS, attribute, readCrm, sameCell } from '../lib/crm.mjs';
import { SAMPLES, Server } from '../lib/server.mjs';

const EVENTS = path.join(SAMPLES, 'events.csv'), CONTRACTS = path.join(SAMPLES, 'contracts.csv');
const DAY = 86_400_000;
const ASKED = { conversion: 'Contract Signed' }, RULES = { ...ASKED, models: MODELS.join(',') };
const PATH_MODELS = ['markov', 'shapley', 'shapley_rate'];
const COMPARE = '/api/data-analytics/v10/attribution/compare';

const crm = readCrm(EVENTS, CONTRACTS);
const server = await Server.start(test);
await server.upload('crm_contracts', readFileSync(CONTRACTS));
await server.upload('crm_events', readFileSync(EVENTS));

/** What is asked, and the same for the oracle. */
const QUESTIONS = [
  [{}, {}],
  [{ touches: 'events', lookback: '30d' }, { lookback: 30 * DAY }],
  [{ touches: 'events', lookback: '7d', half_life: '12h' }, { lookback: 7 * DAY, halfLife: DAY / 2 }],
  [{ touches: 'events', lookback: '1s' }, { lookback: 1000 }],
  [{ touches: 'journey' }, { touches: 'journey' }],
  [{ touches: 'journey', lookback: '14d' }, { touches: 'journey', lookback: 14 * DAY }],
  [{ exclude: ['unknown'] }, { exclude: ['unknown'] }],
  [{ exclude: ['unknown', 'paid_search', 'google'], lookback: '90d' }, { exclude: ['unknown', 'paid_search', 'google'], lookback: 90 * DAY }],
  [{ touches: 'journey', exclude: ['paid_search'] }, { touches: 'journey', exclude: ['paid_search'] }],
  [{ by: 'campaign' }, { by: (event) => event.utm_campaign }],
  [{ by: 'source_type', touches: 'journey', lookback: '60d' }, { by: (event) => event.source_type, touches: 'journey', lookback: 60 * DAY }],
  [{ from: '2025-05-01', to: '2025-06-30', lookback: '30d' },
    { from: Date.parse('2025-05-01T00:00:00+03:00'), to: Date.parse('2025-07-01T00:00:00+03:00'), lookback: 30 * DAY }],
];

for (const [query, options] of QUESTIONS) {
  test(`every model equals the slow computation: ${JSON.stringify(query)}`, async () => {
    const got = await server.get('/api/v1/attribution', { ...RULES, ...query });
    const want = attribute(crm, options);
    assert.equal(got.conversions, want.journeys.length);
    assert.equal(got.persons, new Set(want.journeys.map(({ conversion }) => conversion.id_source)).size);
    assert.equal(BigInt(got.revenue), want.journeys.reduce((sum, { conversion }) => sum + conversion.amount * 100n, 0n));
    assert.deepEqual([got.conversion, got.touches, got.by, got.currency], ['Contract Signed', query.touches ?? 'events', query.by ?? 'platform', 'UAH']);
    assert.deepEqual([got.lookback_ms, got.half_life_ms], [options.lookback ?? null, options.halfLife ?? 7 * DAY]);
    assert.deepEqual(got.rows.map(({ key }) => key).sort(), [...want.rows.keys()].sort());
    for (const row of got.rows) {
      const wanted = want.rows.get(row.key);
      assert.equal(row.touches, wanted.touches, `touches of ${row.key}`);
      assert.deepEqual(Object.keys(row.models), MODELS);
      for (const model of MODELS) sameCell(row.models[model], wanted.models[model], `${row.key}, ${model}`);
    }
    for (const model of MODELS) sameCell(got.unattributed.models[model], want.unattributed.models[model], `unattributed, ${model}`);
    sums(got);
  });
}

/** Credit is neither made nor lost; rows stand by the first model's revenue. */
function sums(got) {
  for (const model of Object.keys(got.unattributed.models)) {
    const cells = [...got.rows, got.unattributed].map(({ models }) => models[model]);
    assert.equal(cells.reduce((sum, cell) => sum + cell.revenue, 0), got.revenue, model);
    assert.ok(Math.abs(cells.reduce((sum, cell) => sum + cell.conversions, 0) - got.conversions) < 1e-6, model);
  }
  const order = got.rows.map(({ models }) => models.first.revenue);
  assert.deepEqual(order, order.toSorted((a, b) => b - a));
}

test('models may be chosen, in an order that rows follow', async () => {
  const all = await server.get('/api/v1/attribution', ASKED);
  assert.deepEqual(Object.keys(all.rows[0].models), [...MODELS, ...PATH_MODELS], 'all when left out');
  const some = await server.get('/api/v1/attribution', { ...ASKED, models: 'linear, last' });
  for (const row of some.rows) {
    assert.deepEqual(Object.keys(row.models), ['linear', 'last']);
    assert.deepEqual(row.models.linear, all.rows.find(({ key }) => key === row.key).models.linear);
  }
  const order = some.rows.map(({ models }) => models.linear.revenue);
  assert.deepEqual(order, order.toSorted((a, b) => b - a));
  assert.deepEqual((await server.get('/api/v1/models')).models.map(({ name }) => name), [...MODELS, ...PATH_MODELS]);
});

test('a filter keeps the contracts that such a touch led to, with their other touches', async () => {
  const got = await server.get('/api/v1/attribution', { ...RULES, touches: 'journey', filter: 'platform:is:Google' });
  const led = attribute(crm, { touches: 'journey' }).journeys.filter(({ touches }) => touches.some(({ platform }) => platform === 'google'));
  assert.equal(got.conversions, led.length);
  assert.equal(BigInt(got.revenue), led.reduce((sum, { conversion }) => sum + conversion.amount * 100n, 0n));
  assert.ok(got.rows.some(({ key }) => key === 'unknown'));
});

test('sessions: contracts that are days apart are sessions of their own', async () => {
  const got = await server.get('/api/v1/attribution', { ...ASKED, touches: 'sessions' });
  assert.deepEqual([got.touches, got.conversions, got.revenue], ['sessions', 424, 2514222700]);
  sums(got);
});

const COMPARISONS = [[{}, {}], [{ lookback: '30d' }, { lookback: 30 * DAY }], [{ half_life: '1d' }, { halfLife: DAY }],
  [{ by: 'campaign_id', lookback: '7d' }, { by: (event) => event.campaign_id, lookback: 7 * DAY }]];

for (const [query, options] of COMPARISONS) {
  test(`the V10 comparison equals the slow computation: ${JSON.stringify(query)}`, async () => {
    const got = await server.get(COMPARE, query);
    const want = attribute(crm, { ...options, touches: 'journey' });
    const by = query.by ?? 'platform';
    assert.deepEqual([got.contracts, got.revenue, got.models], [424, 25142227, MODELS]);
    assert.deepEqual(got.rows.map((row) => row[by]).sort(), [...want.rows.keys()].sort());
    for (const row of got.rows) {
      const wanted = want.rows.get(row[by]);
      assert.equal(row.touches, wanted.touches);
      for (const model of MODELS) {
        const { contracts, revenue } = row.models[model];
        sameCell({ conversions: contracts, revenue: Math.round(revenue * 100) }, wanted.models[model], `${row[by]}, ${model}`);
      }
    }
  });
}

test('the house rule of the comparison is that of the table of platforms', async () => {
  const { rows } = await server.get(COMPARE);
  const { attributed } = await server.get('/api/data-analytics/v10/platforms/touches');
  for (const { platform, contracts, revenue } of attributed)
    assert.deepEqual(rows.find((row) => row.platform === platform).models.last_paid, { contracts, revenue });
});

for (const query of [{}, { touches: 'journey', lookback: '14d', exclude: 'unknown' }]) {
  test(`the journeys behind each cell add up to it: ${JSON.stringify(query)}`, async () => {
    const matrix = await server.get('/api/v1/attribution', { ...RULES, ...query });
    const cells = [...matrix.rows, { ...matrix.unattributed, key: 'unattributed' }];
    for (const { key, models } of cells) {
      for (const model of MODELS) await opens(server, { ...ASKED, ...query, key, model }, models[model]);
    }
  });
}

async function opens(at, query, cell) {
  const target = '/api/v1/attribution/journeys', where = JSON.stringify(query);
  const journeys = await at.all(target, 'journeys', { ...query, limit: 200 });
  const { conversions, revenue, model, key, scaled } = await at.get(target, { ...query, limit: 1 });
  assert.deepEqual([conversions, revenue, model, key, scaled], [cell.conversions, cell.revenue, query.model, query.key, false]);
  assert.equal(journeys.reduce((sum, journey) => sum + journey.credit_revenue, 0), cell.revenue, where);
  assert.ok(Math.abs(journeys.reduce((sum, journey) => sum + journey.credit, 0) - cell.conversions) < 1e-6, where);
  for (const journey of journeys) {
    if (query.key === 'unattributed') {
      assert.deepEqual([journey.touches, journey.credit, journey.credit_revenue], [[], 1, journey.amount]);
      continue;
    }
    const own = journey.touches.filter((touch) => touch.key === query.key);
    assert.ok(own.length > 0 && journey.credit > 0, where);
    assert.ok(Math.abs(journey.touches.reduce((sum, { weight }) => sum + weight, 0) - 1) < 1e-9, where);
    assert.equal(journey.touches.reduce((sum, touch) => sum + touch.revenue, 0), journey.amount, where);
    assert.equal(own.reduce((sum, touch) => sum + touch.revenue, 0), journey.credit_revenue, where);
  }
}

test('a page of journeys holds as many as asked, and the next ones follow', async () => {
  const query = { ...ASKED, model: 'linear', key: 'unknown' };
  const all = await server.all('/api/v1/attribution/journeys', 'journeys', { ...query, limit: 200 });
  const first = await server.get('/api/v1/attribution/journeys', { ...query, limit: 7 });
  const second = await server.get('/api/v1/attribution/journeys', { ...query, limit: 7, cursor: first.next });
  assert.deepEqual([...first.journeys, ...second.journeys], all.slice(0, 14));
  const whole = await server.get('/api/v1/attribution/journeys', { ...ASKED, model: 'linear', key: 'event', limit: 200 });
  const exactly = await server.get('/api/v1/attribution/journeys', { ...ASKED, model: 'linear', key: 'event', limit: whole.journeys.length });
  assert.equal(exactly.next, null, 'a full last page has none after it');
});

// Of a Poisson bootstrap the variance is known: the sum over persons of their credit squared.
test('intervals lie about each number, as wide as the persons behind it make them', async () => {
  const got = await server.get('/api/v1/attribution', { ...RULES, intervals: 'true' });
  const plain = await server.get('/api/v1/attribution', RULES);
  assert.equal(got.interval_level, 0.9);
  assert.equal('interval_level' in plain, false);
  assert.equal('revenue_interval' in plain.rows[0].models.first, false);
  for (const [i, row] of got.rows.entries()) {
    for (const model of MODELS) {
      const { conversions, revenue, conversions_interval: c, revenue_interval: r, ...rest } = row.models[model];
      assert.deepEqual({ conversions, revenue, ...rest }, plain.rows[i].models[model]);
      assert.ok(c[0] <= c[1] && r[0] <= r[1]);
      assert.ok(c[0] <= conversions && conversions <= c[1], `${row.key}, ${model}: ${conversions} in ${c}`);
    }
  }
  for (const [i, row] of got.rows.entries()) {
    const [low, high] = row.models.first.revenue_interval, next = got.rows[i + 1]?.models.first.revenue_interval;
    assert.equal(row.distinguishable, next ? low > next[1] || high < next[0] : null);
  }
  assert.ok(new Set(got.rows.map(({ distinguishable }) => distinguishable)).size > 1);
  const row = got.rows.find(({ key }) => key === 'paid_search');
  const byPerson = new Map();
  for await (const journey of pages({ model: 'linear', key: 'paid_search' }))
    byPerson.set(journey.person, (byPerson.get(journey.person) ?? 0) + journey.credit);
  const spread = 1.645 * Math.sqrt([...byPerson.values()].reduce((sum, credit) => sum + credit ** 2, 0));
  const { conversions, conversions_interval: [low, high] } = row.models.linear;
  assert.ok(Math.abs(conversions - low - spread) < spread / 4, `${low} is about ${conversions - spread}`);
  assert.ok(Math.abs(high - conversions - spread) < spread / 4, `${high} is about ${conversions + spread}`);
  await server.refused('/api/v1/attribution', { ...ASKED, intervals: 'maybe' }, 'intervals');
});

async function* pages(cell) {
  for (let cursor = '0'; cursor !== null; ) {
    const page = await server.get('/api/v1/attribution/journeys', { ...ASKED, ...cell, cursor });
    yield* page.journeys;
    cursor = page.next;
  }
}

test('a conversion that nothing has is no error: it has no rows', async () => {
  const got = await server.get('/api/v1/attribution', { conversion: 'Never Seen' });
  assert.deepEqual([got.conversions, got.persons, got.revenue, got.rows, got.touches], [0, 0, 0, [], 'sessions']);
});

/* ---- w_shaped, by hand (models/attribution.md 4.2): .3 each for the first touch, the lead's and the opportunity's ---- */

const sales = await Server.start(test);
const WON = Date.UTC(2025, 5, 1), SALE = { conversion: 'Won', by: 'source', touches: 'events' };
/* days before, event, source; $12,000 of a sale between businesses, $50 of Adobe's shop; who is nothing but a lead */
const STORIES = {
  b2b: [12000, [38, 'Seen', 'search'], [33, 'Signed Up', 'mail'], [26, 'Seen', 'social'], [8, 'Demo', 'fair'], [0.5, 'Seen', 'direct']],
  shop: [50, [9, 'Seen', 'search'], [6, 'Signed Up', 'social'], [0.2, 'Seen', 'mail'], [0.1, 'Seen', 'banner']],
  lost: [0, [5, 'Signed Up', 'search']],
};

test('w_shaped with milestones named in the question', async () => {
  const batch = Object.entries(STORIES).flatMap(([userId, [revenue, ...touches]]) => {
    const call = (event, days, more) => ({ type: 'track', event, userId, messageId: `${userId}-${days}`, timestamp: new Date(WON - days * DAY).toISOString(), ...more });
    const seen = touches.map(([days, event, source]) => call(event, days, { context: { campaign: { source } } }));
    return revenue ? [...seen, call('Won', 0, { properties: { revenue } })] : seen;
  });
  await sales.send('batch', { batch });
  const shares = async (query) => {
    const got = await sales.get('/api/v1/attribution', { ...SALE, models: 'w_shaped', ...query });
    assert.deepEqual([got.lead, got.opportunity], [query.lead ?? null, query.opportunity ?? null]);
    assert.equal(got.revenue, 1205000);
    for (const { key, models: { w_shaped: cell } } of got.rows) await opens(sales, { ...SALE, ...query, key, model: 'w_shaped' }, cell);
    return Object.fromEntries(got.rows.map(({ key, models }) => [key, models.w_shaped.revenue]));
  };
  /* b2b 3600, 3600, 600, 3600, 600 and the shop, without an opportunity, 3/7, 3/7, 1/14, 1/14 of 50 */
  assert.deepEqual(await shares({ lead: 'Signed Up', opportunity: 'Demo' }),
    { search: 360000 + 2143, mail: 360000 + 357, social: 60000 + 2143, fair: 360000, direct: 60000, banner: 357 });
  /* the lead alone: 3/7, 3/7, and 1/21 for each of three, who lose most by rounding */
  assert.deepEqual(await shares({ lead: 'Signed Up' }),
    { search: 514286 + 2143, mail: 514285 + 357, social: 57143 + 2143, fair: 57143, direct: 57143, banner: 357 });
  /* no milestones: 3/4, and 1/16 for each of four; 1/12 for each of three */
  assert.deepEqual(await shares({}), { search: 900000 + 3750, mail: 75000 + 417, social: 75000 + 417, fair: 75000, direct: 75000, banner: 416 });
  /* the conversion itself for a milestone: no touch, so the last one before it */
  assert.deepEqual(await shares({ lead: 'Signed Up', opportunity: 'Won' }),
    { search: 360000 + 1500, mail: 360000 + 500, social: 60000 + 1500, fair: 60000, direct: 360000, banner: 1500 });
  const other = await sales.get('/api/v1/attribution', { ...SALE, models: 'linear,markov', lead: 'Signed Up', intervals: 'true' });
  assert.deepEqual(other.rows.map(({ models }) => Object.keys(models)), Array(6).fill(['linear', 'markov']));
  for (const field of ['lead', 'opportunity']) {
    await sales.refused('/api/v1/attribution', { ...SALE, [field]: 'Never Seen' }, field);
    await sales.refused('/api/v1/attribution/journeys', { ...SALE, [field]: 'Never Seen', model: 'w_shaped', key: 'search' }, field);
  }
});

test('nonsense in a parameter is refused with its name', async () => {
  const refused = (query, field, target = '/api/v1/attribution') => server.refused(target, { ...ASKED, ...query }, field);
  await server.refused('/api/v1/attribution', {}, 'conversion');
  await refused({ models: 'first,best' }, 'models');
  await refused({ models: 'first,last,first' }, 'models');
  await refused({ by: 'colour' }, 'by');
  await refused({ lookback: '0d' }, 'lookback');
  await refused({ lookback: 'week' }, 'lookback');
  await refused({ half_life: '-1' }, 'half_life');
  await refused({ half_life: '0' }, 'half_life');
  await refused({ touches: 'clicks' }, 'touches');
  await refused({ from: 'may' }, 'from');
  await refused({ to: '2025-02-30' }, 'to');
  await refused({ from: '2025-06-01', to: '2025-05-01' }, 'to');
  await refused({ filter: 'platform' }, 'filter');
  await refused({ filter: 'platform:likes:x' }, 'filter');
  await refused({ filter: 'colour:is:red' }, 'filter');
  const cell = (query, field) => refused({ model: 'linear', key: 'google', ...query }, field, '/api/v1/attribution/journeys');
  await cell({ model: 'best' }, 'model');
  await cell({ model: '' }, 'model');
  await cell({ key: 'nothing' }, 'key');
  await cell({ limit: '1000000' }, 'limit');
  await cell({ cursor: '-1' }, 'cursor');
});
