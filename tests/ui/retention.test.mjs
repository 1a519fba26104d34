// Retention and Paths: each number is the API's, the address holds what is asked, what is not over yet is not a zero.
import assert from 'node:assert/strict';
import { Site, downloaded, eventually, id, open, query, settled } from '../lib/browser.mjs';

const site = await Site.open();
const DAY_MS = 86_400_000;
const SPAN = { from: '2025-08-11', to: '2025-11-08' };
const ASKED = `range=custom&from=${SPAN.from}&to=${SPAN.to}`;
const RETENTION = '/api/v1/retention';

/** Rows of a heat map as numbers: [data-key, [returned, size] of each period]; null: not over yet. */
const heat = (page, row, cell) => id(page, row).evaluateAll((rows, name) => rows.map((one) => [
  one.dataset.key, ...[...one.querySelectorAll(`[data-testid="${name}"]`)].map((at) => (at.dataset.returned === '' ? null : [Number(at.dataset.returned), Number(at.dataset.size)])),
]), cell);
const cells = (returned, of) => returned.slice(1).map((back, k) => (back === null ? null : [back, Array.isArray(of) ? of[k + 1] : of]));
/** Periods before the first person and after the last are left out. */
const filled = (list) => list.slice(list.findIndex(({ size }) => size > 0), list.findLastIndex(({ size }) => size > 0) + 1);
const cohorts = (list) => filled(list).map((one) => [one.start, ...cells(one.returned, one.size)]);
const totals = (page) => id(page, 'retention-total').evaluateAll((all) => all.map((at) => (at.dataset.returned === '' ? null : [Number(at.dataset.returned), Number(at.dataset.size)])));
const shows = async (page, answer) => {
  await eventually('cohorts', () => heat(page, 'retention-row', 'retention-cell'), cohorts(answer.cohorts));
  assert.deepEqual(await totals(page), cells(answer.total.returned, answer.total.of));
};

site.test('Retention begins with the first event, by weeks, eight of them; numbers are the API’s', { at: `/retention?${ASKED}` }, async (page) => {
  const [first] = (await site.server.get('/api/v1/names')).names;
  assert.equal(await id(page, 'retention-start').inputValue(), first.name);
  const answer = await site.server.get(RETENTION, { start: first.name, unit: 'week', periods: 8, ...SPAN });
  assert.equal(answer.cohorts[0].returned.length, 9);
  await shows(page, answer);
  assert.equal((await id(page, 'retention-size').innerText()).replace(/\D/g, ''), String(answer.total.size));
});

site.test('Retention: a share on the cell, the persons behind it on its title', { at: `/retention?start=Page+Viewed&${ASKED}` }, async (page) => {
  const { cohorts: [first] } = await site.server.get(RETENTION, { start: 'Page Viewed', ...SPAN });
  const cell = page.locator(`[data-testid="retention-row"][data-key="${first.start}"] [data-testid="retention-cell"][data-period="1"]`);
  assert.ok(first.returned[1] > 0);
  assert.equal(await cell.innerText(), `${((100 * first.returned[1]) / first.size).toFixed(1)}%`);
  assert.match(await cell.getAttribute('title'), new RegExp(`^${first.returned[1]} of ${first.size} persons`));
  await id(page, 'retention').getByRole('button', { name: 'Persons', exact: true }).first().click();
  await eventually('persons', () => cell.innerText(), String(first.returned[1]));
  assert.equal(query(page).measure, 'persons');
  const file = await downloaded(page, () => id(page, 'retention-table-csv').click());
  assert.equal(file.name, 'retention-by-week.csv');
  assert.ok(file.text.includes(`\r\n${first.start},${first.size},${first.returned[1]},`), file.text);
});

site.test('Retention: every choice is in the address and in the question', { at: `/retention?${ASKED}` }, async (page) => {
  await id(page, 'retention-start').fill('Page Viewed');
  await page.keyboard.press('Enter');
  await id(page, 'retention-return').fill('Order Completed');
  await page.keyboard.press('Enter');
  await id(page, 'retention-controls').getByRole('button', { name: 'Months' }).click();
  await id(page, 'retention-periods').selectOption('4');
  await id(page, 'retention-mode').selectOption('on_or_after');
  await id(page, 'retention-cohorts').selectOption('recurring');
  await id(page, 'retention-by').selectOption('platform');
  const asked = { start: 'Page Viewed', return: 'Order Completed', unit: 'month', periods: '4', mode: 'on_or_after', cohorts: 'recurring', by: 'platform', ...SPAN };
  await eventually('the address', () => query(page), { ...asked, range: 'custom' });
  await settled(page);
  const answer = await site.server.get(RETENTION, asked);
  await shows(page, answer);
  const groups = answer.groups.map((one) => [one.key, ...cells(one.total.returned, one.total.of)]);
  assert.deepEqual((await heat(page, 'retention-group', 'retention-group-cell')).sort(), groups.sort());
  const google = answer.groups.find((one) => one.key === 'google');
  await page.locator('[data-testid="retention-group"][data-key="google"] button').click();
  await shows(page, google);
  await page.reload();
  await settled(page);
  await shows(page, google);
  await id(page, 'retention-everyone').click();
  await shows(page, answer);
  await page.goBack();
  await shows(page, google);
});

site.test('Retention: filters narrow it; a start that nobody did says what to do', { at: `/retention?start=Page+Viewed&filter=platform:is:google&${ASKED}` }, async (page) => {
  await shows(page, await site.server.get(RETENTION, { start: 'Page Viewed', filter: 'platform:is:google', ...SPAN }));
  await open(page, '/retention?start=No+Such+Event');
  assert.match(await id(page, 'empty').innerText(), /Nobody began with “No Such Event”/);
  await page.keyboard.press('i');
  await eventually('another unit', () => query(page).unit, 'month');
});

site.test('Retention: a period that is not over is dotted and says so', { at: '/retention' }, async (page) => {
  const now = Date.now();
  const at = (days) => new Date(now - days * DAY_MS).toISOString();
  const batch = [[15, 0], [15, 1], [8, 0], [1, 1]].map(([days, user], index) => ({ type: 'track', userId: `fresh-${user}`, event: 'App Opened', messageId: `fresh-${index}`, timestamp: at(days) }));
  await site.server.send('batch', { batch });
  const span = { from: at(16).slice(0, 10), to: at(0).slice(0, 10) };
  await eventually('they have come', async () => (await site.server.get(RETENTION, { start: 'App Opened', ...span })).total.size, 2);
  await open(page, `/retention?start=App+Opened&range=custom&from=${span.from}&to=${span.to}`);
  const answer = await site.server.get(RETENTION, { start: 'App Opened', ...span });
  await shows(page, answer);
  const unknown = page.locator('[data-testid="retention-row"]').last().locator('[data-testid="retention-cell"]').last();
  assert.equal(await unknown.getAttribute('data-returned'), '');
  assert.match(await unknown.getAttribute('title'), /Week 8 of this cohort is not over yet/);
  assert.match(await id(page, 'retention').innerText(), /Dotted: that period is not over yet/);
});

const PATHS = '/api/v1/paths';

/** Nodes and links of an answer under the keys of the table's rows. */
function flows(answer) {
  const nodes = answer.levels.flatMap((level, at) => level.nodes.map((node, place) => [`${at}:${place}`, String(at), String(node.paths), String(node.persons)]));
  const links = answer.links.map((link) => [`${link.level}:${link.from}-${link.level + 1}:${link.to}`, String(link.count)]);
  return { nodes, links };
}
const table = (page, row, columns) => id(page, row).evaluateAll((rows, names) => rows.map((one) => [one.dataset.key, ...names.map((name) => one.querySelector(`[data-column="${name}"]`).innerText.replace(/\D/g, ''))]), columns);
const flowShows = async (page, answer) => {
  const { nodes, links } = flows(answer);
  await eventually('nodes', () => table(page, 'paths-node', ['level', 'paths', 'persons']), nodes);
  assert.deepEqual(await table(page, 'paths-link', ['count']), links);
  assert.equal(await id(page, 'paths-total').getAttribute('data-paths'), String(answer.paths));
  assert.equal(await id(page, 'paths-total').getAttribute('data-persons'), String(answer.persons));
};

site.test('Paths: the table is the API’s, the address is the question', { at: `/paths?${ASKED}` }, async (page) => {
  await id(page, 'as-table').click();
  await flowShows(page, await site.server.get(PATHS, { anchor: 'Page Viewed', depth: 4, limit: 5, ...SPAN }));
  await id(page, 'paths-controls').getByRole('button', { name: 'Before' }).click();
  await id(page, 'paths-anchor').fill('Order Completed');
  await page.keyboard.press('Enter');
  await id(page, 'paths-depth').selectOption('3');
  await id(page, 'paths-window').selectOption('7d');
  await id(page, 'paths-occurrences').selectOption('first');
  await id(page, 'paths-collapse').selectOption('true');
  await id(page, 'paths-limit').selectOption('3');
  const asked = { anchor: 'Order Completed', direction: 'to', depth: '3', window: '7d', occurrences: 'first', collapse: 'true', limit: '3', ...SPAN };
  await eventually('the address', () => query(page), { ...asked, range: 'custom' });
  await settled(page);
  await flowShows(page, await site.server.get(PATHS, asked));
  await page.locator('[data-testid="paths-node"][data-key="1:0"] button').click();
  await eventually('the event is the anchor', () => query(page).anchor, 'Checkout Started');
});

site.test('Paths: an event and a band of the chart open to their persons, by the pointer and by the keys', { at: '/paths?collapse=true' }, async (page) => {
  const canvas = page.locator('.chart-canvas');
  const { levels, links } = await site.server.get(PATHS, { anchor: 'Page Viewed', depth: 4, limit: 5, collapse: true });
  const next = levels[1].nodes[0];
  const band = links.find((link) => link.level === 1 && link.from === 0);
  const after = levels[2].nodes[band.to];
  assert.equal(next.name, 'Product Viewed');
  assert.equal(after.kind, 'event');
  const opens = async ({ persons, people, title }) => {
    await eventually(title, () => new URL(page.url()).searchParams.getAll('people'), people);
    assert.equal(await id(page, 'paths-people-total').getAttribute('data-value'), String(persons));
    assert.equal(await id(page, 'paths-people').locator('h2').innerText(), title);
    await id(page, 'person-row').first().waitFor();
  };
  const node = { persons: next.persons, people: ['1', 'event:Product Viewed'], title: 'Step 1 · Product Viewed' };
  const link = { persons: band.persons, people: [...node.people, `event:${after.name}`], title: `Step 2 · Product Viewed → ${after.name}` };
  await canvas.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  assert.match((await page.locator('.chart-tip').innerText()).replaceAll(',', ''), new RegExp(`Product Viewed\\s+Paths\\s+${next.paths}`));
  await page.keyboard.press('Enter');
  await opens(node);
  assert.match((await id(page, 'paths-people-total').innerText()).replaceAll(',', ''), new RegExp(`^${next.persons} persons · ${next.paths} paths$`));
  await page.keyboard.press('Escape');
  await eventually('closed', () => id(page, 'paths-people').count(), 0);
  await canvas.focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
  assert.match((await page.locator('.chart-tip').innerText()).replaceAll(',', ''), new RegExp(`Product Viewed → ${after.name}\\s+Paths\\s+${band.count}`));
  await page.keyboard.press('Enter');
  await opens(link);
  await page.reload();
  await opens(link);
  await open(page, '/paths?collapse=true');
  const { width } = await canvas.boundingBox();
  const column = (width - 172 - 1 - 10) / 4;
  await canvas.click({ position: { x: 1 + column + 5, y: 24 } });
  await opens(node);
  await id(page, 'person-row').first().getByRole('link').click();
  await id(page, 'person').waitFor();
  await page.goBack();
  await opens(node);
  await page.keyboard.press('Escape');
  await canvas.click({ position: { x: 1 + column * 0.5, y: 24 } });
  await opens({ persons: links.find((one) => one.level === 0 && one.to === 0).persons, people: ['0', 'event:Page Viewed', 'event:Product Viewed'], title: 'Step 1 · Page Viewed → Product Viewed' });
  await page.goBack();
  await page.goBack();
  await opens(node);
  await id(page, 'paths-look').click();
  await eventually('it is the anchor', () => query(page).anchor, 'Product Viewed');
  assert.equal(query(page).people, undefined);
  await open(page, '/paths?anchor=No+Such+Event');
  assert.match(await id(page, 'empty').innerText(), /“No Such Event” did not happen/);
});

site.test('Paths: the numbers of the tables open to as many persons, the rest and the ends too; they become a cohort', { at: `/paths?anchor=Page+Viewed&direction=to&window=7d&limit=3&${ASKED}` }, async (page) => {
  const asked = { anchor: 'Page Viewed', direction: 'to', depth: 4, window: '7d', limit: 3, ...SPAN };
  await id(page, 'as-table').click();
  await flowShows(page, await site.server.get(PATHS, asked));
  const { levels, links } = await site.server.get(PATHS, asked);
  const rows = [
    ...['event', 'other', 'end'].map((kind) => {
      const level = levels.findIndex(({ nodes }, at) => at > 0 && nodes.some((node) => node.kind === kind));
      const place = levels[level].nodes.findIndex((node) => node.kind === kind);
      return { row: `[data-testid="paths-node"][data-key="${level}:${place}"]`, persons: levels[level].nodes[place].persons };
    }),
    ...[links[0], links.find(({ level, to }) => level > 0 && levels[level + 1].nodes[to].kind === 'end')].map(({ level, from, to, persons }) => ({ row: `[data-testid="paths-link"][data-key="${level}:${from}-${level + 1}:${to}"]`, persons })),
  ];
  for (const { row, persons } of rows) {
    const number = page.locator(`${row} [data-column="persons"] a`);
    assert.equal((await number.innerText()).replaceAll(',', ''), String(persons));
    await number.click();
    await eventually(row, () => id(page, 'paths-people-total').getAttribute('data-value'), String(persons));
    if (row !== rows.at(-1).row) await page.keyboard.press('Escape');
  }
  await id(page, 'cohort-save').click();
  await id(page, 'cohort-name').fill('Came straight to the page');
  await id(page, 'cohort-save-do').click();
  await id(page, 'cohort-saved').waitFor();
  const { segments } = await site.server.get('/api/v1/segments');
  const { id: segment } = segments.find(({ name }) => name === 'Came straight to the page');
  assert.equal((await site.server.get('/api/v1/persons', { segment })).total, rows.at(-1).persons);
});

site.test('a share opens to its persons', {}, async (page) => {
  await open(page, '/retention?start=Page+Viewed&range=custom&from=2025-08-11&to=2025-11-08');
  const cell = page.locator('[data-testid="retention-row"] [data-period="1"] a').first();
  const back = await cell.locator('..').getAttribute('data-returned');
  const cohort = await cell.locator('xpath=ancestor::tr').getAttribute('data-key');
  await cell.click();
  await id(page, 'retention-people-total').waitFor();
  assert.equal(query(page).people, `${cohort}:1`);
  assert.equal(await id(page, 'retention-people-total').getAttribute('data-value'), back);
  await id(page, 'person-row').first().getByRole('link').click();
  await id(page, 'person').waitFor();
  await page.goBack();
  await id(page, 'retention-people-total').waitFor();
});

site.test('LTV: what a person of a cohort has brought so far, by cohort, together and by group', { at: `/retention?start=Page+Viewed&measure=ltv&unit=month&periods=4&by=platform&${ASKED}` }, async (page) => {
  const asked = { start: 'Page Viewed', unit: 'month', periods: 4, by: 'platform', ...SPAN };
  const each = (row) => row.locator('[data-testid="ltv-cell"]').evaluateAll((all) => all.map((one) => (one.dataset.each === '' ? null : Number(one.dataset.each))));
  const shows = async (answer) => {
    await settled(page);
    for (const cohort of answer.cohorts.filter(({ size }) => size > 0)) assert.deepEqual(await each(page.locator(`[data-testid="ltv-table"] [data-testid="ltv-row"][data-key="${cohort.start}"]`)), cohort.per_person, cohort.start);
    assert.deepEqual(await each(page.locator('[data-testid="ltv-table"] thead')), answer.total.per_person);
  };
  const all = await site.server.get('/api/v1/ltv', asked);
  await shows(all);
  assert.ok(all.total.per_person.every((one, k) => k === 0 || one >= all.total.per_person[k - 1]));
  assert.equal(await id(page, 'retention-return').count() + await id(page, 'retention-mode').count(), 0, 'nobody comes back here');
  await id(page, 'ltv-revenue').selectOption('Contract Signed');
  await eventually('in the address', () => query(page).revenue, 'Contract Signed');
  await shows(await site.server.get('/api/v1/ltv', { ...asked, conversion: 'Contract Signed' }));
  await page.goBack();
  const google = all.groups.find(({ key }) => key === 'google');
  await page.locator('[data-testid="ltv-groups-table"] [data-key="google"]').getByRole('button').click();
  await eventually('the group', () => query(page).group, 'google');
  await shows(google);
  await id(page, 'ltv').getByRole('button', { name: 'Share' }).click();
  await id(page, 'retention-table').waitFor();
});
