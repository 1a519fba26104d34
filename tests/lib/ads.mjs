// tests/lib/ads.mjs -- campaigns and the days of their ads, put straight into a server's tables.
//
// Is:    random campaigns with and without days, in several currencies, with what was not said and what was given back;
//        and the sums of the store, made by SQL's own GROUP BY.
// Never: uses amounts or rates that do not come out whole: cents, times rates of four decimals, are whole micros.
import path from 'node:path';
import { Server } from './server.mjs';
import { quoted, Sqlite } from './sqlite.mjs';
import { campaigns, randomOf } from './social_ads.mjs';

export const dayOf = (text) => Date.parse(text) / 86400000;
export const textOf = (day) => new Date(day * 86400000).toISOString().slice(0, 10);

/** A server that has started once and stands still, and its database. */
export async function stillServer(test, env = {}) {
  const server = await Server.start(test, { env: { DEMETRA_CURRENCY: 'UAH', DEMETRA_TIMEZONE: 'Europe/Kyiv', ...env } });
  await server.stop();
  return { server, db: new Sqlite(test, 'UTC', path.join(server.folder, 'demetra.sqlite')) };
}

const sql = (value) => (value === null || value === undefined ? 'NULL' : typeof value === 'number' ? String(value) : quoted(value));

export function insert(table, rows) {
  if (!rows.length) return '';
  const names = Object.keys(rows[0]);
  const values = rows.map((row) => `(${names.map((name) => sql(row[name])).join(', ')})`);
  const statements = [];
  for (let i = 0; i < values.length; i += 500) statements.push(`INSERT INTO ${table} (${names.join(', ')}) VALUES ${values.slice(i, i + 500).join(',\n')};`);
  return statements.join('\n');
}

const DIMS = {
  channel: '(SELECT h.name FROM channel h WHERE h.id = channel_id)', segment: 'customer_segment', location: 'location', language: 'language',
  goal: 'campaign_goal', audience: 'target_audience', company: 'company',
};
const DAY_SUMS = `COUNT(*), SUM(spend_micros IS NULL), SUM(impressions), SUM(reach), SUM(clicks), SUM(spend_micros), SUM(conversions_micros),
  SUM(revenue_micros), SUM(CASE WHEN spend_micros IS NOT NULL THEN impressions END), SUM(CASE WHEN spend_micros IS NOT NULL THEN clicks END),
  SUM(CASE WHEN spend_micros IS NOT NULL THEN conversions_micros END), SUM(CASE WHEN spend_micros IS NOT NULL THEN revenue_micros END)`;

/** Every sum of the store, from the rows that it is a sum of. */
export const MAKE_SUMS = `DELETE FROM campaign_sum; DELETE FROM campaign_day; DELETE FROM channel_day;
INSERT INTO campaign_day SELECT a.campaign_id, d.day, d.channel_id, d.currency, ${DAY_SUMS}
  FROM ad_day d JOIN ad a ON a.id = d.ad_id GROUP BY a.campaign_id, d.day, d.channel_id, d.currency;
INSERT INTO channel_day SELECT day, channel_id, currency, ${DAY_SUMS} FROM ad_day GROUP BY day, channel_id, currency;
${Object.entries(DIMS).map(([dim, column]) => `INSERT INTO campaign_sum
  SELECT '${dim}', ${column}, COALESCE(day, -2147483648), CASE WHEN acquisition_cost_micros IS NULL THEN '' ELSE currency END, COUNT(*), COUNT(roi),
    TOTAL(roi), COUNT(conversion_rate), TOTAL(conversion_rate), COUNT(acquisition_cost_micros), COALESCE(SUM(acquisition_cost_micros), 0),
    COUNT(engagement_score), TOTAL(engagement_score), COALESCE(SUM(clicks), 0), COALESCE(SUM(impressions), 0)
  FROM campaign GROUP BY 2, 3, 4;`).join('\n')}`;

export const CHANNELS = ['Instagram', 'Facebook', 'Telegram', 'TikTok', 'Pinterest', 'Twitter'];

export function channelRows() {
  return CHANNELS.map((name, i) => ({ id: i + 1, name, platform: '', created_ms: 0 }));
}

/** Campaigns of the published kind as rows of the table; `currency` chooses one for each. */
export function campaignRows({ rows, seed, currency = () => 'USD' }) {
  return [...campaigns({ rows, seed })].map((c, i) => ({
    id: i + 1, campaign_id: c.id, external_id: '', name: '', channel_id: CHANNELS.indexOf(c.channel) + 1, status: '',
    target_audience: c.audience, campaign_goal: c.goal, duration_days: c.duration, conversion_rate: c.conversionRate,
    acquisition_cost_micros: c.costCents * 10000, currency: currency(i), roi: c.roi, location: c.location, language: c.language,
    clicks: c.clicks, impressions: c.impressions, engagement_score: c.engagement, customer_segment: c.segment, day: dayOf(c.date),
    company: c.company, has_days: 0, created_ms: 0, changed_ms: 0,
  }));
}

/** Some values are not said, some campaigns have no date. */
export function withGaps(rows, seed) {
  const random = randomOf(seed);
  const names = ['conversion_rate', 'acquisition_cost_micros', 'roi', 'clicks', 'impressions', 'engagement_score', 'day'];
  const texts = ['location', 'customer_segment', 'company'];
  return rows.map((row) => {
    const out = { ...row };
    for (const name of names) if (random() < 0.07) out[name] = null;
    for (const name of texts) if (random() < 0.05) out[name] = '';
    return out;
  });
}

/** Ads of the first `n` campaigns, and their days from `first` on; some rows without a spend, some refunds. */
export function adRows({ campaigns: n, first, days, seed, currency }) {
  const random = randomOf(seed);
  const ads = [], adDays = [];
  const maybe = (value, share) => (random() < share ? null : value);
  for (let campaign = 1; campaign <= n; campaign++) {
    for (let k = 0, count = 1 + Math.floor(random() * 3); k < count; k++) {
      const id = ads.length + 1;
      const set = Math.floor(random() * 2);
      ads.push({ id, campaign_id: campaign, ad_set_id: set ? `s${set}` : '', ad_set_name: set ? `Set ${set}` : '', external_id: `ad${k}`, name: `Ad ${k}`, status: '' });
      for (let d = 0; d < days; d++) {
        if (random() < 0.5) continue;
        const impressions = Math.floor(random() * 5000);
        adDays.push({
          ad_id: id, day: first + d, channel_id: 1 + Math.floor(random() * 4), placement: random() < 0.5 ? 'feed' : 'story', country: '',
          currency: currency(campaign), impressions: maybe(impressions, 0.05), reach: maybe(Math.floor(impressions * 0.7), 0.3),
          clicks: maybe(Math.floor(impressions * random() * 0.05), 0.05), spend_micros: maybe(Math.floor(random() * 50000) * 10000, 0.15),
          conversions_micros: maybe(Math.floor(random() * 40 - 3) * 250000, 0.2), revenue_micros: maybe(Math.floor(random() * 150000 - 20000) * 10000, 0.2),
          import_id: null, changed_ms: 0,
        });
      }
    }
  }
  return { ads, adDays };
}
