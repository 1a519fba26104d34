import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { buckets, stepWindows, stepWindowsText } = await lib('lengths');

test('limits of steps: one for each after the first, one alone for all, nothing is no limit', () => {
  assert.deepEqual(stepWindows(null, 3), ['none', 'none']);
  assert.deepEqual(stepWindows('1d', 4), ['1d', '1d', '1d']);
  assert.deepEqual(stepWindows('1h,none', 3), ['1h', 'none']);
  assert.deepEqual(stepWindows('1h,', 4), ['1h', 'none', 'none']);
  assert.deepEqual(stepWindows('1h,2h,3h', 2), ['1h']);
  assert.equal(stepWindowsText(['none', 'none']), null);
  assert.equal(stepWindowsText(['1h', 'none']), '1h,none');
  assert.equal(stepWindowsText([]), null);
});

test('lengths without the empty ends, open at both', () => {
  assert.deepEqual(buckets([10, 20], [1, 0, 2]), [{ low: null, high: 10, count: 1 }, { low: 10, high: 20, count: 0 }, { low: 20, high: null, count: 2 }]);
  assert.deepEqual(buckets([10, 20, 30], [0, 4, 0, 0]), [{ low: 10, high: 20, count: 4 }]);
  assert.deepEqual(buckets([10], [0, 0]), []);
});
