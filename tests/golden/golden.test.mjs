// Every question against the same question in SQL, on made histories; the clock changes in the middle of each.
import test from 'node:test';
import { Random, batchesOf, makeHistory } from '../lib/history.mjs';
import { Server } from '../lib/server.mjs';
import { Oracle } from './oracle.mjs';
import { compareAll, putRates, seeds, sendAll } from './questions.mjs';

const EVENTS = [200, 500, 1000, 2000];

for (const seed of seeds([1, 2, 3, 4, 5, 6])) {
  const events = EVENTS[seed % EVENTS.length], zone = seed % 2 ? 'Europe/Kyiv' : 'UTC';
  test(`seed ${seed}: ${events} events, ${zone}`, async (t) => {
    const history = makeHistory(seed, { events });
    const server = await Server.start(t, { env: { DEMETRA_TIMEZONE: zone } });
    const random = new Random(seed), batches = batchesOf(history.items, random);
    const half = random.below(batches.length + 1), some = random.below(history.rates.length + 1);
    await putRates(server, history.rates.slice(0, some));
    await sendAll(server, batches.slice(0, half));
    await putRates(server, history.rates.slice(some));
    await sendAll(server, batches.slice(half));
    await compareAll(server, await Oracle.of(t, history.items, zone, history.rates), history);
  });
}
