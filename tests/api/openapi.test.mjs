// The API's own description: complete, strict, the same from the command and from the server.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { ROOT, Server, newFolder, run, withQuery } from '../lib/server.mjs';

const server = await Server.start(test);
const document = await server.get('/openapi.json');
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const operations = Object.entries(document.paths).flatMap(([at, methods]) => Object.entries(methods).map(([method, route]) => ({ at, method, route })));

/** Every value in a tree, with where it stands. */
function* walk(value, where = '#') {
  yield [where, value];
  if (value && typeof value === 'object') for (const [key, inner] of Object.entries(value)) yield* walk(inner, `${where}/${key}`);
}

test('every reference leads somewhere', () => {
  for (const [where, value] of walk(document)) {
    if (!value?.$ref) continue;
    const found = value.$ref.slice(2).split('/').reduce((at, key) => at?.[key], document);
    assert.ok(found, `${where}: ${value.$ref}`);
  }
});

test('every schema is valid and serves some route', () => {
  const names = Object.keys(document.components.schemas);
  for (const name of names) assert.ok(server.contract.validator(name), name);
  const used = new Set([...walk(document)].map(([, value]) => value?.$ref?.split('/').at(-1)));
  assert.deepEqual(names.filter((name) => !used.has(name)), []);
});

test('replies say all of their members, and have no others', () => {
  const taken = new Set(operations.map(({ route }) => route.requestBody?.content['application/json'].schema.$ref));
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    if (taken.has(`#/components/schemas/${name}`)) continue;
    for (const [where, value] of walk(schema, name))
      if (value?.type === 'object') assert.ok('additionalProperties' in value && (value.required || !value.properties), where);
  }
});

test('each operation says who may, what it does, what it gives', () => {
  for (const { at, method, route } of operations) {
    assert.ok(METHODS.includes(method), at);
    assert.ok(['anyone', 'write key', 'read', 'admin'].includes(route['x-who']), at);
    assert.ok(route.summary && route.tags.length === 1, at);
    assert.ok(route.responses['2XX'] && route.responses.default, at);
    const named = [...at.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.deepEqual(route.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name), named, at);
    const names = route.parameters.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length, `${at}: a parameter twice`);
    for (const parameter of route.parameters.filter((one) => one.in === 'query')) assert.ok(parameter.description, `${at} ${parameter.name}`);
  }
});

/** The rows of the route tables, read from the sources: method, path; those that are hidden are left out. */
function tables() {
  const rows = [];
  for (const file of readdirSync(path.join(ROOT, 'src'), { recursive: true }).filter((name) => name.endsWith('.c'))) {
    const text = readFileSync(path.join(ROOT, 'src', file), 'utf8');
    const prefix = /#define V10 "([^"]+)"/.exec(text)?.[1] ?? '';
    for (const [, method, v10, at, rest] of text.matchAll(/\{\s*(GET|POST|PUT|PATCH|DELETE),\s*(V10 )?"(\/[^"]*)",([^}]*)\}/g))
      if (!rest.includes('ROUTE_HIDDEN')) rows.push(`${method} ${v10 ? prefix : ''}${at}`);
    for (const [, at, flags] of text.matchAll(/\b(?:EVENT|BATCH)\("([^"]+)", "[^"]*", (\w+)\)/g)) if (flags !== 'ROUTE_HIDDEN') rows.push(`POST ${at}`);
  }
  return rows.map((row) => row.replace('*', '')).sort();
}

test('every route of the tables is there, and no other', () => {
  const listed = operations.map(({ at, method }) => `${method.toUpperCase()} ${at}`).sort();
  assert.ok(listed.length > 40);
  assert.deepEqual(listed, tables());
});

test('the command prints the same', async (t) => {
  const { code, stdout, stderr } = await run(['openapi'], { folder: newFolder(t) });
  assert.deepEqual([code, stderr], [0, '']);
  const printed = JSON.parse(stdout);
  for (const paths of [printed.paths, document.paths])
    for (const at of ['/api/v1/imports', '/api/v1/ad-imports']) delete paths[at].post['x-body-max']; /* a setting */
  assert.deepEqual(printed, document);
});

/** Texts that people choose: anything goes. */
const FREE = new Set(['campaign', 'event', 'conversion', 'step', 'start', 'return', 'anchor', 'exclude', 'q', 'platform', 'code', 'name']);
/** What a route cannot do without. */
const NEEDS = {
  '/api/v1/channels/credit': { conversion: 'Bought' }, '/export/csv': { table: 'channels' }, '/export/json': { table: 'channels' },
  '/api/v1/values': { dim: 'platform' }, '/api/v1/funnel': { step: ['A', 'B'] }, '/api/v1/attribution': { conversion: 'Bought' },
  '/api/v1/attribution/journeys': { conversion: 'Bought', model: 'linear', key: 'unknown' },
  '/api/v1/paths': { anchor: 'Bought' }, '/api/v1/paths/persons': { anchor: 'Bought' }, '/api/v1/retention/persons': { cohort: '2025-02-10', from: '2025-02-10', to: '2025-02-10' },
  '/api/v1/properties': { event: 'Bought' }, '/api/v1/funnel/persons': { step: ['A', 'B'], reached: '1' },
};

test('every parameter that is not a free text is refused by its name when it makes no sense', async () => {
  await server.send('track', { event: 'Bought', userId: '999', properties: { revenue: 1 } });
  const { id } = (await server.post('/api/v1/segments', { name: 'x', kind: 'cohort', persons: ['999'] })).json();
  const file = await server.request('POST', '/api/v1/ad-imports', { body: 'date,clicks\n2026-02-01,1\n' });
  await server.post('/api/campaigns/', { campaign_id: '999', channel_used: '999' });
  let tried = 0;
  for (const { at, method, route } of operations) {
    const query = route.parameters.filter((parameter) => parameter.in === 'query' && !(FREE.has(parameter.name) && parameter.schema.type !== 'integer'));
    if (method !== 'get' || query.length === 0 || route['x-who'] !== 'read') continue;
    const target = at.replace('{person}', 'u:999').replace('segments/{id}', `segments/${id}`).replace('ad-imports/{id}', `ad-imports/${file.json().id}`).replace(/\{\w+\}/g, '999');
    const base = NEEDS[at] ?? {};
    const plain = await server.request('GET', withQuery(target, base));
    assert.equal(plain.status, 200, `${plain} (does NEEDS lack what this route cannot do without?)`);
    for (const { name } of query) {
      await server.refused(target, { ...base, [name]: 'no~sense' }, name);
      tried++;
    }
  }
  assert.ok(tried > 40, `${tried}`);
});
