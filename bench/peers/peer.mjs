// What the peers that are asked in SQL have in common: a process each, so that its memory is its own. It opens its
// table, says {"ready": version}, then for each line NAME on standard input runs that query and prints a line of JSON:
// {"ms", "cpu_ms", "rows", "peak_bytes"}. Reading the rows out belongs to the time, as it does to an answer over HTTP.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export const WEEK_MS = 604_800_000;
export const DAY_MS = 86_400_000;
// names by number, as history.c has them
export const STEPS = [0, 1, 2, 4];
export const ORDER = 4;
export const PAGE = 0;
export const UNTAGGED = 264; // the campaign of visits that carry none, the last of them
export const FUNNEL_WINDOW_MS = 7 * DAY_MS;
export const LOOKBACK_MS = 30 * DAY_MS;
export const HALF_LIFE_MS = 7 * DAY_MS;
export const IDLE_MS = 1_800_000; // ends a session
export const PERIODS = 8;
export const MONDAY_MS = 1735516800000; // 2024-12-30, on or before the first event

function peakBytes() {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
}

// `queries`: name -> SQL; `ask(sql)` -> rows as arrays of numbers.
export async function answer(version, queries, ask) {
  const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
  say({ ready: version, queries: Object.keys(queries) });
  for await (const name of createInterface({ input: process.stdin })) {
    const from = performance.now();
    const cpu = process.cpuUsage();
    const rows = await ask(queries[name]);
    const { user, system } = process.cpuUsage(cpu);
    say({ ms: performance.now() - from, cpu_ms: (user + system) / 1000, rows, peak_bytes: peakBytes() });
  }
}
