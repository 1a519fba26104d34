// tests/golden/questions.mjs -- what is asked, and the comparison with SQL.
//
// Is:    a list of requests that covers every question and its parameters, partly drawn from a seed.
// Never: leaves out of a failure what is needed to see it again: seed, zone, request, first difference.
import assert from 'node:assert/strict';
import { CONVERSION, NAMES, Random, SOURCES } from '../lib/history.mjs';
import { withQuery } from '../lib/server.mjs';
import { READ, difference } from './reading.mjs';

const MODELS = 'linear,first,last,last_non_direct,position,time_decay';

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
  ask('breakdown', { by: 'source', conversion: CONVERSION }, { by: 'campaign', ...middle, sort: 'revenue' }, { by: 'medium', ...drawn(), event: name(), sort: 'sessions' });
  ask('funnel', { step: ['Page Viewed', 'Sign Up', CONVERSION], window: '7d', by: 'source' }, { step: ['Page Viewed', 'Add "To" Cart', 'Checkout Started', CONVERSION], window: 'none', by: 'campaign' },
    { step: ['Page Viewed', 'Page Viewed', CONVERSION], window: '1h' }, { step: ['Page Viewed', 'Оплата', 'Page Viewed'], window: '30m', by: 'source', filter: `source:is_not:${source()}` },
    { step: [name(), name(), name(), name()], window: random.pick(['1d', '10d', '30m']), by: 'source', ...drawn() }, { step: [CONVERSION, 'No such event'], ...drawn() });
  for (const unit of ['day', 'week', 'month'])
    for (const cohorts of ['first', 'recurring'])
      ask('retention', { unit, cohorts, periods: unit === 'month' ? 2 : 7, mode: 'on', start: 'Page Viewed', return: CONVERSION, ...drawn() }, { unit, cohorts, periods: 3, mode: 'on_or_after', by: 'source', ...middle });
  ask('retention', { unit: 'week', periods: 4, start: name(), filter: `source:is:${source()}` }, { unit: 'day', periods: 9, cohorts: 'recurring', return: name(), by: 'campaign', ...instants });
  for (const direction of ['from', 'to'])
    ask('paths', { anchor: 'Page Viewed', direction, depth: 3, limit: 50 }, { anchor: CONVERSION, direction, depth: 3, limit: 2, window: '30m', collapse: 'true', ...drawn() },
      { anchor: 'Page Viewed', direction, depth: 3, limit: 3, collapse: 'true', occurrences: 'first', ...drawn() }, { anchor: name(), direction, depth: 3, limit: 50, window: 'none', filter: `source:is_not:${source()}`, occurrences: 'first' });
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

/** Compare every answer of the server with SQL's. */
export async function compareAll(server, oracle, history, persons = 12) {
  const session = await oracle.session();
  const random = new Random(history.seed + 1);
  const known = await oracle.persons();
  const some = known.length <= persons ? known : Array.from({ length: persons }, () => random.pick(known));
  const questions = questionsOf(history.seed, session, some);
  for (const question of questions) await compareOne(server, oracle, history, question);
  return questions;
}

async function compareOne(server, oracle, history, [target, query]) {
  const where = `seed ${history.seed}, ${history.items.length} items, ${server.env.DEMETRA_TIMEZONE ?? 'default zone'}: ${withQuery(target, query)}`;
  const route = target.split('/')[3];
  let found;
  try {
    const cell = target.endsWith('/attribution/journeys');
    if (cell && !(await oracle.knows(query))) {
      await server.refused(target, query, 'key');
      return;
    }
    const wanted = await oracle.answer(target, query);
    const got = cell ? READ.cell(await server.all(target, 'journeys', query)) : READ[route](await server.get(target, query), query);
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
  for (const i of places.filter((place) => place < wanted.events.length)) {
    const { body } = await server.get(`/api/v1/raw/${got.events[i].raw}`);
    assert.deepEqual(JSON.parse(body), history.items[wanted.events[i].seq], `event ${i} of ${got.person} in the raw log`);
  }
  for (const event of got.events) delete event.raw;
  for (const event of wanted.events) delete event.seq;
}

/** Every answer as it stands, by its request. */
export async function allAnswers(server, questions) {
  const answers = new Map();
  for (const [target, query] of questions) {
    const where = withQuery(target, query);
    const reply = await server.request('GET', where);
    answers.set(where, `${reply.status} ${reply.text().replace(/,"request_id":"[^"]*"/, '')}`);
  }
  return answers;
}

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
export async function sendAll(server, batches) {
  for (const { path, body } of batches) {
    const reply = await server.request('POST', path, { as: 'write', body, headers: { 'Content-Type': 'application/json' } });
    assert.ok(reply.status === 200 || (reply.status === 400 && path !== '/v1/batch'), `${reply}`);
  }
}
