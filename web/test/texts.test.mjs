import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { en } = await lib('texts/en');
const { ru } = await lib('texts/ru');
/* Every table, and those that come with their page. */
const TABLES = {
  all: { en, ru }, attribution: (await lib('texts/attribution')).ATTRIBUTION, explore: (await lib('texts/explore')).EXPLORE, persons: (await lib('texts/persons')).PERSONS, funnel: (await lib('texts/funnel')).FUNNEL,
  segments: (await lib('texts/segments')).SEGMENTS, ltv: (await lib('texts/ltv')).LTV, channels: (await lib('texts/channels')).CHANNELS,
  channelsTabs: (await lib('texts/channels-tabs')).CHANNELS_TABS, channelData: (await lib('texts/channel-data')).CHANNEL_DATA,
};

function shape(table, path = '') {
  return Object.entries(table).flatMap(([key, value]) => (typeof value === 'object' ? shape(value, `${path}${key}.`) : [`${path}${key}:${typeof value}`])).sort();
}

test('both languages say the same things', () => {
  for (const [name, table] of Object.entries(TABLES)) assert.deepEqual(shape(table.ru), shape(table.en), name);
});

test('nothing is left empty or untranslated', () => {
  const same = new Set(['curl', 'JavaScript', 'Node', 'Segment', 'CAC', 'CPA', 'CTR', 'CPC', 'CPM', 'CPA / CAC', 'ROAS', 'LTV', 'ROI']);
  const walk = (a, b) => {
    for (const [key, value] of Object.entries(a)) {
      if (typeof value === 'object') walk(value, b[key]);
      else if (typeof value === 'string') {
        assert.notEqual(b[key].trim(), '', key);
        if (/[a-z]{3}/i.test(value) && !same.has(value)) assert.notEqual(b[key], value, key);
      }
    }
  };
  for (const table of Object.values(TABLES)) walk(table.en, table.ru);
});

test('Russian counts as Russians do', () => {
  assert.equal(ru.days(1), '1 день');
  assert.equal(ru.days(3), '3 дня');
  assert.equal(ru.days(11), '11 дней');
  assert.equal(ru.days(21), '21 день');
  assert.equal(ru.eventsCount(29604, '29,6 тыс.'), '29,6 тыс. событий');
  assert.equal(en.days(1), '1 day');
  assert.equal(en.days(2), '2 days');
});
