// kill -9 in the middle of a job: its run is lost, and it is done again at once.
import assert from 'node:assert/strict';
import test from 'node:test';
import { until } from '../lib/server.mjs';
import { Stand } from '../lib/stand.mjs';

const ROUNDS = 4;

test(`kill -9 in the middle of a pull, ${ROUNDS} times, then it gets through`, async (t) => {
  const stand = await Stand.start(t);
  const server = await stand.serverOf(t);
  await server.post('/api/v1/connections', { adapter: 'stand', name: 'Shop', settings: stand.settings('slow-good') });
  const runs = async () => (await server.get('/api/v1/job-runs')).runs;
  for (let round = 1; round <= ROUNDS; round++) {
    await until('the platform to be asked', async () => (await runs())[0]?.state === 'running');
    await server.kill();
    await server.spawn();
    await until('the next run', async () => (await runs()).length === round + 1);
    assert.deepEqual((await runs()).slice(1).map(({ state }) => state), Array(round).fill('lost'));
  }
  await server.request('PUT', '/api/v1/connections/1', { json: { settings: { token: 'good' } } });
  await server.post('/api/v1/jobs/1/cancel', {}); /* of the old token */
  await server.post('/api/v1/jobs/1/run', {});
  const now = await until('the pull to be done', async () => {
    const one = await server.get('/api/v1/connections/1');
    return one.state === 'ok' && one.job.state === 'waiting' && one;
  });
  assert.equal(now.runs[0].state, 'done');
  assert.ok((await runs()).every(({ state, ended_at }) => state !== 'running' && ended_at));
});
