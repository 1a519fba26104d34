// The models over all journeys at once, against dense equations and every subset: over a file, and over a history.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { CONVERSION, Random, batchesOf, makeHistory } from '../lib/history.mjs';
import { Server, newFolder, run, withQuery } from '../lib/server.mjs';
import { Oracle } from './oracle.mjs';
import { PATH_MODELS, chooseOrder, pathModel } from './path_models.mjs';
import { difference } from './reading.mjs';
import { seeds, sendAll } from './questions.mjs';

const TOLERANCE = 1e-9;
const NOBODY = '(none)'; /* a file has no way to say a channel without a name */
const ZONE = 'Europe/Kyiv';

/** A column of credits, `found` by channel as { conversions, value }, is what is due: to 1e-9, and less than a cent from it. */
function compareCredits(found, due, where) {
  for (const channel of new Set([...Object.keys(due), ...Object.keys(found)])) {
    const got = found[channel] ?? { conversions: 0, value: 0 }, wanted = due[channel] ?? { conversions: 0, value: 0 };
    const far = Math.abs(got.conversions - wanted.conversions) > TOLERANCE * Math.max(1, Math.abs(wanted.conversions)) || Math.abs(got.value - wanted.value) >= 1 + 1e-6;
    assert.ok(!far, `${where}, ${JSON.stringify(channel)}: the program says ${JSON.stringify(got)}, due is ${JSON.stringify(wanted)}`);
  }
  const sum = (credits, what) => Object.values(credits).reduce((all, one) => all + one[what], 0);
  assert.equal(sum(found, 'value'), Math.round(sum(due, 'value')), `${where}: the whole value`);
}

const quotedCell = (text) => `"${text.replaceAll('"', '""')}"`;

for (const seed of seeds([61, 62, 63, 64])) {
  const order = 1 + (seed + 3) % 4;
  test(`seed ${seed}: demetra attribute of order ${order}`, async (t) => {
    const history = makeHistory(seed, { events: 600 });
    const oracle = await Oracle.of(t, history.items, ZONE);
    const rows = await oracle.pathTable({ conversion: CONVERSION, by: 'source', touches: 'sessions' }, true);
    for (const row of rows) row.path = row.path.map((channel) => channel || NOBODY);
    const folder = newFolder(t), file = path.join(folder, 'paths.csv');
    const lines = rows.map((row) => [quotedCell(row.path.join(' > ')), row.conversions, (row.value / 100).toFixed(2), row.nulls].join(','));
    writeFileSync(file, ['path,total_conversions,total_conversion_value,total_null', ...lines].join('\n'));
    const { code, stdout, stderr } = await run(['attribute', file, '--order', String(order), '--json'], { folder });
    assert.equal(code, 0, stderr);
    const got = JSON.parse(stdout);
    assert.deepEqual([got.rows_taken, got.rows_rejected], [rows.length, 0]);
    for (const model of ['first', 'last', 'linear', 'position', ...PATH_MODELS]) {
      const found = Object.fromEntries(got.rows.map(({ channel, models }) => [channel, { conversions: models[model].conversions, value: Math.round(models[model].value * 100) }]));
      compareCredits(found, pathModel(model, rows, order), `seed ${seed}, order ${order}, ${model}`);
    }
  });
}

for (const seed of seeds([71, 72])) {
  test(`seed ${seed}: markov, shapley and shapley_rate over a history`, async (t) => {
    const history = makeHistory(seed, { events: 700 });
    const server = await Server.start(t, { env: { DEMETRA_TIMEZONE: ZONE } });
    const { models } = await server.get('/api/v1/models');
    if (!models.some(({ name }) => name === 'markov')) return t.skip('the route does not have them yet');
    await sendAll(server, batchesOf(history.items, new Random(seed)));
    const oracle = await Oracle.of(t, history.items, ZONE), { first_day: from, last_day: to } = await oracle.session();
    const middle = (share) => new Date(Date.parse(from) + Math.floor(share * (Date.parse(to) - Date.parse(from)))).toISOString().slice(0, 10);
    const asked = [{ touches: 'sessions', by: 'source' }, { touches: 'events', by: 'source', lookback: '7d', order: 2 }, { touches: 'sessions', by: 'campaign', order: 3, from: middle(0.3), to: middle(0.7), lookback: '30d' },
      { touches: 'sessions', by: 'source', exclude: ['google'], order: 2, from: middle(0.4) }, { touches: 'events', by: 'campaign', to: middle(0.6), lookback: '1d' },
      { touches: 'sessions', by: 'source', order: 'best' }, { touches: 'events', by: 'medium', order: 'best', lookback: '2d' }, { touches: 'journey', by: 'platform', order: 'best', from: middle(0.2) }];
    for (const query of asked) {
      const whole = { conversion: CONVERSION, models: PATH_MODELS.join(','), ...query };
      const got = await server.get('/api/v1/attribution', whole), rows = await oracle.pathTable(whole, true);
      const chosen = query.order === 'best' && chooseOrder(rows), order = chosen ? chosen.best : query.order;
      if (chosen) assert.equal(difference({ orders: got.markov.orders, best: got.markov.best }, chosen), undefined, withQuery('/api/v1/attribution', whole));
      for (const model of PATH_MODELS) {
        const found = Object.fromEntries(got.rows.map(({ key, models: cells }) => [key, { conversions: cells[model].conversions, value: cells[model].revenue }]));
        compareCredits(found, pathModel(model, rows, order), `seed ${seed}: ${withQuery('/api/v1/attribution', whole)}, ${model}`);
      }
    }
    return undefined;
  });
}
