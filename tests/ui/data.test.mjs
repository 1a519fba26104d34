// The Data page: files in by hand with what was repeated, rejected and not counted; rejects corrected; rules changed
// and changed back; an import taken back. One history, told in order.
import assert from 'node:assert/strict';
import path from 'node:path';
import { Site, downloaded, eventually, exactRows, id, open, query, settled } from '../lib/browser.mjs';
import { SAMPLES, SLOW } from '../lib/server.mjs';

const site = await Site.open({ history: false });
const FILES = [path.join(SAMPLES, 'events.csv'), path.join(SAMPLES, 'contracts.csv')];
const SLOW_UPLOAD = 600 * 1024; /* bytes a second: slow enough to see it move */

/** The counts of the newest import of a file. */
const counts = (page, name) => id(page, 'import-row').filter({ hasText: name }).first().evaluate((row) =>
  Object.fromEntries(['rows', 'kept', 'repeated', 'rejected', 'uncounted'].map((one) => [one, Number(row.querySelector(`[data-testid="import-${one}"]`).textContent.replaceAll(',', ''))])));
const states = (page) => id(page, 'import-state').evaluateAll((all) => all.map((one) => one.dataset.state));
const platforms = async (page) => {
  await settled(page);
  return Object.fromEntries((await exactRows(page, 'crm-platform-row', ['events', 'clients', 'contracts', 'revenue'])).map(([key, ...values]) => [key, values]));
};

site.test('both files at once: the upload moves, and what was found is said', { at: '/data/imports' }, async (page, { context }) => {
  assert.match(await id(page, 'imports').innerText(), /No imports yet/);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: SLOW_UPLOAD });
  await id(page, 'import-file').setInputFiles(FILES);
  await page.waitForFunction(() => [...document.querySelectorAll('[data-testid="upload-row"] [role="progressbar"]')].some((bar) => Number(bar.ariaValueNow) > 0 && Number(bar.ariaValueNow) < 100));
  await eventually('both are read', () => states(page), ['done', 'done'], 30_000 * SLOW);
  await eventually('no upload is left', () => id(page, 'upload-row').count(), 0);
  assert.deepEqual(await counts(page, 'events.csv'), { rows: 17183, kept: 17136, repeated: 37, rejected: 10, uncounted: 0 });
  assert.deepEqual(await counts(page, 'contracts.csv'), { rows: 473, kept: 473, repeated: 0, rejected: 0, uncounted: 49 });
});

site.test('the 49 contracts that do not count are listed', { at: '/data/imports' }, async (page) => {
  await id(page, 'import-row').filter({ hasText: 'contracts.csv' }).getByRole('link', { name: '49' }).click();
  await id(page, 'uncounted-table').waitFor();
  assert.equal(query(page).contracts, 'uncounted');
  assert.equal(await id(page, 'uncounted-total').innerText(), '49');
  assert.equal(await id(page, 'uncounted-row').count(), 49);
  const costs = await id(page, 'uncounted-row').locator('[data-column="cost"]').allInnerTexts();
  assert.ok(costs.every((text) => Number(text.replaceAll(',', '').replace('−', '-')) <= 0), `${costs}`);
});

site.test('a file that is neither asks what it is; the wrong answer is explained', { at: '/data/imports', expected: [/400|422/] }, async (page) => {
  await id(page, 'import-file').setInputFiles({ name: 'notes.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') });
  const row = id(page, 'upload-row');
  assert.match(await row.innerText(), /neither/);
  await row.getByRole('combobox').selectOption('crm_events');
  await eventually('refused or failed, with the column it misses', async () => /event_id|header/i.test(await page.locator('main').innerText()), true);
});

site.test('the ten rejects: reasons, a wrong correction explained, a right one taken, replay of all', { at: '/data/imports', expected: [/400|422/] }, async (page) => {
  await id(page, 'import-row').filter({ hasText: 'events.csv' }).first().getByRole('link', { name: '10' }).click();
  await id(page, 'rejects-table').waitFor();
  assert.equal(await id(page, 'reject-row').count(), 10);
  const lines = await id(page, 'reject-row').locator('[data-column="line"]').allInnerTexts();
  assert.ok(lines.includes('8,473'), `${lines}`);
  const bad = id(page, 'reject-row').filter({ hasText: 'E900003' });
  assert.match(await bad.innerText(), /2025-02-30T10:00:00Z/);
  await bad.getByTestId('reject-edit').click();
  const body = await id(page, 'reject-body').inputValue();
  assert.match(body, /^E900003,C00657,2025-02-30T10:00:00Z/);
  await id(page, 'reject-body').fill(body.replace('02-30', '02-31'));
  await id(page, 'reject-replay').click();
  assert.match(await id(page, 'reject-dialog').getByTestId('problem').innerText(), /2025-02-31T10:00:00Z/);
  await id(page, 'reject-body').fill(body.replace('02-30', '02-28'));
  await id(page, 'reject-replay').click();
  await eventually('nine are left', () => id(page, 'reject-row').count(), 9);
  await page.getByTestId('rejects').getByRole('button', { name: 'replayed', exact: true }).click();
  await eventually('one was replayed', () => id(page, 'reject-row').count(), 1);
  await page.getByTestId('rejects').getByRole('button', { name: 'open', exact: true }).click();
  await eventually('nine open', () => id(page, 'reject-row').count(), 9);
  await id(page, 'replay-all').click();
  assert.match(await id(page, 'replay-told').innerText(), /0 replayed, 9 still rejected/);
  await open(page, '/funnel');
  assert.equal(await id(page, 'crm-summary-total_events').getAttribute('data-exact'), '17137');
});

site.test('rejects as a file, guarded', { at: '/data/rejects' }, async (page) => {
  await site.server.send('batch', { batch: [{ type: 'track', event: '=cmd()', messageId: 'no-one' }] });
  await eventually('the event without a person is among them', async () => {
    await page.reload();
    await settled(page);
    return id(page, 'reject-row').count();
  }, 10);
  const file = await downloaded(page, () => id(page, 'rejects-download').click());
  assert.match(file.name, /\.csv$/);
  assert.equal(file.text.trim().split('\n').length, 11);
  assert.ok(!/(^|,)"?[=+@]/m.test(file.text), file.text);
  const shown = await downloaded(page, () => id(page, 'rejects-table-csv').click());
  assert.ok(!/(^|,)"?[=+@]/m.test(shown.text), shown.text);
});

site.test('platform rules: a change re-reads the history, and back again', { at: '/data/rules' }, async (page, { context }) => {
  const report = await context.newPage();
  await open(report, '/funnel');
  const before = await platforms(report);
  assert.deepEqual(before.facebook, [564, 213, 0, 0]);
  const value = (name) => page.locator('[data-testid="rules-row"]').locator(`[data-testid="rule-platform"][value="${name}"]`);
  const save = async () => {
    await id(page, 'rules-save').click();
    await page.getByRole('status').filter({ hasText: 'Saved' }).waitFor();
  };
  const reads = (wanted) => eventually('the platforms by the new rules', async () => {
    await report.reload();
    return (await platforms(report))[wanted];
  }, before.facebook);
  assert.equal(await id(page, 'rules-save').isDisabled(), true);
  await value('facebook').fill('metaverse');
  await save();
  await reads('metaverse');
  assert.equal((await platforms(report)).facebook, undefined);
  await page.reload();
  await settled(page);
  await value('metaverse').fill('facebook');
  await save();
  await reads('facebook');
  assert.deepEqual(await platforms(report), before);
});

site.test('platform rules: the first match wins; a wrong rule is marked where it stands', { at: '/data/rules', expected: [/400|422/] }, async (page) => {
  await id(page, 'rule-add').click();
  const last = id(page, 'rules-row').last();
  const at = Number(await last.getAttribute('data-index'));
  await id(page, 'rules-save').click();
  await id(page, 'rule-error').waitFor();
  await last.getByTestId('rule-values').fill('one');
  await last.getByTestId('rule-platform').fill('first');
  await last.getByTestId('rule-up').click();
  assert.equal(await page.locator(`[data-testid="rules-row"][data-index="${at - 1}"] [data-testid="rule-platform"]`).inputValue(), 'first');
  await page.locator(`[data-testid="rules-row"][data-index="${at - 1}"] [data-testid="rule-delete"]`).click();
  assert.equal(await id(page, 'rules-row').count(), at);
  await page.getByRole('button', { name: 'Discard changes' }).isDisabled();
  assert.equal(await id(page, 'rules-save').isDisabled(), true, 'it is again what was saved');
});

site.test('an import taken back leaves every report; the file can come again', { at: '/data/imports' }, async (page) => {
  const events = id(page, 'import-row').filter({ hasText: 'events.csv' }).last();
  await events.getByTestId('import-undo').click();
  assert.match(await id(page, 'undo').innerText(), /17,13\d rows leave all reports/);
  await id(page, 'undo-confirm').click();
  await eventually('undone', () => events.getByTestId('import-state').getAttribute('data-state'), 'undone');
  await eventually('the history is empty', async () => (await site.server.get('/api/data-analytics/v10/summary/prod')).contracts, 0);
  await id(page, 'import-file').setInputFiles(FILES[0]);
  await eventually('read again', () => id(page, 'import-row').filter({ hasText: 'events.csv' }).first().getByTestId('import-state').getAttribute('data-state'), 'done', 30_000 * SLOW);
  await eventually('the newest first', async () => (await counts(page, 'events.csv')).rejected, 10);
  await open(page, '/funnel');
  assert.equal(await id(page, 'crm-summary-contracts').getAttribute('data-exact'), '424');
  assert.equal(await id(page, 'crm-summary-total_revenue').getAttribute('data-exact'), '25142227');
});
