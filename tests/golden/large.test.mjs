// Every question against the same question in SQL, on a history that is too large for one piece of anything; then again.
import test from 'node:test';
import { Random, batchesOf, makeHistory } from '../lib/history.mjs';
import { Server } from '../lib/server.mjs';
import { Oracle } from './oracle.mjs';
import { allAnswers, compareAll, sameAnswers, sendAll } from './questions.mjs';

test('20,000 events, with questions in between; after a new start every answer is the same to the byte', async (t) => {
  const zone = 'Europe/Kyiv', history = makeHistory(2024, { events: 20_000 }), random = new Random(1);
  const server = await Server.start(t, { env: { DEMETRA_TIMEZONE: zone } });
  for (const batch of batchesOf(history.items, random, 1000)) {
    await sendAll(server, [batch]);
    await server.get('/api/v1/names');
  }
  const questions = (await compareAll(server, await Oracle.of(t, history.items, zone), history)).filter(([target]) => target !== '/api/v1/session');
  const before = await allAnswers(server, questions);
  await server.restart();
  sameAnswers(await allAnswers(server, questions), before, 'after SIGTERM');
});
