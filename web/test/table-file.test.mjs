import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { tableBody, tableJson } = await lib('table-file');
const columns = [{ key: 'at', title: 'Day' }, { key: 'name', title: 'Name' }, { key: 'spend', title: 'Spend', unit: 'money' }, { key: 'ctr', title: 'CTR', unit: 'share' }, { key: 'n', title: 'N' }, { key: 'none', title: 'None' }];
const rows = [['2025-01-02', 'a', 12.34, 0.5, 3, null], ['2025-01-03', 7, undefined, 1, 4, null]];

test('what a column is goes by what stands in it; money goes as minor units', () => {
  const { title, columns: made, rows: cells } = tableBody('T', columns, rows);
  assert.equal(title, 'T');
  assert.deepEqual(made.map(({ type }) => type), ['date', 'text', 'money', 'share', 'number', 'text']);
  assert.deepEqual(cells, [['2025-01-02', 'a', 1234, 0.5, 3, null], ['2025-01-03', '7', null, 1, 4, null]]);
});

test('JSON: an object a row', () => {
  assert.deepEqual(JSON.parse(tableJson(columns, rows))[1], { at: '2025-01-03', name: 7, spend: null, ctr: 1, n: 4, none: null });
});
