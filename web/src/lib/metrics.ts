/* The metrics that reports show: how each comes out of what the server counts, and how it is written. */
import type { MetricTotals } from '../api/types';
import type { Format } from './format';
import type { Texts } from './texts';

export const METRIC_GROUPS = {
  money: ['revenue', 'conversions', 'orders', 'aov', 'arpu', 'arppu'],
  people: ['persons', 'converted', 'payers', 'rate'],
  activity: ['dau', 'wau', 'mau', 'stickiness'],
  visits: ['sessions', 'session_ms', 'bounce_rate', 'events'],
} as const;
export type MetricGroup = keyof typeof METRIC_GROUPS;
export type MetricName = (typeof METRIC_GROUPS)[MetricGroup][number];
export const METRICS: readonly MetricName[] = Object.values(METRIC_GROUPS).flat();
export type Counts = Pick<MetricTotals, Exclude<MetricName, 'rate'>>;

export const STEPS = ['hour', 'day', 'week', 'month'] as const;
export type Step = (typeof STEPS)[number];

/** For names= of the API: the rate is made of two others. */
export const namesOf = (metrics: readonly MetricName[]) => [...new Set(metrics.flatMap((one) => (one === 'rate' ? ['converted', 'persons'] : [one])))].join(',');

/** null: there is nothing to divide by. */
export function metricOf(name: MetricName, counts: Counts | undefined): number | null {
  if (name !== 'rate') return counts?.[name] ?? null;
  return counts?.persons ? (counts.converted ?? 0) / counts.persons : null;
}

const UNITS: Partial<Record<MetricName, 'money' | 'share' | 'time'>> = { revenue: 'money', aov: 'money', arpu: 'money', arppu: 'money', rate: 'share', bounce_rate: 'share', stickiness: 'share', session_ms: 'time' };

/** Not a count: drawn as a line. */
export const isRatio = (name: MetricName) => UNITS[name] !== undefined && name !== 'revenue';
export const goodWhenUp = (name: MetricName) => name !== 'bounce_rate';

type Maybe = number | null | undefined;
const both = <T,>(text: T) => ({ exact: text, cell: text });

/** `cell`: as many digits in every row of a column. */
export function metricText(name: MetricName, fmt: Format) {
  const dash = (text: (value: number) => string) => (value: Maybe) => (value == null ? '–' : text(value));
  switch (UNITS[name]) {
    case 'money': return { short: dash(fmt.moneyShort), ...both(dash((value) => fmt.moneyExact(Math.round(value)))) };
    case 'share': return { short: dash(fmt.percent), exact: dash((value) => fmt.percent(value, 3)), cell: dash((value) => fmt.percentFixed(value, 2)) };
    case 'time': return { short: dash(fmt.duration), ...both(dash(fmt.duration)) };
    default: return { short: dash(fmt.short), exact: dash((value) => fmt.exact(value, 1)), cell: dash((value) => (name === 'dau' ? fmt.fixed(value, 1) : fmt.exact(value))) };
  }
}

/** Exports carry plain numbers: money in whole units with its decimals. */
export function metricCell(name: MetricName, counts: Counts | undefined, perUnit: number): number | null {
  const value = metricOf(name, counts);
  return value !== null && UNITS[name] === 'money' ? Math.round(value) / perUnit : value;
}

/** How a period is called on an axis, and in full. */
export function periodNames(step: Step, fmt: Format, t: Texts): { short: (at: string) => string; long: (at: string) => string } {
  const short = { hour: fmt.hour, day: fmt.dayShort, week: fmt.dayShort, month: fmt.month };
  const long = { hour: fmt.hour, day: fmt.weekday, week: (at: string) => t.weekOf(fmt.day(at)), month: fmt.month };
  return { short: short[step], long: long[step] };
}
