// Every question against the same question in SQL, on a history that is too large for one piece of anything.
import test from 'node:test';
import { Random, batchesOf, makeHistory } from '../lib/history.mjs';
import { Server } from '../lib/server.mjs';
import { Oracle } from './oracle.mjs';
import { compareAll, sendAll } from './questions.mjs';

test('20,000 events', async (t) => {
  const zone = 'Europe/Kyiv', history = makeHistory(2024, { events: 20_000 });
  const server = await Server.start(t, { env: { DEMETRA_TIMEZONE: zone } });
  await sendAll(server, batchesOf(history.items, new Random(1), 2000));
  await compareAll(server, await Oracle.of(t, history.items, zone), history);
});
