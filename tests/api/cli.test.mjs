// The command line: help, mistakes, settings, tokens, migrations, one server a folder.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { ADMIN, SAMPLES, Server, WRITE_KEY, newFolder, run } from '../lib/server.mjs';

const folder = newFolder(test);
const env = { DEMETRA_ADMIN_TOKEN: ADMIN, DEMETRA_WRITE_KEY: WRITE_KEY };
const demetra = (args, settings = {}) => run(args, { folder, env: { ...env, ...settings } });
const bearer = (token) => ({ Authorization: `Bearer ${token}` });

test('--help lists every command and setting', async () => {
  for (const args of [['--help'], ['help']]) {
    const { code, stdout, stderr } = await demetra(args);
    assert.deepEqual([code, stderr], [0, '']);
    for (const command of ['serve', 'import', 'demo', 'token', 'openapi', 'migrate']) assert.match(stdout, new RegExp(`^  demetra ${command}`, 'm'));
    for (const setting of ['DATA', 'LISTEN', 'ADMIN_TOKEN', 'WRITE_KEY', 'TIMEZONE', 'CURRENCY', 'LOG', 'THREADS', 'IMPORT_MAX_BYTES']) assert.match(stdout, new RegExp(`^  DEMETRA_${setting} `, 'm'));
  }
  const { code, stdout } = await demetra(['--version']);
  assert.equal(code, 0);
  assert.match(stdout, /^demetra \d+\.\d+\.\d+\n$/);
});

test('a command that there is not, or with arguments missing, ends with 2 and says how', async () => {
  const wrong = [[['fly'], /no command "fly"/], [[], /commands/], [['import'], /import crm --events/], [['import', 'web'], /import crm --events/], [['import', 'crm'], /import crm --events/],
    [['token'], /token --name/], [['token', '--name', 'x', '--role', 'god'], /--role read\|admin/], [['migrate', '--to', '99'], /from 0 to \d+/], [['migrate', '--to', 'x'], /from 0 to \d+/]];
  for (const [args, says] of wrong) {
    const { code, stderr } = await demetra(args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, says);
  }
});

test('a setting that makes no sense ends the start with one sentence', async () => {
  const wrong = {
    DEMETRA_LISTEN: ['8080', 'localhost', '127.0.0.1:port', '127.0.0.1:70000', 'example.org:80', '[::1'],
    DEMETRA_TIMEZONE: ['Kyiv', 'Europe/Atlantis', '../../etc/passwd', ''], DEMETRA_CURRENCY: ['hryvnia', 'uah', ''], DEMETRA_LOG: ['loud'],
    DEMETRA_THREADS: ['many', '-1'], DEMETRA_IMPORT_MAX_BYTES: ['1GB'], DEMETRA_ADMIN_TOKEN: ['short'], DEMETRA_WRITE_KEY: ['short'],
    DEMETRA_DATABASE: ['postgresql://localhost/x'], DEMETRA_EVENTS: ['clickhouse://localhost'], DEMETRA_DATA: ['', '/proc/nothing', `${folder}/file/data`],
  };
  writeFileSync(path.join(folder, 'file'), '');
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const empty = newFolder(test);
      const { code, stdout, stderr } = await run(['serve'], { folder: empty, env: { ...env, [name]: value } });
      assert.deepEqual([code, stdout], [1, ''], `${name}=${value}: ${stderr}`);
      const said = stderr.split('\n').filter((line) => line.startsWith('demetra: '));
      assert.equal(said.length, 1, `${name}=${value}: ${stderr}`);
      assert.ok(name === 'DEMETRA_DATA' || name === 'DEMETRA_WRITE_KEY' || said[0].includes(name), said[0]);
    }
  }
});

test('settings may stand in .env; the environment goes first', async (t) => {
  const own = newFolder(t);
  writeFileSync(path.join(own, '.env'), '# ours\nexport DEMETRA_CURRENCY="EUR"\nDEMETRA_TIMEZONE = Europe/Berlin \nDEMETRA_TIMEZONE=Europe/Paris\n');
  const server = await Server.start(t, { folder: own, env: { DEMETRA_CURRENCY: 'GBP' } });
  const { currency, timezone } = await server.get('/api/v1/session');
  assert.deepEqual([currency, timezone], ['GBP', 'Europe/Paris']);
});

test('a second server on the same data is refused, and the first goes on', async (t) => {
  const server = await Server.start(t);
  for (const args of [['serve'], ['token', '--name', 'x'], ['import', 'crm', '--events', path.join(SAMPLES, 'events.csv')], ['migrate']]) {
    const { code, stderr } = await run(args, { folder: server.folder, env });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`demetra: another demetra runs on ${server.folder}; stop it first`));
  }
  assert.equal((await server.get('/health')).accepting, true);
});

test('a port that is taken is said so', async (t) => {
  const server = await Server.start(t);
  const { code, stderr } = await demetra(['serve'], { DEMETRA_LISTEN: `127.0.0.1:${server.port}` });
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${server.port}`));
});

test('token makes one that the server takes', async (t) => {
  const own = newFolder(t);
  const make = async (...args) => (await run(['token', '--name', 'x', ...args], { folder: own, env })).stdout.trim();
  const reading = await make(), admin = await make('--role', 'admin');
  assert.match(reading, /^rk_[\w-]{20,}$/);
  assert.match(admin, /^ak_[\w-]{20,}$/);
  const server = await Server.start(t, { folder: own });
  assert.equal((await server.get('/api/v1/session', {}, { as: bearer(reading) })).role, 'read');
  assert.equal((await server.request('PUT', '/api/v1/rules', { as: bearer(reading), json: { rules: [] } })).status, 403);
});

test('the first start shows what it made, whichever command came before', async (t) => {
  const own = newFolder(t);
  const none = { DEMETRA_ADMIN_TOKEN: '', DEMETRA_WRITE_KEY: '' };
  const before = await run(['import', 'crm', '--contracts', path.join(SAMPLES, 'contracts.csv')], { folder: own, env: none });
  assert.equal(before.code, 0, before.stderr);
  const server = await Server.start(t, { folder: own, env: none });
  const [, token] = /^Admin token, shown this once: (ak_\S+)$/m.exec(server.stdout);
  const [, key] = /^Write key of the source Website, shown this once: (wk_\S+)$/m.exec(server.stdout);
  const [, code] = /\/login\?code=(\S+)$/m.exec(server.stdout);
  assert.equal((await server.get('/api/v1/session', {}, { as: bearer(token) })).role, 'admin');
  assert.equal((await server.post('/v1/track', { event: 'A', userId: '1', writeKey: key }, { as: 'nobody' })).status, 200);
  assert.equal((await server.request('GET', `/login?code=${code}`, { as: 'nobody' })).status, 303);
  await server.restart();
  assert.ok(!/shown this once|login\?code/.test(server.stdout), 'and never again');
  assert.equal((await server.get('/api/v1/session', {}, { as: bearer(token) })).role, 'admin');
  for (const secret of [token, key, code]) assert.ok(!server.stderr.includes(secret));
});

test('migrate goes down to nothing and up again', async (t) => {
  const own = newFolder(t);
  const migrate = async (...args) => (await run(['migrate', ...args], { folder: own, env })).stdout;
  const latest = await migrate();
  assert.match(latest, /^the database is at schema [1-9]\d*\n$/);
  assert.equal(await migrate('--to', '0'), 'the database is at schema 0\n');
  assert.equal(await migrate(), latest);
  const server = await Server.start(t, { folder: own });
  assert.equal((await server.send('track', { event: 'A', userId: '1' })).kept, 1);
});

test('import: a file that is not there, one that is not the right one, one alone', async (t) => {
  const own = newFolder(t);
  const crm = (...args) => run(['import', 'crm', ...args], { folder: own, env });
  const none = await crm('--events', '/nowhere.csv');
  assert.equal(none.code, 1);
  assert.match(none.stderr, /demetra: cannot open \/nowhere\.csv/);
  const wrong = await crm('--events', path.join(SAMPLES, 'contracts.csv'));
  assert.equal(wrong.code, 1);
  assert.match(wrong.stdout, /failed: the header line has no column event_id/);
  const alone = await crm('--contracts', path.join(SAMPLES, 'contracts.csv'));
  assert.deepEqual([alone.code, alone.stderr], [0, '']);
  assert.ok(!existsSync(path.join(own, 'spool', 'import-1.csv')));
});

test('demo makes a history, the same for the same seed', async (t) => {
  const make = async () => {
    const own = newFolder(t);
    const { code, stdout } = await run(['demo', '--people', '500', '--events', '5000', '--seed', '7'], { folder: own, env });
    assert.equal(code, 0);
    return [own, stdout];
  };
  const [[own, first], [, second]] = [await make(), await make()];
  assert.equal(first, second);
  const server = await Server.start(t, { folder: own });
  const { events, persons, conversions } = await server.get('/api/v1/session');
  assert.deepEqual([events, persons, conversions], [5000, 500, ['Order Completed']]);
  const bad = await run(['demo', '--people', 'none'], { folder: own, env });
  assert.equal(bad.code, 1);
});

test('attribute reads tables as they come, says which rows it left out, and fails when there is none left', async () => {
  const file = path.join(folder, 'paths.csv');
  const attribute = async (text) => {
    writeFileSync(file, text);
    return demetra(['attribute', file, '--order', '1', '--json']);
  };
  const crlf = JSON.parse((await attribute('\ufeffpath,total_conversions,total_conversion_value,total_null\r\n"a > b, ""c""",1,-10.5,0\r\n\r\na,0,0,1\r\n')).stdout);
  assert.deepEqual([crlf.conversions, crlf.nulls, crlf.rows.map(({ channel }) => channel).sort()], [1, 1, ['a', 'b, "c"']]);
  const some = await attribute('path,total_conversions\na > b,-1\na > > b,1\nc,2\n');
  assert.equal(some.code, 0);
  assert.equal(JSON.parse(some.stdout).conversions, 2);
  assert.match(some.stderr, /:2: total_conversions is below 0: -1\n.*:3: channel 2 of the path has no name\n.*2 rows were left out/);
  const none = await attribute('path,total_conversions\na,many\n"b,1\n');
  assert.deepEqual([none.code, none.stdout], [1, '']);
  assert.match(none.stderr, /no row of .* could be read/);
  const steps = Array.from({ length: 100_000 }, (_, i) => `c${i % 7}`).join(' > ');
  const long = JSON.parse((await attribute(`path,total_conversions,total_null\n${steps},3,1\n`)).stdout);
  assert.deepEqual([long.conversions, long.nulls, long.rows.length], [3, 1, 7]);
});
