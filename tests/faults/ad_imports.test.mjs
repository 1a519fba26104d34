// kill -9 in the middle of an import of ad data: it goes on, and the tables are those of one that nobody disturbed.
import assert from 'node:assert/strict';
import test from 'node:test';
import { adTables, adsEnd, importAds, uploadAds } from '../lib/ad_imports.mjs';
import { Server, until } from '../lib/server.mjs';
import { socialAdsCsv } from '../lib/social_ads.mjs';

/** Campaigns, with ids that come again and lines that cannot be read. */
function campaigns(rows) {
  const [header, ...lines] = socialAdsCsv({ rows, seed: 3 }).trimEnd().split('\n');
  const out = lines.map((line, i) => {
    if (i % 50 === 7) return lines[i - 3]; /* word for word */
    if (i % 50 === 9) return line.replace(/^\d+/, lines[i - 4].split(',')[0]); /* an id again */
    return i % 40 === 11 ? line.replace(/\d{4}-\d\d-\d\d/, 'some day') : line;
  });
  return `${[header, ...out].join('\n')}\n`;
}

function days(campaignsN, daysN) {
  const lines = ['date,source,campaign_id,ad_id,impressions,clicks,cost,currency,utm_campaign'];
  for (let c = 0; c < campaignsN; c++)
    for (let d = 0; d < daysN; d++) {
      const day = new Date(Date.UTC(2025, 0, 1 + d)).toISOString().slice(0, 10);
      for (const ad of [1, 2, 1]) lines.push(`${day},meta,c${c},${ad},${c + d},${ad},${(c * 7 + d) % 100}.${ad}5,EUR,utm${c}`);
    }
  return `${lines.join('\n')}\n`;
}

async function cut(server, id, total, kills) {
  let n = 0;
  for (let part = 1; part <= kills; part++) {
    const now = await until('the import to get on', async () => {
      const state = await server.get(`/api/v1/ad-imports/${id}`);
      return (state.bytes_done > (total * part) / (kills + 2) || state.finished_at) && state;
    }, 60_000);
    if (now.finished_at) break;
    await server.kill();
    n++;
    await server.spawn();
  }
  return n;
}

for (const [what, body] of [['campaigns', campaigns(60_000)], ['days', days(40, 200)]]) {
  test(`kill -9 in the middle of an import of ${what}, and of taking it back`, async (t) => {
    const plain = await Server.start(t);
    const whole = await importAds(plain, body);
    assert.equal(whole.state, 'done');
    const wanted = adTables(plain);

    const server = await Server.start(t);
    const { id, bytes_total: total } = await uploadAds(server, body);
    assert.equal((await server.request('POST', `/api/v1/ad-imports/${id}/start`, { json: {} })).status, 200);
    const kills = await cut(server, id, total, 3);
    assert.ok(kills > 0, 'the import was over before it could be cut');
    t.diagnostic(`cut ${kills} times`);
    const done = await adsEnd(server, id);
    for (const name of ['state', 'rows', 'inserted', 'replaced', 'repeated', 'rejected']) assert.equal(done[name], whole[name], name);
    assert.deepEqual(adTables(server), wanted);

    assert.equal((await server.request('DELETE', `/api/v1/ad-imports/${id}`)).status, 200);
    await server.kill();
    await server.spawn();
    assert.equal((await adsEnd(server, id)).state, 'undone');
    for (const [name, rows] of Object.entries(adTables(server))) assert.deepEqual(rows, [], name);
  });
}
