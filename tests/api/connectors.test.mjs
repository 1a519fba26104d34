// Ad platforms pulled: each stand-in's account is in the store to the micro, whatever the platform does on the way.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { ROOT, Server, newFolder, run, until } from '../lib/server.mjs';
import { dayNumber, dayText } from '../lib/standins/account.mjs';
import { Meta } from '../lib/standins/meta.mjs';
import { PLATFORMS, Pulls, quick } from '../lib/standins/pulls.mjs';

const NAMES = Object.keys(PLATFORMS);
const MONTH = { days: 30, campaigns: 3, ads: 3 };
const WEEK = { days: 7, campaigns: 2, ads: 2 };

for (const name of NAMES) {
  test(`${name}: a month with the adapter as it is delivered is the truth to the micro`, async (t) => {
    const pulls = await Pulls.start(t, name, { builtin: true, account: MONTH, options: { pageSize: 100 } });
    const done = await pulls.connected();
    const now = await pulls.state();
    assert.deepEqual([now.state, now.message], ['ok', '']);
    pulls.isTrue();
    assert.equal(done.result.rows, pulls.rows().length);
    assert.equal(done.result.inserted, pulls.rows().length);
    assert.deepEqual(done.result.changed_days, pulls.account.days);
    if (name === 'meta') assert.deepEqual([...new Set(pulls.rows().map(({ channel }) => channel))].sort(), ['Facebook', 'Instagram']);
    await pulls.noSecrets();
  });

  test(`${name}: page by page, and later: restated, renamed, deleted, gone`, async (t) => {
    const pulls = await Pulls.start(t, name, { account: MONTH, options: { pageSize: 5 } });
    await pulls.connected();
    pulls.isTrue();
    const { account } = pulls, days = account.days;
    const range = { from: days[0], to: days.at(-1) };

    const same = await pulls.pull(range);
    assert.deepEqual([same.state, same.result.inserted, same.result.replaced, same.result.removed, same.result.changed_days], ['done', 0, 0, 0, []]);

    account.restate(days[3]);
    account.restate(days[20]);
    const restated = await pulls.pull(range);
    assert.deepEqual(restated.result.changed_days, [days[3], days[20]]);
    assert.ok(restated.result.replaced > 0 && restated.result.inserted === 0 && restated.result.removed === 0);
    pulls.isTrue();

    const before = pulls.rows();
    account.vanish(days[10]);
    const vanished = await pulls.pull(range);
    assert.deepEqual([vanished.result.changed_days, vanished.result.removed], [[days[10]], before.length - pulls.rows().length]);
    assert.ok(vanished.result.removed > 0);
    pulls.isTrue();

    const [{ id }] = account.campaigns;
    const ids = () => pulls.sql(`SELECT id, campaign_id, name FROM campaign WHERE external_id = '${id}'`);
    const [old] = ids();
    account.rename(id, 'A new name; "Осень" <2026>');
    account.deleteAd(account.ads[0].id);
    await pulls.pull(range);
    assert.deepEqual(ids(), [{ ...old, name: 'A new name; "Осень" <2026>' }]);
    pulls.isTrue(); /* the days of the ad that was deleted are there */
  });

  test(`${name}: asked too often, it waits and goes on`, async (t) => {
    const pulls = await Pulls.start(t, name, { account: WEEK });
    for (const fault of [...PLATFORMS[name].limits, 'error429', 'error503', 'error500', 'cut', 'reset', 'slow']) pulls.standin.fail(1, fault, notTwice(pulls));
    const done = await pulls.connected();
    assert.ok(done.result.waited_ms > 0);
    pulls.isTrue();
    while (pulls.standin.failing.some(({ left }) => left > 0)) assert.equal((await pulls.pull({ from: '2025-01-01', to: '2025-04-10' })).state, 'done');
    pulls.isTrue();
    await pulls.noSecrets();
  });

  test(`${name}: what only somebody can mend breaks the connection, and says what to do`, async (t) => {
    const pulls = await Pulls.start(t, name, { account: WEEK });
    for (const fault of PLATFORMS[name].broken) {
      pulls.standin.heal();
      pulls.standin.fail(Infinity, fault, PLATFORMS[name].rows);
      const ended = pulls.id ? await pulls.pull() : (await pulls.connect(), await pulls.ended());
      assert.equal(ended.state, 'failed', fault);
      const now = await pulls.state();
      assert.deepEqual([now.state, now.next_at, now.job.state], ['broken', null, 'off'], `${fault}: ${now.message}`);
      assertSentence(now.message, fault);
      assert.deepEqual(pulls.rows(), []);
    }
    const asked = pulls.standin.requests.length;
    await pulls.server.restart();
    assert.equal((await pulls.state()).job.state, 'off', 'not again by itself');
    assert.equal(pulls.standin.requests.length, asked);
    pulls.standin.heal();
    assert.equal((await pulls.pull()).state, 'done');
    assert.equal((await pulls.state()).state, 'ok');
    pulls.isTrue();
    await pulls.noSecrets();
  });

  test(`${name}: nonsense and half replies store nothing and say why`, async (t) => {
    const pulls = await Pulls.start(t, name, { account: WEEK });
    const elsewhere = await Meta.start(t, pulls.account);
    pulls.standin.elsewhere = elsewhere.base;
    for (const fault of ['types', 'nan', 'huge', 'bad_day', 'other_day', 'html', 'junk', 'empty', 'cut', 'reset', 'redirect', 'echo', 'error500', 'not_found']) {
      pulls.standin.heal();
      const when = ['types', 'nan', 'huge', 'bad_day', 'other_day', 'cut'].includes(fault) ? withRows(pulls) : PLATFORMS[name].rows;
      pulls.standin.fail(Infinity, fault, when);
      const ended = pulls.id ? await pulls.pull() : (await pulls.connect(), await pulls.ended());
      assert.equal(ended.state, 'failed', `${fault}: ${JSON.stringify(ended)}`);
      assertSentence(ended.note, fault);
      assert.ok(['failed', 'broken'].includes((await pulls.state()).state));
      assert.deepEqual(pulls.rows().filter(({ day }) => pulls.account.days.includes(day)), [], fault);
    }
    assert.deepEqual(elsewhere.requests, [], 'a redirect to another host is not followed');
    pulls.standin.heal();
    assert.equal((await pulls.pull()).state, 'done');
    pulls.isTrue();
    await pulls.noSecrets();
  });

  test(`${name}: demetra connect test says in a sentence how it is`, async (t) => {
    const pulls = await Pulls.start(t, name, { account: WEEK });
    await pulls.connected();
    const verdict = async (fault) => {
      pulls.standin.heal();
      if (fault) pulls.standin.fail(Infinity, fault, ['types', 'cut'].includes(fault) ? withRows(pulls) : PLATFORMS[name].rows);
      const { ok, sentence } = (await pulls.server.post(`/api/v1/connections/${pulls.id}/test`, {})).json();
      const told = await run(['connect', 'test', 'Shop'], { folder: pulls.server.folder, env: { DEMETRA_ALLOW_HOSTS: pulls.standin.host } });
      assert.equal(told.code, ok ? 0 : 1, told.stderr);
      assert.equal(`${told.stdout}${told.stderr}`.trim().split('\n').length, 1, told.stdout + told.stderr);
      assert.ok(`${told.stdout}${told.stderr}`.includes(sentence), `${told.stdout}${told.stderr} / ${sentence}`);
      assertSentence(sentence, fault);
      return ok;
    };
    assert.equal(await verdict(), true);
    const faults = [...PLATFORMS[name].broken, 'types', 'html', 'cut', 'redirect', 'not_found'];
    for (const fault of faults) assert.equal(await verdict(fault), false, fault);
    await pulls.noSecrets();
  });
}

/** Requests for rows, but for those after one that failed: a platform that fails as often as that is given up. */
function notTwice(pulls) {
  const { rows } = PLATFORMS[nameOf(pulls)];
  return (asked) => rows(asked) && !pulls.standin.requests.filter(rows).at(-2)?.failed;
}

/** Requests whose good reply would hold rows. */
function withRows(pulls) {
  return (asked) => {
    if (!PLATFORMS[nameOf(pulls)].rows(asked)) return false;
    const { body } = pulls.standin.good({ ...asked });
    return pulls.account.days.some((day) => body?.includes(day)) && /spen[dt]|costMicros|Cost/.test(body);
  };
}

const nameOf = (pulls) => pulls.adapter.replace(/_quick$/, '');

/** One sentence for people: no line ends, no bare number, no secret. */
function assertSentence(text, about) {
  assert.ok(text.length > 15 && text.length < 500 && text.includes(' ') && !/[\n\r{}<>]/.test(text), `${about}: ${JSON.stringify(text)}`);
}

test('google_ads: an access token that ran out is got anew; a refresh token that was revoked breaks the connection', async (t) => {
  const pulls = await Pulls.start(t, 'google_ads', { account: MONTH });
  let n = 0;
  pulls.standin.fail(Infinity, (asked, standin, good) => {
    if (++n === 3) standin.expire();
    return { ...good(), delay: 0 };
  }, PLATFORMS.google_ads.rows);
  await pulls.connected();
  pulls.isTrue();
  assert.equal(pulls.standin.issued, 2);
  pulls.standin.heal();
  pulls.standin.expire();
  pulls.standin.fail(Infinity, 'revoked', ({ path: at }) => at === '/token');
  await pulls.pull();
  const now = await pulls.state();
  assert.equal(now.state, 'broken');
  assertSentence(now.message);
  assert.equal(pulls.standin.requests.filter(({ path: at }) => at === '/token').length, 3, 'a revoked token is not tried again');
  pulls.isTrue();
  await pulls.noSecrets();
});

test('google_ads: a manager is named in the header', async (t) => {
  const pulls = await Pulls.start(t, 'google_ads', { account: WEEK, options: { manager: '9998887776' } });
  await pulls.connect();
  assert.equal((await pulls.ended()).state, 'failed');
  assert.equal((await pulls.state()).state, 'broken');
  const changed = await pulls.server.request('PUT', `/api/v1/connections/${pulls.id}`, { json: { settings: { manager: '9998887776' } } });
  assert.equal(changed.status, 200, `${changed}`);
  await until('the pull', async () => (await pulls.state()).state === 'ok');
  pulls.isTrue();
});

test('meta: too much for one reply goes through a run, which may be skipped and fail', async (t) => {
  const pulls = await Pulls.start(t, 'meta', { account: MONTH, options: { maxRows: 20, polls: 3 } });
  const polled = ({ method, path: at }) => method === 'GET' && /\/\d+$/.test(at);
  pulls.standin.fail(1, 'run_skipped', polled);
  pulls.standin.fail(1, 'run_failed', polled);
  await pulls.connected();
  pulls.isTrue();
  await pulls.noSecrets();
});

test('meta: near its limit it pauses', async (t) => {
  const pulls = await Pulls.start(t, 'meta', { account: WEEK, options: { usage: 96 } });
  const done = await pulls.connected();
  assert.ok(done.result.waited_ms > 0);
  pulls.isTrue();
});

test('yandex_direct: a report that is made slowly is polled by its name; each pull has names of its own', async (t) => {
  const pulls = await Pulls.start(t, 'yandex_direct', { account: MONTH, options: { online: false, polls: 3 } });
  await pulls.connected();
  pulls.isTrue();
  const asked = pulls.standin.requests.filter(PLATFORMS.yandex_direct.rows);
  const names = asked.map(({ text }) => JSON.parse(text).params.ReportName);
  assert.ok(new Set(names).size < names.length, 'the same name while it polls');
  pulls.account.restate(pulls.account.days[5]);
  await pulls.pull({ from: pulls.account.days[0], to: pulls.account.days.at(-1) });
  pulls.isTrue(); /* the old names would have brought the old numbers */
});

test('pulled again, only what may have been restated is asked', async (t) => {
  const pulls = await Pulls.start(t, 'kite', { account: MONTH, window: { restate_days: 7, long_restate_days: 28, long_every_days: 7 } });
  await pulls.connected();
  const since = pulls.standin.requests.length;
  await pulls.pull();
  const first = pulls.standin.ranges(since).map(([from]) => from).sort()[0];
  const back = dayNumber(pulls.account.days.at(-1)) - dayNumber(first);
  assert.ok(back >= 5 && back <= 8, `${first} is ${back} days before the last`);
  pulls.isTrue();
});

test('the account\'s days, not the server\'s: the last day asked is today there', async (t) => {
  for (const timezone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago']) {
    const pulls = await Pulls.start(t, 'kite', { account: { ...WEEK, timezone } });
    await pulls.connected();
    const there = new Intl.DateTimeFormat('en-CA', { timeZone: timezone }).format(new Date());
    const last = pulls.standin.ranges().map(([, to]) => to).sort().at(-1);
    assert.ok([there, dayText(dayNumber(there) - 1)].includes(last), `${last}, it is ${there} there`);
    pulls.isTrue();
  }
});

test('a new platform needs a file and no C: it is listed, checked, pulled', async (t) => {
  const pulls = await Pulls.start(t, 'kite', { builtin: true, account: WEEK });
  const { adapters } = await pulls.server.get('/api/v1/adapters');
  const kite = adapters.find(({ name }) => name === 'kite');
  assert.deepEqual(kite.settings.filter(({ secret }) => secret).map(({ name }) => name), ['key']);
  const refused = await pulls.server.post('/api/v1/connections', { adapter: 'kite', name: 'Shop', settings: pulls.settings({ account: 'letters' }) });
  assert.deepEqual([refused.status, refused.json().field], [400, 'settings.account']);
  await pulls.connected();
  pulls.isTrue();
  assert.match(pulls.sql('SELECT campaign_id FROM campaign LIMIT 1')[0].campaign_id, /^kite:100200300:/);
});

test('an adapter with a mistake is told with file and place', async (t) => {
  const wrong = {
    'window.restate_days': (adapter) => (adapter.window.restate_days = 'seven'),
    'rows.fields.clicks': (adapter) => (adapter.reports[0].rows.fields.clicks = { path: '/clicks' }),
    'errors.rules': (adapter) => (adapter.errors.rules[0].class = 'wrong'),
    colour: (adapter) => (adapter.colour = 'red'),
    nokey: (adapter) => (adapter.auth.value = '{nokey}'),
  };
  for (const [place, spoil] of Object.entries(wrong)) {
    const adapter = quick('kite');
    spoil(adapter);
    await refusesStart(t, JSON.stringify(adapter), place.split('.').at(-1));
  }
  await refusesStart(t, '{"adapter": 1,', '');
});

async function refusesStart(t, text, word) {
  const folder = newFolder(t);
  mkdirSync(path.join(folder, 'adapters'));
  writeFileSync(path.join(folder, 'adapters', 'kite_quick.json'), text);
  await assert.rejects(Server.start(t, { folder }), (error) => error.message.includes('kite_quick.json') && error.message.includes(word), `${word} of a wrong adapter`);
}

test('requests go where the operator allows, and nowhere inside', async (t) => {
  const pulls = await Pulls.start(t, 'kite', { account: WEEK, env: { DEMETRA_ALLOW_HOSTS: '' } });
  await pulls.connect();
  assert.equal((await pulls.ended()).state, 'failed');
  assert.match((await pulls.state()).message, /DEMETRA_ALLOW_HOSTS/);
  assert.deepEqual(pulls.standin.requests, []);
});

test('the delivered adapters are read by a program that has no platform in its C', () => {
  const names = ['Meta', 'graph.facebook', 'googleads', 'tiktok', 'direct.yandex'];
  for (const file of ['adapter.c', 'session.c', 'rows.c', 'classify.c']) {
    const text = readFileSync(path.join(ROOT, 'src/connect', file), 'utf8');
    for (const name of names) assert.ok(!text.toLowerCase().includes(name.toLowerCase()), `${file} knows ${name}`);
  }
});
