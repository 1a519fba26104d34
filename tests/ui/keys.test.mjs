// Hands on the keyboard: pages, dates, the palette, help; language and theme, which stay.
import assert from 'node:assert/strict';
import { Site, eventually, id, open, query, settled } from '../lib/browser.mjs';

const site = await Site.open();
const pathOf = (page) => new URL(page.url()).pathname;

site.test('one key a page, one key a range, and what it says under "?"', { at: '/' }, async (page) => {
  for (const [key, at] of [['2', '/explore'], ['3', '/funnel'], ['4', '/attribution'], ['5', '/channels'], ['6', '/retention'], ['7', '/paths'], ['8', '/persons'], ['9', '/segments'], ['0', '/data'], ['1', '/']]) {
    await page.keyboard.press(key);
    await eventually(`${key} goes to ${at}`, () => pathOf(page), at);
    await settled(page);
  }
  const ranges = { d: 'today', e: 'yesterday', w: '7d', t: '30d', n: '90d', m: 'month', p: 'last_month', y: 'year', a: undefined };
  for (const [key, range] of Object.entries(ranges)) {
    await page.keyboard.press(key);
    await eventually(`${key} is ${range}`, () => query(page).range, range);
  }
  await page.keyboard.press('t');
  for (const compare of ['previous', 'year', undefined]) {
    await page.keyboard.press('x');
    await eventually(`x compares with ${compare}`, () => query(page).compare, compare);
  }
  await settled(page);
  await page.keyboard.press('i');
  await eventually('i changes the interval', () => typeof query(page).step, 'string');
  await page.keyboard.press('f');
  await id(page, 'filter-dim').waitFor();
  await page.keyboard.press('Escape');
  await eventually('the filter is closed', () => id(page, 'filter-dim').count(), 0);
  await page.keyboard.press('c');
  await id(page, 'range-from').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  const help = await id(page, 'help').innerText();
  for (const word of ['Overview', 'Ctrl K', '30 days', 'Compare', 'Interval', 'Clear filters']) assert.ok(help.includes(word), `help without ${word}: ${help}`);
  await page.keyboard.press('2');
  assert.equal(pathOf(page), '/', 'keys rest while a dialog is open');
  await page.keyboard.press('Escape');
  await eventually('closed', () => id(page, 'help').count(), 0);
});

site.test('letters by their place: a Russian keyboard', { at: '/' }, async (page) => {
  await page.evaluate(() => window.dispatchEvent(new KeyboardEvent('keydown', { key: 'ц', code: 'KeyW', bubbles: true })));
  await eventually('W', () => query(page).range, '7d');
});

site.test('Ctrl-K finds every command by its words; Enter runs it', { at: '/' }, async (page) => {
  const command = async (words, key = 'Control+k') => {
    await page.keyboard.press(key);
    await id(page, 'palette-input').fill(words);
    await page.keyboard.press('Enter');
    await eventually('closed', () => id(page, 'palette').count(), 0);
  };
  await command('attrib');
  await eventually('to Attribution', () => pathOf(page), '/attribution');
  await command('rejects', '/');
  await eventually('to the rejects', () => pathOf(page), '/data/rejects');
  await command('overview');
  await command('90 days');
  await eventually('90 days', () => query(page).range, '90d');
  await command('order completed');
  await eventually('another conversion', () => query(page).conversion, 'Order Completed');
  await page.keyboard.press('Control+k');
  await id(page, 'palette-input').fill('no such thing');
  assert.match(await id(page, 'palette').innerText(), /Nothing found/);
  await page.keyboard.press('Escape');
  await eventually('closed', () => id(page, 'palette').count(), 0);
  await page.keyboard.press('Control+k');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await eventually('the second command', () => pathOf(page), '/explore');
});

site.test('keys rest while one types', { at: '/funnel' }, async (page) => {
  await id(page, 'step-0').fill('');
  await id(page, 'step-0').pressSequentially('contract 2');
  assert.equal(pathOf(page), '/funnel');
  await page.keyboard.press('Escape');
});

site.test('tables sort by the keyboard; rows open by Enter', { at: '/?conversion=Contract+Signed' }, async (page) => {
  const keys = () => id(page, 'platform-row').evaluateAll((rows) => rows.map((row) => row.dataset.key));
  await id(page, 'platforms-table').getByRole('button', { name: 'Persons' }).focus();
  await page.keyboard.press('Enter');
  await eventually('most persons first', async () => (await keys()).slice(0, 2), ['unknown', 'google']);
  assert.equal(await page.locator('[data-testid="platforms-table"] th[aria-sort]').getAttribute('aria-sort'), 'descending');
  await page.keyboard.press('Enter');
  await eventually('fewest first', async () => (await keys())[0], 'viber');
  await page.locator('[data-testid="platform-row"][data-key="google"] button').focus();
  await page.keyboard.press('Enter');
  await eventually('filtered', () => query(page).filter, 'platform:is:google');
});

site.test('charts are read by the arrow keys', { at: '/?conversion=Contract+Signed&step=month' }, async (page) => {
  await page.locator('.chart-canvas').first().focus();
  await page.keyboard.press('ArrowRight');
  assert.match(await page.locator('.chart-tip').innerText(), /Feb 2025\s+Revenue\s+₴/);
  await page.keyboard.press('ArrowRight');
  assert.match(await page.locator('.chart-tip').innerText(), /Mar 2025/);
});

site.test('Russian and English, and it stays', { at: '/' }, async (page) => {
  await id(page, 'lang').click();
  await eventually('Russian', () => page.locator('h1').innerText(), 'Обзор');
  assert.equal(await page.locator('html').getAttribute('lang'), 'ru');
  assert.equal(query(page).lang, 'ru');
  assert.match(await page.title(), /^Обзор/);
  await open(page, '/funnel');
  assert.equal(await page.locator('h1').innerText(), 'Воронка', 'kept by the browser, not only by the address');
  await id(page, 'lang').click();
  await eventually('English', () => page.locator('h1').innerText(), 'Funnel');
});

site.test('a browser that speaks Russian is spoken to in Russian', { at: '/', lang: 'ru' }, async (page) => {
  assert.equal(await page.locator('h1').innerText(), 'Обзор');
  assert.match((await id(page, 'kpi-revenue').innerText()).replace(/\s/g, ' '), /25,1 млн ₴/);
});

site.test('light, dark, as the system; and it stays', { at: '/', scheme: 'dark' }, async (page) => {
  const seen = () => page.evaluate(() => getComputedStyle(document.body).getPropertyValue('color-scheme') || getComputedStyle(document.documentElement).colorScheme);
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  assert.equal(await seen(), 'dark');
  const dark = await ground();
  await id(page, 'theme').click();
  await eventually('light by choice', seen, 'light');
  assert.notEqual(await ground(), dark);
  await page.reload();
  await settled(page);
  assert.equal(await seen(), 'light');
  await id(page, 'theme').click();
  await page.emulateMedia({ colorScheme: 'light' });
  await eventually('dark by choice', seen, 'dark');
  await id(page, 'theme').click();
  await eventually('as the system', seen, 'light');
});
