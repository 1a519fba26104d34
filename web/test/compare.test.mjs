import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { alikeAbove, intervalOf, overlap, spread, ticks } = await lib('compare');
const { offersOf } = await lib('offers');

test('intervals overlap if they share a point', () => {
  assert.equal(overlap([0, 2], [2, 3]), true);
  assert.equal(overlap([0, 2], [2.1, 3]), false);
  assert.equal(overlap([0, 9], [4, 5]), true);
  assert.equal(intervalOf([1]), undefined);
  assert.deepEqual(intervalOf([1, 2]), [1, 2]);
});

test('a row is alike to its neighbour above in the ranking, whatever the order it comes in', () => {
  const rows = [
    { key: 'c', value: 5, interval: [4, 6] }, { key: 'a', value: 20, interval: [15, 25] },
    { key: 'b', value: 18, interval: [14, 22] }, { key: 'none', value: 0, interval: [0, 5] }, { key: 'blind', value: 3, interval: undefined },
  ];
  assert.deepEqual([...alikeAbove(rows)], [['b', 'a']]);
  assert.deepEqual([...alikeAbove([...rows].reverse())], [['b', 'a']]);
});

test('ticks are round, within, and never -0', () => {
  assert.deepEqual(ticks(0, 23.4e6), [0, 1e7, 2e7]);
  assert.deepEqual(ticks(-0.85, 0.8), [-0.5, 0, 0.5]);
  assert.ok(ticks(-1, 1).every((one) => !Object.is(one, -0)));
  assert.deepEqual(ticks(3, 3), [3]);
  assert.deepEqual(spread([3, 1, 2]), [1, 3]);
  assert.equal(spread([]), null);
});

test('what the server offers: routes whatever their parameters are called, and queries by name', () => {
  const has = offersOf({ paths: {
    '/api/v1/persons/{person}': { get: {}, delete: {} },
    '/api/v1/attribution': { get: { parameters: [{ name: 'order', in: 'query' }, { name: 'id', in: 'path' }] } },
  } });
  assert.equal(has('/api/v1/persons/{id}'), true);
  assert.equal(has('/api/v1/persons/{}', undefined, 'delete'), true);
  assert.equal(has('/api/v1/persons/{}', undefined, 'post'), false);
  assert.equal(has('/api/v1/persons'), false);
  assert.equal(has('/api/v1/attribution', 'order'), true);
  assert.equal(has('/api/v1/attribution', 'id'), false);
  assert.equal(offersOf(undefined)('/api/v1/attribution'), false);
});
