// tests/lib/standins/kite.mjs -- "Kite Ads", a platform that nobody has: for the test that a new one needs a file and no C.
//
// GET /api/v2/days.json?account=…&since=YYYY-MM-DD&until=…&per_page=…&cursor=…, header X-Api-Key.
// -> {"banners":[{"id","title","plan":{"id","title"},"days":[{"date","shows":n,"clicks":n,"spent":n,"goals":n|null}]}],"next":"…"|null}
// A banner's days stand under it, pages are of banners, spent is in kopecks, all numbers are numbers.
// Errors: {"error":{"code":"word","message":".."}} with 400, 401 (bad_key), 403 (forbidden), 429 (rate_limit, Retry-After), 5xx.
// At most 31 days and 500 banners at once. Options: token, pageSize.
import { dayOf } from './account.mjs';
import { Standin, json, refusal } from './standin.mjs';

const PARAMETERS = ['account', 'since', 'until', 'per_page', 'cursor'];
const failure = (status, code, message, headers) => refusal(status, { error: { code, message } }, headers);

export class Kite extends Standin {
  constructor(account, options) {
    super(account, options);
    this.token = options.token ?? 'kitesecretkey0123456789';
    this.secrets = [this.token];
    const error = (...args) => () => failure(...args).reply;
    this.faults = {
      limit: error(429, 'rate_limit', 'slow down', { 'Retry-After': '1' }),
      expired: error(401, 'bad_key', 'the key is not good any more'),
      denied: error(403, 'forbidden', 'this account is not yours'),
      transient: error(503, 'later', 'try again'),
      echo: () => failure(401, 'bad_key', `the key ${this.token} is wrong`).reply,
    };
  }

  answer(asked) {
    if (asked.headers['x-api-key'] !== this.token) throw failure(401, 'bad_key', 'the key is not good');
    if (asked.method !== 'GET') throw failure(405, 'bad_method', asked.method);
    if (asked.path === '/api/v2/account.json') return json({ money: this.account.currency, place: { zone: this.account.timezone } });
    if (asked.path === '/api/v2/days.json') return this.days(asked, asked.query);
    throw failure(404, 'not_found', asked.path);
  }

  days(asked, query) {
    for (const name of query.keys()) if (!PARAMETERS.includes(name)) throw failure(400, 'bad_parameter', name);
    if (query.get('account') !== this.account.id) throw failure(403, 'forbidden', 'this account is not yours');
    const from = query.get('since'), to = query.get('until');
    const first = dayOf(from), last = dayOf(to);
    if (!(first <= last && last - first < 31)) throw failure(400, 'bad_parameter', 'since, until');
    const size = Number(query.get('per_page') ?? 50), [, at] = /^k(\d+)$/.exec(query.get('cursor') ?? 'k0') ?? [];
    if (!(size >= 1 && size <= 500) || at === undefined) throw failure(400, 'bad_parameter', 'per_page, cursor');
    const banners = this.banners({ from, to });
    const end = Number(at) + Math.min(size, this.pageSize);
    Object.assign(asked, { from, to, first: at === '0' });
    return json({ banners: banners.slice(Number(at), end), next: end < banners.length ? `k${end}` : null });
  }

  banners(range) {
    const out = new Map();
    for (const row of this.account.truth(range)) {
      if (!out.has(row.ad_id)) out.set(row.ad_id, { id: row.ad_id, title: row.ad_name, plan: { id: row.campaign_id, title: row.campaign_name }, days: [] });
      out.get(row.ad_id).days.push({ date: row.day, shows: row.impressions, clicks: row.clicks, spent: row.spend / 10_000, goals: row.conversions === null ? null : row.conversions / 1e6 });
    }
    return [...out.values()];
  }
}
