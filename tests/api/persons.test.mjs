// A person given out and erased: every alias, every call, the raw log, the files on disk; and nobody else touched.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { run, Server, until } from '../lib/server.mjs';

const SECRET = 'anna-7f3c@example.org';
const server = await Server.start(test);
const at = (minute) => `2025-03-01T10:${String(minute).padStart(2, '0')}:00Z`;
const calls = [
  { type: 'page', anonymousId: 'anna-browser', messageId: '1', timestamp: at(1) },
  { type: 'identify', anonymousId: 'anna-browser', userId: SECRET, messageId: '2', timestamp: at(2), traits: { name: 'a name' } },
  { type: 'track', event: 'Order Completed', userId: SECRET, messageId: '3', timestamp: at(3), properties: { revenue: 5 } },
  { type: 'alias', previousId: 'anna-phone', userId: SECRET, messageId: '4', timestamp: at(4) },
  { type: 'track', event: 'Opened', anonymousId: 'anna-phone', messageId: '5', timestamp: at(5) },
];
const others = [1, 2, 3].map((n) => ({ type: 'track', event: 'Opened', userId: `other ${n}`, messageId: `o${n}`, timestamp: at(n) }));
const erase = (name) => server.request('DELETE', `/api/v1/persons/${encodeURIComponent(name)}`);
const persons = async () => (await server.get('/api/v1/session')).persons;

function filesWith(text, folder = server.folder) {
  return readdirSync(folder, { recursive: true }).map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile() && readFileSync(file).includes(text));
}

test('a person is given out, erased, and gone from the disk', async () => {
  await server.send('batch', { batch: [calls[0], others[0], calls[1], calls[2]] });
  await server.send('batch', { batch: [others[1], calls[3], calls[4]] });
  await server.send('track', { ...others[2], type: undefined });
  await server.send('batch', { batch: [{ type: 'track', userId: SECRET }] }); // refused: it has no name
  assert.equal(await persons(), 4);
  assert.equal((await server.get('/api/v1/rejects')).rejects.length, 1);

  const given = await server.get(`/api/v1/persons/${encodeURIComponent('anna-phone')}`);
  assert.equal(given.person, `u:${SECRET}`);
  assert.deepEqual(given.aliases.slice().sort(), ['a:anna-browser', 'a:anna-phone', `u:${SECRET}`, 'u:anna-phone']);
  assert.deepEqual(given.items.map(({ body }) => JSON.parse(body).messageId), ['1', '2', '3', '4', '5']);
  assert.deepEqual(given.items.map(({ kind }) => kind), ['page', 'identify', 'track', 'alias', 'track']);

  const first = await server.get(`/api/v1/persons/${encodeURIComponent(SECRET)}?limit=1`); // a page ends with an entry
  assert.equal(first.items.length, 3);
  const second = await server.get(`/api/v1/persons/${encodeURIComponent(SECRET)}?limit=1&cursor=${first.next}`);
  assert.deepEqual(second.items.map(({ body }) => JSON.parse(body).messageId), ['4', '5']);
  assert.equal(second.next, null);

  assert.notEqual(filesWith(SECRET).length, 0);
  assert.deepEqual((await erase(SECRET)).json(), { erased: 5 });
  assert.equal(await persons(), 3);
  for (const name of given.aliases) assert.equal((await erase(name)).status, 404);
  for (const name of [SECRET, 'anna-browser', 'anna-phone'])
    assert.equal((await server.request('GET', `/api/v1/journeys/${encodeURIComponent(name)}`)).status, 404);
  assert.equal((await erase(SECRET)).status, 404);
  assert.equal((await server.get('/api/v1/rejects')).rejects.length, 0);
  assert.doesNotMatch(JSON.stringify(await server.get('/api/v1/live')), /anna/);
  await until('the files no longer name the person', () => filesWith('anna-').length === 0);
});

test('the others are as they were, after a restart and after a rebuild too', async () => {
  const seen = async () => [await persons(), (await server.get('/api/v1/journeys/other%201')).events.length];
  assert.deepEqual(await seen(), [3, 1]);
  await server.restart();
  assert.deepEqual(await seen(), [3, 1]);
  await server.stop();
  const again = await run(['rebuild'], { folder: server.folder });
  assert.match(again.stdout, /^3 events of 3 persons, from the raw log in /);
  assert.equal(again.code, 0);
  await server.restart();
  assert.deepEqual(await seen(), [3, 1]);
  await server.send('batch', { batch: [calls[0]] }); // who comes again is somebody new
  assert.equal(await persons(), 4);
});
