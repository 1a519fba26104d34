/* The periods of a span, so that one without data has its place too. Weeks begin on Monday. */
import { addDays, addMonths, daysBetween, monthStart } from './range';

export const PERIODS = ['day', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];

const MONDAY = '1970-01-05';

export function periodOf(day: string, step: Period): string {
  if (step === 'month') return monthStart(day);
  return step === 'day' ? day : addDays(day, -((daysBetween(MONDAY, day) % 7) + 7) % 7);
}

const next = (start: string, step: Period) => (step === 'month' ? addMonths(start, 1) : addDays(start, step === 'week' ? 7 : 1));

/** The first days of all periods from the one that `from` lies in to that of `to`. */
export function periodsOf(from: string, to: string, step: Period): string[] {
  const all: string[] = [];
  for (let at = periodOf(from, step); at <= to; at = next(at, step)) all.push(at);
  return all;
}

/** The last day of the period that begins so. */
export const periodEnd = (start: string, step: Period) => addDays(next(start, step), -1);

/** How finely a span is best drawn. */
export function stepFor(from: string, to: string): Period {
  const days = daysBetween(from, to) + 1;
  return days <= 62 ? 'day' : days <= 400 ? 'week' : 'month';
}
