import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { emptyDefinition, saying, sayingOf, usualDays, within } = await lib('segments');

test('a condition begins with its kind and whether it is turned round; both ways', () => {
  for (const said of ['event', '!event', 'first_touch', '!first_touch', 'any_touch', '!any_touch']) assert.equal(sayingOf(saying(null, said)), said);
  assert.equal(sayingOf({ kind: 'group' }), null);
  assert.equal(sayingOf({ kind: 'persons', not: true }), null);
});

test('another beginning keeps what the new kind has', () => {
  const event = { kind: 'event', not: false, event: 'Order Completed', at_least: 3, at_most: 5, last_days: 7, filter: ['platform:is:google'] };
  assert.deepEqual(saying(event, '!event'), { ...event, not: true });
  assert.deepEqual(saying(event, 'any_touch'), { kind: 'any_touch', not: false, filter: ['platform:is:google'] });
  assert.deepEqual(saying({ kind: 'any_touch', filter: ['medium:is:cpc'] }, '!first_touch'), { kind: 'first_touch', not: true, filter: ['medium:is:cpc'] });
  assert.equal(saying({ kind: 'any_touch', filter: ['medium:is:cpc'] }, 'event').event, '*');
  assert.deepEqual(saying({ kind: 'event', filter: [] }, 'first_touch').filter, ['platform:is:'], 'a touch has a filter');
});

test('days take the place of dates', () => {
  assert.deepEqual(within({ kind: 'event', from: '2025-01-01', to: null }, 30), { kind: 'event', last_days: 30, from: null, to: null });
  assert.equal(usualDays({ kind: 'event', last_days: 9 }), 9);
  assert.equal(usualDays({ kind: 'event', last_days: null }), 30);
  assert.equal(emptyDefinition().conditions.length, 1);
});
