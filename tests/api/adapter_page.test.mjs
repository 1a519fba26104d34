// docs/adapters.md: its example is an adapter, the one that the tests pull with; and it names all that the reader takes.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { ROOT, newFolder, run } from '../lib/server.mjs';

const PAGE = readFileSync(path.join(ROOT, 'docs/adapters.md'), 'utf8');
const EXAMPLE = /^```json\n([^]*?)^```$/m.exec(PAGE)[1];
const source = (name) => readFileSync(path.join(ROOT, 'src/connect', name), 'utf8');

async function check(t, text) {
  const folder = newFolder(t), file = path.join(folder, 'kite.json');
  writeFileSync(file, text);
  return run(['connect', 'check', file], { folder });
}

test('the example passes demetra connect check', async (t) => {
  const { code, stdout, stderr } = await check(t, EXAMPLE);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /kite\.json is an adapter/);
});

test('but for its pace it is the adapter that the tests bring days with', () => {
  const [ours, tried] = [JSON.parse(EXAMPLE), JSON.parse(readFileSync(path.join(ROOT, 'tests/lib/standins/kite.json'), 'utf8'))];
  assert.deepEqual({ ...ours, pace: null }, { ...tried, pace: null });
});

test('a mistake is told as the page says', async (t) => {
  const wrong = JSON.parse(EXAMPLE);
  wrong.window.restate_days = 'seven';
  const { code, stderr } = await check(t, JSON.stringify(wrong));
  assert.equal(code, 1);
  assert.ok(stderr.includes(/`kite\.json: (window\.[^`]*)`/.exec(PAGE)[1]), stderr);
  assert.match((await check(t, EXAMPLE.replace('"{key}"', '"{kye}"'))).stderr, /\{kye\} is neither/);
  assert.match((await check(t, EXAMPLE.replace('"chunk_days"', '"chunks"'))).stderr, /there is no "chunks" here/);
});

test('every word that the reader takes stands in the page, and the names that the program gives', () => {
  const words = new Set();
  for (const file of readdirSync(path.join(ROOT, 'src/connect')).filter((name) => /^(adapter|reader).*\.c$/.test(name))) {
    const text = source(file);
    for (const [, strings] of text.matchAll(/reader_(?:keys|word)\(reader,[^;"]*((?:"[^"]*",?\s*)+)/g)) strings.match(/[a-z_]+/g).forEach((word) => words.add(word));
  }
  for (const word of /CLASS_WORDS "([^"]*)"/.exec(source('adapter_parts.c'))[1].split(' ')) words.add(word);
  assert.ok(words.size > 90, `${words.size} words`);
  for (const word of words) assert.match(PAGE, new RegExp(`["\`]${word}["\`]`), `${word} is not told`);
  const given = /GIVEN\[\] = \{([^}]*)\}/.exec(source('adapter.c'))[1].match(/(?<=")\w+(?=")/g);
  assert.ok(given.length > 15);
  for (const name of given) assert.ok(PAGE.includes(`{${name}}`), `{${name}} is not told`);
});
