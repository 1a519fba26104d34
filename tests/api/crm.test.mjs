// The CRM sample through the V10 routes: every number of spec/3, and each list against the CSV itself.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { contractsOf, houseTouch, platformOf, readCrm, tally } from '../lib/crm.mjs';
import { SAMPLES, Server, newFolder, run, ADMIN, WRITE_KEY } from '../lib/server.mjs';

const EVENTS = path.join(SAMPLES, 'events.csv'), CONTRACTS = path.join(SAMPLES, 'contracts.csv');
const V10 = '/api/data-analytics/v10';
const crm = readCrm(EVENTS, CONTRACTS);

const SUMMARY = {
  total_events: 17136, unique_clients: 4570, first_touch_events: 4570, mid_and_last_touch_events: 12566,
  mid_funnel_events: 12142, contracts: 424, total_revenue: 25142227, unique_platforms: 9, clients_with_contract: 294,
  data_multiplier: 3.75,
};
const PLATFORMS = [
  ['unknown', 14905, 4519, 201, 14524282], ['paid_search', 937, 417, 208, 9843455], ['facebook', 564, 213, 0, 0],
  ['paid_social', 385, 148, 0, 0], ['event', 258, 68, 3, 81750], ['google', 84, 51, 12, 692740],
  ['email', 1, 1, 0, 0], ['telegram', 1, 1, 0, 0], ['viber', 1, 1, 0, 0],
];
const ATTRIBUTED = [
  ['unknown', 313, 20240227, '7.6', '10.2'], ['paid_search', 82, 3610000, '3.9', '2.3'],
  ['google', 24, 1120000, '8.6', '9.3'], ['facebook', 3, 113000, '10.0', '13.0'], ['event', 2, 59000, '9.0', '5.0'],
];

async function specTables(server) {
  assert.deepEqual(await server.get(`${V10}/summary/prod`), SUMMARY);
  const { platforms, attributed } = await server.get(`${V10}/platforms/touches`);
  const own = platforms.map((row) => [row.platform, row.events, row.clients, row.contracts, row.revenue]);
  assert.deepEqual(own.slice(0, 6), PLATFORMS.slice(0, 6));
  assert.deepEqual(own.slice(6).sort(), PLATFORMS.slice(6));
  assert.deepEqual(attributed.map((row) => [row.platform, row.contracts, row.revenue, row.avg_touches.toFixed(1), row.avg_days.toFixed(1)]), ATTRIBUTED);
}

const folder = newFolder(test);
const env = { DEMETRA_ADMIN_TOKEN: ADMIN, DEMETRA_WRITE_KEY: WRITE_KEY };
const importing = () => run(['import', 'crm', '--events', EVENTS, '--contracts', CONTRACTS], { folder, env });
const first = await importing();
const server = await Server.start(test, { folder });

test('the import command says what it kept, repeated and rejected', () => {
  assert.deepEqual(first, {
    code: 0, signal: null, stderr: '',
    stdout: 'contracts.csv: 473 rows: 473 kept, 0 repeated, 0 rejected, 49 of the kept do not count (cost not above 0)\n' +
      'events.csv: 17183 rows: 17136 kept, 37 repeated, 10 rejected\n',
  });
});

test('every number of the two tables, after an import by command', () => specTables(server));

test('rates and averages of the platforms are those of the CSV', async () => {
  const { platforms } = await server.get(`${V10}/platforms/touches`);
  const contracts = contractsOf(crm);
  for (const row of platforms) {
    const own = contracts.filter(({ event }) => event.platform === row.platform);
    const average = (of) => (own.length ? own.reduce((sum, contract) => sum + of(contract), 0) / own.length : null);
    assert.equal(row.conversion_rate, row.contracts / row.clients);
    assert.equal(row.avg_touches, average(({ touches }) => touches.length));
    assert.equal(row.avg_days, average(({ days }) => days));
  }
});

test('importing the same files again changes nothing', async () => {
  const before = await server.get('/api/v1/rejects', { limit: 500 });
  await server.stop();
  const again = await importing();
  await server.spawn();
  assert.match(again.stdout, /contracts\.csv: 473 rows: 0 kept, 473 repeated, 0 rejected/);
  assert.match(again.stdout, /events\.csv: 17183 rows: 0 kept, 17173 repeated, 10 rejected/);
  await specTables(server);
  assert.deepEqual(await server.get('/api/v1/rejects', { limit: 500 }), before);
});

test('every event once, page by page, with its stage and contract', async () => {
  const got = await server.all(`${V10}/events/funnel`, 'events', { limit: 1000 });
  assert.equal(got.length, 17136);
  const want = new Map(crm.events.map((event) => [event.event_id, event]));
  for (const event of got) {
    const row = want.get(event.event_id);
    assert.ok(row, `${event.event_id} once only`);
    want.delete(event.event_id);
    assert.deepEqual(event, {
      event_id: row.event_id, id_source: row.id_source, event_at: new Date(row.at).toISOString(), stage: row.stage,
      platform: row.platform, source_type: row.source_type, utm_source: row.utm_source, utm_medium: row.utm_medium,
      utm_campaign: row.utm_campaign, campaign_id: row.campaign_id, doc_id: row.doc_id, is_contract: row.is_contract,
      contract_amount: row.is_contract ? Number(row.amount) : null, contract_date: row.date,
    });
  }
  assert.equal(want.size, 0);
});

test('events of a platform between two days of the reporting zone', async () => {
  const query = { platform: 'Facebook', start_date: '2025-04-01', end_date: '2025-04-30', limit: 1000 };
  const got = await server.all(`${V10}/events/funnel`, 'events', query);
  const from = Date.parse('2025-04-01T00:00:00+03:00'), to = Date.parse('2025-05-01T00:00:00+03:00'); /* Kyiv */
  const want = crm.events.filter((event) => event.platform === 'facebook' && event.at >= from && event.at < to);
  assert.ok(want.length > 10);
  assert.deepEqual(got.map(({ event_id }) => event_id).sort(), want.map(({ event_id }) => event_id).sort());
});

test('each contract with its whole journey', async () => {
  const got = await server.all(`${V10}/contracts/multi-touch`, 'contracts', { limit: 200 });
  const want = new Map(contractsOf(crm).map((contract) => [contract.event.doc_id, contract]));
  const shown = (event) => event && { event_at: new Date(event.at).toISOString(), platform: event.platform, utm_source: event.utm_source, campaign_id: event.campaign_id, is_contract: event.is_contract };
  assert.equal(got.length, 424);
  for (const contract of got) {
    const { client, event, touches, days, attributed } = want.get(contract.doc_id);
    want.delete(contract.doc_id);
    assert.deepEqual(contract, {
      doc_id: event.doc_id, id_source: client, contract_date: event.date, contract_amount: Number(event.amount),
      attributed_platform: attributed, touches: touches.length, days, first_touch: shown(touches[0]),
      last_paid_touch: shown(touches.findLast((touch) => touch.paid)) ?? null, journey: touches.map(shown),
    });
    assert.equal(houseTouch(touches).platform, contract.attributed_platform);
  }
  assert.equal(want.size, 0);
});

test('the funnel of each platform by campaign', async () => {
  for (const platform of ['facebook', 'google', 'paid_search', 'event', 'unknown']) {
    const { campaigns, ...rest } = await server.get(`${V10}/campaigns/${platform}/funnel`);
    assert.deepEqual(rest, { platform });
    const rows = tally(crm.events, (event) => (event.platform === platform ? JSON.stringify([event.campaign_id, event.utm_campaign]) : null));
    for (const row of campaigns) {
      const key = JSON.stringify([row.campaign_id, row.campaign]);
      const { first: opened, mid, last, clients, contracts, revenue } = rows.get(key);
      rows.delete(key);
      assert.deepEqual(row, { campaign_id: row.campaign_id, campaign: row.campaign, first: opened, mid, last, clients, contracts, revenue });
    }
    assert.equal(rows.size, 0, platform);
  }
  assert.deepEqual(await server.get(`${V10}/campaigns/nothing/funnel`), { platform: 'nothing', campaigns: [] });
});

test('the 49 contracts that do not count are listed apart', async () => {
  const list = await server.all('/api/v1/contracts', 'contracts', { counted: false, limit: 20 });
  const want = crm.contracts.filter((row) => Number(row.total_cost_of_the_contract) <= 0);
  assert.equal(want.length, 49);
  assert.deepEqual(list.map((row) => [row.doc_id, row.client, row.cost, row.date, row.counted]).sort(),
    want.map((row) => [row.doc_id, row.id_source, Number(row.total_cost_of_the_contract), row.currentdate, false]).sort());
  assert.equal((await server.get('/api/v1/contracts', { counted: true, limit: 1 })).total, 424);
  assert.equal((await server.get('/api/v1/contracts', { limit: 1 })).total, 473);
});

test('other rules give other tables, and the old ones give the old tables back', async () => {
  const rules = await server.get('/api/v1/rules');
  assert.equal(rules.rules.length, 11);
  const without = { rules: rules.rules.filter(({ platform }) => platform !== 'google') };
  const put = (json) => server.request('PUT', '/api/v1/rules', { json });
  assert.deepEqual((await put(without)).json(), without);
  const { platforms, attributed } = await server.get(`${V10}/platforms/touches`);
  const google = (row) => ['google', 'googleads', 'adwords'].includes(row.utm_source.trim().toLowerCase());
  const changed = readCrm(EVENTS, CONTRACTS, (row) => platformOf(google(row) ? { ...row, utm_source: '' } : row));
  for (const row of platforms) assert.equal(row.events, tally(changed.events, (event) => event.platform).get(row.platform).events);
  assert.deepEqual([platforms.some(({ platform }) => platform === 'google'), attributed.some(({ platform }) => platform === 'google')], [false, false]);
  assert.equal((await server.get(`${V10}/summary/prod`)).unique_platforms, 8);
  await server.restart();
  assert.deepEqual(await server.get('/api/v1/rules'), without, 'rules outlive a restart');
  await put(rules);
  await specTables(server);
});

test('rules that make no sense are refused with the place, and nothing changes', async () => {
  const before = await server.get('/api/v1/rules');
  const good = { fields: ['source'], op: 'is', values: ['x'], platform: 'x', paid: false };
  const bad = [
    [{ ...good, fields: ['nothing'] }, 'rules[1].fields'], [{ ...good, fields: [] }, 'rules[1].fields'],
    [{ ...good, op: 'equals' }, 'rules[1].op'], [{ ...good, values: [] }, 'rules[1].values'],
    [{ ...good, values: [' '] }, 'rules[1].values'], [{ ...good, platform: '' }, 'rules[1].platform'],
    [{ ...good, paid: 'yes' }, 'rules[1].paid'], [{ ...good, fields: ['platform'] }, 'rules[1].fields'],
  ];
  for (const [rule, field] of bad) {
    const reply = await server.request('PUT', '/api/v1/rules', { json: { rules: [good, rule] } });
    assert.equal(reply.status, 400, `${reply}`);
    assert.equal(reply.json().field, field);
  }
  for (const body of ['', '[]', '{}', '{"rules":{}}', 'nonsense'])
    assert.equal((await server.request('PUT', '/api/v1/rules', { body })).status, 400, body);
  assert.deepEqual(await server.get('/api/v1/rules'), before);
});

test('the same numbers when the files are uploaded', async (t) => {
  const other = await Server.start(t);
  const contracts = await other.upload('crm_contracts', readFileSync(CONTRACTS), 'contracts.csv');
  assert.deepEqual(pick(contracts), { kind: 'crm_contracts', name: 'contracts.csv', state: 'done', rows: 473, kept: 473, repeated: 0, rejected: 0, uncounted: 49, error: null });
  const events = await other.upload('crm_events', readFileSync(EVENTS), 'events.csv');
  assert.deepEqual(pick(events), { kind: 'crm_events', name: 'events.csv', state: 'done', rows: 17183, kept: 17136, repeated: 37, rejected: 10, uncounted: 0, error: null });
  await specTables(other);
  await other.restart();
  await specTables(other);
});

test('the same numbers when the events come before their contracts', async (t) => {
  const other = await Server.start(t);
  await other.upload('crm_events', readFileSync(EVENTS));
  assert.equal((await other.get(`${V10}/summary/prod`)).contracts, 0);
  await other.upload('crm_contracts', readFileSync(CONTRACTS));
  await specTables(other);
});

test('web events of the same people stay out of the CRM tables', async (t) => {
  const other = await Server.start(t);
  await other.send('track', { userId: '42', event: 'Order Completed', properties: { revenue: 5 }, context: { campaign: { source: 'google' } } });
  await other.send('identify', { userId: '42', traits: { client_id: 'C00073' } });
  await other.upload('crm_contracts', readFileSync(CONTRACTS));
  await other.upload('crm_events', readFileSync(EVENTS));
  await other.send('page', { userId: '42', anonymousId: 'browser' });
  await specTables(other);
  assert.equal((await other.get(`${V10}/attribution/compare`)).contracts, 424);
  const events = await other.all(`${V10}/events/funnel`, 'events', { limit: 1000 });
  const clients = new Map(crm.events.map((event) => [event.event_id, event.id_source]));
  assert.equal(events.length, 17136);
  for (const { event_id, id_source } of events) assert.equal(id_source, clients.get(event_id), 'a client keeps its name');
  const contracts = await other.all(`${V10}/contracts/multi-touch`, 'contracts', { limit: 500 });
  const signers = new Map(crm.contracts.map((row) => [row.doc_id, row.id_source]));
  for (const { doc_id, id_source } of contracts) assert.equal(id_source, signers.get(doc_id), 'so does one that signed');
});

test('nonsense in a parameter is refused with its name', async () => {
  await server.refused(`${V10}/events/funnel`, { start_date: 'soon' }, 'start_date');
  await server.refused(`${V10}/events/funnel`, { end_date: '2025-02-30' }, 'end_date');
  await server.refused(`${V10}/events/funnel`, { start_date: '2025-05-01', end_date: '2025-04-01' }, 'end_date');
  await server.refused(`${V10}/events/funnel`, { limit: 0 }, 'limit');
  await server.refused(`${V10}/events/funnel`, { cursor: 'x' }, 'cursor');
  await server.refused(`${V10}/contracts/multi-touch`, { limit: 'many' }, 'limit');
  await server.refused(`${V10}/attribution/compare`, { by: 'colour' }, 'by');
  await server.refused(`${V10}/attribution/compare`, { lookback: '-3d' }, 'lookback');
  await server.refused(`${V10}/attribution/compare`, { half_life: 'x' }, 'half_life');
  await server.refused('/api/v1/contracts', { counted: 'perhaps' }, 'counted');
});

function pick({ kind, name, state, rows, kept, repeated, rejected, uncounted, error }) {
  return { kind, name, state, rows, kept, repeated, rejected, uncounted, error };
}
