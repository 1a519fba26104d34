// tests/lib/standins/yandex.mjs -- Yandex Direct's Reports as contracts/yandex-direct.md has it.
//
// Options: token, login, polls (how many times a queued report is not ready), retryIn (seconds), online (false: everything is queued).
// A report is cached under its name: who asks again under the same name gets yesterday's numbers.
import { dayOf, decimal, sums } from './account.mjs';
import { Standin, json, parsed, refusal } from './standin.mjs';

const TYPES = ['ACCOUNT_PERFORMANCE_REPORT', 'CAMPAIGN_PERFORMANCE_REPORT', 'ADGROUP_PERFORMANCE_REPORT', 'AD_PERFORMANCE_REPORT', 'CUSTOM_REPORT'];
const NAMES = { Date: 'day', CampaignId: 'campaign_id', CampaignName: 'campaign_name', AdGroupId: 'ad_set_id', AdGroupName: 'ad_set_name', AdId: 'ad_id', AdNetworkType: 'place' };
const COUNTS = { Impressions: 'impressions', Clicks: 'clicks', Conversions: 'conversions', Cost: 'spend', Revenue: 'revenue', PurchaseRevenue: 'revenue' };
const SHARES = ['Ctr', 'AvgCpc', 'ConversionRate'];
const PARAMS = ['SelectionCriteria', 'FieldNames', 'ReportName', 'ReportType', 'DateRangeType', 'Format', 'IncludeVAT', 'IncludeDiscount', 'Goals', 'AttributionModels', 'OrderBy', 'Page'];
const QUEUE_MAX = 5;

const failure = (status, code, text, detail = '') => refusal(status, { error: { request_id: '88', error_code: code, error_string: text, error_detail: detail } }, { RequestId: '88' });
const bad = (detail) => failure(400, 8000, 'Invalid request', detail);

export class Yandex extends Standin {
  constructor(account, options) {
    super(account, options);
    this.token = options.token ?? 'y0_yandexsecrettoken0123456789';
    this.login = options.login ?? 'made-up-login';
    this.secrets = [this.token];
    this.reports = new Map();
    const error = (...args) => () => failure(...args).reply;
    this.faults = {
      limit: error(400, 506, 'Too many connections', 'Try again later'),
      limit_string: error(400, '56', 'Method call limit exceeded'),
      expired: error(400, 53, 'Authorization error', 'Invalid OAuth token'),
      denied: error(400, 54, 'No rights', 'No rights to the login'),
      pending: error(400, 58, 'Incomplete registration', 'The application has no approved request for API access'),
      transient: error(500, 1000, 'Server is temporarily unavailable'),
      report_failed: error(500, 1002, 'Operation error', 'The report could not be made'),
      too_long: () => ({ ...failure(502, 1000, 'Request took too long').reply }),
      echo: () => failure(400, 53, 'Authorization error', `Invalid OAuth token ${this.token}`).reply,
    };
  }

  answer(asked) {
    const [, service] = /^\/json\/v(?:5|501)\/(\w+)$/.exec(asked.path) ?? [];
    if (!service) return { status: 404, headers: { 'Content-Type': 'text/html' }, body: '<html>404</html>' };
    if (asked.method !== 'POST') throw bad('POST is the only method');
    if (asked.headers.authorization !== `Bearer ${this.token}`) throw failure(400, 53, 'Authorization error', 'Invalid OAuth token');
    const login = asked.headers['client-login'];
    if (login !== undefined && login !== this.login) throw failure(400, 513, 'Your login is not registered in Yandex.Direct', login);
    const body = parsed(asked.text, () => bad('The body is no JSON'));
    if (service === 'clients') return this.clients(body);
    if (service !== 'reports') throw failure(400, 3001, 'No access to the method');
    return this.report(asked, body);
  }

  clients({ method, params }) {
    if (method !== 'get' || !Array.isArray(params?.FieldNames)) throw bad('method, FieldNames');
    const all = { Login: this.login, Currency: this.account.currency, ClientId: 7 };
    for (const name of params.FieldNames) if (!(name in all)) throw bad(`FieldNames: ${name}`);
    return json({ result: { Clients: [Object.fromEntries(params.FieldNames.map((name) => [name, all[name]]))] } });
  }

  report(asked, body) {
    if (Object.keys(body).join() !== 'params') throw bad('the root object holds params and nothing else');
    const want = question(body.params);
    const mode = asked.headers.processingmode ?? 'auto';
    if (!['online', 'offline', 'auto'].includes(mode)) throw bad(`processingMode ${mode}`);
    const same = JSON.stringify(body.params);
    let report = this.reports.get(want.name);
    if (report && report.same !== same) throw failure(400, 4000, 'Invalid parameter', 'ReportName: there is another report of this name');
    const queued = mode === 'offline' || (mode === 'auto' && this.options.online === false);
    if (!report) {
      if (queued && this.queue() >= QUEUE_MAX) throw failure(400, 9000, 'The queue of reports is full');
      report = { same, polls: queued ? (this.options.polls ?? 2) : 0, rows: this.rows(want), fresh: true };
      this.reports.set(want.name, report);
    }
    const headers = { RequestId: '88', Units: '10/23754/24000', 'Units-Used-Login': this.login, reportsInQueue: String(this.queue()) };
    if (report.polls > 0) {
      report.polls--;
      const status = report.fresh ? 201 : 202;
      report.fresh = false;
      return { status, headers: { ...headers, retryIn: String(this.options.retryIn ?? 1) }, body: '' };
    }
    Object.assign(asked, { from: want.from, to: want.to, first: true });
    return { status: 200, headers: { ...headers, 'Content-Type': 'text/tab-separated-values; charset=utf-8' }, body: text(report.rows, want, asked.headers) };
  }

  queue() {
    return [...this.reports.values()].filter(({ polls }) => polls > 0).length;
  }

  rows({ fields, from, to }) {
    const columns = fields.filter((name) => NAMES[name]).map((name) => NAMES[name]);
    return sums(this.account.truth({ from, to }), columns);
  }

  spoilt(body, kind) {
    if (kind === 'bad_day') return body.replace(/\b\d{4}-\d\d-(\d\d)\t/, '2026-13-$1\t');
    if (kind === 'other_day') return body.replaceAll(/\b\d{4}-(\d\d)-(\d\d)\t/g, '1999-$1-$2\t');
    const lines = body.split('\n'), head = lines.findIndex((line) => line.split('\t').includes('Cost'));
    const at = lines[head].split('\t').indexOf('Cost');
    const cells = lines[head + 1].split('\t');
    cells[at] = { types: '{"value":1}', nan: 'NaN', huge: '99999999999999999999999' }[kind];
    lines[head + 1] = cells.join('\t');
    return lines.join('\n');
  }
}

function question(params) {
  if (!params) throw bad('params are missing');
  for (const name of Object.keys(params)) if (!PARAMS.includes(name)) throw bad(`params: ${name} is unknown`);
  const { SelectionCriteria: where, FieldNames: fields, ReportName: name, ReportType: type, DateRangeType: range, Format, IncludeVAT, IncludeDiscount } = params;
  if (!where) throw bad('SelectionCriteria is required');
  if (typeof name !== 'string' || !name || name.length > 255) throw bad('ReportName');
  if (!TYPES.includes(type)) throw bad('ReportType');
  if (Format !== 'TSV') throw bad('Format');
  if (!['YES', 'NO'].includes(IncludeVAT) || !['YES', 'NO', undefined].includes(IncludeDiscount)) throw bad('IncludeVAT, IncludeDiscount');
  if (range !== 'CUSTOM_DATE') throw bad('the stand-in knows no DateRangeType but CUSTOM_DATE');
  const first = dayOf(where.DateFrom), last = dayOf(where.DateTo);
  if (!(first <= last)) throw bad('DateFrom, DateTo');
  if (!Array.isArray(fields) || !fields.length || new Set(fields).size !== fields.length) throw bad('FieldNames');
  for (const field of fields) if (!NAMES[field] && !COUNTS[field] && !SHARES.includes(field)) throw failure(400, 4000, 'Invalid parameter', `FieldNames: ${field}`);
  if (where.Filter || params.Goals || params.Page) throw bad('the stand-in knows no Filter, Goals or Page');
  return { name, fields, from: where.DateFrom, to: where.DateTo };
}

function text(rows, { name, fields, from, to }, headers) {
  const micros = headers.returnmoneyinmicros !== 'false';
  const lines = [];
  const money = (value) => (micros ? String(value) : decimal(value));
  const cell = (row, field) => {
    if (NAMES[field]) return row[NAMES[field]] || '--';
    if (field === 'Ctr') return ((100 * row.clicks) / row.impressions).toFixed(2);
    if (field === 'AvgCpc') return row.clicks ? money(Math.round(row.spend / row.clicks / 10_000) * 10_000) : '--';
    if (field === 'ConversionRate') return row.clicks && row.conversions !== null ? ((100 * row.conversions) / 1e6 / row.clicks).toFixed(2) : '--';
    const value = row[COUNTS[field]];
    if (value === null) return '--';
    return field === 'Conversions' ? String(value / 1e6) : ['spend', 'revenue'].includes(COUNTS[field]) ? money(value) : String(value);
  };
  if (headers.skipreportheader !== 'true') lines.push(`"${name} (${from} - ${to})"`);
  if (headers.skipcolumnheader !== 'true') lines.push(fields.join('\t'));
  for (const row of rows) lines.push(fields.map((field) => cell(row, field).replace(/[\t\n]/g, ' ')).join('\t'));
  if (headers.skipreportsummary !== 'true') lines.push(`Total rows: ${rows.length}`);
  return `${lines.join('\n')}\n`;
}
