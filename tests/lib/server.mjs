// tests/lib/server.mjs -- a Demetra of one's own: started in an empty folder on a free port, asked over HTTP, stopped.
//
// Is:    start, stop, kill -9, restart; one request function; polling with a limit.
// Owns:  the process and its folder, until the test that started it ends.
// Never: sleeps where it can ask. Every reply that is JSON is held to the schema that /openapi.json gives its route
//        (contract.mjs), so a test that asks anything tests that too.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Contract } from './contract.mjs';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const BINARY = path.resolve(ROOT, process.env.DEMETRA_BINARY ?? 'build/demetra');
export const SAMPLES = path.join(ROOT, 'samples/crm');
/** Sanitized builds take their time. */
export const SLOW = process.env.DEMETRA_SLOW === '1' ? 5 : 1;
export const ADMIN = 'ak_test_admin_token_0123456789';
export const WRITE_KEY = 'wk_test_write_key_0123456789';

/** Ask `check` again and again until it gives something truthy, and give that; an error says what was waited for. */
export async function until(what, check, ms = 10_000) {
  const end = Date.now() + ms * SLOW;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${ms * SLOW} ms in vain: ${what}`);
    await new Promise((wake) => setTimeout(wake, 10));
  }
}

const endings = new WeakMap();

/** When `test` ends, do this: the last thing first. */
export function finallyDo(test, ending) {
  if (!endings.has(test)) {
    endings.set(test, []);
    test.after(async () => {
      const failures = [];
      for (const one of endings.get(test).reverse()) await Promise.resolve().then(one).catch((error) => failures.push(error));
      if (failures.length) throw failures[0];
    });
  }
  endings.get(test).push(ending);
}

export function newFolder(test) {
  const folder = mkdtempSync(path.join(tmpdir(), 'demetra-'));
  finallyDo(test, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The settings of a test's process: none of the developer's own, then `env`. */
function environment(folder, env) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('DEMETRA_'));
  return { ...Object.fromEntries(own), DEMETRA_DATA: folder, DEMETRA_LISTEN: '127.0.0.1:0', DEMETRA_LOG: 'warn', ...env };
}

/** Run a command to its end. */
export async function run(args, { folder, env = {}, wrap = [] }) {
  const command = [...wrap, BINARY, ...args];
  const child = spawn(command[0], command.slice(1), { cwd: folder, env: environment(folder, env), stdio: ['ignore', 'pipe', 'pipe'] });
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (bytes) => (out.stdout += bytes));
  child.stderr.on('data', (bytes) => (out.stderr += bytes));
  const limit = setTimeout(() => child.kill('SIGKILL'), 60_000 * SLOW);
  const [code, signal] = await new Promise((done, failed) => {
    child.on('close', (...why) => done(why));
    child.on('error', failed);
  });
  clearTimeout(limit);
  return { code, signal, ...out };
}

const AS = {
  nobody: {},
  admin: { Authorization: `Bearer ${ADMIN}` },
  write: { Authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}` },
};

export class Server {
  /** `test` gives `after`: a test's context, or the module node:test for the whole file. */
  static async start(test, { env = {}, folder, wrap = [], args = [] } = {}) {
    const server = new Server();
    server.folder = folder ?? newFolder(test);
    server.env = { DEMETRA_ADMIN_TOKEN: ADMIN, DEMETRA_WRITE_KEY: WRITE_KEY, ...env };
    server.wrap = wrap;
    server.args = args;
    server.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    server.contract = null;
    finallyDo(test, async () => {
      server.agent.destroy();
      if (server.running) await server.stop();
    });
    await server.spawn();
    return server;
  }

  async spawn() {
    const command = [...this.wrap, BINARY, 'serve', ...this.args];
    this.stdout = '';
    this.stderr = '';
    this.child = spawn(command[0], command.slice(1), { cwd: this.folder, env: environment(this.folder, this.env), stdio: ['ignore', 'pipe', 'pipe'] });
    const child = this.child;
    child.stdout.on('data', (bytes) => (this.stdout += bytes));
    child.stderr.on('data', (bytes) => (this.stderr += bytes));
    this.running = true;
    this.exit = new Promise((done) => {
      child.on('close', (code, signal) => {
        if (child === this.child) this.running = false;
        done({ code, signal });
      });
    });
    const found = await until('the server to listen', () => {
      if (!this.running) throw new Error(`the server ended at once: ${this.stderr}`);
      return /is listening on .* \(port (\d+)\)/.exec(this.stdout);
    }, 20_000);
    this.port = Number(found[1]);
    this.base = `http://127.0.0.1:${this.port}`;
    this.contract ??= new Contract((await this.exchange('GET', '/openapi.json')).json());
  }

  /** SIGTERM; it must end well. */
  async stop() {
    this.child.kill('SIGTERM');
    const { code, signal } = await this.ended();
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `the server did not stop well: ${this.stderr}`);
  }

  /** kill -9 */
  async kill() {
    this.child.kill('SIGKILL');
    await this.ended();
  }

  async restart() {
    if (this.running) await this.stop();
    await this.spawn();
  }

  async ended() {
    const limit = setTimeout(() => this.child.kill('SIGKILL'), 20_000 * SLOW);
    const how = await this.exit;
    clearTimeout(limit);
    return how;
  }

  /** One exchange as it is, unchecked. */
  exchange(method, target, { headers = {}, body, timeout = 30_000 } = {}) {
    return new Promise((done, failed) => {
      const request = http.request({ host: '127.0.0.1', port: this.port, method, path: target, headers, agent: this.agent, timeout: timeout * SLOW }, (response) => {
        const pieces = [];
        response.on('data', (piece) => pieces.push(piece));
        response.on('error', failed);
        response.on('end', () => done(new Reply(method, target, response, Buffer.concat(pieces))));
      });
      request.on('timeout', () => request.destroy(new Error(`${method} ${target}: no answer in ${timeout * SLOW} ms`)));
      request.on('error', failed);
      request.end(body);
    });
  }

  /**
   * Ask, and hold the reply to the contract. `as`: nobody, admin (when left out), write, or headers of one's own;
   * `json`: a body to be written as JSON.
   */
  async request(method, target, { as = 'admin', headers = {}, json, body, timeout } = {}) {
    const own = typeof as === 'string' ? AS[as] : as;
    const sent = { ...own, ...headers };
    if (json !== undefined) {
      body = JSON.stringify(json);
      sent['Content-Type'] ??= 'application/json';
    }
    if (body !== undefined && !('Transfer-Encoding' in sent)) sent['Content-Length'] = Buffer.byteLength(body);
    const reply = await this.exchange(method, target, { headers: sent, body, timeout });
    this.contract.check(reply);
    return reply;
  }

  /** GET that must succeed; its JSON. `query` holds values, or lists of them for those that repeat. */
  async get(target, query = {}, options = {}) {
    const reply = await this.request('GET', withQuery(target, query), options);
    assert.equal(reply.status, 200, `${reply}`);
    return reply.json();
  }

  /** GET that must be refused as wrong at `field`. */
  async refused(target, query, field) {
    const reply = await this.request('GET', withQuery(target, query));
    assert.equal(reply.status, 400, `${reply}`);
    assert.equal(reply.json().field, field, `${reply}`);
  }

  async post(target, json, options = {}) {
    return this.request('POST', target, { json, ...options });
  }

  /** Send one event of a type, or a batch; it must be taken. */
  async send(type, event) {
    const reply = await this.request('POST', `/v1/${type}`, { as: 'write', json: event });
    assert.equal(reply.status, 200, `${reply}`);
    return reply.json();
  }

  /** Upload a CSV file and wait until it is read; the import. */
  async upload(kind, body, name = kind) {
    const reply = await this.request('POST', withQuery('/api/v1/imports', { kind, name }), { body, headers: { 'Content-Type': 'text/csv' } });
    assert.equal(reply.status, 202, `${reply}`);
    return this.imported(reply.json().id);
  }

  async imported(id) {
    return until(`import ${id} to end`, async () => {
      const now = await this.get(`/api/v1/imports/${id}`);
      return now.finished_at !== null && now;
    }, 30_000);
  }

  /** Every item of a list that is paged by cursor. */
  async all(target, name, query = {}) {
    const items = [];
    for (let cursor; cursor !== null;) {
      const page = await this.get(target, cursor === undefined ? query : { ...query, cursor });
      items.push(...page[name]);
      cursor = page.next;
    }
    return items;
  }
}

class Reply {
  constructor(method, target, response, bytes) {
    this.method = method;
    this.target = target;
    this.status = response.statusCode;
    this.headers = response.headers;
    this.bytes = response.headers['content-encoding'] === 'gzip' && method !== 'HEAD' ? gunzipSync(bytes) : bytes;
  }

  text() {
    return this.bytes.toString('utf8');
  }

  json() {
    return JSON.parse(this.text());
  }

  toString() {
    return `${this.method} ${this.target} -> ${this.status} ${this.text().slice(0, 500)}`;
  }
}

export function withQuery(target, query) {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) for (const one of [value].flat()) text.append(name, one);
  return text.size ? `${target}?${text}` : target;
}
