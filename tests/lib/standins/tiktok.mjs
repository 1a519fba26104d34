// tests/lib/standins/tiktok.mjs -- TikTok's integrated report as contracts/tiktok-ads.md has it. HTTP is 200 whatever happens; the code tells.
//
// Options: token, pageSize (rows a page at the most).
import { dayOf, decimal, sums } from './account.mjs';
import { Standin, json, parsed } from './standin.mjs';

const LEVELS = { AUCTION_ADVERTISER: 'advertiser_id', AUCTION_CAMPAIGN: 'campaign_id', AUCTION_ADGROUP: 'adgroup_id', AUCTION_AD: 'ad_id' };
const KEYS = { advertiser_id: [], campaign_id: ['campaign_id'], adgroup_id: ['campaign_id', 'ad_set_id'], ad_id: ['campaign_id', 'ad_set_id', 'ad_id'] };
const PARAMETERS = ['advertiser_id', 'report_type', 'service_type', 'data_level', 'dimensions', 'metrics', 'start_date', 'end_date', 'filtering', 'order_field', 'order_type', 'enable_total_metrics', 'page', 'page_size', 'query_lifetime'];
const METRICS = ['campaign_id', 'campaign_name', 'adgroup_id', 'adgroup_name', 'ad_name', 'objective_type', 'spend', 'impressions', 'clicks', 'reach', 'frequency', 'cpc', 'cpm', 'ctr', 'currency',
  'conversion', 'cost_per_conversion', 'conversion_rate', 'result', 'complete_payment', 'total_complete_payment_rate', 'complete_payment_roas', 'value_per_complete_payment', 'total_purchase_value', 'likes', 'comments', 'shares', 'follows'];
const STATUS_FIELDS = { AUCTION_CAMPAIGN: 'campaign_status', AUCTION_ADGROUP: 'adgroup_status', AUCTION_AD: 'ad_status' };
const ID_FIELDS = { campaign_ids: 'campaign_id', adgroup_ids: 'ad_set_id', ad_ids: 'ad_id' };

const envelope = (code, message, data = {}) => json({ code, message, request_id: '20260208x', data });
const refused = (code, message) => Object.assign(new Error(message), { reply: envelope(code, message) });

export class TikTok extends Standin {
  constructor(account, options) {
    super(account, options);
    this.token = options.token ?? 'tiktoksecretaccesstoken0123456789';
    this.secrets = [this.token];
    const code = (number, message, headers) => () => ({ ...envelope(number, message), headers });
    this.faults = {
      limit: code(40100, 'Too many requests. Please retry in some time.'),
      limit_http: () => ({ ...envelope(40100, 'Too many requests.'), status: 429, headers: { 'Retry-After': '1' } }),
      expired: code(40105, 'Access token is incorrect or has been revoked.'),
      denied: code(40001, 'No permission to operate advertiser.'),
      transient: code(50000, 'System error'),
      internal: code(51010, 'Internal service timed out'),
      echo: () => envelope(40105, `Access token ${this.token} is incorrect`),
      truncated: (asked, standin, good) => {
        const reply = good();
        return { ...reply, headers: { ...reply.headers, 'X-Tt-Ads-Throttle': 'only the newest 20000 ids are returned' } };
      },
    };
  }

  answer(asked) {
    const [, rest] = /^\/open_api\/v1\.3\/(.+)$/.exec(asked.path) ?? [];
    if (!rest) throw refused(40006, 'The API version is wrong');
    if (asked.headers['access-token'] === undefined) throw refused(40104, 'Access token is empty');
    if (asked.headers['access-token'] !== this.token) throw refused(40105, 'Access token is incorrect or has been revoked.');
    if (asked.method !== 'GET') throw refused(40002, 'Method is not supported');
    if (rest === 'report/integrated/get/') return this.report(asked);
    if (rest === 'advertiser/info/') return this.info(asked);
    return { status: 404, headers: { 'Content-Type': 'text/plain' }, body: 'page not found' };
  }

  info(asked) {
    const ids = list(asked.query, 'advertiser_ids');
    if (!ids.includes(this.account.id)) throw refused(40001, 'No permission to operate advertiser.');
    const { id, currency, timezone } = this.account;
    return envelope(0, 'OK', { list: [{ advertiser_id: id, name: 'Made up', currency, timezone, display_timezone: timezone, status: 'STATUS_ENABLE' }] });
  }

  report(asked) {
    const want = this.question(asked.query);
    const rows = this.rows(want);
    Object.assign(asked, { from: want.from, to: want.to, first: want.page === 1 });
    const size = Math.min(want.size, this.pageSize);
    const page_info = { page: want.page, page_size: size, total_number: rows.length, total_page: Math.ceil(rows.length / size) };
    return envelope(0, 'OK', { list: rows.slice((want.page - 1) * size, want.page * size), page_info });
  }

  question(query) {
    const bad = (message) => refused(40002, message);
    for (const name of query.keys()) if (!PARAMETERS.includes(name)) throw bad(`${name}: unknown field`);
    if (query.get('advertiser_id') !== this.account.id) throw refused(40001, 'No permission to operate advertiser.');
    if (query.get('report_type') !== 'BASIC') throw bad('report_type: must be BASIC here');
    if (!['AUCTION', null].includes(query.get('service_type'))) throw bad('service_type');
    const id = LEVELS[query.get('data_level')];
    if (!id) throw bad('data_level: is required');
    const dimensions = list(query, 'dimensions');
    if (dimensions.filter((name) => name.endsWith('_id')).join() !== id) throw bad(`dimensions: must hold the one id ${id}`);
    for (const name of dimensions) if (![id, 'stat_time_day'].includes(name)) throw bad(`dimensions: ${name}`);
    const metrics = query.has('metrics') ? list(query, 'metrics') : ['spend', 'impressions'];
    for (const name of metrics) if (!METRICS.includes(name)) throw bad(`metrics: Invalid metric fields: ['${name}']`);
    const daily = dimensions.includes('stat_time_day');
    const first = dayOf(query.get('start_date')), last = dayOf(query.get('end_date'));
    if (!(first <= last)) throw bad('start_date, end_date');
    if (last - first + 1 > (daily ? 30 : 365)) throw bad(`The time span may not exceed ${daily ? 30 : 365} days`);
    const page = Number(query.get('page') ?? 1), size = Number(query.get('page_size') ?? 10);
    if (!(Number.isInteger(page) && page >= 1) || !(Number.isInteger(size) && size >= 1 && size <= 1000)) throw bad('page, page_size: must be 1 .. 1000');
    return { id, metrics, daily, from: query.get('start_date'), to: query.get('end_date'), page, size, ...this.filters(query) };
  }

  filters(query) {
    const out = { all: false, ids: [] };
    for (const { field_name, filter_type, filter_value } of query.has('filtering') ? list(query, 'filtering') : []) {
      if (filter_type !== 'IN' || typeof filter_value !== 'string') throw refused(40002, 'filtering: filter_value must be text');
      const values = parsed(filter_value, () => refused(40002, 'filtering: filter_value must be a list as text'));
      if (ID_FIELDS[field_name] && values.length <= 100) out.ids.push([ID_FIELDS[field_name], values]);
      else if (field_name === STATUS_FIELDS[query.get('data_level')] && values[0] === 'STATUS_ALL') out.all = true;
      else throw refused(40002, `filtering: ${field_name}`);
    }
    return out;
  }

  rows({ id, metrics, daily, from, to, all, ids }) {
    const columns = [...(daily ? ['day'] : []), ...KEYS[id]];
    const gone = new Set(this.account.ads.filter(({ status }) => status === 'deleted').map((ad) => ad.id));
    const flat = this.account.truth({ from, to }).filter((row) => (all || !gone.has(row.ad_id)) && ids.every(([column, values]) => values.includes(row[column])));
    return sums(flat, columns).map((sum) => {
      const row = { ...flat.find((one) => columns.every((column) => one[column] === sum[column])), ...sum };
      const dimensions = { [id]: { advertiser_id: this.account.id, campaign_id: row.campaign_id, adgroup_id: row.ad_set_id, ad_id: row.ad_id }[id] };
      if (daily) dimensions.stat_time_day = `${row.day} 00:00:00`;
      const values = this.metrics(row);
      return { dimensions, metrics: Object.fromEntries(metrics.map((name) => [name, values[name] ?? '-'])) };
    });
  }

  metrics(row) {
    const said = (value, text) => (value === null ? '-' : text(value));
    return {
      campaign_id: row.campaign_id, campaign_name: row.campaign_name, adgroup_id: row.ad_set_id, adgroup_name: row.ad_set_name, ad_name: row.ad_name, objective_type: 'WEB_CONVERSIONS', currency: this.account.currency,
      spend: decimal(row.spend), impressions: String(row.impressions), clicks: String(row.clicks), reach: String(row.reach), frequency: (row.impressions / row.reach).toFixed(2),
      cpc: row.clicks ? (row.spend / 1e6 / row.clicks).toFixed(2) : '0.00', cpm: (row.spend / 1e3 / row.impressions).toFixed(2), ctr: ((100 * row.clicks) / row.impressions).toFixed(2),
      conversion: said(row.conversions, (value) => String(value / 1e6)), complete_payment: said(row.conversions, (value) => String(value / 1e6)),
      total_complete_payment_rate: said(row.revenue, (value) => decimal(value)), total_purchase_value: said(row.revenue, (value) => decimal(value)),
      complete_payment_roas: said(row.revenue, (value) => (row.spend ? (value / row.spend).toFixed(2) : '0.00')),
    };
  }
}

function list(query, name) {
  const value = parsed(query.get(name) ?? 'null', () => refused(40002, `${name}: must be JSON`));
  if (!Array.isArray(value)) throw refused(40002, `${name}: must be a list as JSON`);
  return value;
}
