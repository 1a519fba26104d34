// `demetra demo`: a history with its ads: what it prints is what the routes answer, and a second time changes nothing.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { ADMIN, Server, WRITE_KEY, newFolder, run } from '../lib/server.mjs';
import { Sqlite } from '../lib/sqlite.mjs';

const env = { DEMETRA_ADMIN_TOKEN: ADMIN, DEMETRA_WRITE_KEY: WRITE_KEY };
const CHANNELS = { google: 'Google Ads', yandex: 'Yandex Direct', facebook: 'Facebook', tiktok: 'TikTok', telegram: 'Telegram' };
const SPAN = { from: '2025-08-11', to: '2025-11-08' };
const sum = (list, of) => list.reduce((total, one) => total + of(one), 0);
const near = (got, wanted, within, what) => assert.ok(Math.abs(got - wanted) <= within, `${what}: ${got}, not ${wanted}`);

async function demo(folder, settings = {}) {
  const { code, stdout, stderr } = await run(['demo', '--people', '800', '--events', '9000', '--seed', '5'], { folder, env: { ...env, ...settings } });
  assert.equal(code, 0, stderr);
  return stdout;
}

/** The printed table: per channel sessions, caused, revenue, spend, roas, claimed. */
function truthOf(stdout) {
  const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/)).filter(([name]) => name in CHANNELS);
  return Object.fromEntries(lines.map(([name, ...numbers]) => [name, numbers.map(Number)]));
}

/** All that is stored of ads but when it was stored. */
async function stored(t, folder) {
  const db = new Sqlite(t, 'UTC', path.join(folder, 'demetra.sqlite'));
  const tables = {
    ad_day: 'ad_id, day, channel_id, placement, country, currency, impressions, reach, clicks, spend_micros, conversions_micros, revenue_micros',
    ad: '*', campaign_day: '*', channel_day: '*', campaign_sum: '*', ad_account: 'id, source, account',
    campaign: 'id, campaign_id, name, status, channel_id, roi, clicks, impressions, day, acquisition_cost_micros, has_days',
    budget: 'id, name, channel_id, first_day, last_day, amount_micros, currency', rate: 'base, currency, day, rate_e9', channel: 'id, name, platform',
  };
  const found = {};
  for (const [table, columns] of Object.entries(tables)) found[table] = await db.ask(`SELECT ${columns} FROM ${table} ORDER BY 1, 2, 3`);
  return found;
}

test('the same twice, and no row more', async (t) => {
  const folder = newFolder(t);
  const first = await demo(folder), before = await stored(t, folder);
  const again = await demo(folder);
  assert.equal(again.replace(/\d+ calls kept/, ''), first.replace(/\d+ calls kept/, ''));
  assert.match(again, / 0 calls kept/);
  assert.deepEqual(await stored(t, folder), before);
  for (const [table, n] of Object.entries({ budget: 2, rate: 6, ad_account: 5, campaign: 415 })) assert.equal(before[table].length, n, table);
});

test('the tree adds up to what was printed', async (t) => {
  const folder = newFolder(t), truth = truthOf(await demo(folder));
  const server = await Server.start(t, { folder });
  const tree = (query) => server.get('/api/v1/channels/tree', { ...SPAN, ...query });
  const { rows, total, currency } = await tree({ level: 'channel' });
  assert.equal(currency, 'UAH');
  assert.deepEqual(rows.map(({ name }) => name).sort(), Object.values(CHANNELS).sort());
  for (const [channel, [sessions, , revenue, spend, roas, claimed]] of Object.entries(truth)) {
    const row = rows.find(({ name }) => name === CHANNELS[channel]);
    near(row.spend, spend * 100, 2, `spend of ${channel}`);
    near(revenue / spend, roas, 0.006, `ROAS of ${channel}`);
    near(row.conversions, claimed, 1e-9, `claims of ${channel}`);
    if (channel !== 'tiktok') assert.ok(row.clicks >= sessions && row.clicks <= 2 * sessions, `${channel}: ${row.clicks} clicks of ${sessions} sessions`);
    assert.ok(row.clicks < row.impressions && row.spend > 0);
    assert.equal(row.unpriced > 0, channel === 'telegram');
    assert.equal(row.reach !== null, channel === 'facebook' || channel === 'tiktok');
  }
  assert.equal(sum(rows, ({ clicks }) => clicks), total.clicks);

  const campaigns = (await tree({ level: 'campaign', limit: 100 })).rows;
  assert.equal(campaigns.length, 15);
  near(sum(campaigns, ({ spend }) => spend), total.spend, 15, 'spend of campaigns');
  const campaign = (id) => campaigns.find((one) => one.id === id);
  assert.equal(campaign('yandex_direct:demo:yandex-100').name, 'poisk-autumn');
  const { status, last_day: ended } = campaign('tiktok:demo:tiktok-101');
  assert.deepEqual([status, ended], ['paused', '2025-09-24']);
  const ads = (await tree({ level: 'ad', campaign: 'meta:demo:facebook-102' })).rows;
  assert.deepEqual(ads.filter(({ status: of }) => of === 'deleted').map(({ name, last_day: day }) => [name, day]), [['carousel-d', '2025-10-09']]);
  assert.equal(ads.length, 5);
  assert.equal((await tree({ level: 'ad_set', campaign: 'meta:demo:facebook-102' })).rows.length, 2);

  const day = async (id, date) => (await server.get(`/api/campaigns/${id}/days`, { from: date, to: date })).days[0];
  assert.ok((await day('google_ads:demo:google-102', '2025-10-20')).revenue < 0, 'a day of refunds');
  assert.equal((await day('telegram_ads:demo:telegram-101', '2025-09-20')).spend, null);
});

test('claims are more than the orders, credit is not; every campaign is found', async (t) => {
  const folder = newFolder(t);
  await demo(folder);
  const server = await Server.start(t, { folder });
  const ask = (by, more) => server.get('/api/v1/channels/credit', { conversion: 'Order Completed', models: 'last,linear', by, ...SPAN, ...more });
  const channels = await ask('channel');
  const claimed = sum(channels.rows, (row) => row.claimed.conversions);
  assert.ok(claimed > channels.conversions, `${claimed} claimed of ${channels.conversions}`);
  const parts = [...channels.rows, channels.unmatched, channels.unattributed];
  near(sum(parts, ({ models }) => models.linear.conversions), channels.conversions, 1e-6, 'all credit');
  assert.ok(channels.rows.every((row) => row.models.last.conversions <= channels.conversions));
  for (const { name, models } of channels.rows) assert.equal(models.last.roas === null, name === 'Telegram', `${name}: a day without a spend`);
  const { campaigns } = await server.get('/api/v1/matches/campaigns', { ...SPAN, state: 'unmatched' });
  assert.deepEqual(campaigns, []);
  const ads = await ask('ad', { campaign: 'google_ads:demo:google-100' });
  assert.equal(ads.rows.length, 5);
  const [row] = (await ask('campaign')).rows.filter(({ id }) => id === 'google_ads:demo:google-100');
  near(sum(ads.rows, ({ models }) => models.last.conversions), row.models.last.conversions, 1e-9, 'credit of ads');
});

test('averages, audience, trend, budgets and rates', async (t) => {
  const folder = newFolder(t);
  await demo(folder);
  const server = await Server.start(t, { folder });
  const summary = await server.get('/api/analytics/summary');
  assert.equal(summary.total_campaigns, 415);
  assert.ok(summary.avg_roi > 0.5 && summary.avg_roi < 5, `${summary.avg_roi}`);
  assert.ok(summary.channels.includes('Pinterest') && summary.roi_change !== null);
  for (const by of ['segment', 'location', 'language', 'goal', 'audience', 'company']) {
    const { rows } = await server.get('/api/analytics/audience', { by });
    assert.ok(rows.filter(({ key }) => key).length >= 3, by);
    assert.equal(sum(rows, ({ total_campaigns: n }) => n), 415, by);
  }
  const { points } = await server.get('/api/analytics/roi-trend', { step: 'month' });
  assert.ok(new Set(points.map(({ date }) => date)).size >= 12);
  const { budgets } = await server.get('/api/v1/budgets');
  const [all] = budgets.filter(({ name }) => name === 'All advertising');
  assert.ok(budgets.length === 2 && all.share > 0.9 && all.share < 1, `${all.share}`);
  assert.deepEqual((await server.get('/api/v1/rates')).missing, []);
});

test('in another reporting currency the same story', async (t) => {
  const folder = newFolder(t);
  const truth = truthOf(await demo(folder, { DEMETRA_CURRENCY: 'USD' }));
  const server = await Server.start(t, { folder, env: { DEMETRA_CURRENCY: 'USD' } });
  const { rows, currency } = await server.get('/api/v1/channels/tree', { ...SPAN, level: 'channel' });
  assert.equal(currency, 'USD');
  for (const [channel, [, , , spend]] of Object.entries(truth)) near(rows.find(({ name }) => name === CHANNELS[channel]).spend, spend * 100, 2, channel);
  assert.deepEqual((await server.get('/api/v1/rates')).rates.map(({ currency: of }) => of), ['TON', 'TON', 'TON']);
});
