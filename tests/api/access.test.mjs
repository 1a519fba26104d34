// Who may do what: every route against every kind of caller; logging in and out; what the server sends to browsers.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ADMIN, Server, WRITE_KEY, newFolder, run } from '../lib/server.mjs';

const folder = newFolder(test);
const env = { DEMETRA_ADMIN_TOKEN: ADMIN, DEMETRA_WRITE_KEY: WRITE_KEY };
const reading = (await run(['token', '--name', 'analyst', '--role', 'read'], { folder, env })).stdout.trim();
const server = await Server.start(test, { folder, args: ['--link'] });
const OURS = { 'X-Requested-With': 'demetra' };
const bearer = (token) => ({ Authorization: `Bearer ${token}` });

/** Log in and give the cookie as a browser would send it. */
async function logIn(token) {
  const reply = await server.post('/api/v1/login', { token }, { as: 'nobody' });
  assert.equal(reply.status, 204, `${reply}`);
  return cookieOf(reply);
}

function cookieOf(reply) {
  const [cookie, ...rest] = reply.headers['set-cookie'][0].split('; ');
  assert.deepEqual(rest.filter((part) => !part.startsWith('Max-Age')).sort(), ['HttpOnly', 'Path=/', 'SameSite=Lax']);
  return { Cookie: cookie };
}

/* ---- every route, every caller ---- */

const NEED = { anyone: 0, 'write key': 1, read: 2, admin: 3 };
const CALLERS = {
  nobody: { headers: async () => ({}), may: 0 },
  'write key': { headers: async () => ({ Authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}` }), may: 1 },
  'wrong token': { headers: async () => bearer('ak_wrong_wrong_wrong'), may: 0 },
  'read token': { headers: async () => bearer(reading), may: 2 },
  'admin token': { headers: async () => bearer(ADMIN), may: 3 },
  'read session': { headers: async () => ({ ...(await logIn(reading)), ...OURS }), may: 2 },
  'admin session': { headers: async () => ({ ...(await logIn(ADMIN)), ...OURS }), may: 3 },
  'admin session of a forged request': { headers: async () => logIn(ADMIN), may: 3, forged: true },
};

/** What the tables promise: 401 to whom the server does not know, 403 to whom it knows and refuses, else neither. */
function promised(need, { may, forged }, method) {
  if (need === 0) return null;
  if (need === 1) return may === 1 ? null : 401;
  if (may < 2) return 401;
  if (forged && method !== 'get') return 403;
  return may < need ? 403 : null;
}

for (const [name, caller] of Object.entries(CALLERS)) {
  test(`${name}: let in where the tables say so, and nowhere else`, async () => {
    for (const [path, methods] of Object.entries(server.contract.document.paths)) {
      for (const [method, route] of Object.entries(methods)) {
        if (path === '/login' || path === '/api/v1/login') continue; /* they check a code or token of their own */
        const target = path.replace(/\{(\w+)\}/g, '999999');
        const reply = await server.request(method.toUpperCase(), target, { as: await caller.headers() });
        const want = promised(NEED[route['x-who']], caller, method);
        if (want) assert.equal(reply.status, want, `${reply}`);
        else assert.ok(![401, 403, 500].includes(reply.status), `${reply}`);
        if (want === 401) assert.ok(reply.headers['www-authenticate'], `${reply}`);
      }
    }
  });
}

test('a change made by a session needs the header that only our page can send', async () => {
  const cookie = await logIn(ADMIN);
  const put = (headers) => server.request('PUT', '/api/v1/rules', { as: { ...cookie, ...headers }, json: { rules: [] } });
  const rules = await server.get('/api/v1/rules');
  assert.equal((await put({})).status, 403);
  assert.equal((await put({ 'X-Requested-With': 'XMLHttpRequest' })).status, 403);
  assert.deepEqual(await server.get('/api/v1/rules'), rules);
  assert.equal((await put(OURS)).status, 200);
  assert.equal((await server.request('PUT', '/api/v1/rules', { json: rules })).status, 200, 'a token needs none');
});

/* ---- sessions ---- */

test('a link logs in once', async () => {
  const [, link] = /^Open the dashboard .*: http:\/\/127\.0\.0\.1:\d+(\/login\?code=\S+)$/m.exec(server.stdout);
  const first = await server.request('GET', link, { as: 'nobody' });
  assert.deepEqual([first.status, first.headers.location], [303, '/']);
  const session = await server.get('/api/v1/session', {}, { as: cookieOf(first) });
  assert.equal(session.role, 'admin');
  assert.equal((await server.request('GET', link, { as: 'nobody' })).status, 401);
  assert.equal((await server.request('GET', '/login', { as: 'nobody' })).status, 401);
  const shown = await server.request('GET', link, { as: 'nobody', headers: { Accept: 'text/html,*/*' } }); // a browser
  assert.deepEqual([shown.status, shown.headers.location, shown.headers['set-cookie']], [303, '/?link=used', undefined]);
  assert.equal((await server.request('GET', '/login?code=x', { as: 'nobody' })).status, 401);
});

test('of two who follow a link at once, one comes in', async () => {
  await server.restart();
  const [, link] = /(\/login\?code=\S+)$/m.exec(server.stdout);
  const replies = await Promise.all(Array.from({ length: 8 }, () => server.request('GET', link, { as: 'nobody' })));
  assert.deepEqual(replies.map(({ status }) => status).sort(), [303, 401, 401, 401, 401, 401, 401, 401]);
});

test('log in, be somebody, outlive a restart, log out', async () => {
  for (const [token, role] of [[ADMIN, 'admin'], [reading, 'read']]) {
    const cookie = await logIn(` ${token} `);
    assert.equal((await server.get('/api/v1/session', {}, { as: cookie })).role, role);
    await server.restart();
    assert.equal((await server.get('/api/v1/session', {}, { as: cookie })).role, role);
    const out = await server.request('DELETE', '/api/v1/session', { as: { ...cookie, ...OURS } });
    assert.equal(out.status, 204);
    assert.match(out.headers['set-cookie'][0], /^demetra_session=; .*Max-Age=0/);
    assert.equal((await server.request('GET', '/api/v1/session', { as: cookie })).status, 401);
  }
});

test('a secret of one kind is none of another', async () => {
  const { Cookie: cookie } = await logIn(ADMIN);
  const session = cookie.split('=')[1];
  const status = async (as) => (await server.request('GET', '/api/v1/session', { as })).status;
  assert.equal(await status(bearer(session)), 401, "a session's secret is no token");
  assert.equal(await status({ Cookie: `demetra_session=${ADMIN}` }), 401, 'a token is no session');
  assert.equal(await status({ Cookie: cookie, ...bearer('wrong') }), 401, 'a wrong token is not helped by a session');
  assert.equal((await server.post('/api/v1/login', { token: session }, { as: 'nobody' })).status, 401);
  assert.equal((await server.post('/api/v1/login', { token: WRITE_KEY }, { as: 'nobody' })).status, 401);
  await server.restart();
  const [, code] = /\/login\?code=(\S+)$/m.exec(server.stdout);
  assert.equal(await status(bearer(code)), 401, 'a link is no token');
  assert.equal((await server.post('/api/v1/login', { token: code }, { as: 'nobody' })).status, 401);
});

test('nonsense instead of a token', async () => {
  const status = async (options) => (await server.request('POST', '/api/v1/login', { as: 'nobody', ...options })).status;
  assert.equal(await status({ json: { token: 'wrong' } }), 401);
  assert.equal(await status({ json: { token: '' } }), 401);
  assert.equal(await status({ json: { token: 5 } }), 401);
  assert.equal(await status({ json: {} }), 401);
  assert.equal(await status({ body: '' }), 400);
  assert.equal(await status({ body: '{' }), 400);
  assert.equal(await status({ json: { token: 'x'.repeat(5000) } }), 413);
});

test("the operator's token takes the place of the one before", async (t) => {
  const other = await Server.start(t);
  await other.stop();
  other.env.DEMETRA_ADMIN_TOKEN = 'ak_another_token_0123456789';
  await other.spawn();
  assert.equal((await other.request('GET', '/api/v1/session')).status, 401);
  assert.equal((await other.get('/api/v1/session', {}, { as: bearer('ak_another_token_0123456789') })).role, 'admin');
});

/* ---- what browsers get ---- */

test('pages come with headers that keep foreign code out', async () => {
  for (const path of ['/', '/docs', '/attribution', '/login-page/anything']) {
    const { headers, status } = await server.request('GET', path, { as: 'nobody' });
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    for (const part of ["default-src 'self'", "img-src 'self' data:", "frame-ancestors 'none'", "base-uri 'none'"]) assert.ok(headers['content-security-policy'].includes(part), path);
    assert.ok(!/script-src|unsafe-eval/.test(headers['content-security-policy']));
    assert.equal(headers['referrer-policy'], 'same-origin');
    assert.equal(headers['cache-control'], 'no-store');
  }
  assert.equal((await server.request('GET', '/api/v1/session')).headers['cache-control'], 'no-store');
});

test('the dashboard and its files; any page path is its own to find', async () => {
  const index = await server.request('GET', '/', { as: 'nobody' });
  assert.match(index.text(), /^<!doctype html>/i);
  assert.ok(!/<script(?![^>]*\bsrc=)/.test(index.text()), 'no script within the page');
  for (const path of ['/attribution', '/data/imports', '/a/b/c?x=1', '/index.html'])
    assert.deepEqual((await server.request('GET', path, { as: 'nobody' })).bytes, index.bytes, path);
  const files = [...index.text().matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, file]) => file);
  assert.ok(files.length > 0);
  for (const file of files) {
    const plain = await server.request('GET', file, { as: 'nobody' });
    const packed = await server.request('GET', file, { as: 'nobody', headers: { 'Accept-Encoding': 'gzip, br' } });
    assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.match(plain.headers['content-type'], file.endsWith('.css') ? /^text\/css/ : /^text\/javascript/);
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.deepEqual(packed.bytes, plain.bytes);
  }
  for (const path of ['/assets/none.js', '/none.js', '/assets/', '/assets/x', '/.env', '/v1/x', '/api/x', '/../demetra.sqlite'])
    assert.equal((await server.request('GET', path, { as: 'nobody' })).status, 404, path);
});

test('the documentation names every route', async () => {
  const page = (await server.request('GET', '/docs', { as: 'nobody' })).text();
  for (const path of Object.keys(server.contract.document.paths)) assert.ok(page.includes(`<code>${path.replace(/\{(person|name|value)\}/, '{$1*}')}</code>`), path);
  assert.ok(!page.includes('<script'));
});

test('health is open to anyone and tells nothing of the data', async () => {
  const reply = await server.request('GET', '/health', { as: 'nobody' });
  const { status, accepting, queue, disk_free_bytes } = reply.json();
  assert.deepEqual([status, accepting, queue], ['ok', true, 0]);
  assert.ok(disk_free_bytes > 0);
});

test('no secret is written to the log or kept as it is', async (t) => {
  const other = await Server.start(t, { env: { DEMETRA_LOG: 'debug' } });
  await other.send('track', { event: 'Secret Event', userId: 'secret-person' });
  const key = (await other.post('/api/v1/sources', { name: 'Shop' })).json().write_key;
  const { headers } = await other.post('/api/v1/login', { token: ADMIN }, { as: 'nobody' });
  const session = /demetra_session=([^;]+)/.exec(headers['set-cookie'][0])[1];
  await other.stop();
  const { readFileSync, readdirSync } = await import('node:fs');
  const files = readdirSync(other.folder).filter((name) => name.startsWith('demetra.sqlite')).map((name) => readFileSync(`${other.folder}/${name}`, 'latin1'));
  for (const secret of [ADMIN, WRITE_KEY, key, session]) {
    assert.ok(!`${other.stderr}${other.stdout}`.includes(secret), 'in the log');
    assert.ok(!files.some((text) => text.includes(secret)), 'in the database');
  }
  assert.ok(!other.stderr.includes('secret-person'), "a person's data in the log");
});
