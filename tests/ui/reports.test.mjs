// The reports: every number of spec/3 where a person reads it, each opened down to the bytes that arrived, and the
// address that holds what is seen.
import assert from 'node:assert/strict';
import { Site, downloaded, eventually, exactRows, id, open, query, settled } from '../lib/browser.mjs';

const SUMMARY = {
  total_events: '17136', unique_clients: '4570', first_touch_events: '4570', mid_and_last_touch_events: '12566',
  mid_funnel_events: '12142', contracts: '424', total_revenue: '25142227', unique_platforms: '9',
  clients_with_contract: '294', data_multiplier: '3.75',
};
const PLATFORMS = [
  ['unknown', 14905, 4519, 201, 14524282], ['paid_search', 937, 417, 208, 9843455], ['facebook', 564, 213, 0, 0],
  ['paid_social', 385, 148, 0, 0], ['event', 258, 68, 3, 81750], ['google', 84, 51, 12, 692740],
  ['email', 1, 1, 0, 0], ['telegram', 1, 1, 0, 0], ['viber', 1, 1, 0, 0],
];
const ATTRIBUTED = [
  ['unknown', 313, 20240227, 7.6, 10.2], ['paid_search', 82, 3610000, 3.9, 2.3], ['google', 24, 1120000, 8.6, 9.3],
  ['facebook', 3, 113000, 10, 13], ['event', 2, 59000, 9, 5],
];
const OPENED = 'conversion=Contract+Signed';

const site = await Site.open();
const shown = (page, name) => id(page, name).innerText();
const tenth = (value) => Math.round(value * 10) / 10;

site.test('Overview: the numbers of all contracts, exact on hover', { at: `/?${OPENED}` }, async (page) => {
  const exact = async (name) => (await id(page, `kpi-${name}`).getAttribute('data-exact')).replace(/[^\d.%]/g, '');
  assert.equal(await exact('revenue'), '25142227');
  assert.equal(await exact('conversions'), '424');
  assert.equal(await exact('converted'), '294');
  assert.equal(await exact('persons'), '6570');
  assert.equal(await exact('rate'), '4.475%'); /* 294 of 6570 */
  assert.equal(await exact('aov'), '59297.71'); /* 25142227 / 424 */
  const told = await site.server.get('/api/v1/metrics', { conversion: 'Contract Signed', names: 'arpu,sessions,bounce_rate,mau,session_ms,stickiness' });
  assert.equal(await exact('arpu'), (Math.round(told.totals.arpu) / 100).toFixed(2).replace(/\.00$/, ''));
  assert.equal(await exact('mau'), String(told.totals.mau));
  assert.equal(await exact('sessions'), String(told.totals.sessions));
  assert.equal(Number((await exact('bounce_rate')).replace('%', '')), Math.round(told.totals.bounce_rate * 1e5) / 1e3);
  assert.match(await id(page, 'kpi-session_ms').innerText(), /(min|sec|s)\b/);
  assert.match(await shown(page, 'kpi-revenue'), /₴25\.1M/);
  assert.equal(await id(page, 'kpi-revenue').locator('.kpi-value').getAttribute('title'), '₴25,142,227');
});

site.test('Overview: a row of the table filters the page, again takes it away, Esc clears', { at: `/?${OPENED}` }, async (page) => {
  const google = page.locator('[data-testid="platform-row"][data-key="google"]');
  const persons = () => id(page, 'kpi-persons').getAttribute('data-exact');
  const all = await persons();
  const own = await google.locator('[data-column="persons"]').innerText();
  await google.locator('[data-column="events"]').click();
  await eventually('the cards are those of google', persons, own);
  assert.equal(query(page).filter, 'platform:is:google');
  assert.match(await id(page, 'filter-chip').innerText(), /Platform is google/);
  await id(page, 'filter-chip').locator('button').click();
  await eventually('all persons again', persons, all);
  await google.getByRole('button').click();
  await id(page, 'filter-chip').waitFor();
  await page.keyboard.press('Escape');
  await eventually('no chip', () => id(page, 'filter-chip').count(), 0);
  assert.equal(query(page).filter, undefined);
});

site.test('Overview: a filter by hand, of any dimension', { at: `/?${OPENED}` }, async (page) => {
  await id(page, 'add-filter').click();
  await id(page, 'filter-dim').selectOption('medium');
  await id(page, 'filter-op').selectOption('contains');
  await id(page, 'filter-value').fill('cpc');
  await id(page, 'filter-value').press('Enter');
  await id(page, 'filter-apply').click();
  await eventually('the address has it', () => query(page).filter, 'medium:contains:cpc');
  await settled(page);
  assert.match(await id(page, 'filter-chip').innerText(), /Medium contains cpc/);
});

site.test('Overview: presets end on the last day with data; compare shows what was', { at: `/?${OPENED}` }, async (page) => {
  assert.equal(await id(page, 'compare').isDisabled(), true, 'all time has nothing before it');
  await id(page, 'range-button').click();
  assert.match(await shown(page, 'range-note'), /8 Nov 2025/);
  await id(page, 'preset-90d').click();
  await eventually('the range', () => query(page).range, '90d');
  assert.match(await shown(page, 'range-button'), /11 Aug – 8 Nov 2025/);
  await id(page, 'compare').selectOption('previous');
  await id(page, 'kpi-persons').locator('.change').waitFor();
  await settled(page);
  assert.match(await shown(page, 'kpi-persons'), /(up|down)\s+was/);
  assert.match(await shown(page, 'over-time'), /Compared with 13 May – 10 Aug 2025/);
  await id(page, 'platforms-table').locator('[data-column="change"]').first().waitFor();
  const [, was] = /was ([\d,]+)/.exec(await shown(page, 'kpi-persons'));
  await page.keyboard.press('ArrowLeft');
  await eventually('the ninety days before', () => query(page), { conversion: 'Contract Signed', compare: 'previous', range: 'custom', from: '2025-05-13', to: '2025-08-10' });
  await eventually('what was is what that range has', () => id(page, 'kpi-persons').getAttribute('data-exact'), was);
  await id(page, 'range-button').click();
  await id(page, 'range-from').fill('2025-03-01');
  await id(page, 'range-to').fill('2025-03-31');
  await id(page, 'range-apply').click();
  await eventually('a range by hand', () => query(page).from, '2025-03-01');
  for (const preset of ['today', 'yesterday', '7d', '30d', 'month', 'last_month', 'year', 'all']) {
    await id(page, 'range-button').click();
    await id(page, `preset-${preset}`).click();
    await eventually(preset, () => query(page).range, preset === 'all' ? undefined : preset);
    await settled(page);
  }
});

site.test('the address is the state: reload, back and forward give the same view', { at: `/?${OPENED}` }, async (page) => {
  const view = async () => {
    await settled(page);
    return [page.url(), await id(page, 'kpi-revenue').getAttribute('data-exact'), await shown(page, 'platforms-table'), await id(page, 'filters').allInnerTexts()];
  };
  const first = await view();
  await page.locator('[data-testid="platform-row"][data-key="paid_search"] button').click();
  await id(page, 'filter-chip').waitFor();
  await id(page, 'overview-by').selectOption('campaign');
  await eventually('by campaign', () => query(page).by, 'campaign');
  await id(page, 'kpi-revenue').getByRole('button').click();
  await eventually('the card alone', () => query(page).metric, 'revenue');
  const last = await view();
  assert.notDeepEqual(last, first);
  await page.reload();
  assert.deepEqual(await view(), last);
  for (let i = 0; i < 3; i++) await page.goBack();
  await eventually('back at the first', view, first);
  for (let i = 0; i < 3; i++) await page.goForward();
  await eventually('forward at the last', view, last);
});

site.test('Overview: a chart as a table, and the steps of time', { at: `/?${OPENED}` }, async (page) => {
  await id(page, 'over-time').getByRole('button', { name: 'Months' }).click();
  await eventually('by months', () => query(page).step, 'month');
  await settled(page);
  await id(page, 'over-time').getByTestId('as-table').click();
  const revenue = await id(page, 'over-time-table').locator('tbody [data-column="revenue"]').allInnerTexts();
  assert.equal(revenue.length, 10); /* February to November */
  assert.equal(revenue.reduce((sum, text) => sum + Number(text.replace(/[^\d.]/g, '')), 0), 25142227);
});

site.test('every table exports CSV that no spreadsheet runs', { at: `/?${OPENED}` }, async (page) => {
  const file = await downloaded(page, () => id(page, 'platforms-table-csv').click());
  assert.equal(file.name, 'by-platform.csv');
  assert.ok(file.text.startsWith('\uFEFFPlatform,Revenue,'));
  assert.match(file.text, /\r\npaid_search,9843455,/);
  assert.match(file.text, /\r\nunknown,14524282,/);
  const evil = "=HYPERLINK(\"http://evil\",\"x\")";
  await site.server.send('track', { type: 'track', userId: 'mallory', event: 'Order Completed', messageId: 'mallory-1', timestamp: '2025-11-08T12:00:00Z',
    properties: { revenue: 1 }, context: { campaign: { source: '@source', name: evil } } });
  await open(page, '/?by=campaign&conversion=Order+Completed');
  await eventually('the campaign has come', async () => {
    await page.reload();
    await settled(page);
    return page.locator('[data-testid="platform-row"]').filter({ hasText: 'HYPERLINK' }).count();
  }, 1);
  const guarded = await downloaded(page, () => id(page, 'platforms-table-csv').click());
  assert.ok(guarded.text.includes(`"'=HYPERLINK(""http://evil"",""x"")"`), guarded.text.slice(0, 1500));
});

site.test('Funnel: the CRM summary and the platforms of spec/3, and the campaigns behind one', { at: '/funnel' }, async (page) => {
  await id(page, 'crm-platforms').waitFor();
  for (const [name, value] of Object.entries(SUMMARY)) assert.equal(await id(page, `crm-summary-${name}`).getAttribute('data-exact'), value, name);
  assert.match(await shown(page, 'crm-summary-total_revenue'), /^₴25,142,227$/);
  const rows = await exactRows(page, 'crm-platform-row', ['events', 'clients', 'contracts', 'revenue']);
  assert.deepEqual(rows.slice(0, 6), PLATFORMS.slice(0, 6));
  assert.deepEqual(rows.slice(6).sort(), PLATFORMS.slice(6));
  await page.locator('[data-testid="crm-platform-row"][data-key="facebook"] button').click();
  await id(page, 'crm-campaigns-table').waitFor();
  assert.equal(query(page).campaigns, 'facebook');
  const sums = await id(page, 'crm-campaigns-table').locator('tbody tr').evaluateAll((all) => all.reduce((sum, row) =>
    sum + ['first', 'mid', 'last'].reduce((of, name) => of + Number(row.querySelector(`[data-column="${name}"]`).textContent.replaceAll(',', '')), 0), 0));
  assert.ok(sums > 0 && sums <= 564, `${sums} touches of facebook's campaigns`);
  await page.keyboard.press('Escape');
  await eventually('closed', () => query(page).campaigns, undefined);
});

site.test('Funnel: steps, window and breakdown, by hand', { at: '/funnel' }, async (page) => {
  const persons = () => id(page, 'funnel-step').evaluateAll((steps) => steps.map((step) => [step.dataset.name, Number(step.dataset.persons)]));
  const usual = await persons();
  assert.deepEqual(usual.map(([name]) => name), ['Page Viewed', 'Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed']);
  assert.equal(usual[0][1], 2000);
  assert.ok(usual.every(([, count], i) => i === 0 || count <= usual[i - 1][1]), `${usual}`);
  await open(page, '/funnel?step=CRM+Touch&step=Contract+Signed&window=365d');
  const [touched, signed] = await persons();
  assert.deepEqual(touched, ['CRM Touch', 4568]);
  assert.ok(signed[1] > 0 && signed[1] <= 294, `${signed}`);
  await id(page, 'funnel-by').selectOption('platform');
  await eventually('by platform', () => query(page).by, 'platform');
  await page.locator('.funnel-groups li').first().waitFor();
  await id(page, 'step-1').fill('Page Viewed');
  await id(page, 'step-1').press('Enter');
  await eventually('the step is chosen', () => new URL(page.url()).searchParams.getAll('step'), ['CRM Touch', 'Page Viewed']);
  await settled(page);
  await id(page, 'funnel-result').getByTestId('as-table').click();
  assert.equal(await id(page, 'funnel-table').locator('tbody tr').count(), 2);
});

site.test('Attribution: the house rule gives the table of spec/3', { at: `/attribution?${OPENED}` }, async (page) => {
  const rows = await exactRows(page, 'crm-attributed-row', ['contracts', 'revenue', 'avg_touches', 'avg_days']);
  assert.deepEqual(rows.map(([key, contracts, revenue, touches, days]) => [key, contracts, revenue, tenth(touches), tenth(days)]), ATTRIBUTED);
  assert.match(await shown(page, 'attribution-total'), /424 conversions · ₴25,142,227 · 294 persons/);
});

site.test('Attribution: every model adds up to the same; the journeys behind a cell add up to the cell', { at: `/attribution?${OPENED}&lookback=365` }, async (page) => {
  const cells = await id(page, 'cell').evaluateAll((all) => all.map(({ dataset }) => ({ model: dataset.model, key: dataset.key, conversions: Number(dataset.conversions), revenue: Number(dataset.revenue) })));
  const models = [...new Set(cells.map((cell) => cell.model))];
  assert.ok(models.length >= 7, `${models}`);
  for (const model of models) {
    const own = cells.filter((cell) => cell.model === model);
    assert.equal(own.reduce((sum, cell) => sum + cell.revenue, 0), 2514222700, model);
    assert.ok(Math.abs(own.reduce((sum, cell) => sum + cell.conversions, 0) - 424) < 1e-6, model);
  }
  for (const [model, key] of [['linear', 'google'], ['time_decay', 'paid_search'], ['last_paid', 'facebook']]) {
    const cell = cells.find((one) => one.model === model && one.key === key);
    await page.locator(`[data-testid="cell"][data-model="${model}"][data-key="${key}"]`).click();
    await id(page, 'journeys-sum').waitFor();
    assert.equal(query(page).cell, `${model}:${key}`);
    const sum = await id(page, 'journeys-sum').evaluate(({ dataset }) => ({ conversions: Number(dataset.conversions), revenue: Number(dataset.revenue) }));
    assert.equal(sum.revenue, cell.revenue);
    assert.ok(Math.abs(sum.conversions - cell.conversions) < 1e-6);
    await allJourneys(page);
    const credit = await id(page, 'journey').evaluateAll((all) => all.reduce((of, { dataset }) => of + Number(dataset.credit), 0));
    assert.ok(Math.abs(credit - cell.conversions) < 1e-6, `${model} ${key}: journeys give ${credit}, the cell ${cell.conversions}`);
    const weights = await id(page, 'journey').evaluateAll((all) => all.map((one) => [...one.querySelectorAll('[data-testid="journey-touch"]')].reduce((of, touch) => of + Number(touch.dataset.weight), 0)));
    assert.ok(weights.every((weight) => Math.abs(weight - 1) < 1e-6), `${weights}`);
    await page.keyboard.press('Escape');
    await eventually('closed', () => query(page).cell, undefined);
  }
});

async function allJourneys(page) {
  for (let count = await id(page, 'journey').count(); await id(page, 'journeys-more').isVisible();) {
    await id(page, 'journeys-more').click();
    await page.waitForFunction((before) => document.querySelectorAll('[data-testid="journey"]').length > before, count);
    count = await id(page, 'journey').count();
  }
}

site.test('from a number to its journeys, to the person, to the bytes that arrived, and back', { at: `/attribution?${OPENED}&cell=last_paid:facebook` }, async (page) => {
  const journey = id(page, 'journey').first();
  const person = await journey.getAttribute('data-person');
  const opened = page.url();
  await journey.getByRole('link').click();
  await id(page, 'person').waitFor();
  assert.equal(await page.locator('h1').innerText(), `Person ${person}`);
  assert.ok(new URL(page.url()).pathname.startsWith('/persons/'));
  const signed = id(page, 'timeline-event').filter({ hasText: 'Contract Signed' }).first();
  await signed.getByTestId('raw').click();
  await id(page, 'raw-body').waitFor();
  const body = await shown(page, 'raw-body');
  assert.ok(body.includes(person.replace(/^c:/, '')), body);
  await page.reload();
  await id(page, 'raw-body').waitFor();
  assert.equal(await shown(page, 'raw-body'), body, 'the open event is in the address');
  await page.goBack();
  await eventually('back at the journeys', () => page.url(), opened);
  await id(page, 'journey').first().waitFor();
});

site.test('Attribution: models, lookback, half-life, what to leave out', { at: `/attribution?${OPENED}` }, async (page) => {
  const first = page.locator('[data-testid="cell-total"][data-model="first"]');
  await id(page, 'model-first').click();
  await eventually('first is gone', () => first.count(), 0);
  await id(page, 'model-first').click();
  await first.waitFor();
  const decay = page.locator('[data-testid="cell"][data-model="time_decay"][data-key="google"]');
  const before = await decay.getAttribute('data-revenue');
  await id(page, 'half-life').focus();
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft');
  await eventually('a half-life of a day', () => query(page).half_life, '1');
  await settled(page);
  assert.notEqual(await decay.getAttribute('data-revenue'), before);
  await id(page, 'lookback').focus();
  await page.keyboard.press('Home');
  await eventually('a lookback of a day', () => query(page).lookback, '1');
  await settled(page);
  await page.locator('[data-testid="matrix-row"][data-key="unknown"] .row-button').click();
  await id(page, 'exclude-chip').waitFor();
  await settled(page);
  assert.equal(await page.locator('[data-testid="matrix-row"][data-key="unknown"]').count(), 0);
  assert.equal(await page.locator('[data-testid="matrix-row"][data-key="unattributed"]').count(), 1);
  await id(page, 'attribution-by').selectOption('campaign');
  await eventually('by campaign', () => query(page).by, 'campaign');
  await settled(page);
  await id(page, 'matrix').getByRole('button', { name: 'Conversions' }).click();
  await eventually('in conversions', () => query(page).measure, 'conversions');
});

site.test('what cannot be had says so and has a way back', { at: '/persons/c%3Anobody', expected: [/404/, /ERR_FAILED/] }, async (page) => {
  assert.match(await page.locator('main').innerText(), /nobody/i);
  await page.route('**/api/v1/metrics*', (route) => route.abort(), { times: 1 });
  await id(page, 'nav-overview').click();
  await id(page, 'retry').click();
  await id(page, 'kpi-revenue').waitFor();
});

