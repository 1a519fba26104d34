import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { METRICS, isRatio, metricCell, metricOf, metricText, namesOf } = await lib('metrics');
const { formatter } = await lib('format');
const fmt = formatter({ lang: 'en-GB', currency: 'UAH', timezone: 'UTC' });

test('only the rate is made here, of two counts; nothing to divide by is null', () => {
  assert.equal(namesOf(['rate', 'persons', 'aov']), 'converted,persons,aov');
  assert.equal(metricOf('rate', { converted: 1, persons: 4 }), 0.25);
  assert.equal(metricOf('rate', { converted: 0, persons: 0 }), null);
  assert.equal(metricOf('aov', { aov: null }), null);
  assert.equal(metricOf('events', undefined), null);
});

test('each metric has its unit, in words and in an export', () => {
  const exact = (name, value) => metricText(name, fmt).exact(value);
  assert.deepEqual(METRICS.map((name) => exact(name, null)), METRICS.map(() => '–'));
  assert.equal(exact('arpu', 123456.4), '₴1,234.56');
  assert.equal(exact('session_ms', 107_000), '1 min 47 sec');
  assert.equal(exact('stickiness', 0.0271), '2.71%');
  assert.equal(exact('dau', 22.142857), '22.1');
  assert.equal(exact('persons', 6570), '6,570');
  assert.deepEqual([metricText('dau', fmt).cell(10), metricText('stickiness', fmt).cell(0.0108)], ['10.0', '1.08%']);
  assert.equal(metricCell('aov', { aov: 123456.4 }, 100), 1234.56);
  assert.equal(metricCell('aov', { aov: null }, 100), null);
  assert.equal(metricCell('bounce_rate', { bounce_rate: 0.5 }, 100), 0.5);
  assert.deepEqual(METRICS.filter(isRatio), ['aov', 'arpu', 'arppu', 'rate', 'stickiness', 'session_ms', 'bounce_rate']);
});
