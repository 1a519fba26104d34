// tests/lib/stand.mjs -- a platform of the tests' own, told by an adapter in the data folder.
//
// Is:    the adapter "stand", and its server on loopback: a token with `good` in it gets a row a day, `bad` is refused,
//        `slow` gets no answer.
// Owns:  the port, until the test that started it ends.
// Never: stands for a real platform; tests/lib/standins does.
import { mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Server, finallyDo, newFolder } from './server.mjs';

const ADAPTER = {
  adapter: 1,
  name: 'stand',
  title: { en: 'Stand', ru: 'Стенд' },
  channels: 'Stand',
  settings: [
    { name: 'account', title: { en: 'Account', ru: 'Кабинет' } },
    { name: 'token', title: { en: 'Token', ru: 'Токен' }, secret: true },
  ],
  base_url: 'https://stand.example',
  account: '{account}',
  zone: 'Europe/Kyiv',
  currency: 'UAH',
  auth: { header: 'Authorization', value: 'Bearer {token}' },
  pace: { per_second: 50, timeout_s: 60, tries: 2, first_s: 0.1 },
  window: { first_days: 3, chunk_days: 30, restate_days: 1, long_restate_days: 1, long_every_days: 7 },
  errors: { at: ['/error'], rules: [{ status: [401], class: 'auth', say: { en: 'The token is wrong.', ru: 'Токен неверен.' } }] },
  rows: {
    format: 'json',
    list: '/rows/*',
    fields: {
      day: '/day', channel: { value: 'Stand' }, campaign_id: '/campaign', campaign_name: '/campaign', currency: { value: 'UAH' },
      impressions: '/impressions', clicks: '/clicks', spend: '/spend',
    },
  },
  reports: [{ ask: { path: '/days', query: { from: '{from}', to: '{to}' } } }],
};

function* days(from, to) {
  for (let at = Date.parse(from); at <= Date.parse(to); at += 86_400_000) yield new Date(at).toISOString().slice(0, 10);
}

export class Stand {
  static async start(test) {
    const stand = new Stand();
    stand.asked = [];
    stand.server = http.createServer((request, response) => stand.answer(request, response));
    await new Promise((done) => stand.server.listen(0, '127.0.0.1', done));
    stand.host = `127.0.0.1:${stand.server.address().port}`;
    finallyDo(test, () => {
      stand.server.closeAllConnections();
      return new Promise((done) => stand.server.close(done));
    });
    return stand;
  }

  answer(request, response) {
    const { searchParams } = new URL(request.url, 'http://x');
    const [from, to] = [searchParams.get('from'), searchParams.get('to')];
    const token = request.headers.authorization ?? '';
    const reply = (status, body) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    this.asked.push({ from, to, token });
    if (token.includes('slow')) return;
    if (!token.includes('good')) return reply(401, { error: { message: 'no such token' } });
    reply(200, { rows: [...days(from, to)].map((day) => ({ day, campaign: 'c1', impressions: 1000, clicks: 10, spend: '12.50' })) });
  }

  /** What a connection to it is made of. */
  settings(token) {
    return { base_url: `http://${this.host}`, account: 'a1', token };
  }

  /** Into a data folder with the adapter. */
  putAdapter(folder) {
    mkdirSync(path.join(folder, 'adapters'));
    writeFileSync(path.join(folder, 'adapters', 'stand.json'), JSON.stringify(ADAPTER));
  }

  /** A server that knows the adapter and may ask the stand. */
  async serverOf(test, env = {}) {
    const folder = newFolder(test);
    this.putAdapter(folder);
    return Server.start(test, { folder, env: { DEMETRA_ALLOW_HOSTS: this.host, ...env } });
  }
}
