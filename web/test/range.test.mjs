import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { addMonths, daysBetween, isDay, monthEnd, resolve, shift } = await lib('range');

test('presets end at the last day with data, both days counted in', () => {
  const end = '2025-11-08';
  assert.equal(resolve('all', end), null);
  assert.deepEqual(resolve('today', end), { from: end, to: end });
  assert.deepEqual(resolve('7d', end), { from: '2025-11-02', to: end });
  assert.deepEqual(resolve('30d', end), { from: '2025-10-10', to: end });
  assert.deepEqual(resolve('month', end), { from: '2025-11-01', to: end });
  assert.deepEqual(resolve('last_month', end), { from: '2025-10-01', to: '2025-10-31' });
  assert.deepEqual(resolve('year', end), { from: '2025-01-01', to: end });
  assert.deepEqual(resolve('last_month', '2025-01-15'), { from: '2024-12-01', to: '2024-12-31' });
});

test('a custom range is put into order, and nonsense is all time', () => {
  assert.deepEqual(resolve('custom', '2025-11-08', { from: '2025-03-05', to: '2025-03-01' }), { from: '2025-03-01', to: '2025-03-05' });
  assert.equal(resolve('custom', '2025-11-08', { from: '2025-02-30', to: '2025-03-01' }), null);
  assert.equal(isDay('2024-02-29'), true);
  assert.equal(isDay('2025-02-29'), false);
});

test('months keep their ends', () => {
  assert.equal(addMonths('2025-01-31', 1), '2025-02-28');
  assert.equal(addMonths('2024-01-31', 1), '2024-02-29');
  assert.equal(addMonths('2025-03-31', -1), '2025-02-28');
  assert.equal(addMonths('2025-12-15', 1), '2026-01-15');
  assert.equal(monthEnd('2025-02-10'), '2025-02-28');
});

test('the range before and after has the same length; whole months move by months', () => {
  assert.deepEqual(shift({ from: '2025-11-02', to: '2025-11-08' }, -1), { from: '2025-10-26', to: '2025-11-01' });
  assert.deepEqual(shift({ from: '2025-11-02', to: '2025-11-08' }, 1), { from: '2025-11-09', to: '2025-11-15' });
  assert.deepEqual(shift({ from: '2025-03-01', to: '2025-03-31' }, -1), { from: '2025-02-01', to: '2025-02-28' });
  assert.deepEqual(shift({ from: '2025-01-01', to: '2025-12-31' }, -1), { from: '2024-01-01', to: '2024-12-31' });
});

test('there and back is where one was', () => {
  for (const days of [{ from: '2025-01-01', to: '2025-01-31' }, { from: '2024-02-10', to: '2024-03-05' }, { from: '2025-06-01', to: '2025-06-01' }]) {
    assert.deepEqual(shift(shift(days, -1), 1), days);
    assert.equal(daysBetween(days.from, days.to) >= 0, true);
  }
});
