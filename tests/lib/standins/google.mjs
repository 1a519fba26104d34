// tests/lib/standins/google.mjs -- Google Ads over REST as contracts/google-ads.md has it: searchStream, search, the OAuth token.
//
// Options: customer (digits), manager (digits: must come as login-customer-id), pageSize (rows a chunk or page), clientId,
// clientSecret, refreshToken, expiresIn (seconds). expire(): the access tokens given so far are no longer good.
import { dayOf, dayText, sums, today } from './account.mjs';
import { Standin, json, parsed, refusal } from './standin.mjs';

const VERSIONS = ['v23', 'v24', 'v25', 'v26'];
const CUSTOMER = ['customer.id', 'customer.currency_code', 'customer.time_zone', 'customer.descriptive_name'];
const CAMPAIGN = ['campaign.id', 'campaign.name', 'campaign.status', 'campaign.advertising_channel_type'];
const AD = ['ad_group.id', 'ad_group.name', 'ad_group.status', 'ad_group_ad.ad.id', 'ad_group_ad.ad.name', 'ad_group_ad.status'];
const METRICS = ['impressions', 'clicks', 'cost_micros', 'conversions', 'conversions_value', 'all_conversions', 'ctr', 'average_cpc', 'average_cpm'].map((name) => `metrics.${name}`);
const SEGMENTS = ['segments.date', 'segments.ad_network_type'];
const RESOURCES = {
  customer: [...CUSTOMER, ...METRICS, ...SEGMENTS],
  campaign: [...CUSTOMER, ...CAMPAIGN, ...METRICS, ...SEGMENTS],
  ad_group: [...CUSTOMER, ...CAMPAIGN, ...AD.slice(0, 3), ...METRICS, ...SEGMENTS],
  ad_group_ad: [...CUSTOMER, ...CAMPAIGN, ...AD, ...METRICS, ...SEGMENTS],
  customer_client: ['id', 'descriptive_name', 'manager', 'level', 'status', 'currency_code', 'time_zone'].map((name) => `customer_client.${name}`),
};
const KEYS = { customer: [], campaign: ['campaign_id'], ad_group: ['campaign_id', 'ad_set_id'], ad_group_ad: ['campaign_id', 'ad_set_id', 'ad_id'] };
const STATUS = { on: 'ENABLED', deleted: 'REMOVED' };

const failure = (http, status, family, name, message, details = {}) => refusal(http, {
  error: {
    code: http, message, status,
    details: [{ '@type': 'type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure', errors: [{ errorCode: { [family]: name }, message, details }], requestId: 'rq-e' }],
  },
});
const bad = (family, name, message) => failure(400, 'INVALID_ARGUMENT', family, name, message);

export class Google extends Standin {
  constructor(account, options) {
    super(account, options);
    this.customer = options.customer ?? '1112223334';
    this.clientId = options.clientId ?? 'made-up.apps.example';
    this.clientSecret = options.clientSecret ?? 'GOCSPX-secretofclient0123';
    this.refreshToken = options.refreshToken ?? '1//0refreshsecret0123456789';
    this.secrets = [this.clientSecret, this.refreshToken];
    this.alive = new Set();
    this.issued = 0;
    const quota = (name, details) => () => failure(429, 'RESOURCE_EXHAUSTED', 'quotaError', name, 'Too many requests.', details).reply;
    this.faults = {
      limit: quota('RESOURCE_EXHAUSTED', { quotaErrorDetails: { rateScope: 'ACCOUNT', rateName: 'Requests per service', retryDelay: '1s' } }),
      limit_short: quota('RESOURCE_TEMPORARILY_EXHAUSTED', {}),
      expired: () => failure(401, 'UNAUTHENTICATED', 'authenticationError', 'OAUTH_TOKEN_EXPIRED', 'Request had invalid authentication credentials.').reply,
      denied: () => failure(403, 'PERMISSION_DENIED', 'authorizationError', 'USER_PERMISSION_DENIED', "User doesn't have permission to access customer.").reply,
      transient: () => failure(503, 'UNAVAILABLE', 'internalError', 'TRANSIENT_ERROR', 'The service is currently unavailable.').reply,
      revoked: () => json({ error: 'invalid_grant', error_description: 'Token has been expired or revoked.' }, 400),
      in_array: () => ({ ...json([parsed(failure(400, 'INVALID_ARGUMENT', 'queryError', 'BAD_FIELD_NAME', 'Bad field.').reply.body)], 400) }),
      echo: (asked) => failure(400, 'INVALID_ARGUMENT', 'headerError', 'UNKNOWN', `Header ${asked.headers.authorization} and ${this.refreshToken} are wrong`).reply,
    };
  }

  expire() {
    this.alive.clear();
  }

  answer(asked) {
    if (['/token', '/oauth2/v3/token'].includes(asked.path)) return this.grant(asked);
    this.admit(asked);
    const [, version, rest] = /^\/(v\d+)\/(.+)$/.exec(asked.path) ?? [];
    if (!version) throw refusal(404, { error: { code: 404, message: 'Not found', status: 'NOT_FOUND' } });
    if (!VERSIONS.includes(version)) throw bad('requestError', 'UNSUPPORTED_VERSION', `Version ${version} is deprecated. Requests to this version will be blocked.`);
    if (rest === 'customers:listAccessibleCustomers' && asked.method === 'GET') return json({ resourceNames: [`customers/${this.options.manager ?? this.customer}`] });
    const [, customer, method] = /^customers\/([^/]+)\/googleAds:(search|searchStream)$/.exec(rest) ?? [];
    if (!customer || asked.method !== 'POST') throw refusal(404, { error: { code: 404, message: 'Not found', status: 'NOT_FOUND' } });
    if (!/^\d{10}$/.test(customer)) throw bad('requestError', 'INVALID_CUSTOMER_ID', `Invalid customer ID '${customer}'.`);
    if (!/^application\/json\b/.test(asked.headers['content-type'] ?? '')) throw bad('requestError', 'UNKNOWN', 'Content-Type must be application/json');
    this.permit(asked, customer);
    return method === 'search' ? this.search(asked) : this.stream(asked);
  }

  grant(asked) {
    const form = new URLSearchParams(asked.text);
    const invalid = (error, status = 400) => refusal(status, { error, error_description: 'Bad Request' });
    if (asked.method !== 'POST' || !/^application\/x-www-form-urlencoded\b/.test(asked.headers['content-type'] ?? '')) throw invalid('invalid_request');
    if (form.get('grant_type') !== 'refresh_token') throw invalid('unsupported_grant_type');
    if (form.get('client_id') !== this.clientId || form.get('client_secret') !== this.clientSecret) throw invalid('invalid_client', 401);
    if (form.get('refresh_token') !== this.refreshToken) throw invalid('invalid_grant');
    const token = `ya29.accesssecret${++this.issued}x${this.account.id}`;
    this.alive.add(token);
    this.secrets.push(token);
    return json({ access_token: token, expires_in: this.options.expiresIn ?? 3599, scope: 'https://www.googleapis.com/auth/adwords', token_type: 'Bearer' });
  }

  admit(asked) {
    const token = /^Bearer (.+)$/.exec(asked.headers.authorization ?? '')?.[1];
    if (!this.alive.has(token)) throw failure(401, 'UNAUTHENTICATED', 'authenticationError', token ? 'OAUTH_TOKEN_EXPIRED' : 'OAUTH_TOKEN_INVALID', 'Request had invalid authentication credentials.');
  }

  permit(asked, customer) {
    const login = asked.headers['login-customer-id'];
    if (login !== undefined && !/^\d{10}$/.test(login)) throw bad('headerError', 'INVALID_LOGIN_CUSTOMER_ID', 'login-customer-id must be digits');
    if (customer !== this.customer || login !== this.options.manager) throw failure(403, 'PERMISSION_DENIED', 'authorizationError', 'USER_PERMISSION_DENIED', "User doesn't have permission to access customer. Note: If you're accessing a client customer, the manager's customer id must be set in the 'login-customer-id' header.");
  }

  body(asked, allowed) {
    const body = parsed(asked.text, () => bad('requestError', 'UNKNOWN', 'Invalid JSON payload received.'));
    for (const name of Object.keys(body)) if (!allowed.includes(name)) throw bad('requestError', 'UNKNOWN', `Invalid JSON payload received. Unknown name "${name}": Cannot find field.`);
    if (typeof body.query !== 'string') throw bad('requestError', 'REQUIRED_FIELD_MISSING', 'query is required');
    return body;
  }

  stream(asked) {
    const query = parse(this.body(asked, ['query', 'summaryRowSetting']).query, this.account.timezone);
    const rows = this.rows(query);
    const about = { fieldMask: query.select.map(camel).join(','), requestId: 'rq-1', queryResourceConsumption: String(rows.length) };
    Object.assign(asked, { from: query.from, to: query.to, first: true });
    if (!rows.length) return json(this.requests.length % 2 ? [] : [about]);
    const chunks = [];
    for (let i = 0; i < rows.length; i += this.pageSize) chunks.push({ results: rows.slice(i, i + this.pageSize), ...about });
    if (chunks.length > 1) chunks.push(about); /* a chunk may lack results */
    return { ...json(chunks), headers: { 'request-id': 'rq-1' } };
  }

  search(asked) {
    const { query: text, pageToken = '' } = this.body(asked, ['query', 'pageToken', 'summaryRowSetting']);
    const query = parse(text, this.account.timezone);
    const rows = this.rows(query);
    if (!/^(T\d+)?$/.test(pageToken) || Number(pageToken.slice(1)) > rows.length) throw bad('requestError', 'INVALID_PAGE_TOKEN', 'Page token is invalid.');
    const at = Number(pageToken.slice(1)), end = at + this.pageSize;
    Object.assign(asked, { from: query.from, to: query.to, first: at === 0 });
    return json({ ...(rows.length && { results: rows.slice(at, end) }), ...(end < rows.length && { nextPageToken: `T${end}` }), fieldMask: query.select.map(camel).join(',') });
  }

  rows({ select, resource, from, to, keep, limit }) {
    const { account } = this;
    if (resource === 'customer_client') return [{ customerClient: { resourceName: 'x', id: this.customer, descriptiveName: 'Made up', manager: false, level: '0', status: 'ENABLED', currencyCode: account.currency, timeZone: account.timezone } }];
    const segments = SEGMENTS.filter((name) => select.includes(name));
    const metrics = select.some((name) => name.startsWith('metrics.')) || segments.length;
    if (resource === 'customer' && !metrics) return [this.row({}, select, resource)];
    const names = { 'segments.date': 'day', 'segments.ad_network_type': 'place' };
    const columns = [...segments.map((name) => names[name]), ...KEYS[resource]];
    const flat = account.truth({ from, to }).filter((row) => (resource === 'customer' || resource === 'campaign' || row.ad_id) && keep(this.statuses(row)));
    const out = sums(flat, columns).map((sum) => this.row({ ...flat.find((row) => columns.every((column) => row[column] === sum[column])), ...sum }, select, resource));
    return out.slice(0, limit);
  }

  statuses(row) {
    const campaign = this.account.campaign(row.campaign_id), ad = campaign.ads.find(({ id }) => id === row.ad_id);
    return { 'campaign.id': row.campaign_id, 'campaign.status': STATUS[campaign.status], 'ad_group_ad.status': STATUS[ad.status], 'ad_group.status': 'ENABLED', 'campaign.advertising_channel_type': campaign.adless ? 'PERFORMANCE_MAX' : 'SEARCH' };
  }

  row(sum, select, resource) {
    const { account, customer } = this;
    const campaign = sum.campaign_id && account.campaign(sum.campaign_id);
    /* zero metrics are missing in some rows and "0" in others */
    const whole = (value) => (value || sum.impressions % 2 ? String(value ?? 0) : undefined);
    const real = (value) => (value || sum.impressions % 2 ? (value ?? 0) / 1e6 : undefined);
    const all = {
      'customer.id': customer, 'customer.currency_code': account.currency, 'customer.time_zone': account.timezone, 'customer.descriptive_name': 'Made up',
      'campaign.id': sum.campaign_id, 'campaign.name': sum.campaign_name, 'campaign.status': campaign && STATUS[campaign.status], 'campaign.advertising_channel_type': campaign?.adless ? 'PERFORMANCE_MAX' : 'SEARCH',
      'ad_group.id': sum.ad_set_id, 'ad_group.name': sum.ad_set_name, 'ad_group.status': 'ENABLED',
      'ad_group_ad.ad.id': sum.ad_id, 'ad_group_ad.ad.name': sum.ad_name, 'ad_group_ad.status': sum.ad_id && STATUS[campaign.ads.find(({ id }) => id === sum.ad_id).status],
      'metrics.impressions': whole(sum.impressions), 'metrics.clicks': whole(sum.clicks), 'metrics.cost_micros': whole(sum.spend),
      'metrics.conversions': real(sum.conversions), 'metrics.all_conversions': real(sum.conversions), 'metrics.conversions_value': real(sum.revenue),
      'metrics.ctr': sum.clicks / sum.impressions, 'metrics.average_cpc': sum.clicks ? sum.spend / sum.clicks : undefined, 'metrics.average_cpm': (1000 * sum.spend) / sum.impressions,
      'segments.date': sum.day, 'segments.ad_network_type': sum.place || 'SEARCH',
    };
    const row = { [camel(resource)]: { resourceName: `customers/${customer}/${camel(resource)}s/${sum.ad_id ?? sum.campaign_id ?? ''}` } };
    for (const name of select) if (all[name] !== undefined) put(row, camel(name).split('.'), all[name]);
    return row;
  }
}

function put(object, [name, ...rest], value) {
  if (rest.length) put((object[name] ??= {}), rest, value);
  else object[name] = value;
}

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const PRESETS = { TODAY: [0, 0], YESTERDAY: [1, 1], LAST_7_DAYS: [7, 1], LAST_14_DAYS: [14, 1], LAST_30_DAYS: [30, 1] };

/** GAQL, as much of it as a report asks. */
function parse(text, timezone) {
  const wrong = (name, message) => bad('queryError', name, message);
  const match = /^\s*SELECT\s+(.+?)\s+FROM\s+(\w+)(?:\s+WHERE\s+(.+?))?(?:\s+ORDER\s+BY\s+(.+?))?(?:\s+LIMIT\s+(\d+))?\s*$/is.exec(text);
  if (!match) throw wrong('EXPECTED_SELECT', `Error in query: ${text}`);
  const [, fields, resource, where, order, limit] = match;
  const legal = RESOURCES[resource];
  if (!legal) throw wrong('BAD_RESOURCE_TYPE_IN_FROM_CLAUSE', `'${resource}' is not a resource`);
  const select = fields.split(',').map((field) => field.trim());
  for (const field of select) if (!legal.includes(field)) throw wrong('UNRECOGNIZED_FIELD', `Unrecognized field in the query: '${field}'.`);
  const query = { select, resource, limit: limit ? Number(limit) : undefined, first: -Infinity, last: Infinity, tests: [] };
  for (const condition of where ? where.split(/\s+AND\s+(?!'\d)/i) : []) addCondition(query, condition.trim(), legal, timezone, wrong);
  if (order) for (const one of order.split(',')) if (!select.includes(one.trim().split(/\s+/)[0])) throw wrong('PROHIBITED_FIELD_IN_ORDER_BY_CLAUSE', one);
  if (select.includes('segments.date') && !(Number.isFinite(query.first) && Number.isFinite(query.last))) throw wrong('EXPECTED_FILTERS_ON_DATE_RANGE', "Expected filters on 'segments.date' with a finite range");
  if (query.first > query.last) throw wrong('INVALID_VALUE_WITH_BETWEEN_OPERATOR', 'the range ends before it begins');
  const finite = Number.isFinite(query.first);
  return { ...query, from: finite ? dayText(query.first) : undefined, to: finite ? dayText(query.last) : undefined, keep: (row) => query.tests.every((test) => test(row)) };
}

function addCondition(query, text, legal, timezone, wrong) {
  const [, field, operator, rest] = /^([\w.]+)\s*(BETWEEN|DURING|NOT IN|IN|!=|>=|<=|=|<|>)\s*(.+)$/is.exec(text) ?? [];
  if (!field) throw wrong('BAD_OPERATOR', `Error in condition: ${text}`);
  if (!legal.includes(field)) throw wrong('UNRECOGNIZED_FIELD', `Unrecognized field in the query: '${field}'.`);
  if (field === 'segments.date') return void addDates(query, operator.toUpperCase(), rest, timezone, wrong);
  const values = rest.replace(/^\(|\)$/g, '').split(',').map((value) => value.trim().replace(/^['"]|['"]$/g, ''));
  const inside = (row) => row[field] === undefined || values.includes(row[field]);
  if (['=', 'IN'].includes(operator.toUpperCase())) query.tests.push(inside);
  else if (['!=', 'NOT IN'].includes(operator.toUpperCase())) query.tests.push((row) => row[field] === undefined || !values.includes(row[field]));
  else if (!(field.startsWith('metrics.') && operator === '>' && rest === '0')) throw wrong('BAD_OPERATOR', text);
}

function addDates(query, operator, rest, timezone, wrong) {
  const dates = [...rest.matchAll(/'([^']*)'/g)].map(([, text]) => dayOf(text));
  if (dates.some(Number.isNaN)) throw wrong('INVALID_VALUE_WITH_BETWEEN_OPERATOR', `Invalid date: ${rest}`);
  const [a, b] = dates;
  if (operator === 'DURING') {
    const preset = PRESETS[rest.trim()];
    if (!preset) throw wrong('INVALID_VALUE_WITH_DURING_OPERATOR', rest);
    [query.first, query.last] = preset.map((back) => today(timezone) - back);
  } else if (operator === 'BETWEEN' && dates.length === 2) [query.first, query.last] = [a, b];
  else if (operator === '=' && dates.length === 1) [query.first, query.last] = [a, a];
  else if (operator === '>=' && dates.length === 1) query.first = a;
  else if (operator === '<=' && dates.length === 1) query.last = b ?? a;
  else throw wrong('BAD_OPERATOR', `segments.date ${operator} ${rest}`);
}
