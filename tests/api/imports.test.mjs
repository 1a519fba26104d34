// Files read in: what is kept, repeated, rejected; rejects listed, corrected, replayed; an import taken back.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { readCrm } from '../lib/crm.mjs';
import { SAMPLES, Server } from '../lib/server.mjs';

const EVENTS = readFileSync(path.join(SAMPLES, 'events.csv')), CONTRACTS = readFileSync(path.join(SAMPLES, 'contracts.csv'));
const SUMMARY = '/api/data-analytics/v10/summary/prod';
const HEADER = 'event_id,id_source,event_at,doc_id,source_type,utm_source,utm_medium,utm_campaign,campaign_id';
const REASONS = {
  2819: 'id_source (the client) is empty', 4879: 'id_source (the client) is empty', 6946: 'id_source (the client) is empty',
  8473: 'event_at "2025-02-30T10:00:00Z" is no RFC 3339 instant', 9602: 'event_at "2025-13-40T00:00:00Z" is no RFC 3339 instant',
  9787: 'event_at "not-a-date" is no RFC 3339 instant', 11905: 'id_source (the client) is empty',
  12893: 'event_at "20.10.2025" is no RFC 3339 instant', 16201: 'event_at is empty', 16233: '2 fields where the header has 9',
};

const server = await Server.start(test);
const contracts = await server.upload('crm_contracts', CONTRACTS, 'contracts.csv');
const events = await server.upload('crm_events', EVENTS, 'events.csv');
const whole = await server.get(SUMMARY);

test('the ten malformed rows are listed with line, reason and text', async () => {
  const { rejects, open } = await server.get('/api/v1/rejects', { limit: 500 });
  const text = new Map(readCrm(path.join(SAMPLES, 'events.csv'), path.join(SAMPLES, 'contracts.csv')).rejects.map((row) => [row.line, row.text]));
  assert.equal(open, 10);
  assert.deepEqual(Object.fromEntries(rejects.map(({ line, reason }) => [line, reason])), REASONS);
  for (const reject of rejects) {
    assert.deepEqual([reject.source, reject.kind, reject.import, reject.state], ['CRM', 'crm_events', events.id, 'open']);
    assert.equal(reject.body, text.get(reject.line).trim());
  }
});

test('rejects by import, by state, by page', async () => {
  assert.equal((await server.get('/api/v1/rejects', { import: events.id })).rejects.length, 10);
  assert.deepEqual((await server.get('/api/v1/rejects', { import: contracts.id })).rejects, []);
  assert.deepEqual((await server.get('/api/v1/rejects', { state: 'replayed' })).rejects, []);
  const all = await server.get('/api/v1/rejects', { state: 'all', limit: 500 });
  assert.deepEqual(await server.all('/api/v1/rejects', 'rejects', { state: 'all', limit: 3 }), all.rejects);
  await server.refused('/api/v1/rejects', { state: 'shut' }, 'state');
  await server.refused('/api/v1/rejects', { limit: 501 }, 'limit');
  await server.refused('/api/v1/rejects', { cursor: 'x' }, 'cursor');
  await server.refused('/api/v1/rejects', { import: 'x' }, 'import');
  await server.refused('/api/v1/rejects.csv', { state: 'shut' }, 'state');
});

test('rejects as a file that a spreadsheet may open', async (t) => {
  const reply = await server.request('GET', '/api/v1/rejects.csv');
  assert.equal(reply.headers['content-type'], 'text/csv; charset=utf-8');
  assert.equal(reply.headers['content-disposition'], 'attachment; filename="rejects.csv"');
  const lines = reply.text().split('\r\n');
  assert.equal(lines[0], 'source,kind,line,reason,body,state,at');
  assert.equal(lines.length, 12);
  assert.match(lines[1], /^CRM,crm_events,2819,id_source \(the client\) is empty,"E900100,,2025-05-01T10:00:00Z,,site,,,,",open,\d{4}-/);
  const other = await Server.start(t);
  await other.upload('crm_events', `${HEADER}\n=HYPERLINK("http://x"),C1\n+1,C1\n-2,C1\n@x,C1\n`);
  const rows = (await other.request('GET', '/api/v1/rejects.csv')).text().split('\r\n').slice(1, 5);
  assert.equal(rows.length, 4);
  for (const row of rows) assert.match(row, /,"'[=+@-]/, 'a formula is made a text');
});

test('an import listed, read by itself, taken back and read in again', async () => {
  const { imports, next } = await server.get('/api/v1/imports');
  assert.deepEqual(imports.slice(0, 2), [events, contracts], 'the newest first');
  assert.equal(next, null);
  assert.deepEqual(await server.all('/api/v1/imports', 'imports', { limit: 1 }), imports);
  assert.deepEqual([events.bytes_done, events.bytes_total], [EVENTS.length, EVENTS.length]);
  assert.equal((await server.request('GET', '/api/v1/imports/99')).status, 404);
  assert.equal((await server.request('GET', '/api/v1/imports/x')).status, 404);
  await server.refused('/api/v1/imports', { limit: 0 }, 'limit');
  await server.refused('/api/v1/imports', { cursor: 'x' }, 'cursor');

  const undo = await server.request('DELETE', `/api/v1/imports/${contracts.id}`);
  assert.equal(undo.json().state, 'undone');
  const without = await server.get(SUMMARY);
  assert.deepEqual([without.total_events, without.contracts, without.total_revenue, without.clients_with_contract], [17136, 0, 0, 0]);
  assert.equal((await server.get('/api/v1/contracts')).total, 0);
  await server.upload('crm_contracts', CONTRACTS);
  assert.deepEqual(await server.get(SUMMARY), whole);

  await server.request('DELETE', `/api/v1/imports/${events.id}`);
  assert.equal((await server.get(SUMMARY)).total_events, 0);
  assert.equal((await server.get('/api/v1/rejects')).open, 0);
  await server.restart();
  assert.equal((await server.get(SUMMARY)).total_events, 0, 'still so after a restart');
  const again = await server.upload('crm_events', EVENTS);
  assert.deepEqual([again.kept, again.repeated, again.rejected], [17136, 37, 10]);
  assert.deepEqual(await server.get(SUMMARY), whole);
});

test('taking back an import that only repeated changes nothing', async () => {
  const again = await server.upload('crm_events', EVENTS);
  assert.deepEqual([again.kept, again.repeated, again.rejected], [0, 17173, 10]);
  await server.request('DELETE', `/api/v1/imports/${again.id}`);
  assert.deepEqual(await server.get(SUMMARY), whole);
  assert.equal((await server.get('/api/v1/rejects')).open, 10, 'the rows that the other import rejected stay');
});

test('an import taken back twice, and one that never was', async () => {
  const again = await server.upload('crm_events', `${HEADER}\nZ1,C1,2025-01-01T00:00:00Z,,,,,,\n`);
  assert.equal((await server.request('DELETE', `/api/v1/imports/${again.id}`)).status, 200);
  const twice = await server.request('DELETE', `/api/v1/imports/${again.id}`);
  assert.equal(twice.status, 200);
  assert.equal(twice.json().state, 'undone');
  assert.equal((await server.request('DELETE', '/api/v1/imports/999')).status, 404);
  assert.deepEqual(await server.get(SUMMARY), whole);
});

test('a reject goes in once it is corrected, and only once', async () => {
  const { rejects } = await server.get('/api/v1/rejects', { limit: 500 });
  const [short] = rejects.filter(({ line }) => line === 16233);
  const replay = (json) => server.request('POST', `/api/v1/rejects/${short.id}/replay`, json && { json });
  const still = await replay();
  assert.equal(still.status, 400);
  assert.deepEqual([still.json().field, still.json().detail], ['body', '2 fields where the header has 9']);
  assert.equal((await replay({ body: 'E900200,C00001,never,,,,,,' })).json().detail, 'event_at "never" is no RFC 3339 instant');
  assert.equal((await server.get(SUMMARY)).total_events, 17136);
  const done = await replay({ body: 'E900200,C00001,2025-05-05T10:00:00Z,,site,google,cpc,,77' });
  assert.equal(done.status, 200, `${done}`);
  assert.equal(done.json().state, 'replayed');
  assert.equal((await server.get(SUMMARY)).total_events, 17137);
  assert.equal((await replay({ body: 'E900200,C00001,2025-05-05T10:00:00Z,,,,,,' })).status, 409);
  assert.equal((await server.get('/api/v1/rejects')).open, 9);
  const { events: journey } = await server.get('/api/v1/journeys/C00001', { limit: 1000 });
  const event = journey.find(({ at }) => at === '2025-05-05T10:00:00.000Z');
  assert.deepEqual([event.platform, event.source, event.event], ['google', 'google', 'CRM Touch']);
  assert.match((await server.get(`/api/v1/raw/${event.raw}`)).body, /^E900200,C00001,2025-05-05T10:00:00Z,,site,google,cpc,,77/);
  await server.restart();
  assert.equal((await server.get(SUMMARY)).total_events, 17137);
  assert.equal((await server.get('/api/v1/rejects')).open, 9);
});

test('all rejects tried again as they are: none passes', async () => {
  const before = await server.get('/api/v1/rejects');
  const reply = await server.request('POST', '/api/v1/rejects/replay');
  assert.deepEqual(reply.json(), { replayed: 0, still_rejected: 9 });
  assert.deepEqual(await server.get('/api/v1/rejects'), before);
  for (const target of ['/api/v1/rejects/999/replay', '/api/v1/rejects/x/replay'])
    assert.equal((await server.request('POST', target)).status, 404);
  const broken = await server.request('POST', `/api/v1/rejects/${before.rejects[0].id}/replay`, { body: '{"body":' });
  assert.equal(broken.status, 400);
});

test('an event over HTTP that was rejected can be replayed too', async (t) => {
  const other = await Server.start(t);
  await other.send('batch', { batch: [{ type: 'track', event: 'Bought', messageId: 'm1' }, { type: 'page', userId: '1', messageId: 'm2' }] });
  const { rejects: [bad] } = await other.get('/api/v1/rejects');
  assert.deepEqual([bad.reason, bad.source, bad.import, bad.line], ['neither userId nor anonymousId', 'Website', null, null]);
  const fixed = JSON.stringify({ ...JSON.parse(bad.body), userId: '1', properties: { revenue: 7 } });
  assert.equal((await other.post(`/api/v1/rejects/${bad.id}/replay`, { body: fixed })).status, 200);
  const { names } = await other.get('/api/v1/names');
  assert.deepEqual(names.map(({ name, events: n, revenue }) => [name, n, revenue]), [['Page Viewed', 1, 0], ['Bought', 1, 700]]);
});

test('files as they come: byte order mark, CRLF, quotes, other order and more columns, no last line end', async (t) => {
  const other = await Server.start(t);
  const file = '\uFEFFid_source,event_id,extra,event_at,doc_id,source_type,utm_source,utm_medium,utm_campaign,campaign_id\r\n' +
    'C1,X1,,2025-03-01T10:00:00+02:00,,,Facebook ,cpc,"Spring, ""new""\r\nlook",\r\n' +
    '\r\n' +
    'C1,X2,"a ""quoted"" cell",2025-03-02T10:00:00Z,D1,,,,,\r\n' +
    'C2,X3,,2025-03-02T10:00:00Z,,,"open,,,\r\n' +
    'C2,X4,,2025-03-03 10:00:00Z,,,,,,';
  const done = await other.upload('crm_events', file);
  assert.deepEqual([done.state, done.kept, done.rejected, done.bytes_done], ['done', 3, 1, Buffer.byteLength(file)]);
  await other.upload('crm_contracts', 'total_cost_of_the_contract,doc_id,id_source,currentdate\n100,D1,C1,2025-03-05\n0,D2,C1,2025-03-05\n-5,D3,C1,2025-03-05\n');
  const { events: rows } = await other.get('/api/data-analytics/v10/events/funnel');
  assert.deepEqual(rows.map((row) => [row.event_id, row.id_source, row.event_at, row.platform, row.utm_campaign, row.contract_amount]), [
    ['X1', 'C1', '2025-03-01T08:00:00.000Z', 'facebook', 'Spring, "new"\r\nlook', null],
    ['X2', 'C1', '2025-03-02T10:00:00.000Z', 'unknown', '', 100],
    ['X4', 'C2', '2025-03-03T10:00:00.000Z', 'unknown', '', null],
  ]);
  const { rejects: [bad] } = await other.get('/api/v1/rejects');
  assert.deepEqual([bad.line, bad.reason], [6, 'a quote is not closed, or stands inside a cell']);
});

test('a contract that comes again with another cost is read anew', async (t) => {
  const other = await Server.start(t);
  const header = 'doc_id,id_source,total_cost_of_the_contract,currentdate\n';
  await other.upload('crm_events', `${HEADER}\nX1,C1,2025-03-01T10:00:00Z,D1,,,,,\n`);
  const revenue = async () => (await other.get(SUMMARY)).total_revenue;
  await other.upload('crm_contracts', `${header}D1,C1,100,2025-03-05\n`);
  assert.equal(await revenue(), 100);
  const changed = await other.upload('crm_contracts', `${header}D1,C1,250,2025-03-05\n`);
  assert.deepEqual([changed.kept, changed.repeated], [1, 0]);
  assert.equal(await revenue(), 250);
  const zero = await other.upload('crm_contracts', `${header}D1,C1,0,2025-03-05\n`);
  assert.deepEqual([zero.kept, zero.uncounted], [1, 1]);
  assert.equal(await revenue(), 0);
  await other.request('DELETE', `/api/v1/imports/${zero.id}`);
  assert.equal(await revenue(), 250, 'taken back, the one before holds');
  await other.restart();
  assert.equal(await revenue(), 250);
});

test('a contract to the cent', async (t) => {
  const other = await Server.start(t);
  await other.upload('crm_contracts', 'doc_id,id_source,total_cost_of_the_contract,currentdate\nD1,C1,100.55,2025-03-05\nD2,C1,0.10,2025-03-06\nD3,C1,1e3,2025-03-06\nD4,C1,ten,2025-03-06\nD5,C1,1,2025-02-30\n,C1,1,2025-03-06\n');
  const done = await other.upload('crm_events', `${HEADER}\nX1,C1,2025-03-01T10:00:00Z,,,,,,\nX2,C1,2025-03-05T10:00:00Z,D1,,,,,\nX3,C1,2025-03-06T10:00:00Z,D2,,,,,\n`);
  assert.equal(done.kept, 3);
  assert.deepEqual([(await other.get(SUMMARY)).total_revenue, (await other.get(SUMMARY)).contracts], [100.65, 2]);
  const { contracts: list } = await other.get('/api/data-analytics/v10/contracts/multi-touch');
  assert.deepEqual(list.map(({ contract_amount }) => contract_amount), [100.55, 0.1]);
  const { rejects } = await other.get('/api/v1/rejects');
  assert.deepEqual(rejects.map(({ line, reason }) => [line, reason]), [
    [4, 'total_cost_of_the_contract "1e3" is no amount'], [5, 'total_cost_of_the_contract "ten" is no amount'],
    [6, 'currentdate "2025-02-30" is no date'], [7, 'doc_id is empty'],
  ]);
});

test('what is no such file fails with a sentence and keeps nothing', async () => {
  const bad = async (kind, body) => {
    const reply = await server.request('POST', `/api/v1/imports?kind=${kind}`, { body });
    if (reply.status !== 202) return reply.json().detail;
    return (await server.imported(reply.json().id)).error;
  };
  assert.equal(await bad('crm_events', 'a,b,c\n1,2,3\n'), 'the header line has no column event_id');
  assert.equal(await bad('crm_contracts', EVENTS), 'the header line has no column total_cost_of_the_contract');
  assert.equal(await bad('crm_events', Buffer.from([0, 1, 2, 255, 10, 9, 8])), 'the header line has no column event_id');
  assert.equal(await bad('crm_events', '\n\n\n'), 'the header line has no column event_id');
  assert.equal(await bad('crm_events', ''), 'the file is empty');
  const wrong = await server.request('POST', '/api/v1/imports?kind=crm', { body: EVENTS });
  assert.deepEqual([wrong.status, wrong.json().field], [400, 'kind']);
  const none = await server.request('POST', '/api/v1/imports', { body: EVENTS });
  assert.deepEqual([none.status, none.json().field], [400, 'kind']);
  const long = await server.request('POST', `/api/v1/imports?kind=crm_events&name=${'n'.repeat(201)}`, { body: EVENTS });
  assert.deepEqual([long.status, long.json().field], [400, 'name']);
  const failed = (await server.get('/api/v1/imports')).imports.filter(({ state }) => state === 'failed');
  assert.ok(failed.length >= 4 && failed.every(({ kept, error, finished_at }) => kept === 0 && error && finished_at));
  assert.deepEqual(readdirSync(path.join(server.folder, 'spool')), [], 'no upload is left over');
});

test('a file larger than the operator allows is refused before it is read', async (t) => {
  const other = await Server.start(t, { env: { DEMETRA_IMPORT_MAX_BYTES: '1000' } });
  const reply = await other.request('POST', '/api/v1/imports?kind=crm_events', { body: 'x'.repeat(1001) });
  assert.equal(reply.status, 413, `${reply}`);
  const chunked = await other.request('POST', '/api/v1/imports?kind=crm_events', { headers: { 'Transfer-Encoding': 'chunked' }, body: 'x'.repeat(1001) });
  assert.equal(chunked.status, 413, `${chunked}`);
  assert.equal((await other.get('/api/v1/imports')).imports.length, 0);
  assert.deepEqual(readdirSync(path.join(other.folder, 'spool')), []);
});
