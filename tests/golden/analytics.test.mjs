// The analytics of ad channels against SQL over the rows themselves: campaigns with gaps, days of ads in several
// currencies, some without a rate, some without a spend, refunds.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { adRows, campaignRows, channelRows, dayOf, insert, MAKE_SUMS, stillServer, textOf, withGaps } from '../lib/ads.mjs';

const FIRST = dayOf('2022-01-10');
const CURRENCIES = ['UAH', 'USD', 'EUR', 'TRY']; // euros have a rate from March on, liras never
const RATES = [['USD', '2021-12-01', 27.25], ['USD', '2022-02-24', 29.2549], ['EUR', '2022-03-01', 32.5], ['EUR', '2022-04-01', 31.9001]];

let server, db;

before(async (context) => {
  ({ server, db } = await stillServer(context));
  const ad = adRows({ campaigns: 60, first: FIRST, days: 100, seed: 5, currency: (campaign) => CURRENCIES[campaign % 4] });
  await db.ask(['BEGIN;', insert('channel', channelRows()), insert('campaign', withGaps(campaignRows({ rows: 900, seed: 2, currency: (i) => CURRENCIES[i % 4] }), 3)),
    insert('ad', ad.ads), insert('ad_day', ad.adDays),
    insert('rate', RATES.map(([currency, day, rate]) => ({ base: 'UAH', currency, day: dayOf(day), rate_e9: Math.round(rate * 10000) * 100000, changed_ms: 0 }))),
    MAKE_SUMS, 'COMMIT;', VIEWS].join('\n'));
  await server.spawn();
});

// Amounts in hryvnias: cents times rates of four decimals, which are whole micros. NULL without a rate.
const RATE = `CASE WHEN x.currency = 'UAH' THEN 10000 ELSE
  (SELECT r.rate_e9 / 100000 FROM rate r WHERE r.base = 'UAH' AND r.currency = x.currency AND r.day <= x.day ORDER BY r.day DESC LIMIT 1) END`;
const VIEWS = `
CREATE TEMP VIEW c AS SELECT x.*, h.name AS channel, x.acquisition_cost_micros / 10000 * (${RATE}) AS cost
  FROM campaign x JOIN channel h ON h.id = x.channel_id;
CREATE TEMP VIEW p AS SELECT x.*, h.name AS channel, a.campaign_id AS campaign, a.ad_set_id, a.external_id, x.spend_micros / 10000 * (${RATE}) AS spend,
  x.revenue_micros / 10000 * (${RATE}) AS revenue FROM ad_day x JOIN channel h ON h.id = x.channel_id JOIN ad a ON a.id = x.ad_id;`;
const MEANS = `COUNT(*) AS total_campaigns, AVG(roi) AS avg_roi, AVG(conversion_rate) AS avg_conversion_rate, COALESCE(SUM(clicks), 0) AS total_clicks,
  COALESCE(SUM(impressions), 0) AS total_impressions, AVG(cost) / 1e6 AS avg_acquisition_cost`;
const minor = (sum) => `(${sum} + CASE WHEN ${sum} < 0 THEN -5000 ELSE 5000 END) / 10000`;
const priced = (column) => `SUM(CASE WHEN spend IS NOT NULL THEN ${column} END)`;
const FIGURES = `SUM(impressions) AS impressions, SUM(reach) AS reach, SUM(clicks) AS clicks, ${minor('SUM(spend)')} AS spend, SUM(conversions_micros) / 1e6 AS conversions,
  ${minor('SUM(revenue)')} AS revenue, 1.0 * SUM(clicks) / SUM(impressions) AS ctr, SUM(spend) / 1e4 / ${priced('clicks')} AS cpc,
  SUM(spend) / 10.0 / ${priced('impressions')} AS cpm, SUM(spend) * 100.0 / ${priced('conversions_micros')} AS cpa,
  1.0 * ${priced('revenue')} / SUM(spend) AS roas, 1.0 * (${priced('revenue')} - SUM(spend)) / SUM(spend) AS roi, SUM(spend IS NULL) AS unpriced`;

const SPANS = [{}, { from: '2022-02-01', to: '2022-03-15' }, { from: '2022-11-20' }, { to: '2022-02-10' }, { from: '2022-04-05', to: '2022-04-05' }, { from: '2030-01-01' }];
const between = ({ from, to }) => `COALESCE(day, -2147483648) BETWEEN ${from ? dayOf(from) : -2147483648} AND ${to ? dayOf(to) : 2147483647}`;

/** Equal, but for the last digits of what is no whole number. */
function assertNear(got, wanted, where = '') {
  if (typeof wanted === 'number' && typeof got === 'number') {
    assert.ok(Math.abs(got - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)), `${where}: ${got}, not ${wanted}`);
  } else if (wanted !== null && typeof wanted === 'object') {
    assert.deepEqual(Object.keys(got ?? {}).sort(), Object.keys(wanted).sort(), where);
    for (const key of Object.keys(wanted)) assertNear(got[key], wanted[key], `${where}.${key}`);
  } else {
    assert.equal(got, wanted, where);
  }
}

async function windowOf(span) {
  const [{ last }] = await db.ask(`SELECT MAX(day) AS last FROM c WHERE ${between({ to: span.to })}`);
  const of = async (from, to) => (await db.ask(`SELECT AVG(roi) AS roi, AVG(conversion_rate) AS conversion, COALESCE(SUM(clicks), 0) AS clicks, AVG(cost) AS cost
    FROM c WHERE day BETWEEN ${last - from} AND ${last - to}`))[0];
  const [now, then] = [await of(29, 0), await of(59, 30)];
  const change = (name) => (now[name] === null || !then[name] ? null : (now[name] - then[name]) / Math.abs(then[name]));
  const none = span.from && dayOf(span.from) > last;
  return Object.fromEntries(['roi', 'conversion', 'clicks', 'cost'].map((name) => [`${name}_change`, none ? null : change(name)]));
}

test('summary', async () => {
  for (const span of SPANS) {
    const [all] = await db.ask(`SELECT ${MEANS}, TOTAL(roi) AS total_roi FROM c WHERE ${between(span)}`);
    const channels = await db.ask(`SELECT channel, AVG(roi) AS roi FROM c WHERE ${between(span)} GROUP BY channel ORDER BY channel`);
    const ranked = channels.filter(({ roi }) => roi !== null).sort((a, b) => b.roi - a.roi);
    const changes = await windowOf(span);
    assertNear(await server.get('/api/analytics/summary', span), {
      ...all, ...changes, channels: channels.map(({ channel }) => channel), top_performing_channel: ranked.at(0)?.channel ?? null,
      worst_performing_channel: ranked.at(-1)?.channel ?? null, currency: 'UAH',
    }, JSON.stringify(span));
  }
});

test('channels', async () => {
  for (const span of SPANS) {
    const means = await db.ask(`SELECT channel, ${MEANS} FROM c WHERE ${between(span)} GROUP BY channel`);
    const figures = await db.ask(`SELECT channel, ${FIGURES} FROM p WHERE ${between(span)} GROUP BY channel`);
    const names = [...new Set([...means, ...figures].map(({ channel }) => channel))].sort();
    const none = { total_campaigns: 0, avg_roi: null, avg_conversion_rate: null, total_clicks: 0, total_impressions: 0, avg_acquisition_cost: null };
    const units = (value) => (value === null ? null : value / 100);
    const wanted = names.map((channel) => {
      const of = figures.find((row) => row.channel === channel);
      const { spend = null, revenue = null, cpc = null, cpm = null, cpa = null, ctr = null, roas = null, conversions = null, unpriced = 0 } = of ?? {};
      return { channel, ...none, ...means.find((row) => row.channel === channel), ctr, roas, conversions, unpriced, spend: units(spend), revenue: units(revenue),
        cpc: units(cpc), cpm: units(cpm), cpa: units(cpa) };
    });
    assertNear(await server.get('/api/analytics/channels', span), { channels: wanted, currency: 'UAH' }, JSON.stringify(span));
  }
});

const PERIOD = {
  day: 'day',
  week: 'day - (day + 3) % 7',
  month: "CAST(strftime('%s', day * 86400, 'unixepoch', 'start of month') AS INTEGER) / 86400",
};

test('trend', async () => {
  for (const span of SPANS) {
    for (const [step, period] of Object.entries(PERIOD)) {
      const points = await db.ask(`SELECT ${period} AS d, channel, AVG(roi) AS roi FROM c WHERE ${between(span)} AND day IS NOT NULL GROUP BY 1, 2
        HAVING COUNT(roi) > 0 ORDER BY 1, 2`);
      assertNear(await server.get('/api/analytics/roi-trend', { ...span, step }), { points: points.map(({ d, channel, roi }) => ({ date: textOf(d), channel, roi })) }, step);
    }
  }
});

test('audience', async () => {
  const columns = { segment: 'customer_segment', location: 'location', language: 'language', goal: 'campaign_goal', audience: 'target_audience', company: 'company' };
  for (const [by, column] of Object.entries(columns)) {
    for (const span of SPANS) {
      const rows = await db.ask(`SELECT NULLIF(${column}, '') AS key, ${MEANS}, AVG(engagement_score) AS avg_engagement FROM c WHERE ${between(span)} GROUP BY 1
        ORDER BY total_campaigns DESC, ${column}`);
      assertNear(await server.get('/api/analytics/audience', { ...span, by }), { rows, total: rows.length, next: null, currency: 'UAH' }, by);
    }
  }
});

const LEVEL = { channel: ['channel', 'channel'], campaign: ['campaign', '(SELECT y.campaign_id FROM campaign y WHERE y.id = campaign)'], ad_set: ['ad_set_id', 'ad_set_id'], ad: ['ad_id', 'external_id'] };

async function checkTree(level, { campaign, channel, ...span }) {
  const [group, id] = LEVEL[level];
  const [{ db_id: campaignKey = 0 } = {}] = campaign ? await db.ask(`SELECT id AS db_id FROM campaign WHERE campaign_id = '${campaign}'`) : [];
  const scope = `${campaign ? `campaign = ${campaignKey}` : '1'} AND ${channel ? `channel = '${channel}'` : '1'}`;
  const before = span.from && span.to ? { from: textOf(2 * dayOf(span.from) - dayOf(span.to) - 1), to: textOf(dayOf(span.from) - 1) } : null;
  const ask = (days, more = '') => db.ask(`SELECT ${id} AS id, ${group} AS key, MIN(day) AS first, MAX(day) AS last, ${FIGURES} FROM p WHERE ${between(days)} AND ${scope} GROUP BY ${group} ${more}`);
  const total = async (days) => (await db.ask(`SELECT ${FIGURES} FROM p WHERE ${between(days)} AND ${scope}`))[0];
  const figuresOf = ({ id: _id, key: _key, first: _first, last: _last, ...figures }) => figures;
  const empty = { ...Object.fromEntries(Object.keys(await total({ from: '2040-01-01' })).map((name) => [name, null])), unpriced: 0 };
  const now = await ask(span, 'ORDER BY 2'), then = before ? await ask(before) : [];
  const answer = await server.all('/api/v1/channels/tree', 'rows', { level, limit: 7, ...(campaign && { campaign }), ...(channel && { channel }), ...span, ...(before && { compare: 'previous' }) });
  const wanted = now.map((row) => {
    const old = then.find(({ key }) => key === row.key);
    return { id: row.id, first_day: textOf(row.first), last_day: textOf(row.last), ...figuresOf(row), before: before ? (old ? figuresOf(old) : empty) : null };
  });
  const order = (rows) => [...rows].sort((a, b) => (a.spend === null) - (b.spend === null) || b.spend - a.spend || (a.id < b.id ? -1 : 1));
  const plain = answer.map(({ key: _key, name: _name, channel: _channel, status: _status, ...rest }) => rest);
  assert.equal(new Set(answer.map(({ key }) => key)).size, answer.length);
  for (let i = 1; i < plain.length; i++) assert.ok(plain[i].spend === null || plain[i - 1].spend >= plain[i].spend, 'by spend, the largest first');
  assertNear(order(plain), order(wanted), `${level} ${JSON.stringify(span)}`);
  const whole = await server.get('/api/v1/channels/tree', { level, ...(campaign && { campaign }), ...(channel && { channel }), ...span, ...(before && { compare: 'previous' }) });
  const nulls = (row) => (row.unpriced === null ? empty : row);
  assertNear(whole.total, { ...nulls(await total(span)), before: before ? nulls(await total(before)) : null }, 'total');
}

test('tree', async () => {
  const [{ campaign_id: campaign }] = await db.ask('SELECT campaign_id FROM campaign WHERE id = 11');
  for (const span of SPANS) {
    await checkTree('channel', span);
    await checkTree('campaign', span);
    await checkTree('campaign', { ...span, channel: 'Facebook' });
    for (const level of Object.keys(LEVEL)) await checkTree(level, { ...span, campaign });
    await checkTree('ad', { ...span, campaign, channel: 'Telegram' });
  }
});

test('series', async () => {
  const [{ campaign_id: campaign }] = await db.ask('SELECT campaign_id FROM campaign WHERE id = 7');
  for (const span of SPANS) {
    for (const [step, period] of Object.entries(PERIOD)) {
      for (const [more, scope] of [[{}, '1'], [{ channel: 'TikTok' }, "channel = 'TikTok'"], [{ campaign }, 'campaign = 7']]) {
        for (const by of ['channel', 'none']) {
          const rows = await db.ask(`SELECT ${period} AS d, ${by === 'none' ? 'NULL' : 'channel'} AS key, ${FIGURES} FROM p WHERE ${between(span)} AND ${scope} GROUP BY 1, 2 ORDER BY 1, 2`);
          const wanted = rows.map(({ d, ...rest }) => ({ date: textOf(d), ...rest }));
          const got = await server.get('/api/v1/channels/series', { ...span, step, by, ...more });
          got.points.sort((a, b) => (a.date === b.date ? (a.key < b.key ? -1 : 1) : a.date < b.date ? -1 : 1));
          assertNear(got, { points: wanted, currency: 'UAH' }, `${step} ${by}`);
        }
      }
    }
  }
});
