// Campaigns by hand, channels, rates and budgets: every route, what it refuses, and who may write.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { Server, newFolder, run } from '../lib/server.mjs';

const folder = newFolder(test);
const env = { DEMETRA_CURRENCY: 'UAH', DEMETRA_TIMEZONE: 'America/New_York' };
const reading = (await run(['token', '--name', 'analyst', '--role', 'read'], { folder, env })).stdout.trim();
const server = await Server.start(test, { folder, env });
const reader = { Authorization: `Bearer ${reading}` };

const dayNumber = (day) => Date.parse(`${day}T00:00:00Z`) / 86_400_000;
/** Statements on the database while no server has it. */
async function sql(text) {
  await server.stop();
  execFileSync('sqlite3', ['-bail', `${folder}/demetra.sqlite`, text]);
  await server.spawn();
}
const made = async (json) => {
  const reply = await server.post('/api/campaigns/', json);
  assert.equal(reply.status, 201, `${reply}`);
  return reply.json();
};
const change = (id, json) => server.request('PUT', `/api/campaigns/${encodeURIComponent(id)}`, { json });
async function refusedBody(method, target, json, field, status = 400) {
  const reply = await server.request(method, target, { json });
  assert.equal(reply.status, status, `${JSON.stringify(json)}: ${reply}`);
  if (field) assert.equal(reply.json().field, field, `${reply}`);
  return reply.json();
}

const FULL = {
  campaign_id: '529821', name: 'Весна', channel_used: 'Instagram', status: 'ACTIVE', target_audience: 'Women 25-34', campaign_goal: 'Increase Sales',
  duration: 30, conversion_rate: 0.15, acquisition_cost: 500.25, currency: 'USD', roi: 5.79, location: 'Las Vegas', language: 'Spanish', clicks: 500,
  impressions: 3000, engagement_score: 7, customer_segment: 'Health', date: '2022-02-25', company: 'Aura Align',
};

test('a campaign is made and read as it was given', async () => {
  const campaign = await made(FULL);
  const { created_at, changed_at, ...rest } = campaign;
  assert.deepEqual(rest, { ...FULL, source: 'hand', has_days: false });
  assert.equal(created_at, changed_at);
  assert.deepEqual(await server.get('/api/campaigns/529821'), campaign);
});

test('what is not said is null, and not 0', async () => {
  const { created_at, changed_at, ...rest } = await made({ campaign_id: 'bare one', channel_used: 'instagram' });
  assert.ok(created_at && changed_at);
  const nothing = Object.fromEntries(Object.keys(FULL).map((name) => [name, null]));
  assert.deepEqual(rest, { ...nothing, campaign_id: 'bare one', name: 'bare one', channel_used: 'Instagram', currency: 'UAH', source: 'hand', has_days: false });
  assert.equal((await server.get('/api/campaigns/bare%20one')).clicks, null);
});

test('one that is there, one that is not', async () => {
  await refusedBody('POST', '/api/campaigns/', FULL, undefined, 409);
  assert.equal((await server.request('GET', '/api/campaigns/none')).status, 404);
  assert.equal((await change('none', { name: 'x' })).status, 404);
  assert.equal((await server.request('DELETE', '/api/campaigns/none')).status, 404);
  assert.equal((await server.request('GET', '/api/campaigns/none/days')).status, 404);
  assert.equal((await server.request('GET', '/api/campaigns/channel/none')).status, 404);
});

test('every error names its member', async () => {
  const bad = {
    campaign_id: ['', 'a/b', 'x'.repeat(201), 5, null], name: [5, 'x'.repeat(256)], channel_used: ['', null, 'x'.repeat(101), ['Instagram']],
    duration: [-1, 1.5, '30'], conversion_rate: [1.01, -0.1, '0.1'], acquisition_cost: ['$5', -1, '1e3', 0.0000001, true], currency: ['usd', 'US', null, 'ABCDEFGHI'],
    roi: ['5', 1e300], clicks: [-1, 0.5], impressions: ['x'], engagement_score: [[]], date: ['2022-02-30', 20220225, '25.02.2022'], company: [{}], status: ['x'.repeat(101)],
  };
  for (const [field, values] of Object.entries(bad))
    for (const value of values) await refusedBody('POST', '/api/campaigns/', { ...FULL, campaign_id: 'bad', [field]: value }, field);
  await refusedBody('POST', '/api/campaigns/', { campaign_id: 'bad' }, 'channel_used');
  await refusedBody('POST', '/api/campaigns/', { channel_used: 'x' }, 'campaign_id');
  await refusedBody('POST', '/api/campaigns/', { ...FULL, campaign_id: 'bad', colour: 'red' }, 'colour');
  await refusedBody('POST', '/api/campaigns/', [], undefined);
  assert.equal((await server.request('GET', '/api/campaigns/bad')).status, 404);
  assert.ok(!(await server.get('/api/v1/channel-list')).channels.some(({ name }) => name === 'x'), 'a refused campaign leaves no channel');
});

test('money stays what was said', async () => {
  for (const [said, is] of [['0.1', 0.1], [1234567.89, 1234567.89], ['999999999.99', 999999999.99], [7, 7], ['12.345', 12.35], [0, 0]]) {
    assert.equal((await change('bare one', { acquisition_cost: said })).status, 200);
    assert.equal((await server.get('/api/campaigns/bare%20one')).acquisition_cost, is);
  }
});

test('a change is of what is given', async () => {
  const before = await server.get('/api/campaigns/529821');
  const reply = await change('529821', { campaign_id: '529821', name: 'Літо', clicks: null, channel_used: 'Telegram Ads', date: '2022-03-01' });
  assert.equal(reply.status, 200);
  const { changed_at, ...after } = reply.json();
  assert.ok(changed_at >= before.changed_at);
  const { changed_at: _, ...wanted } = { ...before, name: 'Літо', clicks: null, channel_used: 'Telegram Ads', date: '2022-03-01' };
  assert.deepEqual(after, wanted);
  await refusedBody('PUT', '/api/campaigns/529821', { campaign_id: '5' }, 'campaign_id');
  await refusedBody('PUT', '/api/campaigns/529821', { source: 'meta' }, 'source');
});

test('lists: pages, sorts, channels, parts of names', async () => {
  for (let i = 0; i < 25; i++)
    await made({ campaign_id: `list-${i}`, name: `100%_${i}`, channel_used: i % 2 ? 'TikTok' : 'Google Ads', clicks: i === 3 ? null : (i * 7) % 25, date: `2024-01-${String(1 + i).padStart(2, '0')}` });
  const ids = async (target, query) => (await server.get(target, query)).campaigns.map(({ campaign_id }) => campaign_id);
  const first = await server.get('/api/campaigns/', { limit: 10 });
  assert.equal(first.total, 27);
  assert.deepEqual([first.skip, first.limit, first.campaigns.length], [0, 10, 10]);
  assert.deepEqual(first.campaigns.map(({ campaign_id }) => campaign_id), Array.from({ length: 10 }, (_, i) => `list-${24 - i}`));
  assert.deepEqual(await server.get('/api/campaigns', { limit: 10 }), first);
  const all = [];
  for (let skip = 0; skip < 30; skip += 7) all.push(...(await ids('/api/campaigns/', { skip, limit: 7, sort: 'clicks' })));
  assert.equal(new Set(all).size, 27);
  const clicks = (await server.get('/api/campaigns/', { sort: '-clicks' })).campaigns.map((campaign) => campaign.clicks);
  assert.deepEqual(clicks, [...clicks].sort((a, b) => (b ?? -1) - (a ?? -1)), 'unknown is last');
  assert.deepEqual((await server.get('/api/campaigns/', { sort: 'clicks' })).campaigns.slice(-3).map((campaign) => campaign.clicks), [null, null, null]);
  const tiktok = await server.get('/api/campaigns/channel/tiktok', { sort: 'day', limit: 2, skip: 1 });
  assert.deepEqual([tiktok.total, tiktok.campaigns.map(({ campaign_id }) => campaign_id)], [12, ['list-3', 'list-5']]);
  assert.deepEqual(await server.get('/api/campaigns/', { channel: 'TikTok', sort: 'day', limit: 2, skip: 1 }), tiktok);
  assert.deepEqual(await ids('/api/campaigns/', { q: '%_2', sort: 'day' }), ['list-2', 'list-20', 'list-21', 'list-22', 'list-23', 'list-24']);
  assert.deepEqual(await ids('/api/campaigns/', { q: 'LIST-2', sort: 'day', channel: 'Google Ads' }), ['list-2', 'list-20', 'list-22', 'list-24']);
  assert.equal((await server.get('/api/campaigns/', { q: '%' })).total, 25);
  assert.equal((await server.get('/api/campaigns/', { q: 'no such' })).total, 0);
  for (const [name, values] of Object.entries({ skip: [-1, 'x'], limit: [0, 1001], sort: ['colour', 'id'], channel: ['none'] }))
    for (const value of values) await server.refused('/api/campaigns/', { [name]: value }, name);
});

test('channels stand for platforms', async () => {
  const { channels } = await server.get('/api/v1/channel-list');
  assert.deepEqual(channels.map(({ name, platform, campaigns }) => [name, platform, campaigns]),
    [['Google Ads', 'google', 13], ['Instagram', 'instagram', 1], ['Telegram Ads', 'telegram', 1], ['TikTok', 'tiktok', 12]]);
  const reply = await server.request('PUT', '/api/v1/channel-list/Telegram%20Ads', { json: { platform: 'tg' } });
  assert.equal(reply.status, 200, `${reply}`);
  assert.equal(reply.json().channels.find(({ name }) => name === 'Telegram Ads').platform, 'tg');
  await refusedBody('PUT', '/api/v1/channel-list/none', { platform: 'x' }, undefined, 404);
  await refusedBody('PUT', '/api/v1/channel-list/TikTok', {}, 'platform');
  await refusedBody('PUT', '/api/v1/channel-list/TikTok', { platform: 'x'.repeat(101) }, 'platform');
  await refusedBody('PUT', '/api/v1/channel-list/TikTok', { platform: 'x', name: 'y' }, 'name');
});

test('rates: put, listed exactly, forgotten; those that are missing', async () => {
  const put = (currency, day, rate) => server.request('PUT', '/api/v1/rates', { json: { currency, day, rate } });
  assert.deepEqual((await put('USD', '2024-01-01', '41.25')).json(), { currency: 'USD', day: '2024-01-01', rate: '41.25' });
  assert.equal((await put('USD', '2024-02-01', 42)).json().rate, '42');
  assert.equal((await put('TON', '2024-02-01', '0.000000001')).json().rate, '0.000000001');
  assert.equal((await put('USD', '2024-01-01', 41.3)).json().rate, '41.3');
  const known = await server.get('/api/v1/rates');
  assert.deepEqual(known, {
    base: 'UAH',
    rates: [{ currency: 'TON', day: '2024-02-01', rate: '0.000000001' }, { currency: 'USD', day: '2024-02-01', rate: '42' }, { currency: 'USD', day: '2024-01-01', rate: '41.3' }],
    missing: [{ currency: 'USD', first_day: '2022-03-01', rows: 1 }],
  });
  for (const [field, values] of Object.entries({ currency: ['usd', 'UAH', '', null], day: ['x', null, 5], rate: ['0', -1, '1e2', 'x', null, '0.0000000001'] }))
    for (const value of values) await refusedBody('PUT', '/api/v1/rates', { currency: 'EUR', day: '2024-01-01', rate: 45, [field]: value }, field);
  for (const left of ['currency', 'day', 'rate']) await refusedBody('PUT', '/api/v1/rates', { currency: 'EUR', day: '2024-01-01', rate: 45, [left]: undefined }, left);
  await refusedBody('PUT', '/api/v1/rates', { currency: 'EUR', day: '2024-01-01', rate: 45, base: 'USD' }, 'base');
  assert.equal((await server.request('DELETE', '/api/v1/rates/TON/2024-02-01')).status, 204);
  assert.equal((await server.request('DELETE', '/api/v1/rates/TON/2024-02-01')).status, 404);
  assert.equal((await server.request('DELETE', '/api/v1/rates/TON/x')).status, 404);
  assert.equal((await put('USD', '2022-01-01', 28)).status, 200);
  assert.deepEqual((await server.get('/api/v1/rates')).missing, []);
});

/* A campaign of an account with an ad of two days, in two channels: what a pull leaves. */
const PULLED = 'meta:act_1:2385';
const [D1, D2] = [dayNumber('2024-03-09'), dayNumber('2024-03-10')];
const SUMS = 'currency, rows_n, rows_unpriced, impressions, reach, clicks, spend_micros, conversions_micros, revenue_micros';

test('a campaign with daily facts: its days, and what of it cannot be changed', async () => {
  await sql(`INSERT INTO ad_account (id, source, account, created_ms) VALUES (1, 'meta', 'act_1', 0);
    INSERT INTO campaign (id, campaign_id, account_id, external_id, name, channel_id, status, target_audience, campaign_goal, conversion_rate,
      acquisition_cost_micros, currency, roi, location, language, clicks, impressions, customer_segment, day, company, has_days, created_ms, changed_ms)
      SELECT 900, '${PULLED}', 1, '2385', 'Spring', id, 'PAUSED', '', '', 0.25, 2500000, 'USD', -0.5, '', '', 10, 100, '', ${D1}, '', 1, 0, 0 FROM channel WHERE name = 'TikTok';
    INSERT INTO ad VALUES (1, 900, '', '', 'a', 'Ad', '');
    INSERT INTO ad_day (ad_id, day, channel_id, placement, country, currency, impressions, reach, clicks, spend_micros, conversions_micros, revenue_micros, import_id, changed_ms) SELECT 1, ${D1}, id, '', '', 'USD', 60, NULL, 6, 3005000, 1500000, -2000000, NULL, 0 FROM channel WHERE name = 'TikTok';
    INSERT INTO ad_day (ad_id, day, channel_id, placement, country, currency, impressions, reach, clicks, spend_micros, conversions_micros, revenue_micros, import_id, changed_ms) SELECT 1, ${D2}, id, '', '', 'USD', 40, NULL, 4, NULL, 1000000, NULL, NULL, 0 FROM channel WHERE name = 'Instagram';
    INSERT INTO campaign_day (campaign_id, day, channel_id, ${SUMS}) SELECT 900, day, channel_id, currency, 1, spend_micros IS NULL, impressions, reach, clicks, spend_micros, conversions_micros, revenue_micros FROM ad_day;
    INSERT INTO channel_day (day, channel_id, ${SUMS}) SELECT day, channel_id, ${SUMS} FROM campaign_day;`);
  const campaign = await server.get(`/api/campaigns/${PULLED}`);
  assert.deepEqual([campaign.source, campaign.has_days, campaign.acquisition_cost, campaign.date], ['meta', true, 2.5, '2024-03-09']);
  const day = { reach: null, currency: 'USD' };
  assert.deepEqual((await server.get(`/api/campaigns/${PULLED}/days`)).days, [
    /* the day is the account's own, whatever the reporting zone (New York changed to summer time on the second) */
    { ...day, date: '2024-03-09', channel: 'TikTok', impressions: 60, clicks: 6, spend: 3.01, conversions: 1.5, revenue: -2 },
    { ...day, date: '2024-03-10', channel: 'Instagram', impressions: 40, clicks: 4, spend: null, conversions: 1, revenue: null },
  ]);
  const dates = async (query) => (await server.get(`/api/campaigns/${PULLED}/days`, query)).days.map(({ date }) => date);
  assert.deepEqual(await dates({ from: '2024-03-10' }), ['2024-03-10']);
  assert.deepEqual(await dates({ to: '2024-03-09' }), ['2024-03-09']);
  assert.deepEqual(await dates({ from: '2024-03-11', to: '2024-03-01' }), []);
  await server.refused(`/api/campaigns/${PULLED}/days`, { from: '10.03.2024' }, 'from');
  await server.refused(`/api/campaigns/${PULLED}/days`, { to: 'x' }, 'to');
  for (const [field, value] of Object.entries({ clicks: 1, impressions: null, conversion_rate: 0.5, acquisition_cost: 1, currency: 'EUR', roi: 1, date: '2024-01-01', channel_used: 'TikTok' }))
    await refusedBody('PUT', `/api/campaigns/${PULLED}`, { [field]: value }, field);
  assert.equal((await change(PULLED, { target_audience: 'Men', company: 'Aura' })).json().target_audience, 'Men');
});

test('budgets: what is spent of each, in its currency', async () => {
  const budget = async (json, status = 201) => {
    const reply = await server.post('/api/v1/budgets', json);
    assert.equal(reply.status, status, `${reply}`);
    return reply.json();
  };
  const days = { first_day: '2024-03-01', last_day: '2024-03-31' };
  const all = await budget({ name: 'March', ...days, amount: 100_000 });
  const { id, created_at, changed_at, ...rest } = all;
  assert.ok(id && created_at && changed_at);
  assert.deepEqual(rest, { name: 'March', channel: null, campaign_id: null, campaign_name: null, ...days, amount: 100_000, currency: 'UAH', spent: 12621, unpriced: 1, share: 0.12621, pace: 0.12621, days_left: 0 });
  const own = await budget({ name: 'Pulled', ...days, amount: '601', currency: 'USD', campaign_id: PULLED });
  assert.deepEqual([own.spent, own.share, own.campaign_name, own.unpriced], [301, 3005 / 6010, 'Spring', 1]);
  const channel = await budget({ name: 'Insta', ...days, amount: 5, channel: 'instagram' });
  assert.deepEqual([channel.channel, channel.spent, channel.unpriced, channel.share], ['Instagram', null, 1, null]);
  const next = await budget({ name: 'Next', first_day: '2124-01-01', last_day: '2124-01-10', amount: 5 });
  assert.deepEqual([next.spent, next.pace, next.days_left], [0, null, 10]);
  assert.deepEqual((await server.get('/api/v1/budgets')).budgets.map(({ name }) => name), ['Next', 'Insta', 'Pulled', 'March']);
  const changed = await server.request('PUT', `/api/v1/budgets/${channel.id}`, { json: { channel: null, amount: 50, last_day: '2024-03-09' } });
  assert.equal(changed.status, 200, `${changed}`);
  assert.deepEqual([changed.json().name, changed.json().channel, changed.json().amount, changed.json().spent], ['Insta', null, 50, 12621]);
  const fine = { name: 'x', ...days, amount: 5 };
  const bad = { name: ['', 5, null, 'x'.repeat(201)], first_day: ['x', null, '2024-04-01'], last_day: ['x', null, '2040-01-01'], amount: [0, -5, null, '1.00001', '5 UAH'], currency: ['uah'], channel: ['none'], campaign_id: ['none'], colour: ['red'] };
  for (const [field, values] of Object.entries(bad))
    for (const value of values) await refusedBody('POST', '/api/v1/budgets', { ...fine, [field]: value }, field === 'first_day' && value === '2024-04-01' ? 'last_day' : field);
  for (const left of ['name', 'first_day', 'last_day', 'amount']) await refusedBody('POST', '/api/v1/budgets', { ...fine, [left]: undefined }, left);
  await refusedBody('POST', '/api/v1/budgets', { ...fine, channel: 'TikTok', campaign_id: PULLED }, 'campaign_id');
  await refusedBody('PUT', `/api/v1/budgets/${id}`, { amount: 0 }, 'amount');
  await refusedBody('PUT', '/api/v1/budgets/12345', { amount: 1 }, undefined, 404);
  assert.equal((await server.request('DELETE', `/api/v1/budgets/${next.id}`)).status, 204);
  assert.equal((await server.request('DELETE', `/api/v1/budgets/${next.id}`)).status, 404);
});

test('a campaign goes with its days, sums and budgets', async () => {
  assert.equal((await server.request('DELETE', `/api/campaigns/${PULLED}`)).status, 204);
  assert.equal((await server.request('GET', `/api/campaigns/${PULLED}`)).status, 404);
  const { budgets } = await server.get('/api/v1/budgets');
  assert.deepEqual(budgets.map(({ name, spent }) => [name, spent]), [['Insta', 0], ['March', 0]]);
  const left = ['ad', 'ad_day', 'campaign_day', 'channel_day'].map((table) => `SELECT count(*) FROM ${table}`);
  await server.stop();
  const counts = execFileSync('sqlite3', [`${folder}/demetra.sqlite`, left.join(';')]).toString().trim().split('\n');
  const campaigns = execFileSync('sqlite3', [`${folder}/demetra.sqlite`, "SELECT (SELECT count(*) FROM campaign) - sum(campaigns) FROM campaign_sum WHERE dim = 'channel'"]).toString().trim();
  await server.spawn();
  assert.deepEqual(counts, ['0', '0', '0', '0']);
  assert.equal(campaigns, '0');
});

test('a channel may have a slash in its name', async () => {
  await made({ campaign_id: 'on air', channel_used: 'Radio / TV' });
  const { campaigns, total } = await server.get('/api/campaigns/channel/Radio%20/%20TV');
  assert.deepEqual([campaigns[0].campaign_id, total], ['on air', 1]);
  assert.equal((await server.request('PUT', '/api/v1/channel-list/Radio%20%2F%20TV', { json: { platform: 'event' } })).status, 200);
});

test('a reader reads and does not write', async () => {
  for (const target of ['/api/campaigns/', '/api/campaigns', '/api/campaigns/529821', '/api/campaigns/529821/days', '/api/campaigns/channel/TikTok', '/api/v1/channel-list', '/api/v1/rates', '/api/v1/budgets']) {
    assert.equal((await server.request('GET', target, { as: reader })).status, 200, target);
    assert.equal((await server.request('GET', target, { as: 'nobody' })).status, 401, target);
  }
  const writes = [['POST', '/api/campaigns/', FULL], ['POST', '/api/campaigns', FULL], ['PUT', '/api/campaigns/529821', { name: 'x' }], ['DELETE', '/api/campaigns/529821'],
    ['PUT', '/api/v1/channel-list/TikTok', { platform: 'x' }], ['PUT', '/api/v1/rates', {}], ['DELETE', '/api/v1/rates/USD/2024-01-01'],
    ['POST', '/api/v1/budgets', {}], ['PUT', '/api/v1/budgets/1', {}], ['DELETE', '/api/v1/budgets/1']];
  for (const [method, target, json] of writes) assert.equal((await server.request(method, target, { as: reader, json })).status, 403, `${method} ${target}`);
  assert.equal((await server.get('/api/campaigns/529821')).name, 'Літо');
});
