/* Date ranges: arithmetic on days ("2025-02-12") with no clock and no time zone of its own. The days are those of
 * the reporting time zone; the server says which day is today and which is the last with data. */

export const PRESETS = ['all', 'today', 'yesterday', '7d', '30d', '90d', 'month', 'last_month', 'year', 'custom'] as const;
export type Preset = (typeof PRESETS)[number];
export type Days = { from: string; to: string };
export type Compare = '' | 'previous' | 'year';

const DAY_MS = 86_400_000;
const ms = (day: string) => Date.parse(`${day}T00:00:00Z`);
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

export const isDay = (text: string | null | undefined): text is string =>
  !!text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(ms(text)) && dayOf(ms(text)) === text;
export const isPreset = (text: string | null): text is Preset => PRESETS.includes(text as Preset);

export const addDays = (day: string, count: number) => dayOf(ms(day) + count * DAY_MS);
export const daysBetween = (from: string, to: string) => Math.round((ms(to) - ms(from)) / DAY_MS);

/** The same day of the month so many months away; the last of the month where there is none. */
export function addMonths(day: string, count: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  const last = new Date(Date.UTC(year, month - 1 + count + 1, 0));
  last.setUTCDate(Math.min(date, last.getUTCDate()));
  return last.toISOString().slice(0, 10);
}

export const monthStart = (day: string) => `${day.slice(0, 8)}01`;
export const monthEnd = (day: string) => addDays(addMonths(monthStart(day), 1), -1);

/** The days of a preset that ends at `end`; null is all time. */
export function resolve(preset: Preset, end: string, custom?: Partial<Days>): Days | null {
  switch (preset) {
    case 'all': return null;
    case 'today': return { from: end, to: end };
    case 'yesterday': return { from: addDays(end, -1), to: addDays(end, -1) };
    case '7d': return { from: addDays(end, -6), to: end };
    case '30d': return { from: addDays(end, -29), to: end };
    case '90d': return { from: addDays(end, -89), to: end };
    case 'month': return { from: monthStart(end), to: end };
    case 'last_month': {
      const before = addDays(monthStart(end), -1);
      return { from: monthStart(before), to: before };
    }
    case 'year': return { from: `${end.slice(0, 4)}-01-01`, to: end };
    case 'custom': {
      if (!isDay(custom?.from) || !isDay(custom?.to)) return null;
      return custom.from <= custom.to ? { from: custom.from, to: custom.to } : { from: custom.to, to: custom.from };
    }
  }
}

/** The range before (−1) or after (+1): whole months move by months, all others by their own length. */
export function shift(days: Days, direction: -1 | 1): Days {
  if (days.from === monthStart(days.from) && days.to === monthEnd(days.to)) {
    const months = monthsIn(days) * direction;
    const from = addMonths(days.from, months);
    return { from, to: monthEnd(addMonths(monthStart(days.to), months)) };
  }
  const length = (daysBetween(days.from, days.to) + 1) * direction;
  return { from: addDays(days.from, length), to: addDays(days.to, length) };
}

function monthsIn(days: Days): number {
  const [y1, m1] = days.from.split('-').map(Number) as [number, number];
  const [y2, m2] = days.to.split('-').map(Number) as [number, number];
  return (y2 - y1) * 12 + (m2 - m1) + 1;
}
