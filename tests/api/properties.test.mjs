// Properties of events: a breakdown against what is counted here from the same events, through every way of sending one.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Server } from '../lib/server.mjs';

const server = await Server.start(test);
const at = (day, minute = 0) => new Date(Date.UTC(2025, 2, day, 10, minute)).toISOString();
const AT = '/api/v1/breakdown';

const GOOGLE = { source: 'google', medium: 'cpc', name: 'Spring', id: 'g1' };
/* who, day, what it says of itself, campaign */
const ORDERS = [
  ['ann', 3, { plan: 'pro', seats: 3, trial: true, deep: { er: { key: 'x' } }, revenue: 10 }, GOOGLE],
  ['ann', 4, { plan: 'pro', seats: 3.5, trial: false, revenue: 20.5 }],
  ['bob', 5, { plan: 'free', seats: 0, deep: { er: 'no object' } }],
  ['bob', 6, { plan: 'pro', seats: '7', deep: [{ er: { key: 'in an array' } }] }, GOOGLE],
  ['cat', 7, { plan: null, seats: null, revenue: 1 }],
  ['cat', 8, { plan: ['pro'], seats: {} }],
  ['dan', 9, {}],
  ['dan', 10, { plan: 'тариф "про"\n', seats: 1e3, revenue: 5 }],
  ['eve', 11, { plan: '', seats: -2 }],
  ['eve', 12, undefined],
];
const eventOf = ([userId, day, properties, campaign], i) => ({
  type: 'track', event: 'Order', userId, messageId: `o${i}`, timestamp: at(day), originalTimestamp: at(day), properties,
  context: { campaign, locale: i % 2 ? 'uk-UA' : 'en', device: { type: 'phone' } },
});
await server.send('batch', { batch: ORDERS.map(eventOf) });

const ask = (property, query = {}) => server.get(AT, { event: 'Order', property, ...query });
const rowsOf = ({ rows }) => Object.fromEntries(rows.map(({ key, kind, events, persons, revenue }) => [kind === 'value' ? key : `${kind} ${key}`, [events, persons, revenue]]));

test('texts: each value is a row, and what has none is (none)', async () => {
  const got = await ask('properties.plan');
  assert.deepEqual([got.event, got.property, got.keys, got.values_max, got.numbers], ['Order', 'properties.plan', 5, 1000, null]);
  assert.deepEqual(rowsOf(got), {
    'none (none)': [4, 3, 100], pro: [3, 2, 3050], free: [1, 1, 0], 'тариф "про"\n': [1, 1, 500], '': [1, 1, 0],
  });
  assert.deepEqual(got.rows.slice(0, 2).map(({ kind, key }) => [kind, key]), [['none', '(none)'], ['value', 'pro']]);
  assert.deepEqual(got.totals, { events: 10, persons: 5, revenue: 3650 });
});

test('numbers add up, booleans are texts', async () => {
  const got = await ask('properties.seats');
  assert.deepEqual(rowsOf(got), { 3: [1, 1, 1000], 3.5: [1, 1, 2050], 0: [1, 1, 0], 7: [1, 1, 0], 1000: [1, 1, 500], '-2': [1, 1, 0], 'none (none)': [4, 3, 100] });
  assert.deepEqual(got.numbers, { events: 5, sum: 1004.5, avg: 200.9, min: -2, max: 1000 }); /* "7" is a text */
  assert.deepEqual(rowsOf(await ask('properties.trial')), { true: [1, 1, 1000], false: [1, 1, 2050], 'none (none)': [8, 4, 600] });
});

test('members of members, and the context', async () => {
  assert.deepEqual(rowsOf(await ask('properties.deep.er.key')), { x: [1, 1, 1000], 'none (none)': [9, 5, 2650] });
  assert.deepEqual(rowsOf(await ask('properties.deep.er')), { 'no object': [1, 1, 0], 'none (none)': [9, 5, 3650] });
  assert.deepEqual(rowsOf(await ask('context.locale')), { en: [5, 5, 1100], 'uk-UA': [5, 5, 2550] });
  assert.deepEqual(rowsOf(await ask('context.device.type')), { phone: [10, 5, 3650] });
});

test('span, filter, segment, compare, sort and limit', async () => {
  assert.deepEqual(rowsOf(await ask('properties.plan', { from: '2025-03-04', to: '2025-03-06' })), { pro: [2, 2, 2050], free: [1, 1, 0] });
  assert.deepEqual(rowsOf(await ask('properties.plan', { filter: 'source:is:google' })), { pro: [2, 2, 1000] });
  const { id } = (await server.post('/api/v1/segments', { name: 'ann and bob', kind: 'cohort', persons: ['ann', 'bob'] })).json();
  assert.deepEqual(rowsOf(await ask('properties.plan', { segment: id })), { pro: [3, 2, 3050], free: [1, 1, 0] });
  const compared = await ask('properties.plan', { from: '2025-03-05', to: '2025-03-06', compare: 'previous' });
  assert.deepEqual([rowsOf(compared), rowsOf(compared.previous)], [{ free: [1, 1, 0], pro: [1, 1, 0] }, { pro: [2, 1, 3050] }]);
  const top = await ask('properties.plan', { sort: 'revenue', limit: 2 });
  assert.deepEqual([top.rows.map(({ key }) => key), top.keys, top.totals.events], [['pro', 'тариф "про"\n'], 5, 10]);
});

test('however an event comes, and only what became an event', async () => {
  const one = (event, more) => ({ ...event, userId: 'zoe', timestamp: at(20), properties: { tab: 'a' }, ...more });
  await server.send('page', one({}));
  await server.send('track', one({ event: ' Odd  ', messageId: 'r' }));
  await server.send('track', one({ event: ' Odd  ', messageId: 'r', properties: { tab: 'a repeat' } }));
  await server.send('track', one({ event: 42 }));
  assert.equal((await server.request('POST', '/api/v1/rudderstack/track', { as: 'write', json: one({ type: 'page' }, { properties: { tab: 'b' } }) })).status, 200);
  await server.request('POST', '/v1/batch', {
    as: 'write',
    /* keys and names spelt with escapes; a reject among them; type of a batch's item is its own */
    body: `{"batch":[{"type":"page","userId":"zoe","properties":{"t\\u0061b":"c"}},{"type":"page","properties":{"tab":"of nobody"}},
      {"type":"track","event":"O\\u0064d","userId":"yan","properties":{"tab":"d","tab":"e"}},{"type":"identify","userId":"yan"},
      {"type":"screen","userId":"yan","properties":{"tab":"s"}},7,{"typ\\u0065":"track","event":42,"userId":"yan","properties":{"tab":true}}]}`,
  });
  assert.deepEqual(rowsOf(await server.get(AT, { event: 'Page Viewed', property: 'properties.tab' })), { a: [1, 1, 0], b: [1, 1, 0], c: [1, 1, 0] });
  assert.deepEqual(rowsOf(await server.get(AT, { event: 'Odd', property: 'properties.tab' })), { a: [1, 1, 0], d: [1, 1, 0] });
  assert.deepEqual(rowsOf(await server.get(AT, { event: '42', property: 'properties.tab' })), { a: [1, 1, 0], true: [1, 1, 0] });
  assert.deepEqual(rowsOf(await server.get(AT, { event: 'Screen Viewed', property: 'properties.tab' })), { s: [1, 1, 0] });
  assert.deepEqual((await server.get(AT, { event: 'Never', property: 'properties.tab' })).rows, []);
});

test('what comes later is there at once; all is the same after a restart', async () => {
  for (let i = 0; i < 3; i++) {
    await server.send('track', { event: 'Order', userId: 'ann', messageId: `late${i}`, properties: { plan: `late ${i}` } });
    const got = rowsOf(await ask('properties.plan'));
    for (let k = 0; k <= i; k++) assert.deepEqual(got[`late ${k}`], [1, 1, 0]);
  }
  const before = await ask('properties.plan');
  await server.restart();
  assert.deepEqual(await ask('properties.plan'), before);
});

test('many values: a thousand stay apart, and many ask at the same time', async () => {
  const N = 1234;
  const batch = Array.from({ length: N }, (_, i) => ({ type: 'track', event: 'Many', userId: `p${i % 7}`, messageId: `many${i}`, timestamp: at(21), properties: { id: `v${i}`, text: 'я'.repeat(129) + i } }));
  for (let i = 0; i < N; i += 500) await server.send('batch', { batch: batch.slice(i, i + 500) });
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => server.get(AT, { event: 'Many', property: i % 3 ? 'properties.id' : 'properties.none', limit: 1002 })));
  for (const [i, got] of answers.entries()) {
    if (i % 3) {
      const other = got.rows[0];
      assert.deepEqual([got.keys, got.rows.length, other.kind, other.events, other.persons], [1001, 1001, 'other', N - 1000, 7]);
      assert.equal(new Set(got.rows.map(({ key }) => key)).size, 1001);
    } else {
      assert.deepEqual(rowsOf(got), { 'none (none)': [N, 7, 0] });
    }
    assert.deepEqual(got.totals, { events: N, persons: 7, revenue: 0 });
  }
  const long = await server.get(AT, { event: 'Many', property: 'properties.text' });
  assert.deepEqual(long.rows.map(({ key }) => key), ['я'.repeat(128)]);
});

test('CRM rows have no properties, and taking them back changes nothing', async () => {
  const csv = 'event_id,id_source,event_at,doc_id,source_type,utm_source,utm_medium,utm_campaign,campaign_id\nE1,C1,2025-03-01T10:00:00Z,,call,google,cpc,,\n';
  const before = await ask('properties.plan');
  const done = await server.upload('crm_events', csv);
  assert.equal(done.kept, 1);
  assert.deepEqual(rowsOf(await server.get(AT, { event: 'CRM Touch', property: 'properties.plan' })), { 'none (none)': [1, 1, 0] });
  assert.deepEqual((await server.get('/api/v1/properties', { event: 'CRM Touch' })).properties, []);
  assert.equal((await server.request('DELETE', `/api/v1/imports/${done.id}`)).status, 200);
  assert.deepEqual(await ask('properties.plan'), before);
});

test('the properties that an event has', async () => {
  const { event, sampled, properties } = await server.get('/api/v1/properties', { event: 'Order' });
  assert.deepEqual([event, sampled], ['Order', 13]);
  const named = Object.fromEntries(properties.map(({ name, ...rest }) => [name, rest]));
  assert.deepEqual(Object.keys(named).sort(), ['context.campaign.id', 'context.campaign.medium', 'context.campaign.name', 'context.campaign.source',
    'context.device.type', 'context.locale', 'properties.deep.er', 'properties.deep.er.key', 'properties.plan', 'properties.revenue', 'properties.seats', 'properties.trial']);
  assert.deepEqual([named['properties.seats'].type, named['properties.seats'].events], ['mixed', 6]);
  assert.deepEqual(named['properties.trial'], { type: 'boolean', events: 2, examples: ['true', 'false'] });
  assert.equal(named['properties.revenue'].type, 'number');
  assert.deepEqual(named['context.device.type'], { type: 'text', events: 10, examples: ['phone'] });
  for (const { name } of properties) assert.ok((await ask(name)).keys >= 1);
  const many = await server.get('/api/v1/properties', { event: 'Many' });
  assert.equal(many.sampled, 200);
  assert.deepEqual(many.properties.map(({ name, events, examples }) => [name, events, examples.length]), [['properties.id', 200, 5], ['properties.text', 200, 1]]);
  assert.ok(many.properties[0].examples.every((value) => Number(value.slice(1)) >= 1034)); /* the latest */
  assert.deepEqual(await server.get('/api/v1/properties', { event: 'Never' }), { event: 'Never', sampled: 0, properties: [] });
  await server.refused('/api/v1/properties', {}, 'event');
});

test('what makes no sense is refused at its field', async () => {
  for (const property of ['plan', 'properties', 'properties.', 'properties..a', 'context', 'props.a', `properties.${'a.'.repeat(8)}a`, `properties.${'a'.repeat(200)}`])
    await server.refused(AT, { event: 'Order', property }, 'property');
  await server.refused(AT, { property: 'properties.plan' }, 'event');
  for (const wrong of [{ by: 'source' }, { conversion: 'Order' }, { names: 'events' }, { sort: 'sessions' }, { limit: 0 }, { filter: 'x' }, { from: 'x' }, { compare: 'x' }, { segment: 99 }])
    await server.refused(AT, { event: 'Order', property: 'properties.plan', ...wrong }, Object.keys(wrong)[0]);
});

test('what is erased is in no breakdown', async () => {
  const before = rowsOf(await ask('properties.plan'));
  assert.equal((await server.request('DELETE', '/api/v1/persons/u:dan')).status, 200);
  const after = await ask('properties.plan');
  assert.ok(before['тариф "про"\n'] && !rowsOf(after)['тариф "про"\n']);
  assert.equal(after.totals.events, 11);
  assert.ok(!JSON.stringify(await server.get('/api/v1/properties', { event: 'Order' })).includes('тариф'));
});

test('the server stops at once, whatever is being read', async (t) => {
  const busy = await Server.start(t);
  for (let i = 0; i < 12; i++)
    await busy.send('batch', { batch: Array.from({ length: 2500 }, (_, k) => ({ type: 'track', event: 'E', userId: `p${k}`, properties: { a: k } })) });
  const asked = Array.from({ length: 20 }, (_, i) => busy.request('GET', `${AT}?event=E&property=properties.p${i}`));
  await asked[0];
  await busy.stop();
  for (const reply of await Promise.allSettled(asked))
    if (reply.status === 'fulfilled') assert.ok([200, 503].includes(reply.value.status), `${reply.value}`);
});
