// How fast events are taken in, against three things. Each measure is made REPETITIONS times, its two sides one
// after the other and in turn first, so that what else the machine does falls on both; the ratio is the median of the
// pairs' ratios. A run from which others on the machine took more than DISTURBED is made again, TRIES times at most,
// and the least disturbed counts.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { busySeconds, makeFolder, quiet, removeFolder, runJson, usage } from "./process.mjs";
import { BUILD, fastapi, notStoring, storing } from "./servers.mjs";

const REPETITIONS = 5;
const BEHIND_MS = 2500;
const CONNECTIONS = 32;
const BATCH = 100;
const WARM_S = 1;
const MEASURED_S = 5;
const PATIENCE_S = 20; // for others on the machine to finish, before each run
const DISTURBED = 0.15; // of all processors
const TRIES = 3;
const CHECKPOINT_PAGES = 8000; // as src/store/sqlite.c; with SQLite's own 1000 the raw inserts are slower

let runs = 0; // numbers the runs: events of no two have an id in common

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// The share of the machine that others took while `cpu_s` seconds of it went to what is measured.
function othersShare(busy_before, cpu_s) {
  return Math.max(0, busySeconds() - busy_before - cpu_s) / (WARM_S + MEASURED_S) / availableParallelism();
}

// An answer may be a little behind while very much comes in: what is stored, or what it is after BEHIND_MS.
async function countTo({ count }, wanted) {
  const last = performance.now() + BEHIND_MS;
  for (;;) {
    const stored = await count();
    if (stored === wanted || performance.now() > last) return stored;
    await pause(100);
  }
}

// A run of the sender against a fresh server. Every acknowledged event must be found stored afterwards.
async function send(open, batch) {
  const server = await open();
  try {
    await quiet(PATIENCE_S);
    const before = usage(server.programs);
    const busy = busySeconds();
    const path = batch ? "/v1/batch" : "/v1/track";
    const args = [server.port, path, server.key, CONNECTIONS, batch, WARM_S, MEASURED_S, ++runs].map(String);
    const got = await runJson(join(BUILD, "bench/load"), args);
    const after = usage(server.programs);
    const cpu_s = after.cpu_s - before.cpu_s;
    const others = othersShare(busy, cpu_s + got.sender_cpu_s);
    const stored = server.count ? await countTo(server, got.acked_events) : null;
    if (server.count && stored !== got.acked_events)
      throw new Error(`${got.acked_events} events were acknowledged and ${stored} are stored`);
    return {
      rate: got.events_per_s,
      p50_ms: got.p50_us / 1000,
      p99_ms: got.p99_us / 1000,
      cpu_us: (cpu_s / got.acked_events) * 1e6,
      bytes: after.bytes,
      bytes_before: before.bytes,
      others,
    };
  } catch (error) {
    for (const { exitCode, signalCode, output } of server.programs)
      error.message += `\nserver: ${exitCode ?? signalCode ?? "still runs"} ${output}`;
    throw error;
  } finally {
    await server.stop();
  }
}

async function insertRaw() {
  const folder = makeFolder();
  try {
    const file = join(folder, "raw.sqlite");
    const args = [file, CHECKPOINT_PAGES, WARM_S, MEASURED_S, ++runs].map(String);
    await quiet(PATIENCE_S);
    const busy = busySeconds();
    const got = await runJson(join(BUILD, "bench/raw_sqlite"), args);
    const others = othersShare(busy, (got.cpu_us * got.inserted) / 1e6);
    if (got.stored !== got.inserted) throw new Error(`${got.inserted} rows were inserted and ${got.stored} are there`);
    return { rate: got.events_per_s, cpu_us: got.cpu_us, bytes: got.bytes, others };
  } finally {
    removeFolder(folder);
  }
}

async function undisturbed(side) {
  let best = await side();
  for (let i = 1; i < TRIES && best.others > DISTURBED; i++) {
    const again = await side();
    if (again.others < best.others) best = again;
  }
  return best;
}

// Both sides in turn, each in its turn first.
async function pairs(machine, ours, theirs) {
  const found = { ours: [], theirs: [] };
  for (let i = 0; i < REPETITIONS; i++) {
    const order = i % 2 ? ["theirs", "ours"] : ["ours", "theirs"];
    for (const side of order) found[side].push(await undisturbed(side === "ours" ? ours : theirs));
    machine.say(`  ${i + 1}/${REPETITIONS}: ${pairText(found.ours[i], found.theirs[i])}`);
  }
  const ratios = found.ours.map((one, i) => one.rate / found.theirs[i].rate);
  return {
    value: median(ratios),
    least: Math.min(...ratios),
    most: Math.max(...ratios),
    sides: [summary("Demetra", found.ours), summary(null, found.theirs)],
  };
}

function pairText(ours, theirs) {
  const side = ({ rate, others }) => `${Math.round(rate)} events/s (others ${Math.round(others * 100)} %)`;
  return `${side(ours)} against ${side(theirs)}: ${(ours.rate / theirs.rate).toFixed(2)}×`;
}

function summary(name, all) {
  const of = (key) => (all[0][key] === undefined ? null : median(all.map((one) => one[key])));
  const rates = all.map((one) => one.rate);
  return {
    name,
    rate: median(rates),
    rate_least: Math.min(...rates),
    rate_most: Math.max(...rates),
    p50_ms: of("p50_ms"),
    p99_ms: of("p99_ms"),
    cpu_us: of("cpu_us"),
    bytes: of("bytes"),
    bytes_before: of("bytes_before"),
    others: of("others"),
  };
}

export const ingestSingle = (machine) => pairs(machine, () => send(storing, 0), () => send(notStoring, 0));
export const ingestFastapi = (machine) => pairs(machine, () => send(storing, 0), () => send(fastapi, 0));
export const ingestBatch = (machine) => pairs(machine, () => send(storing, BATCH), insertRaw);
