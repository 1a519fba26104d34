import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { visitsOf } = await lib('visits');
const at = (minutes, source = '', platform = source || 'unknown') => ({ at: new Date(Date.UTC(2025, 0, 1) + minutes * 60_000).toISOString(), source, medium: '', campaign: '', platform });
const sizes = (...events) => visitsOf(events).map((visit) => visit.length);

test('a visit ends after more than thirty idle minutes', () => {
  assert.deepEqual(sizes(), []);
  assert.deepEqual(sizes(at(0), at(30), at(60)), [3]);
  assert.deepEqual(sizes(at(0), at(31)), [1, 1]);
  assert.deepEqual(sizes(at(0), at(0)), [2]);
});

test('and with an event that says another source; one that says nothing goes on', () => {
  assert.deepEqual(sizes(at(0, 'google'), at(1), at(2, 'google'), at(3, 'email'), at(4)), [3, 2]);
  assert.deepEqual(sizes(at(0), at(1, 'google')), [1, 1]);
});
