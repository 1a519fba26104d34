// tests/lib/ad_imports.mjs -- files of ad data sent to a server, and what its tables then hold.
//
// Is:    upload, start, wait; the tables as sqlite3 shows them, without ids of rows and times; whether sums are right.
// Owns:  nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { MAKE_SUMS } from './ads.mjs';
import { until } from './server.mjs';

const BASE = '/api/v1/ad-imports';

export async function uploadAds(server, body, name = 'ads.csv') {
  const reply = await server.request('POST', `${BASE}?name=${encodeURIComponent(name)}`, { body, headers: { 'Content-Type': 'text/csv' } });
  assert.equal(reply.status, 201, `${reply}`);
  return reply.json();
}

export async function adsEnd(server, id) {
  return until(`import ${id} to end`, async () => {
    const now = await server.get(`${BASE}/${id}`);
    return now.finished_at !== null && now;
  }, 60_000);
}

/** Upload, start with a mapping, wait. */
export async function importAds(server, body, start = {}, name) {
  const { id } = await uploadAds(server, body, name);
  const reply = await server.request('POST', `${BASE}/${id}/start`, { json: start });
  assert.equal(reply.status, 200, `${reply}`);
  return adsEnd(server, id);
}

export async function undoAds(server, id) {
  const reply = await server.request('DELETE', `${BASE}/${id}`);
  assert.equal(reply.status, 200, `${reply}`);
  const done = await adsEnd(server, id);
  assert.equal(done.state, 'undone');
  return done;
}

export function sql(server, query) {
  const text = execFileSync('sqlite3', ['-json', '-readonly', path.join(server.folder, 'demetra.sqlite'), query], { maxBuffer: 1 << 30 }).toString();
  return text.trim() ? JSON.parse(text) : [];
}

const ROWS = {
  campaign: `SELECT campaign_id, external_id, c.name, h.name AS channel, status, target_audience, campaign_goal, duration_days, conversion_rate,
    acquisition_cost_micros, currency, roi, location, language, clicks, impressions, engagement_score, customer_segment, day, company, has_days
    FROM campaign c JOIN channel h ON h.id = c.channel_id ORDER BY campaign_id`,
  ad_day: `SELECT c.campaign_id, a.ad_set_id, a.external_id, d.day, h.name AS channel, placement, country, d.currency, d.impressions, d.reach,
    d.clicks, spend_micros, conversions_micros, revenue_micros FROM ad_day d JOIN ad a ON a.id = d.ad_id
    JOIN campaign c ON c.id = a.campaign_id JOIN channel h ON h.id = d.channel_id ORDER BY 1, 2, 3, 4, 6, 7`,
  campaign_sum: 'SELECT * FROM campaign_sum ORDER BY dim, day, value, currency',
  channel_day: 'SELECT h.name AS channel, d.* FROM channel_day d JOIN channel h ON h.id = d.channel_id ORDER BY day, h.name, currency',
  campaign_match: `SELECT m.dim, m.value, c.campaign_id, m.origin FROM campaign_match m LEFT JOIN campaign c ON c.id = m.campaign_id ORDER BY 1, 2`,
  ad_import_reject: 'SELECT import_id, line, column_name, reason, CAST(body AS TEXT) AS body FROM ad_import_reject ORDER BY 1, 2',
};

const SUMS = [
  'SELECT * FROM campaign_sum ORDER BY dim, day, value, currency', 'SELECT * FROM campaign_day ORDER BY campaign_id, day, channel_id, currency',
  'SELECT * FROM channel_day ORDER BY day, channel_id, currency'];

/** Every sum of the store is that of its rows, by SQL's own GROUP BY; sums of fractions to twelve digits. */
export function assertSums(server) {
  const copy = path.join(server.folder, 'sums.sqlite');
  const sums = () => SUMS.map((query) => JSON.parse(execFileSync('sqlite3', ['-json', copy, query], { maxBuffer: 1 << 30 }).toString() || '[]')
    .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? Number(value.toPrecision(12)) : value]))));
  rmSync(copy, { force: true });
  execFileSync('sqlite3', [path.join(server.folder, 'demetra.sqlite'), `VACUUM INTO '${copy}'`]);
  const kept = sums();
  execFileSync('sqlite3', ['-bail', copy, MAKE_SUMS]);
  assert.deepEqual(kept, sums());
  rmSync(copy);
}

/** All that files of ad data leave behind. */
export function adTables(server) {
  return Object.fromEntries(Object.entries(ROWS).map(([name, query]) =>
    [name, sql(server, query).map(({ channel_id, ...row }) => row)]));
}
