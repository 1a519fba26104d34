// Files of ad data: every format end to end, rejects, the 20 % rule, mappings remembered, replaced, taken back.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { adTables, adsEnd, assertSums, importAds, sql, undoAds, uploadAds } from '../lib/ad_imports.mjs';
import { newFolder, run, Server, SLOW } from '../lib/server.mjs';
import { socialAdsCsv } from '../lib/social_ads.mjs';

const BASE = '/api/v1/ad-imports';
const DAY = 20485; /* 2026-02-01 */
const NEUTRAL = 'date,source,account_id,campaign_id,campaign_name,impressions,clicks,cost,currency,start_param\n' +
  '2026-02-01,telegram_ads,tg1,901,Night fox RU,12500,143,6.40,TON,ads_901\n' +
  '2026-02-01,vk_ads,vk77,3301,"Mothers, 25-34",8120,97,812.50,RUB,vk_3301\n';
const SOCIAL = 'Campaign_ID,Target_Audience,Campaign_Goal,Duration,Channel_Used,Conversion_Rate,Acquisition_Cost,ROI,Location,Language,Clicks,Impressions,Engagement_Score,Customer_Segment,Date,Company';
const social = (...rows) => `${[SOCIAL, ...rows].join('\n')}\n`;
const counts = ({ state, inserted, replaced, repeated, rejected }) => [state, inserted, replaced, repeated, rejected];
const fieldsOf = ({ preview }) => Object.fromEntries(preview.columns.map(({ name, field }) => [name, field]));

test('the neutral format: preview, rows, matches, replaced on re-import', async (t) => {
  const server = await Server.start(t);
  const up = await uploadAds(server, NEUTRAL, 'feb.csv');
  assert.deepEqual([up.name, up.state, up.format, up.preview.separator, up.preview.kind, up.preview.problems, up.preview.remembered],
    ['feb.csv', 'new', 'neutral', ',', 'days', [], false]);
  assert.deepEqual(up.preview.rows[1].slice(3, 6), ['3301', 'Mothers, 25-34', '8120']);
  assert.equal(up.preview.columns.length, 10);
  assert.deepEqual(await server.get(`${BASE}/${up.id}/preview`), up.preview);
  assert.equal((await server.request('POST', `${BASE}/${up.id}/start`, { json: {} })).status, 200);
  assert.deepEqual(counts(await adsEnd(server, up.id)), ['done', 2, 0, 0, 0]);
  assert.equal((await server.request('POST', `${BASE}/${up.id}/start`, { json: {} })).status, 409);
  const tables = adTables(server);
  assert.deepEqual(tables.ad_day.map(({ campaign_id, day, channel, impressions, clicks, spend_micros, currency }) => [campaign_id, day, channel, impressions, clicks, spend_micros, currency]), [
    ['telegram_ads:tg1:901', DAY, 'Telegram', 12500, 143, 6_400_000, 'TON'],
    ['vk_ads:vk77:3301', DAY, 'VK', 8120, 97, 812_500_000, 'RUB'],
  ]);
  assert.deepEqual(tables.campaign_match.map(({ dim, value, campaign_id, origin }) => [dim, value, campaign_id, origin]), [
    ['campaign', 'ads_901', 'telegram_ads:tg1:901', 'import'], ['campaign', 'vk_3301', 'vk_ads:vk77:3301', 'import']]);

  const again = await importAds(server, NEUTRAL);
  assert.deepEqual(counts(again), ['done', 0, 0, 2, 0]);
  assert.deepEqual(adTables(server), tables, 'the same file changes nothing');
  await undoAds(server, again.id);
  assert.deepEqual(adTables(server), tables, 'it brought nothing, so nothing goes');
  const changed = await importAds(server, NEUTRAL.replace(',97,', ',98,'));
  assert.deepEqual(counts(changed), ['done', 0, 1, 1, 0]);
  assert.deepEqual(adTables(server).ad_day.map(({ clicks }) => clicks), [143, 98]);
  await undoAds(server, changed.id);
  assert.deepEqual(adTables(server).ad_day.map(({ clicks }) => clicks), [143]);
});

test('rows of one key in a file are added up, in whatever order', async (t) => {
  const server = await Server.start(t);
  const file = 'date;source;campaign_name;clicks;cost;currency\n02.02.2026;meta;A;1;1,10;EUR\n01.02.2026;meta;A;5;;EUR\n2026-02-02;meta;A;2;0,05;EUR\n01.02.2026;meta;A;1;2;USD\n01.02.2026;meta;B;1;2;USD\n';
  const done = await importAds(server, file);
  assert.deepEqual(counts(done), ['done', 3, 0, 1, 1]);
  assert.deepEqual(adTables(server).ad_day.map(({ day, clicks, spend_micros, currency, channel }) => [day, clicks, spend_micros, currency, channel]).sort(), [
    [DAY + 1, 3, 1_150_000, 'EUR', 'Facebook'], [DAY, 1, 2_000_000, 'USD', 'Facebook'], [DAY, 5, null, 'EUR', 'Facebook']].sort());
  const { rejects } = await server.get(`${BASE}/${done.id}/rejects`);
  assert.deepEqual(rejects.map(({ line, column }) => [line, column]), [[5, 'currency']]);
});

test('the published format: money, durations, ids that come again', async (t) => {
  const server = await Server.start(t);
  const row = (id, cost, clicks) => `${id},Men 18-24,Product Launch,15 Days,Instagram,0.15,"${cost}",5.79,Las Vegas,Spanish,${clicks},1922,6,Health,2022-02-25,Aura`;
  const file = social(row('529013', '$500.00', 500), row('7', '$1,234.50', 1), row('7', '$1,234.50', 2), row('7', '$1,234.50', 1), row('7-2', '$9', 9));
  const done = await importAds(server, file);
  assert.deepEqual([done.format, ...counts(done)], ['social_media_advertising', 'done', 4, 0, 1, 0]);
  const tables = adTables(server);
  assert.deepEqual(tables.campaign.map(({ campaign_id, clicks, acquisition_cost_micros }) => [campaign_id, clicks, acquisition_cost_micros]), [
    ['529013', 500, 500_000_000], ['7', 1, 1_234_500_000], ['7-2', 9, 9_000_000], ['7-3', 2, 1_234_500_000]]);
  assert.deepEqual(tables.campaign[0], { campaign_id: '529013', external_id: '', name: '529013', channel: 'Instagram', status: '', target_audience: 'Men 18-24',
    campaign_goal: 'Product Launch', duration_days: 15, conversion_rate: 0.15, acquisition_cost_micros: 500_000_000, currency: 'USD', roi: 5.79,
    location: 'Las Vegas', language: 'Spanish', clicks: 500, impressions: 1922, engagement_score: 6, customer_segment: 'Health', day: 19048, company: 'Aura', has_days: 0 });
  assert.equal(tables.campaign_sum.find(({ dim, value }) => dim === 'channel' && value === 'Instagram').campaigns, 4);
  assert.deepEqual(counts(await importAds(server, file)), ['done', 0, 0, 5, 0]);
  assert.deepEqual(adTables(server), tables);
  const moved = await importAds(server, social(row('529013', '$500.00', 500).replace('2022-02-25', '2022-03-25')));
  assert.deepEqual(counts(moved), ['done', 0, 1, 0, 0]);
  const days = adTables(server).campaign_sum.filter(({ dim }) => dim === 'channel').map(({ day, campaigns }) => [day, campaigns]);
  assert.deepEqual(days, [[19048, 3], [19076, 1]], 'the sums follow a campaign to its new day');
  await undoAds(server, moved.id);
  await undoAds(server, done.id);
  const { campaign, campaign_sum } = adTables(server);
  assert.deepEqual([campaign, campaign_sum], [[], []]);
});

test('the sums follow campaigns that files and people move to other days, channels and places', async (t) => {
  const server = await Server.start(t);
  const [header, ...lines] = socialAdsCsv({ rows: 400, seed: 9 }).trimEnd().split('\n');
  const send = async (rows) => importAds(server, `${[header, ...rows].join('\n')}\n`);
  const other = { Instagram: 'Facebook', Facebook: 'Twitter', Twitter: 'TikTok', Pinterest: 'Instagram' };
  const moved = (line) => line.replace(/,2022-\d\d-/, ',2023-01-');
  const changed = (line) => line.replace(/Instagram|Facebook|Twitter|Pinterest/, (name) => other[name]);
  assert.deepEqual(counts(await send(lines)), ['done', 400, 0, 0, 0]);
  assertSums(server);
  assert.deepEqual(counts(await send(lines.slice(0, 100).map(moved))), ['done', 0, 100, 0, 0]);
  assertSums(server);
  assert.deepEqual(counts(await send(lines.slice(50, 150).map(changed))), ['done', 0, 100, 0, 0]);
  assertSums(server);
  assert.deepEqual(counts(await send(lines.slice(100, 160).map((line) => changed(moved(line))))), ['done', 0, 60, 0, 0]);
  assertSums(server);

  const ids = lines.map((line) => line.split(',')[0]);
  const ask = async (method, id, json, status) => {
    const reply = await server.request(method, `/api/campaigns/${id}`, { json });
    assert.equal(reply.status, status, `${reply}`);
  };
  const changes = [{ date: '2024-02-29' }, { date: null }, { channel_used: 'Telegram' }, { acquisition_cost: null }, { currency: 'EUR' }, { roi: 0.125, clicks: 7 },
    { location: 'Київ', customer_segment: '', company: 'Quillbyte' }, { date: '2022-03-03', channel_used: 'Instagram', engagement_score: null }];
  for (let i = 0; i < 40; i++) await ask('PUT', ids[i * 9], changes[i % changes.length], 200);
  assertSums(server);
  for (let i = 0; i < 40; i++) await ask('DELETE', ids[i * 10], undefined, 204);
  await importAds(server, NEUTRAL);
  assertSums(server);
  const [{ campaign_id }] = adTables(server).ad_day;
  await ask('PUT', encodeURIComponent(campaign_id), { location: 'Odesa' }, 200);
  assertSums(server);
  await ask('DELETE', encodeURIComponent(campaign_id), undefined, 204);
  assertSums(server);
  for (const { id } of (await server.get(BASE)).imports) await undoAds(server, id);
  assertSums(server);
});

test('VK: its own format, by day and ad plan', async (t) => {
  const server = await Server.start(t);
  const file = 'date,ad_plan_id,ad_plan_name,ad_group_id,banner_id,shows,clicks,goals,spent\n' +
    '2026-02-01,3301,"Мамы, 25-34",41,501,8120,97,3,812.50\n2026-02-01,3301,"Мамы, 25-34",41,502,100,1,0,10\n2026-02-02,3302,Зима,42,503,5,0,0,0.75\n';
  const up = await uploadAds(server, file, 'vk.csv');
  assert.deepEqual([up.format, up.preview.kind, up.preview.defaults.source], ['vk_ads', null, 'vk_ads']);
  assert.deepEqual(fieldsOf(up), { date: 'date', ad_plan_id: 'campaign_id', ad_plan_name: 'campaign_name', ad_group_id: 'adset_id', banner_id: 'ad_id',
    shows: 'impressions', clicks: 'clicks', goals: 'conversions', spent: 'cost' });
  const refused = await server.request('POST', `${BASE}/${up.id}/start`, { json: {} });
  assert.deepEqual([refused.status, refused.json().field], [400, 'defaults.currency']);
  const start = { defaults: { currency: 'RUB', account: 'cab1' } };
  assert.equal((await server.request('POST', `${BASE}/${up.id}/start`, { json: start })).status, 200);
  assert.deepEqual(counts(await adsEnd(server, up.id)), ['done', 3, 0, 0, 0]);
  const { campaign, ad_day } = adTables(server);
  assert.deepEqual(campaign.map(({ campaign_id, name, channel, clicks, impressions, conversion_rate, acquisition_cost_micros, currency, day }) =>
    [campaign_id, name, channel, clicks, impressions, conversion_rate, acquisition_cost_micros, currency, day]), [
    ['vk_ads:cab1:3301', 'Мамы, 25-34', 'VK', 98, 8220, 3 / 98, 274_166_667, 'RUB', DAY],
    ['vk_ads:cab1:3302', 'Зима', 'VK', 0, 5, null, null, 'RUB', DAY + 1]]);
  assert.deepEqual(ad_day.map(({ ad_set_id, external_id, day, impressions, clicks, spend_micros, conversions_micros }) =>
    [ad_set_id, external_id, day, impressions, clicks, spend_micros, conversions_micros]), [
    ['41', '501', DAY, 8120, 97, 812_500_000, 3_000_000], ['41', '502', DAY, 100, 1, 10_000_000, 0], ['42', '503', DAY + 1, 5, 0, 750_000, 0]]);
  assertSums(server);
  assert.deepEqual(counts(await importAds(server, file, start)), ['done', 0, 0, 3, 0]);
  await undoAds(server, up.id);
  assert.deepEqual(adTables(server).campaign, []);
});

test('Telegram: views and budget are two files of one ad, in either order; each taken back by itself', async (t) => {
  const views = 'Day\tViews\tClicks\n01 Feb 2026 00:05\t1 000\t10\n01 Feb 2026 00:10\t500\t1\n02 Feb 2026\t2 000\t20\n';
  const budget = 'Day\tSpent budget, TON\n01 Feb 2026\t1,5\n02 Feb 2026\t2,25\n';
  const start = { defaults: { campaign_id: '77', campaign_name: 'Fox' } };
  const figures = (server) => adTables(server).ad_day.map(({ day, impressions, clicks, spend_micros, currency }) => [day, impressions, clicks, spend_micros, currency]);
  for (const files of [[views, budget], [budget, views]]) {
    const server = await Server.start(t);
    const first = await uploadAds(server, files[0]);
    assert.deepEqual([first.format, first.preview.kind, first.preview.defaults.source], [files[0] === views ? 'telegram_views' : 'telegram_budget', null, 'telegram_ads']);
    assert.equal((await server.request('POST', `${BASE}/${first.id}/start`, { json: {} })).json().field, 'defaults.campaign_name');
    const done = [];
    for (const file of files) done.push(await importAds(server, file, start));
    assert.deepEqual(figures(server), [[DAY, 1500, 11, 1_500_000, 'TON'], [DAY + 1, 2000, 20, 2_250_000, 'TON']]);
    const [viewsId, budgetId] = files[0] === views ? [done[0].id, done[1].id] : [done[1].id, done[0].id];
    await undoAds(server, budgetId);
    assert.deepEqual(figures(server).map((row) => row.slice(1, 4)), [[1500, 11, null], [2000, 20, null]]);
    await importAds(server, budget, start);
    await undoAds(server, viewsId);
    assert.deepEqual(figures(server).map((row) => row.slice(1, 4)), [[null, null, 1_500_000], [null, null, 2_250_000]]);
  }
});

test('a mapping by hand is remembered for the next file with this header', async (t) => {
  const server = await Server.start(t);
  const file = (n) => `Когда;Что;Сколько;Клики\n${n}.02.2026;Лето;1 234,50;7\n`;
  const up = await uploadAds(server, file('01'));
  assert.deepEqual(fieldsOf(up), { Когда: 'date', Что: null, Сколько: null, Клики: 'clicks' });
  const refused = async (json, field) => {
    const reply = await server.request('POST', `${BASE}/${up.id}/start`, { json });
    assert.deepEqual([reply.status, reply.json().field], [400, field], `${reply}`);
  };
  const mapping = { Что: 'campaign_name', Сколько: 'cost' };
  await refused({ mapping: { Нет: 'cost' } }, 'mapping');
  await refused({ mapping: { Что: 'nothing' } }, 'mapping');
  await refused({ mapping: { Что: 'cost', Сколько: 'cost' } }, 'mapping');
  await refused({ mapping }, 'defaults.source');
  await refused({ mapping, defaults: { source: 'vk_ads' } }, 'defaults.currency');
  await refused({ mapping, defaults: { source: 'vk_ads', currency: 'rub' } }, 'defaults.currency');
  const start = { mapping, defaults: { source: 'vk_ads', currency: 'RUB', account: 'a1' } };
  assert.equal((await server.request('POST', `${BASE}/${up.id}/start`, { json: start })).status, 200);
  assert.deepEqual(counts(await adsEnd(server, up.id)), ['done', 1, 0, 0, 0]);
  const next = await uploadAds(server, file('02'));
  assert.equal(next.preview.remembered, true);
  assert.deepEqual(fieldsOf(next), { Когда: 'date', Что: 'campaign_name', Сколько: 'cost', Клики: 'clicks' });
  assert.deepEqual(next.preview.defaults, { source: 'vk_ads', account: 'a1', currency: 'RUB' });
  assert.deepEqual(counts(await importAds(server, file('03'), next.preview.problems.length ? {} : { defaults: next.preview.defaults, mapping })), ['done', 1, 0, 0, 0]);
  assert.equal((await server.request('DELETE', `${BASE}/${next.id}`)).json().state, 'undone', 'what was not started is undone at once');
  assert.deepEqual(readdirSync(path.join(server.folder, 'spool')), []);
  assert.deepEqual(sql(server, 'SELECT sum(spend_micros) AS spend FROM ad_day'), [{ spend: 2 * 1_234_500_000 }]);
});

test('encodings: UTF-16 and Windows-1251 are UTF-8 from then on', async (t) => {
  const server = await Server.start(t);
  const text = 'Дата\tКампания\tПоказы\tРасход, руб.\n01.02.2026\tЁлка №1\t1 000\t10,50\n';
  const cp1251 = Buffer.from([...text].map((c) => {
    const code = c.codePointAt(0);
    return code < 0x80 ? code : c === 'Ё' ? 0xa8 : c === '№' ? 0xb9 : code - 0x410 + 0xc0;
  }));
  const utf16 = Buffer.from(`\uFEFF${text}`, 'utf16le');
  for (const bytes of [Buffer.from(text), Buffer.from(`\uFEFF${text}`), utf16, Buffer.from(utf16).swap16(), Buffer.from(text, 'utf16le'), cp1251]) {
    const up = await uploadAds(server, bytes);
    assert.deepEqual(fieldsOf(up), { Дата: 'date', Кампания: 'campaign_name', Показы: 'impressions', 'Расход, руб.': 'cost' });
    assert.equal((await server.request('POST', `${BASE}/${up.id}/start`, { json: { defaults: { source: 'vk_ads' } } })).status, 200);
    assert.equal((await adsEnd(server, up.id)).state, 'done');
  }
  const { campaign, ad_day } = adTables(server);
  assert.deepEqual(campaign.map(({ name }) => name), ['Ёлка №1']);
  assert.deepEqual(ad_day.map(({ impressions, spend_micros, currency }) => [impressions, spend_micros, currency]), [[1000, 10_500_000, 'RUB']]);
});

test('an export with titles above and totals below', async (t) => {
  const server = await Server.start(t);
  const file = '"Campaign report"\n"February 1, 2026 - February 2, 2026"\nDay,Campaign,Currency code,Impr.,Clicks,Cost,Conversions,Conv. value\n' +
    '2026-02-01,Brand,USD,"1,200",30,45.5,2.50,"1,000.00"\n2026-02-02,Brand,USD,800,20,30,--,0\nTotal: Account,--,USD,"2,000",50,75.5,2.50,"1,000.00"\n';
  const done = await importAds(server, file);
  assert.deepEqual(counts(done), ['done', 2, 0, 0, 0]);
  assert.deepEqual(adTables(server).ad_day.map(({ campaign_id, channel, impressions, spend_micros, conversions_micros, revenue_micros }) =>
    [campaign_id.split(':')[0], channel, impressions, spend_micros, conversions_micros, revenue_micros]), [
    ['google_ads', 'Google Ads', 1200, 45_500_000, 2_500_000, 1_000_000_000], ['google_ads', 'Google Ads', 800, 30_000_000, null, 0]]);
});

test('bad lines are kept with their reason; too many refuse the file, and nothing of it is taken', async (t) => {
  const server = await Server.start(t);
  const good = (i) => `2026-02-01,meta,c${i},10,1,5.5,USD`;
  const bad = ['31.02.2026,meta,x,1,1,1,USD', '2026-02-01,meta,x,-1,1,1,USD', '2026-02-01,meta,x,1,1,5$5,USD', '2026-02-01,meta,x,1,1,1,', 'a,b', '2026-02-01,meta,x,1,"1,1,USD'];
  const header = 'date,source,campaign_id,impressions,clicks,cost,currency';
  const rows = Array.from({ length: 24 }, (_, i) => good(i));
  const done = await importAds(server, [header, ...bad, ...rows].join('\n'));
  assert.deepEqual(counts(done), ['done', 24, 0, 0, 6]);
  const list = (await server.get(`${BASE}/${done.id}/rejects`)).rejects;
  assert.deepEqual(list.map(({ line, column, body }) => [line, column, body]),
    bad.map((body, i) => [i + 2, ['date', 'impressions', 'cost', 'currency', '', ''][i], body]));
  for (const { reason } of list) assert.ok(reason.length > 5);
  assert.deepEqual(await server.all(`${BASE}/${done.id}/rejects`, 'rejects', { limit: 2 }), list);
  const csv = (await server.request('GET', `${BASE}/${done.id}/rejects.csv`)).text().split('\r\n');
  assert.deepEqual([csv[0], csv.length], ['line,column,reason,body', 8]);

  const before = adTables(server);
  const refused = await importAds(server, [header, ...bad, ...rows.slice(0, 23)].join('\n').replaceAll('c1', 'd1'));
  assert.deepEqual(counts(refused), ['failed', 0, 0, 0, 6]);
  assert.match(refused.error, /6 of 29 lines cannot be read/);
  assert.equal((await server.get(`${BASE}/${refused.id}/rejects`)).rejects.length, 6);
  const early = await importAds(server, [header, ...Array(201).fill(bad[0]), ...Array.from({ length: 9000 }, (_, i) => good(i + 100))].join('\n'));
  assert.match(early.error, /201 of the first 1000 lines/);
  assert.deepEqual({ ...adTables(server), ad_import_reject: [] }, { ...before, ad_import_reject: [] });
});

test('what is no table, and what nobody may', async (t) => {
  const server = await Server.start(t);
  const post = (body, options) => server.request('POST', BASE, { body, ...options });
  assert.equal((await post('')).status, 400);
  assert.equal((await post('1,2,3\n4,5,6\n')).status, 400);
  assert.equal((await post(`${Array.from({ length: 65 }, (_, i) => `date${i}`).join(',')}\n`)).status, 400);
  assert.equal((await post(NEUTRAL, { as: 'nobody' })).status, 401);
  assert.equal((await server.request('POST', `${BASE}?name=${'x'.repeat(201)}`, { body: NEUTRAL })).json().field, 'name');
  assert.equal((await server.request('GET', `${BASE}/99`)).status, 404);
  assert.equal((await server.request('DELETE', `${BASE}/99`)).status, 404);
  assert.equal((await server.request('POST', `${BASE}/99/start`, { json: {} })).status, 404);
  const long = await importAds(server, `date,source,campaign_id,clicks\n2026-02-01,meta,${'x'.repeat(70_000)},1\n${'2026-02-01,meta,a,1\n'.repeat(5)}`);
  assert.deepEqual(counts(long), ['done', 1, 0, 4, 1]);
  const { imports } = await server.get(BASE);
  assert.deepEqual(imports, [long]);
  assert.deepEqual(readdirSync(path.join(server.folder, 'spool')), []);
});

test('demetra import ads', async (t) => {
  const folder = newFolder(t), file = path.join(folder, 'feb.csv');
  writeFileSync(file, NEUTRAL.replace('source,', 'Where,').replaceAll('telegram_ads,', 'x,').replaceAll('vk_ads,', 'y,'));
  const args = ['import', 'ads', '--file', file];
  const without = await run(args, { folder });
  assert.deepEqual([without.code, without.stdout], [1, '']);
  assert.match(without.stderr, /which ad platform/);
  const done = await run([...args, '--source', 'tiktok', '--account', 'a7', '--mapping', '{"Where": null, "account_id": null}'], { folder });
  assert.deepEqual([done.code, done.stdout], [0, 'feb.csv: 2 rows: 2 inserted, 0 replaced, 0 repeated, 0 rejected\n'], done.stderr);
  assert.deepEqual(adTables({ folder }).campaign.map(({ campaign_id }) => campaign_id), ['tiktok:a7:3301', 'tiktok:a7:901']);
  assert.equal((await run(['import', 'ads'], { folder })).code, 2);
});

test('300,000 rows of the published format', async (t) => {
  const server = await Server.start(t);
  const file = socialAdsCsv({ rows: 300_000, seed: 1 });
  const start = Date.now();
  const done = await importAds(server, file);
  const took = Date.now() - start;
  assert.deepEqual(counts(done), ['done', 300_000, 0, 0, 0]);
  t.diagnostic(`${took} ms`);
  assert.ok(took < 60_000 * SLOW, `${took} ms`); /* loosely: ./dev bench import takes the time */
});
