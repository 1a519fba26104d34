// tests/lib/standins/meta.mjs -- Meta's Insights as contracts/meta-ads.md has it.
//
// Options: token, pageSize (rows a page at the most), maxRows (more in one synchronous answer are "too much data"),
// polls (how many times an asynchronous run is not ready), usage (percent in the headers), regain (minutes).
import { dayOf, dayText, decimal, sums } from './account.mjs';
import { Standin, json, parsed, refusal } from './standin.mjs';

const VERSIONS = ['v25.0', 'v26.0'];
const LEVELS = ['account', 'campaign', 'adset', 'ad'];
const NAMES = { campaign: ['campaign_id', 'campaign_name', 'objective'], adset: ['adset_id', 'adset_name'], ad: ['ad_id', 'ad_name'] };
const ALWAYS = ['account_id', 'account_name', 'account_currency', 'impressions', 'reach', 'clicks', 'frequency', 'spend', 'cpc', 'cpm', 'ctr', 'cpp', 'actions', 'action_values', 'cost_per_action_type',
  'purchase_roas', 'website_purchase_roas', 'outbound_clicks', 'inline_link_clicks', 'date_start', 'date_stop'];
const PARAMETERS = ['access_token', 'fields', 'level', 'time_range', 'time_ranges', 'date_preset', 'time_increment', 'breakdowns', 'action_breakdowns', 'action_attribution_windows', 'action_report_time',
  'use_unified_attribution_setting', 'use_account_attribution_setting', 'filtering', 'sort', 'limit', 'after', 'before'];
const NO_BREAKDOWN = ['app_store_clicks', 'newsfeed_avg_position', 'newsfeed_clicks', 'newsfeed_impressions', 'relevance_score'];
const WINDOWS = ['1d_click', '7d_click', '28d_click', '1d_view', '7d_view', '28d_view', '1d_ev', 'dda', 'default'];
/** Ads of every state are in the rows here, as they are when all are asked for. */
const STATES = ['ACTIVE', 'PAUSED', 'DELETED', 'ARCHIVED', 'PENDING_REVIEW', 'DISAPPROVED', 'PREAPPROVED', 'PENDING_BILLING_INFO', 'CAMPAIGN_PAUSED', 'ADSET_PAUSED', 'IN_PROCESS', 'WITH_ISSUES'];
const FILTERS = { 'campaign.id': 'campaign_id', 'adset.id': 'adset_id', 'ad.id': 'ad_id' };
/** One purchase comes under all these names; who adds them up counts it five times. */
const PURCHASE = ['omni_purchase', 'purchase', 'onsite_web_purchase', 'offsite_conversion.fb_pixel_purchase', 'web_in_store_purchase'];

const wrong = (message, code = 100, subcode, more = {}) =>
  refusal(400, { error: { message: `(#${code}) ${message}`, type: code === 190 ? 'OAuthException' : 'FacebookApiException', code, ...(subcode && { error_subcode: subcode }), is_transient: false, fbtrace_id: 'Atrace', ...more } });

const limited = (code, subcode, headers) => () => ({ ...wrong('There have been too many calls', code, subcode).reply, headers });

export class Meta extends Standin {
  constructor(account, options) {
    super(account, options);
    this.token = options.token ?? 'EAAGmetasecrettoken0123456789';
    this.secrets = [this.token];
    this.runs = new Map();
    this.faults = {
      limit: limited(17, 2446079, { 'Retry-After': '1' }),
      limit_use_case: limited(80000, 2446079, { 'Retry-After': '1', 'X-Business-Use-Case-Usage': usage(account.id, 100, 0) }),
      limit_minutes: limited(80000, 2446079, { 'X-Business-Use-Case-Usage': usage(account.id, 100, 7) }),
      transient: () => wrong('Please retry', 2, undefined, { is_transient: true }).reply,
      expired: () => wrong('Error validating access token: Session has expired', 190, 463).reply,
      denied: () => wrong('Ad account owner has NOT grant ads_management or ads_read permission', 200).reply,
      too_much: () => ({ ...wrong("Please reduce the amount of data you're asking for, then retry your request", 1).reply, status: 500 }),
      echo: () => wrong(`Cannot parse access token ${this.token}`, 190).reply,
      run_failed: () => json({ id: 'x', async_status: 'Job Failed', async_percent_completion: 40, error_code: 2, error_message: 'something went wrong' }),
      run_skipped: () => json({ id: 'x', async_status: 'Job Skipped', async_percent_completion: 0 }),
    };
  }

  answer(asked) {
    const parameters = new URLSearchParams(asked.query);
    if (asked.method === 'POST') this.addBody(asked, parameters);
    const bearer = /^Bearer (.+)$/.exec(asked.headers.authorization ?? '')?.[1];
    if ((bearer ?? parameters.get('access_token')) !== this.token) throw wrong('Invalid OAuth access token.', 190);
    const [, version, rest] = /^\/(v\d+\.\d+)\/(.+?)\/?$/.exec(asked.path) ?? [];
    if (!VERSIONS.includes(version)) throw wrong(`Unknown path components: ${asked.path}`, 2500);
    const own = `act_${this.account.id}`;
    if (rest === `${own}/insights` && asked.method === 'POST') return this.begin(parameters);
    if (asked.method !== 'GET') throw wrong('Unsupported post request.', 100, 33);
    if (rest === `${own}/insights`) return this.insights(asked, parameters, parameters);
    if (rest === 'me/adaccounts') return json({ data: [this.describe()], paging: { cursors: { before: 'QQ', after: 'QQ' } } });
    if (rest === own) return json(this.describe());
    const [, run, rows] = /^(\d+)(\/insights)?$/.exec(rest) ?? [];
    if (!this.runs.has(run)) throw wrong(`Unsupported get request. Object with ID '${rest.split('/')[0]}' does not exist`, 100, 33);
    return rows ? this.runRows(asked, run, parameters) : this.runState(run);
  }

  addBody(asked, parameters) {
    const type = asked.headers['content-type'] ?? '';
    if (type.startsWith('application/json')) for (const [name, value] of Object.entries(parsed(asked.text || '{}', () => wrong('Invalid JSON')))) parameters.set(name, typeof value === 'string' ? value : JSON.stringify(value));
    else for (const [name, value] of new URLSearchParams(asked.text)) parameters.set(name, value);
  }

  describe() {
    const { id, currency, timezone } = this.account;
    return { id: `act_${id}`, account_id: id, name: 'Made up', currency, timezone_name: timezone, account_status: 1 };
  }

  begin(parameters) {
    question(parameters);
    const run = String(60237000 + this.runs.size);
    this.runs.set(run, { parameters, polls: 0 });
    return json({ report_run_id: run });
  }

  runState(id) {
    const run = this.runs.get(id), polls = this.options.polls ?? 3;
    const state = Math.min(run.polls++, polls);
    const [status, percent] = state === polls ? ['Job Completed', 100] : state === polls - 1 ? ['Job Completed', 97] : state === 0 ? ['Job Not Started', 0] : ['Job Running', 40];
    run.ready ||= percent === 100;
    return json({ id, account_id: this.account.id, async_status: status, async_percent_completion: percent, is_running: percent < 100, time_ref: 1, ...(run.ready && { time_completed: 2 }) });
  }

  runRows(asked, id, parameters) {
    const run = this.runs.get(id);
    if (!run.ready) throw wrong('The report is not ready', 2601);
    for (const name of parameters.keys()) if (!['limit', 'after', 'access_token'].includes(name)) throw wrong(`Unexpected parameter ${name}`);
    return this.insights(asked, run.parameters, parameters, true);
  }

  insights(asked, parameters, paging, asynchronous = false) {
    const want = question(parameters);
    const rows = this.rows(want);
    const limit = paging.has('limit') ? Number(paging.get('limit')) : 25;
    if (!(Number.isInteger(limit) && limit >= 1 && limit <= 5000)) throw wrong(`Invalid limit ${paging.get('limit')}`);
    const at = paging.has('after') ? cursorAt(paging.get('after')) : 0;
    if (!asynchronous && rows.length > (this.options.maxRows ?? Infinity)) throw wrong('The amount of data is too large', 100, 1487534);
    const end = Math.min(at + Math.min(limit, this.pageSize), rows.length);
    Object.assign(asked, { from: want.since, to: want.until, first: at === 0 });
    const answer = { data: rows.slice(at, end) };
    if (answer.data.length) answer.paging = { cursors: { before: cursor(at), after: cursor(end) } };
    if (end < rows.length) {
      const next = new URL(asked.target, this.base);
      next.searchParams.set('after', cursor(end));
      answer.paging.next = String(next);
    }
    return json(answer, 200, this.headers());
  }

  headers() {
    const percent = this.options.usage ?? 3;
    return {
      'X-Business-Use-Case-Usage': usage(this.account.id, percent, this.options.regain ?? 0),
      'X-FB-Ads-Insights-Throttle': JSON.stringify({ app_id_util_pct: percent, acc_id_util_pct: 2.5, ads_api_access_tier: 'standard_access' }),
    };
  }

  rows(want) {
    const { account } = this;
    const columns = { account: [], campaign: ['campaign_id'], adset: ['campaign_id', 'adset_id'], ad: ['campaign_id', 'adset_id', 'ad_id'] }[want.level];
    const out = [];
    for (const [start, stop] of want.periods) {
      const flat = account.truth({ from: start, to: stop }).map((row) => ({ ...row, adset_id: row.ad_set_id, adset_name: row.ad_set_name, publisher_platform: row.place }));
      const kept = flat.filter((row) => want.filters.every(({ column, values }) => values.includes(row[column])));
      const byKey = [...columns, ...want.breakdowns];
      for (const sum of sums(kept, byKey)) out.push(this.row(want, { ...kept.find((row) => byKey.every((column) => row[column] === sum[column])), ...sum, date_start: start, date_stop: stop }));
    }
    return out;
  }

  row(want, sum) {
    const { account } = this;
    const actions = [], values = [];
    const windows = Object.fromEntries(want.windows.map((window) => [window, '1']));
    if (sum.clicks) actions.push({ action_type: 'link_click', value: String(sum.clicks), ...windows });
    if (sum.clicks > 9) actions.push({ action_type: 'lead', value: String(Math.floor(sum.clicks / 10)), ...windows });
    if (sum.conversions) for (const type of PURCHASE) actions.push({ action_type: type, value: plain(sum.conversions), ...windows });
    if (sum.revenue) for (const type of PURCHASE) values.push({ action_type: type, value: decimal(sum.revenue), ...windows });
    const all = {
      account_id: account.id, account_name: 'Made up', account_currency: account.currency, objective: 'OUTCOME_SALES',
      campaign_id: sum.campaign_id, campaign_name: sum.campaign_name, adset_id: sum.adset_id, adset_name: sum.adset_name, ad_id: sum.ad_id, ad_name: sum.ad_name,
      impressions: String(sum.impressions), reach: String(sum.reach), clicks: String(sum.clicks), frequency: (sum.impressions / sum.reach).toFixed(6), spend: decimal(sum.spend),
      cpc: sum.clicks ? (sum.spend / 1e6 / sum.clicks).toFixed(6) : undefined, cpm: (sum.spend / 1e3 / sum.impressions).toFixed(6), ctr: ((100 * sum.clicks) / sum.impressions).toFixed(6),
      actions: actions.length ? actions : undefined, action_values: values.length ? values : undefined, inline_link_clicks: sum.clicks ? String(sum.clicks) : undefined,
    };
    const row = Object.fromEntries(want.fields.filter((name) => all[name] !== undefined).map((name) => [name, all[name]]));
    for (const breakdown of want.breakdowns) row[breakdown] = sum[breakdown];
    return { ...row, date_start: sum.date_start, date_stop: sum.date_stop };
  }
}

/** What is asked for, checked. */
function question(parameters) {
  for (const name of parameters.keys()) if (!PARAMETERS.includes(name)) throw wrong(`Unexpected parameter ${name}`);
  const level = parameters.get('level') ?? 'account';
  if (!LEVELS.includes(level)) throw wrong(`level must be one of ${LEVELS}`);
  const breakdowns = list(parameters, 'breakdowns');
  for (const name of breakdowns) if (name !== 'publisher_platform') throw wrong(`breakdowns: ${name} is not one of those allowed`);
  const legal = [...ALWAYS, ...LEVELS.slice(1, LEVELS.indexOf(level) + 1).flatMap((one) => NAMES[one])];
  const fields = parameters.has('fields') ? list(parameters, 'fields') : ['impressions', 'spend'];
  for (const name of fields) if (!legal.includes(name)) throw wrong(`${name} is not valid for fields param at level ${level}`);
  for (const name of fields) if (breakdowns.length && NO_BREAKDOWN.includes(name)) throw wrong(`${name} cannot be asked with a breakdown`);
  const windows = list(parameters, 'action_attribution_windows');
  for (const window of windows) if (!WINDOWS.includes(window)) throw wrong(`unknown attribution window ${window}`);
  const when = parameters.get('action_report_time') ?? 'mixed';
  if (!['impression', 'conversion', 'mixed', 'lifetime'].includes(when)) throw wrong(`action_report_time ${when}`);
  return { level, breakdowns, fields, windows: windows.filter((window) => window !== 'default'), ...range(parameters), filters: filters(parameters) };
}

function range(parameters) {
  if (parameters.has('time_range') && parameters.has('time_ranges')) throw wrong('time_range and time_ranges are mutually exclusive');
  if (!parameters.has('time_range')) throw wrong('the stand-in knows no dates but time_range');
  const { since, until } = parsed(parameters.get('time_range'), () => wrong('time_range must be a JSON object'));
  const first = dayOf(since), last = dayOf(until);
  if (!(first <= last)) throw wrong(`time_range ${parameters.get('time_range')}`);
  const step = parameters.get('time_increment') ?? 'all_days';
  const length = step === 'all_days' ? last - first + 1 : Number(step);
  if (!(Number.isInteger(length) && length >= 1 && (length <= 90 || step === 'all_days'))) throw wrong(`time_increment ${step}`);
  const periods = [];
  for (let day = first; day <= last; day += length) periods.push([dayText(day), dayText(Math.min(last, day + length - 1))]);
  return { since, until, periods };
}

function filters(parameters) {
  if (!parameters.has('filtering')) return [];
  const given = parsed(parameters.get('filtering'), () => wrong('filtering must be JSON'));
  const states = ({ field, value }) => field === 'ad.effective_status' && STATES.every((state) => value.includes(state));
  return given.filter((one) => !states(one)).map(({ field, operator, value }) => {
    if (!FILTERS[field] || operator !== 'IN' || !Array.isArray(value)) throw wrong(`filtering ${field} ${operator}`);
    return { column: FILTERS[field], values: value.map(String) };
  });
}

/** A comma list, or JSON. */
function list(parameters, name) {
  const text = parameters.get(name);
  if (!text) return [];
  return text.startsWith('[') ? parsed(text, () => wrong(`${name} must be a list`)) : text.split(',').map((one) => one.trim());
}

const plain = (micros) => String(micros / 1e6);
const cursor = (at) => Buffer.from(`MA${at}`).toString('base64').replaceAll('=', 'ZD');
function cursorAt(text) {
  const [, at] = /^MA(\d+)$/.exec(Buffer.from(text.replaceAll('ZD', '='), 'base64').toString()) ?? [];
  if (at === undefined || cursor(at) !== text) throw wrong('Invalid cursors values');
  return Number(at);
}

function usage(account, percent, minutes) {
  return JSON.stringify({ [account]: [{ type: 'ads_insights', call_count: percent, total_cputime: 3, total_time: 5, estimated_time_to_regain_access: minutes, ads_api_access_tier: 'standard_access' }] });
}
