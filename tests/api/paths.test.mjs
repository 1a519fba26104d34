// What people do after an event, and before it: a small history made by hand, with answers worked out by hand.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Server } from '../lib/server.mjs';

const server = await Server.start(test);

/* One letter an event, a minute apart; a blank is two hours, so that another session begins. Kyiv is UTC+2 then. */
const HISTORY = { ann: 'HCBB O', bob: 'HCHB', cat: 'C', dan: 'O HD', eve: 'HHC' };
const NAMES = { H: 'Home', C: 'Catalogue', B: 'Basket', O: 'Order', D: 'Docs' };
const batch = [];
for (const [who, letters] of Object.entries(HISTORY)) {
  let at = Date.parse('2025-03-10T08:00:00+02:00');
  for (const letter of letters) {
    at += letter === ' ' ? 7_200_000 : 60_000;
    if (letter === ' ') continue;
    const when = new Date(at).toISOString();
    batch.push({
      type: 'track', event: NAMES[letter], userId: who, messageId: `${who}${at}`, originalTimestamp: when, timestamp: when,
      context: who === 'bob' ? { campaign: { source: 'google', medium: 'cpc', name: 'Spring', id: 'g1' } } : {},
    });
  }
}
await server.send('batch', { batch });

const ask = (query) => server.get('/api/v1/paths', query);

/** An answer as text: a level's nodes, letter and paths, with the links to the next by letter; "." is the end. */
function textOf({ levels, links }) {
  const letter = ({ kind, name }) => (kind === 'end' ? '.' : kind === 'other' ? '*' : Object.entries(NAMES).find(([, full]) => full === name)[0]);
  return levels.map(({ nodes }, level) => {
    const to = links.filter((link) => link.level === level).map((link) => `${letter(nodes[link.from])}>${letter(levels[level + 1].nodes[link.to])}=${link.count}`);
    return [...nodes.map((node) => `${letter(node)}${node.paths}`), ...to].join(' ');
  }).join(' | ');
}

/** The nodes of one level. */
function nodesText(got, level) {
  return textOf(got).split(' | ')[level].split(' ').filter((word) => !word.includes('>')).join(' ');
}

/** What enters a node leaves it. */
function assertKept({ levels, links, paths }) {
  const sum = (list) => list.reduce((all, { count }) => all + count, 0);
  levels.forEach(({ nodes }, level) => nodes.forEach((node, i) => {
    if (level) assert.equal(sum(links.filter((link) => link.level === level - 1 && link.to === i)), node.paths);
    if (level + 1 < levels.length) assert.equal(sum(links.filter((link) => link.level === level && link.from === i)), node.kind === 'end' ? 0 : node.paths);
    assert.ok(node.persons <= node.paths);
  }));
  assert.equal(levels[0].nodes[0].paths, paths);
}

test('what comes after an event, within its session', async () => {
  const got = await ask({ anchor: 'Home', depth: 3 });
  assertKept(got);
  assert.deepEqual([got.anchor, got.direction, got.session, got.window_ms, got.paths, got.persons], ['Home', 'from', true, null, 6, 4]);
  assert.deepEqual(got.levels[0].nodes, [{ kind: 'event', name: 'Home', paths: 6, persons: 4 }]);
  /* ann HCBB; bob HCHB and HB; dan HD; eve HHC and HC. Of names that are as frequent the one first heard of comes first */
  assert.equal(textOf(got), 'H6 H>C=3 H>H=1 H>B=1 H>D=1 | C3 H1 B1 D1 C>H=1 C>B=1 C>.=1 H>C=1 B>.=1 D>.=1 | H1 C1 B1 .3 H>B=1 C>.=1 B>B=1 | B2 .1');
});

test('the first of each person; runs as one step; a cap on names', async () => {
  assert.equal(textOf(await ask({ anchor: 'Home', depth: 1, occurrences: 'first', limit: 1 })), 'H4 H>C=2 H>*=2 | C2 *2');
  const once = await ask({ anchor: 'Home', depth: 2, collapse: 'true', occurrences: 'first' });
  assertKept(once);
  assert.equal(nodesText(once, 1), 'C3 D1', 'eve goes from Home to the catalogue');
  assert.deepEqual(once.levels[2].nodes.at(-1), { kind: 'end', name: '(end)', paths: 2, persons: 2 });
  const capped = await ask({ anchor: 'Home', depth: 3, limit: 1 });
  assertKept(capped);
  assert.equal(nodesText(capped, 1), 'C3 *3');
});

test('what came before an event, at any distance or within a window', async () => {
  const to = { anchor: 'Order', direction: 'to', depth: 2 };
  assert.equal(textOf(await ask(to)), 'O2 O>.=2 | .2 | ', 'both are the first of their session');
  const all = await ask({ ...to, window: 'none' });
  assert.deepEqual([all.session, all.window_ms, all.direction], [false, null, 'to']);
  assert.equal(textOf(all), 'O2 O>B=1 O>.=1 | B1 .1 B>B=1 | B1');
  const near = await ask({ ...to, window: '2h' });
  assert.deepEqual([near.window_ms, textOf(near)], [7_200_000, 'O2 O>.=2 | .2 | ']);
  assert.equal(textOf(await ask({ ...to, window: '121m' })), 'O2 O>B=1 O>.=1 | B1 .1 B>.=1 | .1');
});

/* ---- who they are ---- */

const PERSONS = '/api/v1/paths/persons';
const stop = ({ kind, name }) => (kind === 'event' ? `event:${name}` : kind);
const who = async (query) => (await server.get(PERSONS, query)).persons.map(({ person }) => person.slice(2)).sort().join(' ');

test('every number of persons opens to as many', async () => {
  const questions = [
    { anchor: 'Home', depth: 3 }, { anchor: 'Home', depth: 3, limit: 1 }, { anchor: 'Home', depth: 2, window: 'none', collapse: 'true', limit: 2 }, { anchor: 'Home', depth: 2, occurrences: 'first', to: '2025-03-10' },
    { anchor: 'Order', direction: 'to', depth: 3, window: 'none' }, { anchor: 'Home', filter: 'platform:is:google', depth: 1 }, { anchor: 'Never', depth: 1 },
  ];
  for (const { limit = 10, ...asked } of questions) {
    const { levels, links } = await ask({ ...asked, limit });
    const opens = async (pick, persons) => {
      const got = await server.get(PERSONS, { ...asked, names: limit, ...pick });
      const said = JSON.stringify({ asked, limit, pick });
      assert.equal(got.total, persons, said);
      assert.equal(new Set(got.persons.map(({ person }) => person)).size, persons, said);
    };
    for (const [level, { nodes }] of levels.entries())
      for (const node of nodes) await opens(level ? { level, node: stop(node) } : {}, node.persons);
    for (const { level, from, to, persons } of links) {
      const [node, next] = [levels[level].nodes[from], levels[level + 1].nodes[to]];
      await opens({ level, node: stop(node), next: stop(next) }, persons);
    }
  }
});

test('the persons of a node and of a link, by name, the rest and the end', async () => {
  const home = { anchor: 'Home', depth: 3 };
  assert.equal(await who(home), 'ann bob dan eve');
  assert.equal(await who({ ...home, node: 'event:Home' }), 'ann bob dan eve');
  assert.equal(await who({ ...home, level: 1, node: 'event:Catalogue' }), 'ann bob eve');
  assert.equal(await who({ ...home, level: 1, node: 'event:Basket' }), 'bob');
  assert.equal(await who({ ...home, level: 1, node: 'event:Order' }), '', 'at no first step');
  assert.equal(await who({ ...home, level: 1, names: 1, node: 'other' }), 'bob dan eve');
  assert.equal(await who({ ...home, level: 1, names: 1, node: 'event:Docs' }), 'dan', 'one of the others, by its name');
  assert.equal(await who({ ...home, level: 2, node: 'end' }), 'bob dan eve');
  assert.equal(await who({ ...home, level: 1, node: 'event:Catalogue', next: 'end' }), 'eve');
  assert.equal(await who({ ...home, next: 'event:Home' }), 'eve', 'from the anchor');
  assert.equal(await who({ ...home, level: 1, node: 'event:Catalogue', next: 'event:Basket' }), 'ann');
});

test('a list of persons comes in pages, sorted and searched as any other', async () => {
  const asked = { anchor: 'Home', depth: 2, level: 1, node: 'event:Catalogue' };
  const whole = (await server.get(PERSONS, asked)).persons;
  const got = [];
  for (let cursor; cursor !== null;) {
    const page = await server.get(PERSONS, { ...asked, limit: 1, ...(cursor && { cursor }) });
    assert.deepEqual([page.total, page.persons.length], [3, 1]);
    got.push(...page.persons);
    cursor = page.next;
  }
  assert.deepEqual(got, whole);
  assert.equal(await who({ ...asked, q: 'EV' }), 'eve');
  const late = (await server.get(PERSONS, { ...asked, sort: 'last_seen' })).persons.map(({ last_at }) => last_at);
  assert.deepEqual(late, late.slice().sort().reverse());
});

test('a list of nobody that the picture could have is refused with its name', async () => {
  const cases = [
    { level: 4 }, 'level', { level: -1 }, 'level', { level: 3, node: 'event:Home', next: 'end' }, 'level', { level: 1 }, 'node', { level: 1, node: 'Home' }, 'node', { level: 1, node: 'event:' }, 'node',
    { level: 1, node: 'event:Never' }, 'node', { node: 'event:Order' }, 'node', { node: 'end' }, 'node', { next: 'event:Never' }, 'next', { next: 'Home' }, 'next', { level: 1, node: 'end', next: 'end' }, 'next',
    { names: 0 }, 'names', { limit: 1001 }, 'limit', { cursor: 'x' }, 'cursor', { sort: 'name' }, 'sort', { depth: 9 }, 'depth', { anchor: '' }, 'anchor',
  ];
  for (let i = 0; i < cases.length; i += 2) await server.refused(PERSONS, { anchor: 'Home', depth: 3, ...cases[i] }, cases[i + 1]);
});

test('a span and a filter choose the anchors', async () => {
  assert.equal((await ask({ anchor: 'Home', from: '2025-03-11' })).paths, 0);
  assert.equal((await ask({ anchor: 'Home', to: '2025-03-10' })).paths, 6);
  assert.equal(textOf(await ask({ anchor: 'Home', filter: 'platform:is:google', depth: 1, occurrences: 'first' })), 'H1 H>C=1 | C1');
});

test('an event that nobody has', async () => {
  const got = await ask({ anchor: 'Never', depth: 2 });
  assert.deepEqual([got.paths, got.levels, got.links], [0, [{ nodes: [{ kind: 'event', name: 'Never', paths: 0, persons: 0 }] }, { nodes: [] }, { nodes: [] }], []]);
});

test('nonsense is refused with its name', async () => {
  const cases = [
    { depth: 0 }, 'depth', { depth: 9 }, 'depth', { limit: 0 }, 'limit', { limit: 51 }, 'limit', { direction: 'back' }, 'direction', { window: 'week' }, 'window', { window: '0' }, 'window',
    { occurrences: 'last' }, 'occurrences', { collapse: 'yes' }, 'collapse', { from: 'today' }, 'from', { filter: 'platform' }, 'filter', { anchor: ' ' }, 'anchor', { anchor: [] }, 'anchor',
  ];
  for (let i = 0; i < cases.length; i += 2) await server.refused('/api/v1/paths', { anchor: 'Home', ...cases[i] }, cases[i + 1]);
  assert.equal((await ask({ anchor: 'Home', depth: 8, limit: 50 })).levels.length, 9);
});

test('a server without any data answers', async (t) => {
  const empty = await Server.start(t);
  const got = await empty.get('/api/v1/paths', { anchor: 'Home' });
  assert.deepEqual([got.paths, got.persons, got.levels.length, got.links], [0, 0, 6, []]);
  assert.deepEqual(await empty.get(PERSONS, { anchor: 'Home' }), { persons: [], total: 0, next: null });
});
