// A sender makes up names without end: lists stay short, and hold those that matter most.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Server } from '../lib/server.mjs';

const NAMES = 1200;
const server = await Server.start(test);
const event = (name, copy) => ({ type: 'track', userId: 'u', event: `Thing ${name}`, messageId: `${name}-${copy}`, properties: { revenue: name } });
await server.send('batch', { batch: Array.from({ length: NAMES }, (_, name) => event(name, 0)) });
await server.send('batch', { batch: [event(5, 1), event(7, 1), event(7, 2)] });

test('names: the thousand with most events', async () => {
  const { names } = await server.get('/api/v1/names');
  assert.equal(names.length, 1000);
  assert.deepEqual(names.slice(0, 2).map(({ name, events }) => [name, events]), [['Thing 7', 3], ['Thing 5', 2]]);
});

test('conversions: the fifty that bring most money', async () => {
  const { conversions } = await server.get('/api/v1/session');
  assert.equal(conversions.length, 50);
  assert.deepEqual(conversions.slice(0, 3), ['Thing 1199', 'Thing 1198', 'Thing 1197']);
});
