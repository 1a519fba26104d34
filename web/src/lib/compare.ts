/* Values side by side: where they lie, how far they are apart. */

export type Interval = readonly [low: number, high: number];

/** The API gives an interval as a list; null where a model has none. */
export const intervalOf = (list: readonly number[] | null | undefined): Interval | undefined =>
  list && list[0] !== undefined && list[1] !== undefined ? [list[0], list[1]] : undefined;

/** Least and most of some values; null of none. */
export function spread(values: readonly number[]): Interval | null {
  return values.length ? [Math.min(...values), Math.max(...values)] : null;
}

/** Round numbers that divide low..high into about `count` parts, ends within. */
export function ticks(low: number, high: number, count = 4): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((one) => one * power >= rough) ?? 10) * power;
  const all: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) all.push(i * step || 0); // no -0
  return all;
}
