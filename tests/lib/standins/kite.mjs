// tests/lib/standins/kite.mjs -- "Kite Ads", a platform that nobody has: for the test that a new one needs a file and no C.
//
// GET /api/v2/statistics/banners/day.json?account=…&date_from=…&date_to=…&limit=…&offset=…, header X-Api-Key.
// -> {"items":[{"date","banner":{"id","title"},"plan":{"id","title"},"base":{"shows":n,"clicks":n,"spent":"12.50","goals":n|null}}],"count":all,"offset":n}
// Errors: {"error":{"code":"word","message":".."}} with 400, 401 (bad_key), 403 (forbidden), 429 (rate_limit, Retry-After), 5xx.
// Numbers are numbers, but for money. At most 31 days and 500 items at once. Options: token, pageSize.
import { dayOf, decimal } from './account.mjs';
import { Standin, json, refusal } from './standin.mjs';

const PARAMETERS = ['account', 'date_from', 'date_to', 'limit', 'offset'];
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
    if (asked.path === '/api/v2/account.json' && asked.method === 'GET') return json({ currency: this.account.currency, timezone: this.account.timezone });
    if (asked.path !== '/api/v2/statistics/banners/day.json' || asked.method !== 'GET') throw failure(404, 'not_found', asked.path);
    const { query } = asked;
    for (const name of query.keys()) if (!PARAMETERS.includes(name)) throw failure(400, 'bad_parameter', name);
    if (query.get('account') !== this.account.id) throw failure(403, 'forbidden', 'this account is not yours');
    const first = dayOf(query.get('date_from')), last = dayOf(query.get('date_to'));
    if (!(first <= last && last - first < 31)) throw failure(400, 'bad_parameter', 'date_from, date_to');
    const limit = Number(query.get('limit') ?? 50), offset = Number(query.get('offset') ?? 0);
    if (!(limit >= 1 && limit <= 500 && offset >= 0)) throw failure(400, 'bad_parameter', 'limit, offset');
    const rows = this.account.truth({ from: query.get('date_from'), to: query.get('date_to') });
    Object.assign(asked, { from: query.get('date_from'), to: query.get('date_to'), first: offset === 0 });
    const items = rows.slice(offset, offset + Math.min(limit, this.pageSize)).map((row) => ({
      date: row.day, banner: { id: row.ad_id, title: row.ad_name }, plan: { id: row.campaign_id, title: row.campaign_name },
      base: { shows: row.impressions, clicks: row.clicks, spent: decimal(row.spend), goals: row.conversions === null ? null : row.conversions / 1e6 },
    }));
    return json({ items, count: rows.length, offset });
  }
}
