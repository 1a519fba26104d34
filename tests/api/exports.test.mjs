// What can be taken away: CSV, JSON and .xlsx hold what the routes say; nothing in them is run as a formula.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { adRows, campaignRows, channelRows, dayOf, insert, MAKE_SUMS, stillServer } from '../lib/ads.mjs';

const EVIL = ['=1+1', '+cmd|calc', '@SUM(A1)', '-2+3', '"quoted", with a comma', 'line\nbreak', '<b>&amp;</b>', 'Київ ☂'];

let server;

before(async (context) => {
  let db;
  ({ server, db } = await stillServer(context));
  const rows = campaignRows({ rows: 60, seed: 6, currency: () => 'UAH' }).map((row, i) => ({ ...row, name: EVIL[i % EVIL.length], roi: i % 9 ? row.roi : null, day: i === 5 ? null : row.day }));
  const ad = adRows({ campaigns: 12, first: dayOf('2022-03-01'), days: 20, seed: 9, currency: (i) => (i % 3 ? 'UAH' : 'TRY') });
  await db.ask(['BEGIN;', insert('channel', channelRows()), insert('campaign', rows), insert('ad', ad.ads), insert('ad_day', ad.adDays), MAKE_SUMS, 'COMMIT;'].join('\n'));
  await server.spawn();
});

/** The files of a zip, by the table at its end; each must be whole. */
function unzip(bytes) {
  const files = new Map();
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  assert.ok(end >= 0, 'it is a zip');
  let at = bytes.readUInt32LE(end + 16);
  for (let i = bytes.readUInt16LE(end + 10); i > 0; i--) {
    assert.equal(bytes.readUInt32LE(at), 0x02014b50);
    const [method, packed, size] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 24)];
    const [n, extra, comment, local] = [bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32), bytes.readUInt32LE(at + 42)];
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const raw = bytes.subarray(from, from + packed);
    const plain = method === 8 ? inflateRawSync(raw) : raw;
    assert.equal(plain.length, size);
    files.set(bytes.toString('utf8', at + 46, at + 46 + n), plain.toString('utf8'));
    at += 46 + n + extra + comment;
  }
  return files;
}

const unescape = (text) => text.replace(/&(amp|lt|gt|quot|apos|#\d+);/g, (_, name) => ({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" })[name] ?? String.fromCharCode(Number(name.slice(1))));

/** Sheets by name: rows of cells, a text as {text}, a number as {number, format}. */
function workbook(bytes) {
  const files = unzip(bytes);
  const formats = new Map([...files.get('xl/styles.xml').matchAll(/<numFmt numFmtId="(\d+)" formatCode="([^"]*)"/g)].map(([, id, code]) => [id, unescape(code)]));
  const styles = [...files.get('xl/styles.xml').match(/<cellXfs.*?<\/cellXfs>/s)[0].matchAll(/<xf numFmtId="(\d+)"/g)].map(([, id]) => formats.get(id) ?? id);
  const shared = [...(files.get('xl/sharedStrings.xml') ?? '').matchAll(/<si>.*?<t[^>]*>(.*?)<\/t>.*?<\/si>/gs)].map(([, text]) => unescape(text));
  const sheets = {};
  [...files.get('xl/workbook.xml').matchAll(/<sheet name="([^"]*)"/g)].forEach(([, name], i) => {
    const xml = files.get(`xl/worksheets/sheet${i + 1}.xml`);
    assert.ok(!xml.includes('<f>') && !xml.includes('<hyperlink'), 'no formulas, no links');
    const rows = [...xml.matchAll(/<row r="(\d+)".*?(?:\/>|<\/row>)/gs)].map(([row]) => {
      const cells = [];
      for (const [, column, attributes, inner = ''] of row.matchAll(/<c r="([A-Z]+)\d+"([^>]*?)(?:\/>|>(.*?)<\/c>)/gs)) {
        const place = [...column].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
        const value = /<v>(.*?)<\/v>/s.exec(inner)?.[1];
        if (attributes.includes('t="s"')) cells[place] = { text: shared[Number(value)] };
        else if (attributes.includes('t="inlineStr"')) cells[place] = { text: unescape(/<t[^>]*>(.*?)<\/t>/s.exec(inner)[1]) };
        else if (value !== undefined) cells[place] = { number: Number(value), format: styles[Number(/s="(\d+)"/.exec(attributes)?.[1] ?? 0)] };
      }
      return cells;
    });
    sheets[unescape(name)] = { rows, frozen: /<pane ySplit="1"[^>]*state="frozen"/.test(xml), drawn: xml.includes('<drawing ') };
  });
  return { sheets, charts: [...files.keys()].filter((name) => name.startsWith('xl/charts/')).map((name) => files.get(name)) };
}

async function xlsx(method, target, options) {
  const reply = await server.request(method, target, options);
  assert.equal(reply.status, 200, reply.status === 200 ? '' : `${reply}`);
  assert.equal(reply.headers['content-type'], 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet');
  assert.match(reply.headers['content-disposition'], /^attachment; filename="[a-z]+\.xlsx"$/);
  return workbook(reply.bytes);
}

/** A cell as the JSON export has it. */
function plain(cell, type) {
  if (!cell) return null;
  if (type === 'text') return cell.text;
  if (type === 'date') return new Date((cell.number - 25569) * 86400000).toISOString().slice(0, 10);
  return cell.number;
}

const near = (got, wanted) => (typeof wanted === 'number' ? Math.abs(got - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)) : got === wanted);

test('the workbook has every table of the dashboard', async () => {
  const { sheets, charts } = await xlsx('GET', '/export/excel');
  assert.deepEqual(Object.keys(sheets), ['Summary', 'Channels', 'Trend', 'Campaigns', 'Ads']);
  for (const [name, table] of [['Channels', 'channels'], ['Campaigns', 'campaigns'], ['Ads', 'ads']]) {
    const { columns, rows } = await server.get('/export/json', { table });
    const sheet = sheets[name];
    assert.ok(sheet.frozen, `${name} has a frozen header`);
    assert.deepEqual(sheet.rows[0].map(({ text }) => text), columns.map((column) => column.name));
    assert.equal(sheet.rows.length, rows.length + 1, name);
    rows.forEach((row, r) => row.forEach((wanted, c) => {
      const got = plain(sheet.rows[r + 1][c], columns[c].type);
      assert.ok(near(got, wanted), `${name} ${r} ${columns[c].name}: ${got}, not ${wanted}`);
    }));
  }
  const money = sheets.Channels.rows[1][sheets.Channels.rows[0].findIndex(({ text }) => text === 'spend')];
  assert.equal(money.format, '#,##0.00');
  const summary = await server.get('/api/analytics/summary');
  for (const [{ text }, cell] of sheets.Summary.rows.slice(1)) {
    const wanted = text === 'avg_acquisition_cost' ? Math.round(summary[text] * 100) / 100 : summary[text];
    assert.ok(near(cell?.text ?? cell?.number ?? null, wanted), text);
  }
  assert.equal(charts.length, 3);
  assert.ok(charts.some((xml) => xml.includes('<c:lineChart>') && xml.includes('Trend!')));
  assert.ok(charts.some((xml) => xml.includes('<c:barChart>')) && charts.some((xml) => xml.includes('<c:doughnutChart>')));
  const { points } = await server.get('/api/analytics/roi-trend');
  const [header, ...days] = sheets.Trend.rows;
  assert.equal(days.length, new Set(points.map(({ date }) => date)).size);
  for (const { date, channel, roi } of points) {
    const row = days.find((cells) => plain(cells[0], 'date') === date);
    assert.ok(near(row[header.findIndex(({ text }) => text === channel)].number, roi));
  }
});

/** Quoted as RFC 4180 says. */
function readCsv(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/gy)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\r\n') rows.push([]);
    else if (end === '') break;
  }
  return rows.filter((row) => row.length > 1 || row[0] !== '');
}

test('CSV and JSON of every table say the same', async () => {
  for (const table of ['channels', 'campaigns', 'ads', 'trend', 'audience']) {
    const { columns, rows } = await server.get('/export/json', { table, by: 'location' });
    const reply = await server.request('GET', `/export/csv?table=${table}&by=location`);
    assert.equal(reply.headers['content-type'], 'text/csv; charset=utf-8');
    const [header, ...lines] = readCsv(reply.text());
    assert.deepEqual(header, columns.map(({ name }) => name));
    assert.equal(lines.length, rows.length);
    assert.ok(rows.length > 0, table);
    rows.forEach((row, r) => row.forEach((wanted, c) => {
      const text = lines[r][c];
      if (columns[c].type === 'text' && wanted !== null) assert.equal(text.replace(/^'(?=[=+@-])/, ''), wanted);
      else if (typeof wanted === 'number') assert.ok(near(Number(text), wanted), `${columns[c].name}: ${text}, not ${wanted}`);
      else assert.equal(text, wanted ?? '');
      assert.ok(!/^[=+@\t\r]|^-[^\d.]/.test(text), `${text} would be run`);
    }));
  }
  await server.refused('/export/csv', { table: 'persons' }, 'table');
  await server.refused('/export/json', {}, 'table');
});

test('the sum of the ads is the sum of the channels', async () => {
  const sum = async (table) => {
    const { columns, rows } = await server.get('/export/json', { table, from: '2022-03-03', to: '2022-03-11' });
    return ['impressions', 'clicks', 'spend', 'revenue', 'unpriced'].map((name) => Math.round(rows.reduce((all, row) => all + (row[columns.findIndex((column) => column.name === name)] ?? 0), 0) * 100));
  };
  assert.deepEqual(await sum('ads'), await sum('channels'));
});

const TABLE = {
  title: 'Best: [days]/2025', chart: 'line',
  columns: [{ name: 'day', type: 'date' }, { name: '=who', type: 'text' }, { name: 'events', type: 'number' }, { name: 'spend', type: 'money' }, { name: 'rate', type: 'share' }],
  rows: [['2025-02-12', '=HYPERLINK("http://x")', 12, -12345, 0.25], ['2024-02-29', null, 0.5, null, null], [null, 'Київ <&>\u0001', null, 0, 1]],
};

test('any table becomes a sheet', async () => {
  const { sheets, charts } = await xlsx('POST', '/export/table', { json: TABLE });
  const [[name, { rows, frozen }]] = Object.entries(sheets);
  assert.ok(frozen && name.length > 0 && !/[[\]:*?/\\]/.test(name), name);
  assert.deepEqual(rows[0].map(({ text }) => text), ['day', '=who', 'events', 'spend', 'rate']);
  assert.deepEqual(rows[1], [{ number: 45700, format: 'yyyy-mm-dd' }, { text: '=HYPERLINK("http://x")' }, { number: 12, format: '#,##0' }, { number: -123.45, format: '#,##0.00' }, { number: 0.25, format: '0.00%' }]);
  assert.deepEqual([plain(rows[2][0], 'date'), rows[2][1], rows[2][2].number], ['2024-02-29', undefined, 0.5]);
  assert.match(rows[3][1].text, /^Київ <&>/);
  assert.equal(charts.length, 1);
  assert.equal([...charts[0].matchAll(/<c:ser>/g)].length, 3);
  assert.equal((await xlsx('POST', '/export/table', { json: { ...TABLE, rows: [], chart: 'bar' } })).charts.length, 0);
});

test('a table that is none is refused by name', async () => {
  const refuse = async (change, field) => {
    const reply = await server.post('/export/table', { ...TABLE, ...change });
    assert.equal(reply.status, 400, `${reply}`);
    assert.equal(reply.json().field, field);
  };
  await refuse({ columns: [] }, 'columns');
  await refuse({ columns: Array.from({ length: 201 }, () => ({ name: 'x', type: 'text' })) }, 'columns');
  await refuse({ columns: [{ name: 'x', type: 'formula' }] }, 'columns[0].type');
  await refuse({ rows: 'none' }, 'rows');
  await refuse({ rows: [['2025-02-12', 'a', 1, 1]] }, 'rows[0]');
  await refuse({ rows: [TABLE.rows[0], ['2025-02-30', 'a', 1, 1, 1]] }, 'rows[1][0]');
  await refuse({ rows: [['2025-02-12', 5, 1, 1, 1]] }, 'rows[0][1]');
  await refuse({ rows: [['2025-02-12', 'a', '1', 1, 1]] }, 'rows[0][2]');
  await refuse({ rows: [['2025-02-12', 'a', 1, 1.5, 1]] }, 'rows[0][3]');
  await refuse({ chart: 'pie' }, 'chart');
  assert.equal((await server.request('POST', '/export/table', { json: TABLE, as: 'nobody' })).status, 401);
  assert.equal((await server.request('POST', '/export/table', { body: 'x'.repeat(4 * 1024 * 1024 + 1) })).status, 413);
});
