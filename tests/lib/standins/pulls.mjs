// tests/lib/standins/pulls.mjs -- a server connected to a stand-in, and what it has stored of the account.
//
// Is:    PLATFORMS, what each test of connectors is done with; Pulls: connect, pull, wait, compare with the truth, look for secrets.
// Owns:  the server and the stand-in, until the test that started them ends.
// Never: asks the server what it stored: it reads the tables, so that sums and rows can be held against each other.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT, Server, newFolder, until } from '../server.mjs';
import { COUNTS, dayText, makeAccount, sums } from './account.mjs';
import { Google } from './google.mjs';
import { Kite } from './kite.mjs';
import { Meta } from './meta.mjs';
import { TikTok } from './tiktok.mjs';
import { Yandex } from './yandex.mjs';

const KITE = path.join(ROOT, 'tests/lib/standins/kite.json');
const adapterFile = (name) => (name === 'kite' ? KITE : path.join(ROOT, 'src/connect/adapters', `${name}.json`));

/**
 * account: what makeAccount is given; settings: of the connection; counts: what the platform brings; unsaid: where it does
 * not say null is stored and not 0; rows: is this a request for rows?
 */
export const PLATFORMS = {
  meta: {
    Standin: Meta, account: { places: ['facebook', 'instagram'] }, counts: COUNTS, unsaid: false,
    settings: (standin) => ({ account: standin.account.id, token: standin.token }),
    rows: ({ path: at }) => at.endsWith('/insights'), limits: ['limit', 'limit_use_case', 'transient'], broken: ['expired', 'denied'],
  },
  google_ads: {
    Standin: Google, account: { cent: 1, part: 1, adless: 1, currency: 'EUR' }, counts: COUNTS.filter((name) => name !== 'reach'), unsaid: false,
    settings: (standin) => ({ account: standin.customer, client_id: standin.clientId, client_secret: standin.clientSecret, refresh_token: standin.refreshToken }),
    rows: ({ path: at }) => at.includes('googleAds:'), limits: ['limit', 'limit_short', 'transient'], broken: ['denied'],
  },
  tiktok: {
    Standin: TikTok, account: { id: '7001', unsaid: true, currency: 'USD', timezone: 'America/New_York' }, counts: COUNTS, unsaid: true,
    settings: (standin) => ({ account: standin.account.id, token: standin.token }),
    rows: ({ path: at }) => at.includes('report/'), limits: ['limit', 'limit_http', 'transient', 'internal'], broken: ['expired', 'denied'],
  },
  yandex_direct: {
    Standin: Yandex, account: { places: ['SEARCH', 'AD_NETWORK'], unsaid: true, adless: 1, currency: 'RUB', timezone: 'Europe/Moscow' }, counts: COUNTS.filter((name) => name !== 'reach'), unsaid: true,
    settings: (standin) => ({ account: standin.login, token: standin.token }),
    rows: ({ path: at }) => at.endsWith('/reports'), limits: ['limit', 'limit_string', 'transient'], broken: ['expired', 'denied', 'pending'],
  },
  kite: {
    Standin: Kite, account: { unsaid: true }, counts: ['impressions', 'clicks', 'spend', 'conversions'], unsaid: true,
    settings: (standin) => ({ account: standin.account.id, key: standin.token }),
    rows: ({ path: at }) => at.endsWith('/days.json'), limits: ['limit', 'transient'], broken: ['expired', 'denied'],
  },
};

/** The adapter with its waits made short, and chunks of 10 days, as `name`_quick: what it says but for these is what is tested. */
export function quick(name, window = {}) {
  const adapter = JSON.parse(readFileSync(adapterFile(name), 'utf8'));
  const shorten = (value) => {
    if (value === null || typeof value !== 'object') return;
    for (const [key, inner] of Object.entries(value)) {
      if (/^(first|most|least|default|pause|every)_s$/.test(key)) value[key] = Math.min(inner, 0.2);
      else shorten(inner);
    }
  };
  shorten(adapter);
  adapter.pace = { ...adapter.pace, per_second: 500, timeout_s: 2 };
  adapter.window = { ...adapter.window, first_days: 40, chunk_days: 10, restate_days: 7, ...window };
  return { ...adapter, name: `${name}_quick` };
}

export class Pulls {
  /** Stand-in, account and server; `connect` does the rest. `builtin`: the adapter as it is delivered. */
  static async start(test, name, { builtin = false, account = {}, options = {}, env = {}, window } = {}) {
    const pulls = new Pulls();
    const platform = PLATFORMS[name];
    pulls.platform = platform;
    pulls.account = makeAccount(account.seed ?? 11, { ...platform.account, ...account });
    pulls.standin = await platform.Standin.start(test, pulls.account, options);
    pulls.adapter = builtin ? name : `${name}_quick`;
    const folder = newFolder(test);
    mkdirSync(path.join(folder, 'adapters'));
    if (!builtin) writeFileSync(path.join(folder, 'adapters', `${pulls.adapter}.json`), JSON.stringify(quick(name, window)));
    else if (name === 'kite') writeFileSync(path.join(folder, 'adapters', 'kite.json'), readFileSync(KITE));
    pulls.server = await Server.start(test, { folder, env: { DEMETRA_ALLOW_HOSTS: pulls.standin.host, DEMETRA_LOG: 'debug', ...env } });
    pulls.replies = [];
    pulls.logs = [];
    const { server } = pulls, spawn = server.spawn.bind(server);
    server.spawn = () => {
      pulls.logs.push(server.stdout, server.stderr);
      return spawn();
    };
    return pulls;
  }

  settings(more = {}) {
    return { base_url: this.standin.base, ...(this.standin instanceof Google && { token_url: `${this.standin.base}/token` }), ...this.platform.settings(this.standin), ...more };
  }

  /** Make the connection, which is pulled at once; its id. */
  async connect(more = {}) {
    const reply = await this.server.post('/api/v1/connections', { adapter: this.adapter, name: 'Shop', settings: this.settings(more) });
    assert.equal(reply.status, 201, `${reply}`);
    this.replies.push(reply.text());
    this.id = reply.json().id;
    return this.id;
  }

  async state() {
    const reply = await this.server.request('GET', `/api/v1/connections/${this.id}`);
    assert.equal(reply.status, 200, `${reply}`);
    this.replies.push(reply.text());
    return reply.json();
  }

  /** When the run after `last` has ended: it. */
  ended(last = 0, ms = 60_000) {
    return until('the pull to end', async () => {
      const { runs } = await this.state();
      return runs.find(({ id, ended_at, state }) => id > last && ended_at && state !== 'lost');
    }, ms);
  }

  /** Pull what is due, or the days named; the run. */
  async pull(days = {}) {
    const last = Math.max(0, ...(await this.state()).runs.map(({ id }) => id));
    const reply = await this.server.post(`/api/v1/connections/${this.id}/pull`, days);
    assert.equal(reply.status, 202, `${reply}`);
    return this.ended(last);
  }

  async connected(more) {
    await this.connect(more);
    const run = await this.ended();
    assert.equal(run.state, 'done', JSON.stringify(run));
    return run;
  }

  sql(text) {
    const out = execFileSync('sqlite3', ['-readonly', '-json', '-cmd', '.timeout 5000', path.join(this.server.folder, 'demetra.sqlite'), text], { encoding: 'utf8' });
    return out.trim() ? JSON.parse(out) : [];
  }

  rows() {
    return this.sql(`SELECT d.day AS n, c.external_id AS campaign_id, c.name AS campaign_name, a.ad_set_id, a.ad_set_name, a.external_id AS ad_id, a.name AS ad_name, d.placement AS place,
      h.name AS channel, d.currency, d.impressions, d.reach, d.clicks, d.spend_micros AS spend, d.conversions_micros AS conversions, d.revenue_micros AS revenue
      FROM ad_day d JOIN ad a ON a.id = d.ad_id JOIN campaign c ON c.id = a.campaign_id JOIN channel h ON h.id = d.channel_id`).map(({ n, ...row }) => ({ day: dayText(n), ...row }));
  }

  /** Rows that have the same key as the truth's; what the platform does not bring is left out. */
  figures(rows, columns) {
    const { counts, unsaid } = this.platform;
    return sums(rows, columns).map((sum) => Object.fromEntries([...columns, ...counts].map((name) => [name, counts.includes(name) && !unsaid ? (sum[name] ?? 0) : sum[name]])));
  }

  /** Every row, and the sums by campaign and by channel, are the truth to the micro. */
  isTrue(range) {
    const stored = this.rows(), truth = this.account.truth(range);
    const columns = ['day', 'campaign_id', ...(this.standin instanceof Kite ? [] : ['ad_set_id']), 'ad_id'];
    assert.deepEqual(this.figures(stored, columns), this.figures(truth, columns));
    for (const { currency } of stored) assert.equal(currency, this.account.currency);
    const sum = (table, join) => this.sql(`SELECT d.day AS n ${join ? ', c.external_id AS campaign_id' : ''}, d.impressions, d.reach, d.clicks, d.spend_micros AS spend, d.conversions_micros AS conversions,
      d.revenue_micros AS revenue FROM ${table} d ${join}`).map(({ n, ...row }) => ({ day: dayText(n), ...row }));
    assert.deepEqual(this.figures(sum('campaign_day', 'JOIN campaign c ON c.id = d.campaign_id'), ['day', 'campaign_id']), this.figures(truth, ['day', 'campaign_id']));
    assert.deepEqual(this.figures(sum('channel_day', ''), ['day']), this.figures(truth, ['day']));
  }

  /** No secret is in what was logged, replied or stored, in any of the usual spellings. */
  async noSecrets() {
    const texts = [...this.replies, ...this.logs, this.server.stderr, this.server.stdout];
    for (const target of ['/api/v1/connections', '/api/v1/jobs', '/api/v1/job-runs', '/api/v1/adapters']) texts.push((await this.server.request('GET', target)).text());
    for (const name of readdirSync(this.server.folder, { recursive: true })) {
      const file = path.join(this.server.folder, name);
      if (statSync(file).isFile()) texts.push(readFileSync(file, 'latin1'));
    }
    for (const secret of this.standin.secrets)
      for (const spelling of new Set([secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').slice(0, -4), secret.slice(4)]))
        for (const text of texts) assert.ok(!text.includes(spelling), `a secret is seen: …${text.slice(Math.max(0, text.indexOf(spelling) - 200), text.indexOf(spelling) + 60)}`);
  }
}
