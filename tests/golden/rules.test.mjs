// Platforms by rules that are edited while there is a history: who is paid, what a platform brings, which session a
// platform's is. And a server without any events.
import assert from 'node:assert/strict';
import test from 'node:test';
import { CONVERSION, Random, batchesOf, makeHistory } from '../lib/history.mjs';
import { Server } from '../lib/server.mjs';
import { Oracle } from './oracle.mjs';
import { allAnswers, compareOnly, sameAnswers, seeds, sendAll } from './questions.mjs';
import { RULES } from './sql.mjs';

const MODELS = 'last_paid,linear,w_shaped';
const EDITED = [
  { rules: [] },
  { rules: [...RULES.rules].reverse() },
  { rules: [
    { fields: ['campaign', 'content'], op: 'contains', values: ['it\'s', 'ROL', 'ан'], platform: 'Платформа "1"', paid: true }, { fields: ['medium'], op: 'is', values: ['CPC'], platform: 'google', paid: true },
    { fields: ['source', 'term'], op: 'is', values: ['google', 'shoes'], platform: 'shoes', paid: false }, { fields: ['creative'], op: 'is', values: ['c1'], platform: 'unknown', paid: true }] },
];

const questions = ['events', 'sessions', 'journey'].map((touches) => ['attribution', { conversion: CONVERSION, models: MODELS, by: 'platform', touches, lookback: '7d' }]).concat([
  ['attribution', { conversion: CONVERSION, models: MODELS, touches: 'sessions', exclude: 'unknown' }], ['attribution', { conversion: 'Оплата', models: MODELS, by: 'source', touches: 'events', filter: 'platform:is_not:unknown' }],
  ['attribution/journeys', { conversion: CONVERSION, model: 'last_paid', by: 'platform', key: 'google', touches: 'events' }], ['values', { dim: 'platform' }],
  ['breakdown', { by: 'platform', conversion: CONVERSION }], ['metrics', { step: 'week', filter: 'platform:contains:o' }], ['funnel', { step: ['Page Viewed', CONVERSION], by: 'platform', filter: 'platform:is_not:email' }],
  ['retention', { unit: 'week', by: 'platform' }], ['ltv', { unit: 'month', by: 'platform', periods: 2 }], ['persons', { by: 'platform', key: 'google', limit: 1000 }],
]).map(([route, query]) => [`/api/v1/${route}`, query]);

for (const seed of seeds([91, 92])) {
  test(`seed ${seed}: every answer is by the rules of now`, async (t) => {
    const zone = 'Europe/Kyiv', history = makeHistory(seed, { events: 500 }), random = new Random(seed);
    const server = await Server.start(t, { env: { DEMETRA_TIMEZONE: zone } }), batches = batchesOf(history.items, random, 60);
    const half = batches.length >> 1, oracle = await Oracle.of(t, history.items, zone);
    await sendAll(server, batches.slice(0, half));
    for (const [i, rules] of [RULES, ...EDITED].entries()) {
      if (i > 0) assert.equal((await server.request('PUT', '/api/v1/rules', { json: rules })).status, 200);
      if (i === 1) await sendAll(server, batches.slice(half));
      assert.deepEqual(await server.get('/api/v1/rules'), rules);
      if (i === 0) continue;
      await oracle.useRules(rules);
      await compareOnly(server, oracle, history, questions);
    }
    const before = await allAnswers(server, questions);
    await server.restart();
    sameAnswers(await allAnswers(server, questions), before, 'after SIGTERM');
    await server.request('PUT', '/api/v1/rules', { json: RULES });
    await oracle.useRules(RULES);
    await compareOnly(server, oracle, history, questions);
  });
}

test('an empty server answers a span with one end, or none', async (t) => {
  const server = await Server.start(t);
  for (const span of [{}, { from: '2024-01-01' }, { to: '2024-12-31' }, { to: '2024-12-31T10:00:00Z' }]) {
    for (const step of ['day', 'week', 'month', 'hour']) {
      const { from, to, points, totals } = await server.get('/api/v1/metrics', { ...span, step });
      assert.deepEqual({ from, to, points, events: totals.events }, { from: null, to: null, points: [], events: 0 });
    }
    for (const route of ['retention', 'ltv']) for (const unit of ['day', 'week', 'month']) assert.deepEqual((await server.get(`/api/v1/${route}`, { ...span, unit })).cohorts, []);
    assert.deepEqual((await server.get('/api/v1/breakdown', { ...span, by: 'source' })).rows, []);
    assert.equal((await server.get('/api/v1/funnel', { ...span, step: ['a', 'b'], trend: 'day' })).persons, 0);
  }
});

test('dau of all time is the mean over the days of the span, whatever the step', async (t) => {
  const server = await Server.start(t);
  for (const [i, day] of ['2024-03-13', '2024-03-14', '2024-04-09'].entries()) await server.send('track', { event: 'Opened', userId: `user ${i}`, timestamp: `${day}T10:00:00Z`, originalTimestamp: `${day}T10:00:00Z` });
  const names = 'dau,stickiness', want = { dau: 3 / 28, stickiness: 3 / 28 / 3 };
  const { totals } = await server.get('/api/v1/breakdown', { by: 'source', names });
  assert.deepEqual({ dau: totals.dau, stickiness: totals.stickiness }, want);
  for (const step of ['day', 'week', 'month']) assert.deepEqual((await server.get('/api/v1/metrics', { step, names })).totals, want, step);
});
