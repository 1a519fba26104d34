// tests/golden/questions.mjs -- what is asked, and the comparison with SQL.
//
// Is:    a list of requests that covers every question and its parameters, partly drawn from a seed.
// Never: leaves out of a failure what is needed to see it again: seed, zone, request, first difference.
import assert from 'node:assert/strict';
import { CONVERSION, NAMES, PROPERTIES, Random, SOURCES } from '../lib/history.mjs';
import { until, withQuery } from '../lib/server.mjs';
import { someCohort } from './cohorts.mjs';
import { METRIC_NAMES, routeOf } from './oracle.mjs';
import { READ, difference } from './reading.mjs';
import { segmentsOf } from './segment.mjs';

const MODELS = 'linear,first,last,last_non_direct,last_paid,position,time_decay,w_shaped';
const FAILURES_SHOWN = 12;
const EVERY = METRIC_NAMES.join(',');
/** Routes that give a list by pages, and its name. */
const LISTS = { 'attribution/journeys': 'journeys', 'funnel/persons': 'persons', 'retention/persons': 'persons', 'paths/persons': 'persons', persons: 'persons' };

/** The seeds of a test, or those in DEMETRA_GOLDEN_SEEDS: to look at one again, or at many once. */
export function seeds(list) {
  return process.env.DEMETRA_GOLDEN_SEEDS?.split(',').map(Number) ?? list;
}

/** Every request, as [path, query]; `from` and `to` lie within the days of the history. */
export function questionsOf(seed, { first_day: firstDay, last_day: lastDay }, persons) {
  const random = new Random(seed + 77);
  const day = (share) => new Date(Date.parse(firstDay) + Math.floor(share * (Date.parse(lastDay) - Date.parse(firstDay)))).toISOString().slice(0, 10);
  const middle = { from: day(0.25), to: day(0.75) };
  const short = { from: day(0.48), to: day(0.55) };
  const instants = { from: `${day(0.3)}T10:30:00.001Z`, to: `${day(0.8)}T21:59:59.999+02:00` };
  const drawn = () => random.pick([{}, middle, short, instants, { from: day(random.next() * 0.5) }, { to: day(0.5 + random.next() * 0.5) }]);
  const source = () => random.pick(SOURCES);
  const name = () => random.pick(NAMES);
  const asked = [];
  const ask = (route, ...queries) => asked.push(...queries.map((query) => [`/api/v1/${route}`, query]));

  ask('session', {});
  ask('names', {});
  ask('values', ...['source', 'campaign', 'term'].map((dim) => ({ dim })));
  ask('metrics', { step: 'day', conversion: CONVERSION }, { step: 'week', ...middle }, { step: 'month', conversion: CONVERSION, event: 'Page Viewed' }, { step: 'day', ...short, filter: `source:is:${source()}` },
    { step: 'week', ...instants, conversion: name(), event: name() }, { step: 'day', ...drawn(), filter: ['campaign:contains:p', `source:is_not:${source()}`] });
  ask('metrics', { step: 'day', names: EVERY, conversion: CONVERSION }, { step: 'week', names: EVERY, event: 'Page Viewed', ...middle, filter: `source:is_not:${source()}` }, { step: 'month', names: EVERY, ...instants },
    { step: 'hour', names: EVERY, from: day(0.5), to: day(0.5) }, { step: 'week', names: 'mau,wau,orders', ...drawn(), event: name() }, { step: 'day', names: 'stickiness,arppu,bounce_rate', ...short, conversion: name(), compare: 'previous' });
  ask('breakdown', { by: 'source', names: EVERY, conversion: CONVERSION, sort: 'aov' }, { by: 'platform', names: EVERY, ...instants, sort: 'stickiness' }, { by: 'campaign', names: 'wau,session_ms', ...middle, event: name(), sort: 'payers', compare: 'year' },
    ...PROPERTIES.map((property) => ({ event: 'Page Viewed', property, limit: 1002, ...drawn() })), { event: CONVERSION, property: 'properties.items', sort: 'revenue', limit: 1002, filter: `source:is_not:${source()}` });
  ask('breakdown', { by: 'source', conversion: CONVERSION }, { by: 'campaign', ...middle, sort: 'revenue' }, { by: 'medium', ...drawn(), event: name(), sort: 'sessions' });
  ask('funnel', { step: ['Page Viewed', 'Sign Up', CONVERSION], window: '7d', by: 'source' }, { step: ['Page Viewed', 'Add "To" Cart', 'Checkout Started', CONVERSION], window: 'none', by: 'campaign' },
    { step: ['Page Viewed', 'Page Viewed', CONVERSION], window: '1h' }, { step: ['Page Viewed', 'Оплата', 'Page Viewed'], window: '30m', by: 'source', filter: `source:is_not:${source()}` },
    { step: [name(), name(), name(), name()], window: random.pick(['1d', '10d', '30m']), by: 'source', ...drawn() }, { step: [CONVERSION, 'No such event'], ...drawn() });
  ask('funnel', { step: ['Page Viewed', 'Add "To" Cart', CONVERSION], window: '3d', exclude: ['Checkout Started', 'No such event'], trend: 'week', by: 'source' },
    { step: ['Page Viewed', 'Page Viewed', 'Page Viewed'], order: 'strict', window: '1h', trend: 'day', filter: `source:is_not:${source()}` }, { step: ['Page Viewed', name(), name()], order: 'strict', window: 'none', step_window: '20m', by: 'campaign', ...middle },
    { step: ['Sign Up', 'Page Viewed', 'Оплата', 'Page Viewed'], order: 'any', window: '2d', trend: 'month', by: 'source' }, { step: ['Page Viewed', CONVERSION, 'Page Viewed'], order: 'any', window: '1d', exclude: ['Order Refunded', 'Оплата'], filter: `source:is_not:${source()}`, ...drawn() },
    { step: [name(), name(), name()], order: 'any', window: 'none', ...drawn() },
    { step: ['Page Viewed', 'Page Viewed', 'Add "To" Cart', CONVERSION], window: '2d', step_window: '1d,none,6h', by: 'source', trend: 'day', ...middle }, { step: ['Page Viewed', 'Оплата', 'Page Viewed'], window: '1d', step_window: '30m', exclude: 'Screen Viewed', filter: `source:is_not:${source()}`, ...drawn() });
  ask('funnel/persons', { step: ['Page Viewed', 'Add "To" Cart', CONVERSION], window: '3d', reached: 2, limit: 7 }, { step: ['Page Viewed', 'Page Viewed', CONVERSION], window: '7d', step_window: '1d', dropped: 3, by: 'source', key: '', limit: 1000 },
    { step: ['Sign Up', 'Page Viewed'], order: 'any', reached: 1, window: '1d', ...drawn() }, { step: ['Page Viewed', 'Page Viewed'], order: 'strict', dropped: 2, exclude: CONVERSION });
  ask('persons', { limit: 9 }, { conversion: CONVERSION, sort: 'revenue', limit: 1000 }, { event: 'Page Viewed', ...middle, filter: `source:is_not:${source()}`, sort: 'last_seen', limit: 11 }, { metric: 'payers', by: 'source', key: '', ...drawn() },
    { metric: 'converted', conversion: name(), q: 'USER1', ...drawn() }, { q: persons[0] ?? 'nobody' });
  for (const unit of ['day', 'week', 'month'])
    ask('ltv', { unit, periods: unit === 'month' ? 2 : 6, start: 'Page Viewed', conversion: CONVERSION }, { unit, cohorts: 'recurring', periods: 3, by: 'source', ...middle, filter: `campaign:not_contains:x` }, { unit, periods: 4, start: name(), ...drawn(), by: 'platform' });
  for (const unit of ['day', 'week', 'month'])
    for (const cohorts of ['first', 'recurring'])
      ask('retention', { unit, cohorts, periods: unit === 'month' ? 2 : 7, mode: 'on', start: 'Page Viewed', return: CONVERSION, ...drawn() }, { unit, cohorts, periods: 3, mode: 'on_or_after', by: 'source', ...middle });
  ask('retention', { unit: 'week', periods: 4, start: name(), filter: `source:is:${source()}` }, { unit: 'day', periods: 9, cohorts: 'recurring', return: name(), by: 'campaign', ...instants });
  for (const direction of ['from', 'to'])
    ask('paths', { anchor: 'Page Viewed', direction, depth: 3, limit: 50 }, { anchor: CONVERSION, direction, depth: 3, limit: 2, window: '30m', collapse: 'true', ...drawn() },
      { anchor: 'Page Viewed', direction, depth: 3, limit: 3, collapse: 'true', occurrences: 'first', ...drawn() }, { anchor: name(), direction, depth: 3, limit: 50, window: 'none', filter: `source:is_not:${source()}`, occurrences: 'first' });
  for (const direction of ['from', 'to'])
    ask('paths/persons', { anchor: 'Page Viewed', direction, depth: 3, names: 2, level: 1, node: 'other', limit: 1000 }, { anchor: 'Page Viewed', direction, depth: 3, level: 1, node: 'event:Page Viewed', next: 'end', ...drawn(), limit: 9 },
      { anchor: name(), direction, window: 'none', names: 1, level: 2, node: 'event:Page Viewed', next: 'other', collapse: 'true', limit: 1000 }, { anchor: CONVERSION, direction, next: 'event:Page Viewed', window: '1d', occurrences: 'first', sort: 'last_seen', limit: 7 });
  for (const touches of ['events', 'sessions'])
    for (const by of ['source', 'campaign'])
      ask('attribution', { conversion: CONVERSION, models: MODELS, by, touches, lookback: '7d', ...drawn() }, { conversion: CONVERSION, models: MODELS, by, touches, lookback: 'none', ...middle });
  ask('attribution', { conversion: CONVERSION, models: MODELS, by: 'source', touches: 'events', exclude: source(), lookback: '7d' }, { conversion: CONVERSION, models: MODELS, by: 'source', touches: 'sessions', exclude: ['', source()], lookback: '1d', half_life: '1d' },
    { conversion: name(), models: MODELS, by: 'campaign', touches: 'sessions', filter: `source:is:${source()}`, ...drawn() }, { conversion: 'Оплата', models: MODELS, by: 'source', touches: 'journey', lookback: '30m' });
  ask('attribution/journeys', { conversion: CONVERSION, by: 'source', touches: 'sessions', model: 'position', key: source(), lookback: '30d', limit: 9 }, { conversion: CONVERSION, by: 'source', touches: 'events', model: 'time_decay', key: '', lookback: '2d', ...short },
    { conversion: CONVERSION, by: 'source', touches: 'events', model: 'linear', key: 'unattributed', exclude: [source(), ''], lookback: '1h' });
  for (const person of persons) ask(`journeys/${encodeURIComponent(person)}`, { limit: 1000 });
  return asked;
}

/** Questions asked of a segment: one of each kind and some more. */
function questionsOfSegment(random, { first_day: firstDay, last_day: lastDay }) {
  const source = random.pick(SOURCES), span = random.chance(0.5) ? {} : { from: dayOf(firstDay, lastDay, 0.2), to: dayOf(firstDay, lastDay, 0.8) };
  const every = [['metrics', { step: 'day', names: EVERY, ...span }], ['metrics', { step: 'day', conversion: CONVERSION, filter: `source:is_not:${source}` }], ['breakdown', { by: 'source', names: EVERY, ...span }],
    ['breakdown', { event: 'Page Viewed', property: 'properties.plan', limit: 1002 }], ['funnel', { step: ['Page Viewed', 'Add "To" Cart', CONVERSION], window: '7d', by: 'source', trend: 'week', ...span }],
    ['funnel', { step: ['Page Viewed', 'Sign Up'], order: 'any', window: '1d', ...span }], ['funnel/persons', { step: ['Page Viewed', CONVERSION], reached: 1, limit: 5 }], ['retention', { unit: 'week', periods: 4, by: 'source', ...span }],
    ['ltv', { unit: 'month', periods: 2, ...span }], ['persons', { ...span, limit: 6 }], ['paths', { anchor: 'Page Viewed', depth: 2, limit: 50, ...span }], ['attribution', { conversion: CONVERSION, models: MODELS, by: 'source', touches: 'sessions', lookback: '7d', ...span }]];
  return every.map(([route, query]) => [`/api/v1/${route}`, query]);
}

const dayOf = (first, last, share) => new Date(Date.parse(first) + Math.floor(share * (Date.parse(last) - Date.parse(first)))).toISOString().slice(0, 10);

/** Cells of retention that have somebody, and the others. */
async function questionsOfCohorts(oracle, random) {
  const asked = [];
  for (const query of [{ unit: 'week', start: 'Page Viewed', return: CONVERSION }, { unit: 'day', cohorts: 'recurring', mode: 'on_or_after', by: 'source' }, { unit: 'month', cohorts: 'first', by: 'campaign' }]) {
    const { cohort, key } = await someCohort(oracle, query);
    for (const returned of ['true', 'false']) asked.push(['/api/v1/retention/persons', { ...query, periods: 4, cohort, cell: random.below(3), returned, ...(query.by && { key }), ...(random.chance(0.5) && { sort: 'revenue' }), limit: random.between(1, 1000) }]);
  }
  return asked;
}

/** Make the segments; their questions, with the segments as they were made. */
async function askSegments(server, oracle, random, session, persons) {
  const { today } = await server.get('/api/v1/session');
  oracle.today = today;
  const asked = [], made = segmentsOf({ conversion: CONVERSION, sources: [random.pick(SOURCES), random.pick(SOURCES)], aliases: persons, day: (share) => dayOf(session.first_day, session.last_day, share), today });
  for (const segment of made) {
    const reply = await server.post('/api/v1/segments', { ...segment, kind: segment.definition ? 'filter' : 'cohort' });
    assert.equal(reply.status, 201, `${reply}`);
    const questions = questionsOfSegment(random, session), some = questions.filter(() => random.chance(0.4));
    asked.push(...some.map(([target, query]) => [target, { ...query, segment: reply.json().id }, segment]));
  }
  return asked;
}

/** Lead and opportunity, where the route knows them. */
function questionsOfMilestones(server, random) {
  const { parameters } = server.contract.document.paths['/api/v1/attribution'].get;
  if (!parameters.some(({ name }) => name === 'lead')) return [];
  const whole = { conversion: CONVERSION, models: 'w_shaped,linear', by: 'source', lead: 'Sign Up', opportunity: 'Checkout Started' };
  const asked = [{ touches: 'events', lookback: '7d' }, { touches: 'sessions', lookback: 'none' }, { touches: 'journey', opportunity: CONVERSION, lookback: '30d' }, { touches: 'events', lead: 'Page Viewed', exclude: random.pick(SOURCES), lookback: '2d' }];
  const { models: _, ...same } = whole;
  const cell = { ...same, model: 'w_shaped', touches: 'sessions', key: random.pick(SOURCES) };
  return [...asked.map((more) => ['/api/v1/attribution', { ...whole, ...more }]), ['/api/v1/attribution/journeys', cell]];
}

/** Compare every answer of the server with SQL's. `more`: of segments too, which can be made once; `also`: other requests. */
export async function compareAll(server, oracle, history, { persons = 12, more = true, also = [] } = {}) {
  const session = await oracle.session();
  const random = new Random(history.seed + 1);
  const known = await oracle.persons();
  const some = known.length <= persons ? known : Array.from({ length: persons }, () => random.pick(known));
  const questions = [...questionsOf(history.seed, session, some), ...questionsOfMilestones(server, random), ...(await questionsOfCohorts(oracle, random)), ...(more ? await askSegments(server, oracle, random, session, some) : []), ...also];
  await compareOnly(server, oracle, history, questions);
  return questions;
}

/** Compare the answers to some requests; of all that differ the first ones are told. */
export async function compareOnly(server, oracle, history, questions) {
  const failures = [];
  for (const question of questions) await compareOne(server, oracle, history, question).catch((error) => failures.push(error.message));
  assert.ok(failures.length === 0, `${failures.length} of ${questions.length} questions are answered otherwise\n${failures.slice(0, FAILURES_SHOWN).join('\n\n')}`);
}

async function compareOne(server, oracle, history, [target, query, segment]) {
  const where = `seed ${history.seed}, ${history.items.length} items, ${server.env.DEMETRA_TIMEZONE ?? 'default zone'}: ${withQuery(target, query)}${segment ? `, segment ${JSON.stringify(segment)}` : ''}`;
  const route = routeOf(target), list = LISTS[route];
  let found;
  try {
    if ((query.key !== undefined || route === 'attribution/journeys') && !(await oracle.knows(query))) {
      await server.refused(target, query, 'key');
      return;
    }
    const wanted = await oracle.answer(target, query, segment);
    const whole = list ? { total: (await server.get(target, query)).total, [list]: await server.all(target, list, query) } : await server.get(target, query);
    const got = READ[route](whole, query);
    if (route === 'journeys') await checkRaw(server, history, got, wanted);
    found = difference(got, wanted);
  } catch (error) {
    error.message = `${where}\n${error.message}`;
    throw error;
  }
  assert.ok(!found, `${where}\n${found}`);
}

/** The events as they came: each leads to the very item that was sent. The first, the last and one between. */
async function checkRaw(server, history, got, wanted) {
  const places = [0, got.events.length >> 1, got.events.length - 1];
  for (const i of places.filter((place) => place < wanted.events.length && !history.items[wanted.events[place].seq].type.startsWith('crm'))) {
    const { body } = await server.get(`/api/v1/raw/${got.events[i].raw}`);
    assert.deepEqual(JSON.parse(body), history.items[wanted.events[i].seq], `event ${i} of ${got.person} in the raw log`);
  }
  for (const event of got.events) delete event.raw;
  for (const event of wanted.events) delete event.seq;
}

/** Every answer as it stands, by its request; but for cursors that name a place, which a new start may number anew. */
export async function allAnswers(server, questions) {
  const answers = new Map();
  for (const [target, query] of questions) {
    const where = withQuery(target, query);
    const reply = await server.request('GET', where);
    answers.set(where, `${reply.status} ${reply.text().replace(/,"request_id":"[^"]*"/, '')}`);
  }
  return answers;
}

/** Without lists of persons by pages, whose order is free. */
export const withoutLists = (questions) => questions.filter(([target]) => !LISTS[routeOf(target)]);

/** The same to the byte. */
export function sameAnswers(got, wanted, what) {
  for (const [where, text] of wanted) {
    const now = got.get(where);
    if (now === text) continue;
    const at = [...text].findIndex((c, i) => c !== now[i]);
    assert.fail(`${what}: ${where}\nnow    … ${now.slice(Math.max(0, at - 200), at + 200)}\nbefore … ${text.slice(Math.max(0, at - 200), at + 200)}`);
  }
}

/**
 * The same but for the last bits of doubles: the order in which they are added up is that of persons, and free. By those
 * bits rows with the same credit may change places; every other order stands.
 */
export function nearlySameAnswers(questions, got, wanted, what) {
  for (const [target, query] of questions) {
    const where = withQuery(target, query);
    const read = (answer) => JSON.parse(answer.slice(answer.indexOf('{')));
    const form = target.endsWith('/attribution') ? (answer) => READ.attribution(read(answer), query) : read;
    const found = difference(form(got.get(where)), form(wanted.get(where)), '', ['now', 'before']);
    assert.ok(!found, `${what}: ${where}\n${found}`);
  }
}

/** Send batches one after another. */
/** Rates are put, and what is counted is by them when this is through. */
export async function putRates(server, rates) {
  for (const rate of rates) assert.equal((await server.request('PUT', '/api/v1/rates', { json: rate })).status, 200);
  if (rates.length) await until('the rates to be used', async () => (await server.get('/api/v1/jobs')).jobs.find(({ kind }) => kind === 'rates').state === 'off');
}

export async function sendAll(server, batches) {
  for (const { path, body } of batches) {
    const reply = await server.request('POST', path, { as: 'write', body, headers: { 'Content-Type': 'application/json' } });
    assert.ok(reply.status === 200 || (reply.status === 400 && path !== '/v1/batch'), `${reply}`);
  }
}
