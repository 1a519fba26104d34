// The routes of ad channels: what is asked wrongly, what there is nothing for, and the currency of an answer.
import assert from 'node:assert/strict';
import test from 'node:test';
import { adRows, campaignRows, channelRows, dayOf, insert, MAKE_SUMS, stillServer } from '../lib/ads.mjs';
import { Server } from '../lib/server.mjs';
import { TRUTH } from '../lib/social_ads.mjs';

async function filled(test, parts, env) {
  const { server, db } = await stillServer(test, env);
  await db.ask(['BEGIN;', insert('channel', channelRows()), ...parts, MAKE_SUMS, 'COMMIT;'].join('\n'));
  await server.spawn();
  return { server, db };
}

test('without any campaign', async (t) => {
  const server = await Server.start(t, { env: { DEMETRA_CURRENCY: 'UAH' } });
  assert.deepEqual(await server.get('/api/analytics/summary'), {
    total_campaigns: 0, total_roi: 0, avg_roi: null, avg_conversion_rate: null, total_clicks: 0, total_impressions: 0, avg_acquisition_cost: null, roi_change: null,
    conversion_change: null, clicks_change: null, cost_change: null, channels: [], top_performing_channel: null, worst_performing_channel: null, currency: 'UAH',
  });
  assert.deepEqual(await server.get('/api/analytics/channels'), { channels: [], currency: 'UAH' });
  assert.deepEqual(await server.get('/api/analytics/roi-trend'), { points: [] });
  assert.deepEqual(await server.get('/api/analytics/audience'), { rows: [], total: 0, next: null, currency: 'UAH' });
  const tree = await server.get('/api/v1/channels/tree');
  assert.deepEqual([tree.rows, tree.total.spend, tree.total.unpriced, tree.next], [[], null, 0, null]);
  assert.deepEqual((await server.get('/api/v1/channels/series')).points, []);
  assert.ok((await server.get('/api/v1/best-time')).cells.every(({ events, persons }) => events === 0 && persons === 0));
});

test('what is asked wrongly is refused by name', async (t) => {
  const { server } = await filled(t, [insert('campaign', campaignRows({ rows: 3, seed: 1 }))]);
  await server.refused('/api/analytics/summary', { from: '2022-02-30' }, 'from');
  await server.refused('/api/analytics/summary', { from: '2022-02-03', to: '2022-02-02' }, 'to');
  await server.refused('/api/analytics/roi-trend', { step: 'year' }, 'step');
  await server.refused('/api/analytics/audience', { by: 'channel' }, 'by');
  await server.refused('/api/v1/channels/tree', { level: 'ads' }, 'level');
  await server.refused('/api/v1/channels/tree', { level: 'ad' }, 'campaign');
  await server.refused('/api/v1/channels/tree', { level: 'ad_set' }, 'campaign');
  await server.refused('/api/v1/channels/tree', { channel: 'Nowhere' }, 'channel');
  await server.refused('/api/v1/channels/tree', { campaign: 'none' }, 'campaign');
  await server.refused('/api/v1/channels/tree', { compare: 'previous', from: '2022-01-01' }, 'compare');
  await server.refused('/api/v1/channels/tree', { sort: '-name' }, 'sort');
  await server.refused('/api/v1/channels/series', { by: 'campaign' }, 'by');
  await server.refused('/api/v1/best-time', { event: 'Never' }, 'event');
  await server.refused('/api/v1/best-time', { conversion: 'Never' }, 'conversion');
  for (const path of ['/api/analytics/summary', '/api/v1/channels/tree', '/api/v1/best-time', '/export/csv?table=ads'])
    assert.equal((await server.request('GET', path, { as: 'nobody' })).status, 401, path);
});

test('amounts that no rate can turn are in their own currency, if they have one', async (t) => {
  const { server, db } = await filled(t, [insert('campaign', campaignRows({ rows: 400, seed: 1 }))]);
  const mean = async () => (await db.ask('SELECT AVG(acquisition_cost_micros) / 1e6 AS mean FROM campaign'))[0].mean;
  let answer = await server.get('/api/analytics/summary');
  assert.equal(answer.currency, 'USD');
  assert.ok(Math.abs(answer.avg_acquisition_cost - (await mean())) < 1e-6);
  await db.ask("UPDATE campaign SET currency = 'EUR' WHERE id = 1; " + MAKE_SUMS);
  answer = await server.get('/api/analytics/summary');
  assert.deepEqual([answer.currency, answer.avg_acquisition_cost, answer.cost_change], ['UAH', null, null]);
  await db.ask(insert('rate', [{ base: 'UAH', currency: 'EUR', day: 0, rate_e9: 32_500_000_000, changed_ms: 0 }]));
  answer = await server.get('/api/analytics/summary');
  const [{ only }] = await db.ask('SELECT acquisition_cost_micros * 32.5 / 1e6 AS only FROM campaign WHERE id = 1');
  assert.ok(Math.abs(answer.avg_acquisition_cost - only) < 1e-6, 'the only one with a rate');
});

test('campaigns without a date count where no days are asked for', async (t) => {
  const rows = campaignRows({ rows: 10, seed: 4 }).map((row, i) => ({ ...row, day: i < 4 ? null : row.day }));
  const { server } = await filled(t, [insert('campaign', rows)]);
  assert.equal((await server.get('/api/analytics/summary')).total_campaigns, 10);
  assert.equal((await server.get('/api/analytics/summary', { to: '2100-01-01' })).total_campaigns, 10);
  assert.equal((await server.get('/api/analytics/summary', { from: '1970-01-01' })).total_campaigns, 6);
});

test('the means come out as the generator made them', async (t) => {
  const { server } = await filled(t, [insert('campaign', campaignRows({ rows: 20000, seed: 8 }))]);
  const segment = Object.values(TRUTH.segment).reduce((a, b) => a + b) / 5, month = TRUTH.month.reduce((a, b) => a + b) / 12;
  const { channels } = await server.get('/api/analytics/channels');
  for (const { channel, avg_roi: roi } of channels) {
    const wanted = TRUTH.roi * TRUTH.channel[channel].roi * segment * month;
    assert.ok(Math.abs(roi / wanted - 1) < 0.03, `${channel}: ${roi}, made with ${wanted}`);
  }
  const summary = await server.get('/api/analytics/summary');
  assert.deepEqual([summary.top_performing_channel, summary.worst_performing_channel], ['Instagram', 'Pinterest']);
});

test('the tree in order, page by page', async (t) => {
  const ad = adRows({ campaigns: 30, first: dayOf('2022-03-01'), days: 20, seed: 9, currency: () => 'UAH' });
  const { server } = await filled(t, [insert('campaign', campaignRows({ rows: 40, seed: 1 })), insert('ad', ad.ads), insert('ad_day', ad.adDays)]);
  for (const figure of ['spend', 'clicks', 'roas', 'cpc', 'conversions']) {
    for (const sort of [figure, `-${figure}`]) {
      const rows = await server.all('/api/v1/channels/tree', 'rows', { level: 'campaign', sort, limit: 11 });
      assert.equal(rows.length, 30);
      const values = rows.map((row) => row[figure]).filter((value) => value !== null);
      const ordered = [...values].sort((a, b) => (sort === figure ? a - b : b - a));
      assert.deepEqual(values, ordered, sort);
      assert.ok(rows.slice(values.length).every((row) => row[figure] === null), 'what is not known comes last');
    }
  }
});

test('an ad group and an ad by their keys: rows and series', async (t) => {
  const ad = adRows({ campaigns: 6, first: dayOf('2022-03-01'), days: 20, seed: 11, currency: () => 'UAH' });
  const { server } = await filled(t, [insert('campaign', campaignRows({ rows: 8, seed: 1 })), insert('ad', ad.ads), insert('ad_day', ad.adDays)]);
  const tree = (query) => server.get('/api/v1/channels/tree', query).then(({ rows }) => rows);
  const series = (query) => server.get('/api/v1/channels/series', { by: 'none', ...query }).then(({ points }) => points);
  const sum = (list, name) => list.reduce((total, one) => total + (one[name] ?? 0), 0);
  for (const { id: campaign } of await tree({ level: 'campaign' })) {
    for (const group of await tree({ level: 'ad_set', campaign })) {
      const ads = await tree({ level: 'ad', campaign, ad_set: group.key });
      const own = ad.ads.filter((one) => one.ad_set_id === ad.ads.find(({ id }) => id === group.key).ad_set_id && one.campaign_id === ad.ads.find(({ id }) => id === group.key).campaign_id);
      assert.deepEqual(ads.map(({ key }) => key).filter((key) => !own.some(({ id }) => id === key)), []);
      for (const name of ['spend', 'clicks', 'impressions']) {
        assert.equal(sum(ads, name), sum([group], name), name);
        assert.equal(sum(await series({ campaign, ad_set: group.key }), name), sum([group], name), name);
      }
      assert.deepEqual((await tree({ level: 'ad_set', campaign, ad_set: group.key })).map(({ key, spend }) => [key, spend]), [[group.key, group.spend]]);
      for (const one of ads) {
        assert.deepEqual((await tree({ level: 'ad', campaign, ad: one.key })).map(({ key, clicks }) => [key, clicks]), [[one.key, one.clicks]]);
        assert.equal(sum(await series({ campaign, ad: one.key }), 'clicks'), sum([one], 'clicks'));
      }
    }
  }
  const [first, second] = await tree({ level: 'campaign' });
  const [group] = await tree({ level: 'ad_set', campaign: first.id });
  await server.refused('/api/v1/channels/series', { ad_set: group.key }, 'campaign');
  await server.refused('/api/v1/channels/tree', { level: 'ad', campaign: second.id, ad_set: group.key }, 'ad_set');
  await server.refused('/api/v1/channels/tree', { level: 'ad', campaign: first.id, ad: 'x' }, 'ad');
});

test('best time: the hour on the wall when clocks change', async (t) => {
  const server = await Server.start(t, { env: { DEMETRA_TIMEZONE: 'Europe/Kyiv', DEMETRA_CURRENCY: 'UAH' } });
  const at = ['2025-03-30T00:59:59.999Z', '2025-03-30T01:00:00Z', '2025-10-26T00:30:00Z', '2025-10-26T01:30:00Z'];
  for (const [i, timestamp] of at.entries()) await server.send('track', { event: 'Post Viewed', userId: `u${i % 2}`, timestamp });
  await server.send('track', { event: 'Order Completed', userId: 'u1', timestamp: '2025-10-26T01:45:00Z', properties: { revenue: 12.5, currency: 'UAH' }, context: { campaign: { source: 'instagram' } } });
  const cell = (answer, hour) => {
    const { events, persons, conversions, revenue } = answer.cells.find((one) => one.weekday === 7 && one.hour === hour);
    return [events, persons, conversions, revenue];
  };
  let answer = await server.get('/api/v1/best-time', { event: 'Post Viewed', conversion: 'Order Completed' });
  assert.deepEqual([2, 3, 4].map((hour) => cell(answer, hour)), [[1, 1, 0, 0], [2, 2, 1, 1250], [1, 1, 0, 0]]);
  assert.deepEqual([answer.timezone, answer.currency], ['Europe/Kyiv', 'UAH']);
  answer = await server.get('/api/v1/best-time', { from: '2025-10-01', conversion: 'Order Completed', filter: 'source:is:instagram' });
  assert.deepEqual(cell(answer, 3), [1, 1, 1, 1250]);
  assert.deepEqual(cell(answer, 2), [0, 0, 0, 0]);
});
