// tests/lib/social_ads.mjs -- campaigns in the format of Social_Media_Advertising.csv, made of a seed.
//
// Is:    the columns and ways of writing of the published file, over values of our own; TRUTH says what they were
//        made from. The same seed gives the same bytes. As a program:
//        node tests/lib/social_ads.mjs --rows 300000 --seed 1 > file
// Owns:  nothing.
// Never: names a company that there is.
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const COLUMNS = ['Campaign_ID', 'Target_Audience', 'Campaign_Goal', 'Duration', 'Channel_Used', 'Conversion_Rate', 'Acquisition_Cost', 'ROI',
  'Location', 'Language', 'Clicks', 'Impressions', 'Engagement_Score', 'Customer_Segment', 'Date', 'Company'];

/**
 * What the values are drawn from. ROI = 3 × channel × segment × month × noise; the noise is lognormal with mean 1, so
 * the products are the means.
 */
export const TRUTH = {
  roi: 3,
  channel: {
    Instagram: { roi: 1.3, ctr: 0.032, cost: 6200, conversion: 0.082, engagement: 6.4 },
    Facebook: { roi: 1.15, ctr: 0.024, cost: 7100, conversion: 0.09, engagement: 5.1 },
    Twitter: { roi: 0.95, ctr: 0.019, cost: 8300, conversion: 0.071, engagement: 4.6 },
    Pinterest: { roi: 0.6, ctr: 0.014, cost: 9400, conversion: 0.058, engagement: 3.9 },
  },
  segment: { Fashion: 1.15, Food: 1, Health: 1.05, Home: 0.85, Technology: 0.95 },
  month: [0.9, 0.92, 0.97, 1, 1.02, 1, 0.95, 0.93, 1, 1.05, 1.15, 1.11],
  noise: 0.45,
  firstDay: '2022-01-01',
  days: 365,
};

const GOALS = ['Brand Awareness', 'Increase Sales', 'Market Expansion', 'Product Launch'];
const AUDIENCES = ['All Ages', ...['Men', 'Women'].flatMap((who) => ['18-24', '25-34', '35-44', '45-60'].map((age) => `${who} ${age}`))];
const LOCATIONS = ['Austin', 'Las Vegas', 'Los Angeles', 'Miami', 'New York'];
const LANGUAGES = ['English', 'French', 'Spanish'];
const DURATIONS = [15, 30, 45, 60];
const COMPANIES = {
  Fashion: ['Velvet Acre', 'Threadmoor', 'Lindenwear', 'Ostra & Pine'],
  Food: ['Crumb Harbor', 'Saffron Mill', 'Larkspoon', 'Oatfield Table'],
  Health: ['Everwell Grove', 'Pulsemeadow', 'Brightmarrow', 'Calm Orchard'],
  Home: ['Hearthline', 'Willow & Beam', 'Nookwright', 'Tallow House'],
  Technology: ['Quillbyte', 'Northlattice', 'Sparrow Circuits', 'Emberstack'],
};

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function lognormal(random, sigma) {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(sigma * normal - (sigma * sigma) / 2);
}

/** The campaigns as values; amounts in cents. */
export function* campaigns({ rows, seed = 1 }) {
  const random = randomOf(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const channels = Object.keys(TRUTH.channel);
  const segments = Object.keys(TRUTH.segment);
  const start = Date.parse(TRUTH.firstDay);
  const id0 = 100000 + Math.floor(random() * 1000);
  for (let i = 0; i < rows; i++) {
    const channel = pick(channels);
    const of = TRUTH.channel[channel];
    const segment = pick(segments);
    const date = new Date(start + Math.floor(random() * TRUTH.days) * 86400000);
    const impressions = Math.round(80000 * lognormal(random, 0.6));
    const roi = TRUTH.roi * of.roi * TRUTH.segment[segment] * TRUTH.month[date.getUTCMonth()] * lognormal(random, TRUTH.noise);
    yield {
      id: String(id0 + i),
      audience: pick(AUDIENCES),
      goal: pick(GOALS),
      duration: pick(DURATIONS),
      channel,
      conversionRate: Math.min(0.5, Math.round(of.conversion * lognormal(random, 0.4) * 100) / 100),
      costCents: Math.round((of.cost * lognormal(random, 0.35) * 100) / 1000) * 1000,
      roi: Math.round(roi * 100) / 100,
      location: pick(LOCATIONS),
      language: pick(LANGUAGES),
      clicks: Math.min(impressions, Math.round(impressions * of.ctr * lognormal(random, 0.3))),
      impressions,
      engagement: Math.max(1, Math.min(10, Math.round(of.engagement * lognormal(random, 0.3)))),
      segment,
      date: date.toISOString().slice(0, 10),
      company: pick(COMPANIES[segment]),
    };
  }
}

/** 123400 -> "$1,234.00", which has to be quoted. */
function dollars(cents) {
  const [whole, part] = (cents / 100).toFixed(2).split('.');
  return `$${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${part}`;
}

function cell(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function lineOf(c) {
  return [c.id, c.audience, c.goal, `${c.duration} Days`, c.channel, String(c.conversionRate), dollars(c.costCents), String(c.roi), c.location,
    c.language, String(c.clicks), String(c.impressions), String(c.engagement), c.segment, c.date, c.company].map(cell).join(',');
}

/** The file in pieces of some thousand lines. */
export function* pieces(options) {
  let lines = [COLUMNS.join(',')];
  for (const campaign of campaigns(options)) {
    lines.push(lineOf(campaign));
    if (lines.length < 4096) continue;
    yield `${lines.join('\n')}\n`;
    lines = [];
  }
  if (lines.length) yield `${lines.join('\n')}\n`;
}

/** The whole file as one text; for a few rows. */
export function socialAdsCsv(options) {
  return [...pieces(options)].join('');
}

async function main() {
  const { values } = parseArgs({ options: { rows: { type: 'string', default: '300000' }, seed: { type: 'string', default: '1' } } });
  const options = { rows: Number(values.rows), seed: Number(values.seed) };
  if (!Number.isInteger(options.rows) || options.rows < 0 || !Number.isInteger(options.seed)) {
    console.error('usage: node tests/lib/social_ads.mjs [--rows N] [--seed N] > FILE');
    process.exit(2);
  }
  process.stdout.on('error', () => process.exit(1));
  for (const piece of pieces(options)) if (!process.stdout.write(piece)) await new Promise((go) => process.stdout.once('drain', go));
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
