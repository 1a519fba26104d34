import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { filterText, parseFilter } = await lib('filters');
const { colorToken } = await lib('color');

test('a filter survives the address, colons and all', () => {
  for (const filter of [{ dim: 'platform', op: 'is', value: 'google' }, { dim: 'campaign', op: 'not_contains', value: 'a:b: c' }, { dim: 'source', op: 'is', value: '' }]) assert.deepEqual(parseFilter(filterText(filter)), filter);
});

test('what is no filter is none', () => {
  for (const text of ['', 'platform', 'planet:is:mars', 'platform:like:x']) assert.equal(parseFilter(text), null);
});

test('a channel has one colour, however it is written', () => {
  assert.equal(colorToken('Google'), colorToken(' google '));
  assert.equal(colorToken('unknown'), '--c0');
  assert.equal(colorToken('some new channel'), colorToken('some new channel'));
  assert.match(colorToken('some new channel'), /^--c\d+$/);
});
