// tests/lib/ad_days.mjs -- days of ads in the neutral format, made of a seed; for the campaigns of `demetra demo`.
//
// Is:    campaigns named as the demo's utm_campaign are, so that what was spent meets what people did, over its ninety
//        days; with what happens to real ones: a campaign that nobody came from, one deleted half way, ads of no group,
//        rows whose currency has no rate, a platform that tells no conversions. As a program:
//        node tests/lib/ad_days.mjs [--seed 1] [--currency UAH] > file
// Owns:  nothing.
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { randomOf } from './social_ads.mjs';

const COLUMNS = ['date', 'source', 'account_id', 'campaign_id', 'campaign_name', 'campaign_status', 'adset_id', 'adset_name', 'ad_id', 'ad_name', 'ad_status', 'placement', 'impressions', 'clicks', 'cost', 'currency', 'conversions', 'conversion_value'];
const FIRST = Date.parse('2025-08-11');
const DAYS = 90;
const DAY_MS = 86_400_000;

/** daily: spend in whole units; cpm; of clicks, and of those who buy; what an order is worth. */
const CAMPAIGNS = [
  { source: 'google_ads', id: '100', name: 'brand', daily: 75, cpm: 120, ctr: 0.06, rate: 0.05, order: 1500 },
  { source: 'google_ads', id: '101', name: 'search-generic', daily: 200, cpm: 160, ctr: 0.035, rate: 0.02, order: 1300 },
  { source: 'google_ads', id: '102', name: 'shopping', daily: 133, cpm: 90, ctr: 0.02, rate: 0.025, order: 1200 },
  { source: 'yandex_direct', id: '200', name: 'poisk', daily: 91, cpm: 110, ctr: 0.03, rate: 0.02, order: 1250 },
  { source: 'yandex_direct', id: '201', name: 'retarget', daily: 41, cpm: 60, ctr: 0.012, rate: 0.03, order: 1400 },
  { source: 'meta', id: '300', name: 'lookalike', daily: 158, cpm: 75, ctr: 0.015, rate: 0.012, order: 1100, sets: 3 },
  { source: 'meta', id: '301', name: 'video-story', daily: 66, cpm: 50, ctr: 0.009, rate: 0.008, order: 1000, status: 'DELETED', until: 46 },
  { source: 'meta', id: '302', name: 'carousel', daily: 58, cpm: 70, ctr: 0.014, rate: 0.011, order: 1150, status: 'PAUSED' },
  { source: 'tiktok', id: '400', name: 'spark', daily: 108, cpm: 40, ctr: 0.01, rate: 0.004, order: 900 },
  { source: 'tiktok', id: '401', name: 'ugc-test', daily: 37, cpm: 38, ctr: 0.011, rate: 0.005, order: 950, from: 30 },
  { source: 'telegram_ads', id: '500', name: 'channel-a', daily: 50, cpm: 150, ctr: 0.008, silent: true },
  { source: 'telegram_ads', id: '501', name: 'influencer', daily: 4, cpm: 9, ctr: 0.01, silent: true, currency: 'TON' },
  { source: 'google_ads', id: '199', name: 'nobody came', daily: 25, cpm: 130, ctr: 0.01, rate: 0.01, order: 800 },
];

const cell = (value) => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));

function* rowsOf(campaign, random, currency) {
  const { source, id, name, daily, cpm, ctr, rate, order, silent, status = 'ACTIVE', sets = 2, from = 0, until = DAYS } = campaign;
  for (let day = from; day < until; day++) {
    const date = new Date(FIRST + day * DAY_MS).toISOString().slice(0, 10);
    const season = 1 + 0.25 * Math.sin((day / 7) * 2 * Math.PI) + day / 300;
    for (let s = 1; s <= sets; s++) {
      for (let a = 1; a <= 2; a++) {
        const share = ((s === 1 ? 0.6 : 0.4 / Math.max(1, sets - 1)) * (a === 1 ? 0.65 : 0.35) * season) * (0.7 + 0.6 * random());
        const cost = Math.round(daily * share * 100) / 100;
        const impressions = Math.round((cost / cpm) * 1000 * (0.85 + 0.3 * random()));
        const clicks = Math.round(impressions * ctr * (0.8 + 0.4 * random()));
        const conversions = silent ? '' : Math.floor(clicks * rate * (0.6 + 0.8 * random()) + random());
        const value = silent ? '' : (conversions * order * (0.9 + 0.2 * random())).toFixed(2);
        yield [date, source, `${source}-1`, id, name, status, `${id}-${s}`, s === 1 ? 'Wide' : `Narrow ${s}`, `${id}-${s}${a}`, a === 1 ? 'Video, 15 s' : 'Picture', a === 2 && s === 2 ? 'PAUSED' : status,
          source === 'meta' ? (a === 1 ? 'instagram_feed' : 'facebook_feed') : '', impressions, clicks, cost.toFixed(2), campaign.currency ?? currency, conversions, value];
      }
    }
  }
}

/** The file as one text. */
export function adDaysCsv({ seed = 1, currency = 'UAH' } = {}) {
  const random = randomOf(seed);
  const lines = [COLUMNS.join(',')];
  for (const campaign of CAMPAIGNS) for (const row of rowsOf(campaign, random, currency)) lines.push(row.map(cell).join(','));
  return `${lines.join('\n')}\n`;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, currency: { type: 'string', default: 'UAH' } } });
  process.stdout.write(adDaysCsv({ seed: Number(values.seed), currency: values.currency }));
}
