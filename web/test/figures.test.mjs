import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { figureText, figureCell, goodWhenMore, stateOf } = await lib('figures');
const { formatter } = await lib('format');
const fmt = formatter({ lang: 'en-GB', currency: 'UAH', timezone: 'UTC' });

test('each figure in its own way; what is not known is a dash', () => {
  assert.equal(figureText('spend', fmt).exact(123456), '₴1,234.56');
  assert.equal(figureText('cpc', fmt).short(384.179), '₴3.84');
  assert.equal(figureText('spend', fmt).short(124_234_070), '₴1.2M');
  assert.equal(figureText('avg_acquisition_cost', fmt).exact(12.5), '₴12.50');
  assert.equal(figureText('roas', fmt).cell(11.416), '11.42×');
  assert.equal(figureText('ctr', fmt).cell(0.03169), '3.17%');
  for (const name of ['spend', 'roas', 'ctr', 'clicks', 'avg_roi']) assert.equal(figureText(name, fmt).short(null), '–');
});

test('exports: money in units; what a change means', () => {
  assert.equal(figureCell('cpc', 384.179, 100), 3.84);
  assert.equal(figureCell('ctr', 0.5, 100), 0.5);
  assert.equal(figureCell('spend', null, 100), null);
  assert.deepEqual([goodWhenMore('cpa'), goodWhenMore('roas'), goodWhenMore('spend')], [false, true, null]);
});

test('what platforms call a state', () => {
  const words = { ACTIVE: 'active', ENABLED: 'active', PAUSED: 'paused', INACTIVE: 'paused', DISABLE: 'paused', DELETED: 'gone', REMOVED: 'gone', ARCHIVED: 'gone', 'В архиве': 'gone', SOMETHING: '' };
  for (const [word, state] of Object.entries(words)) assert.equal(stateOf(word), state, word);
  assert.equal(stateOf(null), '');
});
