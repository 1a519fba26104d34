// The real clients, unmodified: what they send arrives once, under one person, and shows in the live stream at once.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';
import { webcrypto } from 'node:crypto';
import { Analytics as SegmentAnalytics } from '@segment/analytics-node';
import { JSDOM, VirtualConsole } from 'jsdom';
import { SLOW, Server, WRITE_KEY, finallyDo, until } from '../lib/server.mjs';

const require = createRequire(import.meta.url);
const RudderAnalytics = require('@rudderstack/rudder-sdk-node');
const LegacyAnalytics = require('analytics-node');

/* the file that a page's script tag would load; the package's "exports" leave it out */
const SDK = new URL('../node_modules/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js', import.meta.url);
const SHOWN_MS = 2000; /* from the send to the live stream */

/** One page, one identify, two tracks, as every client below sends them. */
const CAMPAIGN = { campaign: { source: 'facebook', medium: 'cpc', name: 'Spring' } };

/** Wait for the four calls in the live stream of a server, then look at the person. */
async function arrived(server, sent, user, anonymous) {
  const items = await until('four calls in the live stream', async () => {
    const live = (await server.get('/api/v1/live', { limit: 100 })).items.filter(({ state }) => state === 'kept');
    return live.length >= 4 && live;
  });
  assert.ok(Date.now() - sent < SHOWN_MS * SLOW, `shown ${Date.now() - sent} ms after the send`);
  assert.deepEqual(items.map(({ type }) => type).sort(), ['identify', 'page', 'track', 'track']);
  const person = await server.get(`/api/v1/journeys/u:${user}`);
  assert.equal(person.person, `u:${user}`);
  if (anonymous) assert.ok(person.aliases.includes(`a:${anonymous}`), `${person.aliases}`);
  const events = person.events.map(({ event, amount, platform }) => ({ event, amount, platform }));
  assert.deepEqual(events.map(({ event }) => event).sort(), ['Order Completed', 'Page Viewed', 'Product Viewed']);
  const order = events.find(({ event }) => event === 'Order Completed');
  assert.deepEqual([order.amount, order.platform], [1999, 'facebook']);
  for (const { at } of person.events) assert.ok(Math.abs(Date.parse(at) - sent) < 10_000, `the time is now: ${at}`);
  const { names } = await server.get('/api/v1/names');
  assert.deepEqual(names.map(({ events: n }) => n), [1, 1, 1], 'each once');
  const session = await server.get('/api/v1/session');
  assert.deepEqual([session.persons, (await server.get('/api/v1/rejects')).open], [1, 0]);
}

const order = (user) => ({ userId: user, event: 'Order Completed', properties: { revenue: 19.99, currency: 'UAH' }, context: CAMPAIGN });

/* before identify nobody knows the user: the clients that have no memory say both names in the identify */
async function serverSide(analytics, server, flush) {
  const sent = Date.now(), anonymousId = 'browser-1', user = 'user-1';
  analytics.page({ anonymousId, name: 'Home' });
  analytics.track({ anonymousId, event: 'Product Viewed', properties: { price: 5 } });
  analytics.identify({ userId: user, anonymousId, traits: { plan: 'free' } });
  analytics.track(order(user));
  await flush();
  await arrived(server, sent, user, anonymousId);
}

for (const options of [{ flushAt: 1 }, { flushAt: 20 }, { flushAt: 20, gzip: false }]) {
  test(`@rudderstack/rudder-sdk-node ${JSON.stringify(options)}`, async (t) => {
    const server = await Server.start(t);
    const analytics = new RudderAnalytics(WRITE_KEY, { dataPlaneUrl: server.base, logLevel: 'error', ...options });
    await serverSide(analytics, server, () => analytics.flush());
  });
}

test('@segment/analytics-node', async (t) => {
  const server = await Server.start(t);
  const analytics = new SegmentAnalytics({ writeKey: WRITE_KEY, host: server.base });
  const errors = [];
  analytics.on('error', (error) => errors.push(error));
  await serverSide(analytics, server, () => analytics.closeAndFlush());
  assert.deepEqual(errors, []);
});

test('analytics-node, the one before it', async (t) => {
  const server = await Server.start(t);
  const analytics = new LegacyAnalytics(WRITE_KEY, { host: server.base, flushAt: 4 });
  await serverSide(analytics, server, () => new Promise((done, failed) => analytics.flush((error) => (error ? failed(error) : done()))));
});

test('a client that could not reach the server sends again, and each event is there once', async (t) => {
  const server = await Server.start(t);
  const { port } = server;
  await server.stop();
  const analytics = new SegmentAnalytics({ writeKey: WRITE_KEY, host: `http://127.0.0.1:${port}`, maxRetries: 20, flushAt: 1 });
  let tries = 0;
  analytics.on('error', () => {}).on('http_request', () => tries++);
  for (let i = 0; i < 5; i++) analytics.track({ userId: 'user-1', event: 'Kept For Later', messageId: `later-${i}` });
  await until('it to try', () => tries >= 5);
  server.env.DEMETRA_LISTEN = `127.0.0.1:${port}`;
  await server.spawn();
  await analytics.closeAndFlush();
  await until('all five', async () => (await server.get('/api/v1/names')).names[0]?.events === 5, 20_000);
});

/** A browser page with RudderStack's SDK in it, loaded from `server`. */
async function browser(server, t) {
  const errors = [];
  const dom = new JSDOM('<!doctype html><html><head><title>Shop</title></head><body></body></html>', {
    url: 'http://shop.example/shoes?utm_source=facebook&utm_medium=cpc&utm_campaign=Spring', runScripts: 'outside-only', pretendToBeVisual: true,
    virtualConsole: new VirtualConsole().on('jsdomError', (error) => errors.push(error)),
  });
  finallyDo(t, () => dom.window.close());
  const { window } = dom;
  window.TextEncoder = TextEncoder;
  window.TextDecoder = TextDecoder;
  Object.defineProperty(window, 'crypto', { value: webcrypto });
  window.eval(readFileSync(SDK, 'utf8'));
  const analytics = new window.rudderanalytics.RudderAnalytics();
  const ready = new Promise((done) => analytics.ready(done));
  analytics.load(WRITE_KEY, server.base, { configUrl: server.base, polyfillIfRequired: false, logLevel: 'ERROR' });
  await Promise.race([ready, until('the SDK to be ready', () => analytics.getAnonymousId?.())]);
  return { analytics, errors };
}

test('@rudderstack/analytics-js in a browser page, from its boot by /sourceConfig on', async (t) => {
  const server = await Server.start(t);
  const { analytics, errors } = await browser(server, t);
  const sent = Date.now();
  analytics.page('Home');
  analytics.track('Product Viewed', { price: 5 });
  analytics.identify('user-1', { plan: 'free' });
  analytics.track('Order Completed', { revenue: 19.99, currency: 'UAH' });
  await arrived(server, sent, 'user-1', analytics.getAnonymousId());
  assert.deepEqual(errors, [], 'no request was refused for its origin');
});
