import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { changeOf, formatter } = await lib('format');
const place = { currency: 'UAH', timezone: 'Europe/Kyiv' };
const en = formatter({ lang: 'en-GB', ...place });
const ru = formatter({ lang: 'ru-RU', ...place });
const plain = (text) => text.replace(/[\u00A0\u202F]/g, ' ');

test('money is exact to the kopeck in tables and short on cards', () => {
  assert.equal(en.moneyExact(2514222700), '₴25,142,227');
  assert.equal(en.moneyExact(2514222701), '₴25,142,227.01');
  assert.equal(plain(ru.moneyExact(2514222701)), '25 142 227,01 ₴');
  assert.equal(en.moneyShort(2514222700), '₴25.1M');
  assert.equal(plain(ru.moneyShort(2514222700)), '25,1 млн ₴');
  assert.equal(en.moneyShort(0), '₴0');
  assert.equal(formatter({ lang: 'en-GB', currency: 'JPY', timezone: 'UTC' }).moneyExact(1200), '¥1,200');
});

test('numbers are short from ten thousand up', () => {
  assert.equal(en.short(9999), '9,999');
  assert.equal(en.short(12400), '12.4K');
  assert.equal(en.short(3.75), '3.8');
  assert.equal(en.exact(17136), '17,136');
  assert.equal(plain(ru.exact(17136)), '17 136');
});

test('a change has its sign', () => {
  assert.equal(en.change(0.124), '+12.4%');
  assert.equal(en.change(-0.03), '-3%');
  assert.equal(en.change(0), '0%');
  assert.equal(changeOf(112, 100).toFixed(2), '0.12');
  assert.equal(changeOf(5, 0), null);
  assert.equal(changeOf(5, undefined), null);
});

test('lengths of time have two units at most', () => {
  assert.equal(en.duration(0), '0s');
  assert.equal(en.duration(90_000), '1 min 30 sec');
  assert.equal(en.duration(3 * 86_400_000 + 4 * 3_600_000 + 5), '3 days 4 hr');
  assert.equal(en.duration(86_400_000 + 5000), '1 day');
});

test('instants are shown in the reporting time zone, days as they are', () => {
  assert.equal(en.instant('2025-02-12T22:30:00Z'), '13 Feb 2025, 00:30');
  assert.equal(en.day('2025-02-12'), '12 Feb 2025');
});
