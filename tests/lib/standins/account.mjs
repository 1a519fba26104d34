// tests/lib/standins/account.mjs -- an advertiser's account that was made up: campaigns, their ads, their days.
//
// Is:    makeAccount(seed, …), and what may happen to it later: days are restated, rows vanish, names change, ads are
//        deleted. truth() is what a server that pulled it must hold.
// Owns:  the rows. Money and conversions are whole millionths; null: the platform does not say.
// Never: the same seed another account.
import { Random } from '../history.mjs';

export const DAY_MS = 86_400_000;
export const dayText = (number) => new Date(number * DAY_MS).toISOString().slice(0, 10);
export const dayNumber = (text) => Date.parse(`${text}T00:00:00Z`) / DAY_MS;
/** A day that is on the calendar, or NaN. */
export const dayOf = (text) => (/^\d{4}-\d\d-\d\d$/.test(text ?? '') && dayText(dayNumber(text) || 0) === text ? dayNumber(text) : NaN);
export const today = (timezone) => dayNumber(new Intl.DateTimeFormat('en-CA', { timeZone: timezone }).format(new Date()));

export const COUNTS = ['impressions', 'reach', 'clicks', 'spend', 'conversions', 'revenue'];
const NAMES = ['Moon stories', 'Казки на ніч', 'Fox "bedtime", 15s', 'Ночные сказки; осень', 'Lullaby search', "Bear's nap <b>", 'Σ winter', 'Tab-less name'];

/**
 * `days` days, the last of them `to` (yesterday when left out). `places`: placements that every ad's day is split by.
 * `cent`: the smallest money in micros; `part`: the smallest piece of a conversion in micros. `unsaid`: conversions and
 * revenue are not said in some rows. `adless`: so many of the campaigns have no ads that anybody could name.
 */
export function makeAccount(seed, options = {}) {
  const { days = 30, campaigns = 3, ads = 4, currency = 'UAH', timezone = 'Europe/Kyiv', places = [''], cent = 10_000, part = 1_000_000, unsaid = false, adless = 0, id = '100200300' } = options;
  const to = options.to ? dayNumber(options.to) : today(timezone) - 1;
  const account = new Account({ id, currency, timezone, places, cent, part, unsaid, random: new Random(seed) });
  for (let i = 0; i < campaigns; i++) account.addCampaign(i, ads, i >= campaigns - adless);
  for (let day = to - days + 1; day <= to; day++) account.addDay(dayText(day));
  return account;
}

class Account {
  constructor(facts) {
    Object.assign(this, facts);
    this.campaigns = [];
    this.rows = new Map(); /* "day ad place" -> row */
    this.restated = new Set(); /* days */
  }

  addCampaign(i, n_ads, adless) {
    /* too long for a double: who reads ids as numbers is found out */
    const campaign = { id: `238500000000000${String(i + 1).padStart(4, '0')}`, name: `${NAMES[i % NAMES.length]} ${i + 1}`, status: 'on', adless, ads: [] };
    const sets = Math.max(1, Math.ceil(n_ads / 2));
    for (let n = 0; n < (adless ? 1 : n_ads); n++) {
      const set = n % sets;
      campaign.ads.push({
        campaign, status: 'on', id: adless ? '' : `17${campaign.id.slice(2, -6)}${i + 1}${String(n + 1).padStart(5, '0')}`, name: adless ? '' : `Ad ${i + 1}.${n + 1} «${NAMES[(i + n) % NAMES.length]}»`,
        set: adless ? { id: '', name: '' } : { id: `66${campaign.id.slice(2, -4)}${i + 1}${String(set + 1).padStart(3, '0')}`, name: `Group ${i + 1}.${set + 1}` },
      });
    }
    this.campaigns.push(campaign);
  }

  get ads() {
    return this.campaigns.flatMap(({ ads }) => ads);
  }

  addDay(day) {
    for (const ad of this.ads) {
      if (this.random.chance(0.15)) continue; /* it did not run: a platform has no row then */
      for (const place of this.places) this.rows.set(`${day} ${ad.campaign.id} ${ad.id} ${place}`, { day, ad, place, ...this.figures() });
    }
  }

  figures() {
    const { random, cent, part } = this;
    const impressions = random.between(1, 20_000);
    const reach = random.between(1, impressions);
    const clicks = random.chance(0.1) ? 0 : random.between(0, Math.ceil(impressions / 20));
    const spend = random.chance(0.05) ? 0 : random.between(1, 90_000_000 / cent) * cent;
    if (this.unsaid && random.chance(0.3)) return { impressions, reach, clicks, spend, conversions: null, revenue: null };
    if (random.chance(0.3)) return { impressions, reach, clicks, spend, conversions: 0, revenue: 0 };
    return { impressions, reach, clicks, spend, conversions: random.between(1, (20 * 1_000_000) / part) * part, revenue: random.between(1, 900_000_000 / cent) * cent };
  }

  /** The platform thinks again about a day: conversions and money arrive late. */
  restate(day) {
    const own = [...this.rows.values()].filter((row) => row.day === day);
    if (!own.length) throw new Error(`the account has no rows on ${day}`);
    for (const row of own) {
      row.conversions = (row.conversions ?? 0) + this.random.between(1, 5) * this.part;
      row.revenue = (row.revenue ?? 0) + this.random.between(1, 9999) * this.cent;
      row.spend += this.cent;
    }
    this.restated.add(day);
  }

  /** Rows of a day (of one ad, or every other row of the day) are gone; how many. */
  vanish(day, adId) {
    const own = [...this.rows].filter(([, row]) => row.day === day && (!adId || row.ad.id === adId));
    const gone = adId ? own : own.filter((_, i) => i % 2 === 0);
    for (const [key] of gone) this.rows.delete(key);
    return gone.length;
  }

  rename(campaignId, name) {
    this.campaign(campaignId).name = name;
  }

  /** No longer in the account; its days remain. */
  deleteAd(adId) {
    this.ads.find(({ id }) => id === adId).status = 'deleted';
  }

  campaign(id) {
    return this.campaigns.find((campaign) => campaign.id === id);
  }

  /** What is true of the days from .. to (all when left out), sorted: a row an ad, day and placement. */
  truth({ from = '0000', to = '9999' } = {}) {
    const rows = [...this.rows.values()].filter(({ day }) => day >= from && day <= to);
    return sorted(rows.map(({ day, ad, place, ...counts }) => ({
      day, campaign_id: ad.campaign.id, campaign_name: ad.campaign.name, ad_set_id: ad.set.id, ad_set_name: ad.set.name, ad_id: ad.id, ad_name: ad.name, place, ...counts,
    })));
  }

  get days() {
    return [...new Set([...this.rows.values()].map(({ day }) => day))].sort();
  }
}

const sorted = (rows) => rows.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
const keyOf = (row) => [row.day, row.campaign_id, row.ad_set_id, row.ad_id, row.place].join(' ');

/** Sums of rows by the named columns: [{…columns, …counts}], sorted. null + null is null, null + 1 is 1. */
export function sums(rows, columns) {
  const out = new Map();
  for (const row of rows) {
    const key = JSON.stringify(columns.map((column) => row[column]));
    if (!out.has(key)) out.set(key, { ...Object.fromEntries(columns.map((column) => [column, row[column]])), ...Object.fromEntries(COUNTS.map((count) => [count, null])) });
    const sum = out.get(key);
    for (const count of COUNTS) if (row[count] !== null && row[count] !== undefined) sum[count] = (sum[count] ?? 0) + row[count];
  }
  return [...out].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
}

/** Micros as a decimal text of major units with `digits` places. */
export function decimal(micros, digits = 2) {
  const step = 10 ** (6 - digits);
  if (micros % step) throw new Error(`${micros} micros do not fit ${digits} places`);
  const text = String(Math.abs(micros) / step).padStart(digits + 1, '0');
  return `${micros < 0 ? '-' : ''}${text.slice(0, text.length - digits)}${digits ? '.' : ''}${digits ? text.slice(-digits) : ''}`;
}
