// tests/lib/standins/standin.mjs -- what every platform's stand-in has in common.
//
// Is:    an HTTP server on a free port of 127.0.0.1 that answers as a platform would, notes what it was asked, and can be
//        told to go wrong: fail(), stopAfter().
// Owns:  the port, until the test that started it ends.
// Never: forgives. A request that breaks the platform's rules gets the platform's error.
//
// A platform is a subclass: `answer(asked)` gives {status, headers, body}; `faults` names what only it can do wrong;
// `spoilt(body, kind)` a good reply with one value made wrong. What answers rows sets asked.from and asked.to (days).
import http from 'node:http';
import { gzipSync } from 'node:zlib';
import { SLOW, finallyDo, until } from '../server.mjs';

const HTML = '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><h1>502</h1></body></html>';

/** What any server may do. Each is given what was asked, the stand-in, and `good()`, the reply it would give. */
const FAULTS = {
  html: () => ({ status: 200, headers: { 'Content-Type': 'text/html' }, body: HTML }),
  empty: () => ({ status: 200, headers: { 'Content-Type': 'application/json' }, body: '' }),
  junk: () => ({ status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"data":[{"' }),
  error500: () => ({ status: 500, headers: { 'Content-Type': 'text/html' }, body: HTML }),
  error503: () => ({ status: 503, headers: { 'Content-Type': 'text/plain', 'Retry-After': '1' }, body: 'no capacity' }),
  error429: () => ({ status: 429, headers: { 'Content-Type': 'text/plain', 'Retry-After': '1' }, body: 'slow down' }),
  not_found: () => ({ status: 404, headers: { 'Content-Type': 'text/html' }, body: HTML }),
  redirect: (asked, standin) => ({ status: 302, headers: { Location: `${standin.elsewhere ?? 'http://localhost:9'}${asked.target}` }, body: '' }),
  cut: (asked, standin, good) => ({ ...good(), cut: 0.5 }),
  reset: () => ({ reset: true }),
  hang: () => ({ hang: true }),
  slow: (asked, standin, good) => ({ ...good(), delay: 1500 }),
  types: (asked, standin, good) => standin.spoil(good(), 'types'),
  nan: (asked, standin, good) => standin.spoil(good(), 'nan'),
  huge: (asked, standin, good) => standin.spoil(good(), 'huge'),
  bad_day: (asked, standin, good) => standin.spoil(good(), 'bad_day'),
  other_day: (asked, standin, good) => standin.spoil(good(), 'other_day'),
};

export class Standin {
  static async start(test, account, options = {}) {
    const standin = new this(account, options);
    await standin.listen();
    finallyDo(test, () => standin.close());
    return standin;
  }

  constructor(account, options) {
    this.account = account;
    this.options = options;
    this.pageSize = options.pageSize ?? 7; /* small, so that there are pages */
    this.requests = [];
    this.failing = [];
    this.held = [];
    this.left = Infinity;
    this.sockets = new Set();
    this.secrets = []; /* texts that may never be seen outside of requests */
    this.faults = {};
  }

  async listen() {
    this.server = http.createServer((request, response) => {
      this.receive(request, response).catch((error) => {
        this.broken ??= error; /* the stand-in's own mistake: close() throws it */
        response.destroy();
      });
    });
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
    });
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    this.host = `127.0.0.1:${this.server.address().port}`;
    this.base = `http://${this.host}`;
  }

  async close() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
    if (this.broken) throw this.broken;
  }

  /**
   * The next `n` requests (those for which `only(asked)` holds) go wrong: `what` is a name of FAULTS or of the platform's
   * own, or (asked, standin, good) => reply.
   */
  fail(n, what, only = () => true) {
    const fault = typeof what === 'function' ? what : (this.faults[what] ?? FAULTS[what]);
    if (!fault) throw new Error(`there is no fault ${what}`);
    this.failing.push({ left: n, fault, only });
  }

  heal() {
    this.failing = [];
  }

  /** Answer `n` more requests, and let all after them wait until go(). */
  stopAfter(n) {
    this.left = n;
  }

  /** Does somebody wait? */
  holds() {
    return this.held.some(({ response }) => !response.destroyed);
  }

  stopped() {
    return until('a request to be held', () => this.holds());
  }

  go() {
    this.left = Infinity;
    for (const { resume } of this.held.splice(0)) resume();
  }

  /** The requests that brought rows, as [from, to]; once each page. */
  ranges(since = 0) {
    return this.requests.slice(since).filter(({ from, done }) => from && done).map(({ from, to }) => [from, to]);
  }

  async receive(request, response) {
    const url = new URL(request.url, this.base);
    const asked = { method: request.method, target: request.url, path: url.pathname, query: url.searchParams, headers: request.headers, at: Date.now() };
    asked.text = await textOf(request);
    this.requests.push(asked);
    if (this.left-- <= 0) await new Promise((resume) => this.held.push({ resume, response }));
    const reply = this.replyTo(asked);
    asked.status = reply.status;
    await send(reply, asked, response);
  }

  replyTo(asked) {
    const failing = this.failing.find(({ left, only }) => left > 0 && only(asked));
    if (!failing) return this.good(asked);
    failing.left--;
    asked.failed = true;
    return failing.fault(asked, this, () => this.good(asked));
  }

  good(asked) {
    try {
      return this.answer(asked);
    } catch (error) {
      if (!error.reply) throw error;
      return error.reply;
    }
  }

  spoil(reply, kind) {
    const body = this.spoilt(reply.body, kind);
    if (body === reply.body) throw new Error(`nothing to spoil (${kind}) in ${reply.body.slice(0, 300)}`);
    return { ...reply, body };
  }

  /** For JSON: the first amount of money, or the first day. */
  spoilt(body, kind) {
    if (kind === 'bad_day') return body.replace(/\b\d{4}-\d\d-(\d\d)/, '2026-13-$1');
    if (kind === 'other_day') return body.replaceAll(/\b\d{4}-(\d\d)-(\d\d)/g, '1999-$1-$2');
    const value = { types: '{"value":["1"]}', nan: '"NaN"', huge: '"99999999999999999999999"' }[kind];
    return body.replace(/"(spend|costMicros|spent)":("[^"]*"|[\d.]+)/, `"$1":${value}`);
  }
}

async function textOf(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));

async function send(reply, asked, response) {
  if (reply.hang) return;
  if (reply.reset) return void response.socket?.destroy();
  if (reply.delay) await sleep(reply.delay * SLOW);
  let bytes = Buffer.from(reply.body ?? '');
  const headers = { 'Content-Type': 'application/json', ...reply.headers };
  if (bytes.length && /\bgzip\b/.test(asked.headers['accept-encoding'] ?? '')) {
    bytes = gzipSync(bytes);
    headers['Content-Encoding'] = 'gzip';
  }
  headers['Content-Length'] = bytes.length;
  response.writeHead(reply.status, headers);
  if (reply.cut) {
    response.write(bytes.subarray(0, Math.floor(bytes.length * reply.cut)));
    await sleep(20);
    return void response.socket?.destroy();
  }
  await new Promise((done) => {
    response.on('close', done);
    response.end(bytes, () => {
      asked.done = !asked.failed || reply.delay !== undefined;
      done();
    });
  });
}

/** To be thrown while answering: this reply. */
export function refusal(status, body, headers) {
  return Object.assign(new Error(`refused: ${JSON.stringify(body).slice(0, 300)}`), { reply: json(body, status, headers) });
}

export function json(body, status = 200, headers = {}) {
  return { status, headers, body: JSON.stringify(body) };
}

/** JSON text, or what `wrong` throws. */
export function parsed(text, wrong) {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong();
  }
}
