// tests/golden/path_models.mjs -- the models over whole tables of paths, the long way.
//
// Is:    markov by one dense system of equations a channel, the Shapley values by every subset; what each channel is due.
// Never: collapses, reorders or shortens anything: models/attribution.md 4.3 and 4.4 as they stand there.

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

/** Gauss with the greatest pivot: x of A x = b. A and b are used up. */
function solve(a, b) {
  const n = b.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) if (Math.abs(a[row][column]) > Math.abs(a[pivot][column])) pivot = row;
    [a[column], a[pivot]] = [a[pivot], a[column]];
    [b[column], b[pivot]] = [b[pivot], b[column]];
    for (let row = column + 1; row < n; row++) {
      const factor = a[row][column] / a[column][column];
      if (factor === 0) continue;
      for (let i = column; i < n; i++) a[row][i] -= factor * a[column][i];
      b[row] -= factor * b[column];
    }
  }
  for (let row = n - 1; row >= 0; row--) {
    for (let i = row + 1; i < n; i++) b[row] -= a[row][i] * b[i];
    b[row] /= a[row][row];
  }
  return b;
}

/** The chain of an order: moves[from][to], and what leaves each state to (conversion), with its value, and to (null). */
function chainOf(rows, order) {
  const states = new Map(), start = new Map();
  const state = (gram) => {
    const key = JSON.stringify(gram);
    if (!states.has(key)) states.set(key, { place: states.size, gram, moves: new Map(), out: 0, conversions: 0, value: 0 });
    return states.get(key);
  };
  const add = (map, at, weight) => map.set(at, (map.get(at) ?? 0) + weight);
  for (const { path, conversions, nulls, value } of rows) {
    const length = Math.min(order, path.length), weight = conversions + nulls;
    let last = null;
    for (let i = 0; i + length <= path.length; i++) {
      const now = state(path.slice(i, i + length));
      if (last) {
        add(last.moves, now.place, weight);
        last.out += weight;
      } else add(start, now.place, weight);
      last = now;
    }
    last.out += weight;
    last.conversions += conversions;
    last.value += value;
  }
  return { states: [...states.values()], start, journeys: sum([...start.values()]) };
}

/** What a walk brings on average, of `reward`, when whoever meets `removed` is lost. */
function worth({ states, start, journeys }, reward, removed) {
  const lost = (state) => removed !== undefined && state.gram.includes(removed);
  const a = states.map((state) => {
    const row = Array(states.length).fill(0);
    if (!lost(state)) for (const [to, weight] of state.moves) row[to] -= weight / state.out;
    row[state.place] += 1;
    return row;
  });
  const h = solve(a, states.map((state) => (lost(state) ? 0 : state[reward] / state.out)));
  return sum([...start].map(([place, weight]) => (weight / journeys) * h[place]));
}

/** Each channel's part of `whole` by its removal effect. */
function markovShare(rows, order, reward, channels, whole) {
  const chain = chainOf(rows, order), all = worth(chain, reward);
  const effects = channels.map((channel) => 1 - worth(chain, reward, channel) / all);
  return effects.map((effect) => (effect / sum(effects)) * whole);
}

/** phi of a game given by its value of each set, as a bit mask. */
function shapley(n, value) {
  const factorial = (k) => (k < 2 ? 1 : k * factorial(k - 1));
  const bits = (mask) => (mask ? 1 + bits(mask & (mask - 1)) : 0);
  return Array.from({ length: n }, (_, i) => {
    let phi = 0;
    for (let mask = 0; mask < 1 << n; mask++) {
      if (mask & (1 << i)) continue;
      const size = bits(mask);
      phi += ((factorial(size) * factorial(n - size - 1)) / factorial(n)) * (value[mask | (1 << i)] - value[mask]);
    }
    return phi;
  });
}

function shapleyShare(rows, channels, worthOf) {
  const sets = rows.map(({ path }) => path.reduce((mask, channel) => mask | (1 << channels.indexOf(channel)), 0));
  const value = Array.from({ length: 1 << channels.length }, (_, mask) => worthOf(rows.filter((row, i) => (sets[i] & ~mask) === 0)));
  return shapley(channels.length, value);
}

const RULES = {
  first: (path) => path.map((_, i) => (i === 0 ? 1 : 0)),
  last: (path) => path.map((_, i) => (i === path.length - 1 ? 1 : 0)),
  linear: (path) => path.map(() => 1 / path.length),
  position: ({ length: n }) => Array.from({ length: n }, (_, i) => (n <= 2 ? 1 / n : i === 0 || i === n - 1 ? 0.4 : 0.2 / (n - 2))),
};

export const PATH_MODELS = ['markov', 'shapley', 'shapley_rate'];

/** What a model says each channel is due of conversions and value (before it is made whole), by channel. */
export function pathModel(model, rows, order = 1) {
  const touched = rows.filter(({ path }) => path.length > 0);
  const channels = [...new Set(touched.flatMap(({ path }) => path))];
  const conversions = sum(touched.map((row) => row.conversions)), value = sum(touched.map((row) => row.value));
  const shares = {
    markov: (reward, whole) => markovShare(touched, order, reward, channels, whole),
    shapley: (reward) => shapleyShare(touched, channels, (some) => sum(some.map((row) => row[reward]))),
    shapley_rate: (reward) => shapleyShare(touched, channels, (some) => (some.length ? (sum(some.map((row) => row[reward])) / sum(some.map((row) => row.conversions + row.nulls))) * touched.length : 0)),
  }[model] ?? ((reward) => channels.map((channel) => sum(touched.map((row) => row[reward] * sum(RULES[model](row.path).filter((_, i) => row.path[i] === channel))))));
  const due = { conversions: shares('conversions', conversions), value: shares('value', value) };
  return Object.fromEntries(channels.map((channel, i) => [channel, { conversions: due.conversions[i], value: due.value[i] }]));
}

/* ---- the choice of an order ---- */

const THRESHOLDS = 100;

/** How well the last touches of a path tell conversions from nulls: the area under the ROC curve through 100 thresholds. */
function aucOf(rows, order) {
  const ends = new Map();
  for (const { path, conversions, nulls } of rows) {
    const key = JSON.stringify(path.slice(-order)), end = ends.get(key) ?? { conversions: 0, nulls: 0 };
    ends.set(key, { conversions: end.conversions + conversions, nulls: end.nulls + nulls });
  }
  const found = [...ends.values()].map((end) => ({ ...end, rate: end.conversions / (end.conversions + end.nulls) }));
  const least = Math.min(...found.map(({ rate }) => rate)), most = Math.max(...found.map(({ rate }) => rate));
  const whole = { conversions: sum(found.map((end) => end.conversions)), nulls: sum(found.map((end) => end.nulls)) };
  if (!whole.conversions || !whole.nulls) return null;
  const curve = Array.from({ length: THRESHOLDS }, (_, t) => found.filter(({ rate }) => t === 0 || rate >= least + (t * (most - least)) / (THRESHOLDS - 1)))
    .map((taken) => ({ x: sum(taken.map((end) => end.nulls)) / whole.nulls, y: sum(taken.map((end) => end.conversions)) / whole.conversions }));
  const points = [...curve, { x: 0, y: 0 }];
  return sum(curve.map((point, t) => ((point.x - points[t + 1].x) * (point.y + points[t + 1].y)) / 2));
}

/** Of each order up to 4 its AUC and what is left of it for its many states; and the first with the most. */
export function chooseOrder(rows) {
  const touched = rows.filter(({ path }) => path.length > 0), n = sum(touched.map((row) => row.conversions + row.nulls));
  const channels = new Set(touched.flatMap(({ path }) => path)).size;
  const orders = [1, 2, 3, 4].map((order) => {
    const auc = aucOf(touched, order), states = Array.from({ length: order }, (_, i) => (channels + i) / (i + 1)).reduce((all, one) => all * one, 1);
    const free = n - states - 1, penalised = 1 - ((1 - auc) * (n - 1)) / free;
    return { order, auc, penalised: auc !== null && free > 0 && penalised >= 0 && penalised <= 1 ? penalised : 0 };
  });
  return { orders, best: orders.reduce((best, one) => (one.penalised > best.penalised ? one : best)).order };
}
