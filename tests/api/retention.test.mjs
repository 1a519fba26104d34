// Who came back: a small history made by hand, with answers worked out by hand.
//
// Kyiv is UTC+2 until 2025-03-30 03:00, then UTC+3; 2025-03-24 and 2025-03-31 are Mondays. Times below are Kyiv's own.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Server } from '../lib/server.mjs';

const server = await Server.start(test);
const WINTER = '+02:00', SUMMER = '+03:00';
const GOOGLE = { source: 'google', medium: 'cpc', name: 'Spring', id: 'g1' };

/* who, when (Kyiv), what, where from */
const HISTORY = [
  ['ann', '2025-03-30T23:59:59' + SUMMER, 'Sign Up', GOOGLE],        /* the last second of a week */
  ['ann', '2025-03-31T00:00:00' + SUMMER, 'Page Viewed'],            /* the first of the next */
  ['bob', '2025-03-31T00:00:00' + SUMMER, 'Sign Up', GOOGLE],
  ['bob', '2025-04-06T23:59:59' + SUMMER, 'Page Viewed'],            /* still his own week */
  ['bob', '2025-04-14T00:00:00' + SUMMER, 'Page Viewed'],
  ['cat', '2025-03-24T00:00:00' + WINTER, 'Sign Up'],
  ['cat', '2025-04-13T23:59:59' + SUMMER, 'Page Viewed'],
  ['cat', '2025-04-14T12:00:00' + SUMMER, 'Sign Up'],                /* again */
  ['dan', '2025-03-25T10:00:00' + WINTER, 'Page Viewed'],            /* never signs up */
  ['eve', '2025-03-29T12:00:00' + WINTER, 'Sign Up'],
  ['eve', '2025-03-30T00:00:00' + WINTER, 'Page Viewed'],            /* a day of 23 hours */
  ['eve', '2025-03-31T23:59:59' + SUMMER, 'Page Viewed'],
  ['fox', '2024-01-31T12:00:00' + WINTER, 'Sign Up'],
  ['fox', '2024-02-29T23:59:59' + WINTER, 'Page Viewed'],
  ['fox', '2024-03-01T00:00:00' + WINTER, 'Page Viewed'],
  ['gus', '2024-02-29T12:00:00' + WINTER, 'Sign Up'],
  ['gus', '2024-03-31T23:59:59' + SUMMER, 'Page Viewed'],
  ['hal', '2024-12-31T23:59:59' + WINTER, 'Sign Up'],
  ['hal', '2025-01-01T00:00:00' + WINTER, 'Page Viewed'],            /* another year and month, the same week */
  ['hal', '2025-03-26T12:00:00' + WINTER, 'Sign Up'],                /* again */
];

const batchOf = (history) => ({
  batch: history.map(([who, at, event, campaign], i) => ({
    type: event === 'Page Viewed' ? 'page' : 'track', event, userId: who, messageId: `m${i}`, originalTimestamp: at, timestamp: at, context: { campaign },
  })).reverse(), /* the order of arrival does not matter */
});
await server.send('batch', batchOf(HISTORY));

const SPRING = { start: 'Sign Up', unit: 'week', from: '2025-03-24', to: '2025-04-20', periods: 3 };
const ask = (query, of = server) => of.get('/api/v1/retention', query);
const rowsOf = ({ cohorts }) => Object.fromEntries(cohorts.map(({ start, size, returned }) => {
  assert.equal(size, returned[0]);
  return [start, returned];
}));

test('weeks begin on Monday, in the reporting time zone', async () => {
  const got = await ask(SPRING);
  assert.equal(got.unit, 'week');
  assert.equal(got.groups, undefined);
  assert.deepEqual(rowsOf(got), {
    '2025-03-24': [3, 2, 1, 1], /* ann, cat, eve; hal's first was before */
    '2025-03-31': [1, 0, 1, 0], /* bob */
    '2025-04-07': [0, 0, 0, 0], '2025-04-14': [0, 0, 0, 0],
  });
  assert.deepEqual(got.total, { size: 4, returned: [4, 2, 2, 1], of: [4, 4, 4, 4] });
});

test('elsewhere the same instants fall into other weeks', async (t) => {
  const other = await Server.start(t, { env: { DEMETRA_TIMEZONE: 'America/New_York' } });
  await other.send('batch', batchOf(HISTORY));
  const got = await ask({ ...SPRING, from: '2025-03-17', periods: 4 }, other);
  assert.deepEqual(rowsOf(got), {
    '2025-03-17': [1, 0, 0, 1, 1], /* cat signed up on Sunday evening there */
    '2025-03-24': [3, 2, 1, 0, 0], /* ann, whose page is in the same week; bob, eve */
    '2025-03-31': [0, 0, 0, 0, 0], '2025-04-07': [0, 0, 0, 0, 0], '2025-04-14': [0, 0, 0, 0, 0],
  });
});

test('a return is the event that is asked for; any when it is * or left out', async () => {
  const rows = async (query) => Object.values(rowsOf(await ask({ ...SPRING, ...query })));
  const any = await rows({});
  assert.deepEqual(await rows({ return: '*' }), any);
  assert.deepEqual((await rows({ return: 'Page Viewed' })).slice(0, 2), [[3, 2, 1, 0], [1, 0, 1, 0]]);
  assert.deepEqual((await rows({ return: 'Sign Up' })).slice(0, 2), [[3, 0, 0, 1], [1, 0, 0, 0]]);
  assert.deepEqual((await rows({ return: 'Never' })).slice(0, 2), [[3, 0, 0, 0], [1, 0, 0, 0]]);
  assert.deepEqual(await rows({ start: 'Never' }), Array(4).fill([0, 0, 0, 0]));
  /* any event starts: dan's page too, the others' sign-ups were first */
  assert.deepEqual((await rows({ start: '*' })).slice(0, 2), [[4, 2, 1, 1], [1, 0, 1, 0]]);
});

test('on or after: in that week or any later, to the end of the history', async () => {
  const rows = async (query) => Object.values(rowsOf(await ask({ ...SPRING, mode: 'on_or_after', ...query })));
  assert.deepEqual((await rows({})).slice(0, 2), [[3, 3, 1, 1], [1, 1, 1, 0]]);
  assert.deepEqual((await rows({ periods: 1 })).slice(0, 2), [[3, 3], [1, 1]]);
  assert.deepEqual((await rows({ return: 'Page Viewed' })).slice(0, 2), [[3, 3, 1, 0], [1, 1, 1, 0]]);
});

test('recurring cohorts hold everybody who started in the week', async () => {
  const got = await ask({ ...SPRING, cohorts: 'recurring' });
  assert.deepEqual(rowsOf(got), {
    '2025-03-24': [4, 2, 1, 1], /* hal again */
    '2025-03-31': [1, 0, 1, 0], '2025-04-07': [0, 0, 0, 0],
    '2025-04-14': [1, 0, 0, 0], /* cat again */
  });
  assert.deepEqual(got.total, { size: 6, returned: [6, 2, 2, 1], of: [6, 6, 6, 6] });
});

test('a day of 23 hours is a day', async () => {
  const got = await ask({ start: 'Sign Up', unit: 'day', from: '2025-03-29', to: '2025-03-31', periods: 2 });
  assert.deepEqual(rowsOf(got), { '2025-03-29': [1, 1, 1], '2025-03-30': [1, 1, 0], '2025-03-31': [1, 0, 0] });
});

test('months are as long as those of the calendar; all time holds each of them', async () => {
  const got = await ask({ start: 'Sign Up', unit: 'month', periods: 3 });
  const rows = rowsOf(got);
  assert.equal(got.cohorts.length, 16);
  assert.deepEqual([got.cohorts[0].start, got.cohorts[15].start], ['2024-01-01', '2025-04-01']);
  assert.deepEqual(rows['2024-01-01'], [1, 1, 1, 0]); /* fox, on 29 February and 1 March */
  assert.deepEqual(rows['2024-02-01'], [1, 1, 0, 0]); /* gus, in the last second of March */
  assert.deepEqual(rows['2024-12-01'], [1, 1, 0, 1]); /* hal */
  assert.deepEqual(rows['2025-03-01'], [4, 2, 0, 0]); /* bob and cat in April */
  assert.equal(got.total.size, 7);
});

test('the week at the end of a year is one', async () => {
  const got = await ask({ start: 'Sign Up', from: '2024-12-30', to: '2025-01-05', periods: 1 });
  assert.deepEqual([got.unit, rowsOf(got)], ['week', { '2024-12-30': [1, 0] }]);
});

test('a span chooses who starts, and returns are followed past it', async () => {
  const rows = async (query) => rowsOf(await ask({ ...SPRING, ...query }));
  assert.deepEqual(await rows({ to: '2025-03-24' }), { '2025-03-24': [1, 0, 1, 1] }, 'cat alone');
  assert.deepEqual(await rows({ from: '2025-03-30', to: '2025-03-31' }), { '2025-03-24': [1, 1, 0, 0], '2025-03-31': [1, 0, 1, 0] });
  assert.deepEqual(await rows({ from: '2025-03-29T10:00:01Z', to: '2025-03-30T20:59:59Z' }), { '2025-03-24': [0, 0, 0, 0] }, 'one second short of ann');
});

test('by the touch of the start event', async () => {
  const whole = await ask(SPRING), got = await ask({ ...SPRING, by: 'platform' });
  assert.deepEqual([got.cohorts, got.total], [whole.cohorts, whole.total]);
  const groups = Object.fromEntries(got.groups.map(({ key, ...group }) => [key, group]));
  assert.deepEqual(Object.keys(groups).sort(), ['google', 'unknown']);
  assert.deepEqual(rowsOf(groups.google), { '2025-03-24': [1, 1, 0, 0], '2025-03-31': [1, 0, 1, 0], '2025-04-07': [0, 0, 0, 0], '2025-04-14': [0, 0, 0, 0] });
  assert.deepEqual(groups.google.total, { size: 2, returned: [2, 1, 1, 0], of: [2, 2, 2, 2] });
  assert.deepEqual(groups.unknown.total, { size: 2, returned: [2, 1, 1, 1], of: [2, 2, 2, 2] });
  const filtered = await ask({ ...SPRING, filter: 'platform:is:google' });
  assert.deepEqual([filtered.cohorts, filtered.total], [groups.google.cohorts, groups.google.total]);
});

test('a period that is not over has no number yet', async (t) => {
  const other = await Server.start(t);
  const { today } = await other.get('/api/v1/session');
  const day = (back) => new Date(Date.parse(today) - back * 86_400_000).toISOString().slice(0, 10);
  /* instants that are past, and surely of that day in Kyiv */
  await other.send('batch', batchOf([
    ['ann', `${day(3)}T10:00:00Z`, 'Sign Up'], ['ann', `${day(1)}T10:00:00Z`, 'Page Viewed'],
    ['bob', `${day(2)}T10:00:00Z`, 'Sign Up'], ['bob', `${day(1)}T11:00:00Z`, 'Page Viewed'],
    ['cat', new Date().toISOString(), 'Sign Up'],
  ]));
  const got = await ask({ start: 'Sign Up', unit: 'day', periods: 3, from: day(3), to: day(0) }, other);
  if ((await other.get('/api/v1/session')).today !== today) return t.skip('midnight passed');
  assert.deepEqual(rowsOf(got), {
    [day(3)]: [1, 0, 1, null], [day(2)]: [1, 1, null, null], [day(1)]: [0, null, null, null], [day(0)]: [1, null, null, null],
  });
  assert.deepEqual(got.total, { size: 3, returned: [3, 1, 1, null], of: [3, 2, 1, null] });
  const after = await ask({ start: 'Sign Up', unit: 'day', periods: 3, mode: 'on_or_after', from: day(3), to: day(3) }, other);
  assert.deepEqual(rowsOf(after), { [day(3)]: [1, 1, 1, null] });
});

test('nonsense is refused with its name; the least and the most are taken', async () => {
  const cases = [
    { unit: 'year' }, 'unit', { unit: 'day', from: '2015-01-01', to: '2025-01-01' }, 'unit', { periods: 0 }, 'periods', { periods: 61 }, 'periods', { periods: 'x' }, 'periods',
    { mode: 'after' }, 'mode', { cohorts: 'all' }, 'cohorts', { by: 'colour' }, 'by', { filter: 'colour:is:red' }, 'filter', { from: 'today' }, 'from',
    { from: '2025-03-02', to: '2025-03-01' }, 'to',
  ];
  for (let i = 0; i < cases.length; i += 2) await server.refused('/api/v1/retention', cases[i], cases[i + 1]);
  const refused = await server.request('GET', '/api/v1/retention?mode=after');
  assert.match(refused.json().detail, /mode is on or on_or_after, not "after"/);
  for (const periods of [1, 60]) assert.equal((await ask({ periods })).cohorts[0].returned.length, periods + 1);
});

test('a server without any data answers', async (t) => {
  const empty = await Server.start(t);
  const got = await ask({ by: 'platform', periods: 2 }, empty);
  assert.deepEqual(got, { unit: 'week', cohorts: [], total: { size: 0, returned: [0, null, null], of: [0, null, null] }, groups: [] });
  const asked = await ask({ from: '2025-01-01', to: '2025-01-02', unit: 'day', periods: 1 }, empty);
  assert.deepEqual(rowsOf(asked), { '2025-01-01': [0, 0], '2025-01-02': [0, 0] });
});
