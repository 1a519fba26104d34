// Amounts of events in other currencies: counted by the rate of their day, by hand; rates that are put, changed, forgotten.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test, { before } from 'node:test';
import { Server, until } from '../lib/server.mjs';

let server;
before(async (t) => {
  server = await Server.start(t, { env: { DEMETRA_TIMEZONE: 'Europe/Kyiv' } });
});

const DAY = '2025-02-05T12:00:00Z';
let users = 0;

/** An event of a user of its own; who that is. */
async function pay(properties, { event = 'Order Completed', at = DAY } = {}) {
  const userId = `payer ${++users}`;
  await server.send('track', { event, userId, timestamp: at, originalTimestamp: at, properties });
  return userId;
}
const counted = async (userId) => (await server.get(`/api/v1/journeys/${encodeURIComponent(`u:${userId}`)}`)).events[0].amount;
const uncounted = async () => {
  const { amounts_without_rate: all, amounts_without_rate_in: by } = await server.get('/api/v1/session');
  assert.equal(all, by.reduce((sum, { events }) => sum + events, 0));
  return Object.fromEntries(by.map(({ currency, events }) => [currency, events]));
};
const job = async () => (await server.get('/api/v1/jobs')).jobs.find(({ kind }) => kind === 'rates');
const through = () => until('the rates to be used', async () => (await job()).state === 'off');
async function change(method, target, json) {
  const reply = await server.request(method, target, { json });
  assert.ok(reply.status < 300, `${reply}`);
  await through();
}
const put = (currency, day, rate) => change('PUT', '/api/v1/rates', { currency, day, rate });
const forget = (currency, day) => change('DELETE', `/api/v1/rates/${currency}/${day}`);

test('an amount without a rate is not counted; a rate is put, and it is; forgotten, and it is not', async () => {
  const buyer = await pay({ revenue: 10, currency: 'USD' }), early = await pay({ revenue: 10, currency: 'usd' }, { at: '2025-01-31T21:59:59.999Z' });
  assert.equal(await counted(buyer), 0);
  assert.deepEqual(await uncounted(), { USD: 2 });
  await put('USD', '2025-02-01', '41.25');
  assert.equal(await counted(buyer), 41250);
  assert.equal(await counted(early), 0, 'the day in Kyiv is 31 January');
  assert.deepEqual(await uncounted(), { USD: 1 });
  await put('USD', '2025-02-01', 42);
  assert.equal(await counted(buyer), 42000);
  await put('USD', '2025-02-06', 99);
  assert.equal(await counted(buyer), 42000, 'a rate of later says nothing of before');
  await forget('USD', '2025-02-06');
  await forget('USD', '2025-02-01');
  assert.deepEqual([await counted(buyer), await uncounted()], [0, { USD: 2 }]);
  await put('USD', '2025-01-01', '41.25');
  assert.deepEqual([await counted(buyer), await counted(early), await uncounted()], [41250, 41250, {}]);
});

test('by hand: rounding, currencies without hundredths, refunds, the day', async () => {
  await put('USD', '2025-01-01', '41.25');
  await put('USD', '2025-02-10', '42');
  await put('JPY', '2025-01-01', '0.27');
  await put('KWD', '2025-01-01', '134.5678');
  await put('TON', '2025-01-01', '130');
  const cases = [
    [{ revenue: 0.01, currency: 'USD' }, 41], /* 41.25 */
    [{ revenue: 0.02, currency: 'USD' }, 83], /* 82.5 */
    [{ revenue: 0.02, currency: 'USD' }, -83, { event: 'Order Refunded' }],
    [{ total: '10', currency: 'USD' }, 41250],
    [{ revenue: 10, currency: 'USD' }, 41250, { at: '2025-02-09T21:59:59.999Z' }],
    [{ revenue: 10, currency: 'USD' }, 42000, { at: '2025-02-09T22:00:00Z' }],
    [{ revenue: 500, currency: 'JPY' }, 13500],
    [{ revenue: 12.5, currency: 'jpy' }, 351], /* 13 yen */
    [{ revenue: 1.2345, currency: 'KWD' }, 16619], /* 1.235 dinars: 166.1912 */
    [{ revenue: 0.125, currency: 'TON' }, 1625],
    [{ revenue: 7, currency: 'UAH' }, 700],
  ];
  for (const [properties, minor, more] of cases) assert.equal(await counted(await pay(properties, more)), minor, JSON.stringify(properties));
  const { rows: [found] } = await server.get('/api/v1/breakdown', { by: 'source', conversion: 'Order Refunded', from: '2025-02-05', to: '2025-02-05' });
  assert.equal(found.revenue, -83);
});

test('what is not counted, by currency; what is no currency has none', async () => {
  await pay({ revenue: 1, currency: 'PLN' });
  await pay({ revenue: 1, currency: ' pln' });
  await pay({ revenue: 1, currency: '$' });
  await pay({ revenue: 1, currency: 'euros of old' });
  assert.deepEqual(await uncounted(), { PLN: 2, null: 2 });
  await put('PLN', '2025-01-01', 10);
  assert.deepEqual(await uncounted(), { null: 2 });
});

test('after SIGTERM and kill -9 it is as it was; rates that nobody has used yet are used', async () => {
  const buyer = await pay({ revenue: 3, currency: 'PLN' });
  const all = async () => [await counted(buyer), await uncounted(), (await server.get('/api/v1/metrics', { step: 'month' })).totals];
  const was = await all();
  assert.equal(was[0], 3000);
  await server.restart();
  assert.deepEqual(await all(), was);
  await server.kill();
  await server.spawn();
  assert.deepEqual(await all(), was);
  const reply = await server.request('PUT', '/api/v1/rates', { json: { currency: 'PLN', day: '2025-01-01', rate: 11 } });
  await server.kill();
  await server.spawn();
  assert.equal(reply.status, 200);
  await through();
  assert.equal(await counted(buyer), 3300);
});

test('rates that are others at the start: all is read again, and the log says why', async () => {
  const buyer = await pay({ revenue: 3, currency: 'PLN' });
  await server.stop();
  execFileSync('sqlite3', ['-bail', `${server.folder}/demetra.sqlite`, "UPDATE rate SET rate_e9 = 12000000000 WHERE currency = 'PLN'"]);
  await server.spawn();
  assert.match(server.stderr, /facts\.rebuild .*turned by other rates/);
  assert.equal(await counted(buyer), 3600);
  await server.restart();
  assert.doesNotMatch(server.stderr, /facts\.rebuild/);
  assert.equal(await counted(buyer), 3600);
});

test('what is live shows the amount as it is counted', async () => {
  await pay({ revenue: 2, currency: 'PLN' });
  const { items } = await server.get('/api/v1/live');
  assert.equal(items.at(-1).amount, 2400);
});
