// Ad spend beside what the facts say it brought: on attribution's keys, as claims beside credit, and what is matched to
// nothing. All numbers are worked by hand, in UAH unless they say otherwise; in the routes they are kopecks.
import assert from 'node:assert/strict';
import test from 'node:test';
import { importAds } from '../lib/ad_imports.mjs';
import { Server, until } from '../lib/server.mjs';

const ADS = `date,source,account_id,campaign_id,campaign_name,ad_id,ad_name,placement,impressions,clicks,cost,currency,conversions,conversion_value
2026-02-01,google_ads,g1,77,Lullaby search,1,Fox,,1000,40,100.00,UAH,2,500.00
2026-02-02,google_ads,g1,77,Lullaby search,2,Hare,,500,10,50.50,UAH,0.5,
2026-02-01,meta,m1,501,Night tales,9,Moon,facebook,2000,50,10.00,USD,1,20.00
2026-02-01,meta,m1,501,Night tales,9,Moon,instagram,1000,25,4.00,USD,,
2026-02-02,meta,m1,502,Dream,8,Owl,facebook,300,3,,UAH,,
2026-02-01,google_ads,g1,78,Nobody came,3,Bear,,10,1,30.00,UAH,,
2026-02-03,telegram_ads,tg1,901,Night fox,,,,100,2,6.40,TON,,
`;
const CONVERSION = 'Order Completed';
const SPAN = { from: '2026-02-01', to: '2026-02-28' };

/** One visit of a person, and an order an hour later if it says what it brought. */
function story(server, person, campaign, revenue, day = '2026-02-10') {
  const visit = { type: 'track', event: 'Visit', userId: person, messageId: `${person} visit`, timestamp: `${day}T10:00:00Z`, context: { campaign } };
  const order = { type: 'track', event: CONVERSION, userId: person, messageId: `${person} order`, timestamp: `${day}T10:10:00Z`, properties: { revenue } };
  return revenue === undefined ? [visit] : [visit, order];
}

async function filled(t) {
  const server = await Server.start(t);
  const batch = [
    ...story(server, 'a', { source: 'google', medium: 'cpc', name: 'whatever', id: '77', content: 'Fox' }, 1000),
    ...story(server, 'b', { source: 'google', medium: 'cpc', name: 'LULLABY search', content: '2' }, 200),
    ...story(server, 'c', { source: 'facebook', medium: 'paid_social', name: 'Night tales' }, 300),
    ...story(server, 'd', { source: 'facebook', medium: 'paid_social', name: 'spring_sale' }, 50),
    ...story(server, 'e', { source: 'newsletter', medium: 'email', name: 'letter' }, 70),
    ...story(server, 'f', { source: 'google', medium: 'cpc', name: 'Lullaby search' }),
  ];
  const sent = await server.request('POST', '/v1/batch', { as: 'write', json: { batch } });
  assert.equal(sent.status, 200, `${sent}`);
  await until('the events', async () => (await server.get('/api/v1/metrics', { names: 'events' })).totals.events === batch.length);
  await importAds(server, ADS);
  return server;
}

const put = async (server, target, json) => {
  const reply = await server.request('PUT', target, { json });
  assert.equal(reply.status, 200, `${reply}`);
};
const attribution = (server, query = {}) => server.get('/api/v1/attribution', { conversion: CONVERSION, models: 'last,linear', ...SPAN, ...query });
const spendOf = ({ rows }) => Object.fromEntries(rows.map(({ key, spend }) => [key, spend]));
const near = (got, wanted, what) => assert.ok(Math.abs(got - wanted) < 1e-9 * Math.max(1, Math.abs(wanted)), `${what}: ${got}, not ${wanted}`);

test('spend on the keys of attribution; unknown until there is a rate, never 0', async (t) => {
  const server = await filled(t);
  const before = await attribution(server);
  assert.deepEqual(spendOf(before), { google: 18050, facebook: null, email: null });
  /* 100 + 50.50 + 30; three rows in USD and TON and one without a cost are not known */
  assert.deepEqual(before.spend, { total: 18050, unmatched: 0, unpriced: 4 });

  await put(server, '/api/v1/rates', { currency: 'USD', day: '2026-01-01', rate: '41.25' });
  const by = await attribution(server);
  /* USD 10 = 412.50; USD 4 on Instagram = 165, and no event is from there */
  assert.deepEqual(spendOf(by), { google: 18050, facebook: 41250, email: null });
  assert.deepEqual(by.spend, { total: 18050 + 41250 + 16500, unmatched: 16500, unpriced: 2 });
  const google = by.rows.find(({ key }) => key === 'google').models.last;
  assert.deepEqual([google.conversions, google.revenue], [2, 120000]);
  near(google.cac, 9025, 'CAC'); /* 180.50 / 2 */
  near(google.roas, 1200 / 180.5, 'ROAS');
  /* one day of Facebook says no cost: what is known is shown, and nothing is divided by it */
  const facebook = by.rows.find(({ key }) => key === 'facebook');
  assert.deepEqual([facebook.unpriced, facebook.models.last.cac, facebook.models.last.roas], [1, null, null]);
  const email = by.rows.find(({ key }) => key === 'email').models.last;
  assert.deepEqual([email.cac, email.roas], [null, null]);
  assert.deepEqual([by.unattributed.models.last.cac, by.unattributed.models.last.roas], [null, null]);

  assert.equal((await attribution(server, { from: '2026-02-02', to: '2026-02-02' })).spend.total, 5050);
  assert.equal((await attribution(server, { from: '2026-03-01', to: '2026-03-31' })).spend.total, 0);
});

test('by campaign: through ids and names, split by events, and what is matched to nothing', async (t) => {
  const server = await filled(t);
  await put(server, '/api/v1/rates', { currency: 'USD', day: '2026-01-01', rate: '41.25' });
  const by = await attribution(server, { by: 'campaign' });
  /* 77 spent 150.50: events of it: "whatever" 1 (the id), "LULLABY search" 1, "Lullaby search" 1: 50.17, 50.17, 50.16;
     the orders carry no campaign. Of the last there is no order, so no row. */
  const shares = spendOf(by);
  assert.deepEqual(Object.keys(shares).sort(), ['LULLABY search', 'Night tales', 'letter', 'spring_sale', 'whatever']);
  assert.equal(shares['Night tales'], 57750); /* both channels */
  assert.deepEqual([shares.letter, shares.spring_sale], [null, null]);
  assert.deepEqual([shares.whatever, shares['LULLABY search']], [5017, 5017]);
  assert.equal(by.spend.total, 15050 + 57750 + 3000);
  assert.equal(by.spend.unmatched, 3000); /* "Nobody came" */
});

test('claims beside credit: by channel, campaign and ad; all add up', async (t) => {
  const server = await filled(t);
  await put(server, '/api/v1/rates', { currency: 'USD', day: '2026-01-01', rate: '41.25' });
  const ask = (query) => server.get('/api/v1/channels/credit', { conversion: CONVERSION, models: 'first,last,linear', ...SPAN, ...query });
  const row = (answer, name) => answer.rows.find((one) => one.name === name);

  const channels = await ask({ by: 'channel' });
  assert.deepEqual(channels.rows.map(({ name, spend, unpriced }) => [name, spend, unpriced]),
    [['Facebook', 41250, 1], ['Google Ads', 18050, 0], ['Instagram', 16500, 0], ['Telegram', null, 1]]);
  const google = row(channels, 'Google Ads');
  assert.deepEqual([google.claimed.conversions, google.claimed.revenue], [2.5, 50000]);
  near(google.claimed.cpa, 18050 / 2.5, 'CPA');
  near(google.claimed.roas, 50000 / 18050, 'claimed ROAS');
  assert.deepEqual([google.models.last.conversions, google.models.last.revenue], [2, 120000]);
  near(google.models.last.cac, 9025, 'CAC');
  const facebook = row(channels, 'Facebook');
  assert.deepEqual([facebook.claimed.conversions, facebook.claimed.revenue], [1, 82500]); /* USD 20 */
  assert.deepEqual([facebook.models.last.conversions, facebook.models.last.revenue, facebook.models.last.roas], [2, 35000, null]);
  assert.deepEqual(row(channels, 'Instagram').claimed, { conversions: null, revenue: null, cpa: null, roas: null });
  assert.deepEqual([channels.unmatched.models.last.conversions, channels.unmatched.models.last.revenue], [1, 7000]); /* the letter */

  const campaigns = await ask({ by: 'campaign' });
  assert.deepEqual(campaigns.rows.map(({ id, name, spend }) => [id, name, spend]), [
    ['meta:m1:501', 'Night tales', 57750], ['google_ads:g1:77', 'Lullaby search', 15050], ['google_ads:g1:78', 'Nobody came', 3000],
    ['meta:m1:502', 'Dream', null], ['telegram_ads:tg1:901', 'Night fox', null]]);
  assert.deepEqual(campaigns.rows.map(({ models }) => models.last.conversions), [1, 2, 0, 0, 0]);
  assert.equal(campaigns.unmatched.models.last.conversions, 2); /* spring_sale, letter */

  const ads = await ask({ by: 'ad', campaign: 'google_ads:g1:77' });
  assert.deepEqual(ads.rows.map(({ id, name, spend, models }) => [id, name, spend, models.last.revenue]), [['1', 'Fox', 10000, 100000], ['2', 'Hare', 5050, 20000]]);
  for (const answer of [channels, campaigns, ads]) {
    for (const model of ['first', 'last', 'linear']) {
      const parts = [...answer.rows, answer.unmatched, answer.unattributed].map(({ models }) => models[model]);
      near(parts.reduce((sum, { conversions }) => sum + conversions, 0), answer.conversions, model);
      assert.equal(parts.reduce((sum, { revenue }) => sum + revenue, 0), answer.revenue, model);
    }
  }
  await server.refused('/api/v1/channels/credit', { conversion: CONVERSION, by: 'ad' }, 'campaign');
  await server.refused('/api/v1/channels/credit', { conversion: CONVERSION, by: 'platform' }, 'by');
});

test('a match by hand moves spend and credit, and can be taken back', async (t) => {
  const server = await filled(t);
  const unmatched = () => server.get('/api/v1/matches/campaigns', { ...SPAN, state: 'unmatched' });
  const values = (query) => server.get('/api/v1/matches', { ...SPAN, ...query });
  assert.deepEqual((await unmatched()).campaigns.map(({ campaign_id, spend, events }) => [campaign_id, spend, events]),
    [['google_ads:g1:78', 3000, 0], ['meta:m1:502', null, 0], ['telegram_ads:tg1:901', null, 0]]);
  assert.deepEqual([(await unmatched()).unmatched_spend, (await unmatched()).spend], [3000, 18050]);
  const found = (await values()).values;
  assert.deepEqual(found.map(({ value, campaign_id, origin }) => [value, campaign_id, origin]).sort(), [
    ['LULLABY search', 'google_ads:g1:77', 'auto'], ['Lullaby search', 'google_ads:g1:77', 'auto'], ['Night tales', 'meta:m1:501', 'auto'],
    ['letter', null, null], ['spring_sale', null, null], ['whatever', 'google_ads:g1:77', 'auto']]);
  assert.deepEqual((await values({ state: 'unmatched' })).values.map(({ value }) => value).sort(), ['letter', 'spring_sale']);

  await put(server, '/api/v1/matches', { dim: 'campaign', value: 'spring_sale', campaign_id: 'google_ads:g1:78' });
  await put(server, '/api/v1/matches', { dim: 'campaign', value: 'Night tales', campaign_id: null });
  assert.equal((await unmatched()).unmatched_spend, 0);
  const by = await attribution(server, { by: 'campaign' });
  assert.deepEqual([spendOf(by).spring_sale, spendOf(by)['Night tales']], [3000, null]);
  assert.deepEqual((await values()).values.filter(({ origin }) => origin === 'hand').map(({ value, campaign_id }) => [value, campaign_id]).sort(),
    [['Night tales', null], ['spring_sale', 'google_ads:g1:78']]);
  await server.restart();
  assert.deepEqual(spendOf(await attribution(server, { by: 'campaign' })), spendOf(by));

  for (const value of ['spring_sale', 'Night tales']) {
    const gone = await server.request('DELETE', `/api/v1/matches/campaign/${encodeURIComponent(value)}`);
    assert.ok(gone.status < 300, `${gone}`);
  }
  assert.deepEqual((await values()).values, found);
  assert.equal((await server.request('DELETE', '/api/v1/matches/campaign/spring_sale')).status, 404);
  for (const [json, field] of [[{ dim: 'medium', value: 'x', campaign_id: null }, 'dim'], [{ dim: 'campaign', value: '', campaign_id: null }, 'value'],
    [{ dim: 'campaign', value: 'x', campaign_id: 'nobody' }, 'campaign_id'], [{ dim: 'campaign', value: 'x' }, 'campaign_id']]) {
    const reply = await server.request('PUT', '/api/v1/matches', { json });
    assert.equal(reply.status, 400, `${reply}`);
    assert.equal(reply.json().field, field);
  }
});
