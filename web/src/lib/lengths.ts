/* Lengths of time in a funnel. */

const NONE = 'none';

/** "1h,none" as a limit for each step after the first; one alone holds for all. What is missing has no limit. */
export function stepWindows(text: string | null, steps: number): string[] {
  const given = text ? text.split(',').map((one) => one.trim() || NONE) : [];
  return Array.from({ length: Math.max(0, steps - 1) }, (_, at) => (given.length === 1 ? given[0] : given[at]) ?? NONE);
}

/** As the API and the address take them; null where there is no limit at all. */
export const stepWindowsText = (windows: readonly string[]) => (windows.some((one) => one !== NONE) ? windows.join(',') : null);

export interface Bucket { low: number | null; high: number | null; count: number }

/** The counts between the bounds, without the empty ones at the ends. `counts` has one more than `bounds`. */
export function buckets(bounds: readonly number[], counts: readonly number[]): Bucket[] {
  const all = counts.map((count, at): Bucket => ({ low: bounds[at - 1] ?? null, high: bounds[at] ?? null, count }));
  const filled = all.flatMap((bucket, at) => (bucket.count > 0 ? [at] : []));
  return filled.length ? all.slice(filled[0], (filled.at(-1) ?? 0) + 1) : [];
}
