// Segments: who is in one is worked out here again, plainly; and a question asked of a segment gives what a server gives
// that knows these people alone.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Server } from '../lib/server.mjs';

const DAY = 86_400_000, IDLE = 30 * 60_000;
const START = Date.parse('2025-03-03T08:00:00Z');
const EVENTS = ['Page Viewed', 'Signed Up', 'Order Completed'];
const CAMPAIGNS = [{ source: 'google', medium: 'cpc', name: 'Spring', id: 'g1' }, { source: 'facebook', medium: 'paid', name: 'Lookalike', id: 'f1' }, { source: 'mail', medium: 'email', name: 'Digest' }];

let state = 7;
const random = (below) => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

/* person -> its events in order of time */
const PEOPLE = new Map();
for (let p = 0; p < 60; p++) {
  let at = START + random(20) * DAY;
  const events = [];
  for (let i = 0, n = 1 + random(12); i < n; i++) {
    at += [60_000, 20 * 60_000, 3 * 3_600_000, 2 * DAY][random(4)] + random(50_000);
    const campaign = random(3) === 0 ? CAMPAIGNS[random(CAMPAIGNS.length)] : undefined;
    const event = EVENTS[random(EVENTS.length)];
    events.push({ at, event, campaign, revenue: event === 'Order Completed' ? 1 + random(5000) / 100 : undefined });
  }
  PEOPLE.set(`p${p}`, events);
}

const batchOf = (people) => ({
  batch: people.flatMap((who) => PEOPLE.get(who).map(({ at, event, campaign, revenue }, i) => ({
    type: event === 'Page Viewed' ? 'page' : 'track', event, userId: who, messageId: `${who}-${i}`,
    originalTimestamp: new Date(at).toISOString(), timestamp: new Date(at).toISOString(), properties: { revenue }, context: { campaign },
  }))),
});

async function serverOf(people) {
  const server = await Server.start(test);
  if (people.length) await server.send('batch', batchOf(people));
  return server;
}
const server = await serverOf([...PEOPLE.keys()]);

/* ---- who is in a segment, from the history ---- */

/** Each event's touch: that of the session it is in; and where sessions begin. */
function sessions(events) {
  let touch, last = -Infinity;
  return events.map(({ at, campaign }) => {
    const begins = at - last > IDLE || (campaign !== undefined && campaign !== touch);
    if (begins) touch = campaign;
    last = at;
    return { begins, touch };
  });
}

const passes = (touch, filters = []) => filters.every((filter) => {
  const [dim, op, value] = filter.split(':');
  const text = (touch?.[{ source: 'source', medium: 'medium', campaign: 'name' }[dim]] ?? '').toLowerCase();
  const is = op.endsWith('is') || op === 'is_not' ? text === value : text.includes(value);
  return is !== op.includes('not');
});

function holds(condition, who) {
  const events = PEOPLE.get(who), touches = sessions(events);
  const is = {
    group: () => (condition.match === 'any' ? condition.conditions.some((one) => holds(one, who)) : condition.conditions.every((one) => holds(one, who))),
    event: () => {
      const from = condition.from ? Date.parse(`${condition.from}T00:00:00+02:00`) : -Infinity;
      const to = condition.to ? Date.parse(`${condition.to}T00:00:00+02:00`) + DAY : Infinity;
      const times = events.filter(({ at, event }, i) => (condition.event === '*' || event === condition.event) && at >= from && at < to && passes(touches[i].touch, condition.filter)).length;
      return times >= (condition.at_least ?? (condition.at_most == null ? 1 : 0)) && times <= (condition.at_most ?? Infinity);
    },
    first_touch: () => passes(touches[0].touch, condition.filter),
    any_touch: () => touches.some(({ begins, touch }) => begins && passes(touch, condition.filter)),
    persons: () => condition.persons.some((alias) => [who, `u:${who}`].includes(alias)),
  }[condition.kind]();
  return is !== (condition.not ?? false);
}

const DEFINITIONS = {
  buyers: { match: 'all', conditions: [{ kind: 'event', event: 'Order Completed', at_least: 2 }] },
  'came by google, never bought': {
    match: 'all',
    conditions: [{ kind: 'first_touch', filter: ['source:is:google'] }, { kind: 'event', event: 'Order Completed', not: true }],
  },
  'mail at some time, or some orders in a week of paid sessions': {
    match: 'any',
    conditions: [
      { kind: 'any_touch', filter: ['medium:is:email', 'campaign:contains:dig'] },
      { kind: 'group', match: 'all', not: false, conditions: [
        { kind: 'event', event: 'Order Completed', from: '2025-03-08', to: '2025-03-14', filter: ['source:is_not:mail'] },
        { kind: 'persons', not: true, persons: ['p1', 'u:p2', 'nobody'] },
      ] },
    ],
  },
  'at most two events': { match: 'all', conditions: [{ kind: 'event', event: '*', at_most: 2 }] },
  nobody: { match: 'all', conditions: [{ kind: 'event', event: 'No such event' }] },
  everybody: { match: 'all', conditions: [{ kind: 'event', event: 'No such event', not: true }] },
};

const make = async (name, body) => {
  const reply = await server.post('/api/v1/segments', { name, ...body });
  assert.equal(reply.status, 201, `${reply}`);
  return reply.json();
};
const personsOf = async (id) => (await server.all('/api/v1/persons', 'persons', { segment: id, limit: 7 })).map(({ person }) => person.slice(2)).sort();
const membersOf = (definition) => [...PEOPLE.keys()].filter((who) => holds({ kind: 'group', ...definition }, who)).sort();

const made = {};
for (const [name, definition] of Object.entries(DEFINITIONS)) made[name] = await make(name, { kind: 'filter', definition });

test('a segment holds whom its conditions describe', async () => {
  for (const [name, definition] of Object.entries(DEFINITIONS)) {
    const members = membersOf(definition);
    const events = members.reduce((n, who) => n + PEOPLE.get(who).length, 0);
    assert.deepEqual([made[name].persons, made[name].events], [members.length, events], name);
    assert.deepEqual(await personsOf(made[name].id), members, name);
  }
  assert.ok(made.buyers.persons > 5 && made.buyers.persons < 55);
  assert.deepEqual([made.nobody.persons, made.everybody.persons], [0, 60]);
});

/* ---- questions ---- */

/** Groups come in the order in which a server met them, and sums of shares round by it; what was spent on a segment is unknown. */
function settled(value) {
  if (typeof value === 'number') return Number(value.toPrecision(9));
  if (Array.isArray(value)) {
    const items = value.map(settled);
    const nameOf = (item) => item?.key ?? item?.person;
    return items.every((item) => nameOf(item) !== undefined) ? items.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)) : items;
  }
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'spend').map(([key, inner]) => [key, settled(inner)]));
  return value;
}

const SPAN = { from: '2025-03-03', to: '2025-04-20' };
const QUESTIONS = [
  ['/api/v1/metrics', {}],
  ['/api/v1/metrics', { ...SPAN, step: 'day', event: 'Page Viewed', conversion: 'Order Completed' }],
  ['/api/v1/breakdown', { by: 'source' }],
  ['/api/v1/breakdown', { ...SPAN, by: 'campaign', filter: 'medium:is_not:email' }],
  ['/api/v1/funnel', { step: EVENTS, window: 'none', by: 'source' }],
  ['/api/v1/retention', { start: 'Page Viewed', unit: 'week', ...SPAN }],
  ['/api/v1/retention/persons', { start: 'Page Viewed', unit: 'week', ...SPAN, cohort: '2025-03-10', limit: 100 }],
  ['/api/v1/ltv', { start: 'Page Viewed', unit: 'week', ...SPAN }],
  ['/api/v1/funnel/persons', { step: EVENTS, window: 'none', reached: 2, limit: 100 }],
  ['/api/v1/persons', { conversion: 'Order Completed', sort: 'revenue', limit: 100 }],
  ['/api/v1/paths', { anchor: 'Page Viewed', window: 'none', depth: 3 }],
  ['/api/v1/paths/persons', { anchor: 'Page Viewed', window: 'none', names: 1, level: 1, node: 'other', limit: 100 }],
  ['/api/v1/attribution', { conversion: 'Order Completed', by: 'source', models: 'first,last,linear,position,time_decay' }],
  ['/api/v1/attribution/journeys', { conversion: 'Order Completed', by: 'source', model: 'first', key: 'unattributed' }],
];

for (const name of ['buyers', 'mail at some time, or some orders in a week of paid sessions', 'nobody', 'everybody']) {
  test(`of the segment "${name}": as if nobody else were there`, async () => {
    const alone = await serverOf(membersOf(DEFINITIONS[name]));
    for (const [target, query] of QUESTIONS) {
      const got = await server.get(target, { ...query, segment: made[name].id });
      assert.deepEqual(settled(got), settled(await alone.get(target, query)), `${target} ${JSON.stringify(query)}`);
    }
    await alone.stop();
  });
}

test('a segment follows what comes in', async () => {
  const before = await make('late comers', { kind: 'filter', definition: { match: 'all', conditions: [{ kind: 'event', event: 'Came Late', last_days: 2 }] } });
  assert.equal(before.persons, 0);
  for (const [who, days] of [['p1', 0], ['p2', 1], ['p3', 3]])
    await server.send('track', { event: 'Came Late', userId: who, timestamp: new Date(Date.now() - days * DAY).toISOString(), originalTimestamp: new Date(Date.now() - days * DAY).toISOString() });
  assert.deepEqual(await personsOf(before.id), ['p1', 'p2']);
  assert.equal((await server.get('/api/v1/metrics', { segment: before.id, names: 'persons', event: 'Came Late' })).totals.persons, 2);
});

test('a cohort stays what it was made of', async () => {
  const cohort = await make('the first three', { kind: 'cohort', persons: ['p0', 'u:p1', 'p2', 'p2', 'u:nobody'] });
  assert.deepEqual([cohort.kind, cohort.definition, cohort.listed, cohort.persons], ['cohort', null, 5, 3]);
  assert.deepEqual(await personsOf(cohort.id), ['p0', 'p1', 'p2']);
  const renamed = await server.request('PUT', `/api/v1/segments/${cohort.id}`, { json: { name: 'the first ones' } });
  assert.equal(renamed.status, 200, `${renamed}`);
  assert.deepEqual([renamed.json().name, renamed.json().persons], ['the first ones', 3]);
  await server.send('identify', { userId: 'p2', anonymousId: 'x' });
  await server.send('identify', { userId: 'p1', anonymousId: 'x' }); /* two of them turn out to be one */
  assert.equal((await server.get(`/api/v1/segments/${cohort.id}`)).persons, 2);
});

test('a cohort of those who are in a segment now', async () => {
  const frozen = await make('buyers of that day', { kind: 'cohort', from_segment: made.buyers.id });
  const before = await personsOf(made.buyers.id);
  assert.deepEqual(await personsOf(frozen.id), before);
  const [who] = [...PEOPLE.keys()].filter((one) => !before.includes(one) && one > 'p3');
  await server.send('batch', { batch: [1, 2].map((i) => ({ type: 'track', event: 'Order Completed', userId: who, messageId: `more${i}` })) });
  assert.deepEqual(await personsOf(made.buyers.id), [...before, who].sort());
  assert.deepEqual(await personsOf(frozen.id), before);
});

test('many ask of several segments at once, while more comes in', async () => {
  const ids = [made.everybody.id, made.buyers.id, made.nobody.id];
  const { persons } = await server.get(`/api/v1/segments/${made.buyers.id}`);
  const rounds = Array.from({ length: 10 }, async (_, i) => {
    await server.send('track', { event: 'Page Viewed', userId: `new${i}` });
    const [everybody, buyers, nobody] = await Promise.all(ids.map(async (segment) => (await server.get('/api/v1/metrics', { segment, names: 'persons' })).totals.persons));
    assert.ok(everybody >= 60 && everybody <= 69 && nobody === 0 && buyers === persons, `${everybody} ${buyers} ${nobody}`);
  });
  await Promise.all(rounds);
});

test('what is saved reads back, can be changed and deleted', async () => {
  const definition = { match: 'all', conditions: [{ kind: 'event', event: 'Signed Up', at_most: 3, from: '2025-03-10' }] };
  const segment = await make('  to be changed ', { kind: 'filter', definition });
  assert.equal(segment.name, 'to be changed');
  assert.deepEqual(segment.definition, { match: 'all', conditions: [{ kind: 'event', not: false, event: 'Signed Up', at_least: 0, at_most: 3, last_days: null, from: '2025-03-10', to: null, filter: [] }] });
  const at = `/api/v1/segments/${segment.id}`;
  const changed = await server.request('PUT', at, { json: { definition: DEFINITIONS.nobody } });
  assert.deepEqual([changed.status, changed.json().persons, changed.json().created_at], [200, 0, segment.created_at]);
  assert.equal((await server.get('/api/v1/metrics', { segment: segment.id })).totals.persons, 0);
  const list = (await server.get('/api/v1/segments')).segments;
  assert.deepEqual(list.map(({ name }) => name), list.map(({ name }) => name).sort());
  assert.ok(list.some(({ id, name, kind }) => id === segment.id && name === 'to be changed' && kind === 'filter'));
  assert.equal((await server.post('/api/v1/segments', { name: 'to be changed', kind: 'filter', definition })).status, 409);
  assert.equal((await server.request('DELETE', at)).status, 204);
  for (const [method, target] of [['GET', at], ['DELETE', at], ['PUT', at]])
    assert.equal((await server.request(method, target, method === 'PUT' ? { json: {} } : {})).status, 404, `${method} ${target}`);
  await server.refused('/api/v1/metrics', { segment: segment.id }, 'segment');
  await server.refused('/api/v1/attribution', { segment: 'x', conversion: 'Order Completed' }, 'segment');
});

test('who is erased leaves the lists too', async () => {
  const cohort = await make('with one to be erased', { kind: 'cohort', persons: ['p7', 'p8', 'u:p8', 'p9', 'x8'] });
  const filter = await make('without that one', { kind: 'filter', definition: { match: 'all', conditions: [{ kind: 'persons', not: true, persons: ['u:p8', 'p9'] }] } });
  const everybody = (await server.get(`/api/v1/segments/${made.everybody.id}`)).persons;
  await server.send('identify', { userId: 'p8', anonymousId: 'x8' });
  assert.equal((await server.request('DELETE', '/api/v1/persons/u:p8')).status, 200);
  const after = await server.get(`/api/v1/segments/${cohort.id}`);
  assert.deepEqual([cohort.listed, cohort.persons, after.listed, after.persons], [5, 3, 2, 2]);
  assert.deepEqual(await personsOf(cohort.id), ['p7', 'p9']);
  assert.deepEqual((await server.get(`/api/v1/segments/${filter.id}`)).definition.conditions[0].persons, ['p9']);
  assert.equal((await server.get(`/api/v1/segments/${made.everybody.id}`)).persons, everybody - 1);
});

test('they outlive a restart', async () => {
  const { id, persons } = await server.get(`/api/v1/segments/${made.buyers.id}`);
  await server.restart();
  assert.equal((await server.get(`/api/v1/segments/${id}`)).persons, persons);
});

test('what makes no sense is refused at its field', async () => {
  const event = { kind: 'event', event: 'A' };
  const deep = (n) => (n ? { kind: 'group', match: 'all', conditions: [deep(n - 1)] } : event);
  const refused = async (body, field) => {
    const reply = await server.post('/api/v1/segments', { name: 'wrong', kind: 'filter', ...body });
    assert.deepEqual([reply.status, reply.json().field], [400, field], `${JSON.stringify(body).slice(0, 300)}: ${reply}`);
  };
  const condition = (wrong, field) => refused({ definition: { match: 'all', conditions: [event, wrong] } }, `definition.conditions[1]${field}`);

  await refused({ name: ' ', definition: DEFINITIONS.buyers }, 'name');
  await refused({ kind: 'other' }, 'kind');
  await refused({}, 'definition');
  await refused({ kind: 'cohort' }, 'persons');
  await refused({ kind: 'cohort', definition: DEFINITIONS.buyers }, 'definition');
  await refused({ persons: ['a'], definition: DEFINITIONS.buyers }, 'persons');
  await refused({ kind: 'cohort', persons: ['a', ''] }, 'persons');
  await refused({ kind: 'cohort', from_segment: 'x' }, 'from_segment');
  await refused({ kind: 'cohort', from_segment: 999 }, 'from_segment');
  await refused({ kind: 'cohort', from_segment: 1, persons: [] }, 'from_segment');
  await refused({ from_segment: 1 }, 'from_segment');
  await refused({ kind: 'cohort', persons: Array(100_001).fill('p0') }, 'persons');
  await refused({ definition: [] }, 'definition');
  await refused({ definition: { match: 'some', conditions: [event] } }, 'definition.match');
  await refused({ definition: { match: 'all', conditions: [] } }, 'definition.conditions');
  await refused({ definition: { match: 'all', conditions: Array(51).fill(event) } }, 'definition.conditions');
  await refused({ definition: { match: 'all', conditions: [event], more: 1 } }, 'definition');
  await condition('A', '');
  await condition({ kind: 'events', event: 'A' }, '.kind');
  await condition({ ...event, at_lest: 3 }, '');
  await condition({ kind: 'event' }, '.event');
  await condition({ ...event, not: 1 }, '.not');
  await condition({ ...event, at_least: -1 }, '.at_least');
  await condition({ ...event, at_least: 3, at_most: 2 }, '.at_most');
  await condition({ ...event, last_days: 0 }, '.last_days');
  await condition({ ...event, last_days: 3, from: '2025-01-01' }, '.last_days');
  await condition({ ...event, from: 'yesterday' }, '.from');
  await condition({ ...event, from: '2025-01-02', to: '2025-01-01' }, '.to');
  await condition({ ...event, filter: ['platform:was:x'] }, '.filter');
  await condition({ ...event, filter: 'platform:is:x' }, '.filter');
  await condition({ kind: 'first_touch', filter: [] }, '.filter');
  await condition({ kind: 'persons', persons: 'p1' }, '.persons');
  await condition(deep(5), '.conditions[0].conditions[0].conditions[0].conditions[0]');
  assert.equal((await server.post('/api/v1/segments', { name: 'deep', kind: 'filter', definition: { match: 'all', conditions: [deep(4)] } })).status, 201);
});

test('only who may read sees them', async () => {
  for (const method of ['GET', 'POST'])
    assert.equal((await server.request(method, '/api/v1/segments', { as: 'nobody', json: method === 'POST' ? {} : undefined })).status, 401);
});
