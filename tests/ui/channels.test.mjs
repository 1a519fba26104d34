// Channels: every number against the API's, from the whole down to one ad; what is claimed beside the credit; files.
import assert from 'node:assert/strict';
import { importAds } from '../lib/ad_imports.mjs';
import { adDaysCsv } from '../lib/ad_days.mjs';
import { PHONE, Site, downloaded, eventually, id, open, query, settled } from '../lib/browser.mjs';
import { randomOf, socialAdsCsv } from '../lib/social_ads.mjs';

const SPAN = { from: '2025-10-10', to: '2025-11-08' };
const AT = '/channels?range=30d&conversion=Order+Completed';
const TREE = '/api/v1/channels/tree';
const VIDEO = 'meta:meta-1:301';

const site = await Site.open({ history: false });
const files = await Site.open({ history: false });
const fresh = await Site.open({ history: false });
await site.server.send('batch', { batch: [...visits(400)] });
await importAds(site.server, adDaysCsv());
await importAds(files.server, socialAdsCsv({ rows: 600, seed: 3 }));

/** Persons who came by the campaigns of the ads, or by none, and some of whom ordered; the last on the last day. */
function* visits(persons) {
  const random = randomOf(5);
  const ways = [['google', 'cpc', 'brand'], ['google', 'cpc', 'search-generic'], ['google', 'cpc', 'shopping'], ['yandex', 'cpc', 'poisk'], ['facebook', 'paid_social', 'lookalike'], ['tiktok', 'paid_social', 'spark'], ['telegram', 'post', 'channel-a'], ['email', 'newsletter', 'weekly']];
  for (let person = 0; person < persons; person++) {
    const day = person + 1 === persons ? 89 : Math.floor(random() * 88);
    for (let visit = 0, last = random() < 0.4 ? 2 : 1; visit < last; visit++) {
      const at = Date.parse('2025-08-11T06:00:00Z') + day * 86_400_000 + visit * 7_200_000 + Math.floor(random() * 3_600_000);
      const [source, medium, name] = ways[Math.floor(random() * ways.length)];
      const one = (event, after, more = {}) => ({ type: 'track', event, userId: `p${person}`, messageId: `${event}-${person}-${visit}`, timestamp: new Date(at + after).toISOString(), ...more });
      yield one('Page Viewed', 0, { context: { campaign: { source, medium, name } } });
      if (random() < 0.4) yield one('Order Completed', 600_000, { properties: { revenue: 500 + Math.floor(random() * 1500), currency: 'UAH' } });
    }
  }
}

const number = (text) => Number(text.replace(/[^\d.-]/g, ''));
const money = (minor) => Math.round(minor) / 100;
const tree = (asked) => site.server.get(TREE, asked);
const cells = (page, row, ...columns) => id(page, row).evaluateAll((all, names) => all.map((one) => [one.dataset.key, ...names.map((name) => one.querySelector(`[data-column="${name}"]`).textContent)]), columns);
const exact = async (page, name) => number(await id(page, `kpi-${name}`).getAttribute('data-exact'));
const table = async (page, panel) => {
  await id(page, panel).getByTestId('as-table').click();
  return id(page, `${panel}-table`).locator('tbody tr').evaluateAll((all) => all.map((row) => Object.fromEntries([...row.cells].map((cell) => [cell.dataset.column, cell.textContent]))));
};

site.test('the cards are the total of the tree, against the period before; what has no rate is said', { at: AT }, async (page) => {
  const { total } = await tree({ ...SPAN, compare: 'previous' });
  for (const name of ['spend', 'revenue', 'cpa', 'cpc', 'cpm']) assert.equal(await exact(page, name), money(total[name]), name);
  assert.equal(await exact(page, 'conversions'), total.conversions);
  assert.ok(Math.abs((await exact(page, 'ctr')) / 100 - total.ctr) < 1e-5);
  const change = await id(page, 'kpi-spend').locator('.change').innerText();
  assert.ok(Math.abs(number(change) / 100 - (total.spend / total.before.spend - 1)) < 0.001, change);
  assert.equal(await id(page, 'kpi-spend').locator('.change.good, .change.bad').count(), 0, 'more spend is neither good nor bad');
  const cpa = total.cpa < total.before.cpa ? 'good' : 'bad';
  assert.equal(await id(page, 'kpi-cpa').locator(`.change.${cpa}`).count(), 1, 'a falling CPA is good');
  assert.equal(await id(page, 'unpriced').getAttribute('data-value'), String(total.unpriced));
  assert.ok(total.unpriced > 0);
  assert.equal(await id(page, 'unpriced').getByRole('link').getAttribute('href').then((href) => href.split('?')[0]), '/channels/money');
});

site.test('split, comparison and trend add up to the tree; a card chooses the metric; i the step', { at: AT }, async (page) => {
  const { rows, total } = await tree({ ...SPAN, compare: 'previous' });
  const split = await table(page, 'spend-split');
  assert.deepEqual(split.map((row) => [row.channel, number(row.spend)]), rows.filter(({ spend }) => spend).sort((a, b) => b.spend - a.spend).map(({ id: name, spend }) => [name, money(spend)]));
  await id(page, 'kpi-clicks').count().then((count) => assert.equal(count, 0));
  await id(page, 'kpi-cpa').getByRole('button').click();
  await eventually('in the address', () => query(page).metric, 'cpa');
  await settled(page);
  const compared = await table(page, 'comparison');
  for (const row of rows) assert.equal(compared.find(({ channel }) => channel === row.id).cpa, row.cpa === null ? '–' : `₴${money(row.cpa).toLocaleString('en-US', { minimumFractionDigits: 2 })}`, row.id);
  await id(page, 'trend').getByTestId('channel-metric').selectOption('clicks');
  await page.keyboard.press('Escape');
  await page.locator('h1').click();
  await page.keyboard.press('i');
  await eventually('weeks', () => query(page).step, 'week');
  await settled(page);
  const weeks = await table(page, 'trend');
  assert.equal(weeks.length, 5);
  assert.equal(weeks.reduce((sum, row) => sum + rows.reduce((all, { id: name }) => all + number(row[name]), 0), 0), total.clicks);
  const address = page.url();
  await page.reload();
  await settled(page);
  assert.equal(page.url(), address);
  assert.equal(await id(page, 'kpi-cpa').getAttribute('data-pressed'), null);
});

site.test('from a channel to an ad and back, by rows and by the trail; search, sort, states', { at: AT }, async (page) => {
  const channels = await tree({ ...SPAN, sort: '-spend' });
  assert.deepEqual((await cells(page, 'drill-row', 'spend')).map(([key, spend]) => [key, number(spend) || 0]), channels.rows.map(({ id: key, spend }) => [key, money(spend ?? 0)]));
  const row = (key) => page.locator(`[data-testid="drill-row"][data-key="${key}"]`);
  await row('Google Ads').getByRole('button').press('Enter');
  await settled(page);
  assert.equal(query(page).channel, 'Google Ads');
  const campaigns = await tree({ ...SPAN, level: 'campaign', channel: 'Google Ads', sort: '-spend' });
  assert.deepEqual((await cells(page, 'drill-row', 'clicks')).map(([key, clicks]) => [key, number(clicks)]), campaigns.rows.map(({ id: key, clicks }) => [key, clicks]));
  assert.equal(await id(page, 'drill-head').getAttribute('data-spend'), String(channels.rows.find(({ id: key }) => key === 'Google Ads').spend));
  const campaign = campaigns.rows[0].id;
  await row(campaign).getByRole('button').click();
  await settled(page);
  const groups = await tree({ ...SPAN, level: 'ad_set', channel: 'Google Ads', campaign });
  assert.deepEqual((await cells(page, 'drill-row')).flat(), groups.rows.map(({ key }) => String(key)));
  await row(groups.rows[0].key).getByRole('button').click();
  await settled(page);
  const ads = await tree({ ...SPAN, level: 'ad', channel: 'Google Ads', campaign, ad_set: groups.rows[0].key });
  assert.deepEqual((await cells(page, 'drill-row', 'name')), ads.rows.map(({ key, name }) => [String(key), name]));
  await row(ads.rows[1].key).getByRole('button').click();
  await settled(page);
  assert.equal(await id(page, 'drill-head').getAttribute('data-spend'), String(ads.rows[1].spend));
  const days = await site.server.get('/api/v1/channels/series', { ...SPAN, by: 'none', channel: 'Google Ads', campaign, ad_set: groups.rows[0].key, ad: ads.rows[1].key });
  const shown = await table(page, 'history');
  assert.deepEqual(shown.map((one) => number(one.spend)).reverse(), days.points.map(({ spend }) => money(spend)));
  const address = page.url();
  await page.reload();
  await settled(page);
  assert.deepEqual([page.url(), (await id(page, 'trail').innerText()).replace(/\s+/g, ' ')], [address, `All channels › Google Ads › ${campaigns.rows[0].name} › ${groups.rows[0].name} › ${ads.rows[1].name}`]);
  await id(page, 'trail-campaign').click();
  await eventually('up', () => [query(page).campaign, query(page).ad_set], [campaign, undefined]);
  await page.goBack();
  await eventually('back', () => query(page).ad, String(ads.rows[1].key));

  await open(page, `/channels?conversion=Order+Completed&level=campaign`);
  const all = (await tree({ level: 'campaign' })).rows;
  assert.equal(await id(page, 'drill-row').count(), all.length);
  assert.equal(await row(VIDEO).locator('[data-state="gone"]').innerText(), 'deleted');
  assert.equal(await row(VIDEO).locator('[data-column="last_day"]').innerText(), '25 Sept 2025');
  await id(page, 'drill').getByRole('searchbox').fill('tiktok');
  assert.deepEqual((await cells(page, 'drill-row', 'name')).map(([, name]) => name).sort(), ['spark', 'ugc-test']);
  await id(page, 'drill').getByRole('searchbox').fill('');
  await id(page, 'drill-table').getByRole('button', { name: 'CTR', exact: true }).click();
  await eventually('the order, in the address', () => query(page).sort, '-ctr');
  await settled(page);
  const ctr = (await cells(page, 'drill-row', 'ctr')).map(([, text]) => number(text));
  assert.deepEqual(ctr, [...ctr].sort((a, b) => b - a));
  await id(page, 'drill-table').getByRole('button', { name: 'Campaign', exact: true }).click();
  await eventually('by name', () => query(page).sort, 'name');
  await page.reload();
  await settled(page);
  const names = (await cells(page, 'drill-row', 'name')).map(([, name]) => name);
  assert.deepEqual(names, [...names].sort((a, b) => a.localeCompare(b)));
  await row(VIDEO).getByRole('button').click();
  await id(page, 'campaign-card').click();
  await eventually('all of the campaign', () => [new URL(page.url()).pathname, query(page).campaign], ['/channels/campaigns', VIDEO]);
});

site.test('what is not there is said, and there is a way back', { expected: [/400/] }, async (page) => {
  await open(page, `${AT}&campaign=nothing`);
  assert.match(await id(page, 'drill').getByRole('alert').innerText(), /there is no campaign/);
  await id(page, 'trail').getByRole('link', { name: 'All channels' }).click();
  await id(page, 'drill-row').first().waitFor();
});

site.test('a point a campaign: its amounts, by arrows, and it opens', { at: AT }, async (page) => {
  const campaigns = (await tree({ ...SPAN, level: 'campaign' })).rows.filter(({ spend, revenue }) => spend !== null && revenue !== null).sort((a, b) => a.spend - b.spend);
  assert.deepEqual(await id(page, 'point').evaluateAll((all) => all.map((one) => one.dataset.key)), campaigns.map(({ id: key }) => key));
  assert.equal(await page.locator('[data-testid="point"][tabindex="0"]').count(), 1, 'one stop of Tab');
  await page.locator('[data-testid="point"][tabindex="0"]').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  const tip = await page.locator('.chart-tip').innerText();
  assert.ok(tip.includes(campaigns[2].name) && tip.includes(money(campaigns[2].spend).toLocaleString('en-US')), tip);
  await page.keyboard.press('Enter');
  await eventually('opened', () => query(page).campaign, campaigns[2].id);
  await settled(page);
  assert.equal(await id(page, 'drill-head').getAttribute('data-key'), campaigns[2].id);
});

site.test('claimed beside credit: every cell, by channel, campaign and ad; what nothing answers leads to matching', { at: AT }, async (page) => {
  const shown = (names) => id(page, 'credit-row').evaluateAll((all, columns) => all.map((row) => [row.dataset.key, ...columns.map((name) => row.querySelector(`[data-column="${name}"]`).dataset.value)]), names);
  const text = (value) => (value === null ? '' : String(value));
  const asked = { conversion: 'Order Completed', lookback: '30d', ...SPAN };
  const models = ['first', 'last_non_direct', 'linear', 'markov'];
  let told = await site.server.get('/api/v1/channels/credit', { ...asked, models: models.join() });
  const spent = (rows) => [...rows].sort((a, b) => (b.spend ?? -1) - (a.spend ?? -1));
  assert.deepEqual(await shown(['claimed', ...models]), spent(told.rows).map((row) => [row.id, text(row.claimed.conversions), ...models.map((model) => text(row.models[model].conversions))]));
  await id(page, 'credit').getByRole('button', { name: 'CPA / CAC' }).click();
  await id(page, 'credit-by').selectOption('campaign');
  await id(page, 'credit').getByTestId('model-first').click();
  await id(page, 'credit-lookback').selectOption('none');
  await eventually('in the address', () => [query(page).measure, query(page).credit, query(page).models, query(page).lookback], ['cost', 'campaign', 'last_non_direct,linear,markov', 'none']);
  await settled(page);
  told = await site.server.get('/api/v1/channels/credit', { ...asked, lookback: 'none', by: 'campaign', models: 'last_non_direct,linear,markov' });
  assert.deepEqual((await shown(['claimed', 'linear'])).sort(), told.rows.map((row) => [row.id, text(row.claimed.cpa), text(row.models.linear.cac)]).sort());
  const { unmatched_spend: lost } = await site.server.get('/api/v1/matches/campaigns', { state: 'unmatched', ...SPAN });
  assert.ok(lost > 0);
  const row = id(page, 'unmatched-spend');
  assert.equal(await row.getAttribute('data-value'), String(lost));
  assert.equal((await row.getByRole('link').getAttribute('href')).split('?')[0], '/channels/matching');
  await page.locator('[data-testid="credit-row"][data-key="google_ads:google_ads-1:100"]').getByRole('button').click();
  await eventually('opens in the drill-down', () => query(page).campaign, 'google_ads:google_ads-1:100');
  await settled(page);
  await id(page, 'credit-by').selectOption('ad');
  await settled(page);
  told = await site.server.get('/api/v1/channels/credit', { ...asked, lookback: 'none', by: 'ad', campaign: query(page).campaign, models: 'linear' });
  assert.equal(await id(page, 'credit-row').count(), told.rows.length);
});

site.test('best time: an event, a conversion, a measure; the best cell is named', { at: AT }, async (page) => {
  await id(page, 'best-event').fill('Order Completed');
  await id(page, 'best-event').press('Enter');
  await eventually('the event', () => query(page).event, 'Order Completed');
  await id(page, 'best-measure').selectOption('revenue');
  await settled(page);
  const told = await site.server.get('/api/v1/best-time', { event: 'Order Completed', conversion: 'Order Completed', ...SPAN });
  const shown = await id(page, 'week-cell').evaluateAll((all) => all.map((cell) => [cell.dataset.key, Number(cell.dataset.value)]));
  assert.deepEqual(shown, told.cells.map((cell) => [`${cell.weekday}:${cell.hour}`, cell.revenue]));
  const most = Math.max(...told.cells.map(({ revenue }) => revenue));
  assert.match(await id(page, 'best-note').innerText(), new RegExp(money(most).toLocaleString('en-US').replace('.', '\\.')));
  assert.equal(Number(await page.locator('.week td.top').getAttribute('data-value')), most);
  await id(page, 'best-time').getByTestId('as-table').click();
  assert.equal(await id(page, 'best-table').locator('tbody tr').count(), 50);
});

site.test('files: of the whole and of any table', { at: AT }, async (page) => {
  await id(page, 'export').click();
  const whole = await downloaded(page, () => id(page, 'export-excel').click());
  assert.ok(whole.text.startsWith('PK'));
  await id(page, 'export').click();
  const csv = await downloaded(page, () => id(page, 'export-csv-campaigns').click());
  assert.match(csv.text, /^campaign_id,/);
  await id(page, 'export').click();
  const json = await downloaded(page, () => id(page, 'export-json-trend').click());
  assert.equal(JSON.parse(json.text).table, 'trend');
  const rows = await downloaded(page, () => id(page, 'drill-table-json').click());
  const { rows: told } = await tree({ ...SPAN, sort: '-spend' });
  assert.deepEqual(JSON.parse(rows.text).map(({ name, spend, ctr }) => [name, spend, ctr]), told.map(({ id: name, spend, ctr }) => [name, spend === null ? null : money(spend), ctr]));
  const sheet = await downloaded(page, () => id(page, 'drill-table-xlsx').click());
  assert.equal(sheet.name, 'channels.xlsx');
  assert.ok(sheet.text.startsWith('PK'));
});

site.test('Attribution says what was spent, on what, and what is not known; Overview leads here', { at: '/attribution?conversion=Order+Completed&models=first,linear&range=30d' }, async (page) => {
  const told = await site.server.get('/api/v1/attribution', { conversion: 'Order Completed', models: 'first,linear', lookback: '30d', ...SPAN });
  const note = id(page, 'spend-note');
  assert.deepEqual([await note.getAttribute('data-total'), await note.getAttribute('data-unmatched'), await note.getAttribute('data-unpriced')], [told.spend.total, told.spend.unmatched, told.spend.unpriced].map(String));
  const rows = await cells(page, 'matrix-row', 'spend', 'cac', 'roas');
  for (const row of told.rows) {
    const [, spend, cac, roas] = rows.find(([key]) => key === row.key);
    const { linear } = row.models;
    assert.deepEqual([spend === '–' ? null : number(spend), cac === '–' ? null : number(cac), roas === '–' ? null : number(roas)],
      [row.spend === null ? null : money(row.spend), linear.cac === null ? null : money(linear.cac), linear.roas === null ? null : Number(linear.roas.toFixed(2))], row.key);
  }
  await open(page, '/?range=30d');
  await id(page, 'ad-spend').waitFor();
  const { total } = await tree(SPAN);
  assert.equal(await exact(page, 'ads-spend'), money(total.spend));
  await id(page, 'to-channels').click();
  await settled(page);
  assert.equal(await page.locator('h1').innerText(), 'Channels');
  assert.equal(query(page).range, '30d', 'the range goes along');
});

files.test('campaigns of a file alone: their means, and what brings the rest', { at: '/channels' }, async (page) => {
  const told = await files.server.get('/api/analytics/summary');
  assert.equal(await exact(page, 'total_campaigns'), 600);
  assert.ok(Math.abs((await exact(page, 'avg_roi')) - told.avg_roi) < 0.001);
  for (const gone of ['channel-cards', 'spend-split', 'drill', 'scatter', 'credit', 'best-time']) assert.equal(await id(page, gone).count(), 0, gone);
  assert.equal(await id(page, 'brings').getByRole('link').count(), 2);
  const { channels } = await files.server.get('/api/analytics/channels');
  const compared = await table(page, 'comparison');
  assert.deepEqual(compared.map((row) => [row.channel, number(row.avg_roi)]).sort(), channels.map((row) => [row.channel, Number(row.avg_roi.toFixed(2))]).sort());
  const { points } = await files.server.get('/api/analytics/roi-trend', { step: 'month' });
  const trend = await table(page, 'trend');
  assert.equal(trend.length, new Set(points.map(({ date }) => date)).size);
  await id(page, 'audience').getByRole('button', { name: 'Location' }).click();
  await eventually('in the address', () => query(page).audience, 'location');
  await settled(page);
  const { rows } = await files.server.get('/api/analytics/audience', { by: 'location' });
  assert.deepEqual((await cells(page, 'audience-row', 'total_campaigns')).map(([key, count]) => [key, number(count)]).sort(), rows.map((row) => [row.key, row.total_campaigns]).sort());
  await open(page, '/channels?range=30d');
  await id(page, 'empty-range').waitFor();
  await id(page, 'show-all').click();
  await id(page, 'campaign-cards').waitFor();
  await open(page, '/');
  assert.equal(await id(page, 'ad-spend').count(), 0);
});

fresh.test('nothing yet: the two ways', { at: '/channels', viewport: PHONE, lang: 'ru' }, async (page) => {
  const way = async (name) => (await id(page, name).getAttribute('href')).split('?')[0];
  assert.deepEqual([await way('way-connect'), await way('way-upload')], ['/channels/connectors', '/channels/import']);
  assert.equal(await id(page, 'export').count(), 0);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
});
