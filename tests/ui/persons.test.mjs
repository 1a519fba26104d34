// Persons: found by any id, their visits, the list of a count, export and erasure; and the people of a funnel.
import assert from 'node:assert/strict';
import { Site, downloaded, eventually, id, open, query, settled } from '../lib/browser.mjs';
import { answered, has, offer } from '../lib/offers.mjs';

const site = await Site.open();
const LIST = { '/api/v1/persons': { get: ['from', 'to', 'filter', 'event', 'conversion', 'metric', 'by', 'key', 'sort', 'q', 'limit', 'cursor'] } };
const RECORD = { '/api/v1/persons/{person}': { get: [], delete: [] } };
const FUNNEL = { '/api/v1/funnel': { get: ['order', 'step_window', 'exclude'] }, '/api/v1/funnel/persons': { get: ['reached', 'dropped', 'key'] } };
const listed = (number) => ({ person: `u:user-${number}`, first_at: '2025-08-11T10:00:00Z', last_at: '2025-11-01T10:00:00Z', events: number, revenue: number * 100, platform: 'google' });
const somebody = async () => (await site.server.get('/api/v1/attribution/journeys', { conversion: 'Order Completed', model: 'first', key: 'google', limit: 1 })).journeys[0].person;

site.test('a person by an id; nobody by another; visits, money and ids; and back', { at: '/persons', expected: [/404/] }, async (page) => {
  const person = await somebody();
  if (await id(page, 'person-id').count()) {
    await id(page, 'person-id').fill('nobody-at-all');
    await id(page, 'person-id').press('Enter');
    assert.match(await id(page, 'problem').innerText(), /nobody-at-all/);
    await id(page, 'person-id').fill(person);
    await id(page, 'person-open').click();
  } else await open(page, `/persons/${encodeURIComponent(person)}`);
  await id(page, 'person').waitFor();
  assert.equal(await page.locator('h1').innerText(), `Person ${person}`);
  const told = await site.server.get(`/api/v1/journeys/${encodeURIComponent(person)}`, { limit: 1000 });
  assert.deepEqual(await id(page, 'alias').allInnerTexts(), told.aliases);
  assert.equal(await id(page, 'timeline-event').count(), told.total);
  assert.ok(told.total > 1);
  const visits = await id(page, 'visit').evaluateAll((all) => all.map((one) => Number(one.dataset.events)));
  assert.ok(visits.length > 0 && visits.every((count) => count > 1), `${visits}`);
  const gaps = told.events.slice(1).filter((event, at) => Date.parse(event.at) - Date.parse(told.events[at].at) > 30 * 60_000).length;
  const shown = Number(await page.locator('.person-facts dd').nth(1).innerText());
  assert.ok(shown >= gaps + 1, `${shown} visits, ${gaps} pauses`);
  assert.match(await id(page, 'person-summary').innerText(), new RegExp(`₴${(told.events.reduce((sum, event) => sum + event.amount, 0) / 100).toLocaleString('en-US')}`));
  await id(page, 'back').click();
  await eventually('back', () => new URL(page.url()).pathname, '/persons');
});

site.test('the persons of a count: from Overview, searched, sorted, page by page, each opens', { token: undefined }, async (page) => {
  await offer(page, LIST);
  const asked = await answered(page, '/api/v1/persons', ({ cursor }) => (cursor ? { persons: [listed(3)], total: 3, next: null } : { persons: [listed(1), listed(2)], total: 3, next: 'second' }));
  await open(page, '/?conversion=Order+Completed&range=90d');
  await id(page, 'kpi-converted').getByRole('link').click();
  await id(page, 'persons-table').waitFor();
  await settled(page);
  const { metric, conversion, from, sort } = asked.at(-1);
  assert.deepEqual({ metric, conversion, from, sort }, { metric: 'converted', conversion: 'Order Completed', from: '2025-08-11', sort: 'last_seen' });
  assert.equal(await id(page, 'persons-total').getAttribute('data-value'), '3');
  await id(page, 'persons-more').click();
  await eventually('all three', () => id(page, 'person-row').count(), 3);
  assert.equal(await id(page, 'persons-more').count(), 0);
  await id(page, 'persons-sort').selectOption('revenue');
  await eventually('sorted', () => asked.at(-1).sort, 'revenue');
  await id(page, 'persons-search').fill('user-1');
  await eventually('searched', () => asked.at(-1).q, 'user-1');
  await id(page, 'persons-of').getByRole('button').click();
  await eventually('of everybody', () => query(page).metric, undefined);
  await page.goBack();
  await page.goBack();
  await open(page, '/?conversion=Order+Completed');
  await page.locator('[data-testid="platform-row"][data-key="google"] [data-column="persons"] a').click();
  await eventually('of google', () => [asked.at(-1).by, asked.at(-1).key], ['platform', 'google']);
  await settled(page);
  await id(page, 'person-row').first().getByRole('link').click();
  await eventually('one of them', () => decodeURIComponent(new URL(page.url()).pathname), '/persons/u:user-1');
});

site.test('without the routes nothing of them is shown', { at: '/persons' }, async (page) => {
  assert.equal(await id(page, 'persons').count(), await has(page, '/api/v1/persons') ? 1 : 0);
  await open(page, `/persons/${encodeURIComponent(await somebody())}`);
  assert.equal(await id(page, 'person-export').count(), await has(page, '/api/v1/persons/{person}') ? 1 : 0);
  await open(page, '/funnel');
  const orders = await has(page, '/api/v1/funnel', 'order') ? 1 : 0;
  for (const control of ['funnel-order', 'step-window-1', 'funnel-exclude']) assert.equal(await id(page, control).count(), orders, control);
  assert.equal(await id(page, 'people-reached-1').count(), await has(page, '/api/v1/funnel/persons') ? 1 : 0);
});

site.test('export is a file; erasing says what goes, asks for the id, and only then asks the server', { expected: [/409/] }, async (page) => {
  const person = await somebody();
  await offer(page, RECORD);
  const methods = [];
  const item = (body) => ({ kind: 'track', received_at: '2025-08-11T10:00:00Z', body });
  const record = (items, next) => ({ person, aliases: [person], items, next });
  await page.route(`**/api/v1/persons/${encodeURIComponent(person)}*`, (route) => {
    methods.push(route.request().method());
    if (route.request().method() === 'GET') return route.fulfill({ json: route.request().url().includes('cursor') ? record([item('b')], null) : record([item('a')], 'second') });
    return methods.filter((one) => one === 'DELETE').length === 1 ? route.fulfill({ status: 409, contentType: 'application/problem+json', json: { status: 409, title: 'x', detail: 'an import is running; try again', type: 'about:blank', request_id: 'r' } }) : route.fulfill({ status: 204 });
  });
  await open(page, `/persons/${encodeURIComponent(person)}`);
  const file = await downloaded(page, () => id(page, 'person-export').click());
  assert.deepEqual(JSON.parse(file.text), { person, aliases: [person], items: [item('a'), item('b')] }, 'every page of it');
  assert.match(file.name, /\.json$/);
  await id(page, 'person-erase').click();
  const said = await id(page, 'erase').innerText();
  assert.match(said, /cannot be undone/);
  assert.match(said, /\d+ events/);
  assert.equal(await id(page, 'erase-confirm').isDisabled(), true);
  await id(page, 'erase-type').fill(person.slice(0, -1));
  assert.equal(await id(page, 'erase-confirm').isDisabled(), true);
  await id(page, 'erase-type').press('Enter');
  await id(page, 'erase-cancel').click();
  assert.deepEqual(methods, ['GET', 'GET'], 'nothing was erased');
  await id(page, 'person-erase').click();
  await id(page, 'erase-type').fill(person);
  await id(page, 'erase-confirm').click();
  assert.match(await id(page, 'erase').getByTestId('problem').innerText(), /an import is running/);
  await id(page, 'erase-confirm').click();
  await eventually('to the list', () => new URL(page.url()).pathname, '/persons');
  assert.deepEqual(methods, ['GET', 'GET', 'DELETE', 'DELETE']);
});

site.test('a reader neither exports nor erases', { token: site.reader }, async (page) => {
  await offer(page, RECORD);
  await open(page, `/persons/${encodeURIComponent(await somebody())}`);
  await id(page, 'person-summary').waitFor();
  assert.equal(await id(page, 'person-export').count() + await id(page, 'person-erase').count(), 0);
});

site.test('a funnel with order, limits, exclusions, times and trend; its people are a click away', {}, async (page) => {
  await offer(page, { ...FUNNEL, '/api/v1/funnel': { get: [...FUNNEL['/api/v1/funnel'].get, 'trend'] } });
  const times = { p25_ms: 60000, median_ms: 120000, p75_ms: 240000, lengths: [0, 3, 5, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0] };
  const asked = await answered(page, '/api/v1/funnel', () => ({
    order: 'best', window_ms: 1, persons: 100, lengths_ms: [1e4, 6e4, 3e5, 9e5, 36e5, 72e5, 864e5, 1728e5, 2592e5, 6048e5, 12096e5, 25920e5], whole: times,
    steps: [['Page Viewed', 100, 1, 1], ['Order Completed', 10, 0.1, 0.1]].map(([name, persons, from_first, from_previous], at) => ({ name, persons, from_first, from_previous, median_ms: 120000, median_from_first_ms: 120000, ...(at ? times : {}) })),
    trend: [{ at: '2025-08-04', entered: 0, converted: 0, rate: 0 }, { at: '2025-08-11', entered: 60, converted: 6, rate: 0.1 }, { at: '2025-08-18', entered: 40, converted: 4, rate: 0.1 }],
  }));
  const people = await answered(page, '/api/v1/funnel/persons', ({ cursor }) => ({ total: 90, persons: [{ person: cursor ? 'u:b' : 'u:a', entered_at: '2025-08-11T10:00:00Z', reached: 1, at: '2025-08-11T10:05:00Z' }], next: cursor ? null : 'more' }));
  await open(page, '/funnel?step=Page+Viewed&step=Order+Completed');
  await id(page, 'funnel-order').selectOption('strict');
  await eventually('strict', () => asked.at(-1).order, 'strict');
  await id(page, 'step-window-1').selectOption('1h');
  await eventually('within an hour', () => asked.at(-1).step_window, '1h');
  await id(page, 'funnel-exclude').fill('Product Viewed');
  await id(page, 'funnel-exclude').press('Enter');
  await id(page, 'funnel-exclude-chip').waitFor();
  await eventually('without', () => asked.at(-1).exclude, 'Product Viewed');
  await settled(page);
  await id(page, 'funnel-times').getByTestId('as-table').click();
  assert.deepEqual(await id(page, 'funnel-times-table').locator('tbody [data-column="persons"]').allInnerTexts(), ['3', '5', '2']);
  await id(page, 'funnel-trend').getByTestId('as-table').click();
  assert.equal(await id(page, 'funnel-trend-table').locator('tbody tr').count(), 2, 'nothing before the first');
  await id(page, 'people-dropped-2').click();
  await id(page, 'funnel-people-table').waitFor();
  assert.equal(query(page).people, 'dropped:2');
  assert.equal(await id(page, 'funnel-people-total').getAttribute('data-value'), '90');
  const { order, step_window: limit, exclude, dropped } = people.at(-1);
  assert.deepEqual({ order, limit, exclude, dropped }, { order: 'strict', limit: '1h', exclude: 'Product Viewed', dropped: '2' });
  await id(page, 'funnel-people-more').click();
  await eventually('two', () => id(page, 'funnel-person').count(), 2);
  await page.goBack();
  await eventually('closed', () => id(page, 'funnel-people').count(), 0);
});
