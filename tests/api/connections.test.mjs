// Adapters and connections: make, change, test, pull, pause, remove; secrets stay where they are.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { until } from '../lib/server.mjs';
import { Stand } from '../lib/stand.mjs';

const GOOD = 'good-token-4711-0815';
const BAD = 'bad-token-4711-0815';
const SLOW_TOKEN = 'slow-token-4711-0815';

async function started(t, env) {
  const stand = await Stand.start(t);
  const server = await stand.serverOf(t, env);
  return { stand, server };
}

async function connected(server, stand, token = GOOD, name = 'Shop') {
  const reply = await server.post('/api/v1/connections', { adapter: 'stand', name, settings: stand.settings(token) });
  assert.equal(reply.status, 201, `${reply}`);
  return reply.json();
}

const runsOf = async (server, id) => (await server.get(`/api/v1/connections/${id}`)).runs;
const settled = (server, id) =>
  until('the pull to end', async () => {
    const now = await server.get(`/api/v1/connections/${id}`);
    return now.runs.length && now.runs.every(({ state }) => state !== 'running') && now.job.state !== 'due' && now;
  });

/** Every byte that is stored. */
function stored(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n');
}

test('a connection is made, pulled at once and then every hour', async (t) => {
  const { stand, server } = await started(t);
  const { adapters } = await server.get('/api/v1/adapters');
  const adapter = adapters.find(({ name }) => name === 'stand');
  assert.deepEqual(adapter.settings.filter(({ secret }) => secret).map(({ name }) => name), ['token']);
  const made = await connected(server, stand);
  assert.deepEqual([made.adapter, made.name, made.secrets, made.paused, made.job.every_ms], ['stand', 'Shop', ['token'], false, 3_600_000]);
  assert.equal(made.settings.account, 'a1');
  assert.ok(!('token' in made.settings));
  const now = await settled(server, made.id);
  assert.equal(now.state, 'ok', now.message);
  assert.deepEqual([now.message, now.runs[0].state, now.runs[0].kind], ['', 'done', 'pull']);
  assert.match(now.runs[0].note, /^Brought \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d: \d+ rows/);
  const wait = Date.parse(now.next_at) - Date.parse(now.runs[0].started_at);
  assert.equal(wait, 3_600_000);
  assert.deepEqual((await server.get('/api/v1/connections')).connections.map(({ id }) => id), [made.id]);
});

test('secrets never come back, and lie nowhere in clear', async (t) => {
  const { stand, server } = await started(t, { DEMETRA_SECRET_KEY: 'the key of an operator', DEMETRA_LOG: 'debug' });
  const { id } = await connected(server, stand);
  await settled(server, id);
  await server.post(`/api/v1/connections/${id}/test`, {});
  const texts = [];
  for (const target of ['/api/v1/connections', `/api/v1/connections/${id}`, '/api/v1/jobs', '/api/v1/job-runs'])
    texts.push((await server.request('GET', target)).text());
  texts.push((await server.request('PUT', `/api/v1/connections/${id}`, { json: { settings: { token: `${GOOD}-2` } } })).text());
  await settled(server, id);
  for (const text of [...texts, server.stderr, stored(server.folder)]) assert.ok(!text.includes('4711-0815'));
  await server.stop();
  for (const text of [server.stderr, stored(server.folder)]) assert.ok(!text.includes('4711-0815'));
  assert.ok(!stored(server.folder).includes('the key of an operator'));
});

test('what is left out stays, secrets too', async (t) => {
  const { stand, server } = await started(t);
  const { id } = await connected(server, stand);
  await settled(server, id);
  const put = async (json) => (await server.request('PUT', `/api/v1/connections/${id}`, { json })).json();
  assert.equal((await put({ name: 'Other' })).name, 'Other');
  const before = (await runsOf(server, id)).length;
  const moved = await put({ settings: { account: 'a2' } });
  assert.deepEqual([moved.settings.account, moved.secrets, moved.pulled_day], ['a2', ['token'], null]);
  await until('another pull', async () => (await runsOf(server, id)).length > before);
  assert.equal((await settled(server, id)).state, 'ok');
});

test('a wrong token breaks it until somebody enters another', async (t) => {
  const { stand, server } = await started(t);
  const { id } = await connected(server, stand, BAD);
  const broken = await settled(server, id);
  assert.deepEqual([broken.state, broken.runs.length, broken.runs[0].state, broken.next_at], ['broken', 1, 'failed', null]);
  assert.match(broken.message, /token is wrong/);
  const verdict = (await server.post(`/api/v1/connections/${id}/test`, {})).json();
  assert.equal(verdict.ok, false);
  assert.match(verdict.sentence, /token is wrong/);
  await server.restart(); /* not again by itself */
  assert.equal((await runsOf(server, id)).length, 1);
  await server.request('PUT', `/api/v1/connections/${id}`, { json: { settings: { token: GOOD } } });
  await until('it to be well', async () => (await server.get(`/api/v1/connections/${id}`)).state === 'ok');
  assert.equal((await server.post(`/api/v1/connections/${id}/test`, {})).json().ok, true);
});

test('pause, go on, remove', async (t) => {
  const { stand, server } = await started(t);
  const { id } = await connected(server, stand, SLOW_TOKEN);
  const target = `/api/v1/connections/${id}`;
  await until('the pull to wait', async () => (await server.get(target)).job.state === 'running');
  const paused = (await server.request('PUT', target, { json: { paused: true } })).json();
  assert.deepEqual([paused.paused, paused.state, paused.next_at], [true, 'paused', null]);
  const now = await settled(server, id);
  assert.deepEqual([now.runs[0].state, now.job.state], ['cancelled', 'off']);
  assert.equal((await server.post(`${target}/pull`, {})).status, 409);
  await server.restart();
  assert.deepEqual((await server.get(target)).job.state, 'off');
  await server.request('PUT', target, { json: { paused: false } });
  await until('it to go on', async () => (await server.get(target)).job.state === 'running');
  assert.equal((await server.request('DELETE', target)).status, 204);
  await until('its job to be gone', async () => (await server.get('/api/v1/jobs')).jobs.length === 0);
  assert.equal((await server.request('GET', target)).status, 404);
  assert.deepEqual((await server.get('/api/v1/connections')).connections, []);
});

test('days can be asked for', async (t) => {
  const { stand, server } = await started(t);
  const { id } = await connected(server, stand);
  await settled(server, id);
  const pull = (json) => server.post(`/api/v1/connections/${id}/pull`, json);
  const asked = await pull({ from: '2025-02-01', to: '2025-02-03' });
  assert.equal(asked.status, 202);
  assert.equal(asked.json().job.key, `${id}`);
  const run = await until('the pull', async () => (await runsOf(server, id)).find(({ result }) => result?.from === '2025-02-01'));
  assert.deepEqual([run.result.to, run.state], ['2025-02-03', 'done']);
  for (const [json, field] of [[{ from: 'today' }, 'from'], [{ to: '2025-02-01' }, 'from'], [{ from: '2025-02-02', to: '2025-02-01' }, 'to']]) {
    const refused = await pull(json);
    assert.deepEqual([refused.status, refused.json().field], [400, field]);
  }
});

test('with another key it says what to do, and takes new secrets', async (t) => {
  const { stand, server } = await started(t, { DEMETRA_SECRET_KEY: 'the first key of two' });
  const { id } = await connected(server, stand);
  await settled(server, id);
  server.env.DEMETRA_SECRET_KEY = 'the other key of two';
  await server.restart();
  const now = await until('the pull to fail', async () => {
    const one = await server.get(`/api/v1/connections/${id}`);
    return one.runs[0].state === 'failed' && one;
  });
  assert.deepEqual([now.state, now.secrets, now.job.state], ['broken', [], 'off']);
  assert.match(now.message, /DEMETRA_SECRET_KEY/);
  const verdict = (await server.post(`/api/v1/connections/${id}/test`, {})).json();
  assert.match(verdict.sentence, /DEMETRA_SECRET_KEY/);
  const refused = await server.request('PUT', `/api/v1/connections/${id}`, { json: { settings: { account: 'a3' } } });
  assert.deepEqual([refused.status, refused.json().field], [400, 'settings.token']);
  await server.request('PUT', `/api/v1/connections/${id}`, { json: { settings: { token: GOOD } } });
  await until('it to be well', async () => (await server.get(`/api/v1/connections/${id}`)).state === 'ok');
  server.env.DEMETRA_SECRET_KEY = 'short';
  await server.stop();
  await assert.rejects(server.spawn(), /16 characters/);
});

test('what cannot be is refused, with the field', async (t) => {
  const { stand, server } = await started(t);
  const settings = stand.settings(GOOD);
  await connected(server, stand);
  const refused = async (json, status, field) => {
    const reply = await server.post('/api/v1/connections', { adapter: 'stand', name: 'x', settings, ...json });
    assert.deepEqual([reply.status, reply.json().field], [status, field], `${reply}`);
  };
  await refused({ adapter: 'nobody' }, 400, 'adapter');
  await refused({ name: ' ' }, 400, 'name');
  await refused({ name: 'x'.repeat(101) }, 400, 'name');
  await refused({ name: 'Shop' }, 409, undefined);
  await refused({ settings: 'x' }, 400, 'settings');
  await refused({ settings: { ...settings, colour: 'red' } }, 400, 'settings');
  await refused({ settings: { ...settings, token: 7 } }, 400, 'settings.token');
  await refused({ settings: { ...settings, token: '' } }, 400, 'settings.token');
  await refused({ settings: { ...settings, token: 'x'.repeat(4097) } }, 400, 'settings.token');
  assert.equal((await server.post('/api/v1/connections/99/test', {})).status, 404);
  assert.equal((await server.post('/api/v1/connections/99/pull', {})).status, 404);
  assert.equal((await server.request('DELETE', '/api/v1/connections/99')).status, 404);
  const read = (await server.request('PUT', '/api/v1/connections/1', { json: { paused: 'yes' } })).json();
  assert.equal(read.field, 'paused');
  for (const target of ['/api/v1/connections', '/api/v1/adapters']) assert.equal((await server.request('GET', target, { as: 'nobody' })).status, 401);
});
