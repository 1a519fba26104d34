import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { amountText, fits, kindOf, minorOf, minorText, numberOf, typed } = await lib('ads');
const plain = (text) => text.replaceAll(/[\u00A0\u202F]/g, ' ');

test('amounts in their own currency, cents where there are any', () => {
  assert.equal(amountText('en-GB', 1234.5, 'UAH'), '₴1,234.50');
  assert.equal(amountText('en-GB', 1234, 'USD'), '$1,234');
  assert.equal(plain(amountText('ru-RU', 1234.5, 'EUR')), '1 234,50 €');
  assert.equal(amountText('en-GB', 3, 'USDT'), '3 USDT');
  assert.equal(amountText('en-GB', 3.25, null), '3.25');
  assert.equal(minorText('en-GB', 150, 'JPY'), '¥1.50');
});

test('what is typed as an amount', () => {
  for (const [text, minor] of [['1500', 150000], ['1 500,5', 150050], ['0.01', 1], ['20\u00A0000,50', 2000050]]) assert.equal(minorOf(text), minor, text);
  for (const text of ['', '-1', '1.234', '1,2,3', 'much', '1e3']) assert.equal(minorOf(text), null, text);
  for (const minor of [0, 1, 10, 150050, 999999999999]) assert.equal(minorOf(typed(minor)), minor);
  assert.equal(numberOf(' 2,5 '), 2.5);
  assert.equal(numberOf(''), null);
  assert.equal(numberOf('x'), undefined);
});

test('rows are campaigns as a whole if they are described and have no spend of their own', () => {
  assert.equal(kindOf(['campaign_id', 'roi', 'date']), 'campaigns');
  assert.equal(kindOf(['campaign_id', 'roi', 'cost', 'date']), 'days');
  assert.equal(kindOf(['campaign_id', 'conversion_rate', 'date']), 'days');
  assert.equal(kindOf(['roi', 'date']), 'days');
});

test('a pattern holds for the whole text', () => {
  assert.equal(fits('[0-9]{10}', '1234567890'), true);
  assert.equal(fits('[0-9]{10}', '12345678901'), false);
  assert.equal(fits('a|b', 'ab'), false);
  assert.equal(fits('', 'anything'), true);
  assert.equal(fits('[[:digit', 'anything'), true);
});
