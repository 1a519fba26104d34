// Jobs for people: what runs, what ran, now, stop.
import assert from 'node:assert/strict';
import test from 'node:test';
import { SLOW, until } from '../lib/server.mjs';
import { Stand } from '../lib/stand.mjs';

async function connected(t, ...tokens) {
  const stand = await Stand.start(t);
  const server = await stand.serverOf(t);
  for (const token of tokens) await server.post('/api/v1/connections', { adapter: 'stand', name: token, settings: stand.settings(token) });
  return server;
}

const jobsOf = async (server) => (await server.get('/api/v1/jobs')).jobs;
const runsOf = async (server, query = {}) => (await server.get('/api/v1/job-runs', query)).runs;

test('run now, and the history of it', async (t) => {
  const server = await connected(t, 'good-1', 'good-2');
  await until('both to be pulled', async () => (await runsOf(server)).filter(({ state }) => state === 'done').length === 2);
  for (let i = 0; i < 3; i++) {
    const before = (await runsOf(server)).length;
    const reply = await server.post('/api/v1/jobs/1/run', {});
    assert.equal(reply.status, 202);
    await until('the run', async () => {
      const runs = await runsOf(server);
      return runs.length > before && runs[0].state === 'done';
    });
  }
  const pages = await server.all('/api/v1/job-runs', 'runs', { limit: 2 });
  assert.deepEqual(pages.map(({ id }) => id), [5, 4, 3, 2, 1]);
  const own = await server.all('/api/v1/jobs/1/runs', 'runs', { limit: 3 });
  assert.equal(own.length, 4);
  assert.ok(own.every(({ job, kind, ended_at }) => job === 1 && kind === 'pull' && ended_at));
  assert.deepEqual((await server.get('/api/v1/jobs/9/runs')).runs, []);
  assert.equal((await server.post('/api/v1/jobs/9/run', {})).status, 404);
  assert.equal((await server.post('/api/v1/jobs/9/cancel', {})).status, 404);
  assert.equal((await server.post('/api/v1/jobs/1/cancel', {})).status, 409);
});

test('cancel: it stops, and comes again at its time', async (t) => {
  const server = await connected(t, 'slow-1');
  await until('it to run', async () => (await jobsOf(server))[0].state === 'running');
  assert.equal((await server.post('/api/v1/jobs/1/cancel', {})).status, 202);
  const [run] = await until('it to end', async () => {
    const runs = await runsOf(server);
    return runs[0].ended_at && runs;
  });
  assert.equal(run.state, 'cancelled');
  assert.equal((await jobsOf(server))[0].state, 'waiting');
});

test('refresh: everything that comes again by itself, now', async (t) => {
  const server = await connected(t, 'good-1', 'bad-1');
  await until('both to be through', async () => (await jobsOf(server)).every(({ state }) => state === 'waiting' || state === 'off'));
  const reply = await server.post('/api/refresh', {});
  assert.equal(reply.status, 202);
  assert.deepEqual(reply.json(), { jobs: [1] });
  await until('the pull', async () => (await runsOf(server)).filter(({ job, state }) => job === 1 && state === 'done').length === 2);
  assert.equal((await runsOf(server)).length, 3);
});

test('SIGTERM ends within seconds though a pull and a test wait', async (t) => {
  const server = await connected(t, 'slow-1');
  await until('it to run', async () => (await jobsOf(server))[0].state === 'running');
  const tested = server.post('/api/v1/connections/1/test', {}).catch((error) => error);
  await new Promise((wake) => setTimeout(wake, 200));
  const began = Date.now();
  await server.stop();
  assert.ok(Date.now() - began < 4000 * SLOW, `${Date.now() - began} ms`);
  await tested;
  await server.spawn();
  const [now, before] = await until('it to run again', async () => {
    const runs = await runsOf(server);
    return runs.length === 2 && runs;
  });
  assert.deepEqual([now.state, before.state], ['running', 'cancelled']);
  assert.match(before.note, /server was stopped/);
});

test('only admins change anything', async (t) => {
  const server = await connected(t);
  for (const target of ['/api/v1/jobs', '/api/v1/job-runs']) assert.equal((await server.request('GET', target, { as: 'nobody' })).status, 401);
  for (const target of ['/api/v1/jobs/1/run', '/api/v1/jobs/1/cancel', '/api/refresh'])
    for (const as of ['nobody', 'write']) assert.ok([401, 403].includes((await server.post(target, {}, { as })).status));
});
