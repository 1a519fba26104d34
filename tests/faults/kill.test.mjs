// kill -9, and SIGTERM, in the middle of work: what was acknowledged is there, once.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Load, numberOf } from '../lib/load.mjs';
import { SAMPLES, Server, until } from '../lib/server.mjs';

const ROUNDS = 12;

test(`kill -9 at a random moment of a load, ${ROUNDS} times: nothing acknowledged is lost, nothing is there twice`, async (t) => {
  const server = await Server.start(t);
  const load = new Load(server);
  for (let round = 0; round < ROUNDS; round++) {
    const before = load.acked.size;
    load.start();
    await until('the load to be under way', () => load.acked.size > before + 50);
    await new Promise((wake) => setTimeout(wake, Math.random() * 300));
    await server.kill();
    await load.done;
    await server.spawn();
    await load.check();
    await load.sendAgain();
    assert.equal(await load.check(), load.acked.size, 'sent again, all is there');
  }
  t.diagnostic(`${load.acked.size} events acknowledged`);
});

test('SIGTERM in the middle of a load: it ends well, and stored is what was acknowledged', async (t) => {
  const server = await Server.start(t);
  const load = new Load(server);
  for (let round = 0; round < 3; round++) {
    const before = load.acked.size;
    load.start();
    await until('the load to be under way', () => load.acked.size > before + 50);
    await server.stop(); /* asserts exit code 0 */
    await load.done;
    for (const { status, headers } of load.refused) assert.ok(status === 503 && headers['retry-after'], 'whoever was refused may come again');
    await server.spawn();
    assert.equal(await load.check(), load.acked.size + (await storedUnsure(load)), 'stored is what was acknowledged, and whole batches whose answer was cut off');
    await load.sendAgain();
  }
  assert.equal(await load.check(), load.acked.size);
});

/** How many events are stored of batches whose answer did not come; a batch is stored whole or not at all. */
async function storedUnsure(load) {
  const found = await load.stored();
  let n = 0;
  for (const batch of load.unsure) {
    const stored = batch.filter((event) => found.has(numberOf(event))).length;
    assert.ok(stored === 0 || stored === batch.length, 'half a batch');
    n += stored;
  }
  return n;
}

/** The sample `copies` times, each with clients, events and contracts of its own. */
function many(file, copies, columns) {
  const [header, ...rows] = readFileSync(path.join(SAMPLES, file), 'utf8').trimEnd().split('\n');
  const out = [header];
  for (let copy = 0; copy < copies; copy++)
    for (const row of rows) out.push(row.split(',').map((cell, i) => (columns.includes(i) && cell.trim() ? `${copy}-${cell}` : cell)).join(','));
  return `${out.join('\n')}\n`;
}

test('kill -9 in the middle of an import: it goes on from there, and the numbers are exact', async (t) => {
  const COPIES = 12;
  const server = await Server.start(t);
  const contracts = await server.upload('crm_contracts', many('contracts.csv', COPIES, [0, 1]));
  assert.equal(contracts.uncounted, 49 * COPIES);
  const file = many('events.csv', COPIES, [0, 1, 3]);
  const { id } = (await server.request('POST', '/api/v1/imports?kind=crm_events', { body: file })).json();
  let kills = 0;
  for (let part = 1; part <= 3; part++) {
    const now = await until('the import to get on', async () => {
      const state = await server.get(`/api/v1/imports/${id}`);
      return (state.bytes_done > (file.length * part) / 5 || state.finished_at) && state;
    });
    if (now.finished_at) break;
    await server.kill();
    kills++;
    await server.spawn();
  }
  assert.ok(kills > 0, 'the import was over before it could be cut');
  t.diagnostic(`cut ${kills} times`);
  const done = await server.imported(id);
  assert.deepEqual([done.state, done.rows, done.kept, done.repeated, done.rejected], ['done', 17183 * COPIES, 17136 * COPIES, 37 * COPIES, 10 * COPIES]);
  assert.equal((await server.get('/api/v1/rejects')).open, 10 * COPIES);
  const { data_multiplier, unique_platforms, ...summary } = await server.get('/api/data-analytics/v10/summary/prod');
  assert.deepEqual([data_multiplier, unique_platforms], [3.75, 9]);
  const one = { total_events: 17136, unique_clients: 4570, first_touch_events: 4570, mid_and_last_touch_events: 12566, mid_funnel_events: 12142, contracts: 424, total_revenue: 25142227, clients_with_contract: 294 };
  assert.deepEqual(summary, Object.fromEntries(Object.entries(one).map(([name, value]) => [name, value * COPIES])));
  const lines = new Set((await server.all('/api/v1/rejects', 'rejects', { limit: 500 })).map(({ line }) => line));
  assert.equal(lines.size, 10 * COPIES, 'each with a line of its own');
});

test('SIGTERM in the middle of an import: it ends well, and the next start goes on', async (t) => {
  const COPIES = 6;
  const server = await Server.start(t);
  const file = many('events.csv', COPIES, [0, 1, 3]);
  const { id } = (await server.request('POST', '/api/v1/imports?kind=crm_events', { body: file })).json();
  await until('the import to begin', async () => (await server.get(`/api/v1/imports/${id}`)).bytes_done > 0);
  await server.restart();
  const done = await server.imported(id);
  assert.deepEqual([done.state, done.kept, done.repeated, done.rejected], ['done', 17136 * COPIES, 37 * COPIES, 10 * COPIES]);
});
