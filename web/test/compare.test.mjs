import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { intervalOf, spread, ticks } = await lib('compare');

test('an interval is two ends or none', () => {
  assert.equal(intervalOf([1]), undefined);
  assert.equal(intervalOf(null), undefined);
  assert.deepEqual(intervalOf([1, 2]), [1, 2]);
});

test('ticks are round, within, and never -0', () => {
  assert.deepEqual(ticks(0, 23.4e6), [0, 1e7, 2e7]);
  assert.deepEqual(ticks(-0.85, 0.8), [-0.5, 0, 0.5]);
  assert.ok(ticks(-1, 1).every((one) => !Object.is(one, -0)));
  assert.deepEqual(ticks(3, 3), [3]);
  assert.deepEqual(spread([3, 1, 2]), [1, 3]);
  assert.equal(spread([]), null);
});
