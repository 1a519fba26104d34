// Explore: any metric by any dimension over time; every number against the API's.
import assert from 'node:assert/strict';
import { Site, downloaded, eventually, id, open, query, settled } from '../lib/browser.mjs';

const site = await Site.open();
const number = (text) => Number(text.replace(/[^\d.-]/g, ''));

/** The table behind a chart: by column, its numbers from the first period on. */
async function columns(page, metric) {
  await id(page, `explore-${metric}`).getByTestId('as-table').click();
  const rows = await id(page, `explore-${metric}-table`).locator('tbody tr').evaluateAll((all) => all.map((row) => Object.fromEntries([...row.cells].map((cell) => [cell.dataset.column, cell.textContent]))));
  await id(page, `explore-${metric}`).getByTestId('as-table').click();
  return Object.fromEntries(Object.keys(rows[0]).map((name) => [name, rows.map((row) => number(row[name])).reverse()]));
}

site.test('groups over time are those of the API, the others what is left, and what adds up does', { at: '/explore?by=platform&metric=events,persons&step=month&conversion=Order+Completed' }, async (page) => {
  const total = await site.server.get('/api/v1/metrics', { step: 'month', conversion: 'Order Completed' });
  const events = await columns(page, 'events');
  const persons = await columns(page, 'persons');
  assert.deepEqual(events.total, total.points.map((point) => point.events));
  assert.deepEqual(persons.total, total.points.map((point) => point.persons));
  const groups = Object.keys(events).filter((name) => name !== 'at' && name !== 'total');
  assert.equal(groups.length, 7, `six and the others: ${groups}`);
  total.points.forEach((point, at) => assert.equal(groups.reduce((sum, name) => sum + events[name][at], 0), point.events));
  for (const name of groups.slice(0, 6)) {
    const own = await site.server.get('/api/v1/metrics', { step: 'month', conversion: 'Order Completed', filter: `platform:is:${name}` });
    assert.deepEqual(persons[name], own.points.map((point) => point.persons), name);
  }
  const table = await site.server.get('/api/v1/breakdown', { by: 'platform', sort: 'events' });
  const rows = await id(page, 'explore-group').evaluateAll((all) => all.map((row) => [row.dataset.key, row.querySelector('[data-column="events"]').textContent, row.querySelector('[data-column="persons"]').textContent]));
  assert.deepEqual(rows.map(([key, e, p]) => [key, number(e), number(p)]).sort(), table.rows.map((row) => [row.key, row.events, row.persons]).sort());
});

site.test('metrics, event, step, drawing, by hand; the address is the state', { at: '/explore' }, async (page) => {
  assert.equal(await id(page, 'explore-events').count() + await id(page, 'explore-persons').count(), 2);
  await id(page, 'metric-revenue').click();
  await eventually('three metrics', () => query(page).metric, 'revenue,persons,events');
  await id(page, 'metric-events').click();
  await id(page, 'metric-persons').click();
  await eventually('one', () => query(page).metric, 'revenue');
  await id(page, 'metric-revenue').click();
  assert.equal(query(page).metric, 'revenue', 'one stays');
  await id(page, 'metric-events').click();
  await id(page, 'explore-event').fill('Product Viewed');
  await id(page, 'explore-event').press('Enter');
  await eventually('the event', () => query(page).event, 'Product Viewed');
  await settled(page);
  const told = await site.server.get('/api/v1/metrics', { event: 'Product Viewed' });
  assert.ok((await id(page, 'explore-events').innerText()).includes(told.totals.events.toLocaleString('en-US')));
  await page.keyboard.press('i');
  await eventually('another step', () => typeof query(page).step, 'string');
  for (const kind of ['Areas', 'Bars']) {
    await id(page, 'explore-controls').getByRole('button', { name: kind }).click();
    await settled(page);
  }
  assert.equal(query(page).kind, 'bar');
  await id(page, 'explore-by').fill('Campaign');
  await id(page, 'explore-by').press('Enter');
  await id(page, 'explore-groups').waitFor();
  const address = page.url();
  await page.reload();
  await settled(page);
  assert.equal(page.url(), address);
  const file = await downloaded(page, () => id(page, 'explore-groups-table-csv').click());
  assert.match(file.text, /^\uFEFFCampaign,Revenue,Events/);
});

site.test('compare: what was, dashed and in the table; a row filters the page', { at: '/explore?metric=events&range=30d&compare=previous&by=platform' }, async (page) => {
  await id(page, 'explore-groups-table').locator('[data-column="events-change"]').first().waitFor();
  await page.locator('[data-testid="explore-group"][data-key="google"]').getByRole('button').click();
  await eventually('the filter', () => query(page).filter, 'platform:is:google');
  await settled(page);
  assert.equal(await id(page, 'explore-group').count(), 1);
  await open(page, '/explore?metric=events&range=30d&compare=previous');
  assert.match(await id(page, 'explore-events').innerText(), /was [\d,]+/);
  assert.match(await id(page, 'explore-events').innerText(), /Compared with/);
});

site.test('properties of an event: in the picker, then a table of their values', {}, async (page) => {
  const at = '2025-11-07T12:00:00Z';
  const plans = ['pro', 'pro', 'free', null];
  await site.server.send('batch', { batch: plans.map((plan, i) => ({ type: 'track', userId: `plan-${i % 3}`, event: 'Plan Chosen', messageId: `plan-${i}`, timestamp: at, properties: plan === null ? {} : { plan, seats: i } })) });
  await open(page, '/explore?event=Plan+Chosen&metric=events,rate');
  await id(page, 'explore-by').fill('plan');
  await id(page, 'explore-by').press('Enter');
  await eventually('the property', () => query(page).by, 'property:properties.plan');
  await settled(page);
  const rows = await id(page, 'explore-group').evaluateAll((all) => all.map((one) => [one.dataset.key, Number(one.querySelector('[data-column="events"]').textContent)]));
  const told = await site.server.get('/api/v1/breakdown', { event: 'Plan Chosen', property: 'properties.plan' });
  assert.deepEqual(rows.sort(), told.rows.map((row) => [row.key, row.events]).sort());
  assert.deepEqual(rows.sort(), [['(none)', 1], ['free', 1], ['pro', 2]]);
  assert.equal(await id(page, 'explore-total-events').getAttribute('data-exact'), '4');
  assert.equal(await id(page, 'explore-total-rate').count(), 0, 'no rate by a property');
});

site.test('money, time and shares; what cannot be divided is a dash', { at: '/explore?conversion=Order+Completed&metric=aov,arpu,arppu,orders,payers,dau,wau,mau,stickiness,session_ms,bounce_rate&by=platform' }, async (page) => {
  const names = 'aov,arpu,arppu,orders,payers,dau,wau,mau,stickiness,session_ms,bounce_rate';
  const { totals } = await site.server.get('/api/v1/metrics', { conversion: 'Order Completed', names });
  const note = (metric) => id(page, `explore-${metric}`).locator('.panel-note').innerText();
  const money = (minor) => `₴${(Math.round(minor) / 100).toLocaleString('en-US', { minimumFractionDigits: Math.round(minor) % 100 ? 2 : 0 })}`;
  for (const metric of ['aov', 'arpu', 'arppu']) assert.equal(await note(metric), money(totals[metric]), metric);
  for (const metric of ['orders', 'payers', 'wau', 'mau']) assert.equal(number(await note(metric)), totals[metric], metric);
  for (const metric of ['stickiness', 'bounce_rate']) assert.equal(number(await note(metric)), Math.round(totals[metric] * 1e5) / 1e3, metric);
  assert.match(await note('session_ms'), /^\d+ (min|sec)/);
  const table = await site.server.get('/api/v1/breakdown', { by: 'platform', conversion: 'Order Completed', names });
  const poor = table.rows.find((row) => row.orders === 0);
  const cell = (name) => page.locator(`[data-testid="explore-group"][data-key="${poor.key}"] [data-column="${name}"]`).innerText();
  assert.deepEqual([await cell('aov'), await cell('arppu'), await cell('orders')], ['–', '–', '0']);
});
