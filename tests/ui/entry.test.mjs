// The first hour with a new server: logging in, nothing yet, a key, the first event; and what a reader may not do.
import assert from 'node:assert/strict';
import { Site, PHONE, eventually, id, open, settled } from '../lib/browser.mjs';
import { ADMIN, SLOW } from '../lib/server.mjs';

const site = await Site.open({ history: false, args: ['--link'] });
const SOON_MS = 2000 * SLOW;

site.test('a stranger is asked for a token; a wrong one is refused with a reason; signing out closes', { token: null, at: '/', expected: [/401/] }, async (page, { context }) => {
  await id(page, 'login').waitFor();
  assert.equal(await page.locator('h1').innerText(), 'Sign in');
  await id(page, 'login-token').fill('ak_wrong');
  await id(page, 'login-token').press('Enter');
  assert.match(await page.getByRole('alert').innerText(), /not known/);
  await id(page, 'login-token').fill(ADMIN);
  await id(page, 'login-submit').click();
  await id(page, 'sidebar').waitFor();
  const [cookie] = await context.cookies();
  assert.equal(cookie.httpOnly, true);
  assert.equal(cookie.sameSite, 'Lax');
  await page.reload();
  await id(page, 'sidebar').waitFor();
  await id(page, 'sign-out').click();
  await id(page, 'login').waitFor();
});

site.test('the one-time link opens the dashboard, once', { token: null, expected: [/401|403/, /favicon/] }, async (page, { context }) => {
  const [, link] = /(\/login\?code=\S+)/.exec(site.server.stdout);
  await page.goto(link);
  await id(page, 'sidebar').waitFor();
  assert.equal(new URL(page.url()).search, '', 'the code is not left in the address');
  await context.clearCookies();
  await page.goto(link);
  assert.match(await id(page, 'link-used').innerText(), /used already/);
  await id(page, 'login-token').waitFor();
});

site.test('nothing yet: every report says the three ways to begin', { at: '/' }, async (page) => {
  for (const nav of ['overview', 'explore', 'funnel', 'attribution', 'persons']) {
    await id(page, `nav-${nav}`).click();
    await id(page, 'welcome').waitFor();
    assert.match(await id(page, 'welcome').innerText(), /curl .*\/v1\/track/s);
    assert.equal(await id(page, 'range').count(), 0, 'no range of nothing');
  }
  await id(page, 'welcome').getByRole('button', { name: 'Import a file' }).click();
  await id(page, 'drop').waitFor();
  await page.goBack();
  await id(page, 'welcome').getByRole('button', { name: 'Make a key' }).click();
  await id(page, 'sources').waitFor();
});

site.test('a key, the line that sends with it, the first event green within two seconds, live as soon', { at: '/data/sources' }, async (page, { context }) => {
  const live = await context.newPage();
  const overview = await context.newPage();
  await open(overview, '/');
  await id(overview, 'welcome').waitFor();
  await open(live, '/data/live');
  await page.bringToFront();
  await id(page, 'source-name').fill('Shop');
  await id(page, 'source-create').click();
  const key = await id(page, 'write-key').innerText();
  for (const sdk of ['javascript', 'node', 'segment', 'curl']) {
    await id(page, `snippet-${sdk}`).click();
    await eventually(`${sdk} has the key and the address`, async () => {
      const text = await id(page, 'snippet').innerText();
      return text.includes(key) && text.includes(site.server.base);
    }, true);
  }
  assert.equal(await id(page, 'first-event').getAttribute('data-arrived'), 'false');
  const reply = await site.server.request('POST', '/v1/track', {
    as: { Authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` },
    json: { type: 'track', userId: '42', event: 'Order Completed', messageId: 'first', properties: { revenue: 990, currency: 'UAH' } },
  });
  assert.equal(reply.status, 200, `${reply}`);
  const sent = performance.now();
  await eventually('green', () => id(page, 'first-event').getAttribute('data-arrived'), 'true');
  assert.ok(performance.now() - sent < SOON_MS, `${performance.now() - sent} ms until it was green`);
  assert.match(await id(page, 'first-event').innerText(), /Order Completed/);
  await live.bringToFront();
  await id(live, 'live-row').waitFor({ timeout: SOON_MS });
  assert.match(await id(live, 'live-row').innerText(), /Order Completed.*u:42.*₴990.*Shop.*kept/s);
  await overview.bringToFront();
  await id(overview, 'kpi-revenue').waitFor();
  await settled(overview);
  assert.equal(await id(overview, 'kpi-revenue').getAttribute('data-exact'), '₴990');
});

site.test('the live stream: within two seconds, what repeats and what is refused too; pause holds it', { at: '/data/live' }, async (page) => {
  const send = (batch) => site.server.send('batch', { batch });
  const states = () => id(page, 'live-row').evaluateAll((rows) => rows.map((row) => row.dataset.state));
  const before = (await states()).length;
  await send([{ type: 'page', userId: '7', name: 'Home', messageId: 'home-1' }]);
  const sent = performance.now();
  await eventually('it is there', async () => (await states()).length, before + 1);
  assert.ok(performance.now() - sent < SOON_MS, `${performance.now() - sent} ms until it was live`);
  await send([{ type: 'page', userId: '7', name: 'Home', messageId: 'home-1' }, { type: 'track', event: 'No One', messageId: 'no-one' }]);
  await eventually('a repeated and a rejected one', async () => (await states()).slice(0, 2).sort(), ['rejected', 'repeated']);
  await page.getByTestId('live').getByRole('button', { name: 'rejected', exact: true }).click();
  await eventually('only what was rejected', states, ['rejected']);
  await page.getByTestId('live').getByRole('button', { name: 'All', exact: true }).click();
  await id(page, 'pause').click();
  const held = (await states()).length;
  await send([{ type: 'page', userId: '7', name: 'Home', messageId: 'home-2' }]);
  await id(page, 'pause').click();
  await eventually('what came meanwhile', async () => (await states()).length, held + 1);
  await id(page, 'live-row').first().getByRole('link').first().click();
  await id(page, 'person').waitFor();
});

site.test('a source gets a new key, is turned off and on', { at: '/data/sources' }, async (page) => {
  const shop = id(page, 'source-row').filter({ hasText: 'Shop' });
  const prefix = await shop.locator('[data-column="key"]').innerText();
  await shop.getByTestId('source-key').click();
  await id(page, 'rekey-confirm').click();
  await id(page, 'write-key').waitFor();
  await eventually('another prefix', async () => (await shop.locator('[data-column="key"]').innerText()) !== prefix, true);
  const key = await id(page, 'write-key').innerText();
  const status = async () => (await site.server.exchange('POST', '/v1/track', {
    headers: { Authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ userId: '1', event: 'Ping' }),
  })).status;
  assert.equal(await status(), 200);
  await shop.getByTestId('source-enable').click();
  await eventually('off', () => shop.locator('[data-column="state"]').innerText(), 'off');
  assert.ok((await status()) >= 400, 'a source that is off takes nothing');
  await shop.getByTestId('source-enable').click();
  await eventually('on', () => shop.locator('[data-column="state"]').innerText(), 'on');
  assert.equal(await status(), 200);
});

for (const viewport of [undefined, PHONE]) {
  site.test(`a reader sees the reports and nothing to change (${viewport ? 'phone' : 'desk'})`, { token: site.reader, at: '/', viewport }, async (page) => {
    await id(page, 'kpi-revenue').waitFor();
    const absent = { sources: ['source-create', 'source-key', 'source-enable', 'make-key'], imports: ['import', 'import-undo'], rejects: ['replay-all', 'reject-edit'], rules: ['rules-save', 'rule-add', 'rule-delete'] };
    for (const [tab, actions] of Object.entries(absent)) {
      await open(page, `/data/${tab}`);
      await id(page, tab).waitFor();
      for (const action of actions) assert.equal(await id(page, action).count(), 0, `${action} on ${tab}`);
    }
    assert.equal(await id(page, 'rule-values').first().isEditable(), false);
    assert.equal(await page.locator('[data-testid="rules"] select:not(:disabled)').count(), 0);
  });
}
