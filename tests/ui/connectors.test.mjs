// Connectors and Jobs: a platform connected by its form, pulled, tested, broken and mended, paused, deleted; what runs by
// itself, and what came of it. The platform is the tests' own (tests/lib/stand.mjs).
import assert from 'node:assert/strict';
import test from 'node:test';
import { PHONE, Site, downloaded, eventually, id, open, query, settled } from '../lib/browser.mjs';
import { Stand } from '../lib/stand.mjs';

const stand = await Stand.start(test);
const site = await Site.open({ history: false, env: { DEMETRA_ALLOW_HOSTS: stand.host }, ready: (folder) => stand.putAdapter(folder) });
const AT = '/channels/connectors';
const all = async () => (await site.server.get('/api/v1/connections')).connections;
const state = (page) => id(page, 'connection-state').evaluateAll((states) => states.map((one) => one.dataset.state));
const press = (page, name) => id(page, name).first().click();

async function fill(page, settings) {
  await page.getByText(/more setting/).click();
  for (const [name, value] of Object.entries(settings)) await id(page, `setting-${name}`).fill(value);
}

site.test('nothing is connected: what can be, with its channels', { at: AT }, async (page) => {
  await id(page, 'empty').waitFor();
  const names = await id(page, 'adapter').evaluateAll((cards) => cards.map((card) => card.dataset.name));
  for (const name of ['google_ads', 'meta', 'stand', 'tiktok', 'yandex_direct']) assert.ok(names.includes(name), name);
  await page.getByRole('link', { name: 'Import a file' }).click();
  assert.equal(new URL(page.url()).pathname, '/channels/import');
});

site.test('a form says at its fields what is missing, of the wrong form, or refused', { at: AT }, async (page) => {
  await page.locator('[data-name="google_ads"]').getByTestId('connect').click();
  assert.equal(query(page).connect, 'google_ads');
  await id(page, 'setting-account').fill('12-34');
  await press(page, 'connection-save');
  const errors = await id(page, 'field-error').allInnerTexts();
  assert.match(errors[0], /not of the form/);
  assert.ok(errors.length >= 4 && errors.slice(1).every((text) => text === 'Fill this in.'), `${errors}`);
  assert.equal(await id(page, 'setting-client_secret').getAttribute('type'), 'password');
  assert.deepEqual(await all(), []);
});

site.test('connected: pulled at once, seen running, then what it brought', { at: AT }, async (page) => {
  await page.locator('[data-name="stand"]').getByTestId('connect').click();
  assert.equal(await id(page, 'connection-name').inputValue(), 'Stand');
  await id(page, 'connection-name').fill('Shop');
  await fill(page, stand.settings('good-token'));
  await press(page, 'connection-save');
  await eventually('the pull is done', () => state(page), ['ok']);
  await id(page, 'connection-form').waitFor({ state: 'detached' });
  const [one] = await all();
  const panel = id(page, `connection-${one.id}`);
  await eventually('it says what came', async () => /4 rows, 4 new, 0 replaced, 0 gone/.test(await panel.innerText()), true);
  await panel.locator('summary').click();
  const run = panel.getByTestId('connection-run').first();
  assert.equal(await run.locator('[data-column="rows"]').innerText(), '4');
  assert.equal(await run.locator('[data-column="changed"]').innerText(), '4');
  const { text } = await downloaded(page, () => id(page, 'connection-runs-csv').click());
  assert.match(text, /,4,4,0,0,4,/);
});

site.test('tested in one sentence; certain days asked for once more; refreshed', { at: AT, expected: [/400/] }, async (page) => {
  await press(page, 'connection-test');
  await id(page, 'verdict').waitFor();
  assert.equal(await id(page, 'verdict').getAttribute('data-ok'), 'true');
  await press(page, 'connection-days');
  await id(page, 'pull-from').fill('2026-01-10');
  await id(page, 'pull-to').fill('2026-01-05');
  await press(page, 'pull-go');
  assert.match(await id(page, 'field-error').innerText(), /before/);
  await id(page, 'pull-to').fill('2026-01-12');
  await press(page, 'pull-go');
  await id(page, 'pull-days').waitFor({ state: 'detached' });
  await eventually('the three days', async () => /3 rows, 3 new/.test(await page.locator('main').innerText()), true);
  await press(page, 'refresh-now');
  await id(page, 'refreshed').waitFor();
  assert.match(await id(page, 'refreshed').innerText(), /^1 job/);
});

site.test('edited: the secret stays when it is left empty; a wrong one breaks it, a right one mends it', { at: AT }, async (page) => {
  await press(page, 'connection-edit');
  assert.equal(await id(page, 'setting-token').inputValue(), '');
  assert.match(await id(page, 'setting-token').getAttribute('placeholder'), /keep it/);
  assert.equal(await id(page, 'setting-account').inputValue(), 'a1');
  await id(page, 'connection-name').fill('Shop of ours');
  await press(page, 'connection-save');
  await page.getByRole('heading', { name: /Shop of ours/ }).waitFor();
  assert.deepEqual((await all())[0].secrets, ['token']);
  await press(page, 'connection-edit');
  await id(page, 'setting-token').fill('bad-token');
  await press(page, 'connection-save');
  await eventually('it is broken', () => state(page), ['broken']);
  assert.match(await id(page, 'connection-message').innerText(), /token is wrong/i);
  await press(page, 'connection-test');
  await id(page, 'verdict').waitFor();
  assert.equal(await id(page, 'verdict').getAttribute('data-ok'), 'false');
  await press(page, 'connection-edit');
  await id(page, 'setting-token').fill('good-token');
  await press(page, 'connection-save');
  await eventually('it works again', () => state(page), ['ok']);
});

site.test('paused and let go on; a run that hangs is seen and stopped under Jobs', { at: AT }, async (page) => {
  await press(page, 'connection-pause');
  await eventually('paused', () => state(page), ['paused']);
  assert.equal(await id(page, 'connection-pull').isDisabled(), true);
  await press(page, 'connection-pause');
  await eventually('goes on', () => state(page), ['ok']);
  await press(page, 'connection-edit');
  await id(page, 'setting-token').fill('slow-token');
  await press(page, 'connection-save');
  await id(page, 'connection-progress').waitFor();
  await id(page, 'tab-jobs').click();
  await settled(page);
  const states = () => id(page, 'job-state').evaluateAll((rows) => rows.map((row) => row.dataset.state));
  await eventually('it runs', states, ['running']);
  assert.match(await id(page, 'job-row').innerText(), /Pull Shop of ours/);
  await press(page, 'job-cancel');
  await eventually('the run is stopped', () => id(page, 'run-state').first().getAttribute('data-state'), 'cancelled');
  await id(page, 'job-row').getByRole('button', { name: /Pull Shop/ }).click();
  assert.ok(query(page).job);
  await settled(page);
  assert.match(await id(page, 'job-runs').innerText(), /What came of: Pull Shop of ours/);
  const runs = await id(page, 'run-row').count();
  await press(page, 'job-run');
  await eventually('a run more', async () => (await id(page, 'run-row').count()) > runs, true);
});

site.test('who may only read sees all of it and changes nothing; on a phone in Russian nothing sticks out', { at: AT, token: site.reader, lang: 'ru', viewport: PHONE }, async (page) => {
  assert.match(await page.locator('main').innerText(), /Полно по/);
  for (const name of ['refresh-now', 'connect', 'connection-pull', 'connection-edit', 'connection-delete']) assert.equal(await id(page, name).count(), 0, name);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await open(page, '/channels/jobs');
  assert.equal(await id(page, 'job-run').count(), 0);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});

site.test('deleted after a question', { at: AT }, async (page) => {
  await press(page, 'connection-delete');
  await press(page, 'connection-drop-confirm');
  await eventually('no connection', async () => (await all()).length, 0);
  await id(page, 'empty').waitFor();
});
