/* The metrics that reports show: how each comes out of the counts, and how it is written. */
import type { Format } from './format';
import type { Texts } from './texts';

export const METRICS = ['revenue', 'conversions', 'converted', 'persons', 'rate', 'average', 'sessions', 'events'] as const;
export type MetricName = (typeof METRICS)[number];
/** What the server counts; the other metrics are made of these. */
export type Counts = Partial<Record<'revenue' | 'conversions' | 'converted' | 'persons' | 'sessions' | 'events', number>>;

export const STEPS = ['hour', 'day', 'week', 'month'] as const;
export type Step = (typeof STEPS)[number];

export function metricOf(name: MetricName, counts: Counts): number {
  const { revenue = 0, conversions = 0, converted = 0, persons = 0 } = counts;
  if (name === 'rate') return persons ? converted / persons : 0;
  if (name === 'average') return conversions ? revenue / conversions : 0;
  return counts[name] ?? 0;
}

export function metricText(name: MetricName, fmt: Format) {
  if (name === 'revenue' || name === 'average') return { short: fmt.moneyShort, exact: (value: number) => fmt.moneyExact(Math.round(value)) };
  if (name === 'rate') return { short: (value: number) => fmt.percent(value), exact: (value: number) => fmt.percent(value, 3) };
  return { short: fmt.short, exact: (value: number) => fmt.exact(value) };
}

/** Exports carry plain numbers: money in whole units with its decimals. */
export const metricCell = (name: MetricName, counts: Counts, perUnit: number) =>
  name === 'revenue' || name === 'average' ? Math.round(metricOf(name, counts)) / perUnit : metricOf(name, counts);

/** How a period is called on an axis, and in full. */
export function periodNames(step: Step, fmt: Format, t: Texts): { short: (at: string) => string; long: (at: string) => string } {
  const short = { hour: fmt.hour, day: fmt.dayShort, week: fmt.dayShort, month: fmt.month };
  const long = { hour: fmt.hour, day: fmt.weekday, week: (at: string) => t.weekOf(fmt.day(at)), month: fmt.month };
  return { short: short[step], long: long[step] };
}
