// Attribution: intervals beside the numbers, sliders that answer as they move, a dot a model, and what appears with
// the server's models.
import assert from 'node:assert/strict';
import { Site, eventually, id, open, query, settled } from '../lib/browser.mjs';
import { answered, held } from '../lib/answers.mjs';

const SIGNED = '/attribution?conversion=Contract+Signed';
const ORDERS = '/attribution?conversion=Order+Completed';
const site = await Site.open();
const cells = (page) => id(page, 'cell').evaluateAll((all) => all.map(({ dataset }) => ({ ...dataset })));
const cellOf = (page, model, key) => page.locator(`[data-testid="cell"][data-model="${model}"][data-key="${key}"]`);

site.test('the matrix does not wait for its intervals; each is what the server says, and tells which rows are alike', {}, async (page) => {
  const slow = await held(page, /intervals=true/);
  await open(page, ORDERS);
  await slow.waiting(1);
  assert.ok((await cells(page)).length > 20);
  assert.equal(await id(page, 'whisker').count(), 0);
  slow.release();
  await id(page, 'whisker').first().waitFor();
  const shown = await cells(page);
  const told = await site.server.get('/api/v1/attribution', { conversion: 'Order Completed', lookback: '30d', half_life: '7d', intervals: 'true', models: [...new Set(shown.map((cell) => cell.model))].join() });
  for (const cell of shown) {
    const at = told.rows.findIndex((row) => row.key === cell.key);
    assert.deepEqual([Number(cell.low), Number(cell.high)], told.rows[at].models[cell.model].revenue_interval, `${cell.model} ${cell.key}`);
    // The server tells of the first model's ranking, and of no other.
    const alike = cell.model === 'first' && told.rows[at].models.first.revenue > 0 && told.rows[at - 1]?.distinguishable === false ? told.rows[at - 1].key : undefined;
    assert.equal(cell.alike, alike, `${cell.model} ${cell.key}`);
  }
  assert.ok(shown.some((cell) => cell.alike), 'some rows are alike');
  assert.match(await cellOf(page, 'linear', 'google').getAttribute('title'), /90% interval: .* – /);
});

site.test('a slider answers as it moves; old numbers stay, dimmed; late answers are dropped; the address follows', { at: SIGNED }, async (page) => {
  const decay = cellOf(page, 'time_decay', 'google');
  const before = await decay.getAttribute('data-revenue');
  const slow = await held(page, /half_life=5d/);
  await id(page, 'half-life').focus();
  await page.keyboard.press('ArrowLeft');
  await slow.waiting(1);
  await page.locator('.async[data-stale]').waitFor();
  assert.equal(await decay.getAttribute('data-revenue'), before, 'the old numbers stay');
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowLeft');
  await eventually('the address', () => query(page).half_life, '1');
  await settled(page);
  const told = await site.server.get('/api/v1/attribution', { conversion: 'Contract Signed', lookback: '30d', half_life: '1d' });
  const wanted = String(told.rows.find((row) => row.key === 'google').models.time_decay.revenue);
  assert.equal(await decay.getAttribute('data-revenue'), wanted);
  slow.release();
  await id(page, 'whisker').first().waitFor();
  assert.equal(await decay.getAttribute('data-revenue'), wanted, 'the late answer changes nothing');
});

site.test('a row a channel, a dot a model: the numbers of the matrix, by arrows and Enter to the journeys and back', { at: SIGNED }, async (page) => {
  const all = await cells(page);
  const dots = await id(page, 'dot').evaluateAll((found) => found.map((dot) => [dot.closest('[data-key]').dataset.key, dot.dataset.series, dot.dataset.at]));
  assert.deepEqual(dots.map(([key, model, at]) => `${key} ${model} ${at}`).sort(), all.map((cell) => `${cell.key} ${cell.model} ${cell.revenue}`).sort());
  assert.equal(await page.locator('[data-testid="dot"][tabindex="0"]').count(), 1, 'one stop of Tab');
  await page.locator('[data-testid="dot"][tabindex="0"]').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.dot), '1:1');
  assert.match(await page.locator('.chart-tip').innerText(), /Last/);
  const [key, model] = await page.evaluate(() => [document.activeElement.closest('[data-key]').dataset.key, document.activeElement.dataset.series]);
  await page.keyboard.press('Enter');
  await id(page, 'journeys-sum').waitFor();
  assert.equal(query(page).cell, `${model}:${key}`);
  await page.goBack();
  await eventually('closed', () => id(page, 'journeys').count(), 0);
  await id(page, 'attribution-chart').getByRole('button', { name: 'Differences' }).click();
  await eventually('in the address', () => query(page).view, 'difference');
  const rows = await id(page, 'dots-row').evaluateAll((found) => found.map((row) => [...row.querySelectorAll('[data-at]')].reduce((sum, dot) => sum + Number(dot.dataset.at), 0)));
  assert.ok(rows.every((sum) => Math.abs(sum) < 1e-9), `differences from the mean add up to nothing: ${rows}`);
  await id(page, 'attribution-chart').getByRole('button', { name: 'Stacked' }).click();
  await page.locator('[data-testid="attribution-chart"] .chart-canvas[data-ready]').waitFor();
  await id(page, 'attribution-chart').getByTestId('as-table').click();
  assert.equal(await id(page, 'shares-table').locator('tbody tr').count(), new Set(all.map((cell) => cell.key)).size);
});

site.test('a click on a row leaves it out, back brings it in; by every dimension', { at: ORDERS }, async (page) => {
  const row = page.locator('[data-testid="matrix-row"][data-key="email"]');
  await row.getByRole('button').first().click();
  await eventually('left out', () => query(page).exclude, 'email');
  await id(page, 'exclude-chip').waitFor();
  await settled(page);
  assert.equal(await row.count(), 0);
  await page.goBack();
  await row.waitFor();
  for (const by of ['campaign', 'content', 'term', 'creative', 'source_type', 'medium']) {
    await id(page, 'attribution-by').selectOption(by);
    await eventually(by, () => query(page).by, by);
    await settled(page);
    assert.equal(await page.locator('[data-testid="cell-total"][data-model="first"]').count(), 1);
  }
});

site.test('the order of Markov: by hand or the best, with what it was chosen from', { at: `${ORDERS}&models=first,markov,w_shaped` }, async (page) => {
  assert.equal(await id(page, 'markov-order').inputValue(), '1');
  assert.equal(await id(page, 'markov-orders').count(), 0);
  await id(page, 'markov-order').selectOption('best');
  await eventually('the best', () => query(page).order, 'best');
  await id(page, 'markov-orders').waitFor();
  const { markov } = await site.server.get('/api/v1/attribution', { conversion: 'Order Completed', lookback: '30d', models: 'markov', order: 'best' });
  await eventually('which one that is', () => id(page, 'markov-order').locator('option:checked').innerText(), `best (${markov.best})`);
  const said = await id(page, 'markov-orders').innerText();
  for (const { order, auc, penalised } of markov.orders) assert.ok(said.includes(`${order} – ${auc.toFixed(3)} (${penalised.toFixed(3)})`), said);
  await id(page, 'model-markov').click();
  await eventually('no order without Markov', () => id(page, 'markov-order').count(), 0);
  assert.match(await id(page, 'model-w_shaped').getAttribute('title'), /30 % each to the first touch, the lead’s and the opportunity’s, 10 %/);
  await id(page, 'attribution-lead').fill('Product Added');
  await id(page, 'attribution-lead').press('Enter');
  await eventually('the lead', () => query(page).lead, 'Product Added');
  await settled(page);
  const told = await site.server.get('/api/v1/attribution', { conversion: 'Order Completed', lookback: '30d', models: 'w_shaped', lead: 'Product Added' });
  for (const row of told.rows.filter((one) => one.models.w_shaped.revenue > 0)) assert.equal(await cellOf(page, 'w_shaped', row.key).getAttribute('data-revenue'), String(row.models.w_shaped.revenue), row.key);
});

site.test('costs stand beside the models; what is not known is a dash', {}, async (page) => {
  const credit = (conversions, revenue, spend) => ({ conversions, revenue, cac: spend === null ? null : spend / conversions, roas: spend ? revenue / spend : null });
  const row = (key, share, spend) => ({ key, touches: 3, spend, spread: 0, models: Object.fromEntries(['first', 'linear'].map((name) => [name, credit(10 * share, 100000 * share, spend)])) });
  await answered(page, '/api/v1/attribution', () => ({
    conversion: 'Contract Signed', touches: 'events', by: 'platform', lookback_ms: null, half_life_ms: 1, lead: null, opportunity: null, conversions: 10, persons: 9, revenue: 100000, currency: 'UAH',
    rows: [row('google', 0.75, 15000), row('email', 0.25, null)], unattributed: { touches: 0, models: {} },
  }));
  await open(page, `${SIGNED}&models=first,linear`);
  const costs = await page.locator('[data-testid="matrix-row"]').evaluateAll((rows) => rows.map((one) => ['spend', 'cac', 'roas'].map((name) => one.querySelector(`[data-column="${name}"]`).textContent)));
  assert.deepEqual(costs, [['₴150', '₴20', '5.00×'], ['–', '–', '–']]);
});
