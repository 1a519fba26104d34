// The same answers whatever the program went through: ends, kills, questions in between, one batch or a hundred.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Random, batchesOf, makeHistory } from '../lib/history.mjs';
import { Server } from '../lib/server.mjs';
import { Oracle } from './oracle.mjs';
import { allAnswers, compareAll, nearlySameAnswers, putRates, questionsOf, sameAnswers, seeds, sendAll, withoutLists } from './questions.mjs';

const ZONE = 'Europe/Kyiv';
/** Where a history is stopped, compared, and the server ended one way or the other. */
const MARKS = [0.2, 0.4, 0.6, 0.8];
const start = (t) => Server.start(t, { env: { DEMETRA_TIMEZONE: ZONE } });
/** Which day is today may change; nothing else may. */
const lasting = (questions) => questions.filter(([target]) => target !== '/api/v1/session');
/** How events were cut into batches shows in their place in the raw log, and nowhere else. */
const withoutRaw = (answers) => new Map([...answers].map(([where, text]) => [where, text.replace(/,"raw":"\d+"/g, '')]));

test('after SIGTERM, after kill -9: every answer is the same to the byte', async (t) => {
  const history = makeHistory(31, { events: 1500 });
  const server = await start(t);
  await sendAll(server, batchesOf(history.items, new Random(31)));
  await putRates(server, history.rates);
  const questions = lasting(await compareAll(server, await Oracle.of(t, history.items, ZONE, history.rates), history));
  const before = await allAnswers(server, questions);
  await server.restart();
  sameAnswers(await allAnswers(server, questions), before, 'after SIGTERM');
  await server.kill();
  await server.spawn();
  sameAnswers(await allAnswers(server, questions), before, 'after kill -9');
});

for (const seed of seeds([41, 42, 43])) {
  test(`seed ${seed}: kill -9 while a history is sent, everything is sent again: as if nothing had been`, async (t) => {
    const KILLS = 4;
    const history = makeHistory(seed, { events: 800, alwaysId: true });
    const random = new Random(seed), batches = batchesOf(history.items, random, 60);
    const server = await start(t);
    for (let kill = 0; kill < KILLS; kill++) {
      const at = random.below(batches.length);
      await sendAll(server, batches.slice(0, at));
      if (random.chance(0.5)) await server.get('/api/v1/names');
      const putting = [...history.rates.slice(kill * 4), ...history.rates].slice(0, 4);
      const cut = Promise.all([sendAll(server, batches.slice(at)), putRates(server, putting)]).catch((error) => assert.notEqual(error.code, 'ERR_ASSERTION', error.message));
      await new Promise((wake) => setTimeout(wake, random.below(15)));
      await server.kill();
      await cut;
      await server.spawn();
    }
    await sendAll(server, batches);
    await putRates(server, history.rates);
    await compareAll(server, await Oracle.of(t, history.items, ZONE, history.rates), history);
  });
}

for (const seed of seeds([51, 52])) {
  test(`seed ${seed}: questions and new starts between the batches change no answer, then or later`, async (t) => {
    const history = makeHistory(seed, { events: 800 });
    const random = new Random(seed), server = await start(t), atOnce = await start(t);
    const oracle = await Oracle.of(t, history.items, ZONE, history.rates), rates = [...history.rates], put = [];
    const questions = lasting(questionsOf(seed, await oracle.session(), await oracle.persons()));
    const open = withoutLists(questions).filter(([target]) => !target.includes('/journeys')); /* a person or key may not be known yet */
    let sent = 0, any = false; /* an event; before it a question with `to` alone is refused */
    for (const batch of batchesOf(history.items, random, 20)) {
      const before = sent;
      const asking = Array.from({ length: any ? random.below(4) : 0 }, () => random.pick(open));
      await Promise.all([sendAll(server, [batch]), ...asking.map((question) => server.get(...question))]);
      sent += batch.items;
      any ||= (await server.get('/api/v1/session')).events > 0;
      const mark = MARKS.findIndex((share) => before < share * history.items.length && sent >= share * history.items.length);
      if (mark < 0) continue;
      const next = rates.splice(0, mark === MARKS.length - 1 ? rates.length : 4);
      await putRates(server, next);
      put.push(...next);
      const part = { ...history, items: history.items.slice(0, sent) };
      const now = lasting(await compareAll(server, await Oracle.of(t, part.items, ZONE, put), part, { persons: 4, more: false })), answers = await allAnswers(server, now);
      if (mark % 2) await server.restart();
      else {
        await server.kill();
        await server.spawn();
      }
      sameAnswers(await allAnswers(server, now), answers, `seed ${seed}, ${sent} items, after ${mark % 2 ? 'SIGTERM' : 'kill -9'}`);
    }
    await compareAll(server, oracle, history);
    await putRates(atOnce, history.rates);
    await sendAll(atOnce, batchesOf(history.items, random, 2000));
    const same = withoutLists(questions);
    const bitByBit = withoutRaw(await allAnswers(server, same));
    nearlySameAnswers(same, bitByBit, withoutRaw(await allAnswers(atOnce, same)), `seed ${seed}, sent bit by bit against at once`);
    await server.restart();
    sameAnswers(withoutRaw(await allAnswers(server, same)), bitByBit, `seed ${seed}, in the end, after SIGTERM`);
  });
}

test('a list of persons can be read on after SIGTERM', async (t) => {
  const history = makeHistory(31, { events: 1500 }), server = await start(t), page = { limit: 9 };
  await sendAll(server, batchesOf(history.items, new Random(31)));
  const whole = (await server.get('/api/v1/persons', { limit: 1000 })).persons, first = await server.get('/api/v1/persons', page);
  await server.restart();
  const second = await server.get('/api/v1/persons', { ...page, cursor: first.next });
  assert.deepEqual([...first.persons, ...second.persons], whole.slice(0, 18));
});
