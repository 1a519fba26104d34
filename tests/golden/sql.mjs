// tests/golden/sql.mjs -- pieces of SQL that several questions share: lengths, spans, filters, periods, rules.
//
// Never: asks anything.
import { quoted } from '../lib/sqlite.mjs';

export { quoted };
const DAY_MS = 86_400_000;
const UNITS = { m: 60_000, h: 3_600_000, d: DAY_MS };

export const list = (value) => (value === undefined ? [] : [value].flat());
export const length = (text) => (text === 'none' ? null : Number.parseInt(text, 10) * UNITS[text.at(-1)]);
export const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text);
export const isName = (name) => (name === undefined || name === '*' ? 'true' : `name = ${quoted(name)}`);
export const byKey = (rows) => Object.fromEntries(rows.map(({ key, ...row }) => [key, row]));

/** The alias by which a person is shown; `id` is a column that names it. */
export const shown = (id) => `(SELECT alias FROM alias WHERE alias.person = ${id} ORDER BY instr('ucta', substr(alias, 1, 1)), first_seen LIMIT 1)`;

/** The period that a day is in: a week begins on Monday. */
export const period = (day, step) => ({ day, week: `date(${day}, '-6 days', 'weekday 1')`, month: `date(${day}, 'start of month')` })[step];
/** How many periods one lies after another. */
export const apart = (from, to, step) => (step === 'month'
  ? `((strftime('%Y', ${to}) - strftime('%Y', ${from})) * 12 + strftime('%m', ${to}) - strftime('%m', ${from}))`
  : `(CAST(round(julianday(${to}) - julianday(${from})) AS INTEGER) / ${step === 'week' ? 7 : 1})`);

/** from= and to= as a condition on a row's `at` and `day`. */
export function inRange({ from, to }) {
  const bounds = [];
  if (from) bounds.push(isDay(from) ? `day >= ${quoted(from)}` : `at >= ${Date.parse(from)}`);
  if (to) bounds.push(isDay(to) ? `day <= ${quoted(to)}` : `at < ${Date.parse(to)}`);
  return bounds.join(' AND ') || 'true';
}

/** filter= as a condition on columns with a prefix. */
export function passes({ filter }, prefix) {
  const OPS = {
    is: (column, value) => `lower(${column}) = lower(${value})`, is_not: (column, value) => `lower(${column}) <> lower(${value})`,
    contains: (column, value) => `instr(lower(${column}), lower(${value})) > 0`, not_contains: (column, value) => `instr(lower(${column}), lower(${value})) = 0`,
  };
  return list(filter).map((text) => {
    const [, dim, op, value] = /^(\w+):(\w+):(.*)$/.exec(text);
    return OPS[op](prefix + dim, quoted(value));
  }).join(' AND ') || 'true';
}

/* ---- platform rules ---- */

const rule = (fields, values, platform, paid = false, op = 'is') => ({ fields, op, values, platform, paid });
/** The table of spec/3. */
export const RULES = { rules: [
  rule(['source', 'medium'], ['email'], 'email'), rule(['source'], ['viber'], 'viber'), rule(['source'], ['telegram', 'tg'], 'telegram'),
  rule(['source'], ['facebook', 'fb', 'meta'], 'facebook', true), rule(['source'], ['instagram', 'ig'], 'instagram', true), rule(['source'], ['tiktok'], 'tiktok', true),
  rule(['source'], ['google', 'googleads', 'adwords'], 'google', true), rule(['source'], ['yandex', 'yandexdirect'], 'yandex', true),
  rule(['medium'], ['paid_social', 'paidsocial'], 'paid_social'), rule(['medium'], ['cpc', 'ppc', 'paid_search', 'paidsearch', 'sem'], 'paid_search'),
  rule(['source_type'], ['event'], 'event', false, 'contains'),
] };

const matches = ({ fields, op, values }, prefix) => fields.flatMap((field) => values.map((value) => passes({ filter: `${field}:${op}:${value}` }, prefix))).join(' OR ');
const firstOf = ({ rules }, prefix, give, otherwise) => (rules.length ? `CASE ${rules.map((one) => `WHEN ${matches(one, prefix)} THEN ${give(one)}`).join(' ')} ELSE ${otherwise} END` : otherwise);
export const platformBy = (rules, prefix) => firstOf(rules, prefix, ({ platform }) => quoted(platform), "'unknown'");
/** An ad platform's touch, with a campaign id. */
export const paidBy = (rules, prefix) => `(${firstOf(rules, prefix, ({ paid }) => (paid ? 1 : 0), '0')} AND ${prefix}campaign_id <> '')`;

/* ---- quartiles ---- */

/** PERCENTILE_CONT of `quarters` quarters, rounded down, over rows that know their `place` among `persons` by `value`. */
export function quartile(quarters, value, place) {
  const at = `(persons - 1) * ${quarters}`, ranked = (plus) => `max(CASE WHEN ${place} = ${at} / 4 + ${plus} THEN ${value} END)`;
  return `${ranked(1)} + (coalesce(${ranked(2)}, 0) - ${ranked(1)}) * (max(${at}) % 4) / 4 * (max(${at}) % 4 > 0)`;
}
