// Attribution: intervals beside the numbers, sliders that answer as they move, a dot a model, and what appears with
// the server's models.
import assert from 'node:assert/strict';
import { Site, eventually, id, open, query, settled } from '../lib/browser.mjs';
import { answered, has, held, offer } from '../lib/offers.mjs';

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
  const told = await site.server.get('/api/v1/attribution', { conversion: 'Order Completed', lookback: '30d', half_life: '7d', intervals: 'true' });
  const overlap = (a, b) => a[0] <= b[1] && b[0] <= a[1];
  for (const cell of shown) {
    const credit = told.rows.find((row) => row.key === cell.key).models[cell.model];
    assert.deepEqual([Number(cell.low), Number(cell.high)], credit.revenue_interval, `${cell.model} ${cell.key}`);
    const ranked = told.rows.filter((row) => row.models[cell.model].revenue > 0).sort((a, b) => b.models[cell.model].revenue - a.models[cell.model].revenue);
    const above = ranked[ranked.findIndex((row) => row.key === cell.key) - 1];
    const alike = above && overlap(above.models[cell.model].revenue_interval, credit.revenue_interval) ? above.key : undefined;
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

site.test('orders of Markov and costs stand there only when the server has them', { at: SIGNED }, async (page) => {
  assert.equal(await id(page, 'markov-order').count(), await has(page, '/api/v1/attribution', 'order') ? 1 : 0);
  assert.equal(await page.locator('[data-testid="matrix-row"] [data-column="spend"]').count(), 0, 'nothing was spent');
  await offer(page, { '/api/v1/attribution': { get: ['order'] } });
  await answered(page, '/api/v1/models', () => ({ models: ['first', 'linear', 'markov', 'shapley_rate'].map((name) => ({ name, what: name })) }));
  const credit = (conversions, revenue, spend) => ({ conversions, revenue, conversions_interval: null, revenue_interval: null, cac: spend === null ? null : spend / conversions, roas: spend ? revenue / spend : null });
  const row = (key, share, spend) => ({
    key, touches: 3, spend, removal: share, distinguishable: null, spread: 0,
    models: Object.fromEntries(['first', 'linear', 'markov', 'shapley_rate'].map((name) => [name, credit(10 * share, 100000 * share, spend)])),
  });
  const asked = await answered(page, '/api/v1/attribution', ({ order }) => ({
    conversion: 'Contract Signed', touches: 'events', by: 'platform', lookback_ms: null, half_life_ms: 1, conversions: 10, persons: 9, revenue: 100000, currency: 'UAH',
    markov: { order: order === 'best' ? 2 : Number(order), best: order === 'best' ? 2 : null }, rows: [row('google', 0.75, 15000), row('email', 0.25, null)], unattributed: { touches: 0, models: {} },
  }));
  await open(page, `${SIGNED}&models=first,linear,markov,shapley_rate`);
  await id(page, 'model-shapley_rate').waitFor();
  assert.equal(asked.at(-1).order, '1');
  await id(page, 'markov-order').selectOption('best');
  await eventually('the best', () => query(page).order, 'best');
  await eventually('which one that is', () => id(page, 'markov-order').locator('option:checked').innerText(), 'best (2)');
  const costs = await page.locator('[data-testid="matrix-row"]').evaluateAll((rows) => rows.map((one) => ['spend', 'cac', 'roas'].map((name) => one.querySelector(`[data-column="${name}"]`).textContent)));
  assert.deepEqual(costs, [['₴150', '₴20', '5.00×'], ['–', '–', '–']]);
  await id(page, 'model-markov').click();
  await eventually('no order without Markov', () => id(page, 'markov-order').count(), 0);
});
