// How the whole program does on the made history (history.c): intervals, the start, and taking in while it is asked.
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { history } from "./history.mjs";
import { median } from "./ingest.mjs";
import { peakBytes, quiet, run, runJson, usage } from "./process.mjs";
import { ATTRIBUTION, ATTRIBUTION_EVENTS, FUNNEL, modelsOf, MODELS, timed } from "./questions.mjs";
import { BUILD, environment, serving } from "./servers.mjs";

const REPETITIONS = 5;
const PATIENCE_S = 20;
const PAIRS = 3; // of ingest alone and ingest while asked
const CONNECTIONS = 8;
const BATCH = 100;
const WARM_S = 1;
const MEASURED_S = 5;
const CLIENTS = 2;
const PACE = 50_000; // events/s of an ingest that is on, and does not take all there is
const BEHIND_MS = 2500; // an answer may be a little behind while very much comes in

function result(all, sides) {
  return { value: median(all), least: Math.min(...all), most: Math.max(...all), sides };
}

function side(name, all, more) {
  const [ms, ms_least, ms_most] = [median(all), Math.min(...all), Math.max(...all)].map((s) => s * 1000);
  return { name, ms, ms_least, ms_most, ...more };
}

// ---- intervals ----

export async function bootstrap(machine) {
  const made = await history(machine);
  const server = await serving(made.data);
  try {
    const { paths } = await server.get("/openapi.json");
    const counted = paths["/api/v1/attribution"].get.parameters.some(({ name }) => name === "replicates");
    if (!counted) machine.say("  replicates= is not built: the answer has as many as the program thinks fit");
    const path = `${ATTRIBUTION_EVENTS}&models=${MODELS}&intervals=true${counted ? "&replicates=100" : ""}`;
    const all = [];
    for (let i = 0; i < REPETITIONS; i++) {
      all.push((await timed(() => server.get(path))) / 1000);
      machine.say(`  ${i + 1}/${REPETITIONS}: ${all[i].toFixed(2)} s`);
    }
    return result(all, [side("Demetra, over HTTP", all, { peak: peakBytes(server.programs[0].pid) })]);
  } finally {
    await server.stop();
  }
}

// ---- start ----

// From exec to the answer, in seconds; and the memory it took.
async function startOnce(made) {
  const from = performance.now();
  const server = await serving(made.data);
  const stored = await server.count();
  const s = (performance.now() - from) / 1000;
  const peak = peakBytes(server.programs[0].pid);
  await server.stop();
  if (stored !== made.events) throw new Error(`after the start there are ${stored} events, not ${made.events}`);
  return { s, peak };
}

async function rebuild(made) {
  const program = join(BUILD, "demetra");
  if (/^\s*rebuild\b/m.test(run(program, ["--help"]))) {
    const from = performance.now();
    run(program, ["rebuild"], { cwd: made.data, env: environment(made.data) });
    return { name: "demetra rebuild", s: (performance.now() - from) / 1000 };
  }
  rmSync(join(made.data, "facts"), { recursive: true, force: true });
  return { name: "a start without facts on disk", ...(await startOnce(made)) };
}

export async function startTime(machine) {
  const made = await history(machine);
  await startOnce(made); // the facts on disk are those of the last clean stop
  const all = [];
  for (let i = 0; i < REPETITIONS; i++) {
    await quiet(PATIENCE_S);
    all.push(await startOnce(made));
    machine.say(`  ${i + 1}/${REPETITIONS}: ${all[i].s.toFixed(2)} s`);
  }
  const again = await rebuild(made);
  const times = all.map(({ s }) => s);
  return result(times, [
    side("Demetra, from exec to the answer", times, { peak: Math.max(...all.map(({ peak }) => peak)) }),
    side(again.name, [again.s], { peak: again.peak }),
  ]);
}

// ---- taking in while asked ----

// Ask in turn until `until.done`; the times of what was under way while it was measured, in ms: also of what began
// before or ended after, or the slow ones would be left out.
async function askOn({ get }, paths, until) {
  const times = [];
  for (let i = 0; !until.done; i++) {
    const from = performance.now();
    await get(paths[i % paths.length]);
    const to = performance.now();
    if (to >= until.from && from <= until.to) times.push(to - from);
  }
  return times;
}

let runs = 500; // apart from those of ingest.mjs

async function takeIn(server, paths, clients, pace = []) {
  await quiet(PATIENCE_S);
  const before = await server.count();
  const began = performance.now();
  const until = { done: false, from: began + WARM_S * 1000, to: began + (WARM_S + MEASURED_S) * 1000 };
  const asking = Array.from({ length: clients }, (_, i) => askOn(server.connect(), paths.slice(i), until));
  const args = [server.port, "/v1/batch", server.key, CONNECTIONS, BATCH, WARM_S, MEASURED_S, ++runs, ...pace].map(String);
  const got = await runJson(join(BUILD, "bench/load"), args);
  until.done = true;
  const times = (await Promise.all(asking)).flat();
  await pause(BEHIND_MS);
  const stored = (await server.count()) - before;
  if (stored !== got.acked_events) throw new Error(`${got.acked_events} were acknowledged and ${stored} are stored`);
  const { bytes } = usage(server.programs);
  return { rate: got.events_per_s, p50_ms: got.p50_us / 1000, p99_ms: got.p99_us / 1000, bytes, times };
}

// Both on a server that has just begun with a copy of the history, in turn first.
async function pair(machine, made, i) {
  const copy = `${made.data}-copy`;
  rmSync(copy, { recursive: true, force: true });
  cpSync(made.data, copy, { recursive: true });
  run("sync", []); // or the disk would be busy with the copy meanwhile
  const server = await serving(copy);
  try {
    const paths = [FUNNEL, `${ATTRIBUTION}&models=${await modelsOf(server, machine)}`, FUNNEL];
    for (const path of paths) await server.get(path);
    const found = {};
    for (const who of i % 2 ? ["asked", "alone"] : ["alone", "asked"])
      found[who] = await takeIn(server, paths, who === "asked" ? CLIENTS : 0);
    found.paced = await takeIn(server, paths, 1, [PACE]);
    found.crowded = await takeIn(server, paths, CLIENTS, [PACE]);
    found.peak = peakBytes(server.programs[0].pid);
    return found;
  } finally {
    await server.stop();
    rmSync(copy, { recursive: true, force: true });
  }
}

function quantile(times, share) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.ceil(sorted.length * share) - 1] : Infinity;
}

function ingestSide(name, all, peak) {
  const of = (key) => median(all.map((one) => one[key]));
  const rates = all.map(({ rate }) => rate);
  return {
    name,
    rate: median(rates),
    rate_least: Math.min(...rates),
    rate_most: Math.max(...rates),
    p50_ms: of("p50_ms"),
    p99_ms: of("p99_ms"),
    bytes: of("bytes"),
    peak,
  };
}

async function mix(machine) {
  const made = await history(machine);
  const found = [];
  for (let i = 0; i < PAIRS; i++) {
    const { alone, asked, paced, crowded } = (found[i] = await pair(machine, made, i));
    const rates = `${Math.round(alone.rate)} events/s alone, ${Math.round(asked.rate)} while asked`;
    const p99 = [asked, paced, crowded].map(({ times }) => `${times.length} questions, p99 ${quantile(times, 0.99).toFixed(0)} ms`);
    machine.say(`  ${i + 1}/${PAIRS}: ${rates}: ${p99[0]}`);
    machine.say(`      at ${Math.round(paced.rate)} events/s: ${p99[1]}; of ${CLIENTS} clients: ${p99[2]}`);
  }
  return found;
}

let mixed = null; // measured once for both figures

function mixOnce(machine) {
  mixed ??= mix(machine);
  return mixed;
}

export async function ingestWhileAsked(machine) {
  const found = await mixOnce(machine);
  const ratios = found.map(({ alone, asked }) => asked.rate / alone.rate);
  const peak = Math.max(...found.map((one) => one.peak));
  return result(ratios, [
    ingestSide("alone", found.map(({ alone }) => alone)),
    ingestSide(`while ${CLIENTS} clients ask`, found.map(({ asked }) => asked), peak),
  ]);
}

function askedSide(name, found, key) {
  const every = found.flatMap((one) => one[key].times);
  return {
    name: `${name}: ${every.length} questions`,
    rate: median(found.map((one) => one[key].rate)),
    p50_ms: quantile(every, 0.5),
    p99_ms: quantile(every, 0.99),
    peak: Math.max(...found.map((one) => one.peak)),
  };
}

export async function askedWhileIngest(machine) {
  const found = await mixOnce(machine);
  const all = found.map(({ paced }) => quantile(paced.times, 0.99));
  const pace = `${PACE.toLocaleString("en")} events/s come in`;
  return result(all, [
    askedSide(`one client, while ${pace}`, found, "paced"),
    askedSide(`${CLIENTS} clients, while ${pace}`, found, "crowded"),
    askedSide(`${CLIENTS} clients, while as many come in as can`, found, "asked"),
  ]);
}
