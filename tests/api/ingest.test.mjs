// Events in over HTTP, as Segment's and RudderStack's clients send them: what is taken, refused, set apart, repeated.
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { SLOW, Server, WRITE_KEY } from '../lib/server.mjs';

const server = await Server.start(test);
let number = 0;
/** Nobody and nothing that another test has seen. */
const fresh = (event = {}) => ({ event: `Event ${++number}`, userId: `user-${number}`, messageId: `message-${number}`, ...event });
const eventsOf = async (person, at = server) => (await at.get(`/api/v1/journeys/${person}`, { limit: 1000 })).events;
const counts = async (at = server) => Object.fromEntries((await at.get('/api/v1/names')).names.map(({ name, events }) => [name, events]));
const lastReject = async () => (await server.get('/api/v1/rejects', { limit: 500 })).rejects.at(-1);
const write = (target, options) => server.request('POST', target, { as: 'write', ...options });
const basic = (text) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });

/* ---- types and paths ---- */

const NAMES = { track: null, page: 'Page Viewed', screen: 'Screen Viewed', identify: undefined, group: undefined, alias: undefined };

for (const [type, name] of Object.entries(NAMES)) {
  for (const path of [`/v1/${type}`, `/v1/${type[0]}`]) {
    test(`${path}: the path says the type`, async () => {
      const event = fresh({ type: 'nonsense', previousId: `before-${number}`, traits: {} });
      const reply = await write(path, { json: event });
      assert.deepEqual([reply.status, reply.json()], [200, { success: true, kept: 1, repeated: 0, rejected: 0 }]);
      if (name === undefined) assert.equal((await counts())[event.event], undefined, 'says who, and is no event');
      else assert.deepEqual((await eventsOf(event.userId)).map((row) => row.event), [name ?? event.event]);
      const { items } = await server.get('/api/v1/live', { limit: 1 });
      assert.deepEqual([items[0].type, items[0].person, items[0].state], [type, `u:${event.userId}`, 'kept']);
    });
  }
}

for (const path of ['/v1/batch', '/v1/b', `/beacon/v1/batch?writeKey=${WRITE_KEY}`]) {
  test(`${path}: each item says its own type`, async () => {
    const user = fresh();
    const batch = ['track', 'page', 'screen', 'identify', 'group', 'alias'].map((type) => ({ ...user, type, messageId: `${user.messageId}-${type}`, previousId: 'p' + number }));
    const reply = await server.request('POST', path, { as: path.startsWith('/beacon') ? 'nobody' : 'write', json: { batch }, headers: { 'Content-Type': 'text/plain' } });
    assert.deepEqual(reply.json(), { success: true, kept: 6, repeated: 0, rejected: 0 });
    assert.deepEqual((await eventsOf(user.userId)).map((row) => row.event), [user.event, 'Page Viewed', 'Screen Viewed']);
  });
}

test("RudderStack's webhook: an event of any type; without messageId its bytes are its identity", async () => {
  const send = (event) => write('/api/v1/rudderstack/track', { body: JSON.stringify(event) });
  const { messageId, ...event } = fresh({ type: 'track', timestamp: '2026-01-02T03:04:05Z' });
  assert.equal((await send(event)).json().kept, 1);
  assert.deepEqual((await send(event)).json(), { success: true, kept: 0, repeated: 1, rejected: 0 });
  assert.equal((await send({ ...event, more: 1 })).json().kept, 1);
  assert.equal((await send({ ...event, message_id: messageId })).json().kept, 1);
  assert.equal((await send({ ...event, message_id: messageId, more: 1 })).json().repeated, 1);
  assert.equal((await eventsOf(event.userId)).length, 3);
  assert.equal((await send({ ...event, type: 'merge' })).status, 400);
});

/* ---- who may ---- */

test('the write key in every place where clients put it', async () => {
  const ways = [
    { as: basic(`${WRITE_KEY}:`) }, { as: basic(WRITE_KEY) }, { as: basic(`${WRITE_KEY}:password`) },
    { as: { Authorization: `basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}` } },
    { as: 'nobody', query: `?writeKey=${WRITE_KEY}` }, { as: 'nobody', body: { writeKey: WRITE_KEY } },
  ];
  for (const { as, query = '', body = {} } of ways) {
    const reply = await server.post(`/v1/track${query}`, { ...fresh(), ...body }, { as });
    assert.equal(reply.status, 200, `${reply}`);
  }
  const batch = await server.post('/v1/batch', { batch: [{ type: 'track', ...fresh() }], writeKey: WRITE_KEY }, { as: 'nobody' });
  assert.equal(batch.json().kept, 1);
});

test('no key, a wrong one, one of another kind: 401; a source switched off: 403; a key that was changed: 401', async () => {
  const status = async (as, body = {}) => (await server.post('/v1/track', { ...fresh(), ...body }, { as })).status;
  assert.equal(await status('nobody'), 401);
  assert.equal(await status(basic('wk_wrong:')), 401);
  assert.equal(await status(basic(':')), 401);
  assert.equal(await status({ Authorization: 'Basic !!!' }), 401);
  assert.equal(await status('admin'), 401, "an admin's token is no write key");
  assert.equal(await status('nobody', { writeKey: 'x' }), 401);
  const made = (await server.post('/api/v1/sources', { name: 'Shop' })).json();
  const key = basic(`${made.write_key}:`);
  assert.equal(await status(key), 200);
  assert.equal((await server.request('PATCH', `/api/v1/sources/${made.id}`, { json: { enabled: false } })).json().enabled, false);
  assert.equal(await status(key), 403);
  await server.request('PATCH', `/api/v1/sources/${made.id}`, { json: { enabled: true } });
  assert.equal(await status(key), 200);
  const next = (await server.request('POST', `/api/v1/sources/${made.id}/key`)).json();
  assert.equal(await status(key), 401);
  assert.equal(await status(basic(`${next.write_key}:`)), 200);
  const [source] = (await server.get('/api/v1/sources')).sources.filter(({ id }) => id === made.id);
  assert.deepEqual([source.name, source.events, source.enabled], ['Shop', 3, true]);
  assert.ok(next.write_key.startsWith(source.key_prefix) && source.key_prefix.length < 10);
  for (const json of [{ name: '' }, { name: ' ' }, {}, { name: 'n'.repeat(101) }]) {
    const bad = await server.post('/api/v1/sources', json);
    assert.deepEqual([bad.status, bad.json().field], [400, 'name']);
  }
  assert.equal((await server.request('PATCH', `/api/v1/sources/${made.id}`, { json: { enabled: 'no' } })).json().field, 'enabled');
  assert.equal((await server.request('PATCH', `/api/v1/sources/${made.id}`, { json: { name: '' } })).json().field, 'name');
  assert.equal((await server.request('PATCH', '/api/v1/sources/999', { json: {} })).status, 404);
  assert.equal((await server.request('POST', '/api/v1/sources/999/key')).status, 404);
});

/* ---- browsers ---- */

const ORIGIN = 'https://shop.example';

test('a preflight is granted on ingest paths, with what it asks for', async () => {
  const asked = 'authorization,content-type,anonymousid,sentat,rsa-retry-attempt';
  for (const [path, method] of [['/v1/track', 'POST'], ['/v1/batch', 'POST'], ['/beacon/v1/batch', 'POST'], ['/sourceConfig/', 'GET'], ['/sourceConfig', 'GET'], ['/v1/projects/k/settings', 'GET'], ['/v1/t', 'POST']]) {
    const reply = await server.request('OPTIONS', path, { as: 'nobody', headers: { Origin: ORIGIN, 'Access-Control-Request-Method': method, 'Access-Control-Request-Headers': asked } });
    assert.equal(reply.status, 204, `${reply}`);
    assert.equal(reply.headers['access-control-allow-origin'], ORIGIN);
    assert.equal(reply.headers['access-control-allow-credentials'], 'true');
    assert.equal(reply.headers['access-control-allow-headers'], asked);
    assert.ok(reply.headers['access-control-allow-methods'].includes(method));
    assert.equal(reply.headers['access-control-max-age'], '900');
    assert.match(reply.headers.vary, /Origin/);
  }
});

test('errors carry the CORS headers too, so that a page can read them', async () => {
  const cases = [
    ['/v1/track', { as: 'nobody', json: fresh() }, 401], ['/v1/track', { json: { userId: '1' } }, 400], ['/v1/track', { body: '{' }, 400],
    ['/v1/track', { body: 'x'.repeat(40_000) }, 413], ['/v1/track', { json: fresh() }, 200],
  ];
  for (const [path, options, status] of cases) {
    const reply = await write(path, { headers: { Origin: ORIGIN }, ...options });
    assert.equal(reply.status, status);
    assert.equal(reply.headers['access-control-allow-origin'], ORIGIN, `${reply}`);
    assert.equal(reply.headers['access-control-allow-credentials'], 'true');
  }
  const wrong = await server.request('GET', '/v1/track', { as: 'nobody', headers: { Origin: ORIGIN } });
  assert.equal(wrong.status, 405);
});

test('no other route lets a foreign page in', async () => {
  for (const path of ['/api/v1/session', '/api/v1/rules', '/api/v1/login', '/health', '/openapi.json', '/', '/api/v1/rudderstack/track']) {
    const preflight = await server.request('OPTIONS', path, { as: 'nobody', headers: { Origin: ORIGIN, 'Access-Control-Request-Method': 'GET' } });
    assert.ok([404, 405].includes(preflight.status), `${preflight}`);
    assert.equal(preflight.headers['access-control-allow-origin'], undefined);
    const reply = await server.exchange('GET', path, { headers: { Origin: ORIGIN } });
    assert.equal(reply.headers['access-control-allow-origin'], undefined, path);
  }
});

test("what the SDKs ask for at start", async () => {
  for (const path of ['/sourceConfig/', '/sourceConfig']) {
    const reply = await server.request('GET', `${path}?p=npm&v=3&build=modern&writeKey=${WRITE_KEY}&lockIntegrationsVersion=false`, { as: 'write' });
    assert.equal(reply.status, 200);
    const { source } = reply.json();
    assert.deepEqual([typeof source.id, source.enabled, source.destinations, source.config.statsCollection.metrics.enabled], ['string', true, [], false]);
    assert.equal((await server.request('GET', `${path}?writeKey=wrong`, { as: 'nobody' })).status, 401);
  }
  const settings = await server.request('GET', `/v1/projects/${WRITE_KEY}/settings`, { as: 'nobody' });
  assert.deepEqual(settings.json(), { integrations: { 'Segment.io': { apiHost: `127.0.0.1:${server.port}/v1` } } });
});

/* ---- bodies ---- */

test('gzip, said or not said, single and batch', async () => {
  for (const headers of [{ 'Content-Encoding': 'gzip' }, { 'Content-Type': 'application/x-www-form-urlencoded' }]) {
    const one = await write('/v1/track', { body: gzipSync(JSON.stringify(fresh())), headers });
    assert.equal(one.json().kept, 1);
    const many = await write('/v1/batch', { body: gzipSync(JSON.stringify({ batch: [{ type: 'track', ...fresh() }, { type: 'page', ...fresh() }] })), headers });
    assert.equal(many.json().kept, 2);
  }
  const whole = gzipSync(JSON.stringify(fresh()));
  assert.equal((await write('/v1/track', { body: whole.subarray(0, whole.length - 4) })).status, 400, 'cut off');
  assert.equal((await write('/v1/track', { body: Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]) })).status, 400, 'none at all');
});

test('a gzip bomb is refused, and costs nothing', async () => {
  const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
  assert.ok(bomb.length < 4000 * 1024);
  const batch = await write('/v1/batch', { body: bomb });
  assert.equal(batch.status, 413, `${batch}`);
  assert.equal((await write('/v1/track', { body: gzipSync(Buffer.alloc(1024 * 1024, 32)) })).status, 413);
});

/** An event that is `bytes` long as JSON. */
function sized(bytes, more = {}) {
  const event = fresh({ ...more, properties: { filler: '' } });
  event.properties.filler = 'x'.repeat(bytes - JSON.stringify(event).length);
  return event;
}

test('an event of 32 KB is taken, one byte more is not', async () => {
  assert.equal((await write('/v1/track', { json: sized(32768) })).status, 200);
  assert.equal((await write('/v1/track', { json: sized(32769) })).status, 413);
  assert.equal((await write('/v1/track', { json: sized(32769), headers: { 'Transfer-Encoding': 'chunked' } })).status, 413);
  const large = sized(32769, { type: 'track' }), small = fresh({ type: 'track' });
  const batch = await write('/v1/batch', { json: { batch: [large, sized(32768, { type: 'track' }), small] } });
  assert.deepEqual(batch.json(), { success: true, kept: 2, repeated: 0, rejected: 1 });
  assert.equal((await lastReject()).reason, 'the event is larger than 32 KB');
});

test('a batch of 4,000 KB is taken, one byte more is not, counted or chunked', async () => {
  const bytes = 4000 * 1024;
  const make = (size) => {
    const batch = [];
    let left = size - '{"batch":[]}'.length;
    for (; left > 34_000; left -= 32_001) batch.push(sized(32_000, { type: 'track' }));
    batch.push(sized(left - 17_001, { type: 'track' }), sized(17_000, { type: 'track' }));
    return JSON.stringify({ batch });
  };
  const body = make(bytes);
  assert.equal(Buffer.byteLength(body), bytes);
  const taken = await write('/v1/batch', { body });
  assert.equal(taken.status, 200, `${taken}`);
  assert.equal(taken.json().rejected, 0);
  const over = make(bytes + 1);
  assert.equal(Buffer.byteLength(over), bytes + 1);
  assert.equal((await write('/v1/batch', { body: over })).status, 413);
  assert.equal((await write('/v1/batch', { body: over, headers: { 'Transfer-Encoding': 'chunked' } })).status, 413);
  assert.equal((await write('/v1/batch', { body, headers: { 'Transfer-Encoding': 'chunked' } })).json().repeated, taken.json().kept);
});

test('2,500 events in a batch, and one more', async () => {
  const many = (n) => JSON.stringify({ batch: Array.from({ length: n }, () => ({ type: 'track', ...fresh({ event: 'Many' }) })) });
  assert.equal((await write('/v1/batch', { body: many(2500) })).json().kept, 2500);
  const over = await write('/v1/batch', { body: many(2501) });
  assert.equal(over.status, 413, `${over}`);
  assert.match(over.json().detail, /2500/);
  assert.equal((await counts()).Many, 2500);
});

test('a batch without events is fine', async () => {
  for (const json of [{ batch: [] }, { batch: [], sentAt: new Date().toISOString() }])
    assert.deepEqual((await write('/v1/batch', { json })).json(), { success: true, kept: 0, repeated: 0, rejected: 0 });
});

test('an envelope that cannot be read is refused as a whole, and kept among the rejects', async () => {
  for (const body of ['', '[]', '{}', '{"batch":1}', '{"batch":[{]}', '{"batch":[{}', 'nonsense', '\0\0\0', '{"batch":[1,]}']) {
    const reply = await write('/v1/batch', { body });
    assert.equal(reply.status, 400, `${JSON.stringify(body)}: ${reply}`);
  }
  assert.equal((await lastReject()).body, '{"batch":[1,]}');
  for (const body of ['', 'nonsense', '[]', '"text"', '1', '{"event":"x","userId":"1"', '{"event":"x","userId":"1"}}'])
    assert.equal((await write('/v1/track', { body })).status, 400, body);
});

const BAD = [
  [{ userId: undefined }, 'neither userId nor anonymousId'], [{ userId: '', anonymousId: ' ' }, 'neither userId nor anonymousId'],
  [{ userId: { id: 1 } }, 'neither userId nor anonymousId'],
  [{ event: undefined }, 'track without the name of an event'], [{ event: ' ' }, 'track without the name of an event'],
  [{ event: 'e'.repeat(201) }, 'the name of the event is longer than 200 bytes'],
  [{ userId: 'u'.repeat(257) }, 'an id is longer than 256 bytes'], [{ messageId: 'm'.repeat(201) }, 'messageId is longer than 200 bytes'],
  [{ timestamp: 'yesterday' }, 'timestamp is no RFC 3339 instant'], [{ timestamp: 1700000000 }, 'timestamp is no RFC 3339 instant'],
  [{ timestamp: '2025-02-30T00:00:00Z' }, 'timestamp is no RFC 3339 instant'],
  [{ originalTimestamp: '' , timestamp: null }, 'originalTimestamp is no RFC 3339 instant'],
  [{ timestamp: '1969-12-31T23:59:59Z' }, 'timestamp is no RFC 3339 instant'],
  [{ properties: { revenue: 'much' } }, 'properties.revenue is no amount of money'],
  [{ properties: { revenue: 1e300 } }, 'properties.revenue is no amount of money'],
];

for (const [wrong, reason] of BAD) {
  test(`alone it is a 400, in a batch it stands apart: ${JSON.stringify(wrong).slice(0, 60)}`, async () => {
    const bad = { type: 'track', ...fresh(), ...wrong };
    const alone = await write('/v1/track', { json: bad });
    assert.deepEqual([alone.status, alone.json().detail], [400, reason]);
    const good = { type: 'track', ...fresh() };
    const batch = await write('/v1/batch', { json: { batch: [bad, good] } });
    assert.deepEqual(batch.json(), { success: true, kept: 1, repeated: 0, rejected: 1 });
    assert.equal((await eventsOf(good.userId)).length, 1);
    const reject = await lastReject();
    assert.deepEqual([reject.reason, JSON.parse(reject.body).messageId], [reason, bad.messageId]);
  });
}

test('items that are no events stand apart with their reasons', async () => {
  const good = { type: 'track', ...fresh() };
  const items = ['1', '"text"', 'null', '[]', '{"type":"buy","userId":"1"}', '{"userId":"1"}', `{"type":"track","userId":"1","event":"\xff"}`, `{"type":"track","userId":"1","event":"\\ud800"}`, '{"type":"alias","userId":"1"}'];
  const body = Buffer.from(`{"batch":[${items.join(',')},${JSON.stringify(good)}]}`, 'latin1');
  const reply = await write('/v1/batch', { body });
  assert.deepEqual(reply.json(), { success: true, kept: 1, repeated: 0, rejected: items.length });
  const reasons = (await server.get('/api/v1/rejects', { limit: 500 })).rejects.slice(-items.length).map(({ reason }) => reason);
  assert.deepEqual(reasons.slice(0, 6), [...Array(4).fill('the event is no JSON object'), ...Array(2).fill('type is none of track, page, screen, identify, group, alias')]);
  assert.ok(reasons.slice(6, 8).every((reason) => /JSON|UTF-8|surrogate/i.test(reason)), reasons.slice(6, 8).join('; '));
  assert.equal(reasons[8], 'alias without previousId');
});

test('JSON nested deeper than 64 levels is refused, and brackets without end do no harm', async () => {
  const nested = (levels) => JSON.stringify(fresh()).replace('{', `{"deep":${'['.repeat(levels)}${']'.repeat(levels)},`);
  assert.equal((await write('/v1/track', { body: nested(63) })).status, 200);
  assert.equal((await write('/v1/track', { body: nested(64) })).status, 400);
  assert.equal((await write('/v1/track', { body: '['.repeat(32_000) })).status, 400);
  assert.equal((await write('/v1/batch', { body: `{"batch":${'['.repeat(3_000_000)}` })).status, 400);
  assert.equal((await write('/v1/batch', { body: `{"batch":[${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}]}` })).json().rejected, 1);
});

/* ---- repeats ---- */

test('the same event again is a repeat, whatever else it says, also after a restart', async () => {
  const event = fresh({ properties: { revenue: 1 } });
  assert.equal((await server.send('track', event)).kept, 1);
  assert.deepEqual(await server.send('track', event), { success: true, kept: 0, repeated: 1, rejected: 0 });
  assert.equal((await server.send('track', { ...event, properties: { revenue: 2 } })).repeated, 1);
  assert.equal((await server.send('batch', { batch: [{ type: 'track', ...event }, { type: 'page', ...event }] })).repeated, 2);
  await server.restart();
  assert.equal((await server.send('track', event)).repeated, 1);
  assert.deepEqual((await eventsOf(event.userId)).map(({ amount }) => amount), [100], 'the first one holds');
});

test('a repeat within one batch counts once; without a messageId nothing is a repeat', async () => {
  const event = { type: 'track', ...fresh() };
  assert.deepEqual(await server.send('batch', { batch: [event, event, event] }), { success: true, kept: 1, repeated: 2, rejected: 0 });
  const { messageId: _, ...nameless } = fresh();
  for (let i = 0; i < 3; i++) assert.equal((await server.send('track', nameless)).kept, 1);
  assert.equal((await eventsOf(nameless.userId)).length, 3);
});

test('the same messageId from another source is another event', async () => {
  const made = (await server.post('/api/v1/sources', { name: 'App' })).json();
  const event = fresh();
  await server.send('track', event);
  const other = await server.post('/v1/track', event, { as: basic(`${made.write_key}:`) });
  assert.equal(other.json().kept, 1);
  assert.equal((await eventsOf(event.userId)).length, 2);
});

test('the same batch five times at once: each event once', async () => {
  const batch = Array.from({ length: 200 }, () => ({ type: 'track', ...fresh({ event: 'Storm' }) }));
  const replies = await Promise.all(Array.from({ length: 5 }, () => server.send('batch', { batch })));
  assert.equal(replies.reduce((sum, { kept }) => sum + kept, 0), 200);
  assert.equal(replies.reduce((sum, { repeated }) => sum + repeated, 0), 800);
  assert.equal((await counts()).Storm, 200);
  const halves = await Promise.all([server.send('batch', { batch: batch.slice(0, 150).reverse() }), server.send('batch', { batch: batch.slice(50) })]);
  assert.deepEqual(halves.map(({ kept }) => kept), [0, 0]);
});

/* ---- who is who ---- */

test('identify joins what came before and after, on either side', async () => {
  const user = `ida-${++number}`, phone = `phone-${number}`, laptop = `laptop-${number}`;
  const at = (minute) => `2025-05-05T10:0${minute}:00Z`;
  const track = (minute, ids) => server.send('track', { event: `Step ${minute}`, originalTimestamp: at(minute), timestamp: at(minute), ...ids });
  await track(1, { anonymousId: phone, userId: '' });
  await track(2, { anonymousId: laptop });
  assert.deepEqual((await eventsOf(phone)).length, 1);
  await server.send('identify', { anonymousId: phone, userId: user });
  await track(3, { anonymousId: phone });
  await server.send('identify', { anonymousId: laptop, userId: user, traits: { client_id: `client-${number}`, telegram_id: 777_000 + number } });
  await track(4, { userId: user });
  const aliases = [`u:${user}`, `a:${phone}`, `a:${laptop}`, `c:client-${number}`, `t:${777_000 + number}`];
  for (const alias of [...aliases, user, phone]) {
    const person = await server.get(`/api/v1/journeys/${encodeURIComponent(alias)}`);
    assert.equal(person.person, `u:${user}`);
    assert.deepEqual(person.aliases.sort(), aliases.toSorted());
    assert.deepEqual(person.events.map(({ event }) => event), ['Step 1', 'Step 2', 'Step 3', 'Step 4']);
  }
  await server.restart();
  assert.equal((await server.get(`/api/v1/journeys/${user}`)).total, 4);
});

test('alias joins a previous id of either kind', async () => {
  const n = ++number;
  await server.send('track', { event: 'Old', anonymousId: `old-${n}`, timestamp: '2025-05-05T10:00:00Z', originalTimestamp: '2025-05-05T10:00:00Z' });
  await server.send('track', { event: 'Older', userId: `older-${n}`, timestamp: '2025-05-05T09:00:00Z', originalTimestamp: '2025-05-05T09:00:00Z' });
  await server.send('alias', { previousId: `old-${n}`, userId: `new-${n}` });
  await server.send('alias', { previousId: `older-${n}`, userId: `new-${n}` });
  assert.deepEqual((await eventsOf(`new-${n}`)).map(({ event }) => event), ['Older', 'Old']);
});

test('ids that are numbers, or have blanks around them, are those texts', async () => {
  const n = 9_000_000 + ++number;
  await server.send('track', fresh({ userId: n }));
  await server.send('track', fresh({ userId: ` ${n} ` }));
  await server.send('track', fresh({ userId: null, anonymousId: 12.5, event: 'Half' }));
  assert.equal((await eventsOf(`u:${n}`)).length, 2);
  assert.equal((await eventsOf('a:12.5')).length, 1);
});

test('persons with any characters in their ids can be asked for', async () => {
  for (const id of ['a/b', 'a?b&c=d#e', '100%', 'Ольга +1', '../..', '"<b>"', 'x y', '💛']) {
    await server.send('track', fresh({ userId: id }));
    const person = await server.get(`/api/v1/journeys/${encodeURIComponent(`u:${id}`)}`);
    assert.deepEqual([person.person, person.total], [`u:${id}`, 1], id);
  }
  assert.equal((await server.request('GET', '/api/v1/journeys/nobody-of-this-name')).status, 404);
  assert.equal((await server.request('GET', '/api/v1/journeys/')).status, 404);
});

/* ---- when ---- */

test("the sender's clock is corrected as contract A7 says", async () => {
  const minute = 60_000, now = Date.now();
  const iso = (ms) => new Date(ms).toISOString();
  const wrong = now - 7 * 24 * 60 * minute; /* a clock a week behind */
  const cases = [
    /* [event, batch sentAt, expected instant, tolerance] */
    [{ timestamp: iso(wrong - minute), sentAt: iso(wrong) }, undefined, now - minute],
    [{ originalTimestamp: iso(wrong - minute), sentAt: iso(wrong) }, undefined, now - minute],
    [{ timestamp: iso(wrong - minute) }, iso(wrong), now - minute],
    [{ timestamp: iso(now - 5 * minute), originalTimestamp: iso(wrong), sentAt: iso(wrong) }, undefined, now - 5 * minute],
    [{ timestamp: iso(now - 90 * minute) }, undefined, now - 90 * minute],
    [{}, iso(wrong), now],
    [{ timestamp: iso(now + 23 * 60 * minute) }, undefined, now + 23 * 60 * minute],
    [{ timestamp: iso(now + 25 * 60 * minute) }, undefined, now],
    [{ timestamp: iso(now - minute), sentAt: 'whenever' }, undefined, now - minute],
  ];
  for (const [event, sentAt, want] of cases) {
    const item = { type: 'track', ...fresh(event) };
    await server.send('batch', { batch: [item], sentAt });
    const [{ at }] = await eventsOf(item.userId);
    assert.ok(Math.abs(Date.parse(at) - want) < 30_000, `${JSON.stringify([event, sentAt])}: ${at}, not ${iso(want)}`);
  }
  const item = fresh({ timestamp: iso(wrong - minute) });
  await write('/v1/track', { json: item, headers: { SentAt: iso(wrong) } });
  assert.ok(Math.abs(Date.parse((await eventsOf(item.userId))[0].at) - (now - minute)) < 30_000, 'the SentAt header');
});

/* ---- where from ---- */

test('where a visitor came from: campaign, landing address, referrer', async () => {
  const page = (context) => ({ ...fresh(), context });
  const cases = [
    [page({ campaign: { source: 'Google ', medium: 'cpc', name: 'Spring', id: 77 } }), ['google', 'Google', 'cpc', 'Spring']],
    [page({ page: { search: '?utm_source=facebook&utm_medium=cpc&utm_campaign=a%20b+c' } }), ['facebook', 'facebook', 'cpc', 'a b c']],
    [page({ page: { url: 'https://shop.example/x?utm_source=ig#top' } }), ['instagram', 'ig', '', '']],
    [page({ page: { url: 'https://shop.example/', referrer: 'https://www.forum.example/thread?x=1' } }), ['unknown', 'www.forum.example', 'referral', '']],
    [page({ page: { url: 'https://shop.example/b', referrer: 'https://Shop.example:443/a' } }), ['unknown', '', '', '']],
    [page({ campaign: { source: 'viber' }, page: { search: '?utm_source=facebook' } }), ['viber', 'viber', '', '']],
    [page({}), ['unknown', '', '', '']],
  ];
  for (const [event, want] of cases) {
    await server.send('page', event);
    const [{ platform, source, medium, campaign }] = await eventsOf(event.userId);
    assert.deepEqual([platform, source, medium, campaign], want, JSON.stringify(event.context));
  }
});

/* ---- how much ---- */

test('money: decimals to the cent, refunds, other currencies, steps that are no money yet', async () => {
  const amount = async (event) => {
    const one = fresh(event);
    await server.send('track', one);
    return (await eventsOf(one.userId))[0].amount;
  };
  assert.equal(await amount({ properties: { revenue: 0.29 } }), 29);
  assert.equal(await amount({ properties: { revenue: 1234567.89 } }), 123456789);
  assert.equal(await amount({ properties: { revenue: '19.90' } }), 1990);
  assert.equal(await amount({ properties: { revenue: 1e3, currency: 'uah' } }), 100000);
  assert.equal(await amount({ event: 'Order Completed', properties: { total: 5 } }), 500);
  assert.equal(await amount({ event: 'Order Refunded', properties: { revenue: 5 } }), -500);
  assert.equal(await amount({ event: 'Order Refunded', properties: { revenue: -5 } }), -500);
  assert.equal(await amount({ event: 'Product Viewed', properties: { revenue: 5, value: 7 } }), 0);
  assert.equal(await amount({ properties: { total: 5 } }), 0, 'a total is money of an order alone');
  assert.equal(await amount({ properties: { revenue: null } }), 0);
  const before = (await server.get('/api/v1/session')).amounts_without_rate;
  assert.equal(await amount({ properties: { revenue: 5, currency: 'USD' } }), 0);
  assert.equal((await server.get('/api/v1/session')).amounts_without_rate, before + 1, 'and that is said');
});

/* ---- HTTP ---- */

test('a wrong method is a 405 that says the right ones; an unknown path is a 404', async () => {
  const allow = async (method, path) => {
    const reply = await server.request(method, path, { as: 'write' });
    assert.equal(reply.status, 405, `${reply}`);
    return reply.headers.allow;
  };
  assert.equal(await allow('GET', '/v1/track'), 'POST');
  assert.equal(await allow('PUT', '/v1/batch'), 'POST');
  assert.equal(await allow('DELETE', '/sourceConfig'), 'GET');
  assert.equal(await allow('POST', '/api/v1/session'), 'GET, DELETE');
  assert.equal(await allow('DELETE', '/api/v1/rules'), 'GET, PUT');
  assert.match(await allow('PROPFIND', '/v1/track'), /POST/);
  assert.match(await allow('TRACE', '/'), /GET/);
  for (const [method, path] of [['POST', '/v1/nothing'], ['GET', '/v1/nothing'], ['POST', '/'], ['GET', '/api/v1/nothing'], ['POST', '/v1/track/'], ['POST', '/v1/track/x']])
    assert.equal((await server.request(method, path, { as: 'write' })).status, 404, `${method} ${path}`);
});

/** Bytes as they are to the server's port; what comes back in a moment. */
function raw(bytes) {
  return new Promise((done) => {
    const socket = net.connect(server.port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.setTimeout(400 * SLOW, () => socket.destroy());
    socket.on('data', (piece) => {
      text += piece;
      if (text.includes('\r\n\r\n')) socket.end();
    });
    socket.on('error', () => {});
    socket.on('close', () => done(text));
  });
}

test('no request, however strange, brings the server down', async () => {
  const auth = `Host: x\r\nAuthorization: ${basic(`${WRITE_KEY}:`).Authorization}\r\n`;
  const strange = [
    'GET /sourceConfig HTTP/1.1\r\nHost: x\r\nOrigin: a\tb\r\n\r\n',
    'OPTIONS /v1/track HTTP/1.1\r\nHost: x\r\nOrigin: a\r\nAccess-Control-Request-Headers: \x01\x7f\xff\r\n\r\n',
    'BREW /coffee HTTP/1.1\r\nHost: x\r\n\r\n', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', 'GET http://x/health HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /%00%ff%zz HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n', 'GET /assets/..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: x\r\n\r\n',
    `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, `GET /health HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(10_000)}\r\n`,
    `GET /health?${'a=b&'.repeat(1000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 'GET /health HTTP/1.1\r\n\r\n', 'GET /health HTTP/9.9\r\nHost: x\r\n\r\n',
    'GET\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', '\0'.repeat(1000),
    `POST /v1/track HTTP/1.1\r\n${auth}Content-Length: -1\r\n\r\n`, `POST /v1/track HTTP/1.1\r\n${auth}Content-Length: 99999999999999999999\r\n\r\n`,
    `POST /v1/track HTTP/1.1\r\n${auth}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}`, `POST /v1/track HTTP/1.1\r\n${auth}Transfer-Encoding: chunked\r\n\r\nZZ\r\n`,
    `POST /v1/track HTTP/1.1\r\n${auth}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n`, `POST /v1/track HTTP/1.1\r\n${auth}\r\n`,
    `POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${'A'.repeat(20_000)}\r\nContent-Length: 2\r\n\r\n{}`,
    'GET /api/v1/session HTTP/1.1\r\nHost: x\r\nCookie: demetra_session=; ;;=\r\n\r\n',
  ];
  for (const bytes of strange) {
    const answer = await raw(Buffer.from(bytes, 'latin1'));
    assert.ok(answer === '' || /^HTTP\/1\.[01] [2-5]\d\d /.test(answer), `${bytes.slice(0, 60)}: ${answer.slice(0, 60)}`);
    assert.ok(!/^HTTP\S+ 500/.test(answer), `${bytes.slice(0, 60)}: ${answer.slice(0, 300)}`);
    assert.ok(server.running, `${bytes.slice(0, 60)} ended the server: ${server.stderr}`);
  }
  assert.equal((await server.get('/health')).accepting, true);
});

test('HEAD is GET without the body', async () => {
  for (const path of ['/health', '/api/v1/names', '/api/v1/nothing', '/openapi.json']) {
    const head = await server.request('HEAD', path), get = await server.request('GET', path);
    assert.equal(head.status, get.status);
    assert.equal(head.bytes.length, 0);
    assert.equal(head.headers['content-type'], get.headers['content-type']);
    if (path !== '/health') assert.equal(head.headers['content-length'], get.headers['content-length']);
  }
});

test('each reply has an id of its own', async () => {
  const replies = await Promise.all(Array.from({ length: 20 }, () => server.request('GET', '/health')));
  assert.equal(new Set(replies.map(({ headers }) => headers['x-request-id'])).size, 20);
});

test('large answers are packed for who can unpack them', async () => {
  const plain = await server.request('GET', '/openapi.json');
  const packed = await server.request('GET', '/openapi.json', { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.ok(Number(packed.headers['content-length']) < plain.bytes.length / 3);
  assert.deepEqual(packed.bytes, plain.bytes);
});

test('the live stream tells what came, from where it was left', async () => {
  const { next } = await server.get('/api/v1/live');
  const event = { type: 'track', ...fresh({ properties: { revenue: 3 }, context: { campaign: { source: 'tiktok' } } }) };
  await server.send('batch', { batch: [event, event, { type: 'track', event: 'X' }] });
  const { items, next: after, per_minute } = await server.get('/api/v1/live', { after: next });
  assert.deepEqual(items.map(({ type, event: name, person, platform, amount, state, reason, source }) => ({ type, name, person, platform, amount, state, reason, source })), [
    { type: 'track', name: event.event, person: `u:${event.userId}`, platform: 'tiktok', amount: 300, state: 'kept', reason: null, source: 'Website' },
    { type: 'track', name: event.event, person: `u:${event.userId}`, platform: 'tiktok', amount: 300, state: 'repeated', reason: null, source: 'Website' },
    { type: 'webhook', name: null, person: null, platform: null, amount: 0, state: 'rejected', reason: 'neither userId nor anonymousId', source: 'Website' },
  ]);
  assert.deepEqual(items.map(({ seq }) => seq), [next + 1, next + 2, next + 3]);
  assert.equal(after, next + 3);
  assert.ok(per_minute >= 3);
  assert.deepEqual((await server.get('/api/v1/live', { after })).items, []);
  assert.equal((await server.get('/api/v1/live', { limit: 2 })).items.length, 2);
  await server.refused('/api/v1/live', { after: 'x' }, 'after');
  await server.refused('/api/v1/live', { limit: 5000 }, 'limit');
});

test('each event is kept byte for byte', async () => {
  const event = fresh();
  const text = `  {"userId": "${event.userId}",\n "event":"Kept", "odd": 1.50, "messageId":"${event.messageId}" }  `;
  await write('/v1/track', { body: text });
  const [{ raw }] = await eventsOf(event.userId);
  const { kind, body } = await server.get(`/api/v1/raw/${raw}`);
  assert.deepEqual([kind, body], ['track', text]);
  for (const ref of ['x', '-1', '999999999', '99999999999999999999'])
    assert.equal((await server.request('GET', `/api/v1/raw/${ref}`)).status, 404, ref);
});
