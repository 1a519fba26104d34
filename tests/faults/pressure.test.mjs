// A full disk, a failing disk, a writer that cannot keep up, clients that dawdle: the server says so, goes on reading,
// and loses nothing that it acknowledged.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';
import { Load } from '../lib/load.mjs';
import { SLOW, Server, WRITE_KEY, finallyDo, newFolder, until } from '../lib/server.mjs';

const MEGABYTE = 1024 * 1024;
const AUTH = `Host: x\r\nAuthorization: Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}\r\n`;
/** A batch of about `bytes`. */
const bulk = (load, bytes) => load.events(Math.ceil(bytes / 30_000), 29_800);

/** Write until the server refuses even the smallest; the refusal. */
async function fill(load) {
  for (const bytes of [MEGABYTE / 2, 30_000]) {
    for (const before = load.refused.length; load.refused.length === before;) {
      assert.ok(load.next < 2000, 'some 60 MB, and still room');
      assert.ok(await load.send(bulk(load, bytes)), load.server.stderr);
    }
  }
  return load.refused.at(-1);
}

async function readsGoOn(server) {
  await server.get('/api/v1/names');
  await server.get('/api/v1/metrics');
  await server.get('/api/v1/rejects');
  await server.get('/api/v1/live');
  assert.equal((await server.request('GET', '/', { as: 'nobody' })).status, 200);
}

/** A small file system of our own; null where that is not allowed. */
function smallDisk(t, megabytes) {
  const folder = path.join(newFolder(t), 'disk');
  mkdirSync(folder);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', folder]).status !== 0) return null;
  finallyDo(t, () => spawnSync('umount', [folder]));
  return folder;
}

test('a full disk: 503 with Retry-After, reports go on, and with new space it takes events again without a restart', async (t) => {
  const folder = smallDisk(t, 24);
  if (!folder) return t.skip('mounting a small tmpfs needs root');
  const server = await Server.start(t, { folder });
  const ballast = path.join(folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(12 * MEGABYTE));
  const load = new Load(server);
  const refusal = await fill(load);
  assert.equal(refusal.status, 503, `${refusal}`);
  assert.ok(Number(refusal.headers['retry-after']) > 0);
  assert.match(refusal.json().detail, /disk is full/);
  assert.ok(load.acked.size > 20);
  await readsGoOn(server);
  assert.equal((await server.request('POST', '/v1/track', { as: 'write', json: { event: 'x'.repeat(100), userId: '1', properties: { filler: 'x'.repeat(30_000) } } })).status, 503);
  const upload = await server.request('POST', '/api/v1/imports?kind=crm_events', { body: Buffer.alloc(8 * MEGABYTE, 'x,y\n') });
  assert.equal(upload.status, 503, `${upload}`);
  assert.ok(upload.headers['retry-after']);
  assert.equal(await load.check(), load.acked.size, 'nothing of what was refused is there');
  rmSync(ballast);
  await load.sendAgain();
  assert.equal(await load.check(), load.acked.size);
  await server.restart();
  assert.equal(await load.check(), load.acked.size);
});

test('a write that fails for another reason: no more is acknowledged, the operator is told, reports go on', async (t) => {
  const server = await Server.start(t, { wrap: ['prlimit', `--fsize=${6 * MEGABYTE}`] });
  const load = new Load(server);
  const refusal = await fill(load);
  assert.equal(refusal.status, 503, `${refusal}`);
  assert.ok(Number(refusal.headers['retry-after']) > 0);
  await readsGoOn(server);
  assert.equal((await server.post('/v1/track', { event: 'Small', userId: '1' }, { as: 'write' })).status, 503);
  const health = await server.request('GET', '/health', { as: 'nobody' });
  assert.deepEqual([health.status, health.json().accepting], [503, false]);
  assert.ok(server.running, server.stderr);
  server.wrap = [];
  await server.restart();
  assert.equal(await load.check(), load.acked.size);
  await load.sendAgain();
  assert.equal(await load.check(), load.acked.size);
});

test('a writer that is held up: what waits is bounded, the rest is told to come again, and all is stored once', async (t) => {
  const server = await Server.start(t);
  /* another process holds SQLite's write lock, for less than the five seconds that the server waits for it */
  const holder = spawn('python3', ['-c', `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute('BEGIN IMMEDIATE')
print('held', flush=True)
sys.stdin.read()
db.execute('ROLLBACK')`, path.join(server.folder, 'demetra.sqlite')]);
  await new Promise((held) => holder.stdout.once('data', held));
  finallyDo(t, () => holder.kill());
  const load = new Load(server);
  const sends = Array.from({ length: 30 }, () => load.send(bulk(load, 3.8 * MEGABYTE)));
  await until('somebody to be told to come again', () => load.refused.length > 0);
  if (SLOW === 1) assert.match(load.refused[0].json().detail, /too much is waiting/); /* a slow build may wait the five seconds out */
  await readsGoOn(server);
  holder.stdin.end();
  assert.ok((await Promise.all(sends)).every(Boolean));
  for (const refused of load.refused) {
    assert.equal(refused.status, 503, `${refused}`);
    assert.ok(refused.headers['retry-after']);
  }
  t.diagnostic(`${load.refused.length} of 30 batches told to come again`);
  assert.ok(load.acked.size > 0, 'those that waited were stored');
  assert.equal(await load.check(), load.acked.size);
  while (load.unsure.length) await load.sendAgain();
  assert.equal(await load.check(), load.acked.size);
});

/** Connections that are open and say `bytes`, one byte at a time, or nothing. */
async function dawdle(t, server, n, bytes = '') {
  const sockets = await Promise.all(Array.from({ length: n }, () => new Promise((open, failed) => {
    const socket = net.connect(server.port, '127.0.0.1', () => open(socket)).on('error', failed);
  })));
  for (const socket of sockets) socket.removeAllListeners('error').on('error', () => {});
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < bytes.length) for (const socket of sockets) socket.write(bytes[sent]);
    sent++;
  }, 20);
  finallyDo(t, () => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  });
}

test('idle and dawdling connections do not stop the others', async (t) => {
  const server = await Server.start(t);
  await dawdle(t, server, 200);
  await dawdle(t, server, 50, `POST /v1/track HTTP/1.1\r\n${AUTH}X-Filler: ${'x'.repeat(5000)}`);
  await dawdle(t, server, 50, `POST /v1/track HTTP/1.1\r\n${AUTH}Content-Length: 5000\r\n\r\n{"event":"${'x'.repeat(5000)}`);
  const load = new Load(server);
  const started = Date.now();
  load.start();
  await until('a load to get through', () => load.acked.size > 2000, 15_000);
  await load.stop();
  t.diagnostic(`2,000 events in ${Date.now() - started} ms beside 300 dawdlers`);
  await readsGoOn(server);
  assert.equal(await load.check(), load.acked.size);
  await server.stop();
});

test('when no more connections can be opened it waits until some close', async (t) => {
  const server = await Server.start(t, { wrap: ['prlimit', '--nofile=100'] });
  await server.send('track', { event: 'Before', userId: '1' });
  const sockets = Array.from({ length: 150 }, () => net.connect(server.port, '127.0.0.1').on('error', () => {}));
  await until('connections to be refused or wait', async () => sockets.filter(({ connecting }) => !connecting).length >= 80);
  for (const socket of sockets) socket.destroy();
  await until('it to answer again', async () => {
    try {
      return (await server.exchange('GET', '/health', { timeout: 1000 })).status === 200;
    } catch {
      return false;
    }
  });
  await server.send('track', { event: 'After', userId: '1' });
  assert.equal((await server.get('/api/v1/journeys/1')).total, 2);
});
