// Every question against the same question in SQL, on a history that is too large for one piece of anything; then again.
import test from 'node:test';
import { Random, batchesOf, makeHistory } from '../lib/history.mjs';
import { Server } from '../lib/server.mjs';
import { Oracle } from './oracle.mjs';
import { allAnswers, compareAll, putRates, sameAnswers, sendAll } from './questions.mjs';

const EVENTS = 28_000;
/** The server folds what is new into its files when nothing has come for a second and there are 20,000 new events. */
const BEFORE_QUIET = 0.95, QUIET_MS = 1200;

test('28,000 events, a quiet second, questions in between; after a new start every answer is the same to the byte', async (t) => {
  const zone = 'Europe/Kyiv', history = makeHistory(2024, { events: EVENTS }), random = new Random(1);
  const server = await Server.start(t, { env: { DEMETRA_TIMEZONE: zone } });
  const batches = batchesOf(history.items, random, 1000), first = Math.floor(batches.length * BEFORE_QUIET);
  for (const [i, batch] of batches.entries()) {
    if (i === first) await new Promise((wake) => setTimeout(wake, QUIET_MS));
    await sendAll(server, [batch]);
    await server.get('/api/v1/names');
  }
  await putRates(server, history.rates);
  const questions = (await compareAll(server, await Oracle.of(t, history.items, zone, history.rates), history)).filter(([target]) => target !== '/api/v1/session');
  const before = await allAnswers(server, questions);
  await server.restart();
  sameAnswers(await allAnswers(server, questions), before, 'after SIGTERM');
});
