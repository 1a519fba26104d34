// Segments: made, changed and deleted by hand; chosen at the top of a page, every number is of these persons alone;
// the persons behind a number become a cohort.
import assert from 'node:assert/strict';
import { Site, eventually, id, open, query, settled } from '../lib/browser.mjs';

const site = await Site.open();
const all = async () => (await site.server.get('/api/v1/segments')).segments;
const named = async (name) => (await all()).find((one) => one.name === name);
const exact = async (page, name) => Number((await id(page, `kpi-${name}`).getAttribute('data-exact')).replace(/[^\d.]/g, ''));

site.test('none yet; one by hand, condition by condition; its size; changed, used, deleted', { at: '/segments' }, async (page) => {
  await id(page, 'empty').waitFor();
  await id(page, 'segment-new').click();
  assert.equal(await id(page, 'segment-save').isDisabled(), true, 'it has no name');
  await id(page, 'segment-name').fill('Buyers of old');
  await id(page, 'condition-event').fill('Order Completed');
  await page.getByRole('option', { name: 'Order Completed' }).first().waitFor(); /* the names have come */
  await id(page, 'condition-event').press('Enter');
  await id(page, 'condition-times').fill('2');
  await id(page, 'condition-add').click();
  const second = id(page, 'condition').nth(1);
  await second.getByTestId('condition-says').selectOption('!event');
  await second.getByTestId('condition-when').selectOption('last');
  await second.getByTestId('condition-days').fill('10');
  await id(page, 'condition-add').click();
  const third = id(page, 'condition').nth(2);
  await third.getByTestId('condition-says').selectOption('!first_touch');
  await third.getByTestId('condition-dim').selectOption('medium');
  await third.getByTestId('condition-op').selectOption('contains');
  await third.getByTestId('condition-value').fill('cpc');
  await third.getByTestId('condition-value').press('Enter');
  await id(page, 'segment-save').click();
  await eventually('saved', async () => (await id(page, 'segment-holds').getAttribute('data-value')) !== null, true);
  const { id: one } = await named('Buyers of old');
  const told = await site.server.get(`/api/v1/segments/${one}`);
  assert.equal(query(page).edit, String(one));
  assert.equal(await id(page, 'segment-holds').getAttribute('data-value'), String(told.persons));
  assert.ok(told.persons > 0);
  assert.deepEqual(told.definition, { match: 'all', conditions: [
    { kind: 'event', not: false, event: 'Order Completed', at_least: 2, at_most: null, last_days: null, from: null, to: null, filter: [] },
    { kind: 'event', not: true, event: '*', at_least: 1, at_most: null, last_days: 10, from: null, to: null, filter: [] },
    { kind: 'first_touch', not: true, filter: ['medium:contains:cpc'] },
  ] });
  await id(page, 'segment-editor').getByRole('button', { name: 'any of it holds' }).click();
  assert.equal(await id(page, 'segment-holds').getAttribute('data-value'), null, 'not counted until it is saved');
  await id(page, 'segment-name').fill('Some of everything');
  await id(page, 'segment-save').click();
  await eventually('more of them', async () => Number(await id(page, 'segment-holds').getAttribute('data-value')) > told.persons, true);
  await page.keyboard.press('Escape');
  await eventually('closed', () => id(page, 'segment-editor').count(), 0);
  const now = await site.server.get(`/api/v1/segments/${one}`);
  assert.deepEqual([now.name, now.definition.match], ['Some of everything', 'any']);
  await eventually('its size', () => id(page, 'segment-size').getAttribute('data-value'), String(now.persons));
  await id(page, 'segment-use').click();
  await eventually('on Overview', () => [new URL(page.url()).pathname, query(page).segment], ['/', String(one)]);
  await settled(page);
  assert.equal(await exact(page, 'persons'), now.persons);
  await open(page, `/segments?edit=${one}`);
  await id(page, 'segment-delete').click();
  await id(page, 'segment-delete-confirm').click();
  await eventually('gone', async () => (await all()).length, 0);
  await id(page, 'empty').waitFor();
});

site.test('what the builder has no control for stays as it is', {}, async (page) => {
  const definition = { match: 'all', conditions: [
    { kind: 'event', not: false, event: 'Page Viewed', at_least: 0, at_most: 4, last_days: null, from: '2025-08-11', to: '2025-10-01', filter: ['platform:is:google', 'medium:is_not:email'] },
    { kind: 'group', not: true, match: 'any', conditions: [{ kind: 'persons', not: false, persons: ['u:user-1', 'u:user-2'] }] },
  ] };
  const made = (await site.server.post('/api/v1/segments', { name: 'Deep', kind: 'filter', definition })).json();
  await open(page, `/segments?edit=${made.id}`);
  assert.match(await id(page, 'segment-editor').innerText(), /at most 4[\s\S]*2025-08-11 – 2025-10-01[\s\S]*a group of 1 condition/);
  await id(page, 'segment-name').fill('Deeper');
  await id(page, 'segment-save').click();
  await eventually('renamed', async () => (await all()).some((one) => one.name === 'Deeper'), true);
  assert.deepEqual((await site.server.get(`/api/v1/segments/${made.id}`)).definition, definition);
  await id(page, 'segment-name').fill('');
  assert.equal(await id(page, 'segment-save').isDisabled(), true);
});

site.test('chosen at the top, it goes into every question and from page to page; a click takes it off', { expected: [/400/] }, async (page) => {
  const made = (await site.server.post('/api/v1/segments', { name: 'By google', kind: 'filter', definition: { match: 'all', conditions: [{ kind: 'any_touch', filter: ['platform:is:google'] }] } })).json();
  await open(page, '/?conversion=Order+Completed');
  const before = await exact(page, 'persons');
  await page.keyboard.press('s');
  await id(page, 'segment-option').filter({ hasText: 'By google' }).click();
  await eventually('in the address', () => query(page).segment, String(made.id));
  await settled(page);
  assert.match(await id(page, 'segment-chip').innerText(), /Segment By google/);
  assert.equal(await exact(page, 'persons'), made.persons);
  assert.ok(made.persons < before);
  const asked = new Map();
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.pathname.startsWith('/api/v1/')) asked.set(url.pathname, url.searchParams.get('segment'));
  });
  for (const [name, route] of [['explore', 'breakdown'], ['funnel', 'funnel'], ['attribution', 'attribution'], ['retention', 'retention'], ['paths', 'paths'], ['persons', 'persons']]) {
    await id(page, `nav-${name}`).click();
    if (name === 'explore') {
      await id(page, 'explore-by').fill('Platform');
      await id(page, 'explore-by').press('Enter');
    }
    await eventually(name, () => asked.get(`/api/v1/${route}`), String(made.id));
    await settled(page);
  }
  assert.equal(await id(page, 'persons-total').getAttribute('data-value'), String(made.persons));
  await id(page, 'nav-retention').click();
  await id(page, 'retention').getByRole('button', { name: 'LTV' }).click();
  await eventually('ltv', () => asked.get('/api/v1/ltv'), String(made.id));
  assert.equal(asked.get('/api/v1/metrics'), String(made.id));
  await id(page, 'segment-chip').getByRole('button').click();
  await eventually('off', () => query(page).segment, undefined);
  await open(page, '/?segment=999999');
  await id(page, 'problem').first().waitFor();
  await page.keyboard.press('Escape');
  await eventually('off by Esc', () => id(page, 'segment-chip').count(), 0);
});

for (const [name, at, before, total] of [
  ['a step of a funnel', '/funnel?step=Page+Viewed&step=Order+Completed&people=reached:2', 'funnel-people-total', (page) => id(page, 'funnel-people-total')],
  ['a cell of a cohort', '/retention?start=Page+Viewed&unit=month&people=2025-09-01:1', 'retention-people-total', (page) => id(page, 'retention-people-total')],
  ['the list of persons', '/persons?metric=converted&conversion=Order+Completed', 'persons-total', (page) => id(page, 'persons-total')],
]) {
  site.test(`${name} becomes a cohort`, { at }, async (page) => {
    await id(page, before).waitFor();
    const size = Number(await total(page).getAttribute('data-value'));
    assert.ok(size > 0);
    await id(page, 'cohort-save').click();
    await id(page, 'cohort-name').fill(`Cohort: ${name}`);
    await id(page, 'cohort-save-do').click();
    await id(page, 'cohort-saved').waitFor();
    const made = await site.server.get(`/api/v1/segments/${(await named(`Cohort: ${name}`)).id}`);
    assert.deepEqual([made.kind, made.listed, made.persons], ['cohort', size, size]);
    await id(page, 'cohort-saved').getByRole('link').click();
    await id(page, 'kpi-persons').waitFor();
    await settled(page);
    assert.equal(await exact(page, 'persons'), size);
  });
}

site.test('a name that is taken is said; a reader looks and changes nothing', { expected: [/409/], at: '/segments' }, async (page) => {
  await site.server.post('/api/v1/segments', { name: 'Taken', kind: 'cohort', persons: ['u:user-1'] });
  await id(page, 'segment-new').click();
  await id(page, 'segment-name').fill('Taken');
  await id(page, 'segment-save').click();
  assert.match(await id(page, 'segment-editor').getByTestId('problem').innerText(), /Taken/);
  const reader = await site.visit({ token: site.reader, at: '/segments' });
  await id(reader.page, 'segment-row').first().waitFor();
  assert.equal(await id(reader.page, 'segment-new').count(), 0);
  await open(reader.page, '/persons');
  assert.equal(await id(reader.page, 'cohort-save').count(), 0);
  await reader.context.close();
});
