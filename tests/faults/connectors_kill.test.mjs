// kill -9 in the middle of a pull: it goes on where it was, without a gap and without asking again for what is stored.
import assert from 'node:assert/strict';
import test from 'node:test';
import { until } from '../lib/server.mjs';
import { dayNumber } from '../lib/standins/account.mjs';
import { PLATFORMS, Pulls } from '../lib/standins/pulls.mjs';

const MONTH = { days: 30, campaigns: 3, ads: 3 };
/** Requests that are answered before the first kill, and between kills: Yandex answers a chunk whole. */
const ANSWERED = { yandex_direct: () => 1 };

for (const name of Object.keys(PLATFORMS)) {
  test(`${name}: killed again and again, every day is there once`, async (t) => {
    const pulls = await Pulls.start(t, name, { account: MONTH, options: { pageSize: 12 } });
    const { standin, server } = pulls;
    const answered = ANSWERED[name] ?? ((kill) => 2 + 2 * kill);
    standin.stopAfter(answered(1));
    await pulls.connect();
    const kept = new Set();
    let kills = 0, since = 0;
    for (; kills < 4; kills++) {
      if (await until('the pull to be held or done', async () => (standin.holds() ? 'held' : (await pulls.state()).state === 'ok' && 'done'), 60_000) === 'done') break;
      for (const [from, to] of standin.ranges(since)) assert.ok(!kept.has(`${from} ${to}`), `${from} .. ${to} is asked again`);
      since = standin.requests.length;
      await server.kill();
      standin.go();
      /* all but the chunk that was under way is stored; of that one nothing */
      const stored = new Set(pulls.sql('SELECT DISTINCT day FROM ad_day').map(({ day }) => day));
      const whole = wholeRanges(standin, since);
      for (const [from, to] of whole) {
        const days = pulls.account.days.map(dayNumber).filter((day) => day >= dayNumber(from) && day <= dayNumber(to));
        for (const day of days) assert.ok(stored.has(day), `a day of ${from} .. ${to} is missing after a kill`);
        kept.add(`${from} ${to}`);
      }
      standin.stopAfter(answered(kills));
      await server.spawn();
    }
    assert.ok(kills > 1, 'the pull was over before it could be cut');
    standin.go();
    await until('the pull to be done', async () => (await pulls.state()).runs.some(({ state }) => state === 'done'), 60_000);
    pulls.isTrue();
    const { runs } = await server.get('/api/v1/job-runs');
    assert.ok(runs.some(({ state }) => state === 'lost'));
    await pulls.noSecrets();
  });
}

/** Days whose replies came whole, and after which other days were asked: their chunk is stored. */
function wholeRanges(standin, end) {
  const asked = standin.requests.slice(0, end).filter(({ from }) => from);
  const keys = asked.map(({ from, to }) => `${from} ${to}`);
  const last = keys.at(-1);
  return [...new Set(keys)].filter((key) => key !== last).map((key) => key.split(' '));
}

test('kite: SIGTERM in the middle of a pull ends well, and the next start goes on', async (t) => {
  const pulls = await Pulls.start(t, 'kite', { account: MONTH });
  pulls.standin.stopAfter(5);
  await pulls.connect();
  await pulls.standin.stopped();
  await pulls.server.stop();
  pulls.standin.go();
  await pulls.server.spawn();
  await until('the pull to be done', async () => (await pulls.state()).runs.some(({ state }) => state === 'done'), 60_000);
  pulls.isTrue();
});
