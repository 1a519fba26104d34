import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { periodOf, periodsOf, periodEnd, stepFor } = await lib('periods');

test('weeks begin on Monday, before 1970 too', () => {
  assert.equal(periodOf('2025-11-09', 'week'), '2025-11-03');
  assert.equal(periodOf('2025-11-03', 'week'), '2025-11-03');
  assert.equal(periodOf('1970-01-04', 'week'), '1969-12-29');
  assert.equal(periodOf('2024-02-29', 'month'), '2024-02-01');
});

test('every period of a span, the empty ones too', () => {
  assert.deepEqual(periodsOf('2024-02-28', '2024-03-01', 'day'), ['2024-02-28', '2024-02-29', '2024-03-01']);
  assert.deepEqual(periodsOf('2025-01-31', '2025-03-01', 'month'), ['2025-01-01', '2025-02-01', '2025-03-01']);
  assert.deepEqual(periodsOf('2025-11-09', '2025-11-10', 'week'), ['2025-11-03', '2025-11-10']);
  assert.equal(periodEnd('2024-02-01', 'month'), '2024-02-29');
  assert.equal(periodEnd('2025-11-03', 'week'), '2025-11-09');
  assert.deepEqual([stepFor('2025-01-01', '2025-02-01'), stepFor('2025-01-01', '2025-06-01'), stepFor('2022-01-01', '2025-01-01')], ['day', 'week', 'month']);
});
