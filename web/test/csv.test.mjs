import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lib } from './lib.mjs';

const { csv, csvFields, guard, importKind } = await lib('csv');

test('what a spreadsheet would run gets a leading quote', () => {
  for (const bad of ['=1+1', '+SUM(A1)', '-2+3', '@cmd', '\tx', '\rx', '=HYPERLINK("http://x")']) assert.equal(guard(bad), `'${bad}`);
});

test('plain numbers and texts stay as they are', () => {
  for (const good of ['-12.5', '+7', '-1e-9', '0', 'google', '', 'a=b', '1-2']) assert.equal(guard(good), good);
});

test('quotes, commas and lines are quoted; the fields come back', () => {
  assert.equal(csv([['a', 'b'], ['x,y', 'say "hi"'], [-1.5, null], [true, 'two\nlines']]), 'a,b\r\n"x,y","say ""hi"""\r\n-1.5,\r\ntrue,"two\nlines"\r\n');
  assert.deepEqual(csvFields('"x,y","say ""hi""",,z'), ['x,y', 'say "hi"', '', 'z']);
});

test('the kind of a CRM file is in its header', () => {
  assert.equal(importKind('event_id,id_source,event_at,doc_id,source_type'), 'crm_events');
  assert.equal(importKind('\uFEFFdoc_id,id_source,total_cost_of_the_contract,currentdate\r'), 'crm_contracts');
  assert.equal(importKind('name,email'), null);
  assert.equal(importKind(''), null);
});
