// The stand-ins of the ad platforms, held to the contracts' examples and rules: a stand-in that forgives proves nothing.
import assert from 'node:assert/strict';
import test from 'node:test';
import { makeAccount, sums } from '../lib/standins/account.mjs';
import { Google } from '../lib/standins/google.mjs';
import { Kite } from '../lib/standins/kite.mjs';
import { Meta } from '../lib/standins/meta.mjs';
import { TikTok } from '../lib/standins/tiktok.mjs';
import { Yandex } from '../lib/standins/yandex.mjs';

const RANGE = { from: '2026-02-01', to: '2026-02-07' };
const account = (options = {}) => makeAccount(7, { days: 14, to: '2026-02-10', ...options });

async function ask(standin, target, { method = 'GET', headers = {}, body } = {}) {
  const reply = await fetch(new URL(target, standin.base), { method, headers, body, redirect: 'manual' });
  const text = await reply.text();
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: reply.status, headers: reply.headers, text, json };
}

const withQuery = (target, query) => `${target}?${new URLSearchParams(query)}`;
const micros = (text) => Math.round(Number(text) * 1e6);
/** Rows that were read off a platform, and the truth, by day and ad. */
const byAd = (rows) => sums(rows, ['day', 'campaign_id', 'ad_id']);
const same = (got, account, range = RANGE) => assert.deepEqual(byAd(got), byAd(account.truth(range)));

test('an account is what its seed says, and changes as it is told', () => {
  const one = account(), two = account();
  assert.deepEqual(one.truth(), two.truth());
  assert.notDeepEqual(one.truth(), makeAccount(8, { days: 14, to: '2026-02-10' }).truth());
  assert.equal(one.days.at(-1), '2026-02-10');
  assert.equal(one.days.length, 14);
  const before = sums(one.truth(), ['day']);
  one.restate('2026-02-03');
  const changed = sums(one.truth(), ['day']).filter((row, i) => JSON.stringify(row) !== JSON.stringify(before[i]));
  assert.deepEqual(changed.map(({ day }) => day), ['2026-02-03']);
  const n = one.truth().length;
  const gone = one.vanish('2026-02-04');
  assert.ok(gone > 0);
  assert.equal(one.truth().length, n - gone);
});

/* ---- Meta ---- */
const META_FIELDS = 'campaign_id,campaign_name,adset_id,adset_name,ad_id,ad_name,account_currency,impressions,reach,clicks,spend,actions,action_values';
const metaQuery = (more = {}) => ({ level: 'ad', time_increment: '1', breakdowns: 'publisher_platform', time_range: JSON.stringify({ since: RANGE.from, until: RANGE.to }), fields: META_FIELDS, limit: '200', ...more });
const metaRow = (row) => ({
  day: row.date_start, campaign_id: row.campaign_id, ad_id: row.ad_id, impressions: Number(row.impressions), reach: Number(row.reach), clicks: Number(row.clicks), spend: micros(row.spend),
  conversions: micros(row.actions?.find(({ action_type }) => action_type === 'purchase')?.value ?? '0'), revenue: micros(row.action_values?.find(({ action_type }) => action_type === 'purchase')?.value ?? '0'),
});

async function metaPages(standin, target, auth) {
  const rows = [];
  let pages = 0;
  for (let next = target; next; pages++) {
    const { status, json, text } = await ask(standin, next, { headers: auth });
    assert.equal(status, 200, text);
    rows.push(...json.data);
    next = json.paging?.next;
  }
  return { rows, pages };
}

test('Meta: a week by ad, day and placement, page by page, is the truth; text types', async (t) => {
  const standin = await Meta.start(t, account({ places: ['facebook', 'instagram'] }));
  const auth = { Authorization: `Bearer ${standin.token}` };
  const { rows, pages } = await metaPages(standin, withQuery('/v25.0/act_100200300/insights', metaQuery()), auth);
  assert.ok(pages > 5);
  same(rows.map(metaRow), standin.account);
  for (const row of rows) {
    for (const name of ['impressions', 'reach', 'clicks', 'spend', 'campaign_id']) assert.equal(typeof row[name], 'string');
    assert.equal(row.date_start, row.date_stop);
    assert.ok(['facebook', 'instagram'].includes(row.publisher_platform));
    const purchases = (row.actions ?? []).filter(({ action_type }) => action_type.includes('purchase'));
    assert.ok([0, 5].includes(purchases.length), 'under all its names');
  }
  assert.ok(rows.some(({ actions }) => actions === undefined), 'what is zero is absent');
  const one = await ask(standin, withQuery('/v25.0/act_100200300/insights', metaQuery({ level: 'campaign', fields: 'campaign_id,spend' })), { headers: auth });
  assert.deepEqual(Object.keys(one.json.data[0]), ['campaign_id', 'spend', 'publisher_platform', 'date_start', 'date_stop']);
  assert.match(one.headers.get('x-business-use-case-usage'), /"ads_insights"/);
});

test('Meta: an asynchronous run is ready only when it is completed and at 100 %', async (t) => {
  const standin = await Meta.start(t, account());
  const auth = { Authorization: `Bearer ${standin.token}` };
  const { breakdowns, ...query } = metaQuery();
  const { json: { report_run_id: run } } = await ask(standin, '/v25.0/act_100200300/insights', { method: 'POST', headers: auth, body: new URLSearchParams(query) });
  const states = [];
  for (;;) {
    const { json } = await ask(standin, `/v25.0/${run}`, { headers: auth });
    states.push([json.async_status, json.async_percent_completion]);
    if (json.async_percent_completion === 100) break;
    assert.equal((await ask(standin, `/v25.0/${run}/insights`, { headers: auth })).status, 400, 'not ready');
  }
  assert.deepEqual(states, [['Job Not Started', 0], ['Job Running', 40], ['Job Completed', 97], ['Job Completed', 100]]);
  const { rows } = await metaPages(standin, `/v25.0/${run}/insights?limit=500`, auth);
  same(rows.map(metaRow), standin.account);
});

test('Meta: what breaks a rule gets its error', async (t) => {
  const standin = await Meta.start(t, account(), { maxRows: 50 });
  const auth = { Authorization: `Bearer ${standin.token}` };
  const code = async (query, path = '/v25.0/act_100200300/insights', headers = auth) => {
    const { status, json } = await ask(standin, withQuery(path, query), { headers });
    assert.equal(status, 400);
    assert.ok(json.error.message && json.error.fbtrace_id && json.error.type);
    return [json.error.code, json.error.error_subcode].filter(Boolean).join('/');
  };
  const { breakdowns, ...query } = metaQuery();
  assert.equal(await code(query, undefined, {}), '190');
  assert.equal(await code(query, '/v19.0/act_100200300/insights'), '2500');
  assert.equal(await code(query, '/v25.0/100200300/insights'), '100/33', 'the prefix is required');
  for (const more of [{ level: 'advert' }, { fields: 'spent' }, { level: 'campaign' }, { time_increment: '0' }, { time_range: '{"since":"2026-02-30","until":"2026-03-01"}' }, { time_range: '2026-02-01' }, { limit: 'all' }, { page: '2' }, { breakdowns: 'planet' }, { after: 'xyz' }])
    assert.equal(await code({ ...query, ...more }), '100', JSON.stringify(more));
  assert.equal(await code(query), '100/1487534', 'too much at once');
  standin.fail(1, 'limit');
  assert.equal(await code(query), '17/2446079');
});

/* ---- Google ---- */
const GAQL = `SELECT campaign.id, campaign.name, ad_group.id, ad_group_ad.ad.id, segments.date, metrics.impressions, metrics.clicks, metrics.cost_micros, metrics.conversions, metrics.conversions_value
  FROM ad_group_ad WHERE segments.date BETWEEN '${RANGE.from}' AND '${RANGE.to}'`;
const googleRow = (row) => ({
  day: row.segments.date, campaign_id: row.campaign.id, ad_id: row.adGroupAd?.ad?.id ?? '', impressions: Number(row.metrics.impressions), reach: null, clicks: Number(row.metrics.clicks ?? 0),
  spend: Number(row.metrics.costMicros ?? 0), conversions: Math.round((row.metrics.conversions ?? 0) * 1e6), revenue: Math.round((row.metrics.conversionsValue ?? 0) * 1e6),
});

async function googleToken(standin, more = {}) {
  const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: standin.clientId, client_secret: standin.clientSecret, refresh_token: standin.refreshToken, ...more });
  return ask(standin, '/token', { method: 'POST', body });
}

test('Google: searchStream and search give the truth; int64 is text, unset is absent', async (t) => {
  const standin = await Google.start(t, account({ cent: 1, part: 1, adless: 1 }));
  const { json: { access_token, expires_in } } = await googleToken(standin);
  assert.equal(expires_in, 3599);
  const post = (method, body, headers = {}) => ask(standin, `/v25/customers/1112223334/googleAds:${method}`, { method: 'POST', headers: { Authorization: `Bearer ${access_token}`, 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });
  const noReach = (rows) => rows.map((row) => ({ ...row, reach: null }));
  const truth = noReach(byAd(standin.account.truth(RANGE).filter(({ ad_id }) => ad_id)));
  const chunks = (await post('searchStream', { query: GAQL })).json;
  assert.ok(chunks.length > 3 && chunks.at(-1).results === undefined, 'a chunk may lack results');
  const rows = chunks.flatMap(({ results = [] }) => results);
  assert.deepEqual(byAd(rows.map(googleRow)), truth);
  assert.equal(typeof rows[0].metrics.impressions, 'string');
  assert.ok(rows.some(({ metrics }) => metrics.conversions === undefined) && rows.some(({ metrics }) => metrics.conversions === 0));
  const paged = [];
  for (let pageToken; pageToken !== null;) {
    const { json } = await post('search', { query: GAQL, ...(pageToken && { pageToken }) });
    paged.push(...json.results);
    pageToken = json.nextPageToken ?? null;
  }
  assert.deepEqual(byAd(paged.map(googleRow)), truth);
  const whole = (await post('searchStream', { query: GAQL.replace('ad_group.id, ad_group_ad.ad.id, ', '').replace('FROM ad_group_ad', 'FROM campaign') })).json.flatMap(({ results = [] }) => results);
  assert.deepEqual(sums(whole.map(googleRow), ['day', 'campaign_id']), noReach(sums(standin.account.truth(RANGE), ['day', 'campaign_id'])), 'campaigns without ads are there');
  const empty = await post('searchStream', { query: GAQL.replaceAll('2026-', '2025-') });
  assert.deepEqual(empty.json.flatMap(({ results = [] }) => results), []);
});

test('Google: what breaks a rule gets its error', async (t) => {
  const standin = await Google.start(t, account(), { manager: '9998887776' });
  const { json: { access_token } } = await googleToken(standin);
  const good = { Authorization: `Bearer ${access_token}`, 'Content-Type': 'application/json', 'login-customer-id': '9998887776' };
  const code = async (body, { headers = good, customer = '1112223334', version = 'v25', method = 'searchStream' } = {}) => {
    const { status, json } = await ask(standin, `/${version}/customers/${customer}/googleAds:${method}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return [status, ...Object.entries(json.error.details[0].errors[0].errorCode)[0]].join(' ');
  };
  const query = GAQL;
  assert.equal(await code({ query }, { headers: { ...good, Authorization: 'Bearer old' } }), '401 authenticationError OAUTH_TOKEN_EXPIRED');
  assert.equal(await code({ query }, { headers: { Authorization: good.Authorization, 'Content-Type': 'application/json' } }), '403 authorizationError USER_PERMISSION_DENIED');
  assert.equal(await code({ query }, { customer: '111-222-3334' }), '400 requestError INVALID_CUSTOMER_ID');
  assert.equal(await code({ query }, { version: 'v19' }), '400 requestError UNSUPPORTED_VERSION');
  assert.equal(await code({ query, pageSize: 5 }, { method: 'search' }), '400 requestError UNKNOWN');
  assert.equal(await code({ query: query.replace('clicks', 'click') }), '400 queryError UNRECOGNIZED_FIELD');
  assert.equal(await code({ query: 'SELECT segments.date, metrics.clicks FROM campaign' }), '400 queryError EXPECTED_FILTERS_ON_DATE_RANGE');
  assert.equal(await code({ query: query.replace('FROM ad_group_ad', 'FROM campaign') }), '400 queryError UNRECOGNIZED_FIELD');
  standin.expire();
  assert.equal(await code({ query }), '401 authenticationError OAUTH_TOKEN_EXPIRED');
  const refused = await googleToken(standin, { refresh_token: 'other' });
  assert.deepEqual([refused.status, refused.json.error], [400, 'invalid_grant']);
});

/* ---- TikTok ---- */
const tiktokQuery = (more = {}) => ({
  advertiser_id: '7001', report_type: 'BASIC', data_level: 'AUCTION_AD', dimensions: '["ad_id","stat_time_day"]', metrics: '["ad_name","campaign_id","campaign_name","spend","impressions","clicks","reach","conversion","total_complete_payment_rate"]',
  start_date: RANGE.from, end_date: RANGE.to, page: '1', page_size: '1000', ...more,
});
const dash = (text, value) => (text === '-' ? null : value(text));
const tiktokRow = ({ dimensions, metrics }) => ({
  day: dimensions.stat_time_day.slice(0, 10), campaign_id: metrics.campaign_id, ad_id: dimensions.ad_id, impressions: Number(metrics.impressions), reach: Number(metrics.reach), clicks: Number(metrics.clicks), spend: micros(metrics.spend),
  conversions: dash(metrics.conversion, micros), revenue: dash(metrics.total_complete_payment_rate, micros),
});
const REPORT = '/open_api/v1.3/report/integrated/get/';
const NOT_DELETED = { filtering: JSON.stringify([{ field_name: 'ad_status', filter_type: 'IN', filter_value: '["STATUS_ALL"]' }]) };

test('TikTok: a week by ad and day is the truth; "-" is not zero; deleted ads only when asked for', async (t) => {
  const standin = await TikTok.start(t, account({ id: '7001', unsaid: true }));
  const read = async (more) => {
    const rows = [];
    for (let page = 1, last = 1; page <= last; page++) {
      const { status, json } = await ask(standin, withQuery(REPORT, tiktokQuery({ page, ...more })), { headers: { 'Access-Token': standin.token } });
      assert.deepEqual([status, json.code], [200, 0], JSON.stringify(json));
      last = json.data.page_info.total_page;
      rows.push(...json.data.list);
    }
    return rows;
  };
  const rows = await read();
  same(rows.map(tiktokRow), standin.account);
  for (const { dimensions, metrics } of rows) for (const value of [...Object.values(dimensions), ...Object.values(metrics)]) assert.equal(typeof value, 'string');
  assert.match(rows[0].dimensions.stat_time_day, /^2026-02-0\d 00:00:00$/);
  assert.ok(rows.some(({ metrics }) => metrics.conversion === '-'));
  const gone = standin.account.ads[0].id;
  standin.account.deleteAd(gone);
  assert.ok(!(await read()).some(({ dimensions }) => dimensions.ad_id === gone));
  same((await read(NOT_DELETED)).map(tiktokRow), standin.account);
});

test('TikTok: what breaks a rule gets its code, with HTTP 200', async (t) => {
  const standin = await TikTok.start(t, account({ id: '7001' }));
  const code = async (more, headers = { 'Access-Token': standin.token }, path = REPORT) => {
    const { status, json } = await ask(standin, withQuery(path, tiktokQuery(more)), { headers });
    assert.equal(status, 200);
    return json.code;
  };
  assert.equal(await code({}, {}), 40104);
  assert.equal(await code({}, { Authorization: `Bearer ${standin.token}` }), 40104);
  assert.equal(await code({}, { 'Access-Token': 'x' }), 40105);
  assert.equal(await code({}, undefined, '/open_api/v1.2/report/integrated/get/'), 40006);
  assert.equal(await code({ advertiser_id: '1' }), 40001);
  for (const more of [{ data_level: 'AD' }, { dimensions: '["campaign_id","stat_time_day"]' }, { dimensions: 'ad_id' }, { metrics: '["conversions"]' }, { start_date: '2026-01-01' }, { page_size: '1001' }, { since: '1' }, { filtering: '[{"field_name":"ad_status","filter_type":"IN","filter_value":["STATUS_ALL"]}]' }])
    assert.equal(await code(more), 40002, JSON.stringify(more));
  assert.equal((await ask(standin, withQuery(REPORT.slice(0, -1), tiktokQuery()), { headers: { 'Access-Token': standin.token } })).status, 404, 'the slash is part of the path');
});

/* ---- Yandex ---- */
const FIELDS = ['Date', 'CampaignId', 'CampaignName', 'AdGroupId', 'AdId', 'AdNetworkType', 'Impressions', 'Clicks', 'Cost', 'Conversions', 'Revenue'];
const yandexBody = (more = {}) => ({
  params: { SelectionCriteria: { DateFrom: RANGE.from, DateTo: RANGE.to }, FieldNames: FIELDS, ReportName: 'mk-77', ReportType: 'CUSTOM_REPORT', DateRangeType: 'CUSTOM_DATE', Format: 'TSV', IncludeVAT: 'YES', IncludeDiscount: 'NO', ...more },
});
const HEADERS = { returnMoneyInMicros: 'false', skipReportHeader: 'true', skipReportSummary: 'true' };
const yandexAsk = (standin, body, headers = {}) => ask(standin, '/json/v501/reports', { method: 'POST', headers: { Authorization: `Bearer ${standin.token}`, ...HEADERS, ...headers }, body: JSON.stringify(body) });
const missing = (text, value) => (text === '--' ? null : value(text));

function yandexRows(text, units = micros) {
  const [head, ...lines] = text.trimEnd().split('\n').map((line) => line.split('\t'));
  return lines.map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i]]))).map((row) => ({
    day: row.Date, campaign_id: row.CampaignId, ad_id: row.AdId === '--' ? '' : row.AdId, impressions: Number(row.Impressions), reach: null, clicks: Number(row.Clicks), spend: units(row.Cost), conversions: missing(row.Conversions, micros), revenue: missing(row.Revenue, units),
  }));
}

test('Yandex: 201, 202, then the truth as TSV; a name keeps its report', async (t) => {
  const standin = await Yandex.start(t, account({ places: ['SEARCH', 'AD_NETWORK'], unsaid: true, adless: 1, currency: 'RUB' }));
  const truth = () => byAd(standin.account.truth(RANGE)).map((row) => ({ ...row, reach: null }));
  const statuses = [];
  let reply;
  do {
    reply = await yandexAsk(standin, yandexBody(), { processingMode: 'offline' });
    statuses.push(reply.status);
    if (reply.status !== 200) assert.deepEqual([reply.text, reply.headers.get('retryin')], ['', '1']);
  } while (reply.status !== 200);
  assert.deepEqual(statuses, [201, 202, 200]);
  assert.deepEqual(byAd(yandexRows(reply.text)), truth());
  assert.ok(reply.text.includes('\t--\t'));
  standin.account.restate('2026-02-03');
  assert.equal((await yandexAsk(standin, yandexBody(), { processingMode: 'offline' })).text, reply.text, 'the same name, the same report');
  const again = await yandexAsk(standin, yandexBody({ ReportName: 'mk-78' }), { processingMode: 'online', returnMoneyInMicros: 'true' });
  assert.deepEqual(byAd(yandexRows(again.text, Number)), truth());
  const whole = await yandexAsk(standin, yandexBody({ ReportName: 'mk-79' }), { skipReportHeader: 'false', skipReportSummary: 'false' });
  assert.match(whole.text, /^"mk-79 \(2026-02-01 - 2026-02-07\)"\nDate\tCampaignId/);
  assert.match(whole.text, /\nTotal rows: \d+\n$/);
  const empty = await yandexAsk(standin, yandexBody({ ReportName: 'e', SelectionCriteria: { DateFrom: '2025-01-01', DateTo: '2025-01-02' } }));
  assert.equal(empty.text, `${FIELDS.join('\t')}\n`);
});

test('Yandex: what breaks a rule gets its error', async (t) => {
  const standin = await Yandex.start(t, account(), { online: false });
  const code = async (body, headers) => {
    const { status, json } = await yandexAsk(standin, body, headers);
    assert.equal(status, 400);
    assert.deepEqual(Object.keys(json.error), ['request_id', 'error_code', 'error_string', 'error_detail']);
    return json.error.error_code;
  };
  assert.equal(await code(yandexBody(), { Authorization: `OAuth ${standin.token}` }), 53);
  assert.equal(await code(yandexBody(), { 'Client-Login': 'stranger' }), 513);
  assert.equal(await code({ method: 'get', ...yandexBody() }), 8000);
  for (const more of [{ Format: 'CSV' }, { IncludeVAT: undefined }, { ReportType: 'X' }, { SelectionCriteria: { DateFrom: '2026-02-07', DateTo: '2026-02-01' } }, { ReportName: '' }, { Fields: [] }])
    assert.equal(await code(yandexBody(more)), 8000, JSON.stringify(more));
  assert.equal(await code(yandexBody({ FieldNames: ['Date', 'Currency'] })), 4000);
  assert.equal((await yandexAsk(standin, yandexBody())).status, 201);
  assert.equal(await code(yandexBody({ FieldNames: ['Date'] })), 4000, 'a used name');
  for (let i = 0; i < 4; i++) assert.equal((await yandexAsk(standin, yandexBody({ ReportName: `q${i}` }))).status, 201);
  assert.equal(await code(yandexBody({ ReportName: 'one too many' })), 9000);
});

/* ---- all ---- */
test('Kite: a week is the truth, and rules are rules', async (t) => {
  const standin = await Kite.start(t, account({ unsaid: true }), { pageSize: 3 });
  const read = (more = {}, headers = { 'X-Api-Key': standin.token }) => ask(standin, withQuery('/api/v2/days.json', { account: '100200300', since: RANGE.from, until: RANGE.to, ...more }), { headers });
  const banners = [];
  for (let cursor = 'k0'; cursor;) {
    const { json } = await read({ cursor });
    banners.push(...json.banners);
    cursor = json.next;
  }
  const rows = banners.flatMap(({ id, plan, days }) => days.map(({ date, shows, clicks, spent, goals }) => ({ day: date, campaign_id: plan.id, ad_id: id, impressions: shows, clicks, spend: spent * 10_000, conversions: goals === null ? null : goals * 1e6 })));
  const bare = (all) => byAd(all).map((row) => ({ ...row, reach: null, revenue: null }));
  assert.deepEqual(bare(rows), bare(standin.account.truth(RANGE)));
  assert.equal((await read({}, {})).status, 401);
  assert.equal((await read({ until: '2026-03-10' })).status, 400);
  assert.equal((await read({ per_page: 501 })).status, 400);
});

test('what goes wrong goes wrong as often as it was told to, and where', async (t) => {
  const standin = await Kite.start(t, account());
  const target = withQuery('/api/v2/days.json', { account: '100200300', since: RANGE.from, until: RANGE.to });
  const read = () => ask(standin, target, { headers: { 'X-Api-Key': standin.token } });
  standin.fail(2, 'error500', ({ path }) => path.includes('days'));
  assert.deepEqual([(await read()).status, (await read()).status, (await read()).status], [500, 500, 200]);
  for (const [what, status] of [['html', 200], ['junk', 200], ['redirect', 302], ['limit', 429], ['expired', 401], ['transient', 503]]) {
    standin.fail(1, what);
    assert.equal((await read()).status, status, what);
  }
  for (const what of ['cut', 'reset']) {
    standin.fail(1, what);
    await assert.rejects(read(), what);
  }
  for (const [what, pattern] of [['types', /"spent":\{/], ['nan', /"spent":"NaN"/], ['huge', /"spent":"9{23}"/], ['bad_day', /2026-13-/], ['other_day', /"date":"1999-/]]) {
    standin.fail(1, what);
    assert.match((await read()).text, pattern);
  }
  standin.stopAfter(1);
  assert.equal((await read()).status, 200);
  const waiting = read();
  await standin.stopped();
  standin.go();
  assert.equal((await waiting).status, 200);
  assert.equal(standin.ranges().length, 3, 'what was answered well');
});
