// Files of ads, campaigns, matching, rates and budgets, as one history: a file is mapped and read in, its campaign is
// matched with what events say, its currency gets a rate, its spend a budget; then all of it is taken back.
import assert from 'node:assert/strict';
import { Site, downloaded, eventually, id, open, query, settled } from '../lib/browser.mjs';

const site = await Site.open({ history: false });
/* Fifteen who came by `brand`, three by `winback`, one by what is no campaign. */
await site.server.send('batch', { batch: Array.from({ length: 19 }, (_, at) => ({
  type: 'track', event: 'Page Viewed', userId: `p${at}`, messageId: `m${at}`, timestamp: '2025-10-01T12:00:00Z', context: { campaign: { source: 'google', medium: 'cpc', name: at < 15 ? 'brand' : at < 18 ? 'winback' : 'hashtag' } },
})) });
const press = (page, name) => id(page, name).first().click();
const value = async (page, name) => Number(await id(page, name).getAttribute('data-value'));
const admin = (what) => site.server.get(what);
const csv = (name, text) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
const days = Array.from({ length: 20 }, (_, at) => `2025-10-${String(at + 1).padStart(2, '0')}`);
/** A table of nobody's: semicolons, decimal commas, columns of other names; one line is no day. */
const EXPORT = `Tag;Kampagne;Anzeigen;Gesehen;Ausgaben\n${days.map((day, at) => `${day};Herbst;${at + 1};${(at + 1) * 100};${at + 1},50`).join('\n')}\nbald;Herbst;1;1;1,00\n`;
const NEUTRAL = `date,source,account_id,campaign_id,campaign_name,channel,impressions,clicks,cost,currency\n${days.map((day) => `${day},google_ads,a1,77,brand,Google,1000,10,25.00,UAH`).join('\n')}\n`;

const choose = (page, column, field) => page.locator(`[data-testid="ad-column"][data-key="${column}"]`).getByTestId('ad-field').selectOption(field);

site.test('a table that nobody knows: columns are mapped, what no column says is asked for, the wrong answer explained', { at: '/channels/import', expected: [/400/] }, async (page) => {
  await id(page, 'ad-file').setInputFiles(csv('herbst.csv', EXPORT));
  await id(page, 'ad-columns').waitFor();
  assert.ok(query(page).import);
  assert.equal(await id(page, 'ad-column').count(), 5);
  assert.match(await id(page, 'ad-problems').innerText(), /no column/);
  await choose(page, 'Tag', 'date');
  await choose(page, 'Kampagne', 'campaign_name');
  await choose(page, 'Anzeigen', 'clicks');
  await choose(page, 'Gesehen', 'impressions');
  await choose(page, 'Ausgaben', 'cost');
  await press(page, 'ad-start');
  assert.match(await page.locator('.field', { has: id(page, 'default-source') }).getByTestId('field-error').innerText(), /ad platform/);
  await id(page, 'default-source').fill('herold');
  await press(page, 'ad-start');
  await page.locator('.field', { has: id(page, 'default-currency') }).getByTestId('field-error').waitFor();
  await id(page, 'default-currency').fill('eur');
  await press(page, 'ad-start');
  await id(page, 'ad-result').waitFor();
  await settled(page);
  assert.deepEqual([await value(page, 'ad-inserted'), await value(page, 'ad-replaced'), await value(page, 'ad-repeated'), await value(page, 'ad-rejected')], [20, 0, 0, 1]);
  assert.match(await id(page, 'ad-reject').innerText(), /bald/);
  const { name, text } = await downloaded(page, () => id(page, 'ad-rejects-file').click());
  assert.equal(name, 'rejects.csv');
  assert.match(text, /^line,column,reason,body\r\n22,/);
});

site.test('the next file with this header means the same; twice the same file changes nothing', { at: '/channels/import' }, async (page) => {
  await id(page, 'ad-file').setInputFiles(csv('herbst-2.csv', EXPORT));
  await id(page, 'ad-remembered').waitFor();
  assert.equal(await id(page, 'default-currency').inputValue(), 'EUR');
  await press(page, 'ad-start');
  await id(page, 'ad-result').waitFor();
  assert.deepEqual([await value(page, 'ad-inserted'), await value(page, 'ad-repeated')], [0, 20]);
  await press(page, 'ad-leave');
  await id(page, 'ad-file').setInputFiles(csv('neutral.csv', NEUTRAL));
  await id(page, 'ad-columns').waitFor();
  assert.equal(await id(page, 'ad-problems').count(), 0);
  await press(page, 'ad-start');
  await id(page, 'ad-result').waitFor();
  assert.equal(await value(page, 'ad-inserted'), 20);
  await eventually('all stand in the list', () => id(page, 'ad-import-state').evaluateAll((all) => all.map((one) => one.dataset.state)), ['done', 'done', 'done']);
});

site.test('what has no rate is said; the form is filled with it; a wrong rate is explained; deleted again', { at: '/channels/money', expected: [/400/] }, async (page) => {
  const missing = id(page, 'rate-missing');
  assert.equal(await missing.getAttribute('data-currency'), 'EUR');
  assert.match(await missing.innerText(), /20 rows in EUR from 1 Oct 2025/);
  await press(page, 'rate-fill');
  assert.deepEqual([await id(page, 'rate-currency').inputValue(), await id(page, 'rate-day').inputValue()], ['EUR', '2025-10-01']);
  await id(page, 'rate-rate').fill('much');
  await press(page, 'rate-save');
  await id(page, 'field-error').waitFor();
  await id(page, 'rate-rate').fill('48,5');
  await press(page, 'rate-save');
  await missing.waitFor({ state: 'detached' });
  assert.equal(await id(page, 'rate-row').locator('[data-column="rate"]').innerText(), '48.5');
  await id(page, 'rate-currency').fill('USD');
  await id(page, 'rate-rate').fill('41');
  await press(page, 'rate-save');
  await eventually('two rates', () => id(page, 'rate-row').count(), 2);
  await id(page, 'rate-row').filter({ hasText: 'USD' }).getByTestId('rate-delete').click();
  await press(page, 'rate-drop-confirm');
  await eventually('one rate', () => id(page, 'rate-row').count(), 1);
});

site.test('a budget: made, its bar and pace, refused at its field, changed, deleted', { at: '/channels/money', expected: [/400/] }, async (page) => {
  await press(page, 'budget-new');
  assert.equal(query(page).budget, 'new');
  await id(page, 'budget-name').fill('October');
  await id(page, 'budget-first').fill('2025-10-31');
  await id(page, 'budget-last').fill('2025-10-01');
  await id(page, 'budget-amount').fill('20 000,50');
  await press(page, 'budget-save');
  assert.match(await id(page, 'field-error').innerText(), /before/);
  await id(page, 'budget-first').fill('2025-10-01');
  await id(page, 'budget-last').fill('2025-10-31');
  await press(page, 'budget-save');
  await id(page, 'budget-form').waitFor({ state: 'detached' });
  const [budget] = (await admin('/api/v1/budgets')).budgets;
  /* 210 + 20 halves in euros at 48.5, and 20 days of 25 hryvnias */
  assert.deepEqual([budget.amount, budget.spent], [2000050, Math.round(220 * 48.5 * 100) + 50000]);
  assert.equal(Number(await id(page, 'budget-share').getAttribute('data-value')), budget.share);
  assert.match(await id(page, 'budget-row').innerText(), /₴20,000\.50/);
  await press(page, 'budget-edit');
  await page.getByRole('button', { name: 'A channel', exact: true }).click();
  await id(page, 'budget-channel').selectOption('Google');
  await press(page, 'budget-save');
  await eventually('of Google alone', async () => (await admin('/api/v1/budgets')).budgets[0].spent, 50000);
  await eventually('shown', async () => /₴500/.test(await id(page, 'budget-row').innerText()), true);
  await press(page, 'budget-delete');
  await press(page, 'budget-drop-confirm');
  await eventually('none', async () => (await admin('/api/v1/budgets')).budgets.length, 0);
});

site.test('spend without events stands at the top; a value is given a campaign, none, and back', { at: '/channels/matching' }, async (page) => {
  const total = id(page, 'unmatched-total');
  assert.equal(await total.getAttribute('data-unmatched'), String(Math.round(220 * 48.5 * 100)));
  assert.match(await id(page, 'match-campaign-row').first().innerText(), /Herbst/);
  const row = (name) => id(page, 'match-row').filter({ has: page.locator(`[data-column="value"]`, { hasText: name }) }).first();
  assert.equal(await row('brand').getByTestId('match-origin').first().getAttribute('data-origin'), 'auto');
  await id(page, 'match-values').getByRole('searchbox').fill('winback');
  await row('winback').getByTestId('match-choose').click();
  await id(page, 'match-campaign-field').fill('Herb');
  await page.getByRole('option', { name: /Herbst/ }).click();
  await press(page, 'match-save');
  await eventually('the spend has events', () => total.getAttribute('data-unmatched'), '0');
  assert.match(await row('winback').innerText(), /Herbst/);
  assert.equal(await row('winback').getByTestId('match-origin').getAttribute('data-origin'), 'hand');
  await row('winback').getByTestId('match-choose').click();
  await press(page, 'match-none');
  await eventually('none of them', async () => /none of them/.test(await row('winback').innerText()), true);
  await row('winback').getByTestId('match-choose').click();
  await press(page, 'match-unsay');
  await eventually('nobody says anything', async () => /of no campaign/.test(await row('winback').innerText()), true);
  // The other way round.
  await press(page, 'match-campaign');
  await id(page, 'match-value-field').fill('winb');
  await page.getByRole('option', { name: /winback/ }).click();
  await press(page, 'match-value-save');
  await eventually('matched again', () => total.getAttribute('data-unmatched'), '0');
});

site.test('the lists of matching are their address: state, dimension, range', { at: '/channels/matching?spend=all&by=source&state=matched' }, async (page) => {
  assert.equal(await id(page, 'match-campaign-row').count(), 2);
  await id(page, 'match-by').selectOption('campaign');
  await settled(page);
  const matched = await id(page, 'match-row').count();
  assert.ok(matched >= 2);
  await id(page, 'match-values').getByRole('button', { name: 'All', exact: true }).click();
  await settled(page);
  assert.ok((await id(page, 'match-row').count()) > matched);
  await id(page, 'match-row').first().locator('[data-column="events"] a').click();
  await settled(page);
  assert.equal(new URL(page.url()).pathname, '/persons');
  assert.ok((await id(page, 'person-row').count()) > 10);
  await open(page, '/channels/matching?range=custom&from=2025-10-01&to=2025-10-01&spend=all');
  assert.equal(await id(page, 'unmatched-total').getAttribute('data-spend'), String(1.5 * 48.5 * 100 + 2500));
});

site.test('campaigns by hand: refused at the field, made, found, sorted, changed, deleted', { at: '/channels/campaigns', expected: [/400|409/] }, async (page) => {
  await eventually('of the files', () => id(page, 'campaign-row').count(), 2);
  for (let at = 1; at <= 60; at++) assert.equal((await site.server.post('/api/campaigns/', { campaign_id: `hand-${String(at).padStart(2, '0')}`, channel_used: at % 2 ? 'Radio' : 'Viber', clicks: at, date: '2025-01-01' })).status, 201);
  await open(page, '/channels/campaigns');
  assert.equal(await value(page, 'campaigns-total'), 62);
  await press(page, 'page-after');
  await settled(page);
  assert.deepEqual([query(page).skip, await id(page, 'campaign-row').count()], ['50', 12]);
  await id(page, 'campaigns-channel').selectOption('Radio');
  await settled(page);
  assert.deepEqual([query(page).skip, await value(page, 'campaigns-total')], [undefined, 30]);
  await page.getByRole('button', { name: 'Clicks', exact: true }).click();
  await settled(page);
  assert.equal(query(page).sort, '-clicks');
  assert.equal(await id(page, 'campaign-row').first().getAttribute('data-key'), 'hand-59');
  await id(page, 'campaigns-search').fill('hand-5');
  await eventually('five of Radio', () => value(page, 'campaigns-total'), 5);

  await press(page, 'campaign-new');
  await id(page, 'campaign-campaign_id').fill('hand-01');
  await id(page, 'campaign-channel_used').fill('Leaflets');
  await id(page, 'campaign-channel_used').press('Enter');
  await id(page, 'campaign-conversion_rate').fill('250');
  await press(page, 'campaign-save');
  assert.match(await page.locator('.field', { has: id(page, 'campaign-conversion_rate') }).getByTestId('field-error').innerText(), /share/);
  await id(page, 'campaign-conversion_rate').fill('2,5');
  await id(page, 'campaign-acquisition_cost').fill('12,34');
  await press(page, 'campaign-save');
  assert.match(await page.locator('.field', { has: id(page, 'campaign-campaign_id') }).getByTestId('field-error').innerText(), /already/);
  await id(page, 'campaign-campaign_id').fill('leaflet 1/a'.replace('/', '-'));
  await press(page, 'campaign-save');
  await id(page, 'campaign-facts').waitFor();
  assert.equal(query(page).campaign, 'leaflet 1-a');
  const made = await admin('/api/campaigns/leaflet%201-a');
  assert.deepEqual([made.channel_used, made.conversion_rate, made.acquisition_cost, made.currency], ['Leaflets', 0.025, 12.34, 'UAH']);
  await press(page, 'campaign-edit');
  await id(page, 'campaign-target_audience').fill('Neighbours');
  await id(page, 'campaign-conversion_rate').fill('');
  await press(page, 'campaign-save');
  await eventually('changed', async () => {
    const { target_audience, conversion_rate, acquisition_cost } = await admin('/api/campaigns/leaflet%201-a');
    return [target_audience, conversion_rate, acquisition_cost];
  }, ['Neighbours', null, 12.34]);
  await id(page, 'campaign-form').waitFor({ state: 'detached' });
  await press(page, 'campaign-delete');
  await press(page, 'campaign-drop-confirm');
  await id(page, 'campaign').waitFor({ state: 'detached' });
  assert.equal((await site.server.request('GET', '/api/campaigns/leaflet%201-a')).status, 404);
});

site.test('a campaign with days: chart, table, and figures that cannot be changed', { at: '/channels/campaigns?campaign=google_ads:a1:77' }, async (page) => {
  await id(page, 'campaign-metric').selectOption('clicks');
  await settled(page);
  await id(page, 'campaign-days').getByTestId('as-table').click();
  assert.equal(await id(page, 'campaign-day').count(), 20);
  assert.equal(await id(page, 'campaign-day').first().locator('[data-column="spend"]').innerText(), '₴25');
  await press(page, 'campaign-edit');
  assert.equal(await id(page, 'campaign-clicks').isDisabled(), true);
  assert.equal(await id(page, 'campaign-campaign_goal').isDisabled(), false);
  await page.keyboard.press('Escape');
  await id(page, 'campaign-form').waitFor({ state: 'detached' });
  assert.equal(await id(page, 'campaign').count(), 1);
  await page.keyboard.press('Escape');
  await id(page, 'campaign').waitFor({ state: 'detached' });
});

site.test('who may only read sees all of it and changes nothing', { at: '/channels/import', token: site.reader }, async (page) => {
  await id(page, 'ad-import-row').first().waitFor();
  for (const name of ['ad-drop', 'ad-undo']) assert.equal(await id(page, name).count(), 0, name);
  for (const [at, names] of Object.entries({ '/channels/matching': ['match-choose', 'match-campaign'], '/channels/money': ['rate-save', 'rate-delete', 'budget-new'], '/channels/campaigns?make=1': ['campaign-new', 'campaign-form'], '/channels/campaigns?campaign=hand-01': ['campaign-edit', 'campaign-delete'] })) {
    await open(page, at);
    for (const name of names) assert.equal(await id(page, name).count(), 0, `${at} ${name}`);
  }
});

site.test('a file is taken back: its rows are gone; one that was not read in is forgotten', { at: '/channels/import' }, async (page) => {
  await id(page, 'ad-file').setInputFiles(csv('never.csv', EXPORT));
  await id(page, 'ad-columns').waitFor();
  await id(page, 'ad-import-row').filter({ hasText: 'never.csv' }).getByTestId('ad-undo').click();
  await press(page, 'ad-take-back-confirm');
  await id(page, 'ad-drop').waitFor();
  const row = id(page, 'ad-import-row').filter({ hasText: 'neutral.csv' });
  await row.getByTestId('ad-undo').click();
  assert.match(await id(page, 'ad-take-back').innerText(), /20 rows/);
  await press(page, 'ad-take-back-confirm');
  await eventually('taken back', () => row.getByTestId('ad-import-state').getAttribute('data-state'), 'undone');
  await eventually('its days too', async () => (await site.server.request('GET', '/api/campaigns/google_ads:a1:77/days')).status === 404 || (await admin('/api/campaigns/google_ads:a1:77/days')).days.length === 0, true);
});
