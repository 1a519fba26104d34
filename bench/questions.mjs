// How fast questions are answered over the made history (history.c): Demetra over HTTP against peers asked in SQL, each
// in a process of its own with the same rows in memory. Before the time is taken the answers must be equal. Each side
// is asked ROUNDS times in a row and the least counts; the sides in turn, REPETITIONS times.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { history } from "./history.mjs";
import { median } from "./ingest.mjs";
import { makeFolder, peakBytes, removeFolder, runJson, start, stop, usage } from "./process.mjs";
import { BUILD, serving } from "./servers.mjs";

const REPETITIONS = 5;
const ROUNDS = 3;
const SLOW = 3;
const PEERS = join(import.meta.dirname, "peers");

// What is asked; peers/peer.mjs has the same in numbers.
export const FUNNEL =
  "/api/v1/funnel?window=7d&step=Page+Viewed&step=Product+Viewed&step=Product+Added&step=Order+Completed";
const COUNT_ALONE = `${FUNNEL}&times=false`; // what the peers are asked
const RETENTION = "/api/v1/retention?start=Page+Viewed&unit=week&periods=8";
export const MODELS = ["first", "last", "linear", "position", "time_decay"]; // that the peer computes too
const RULES = [...MODELS, "last_non_direct", "last_paid"];
const CREDIT = "/api/v1/attribution?conversion=Order+Completed&by=platform&lookback=30d&half_life=7d";
export const ATTRIBUTION = `${CREDIT}&touches=sessions`; // the default for events of the web
export const ATTRIBUTION_EVENTS = `${CREDIT}&touches=events`;

// The rule models that every version has, and those of the data-driven that this one has.
export async function modelsOf({ get }, machine) {
  const names = (await get("/api/v1/models")).models.map(({ name }) => name);
  const all = [...RULES, ...["markov", "shapley"].filter((name) => names.includes(name))];
  if (all.length < 9) machine.say(`  there are ${all.length} models yet, not nine`);
  return all;
}

// ---- peers ----

async function peer(name, args) {
  const child = start(process.execPath, [join(PEERS, `${name}.mjs`), ...args], { stdio: ["pipe", "pipe", "pipe"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => {
    const { done, value } = await lines.next();
    if (done) throw new Error(`${name} ended:\n${child.output}`);
    return JSON.parse(value);
  };
  const { ready, queries } = await read();
  return {
    name: ready,
    queries,
    ask: (query) => {
      child.stdin.write(`${query}\n`);
      return read();
    },
    stop: () => stop(child),
  };
}

const duckdb = (made) => peer("duckdb", [made.csv]);

async function clickhouse(made) {
  const folder = makeFolder();
  const opened = await peer("clickhouse", [made.csv, folder]);
  const ended = async () => {
    await opened.stop();
    removeFolder(folder);
  };
  return { ...opened, stop: ended };
}

// The fastest of its forms of the question, all of which must agree with `check`; it is warm then.
async function fastestForm(opened, question, check, machine) {
  let best = null;
  for (const query of opened.queries.filter((one) => one.startsWith(`${question} `))) {
    const first = await opened.ask(query);
    check(first.rows, `${opened.name}, ${query}`);
    const slow = best && first.ms > SLOW * best.ms; // and will not be the fastest when it is warm
    const ms = slow ? first.ms : await leastOf(async () => (await opened.ask(query)).ms);
    machine.say(`  ${opened.name}, ${query}: ${ms.toFixed(1)} ms, the same answer`);
    if (!best || ms < best.ms) best = { query, ms };
  }
  return best.query;
}

// ---- timing ----

export async function leastOf(measure, rounds = ROUNDS) {
  let least = Infinity;
  for (let i = 0; i < rounds; i++) least = Math.min(least, await measure());
  return least;
}

export async function timed(ask) {
  const from = performance.now();
  await ask();
  return performance.now() - from;
}

export const side = (name, all, more) => ({
  name,
  ms: median(all),
  ms_least: Math.min(...all),
  ms_most: Math.max(...all),
  ...more,
});

async function limit(made, question) {
  const args = [made.events, 30, availableParallelism()].map(String);
  return (await runJson(join(BUILD, "bench/plain_loop"), args))[question];
}

// All sides in turn. The peers' last answers come too: they say how much processor time and memory it took.
async function sample(machine, server, path, peers) {
  const ours = [];
  const theirs = peers.map(() => []);
  const last = [];
  const cpu_before = usage(server.programs).cpu_s;
  for (let i = 0; i < REPETITIONS; i++) {
    ours.push(await leastOf(() => timed(() => server.get(path))));
    for (const [p, opened] of peers.entries())
      theirs[p].push(await leastOf(async () => {
        last[p] = await opened.ask(opened.query);
        return last[p].ms;
      }));
    machine.say(`  ${i + 1}/${REPETITIONS}: ${[ours, ...theirs].map((all) => all[i].toFixed(1)).join(" ms, ")} ms`);
  }
  const cpu_ms = ((usage(server.programs).cpu_s - cpu_before) * 1000) / (REPETITIONS * ROUNDS);
  return { ours, theirs, last, cpu_ms };
}

async function unequalForms(opened, question) {
  const sides = [];
  for (const query of opened.queries.filter((one) => one.startsWith(`${question}, `))) {
    const all = [];
    for (let i = 0; i < REPETITIONS; i++) all.push(await leastOf(async () => (await opened.ask(query)).ms));
    sides.push(side(`${opened.name}, ${query}`, all));
  }
  return sides;
}

// `open`: what opens each peer; `check(reply, rows, who, legend)` throws where an answer differs from Demetra's; `more`:
// name -> path of questions to Demetra that the peers are not asked, each a line of the table.
// A peer's form named "QUESTION, .." is timed and shown, and is not what we are compared with: its answer is not equal.
async function against(machine, question, pathOf, open, check, more = {}) {
  const made = await history(machine);
  const server = await serving(made.data);
  const peers = [];
  try {
    const path = await pathOf(server);
    const reply = await server.get(path);
    for (const one of open) {
      const opened = await one(made);
      peers.push(opened);
      const same = (rows, who) => check(reply, rows, who, made.legend);
      opened.query = await fastestForm(opened, question, same, machine);
    }
    const { ours, theirs, last, cpu_ms } = await sample(machine, server, path, peers);
    const others = [];
    for (const [name, other] of Object.entries(more)) {
      const found = await sample(machine, server, other, []);
      others.push(side(`Demetra, ${name}`, found.ours, { cpu_ms: found.cpu_ms }));
    }
    for (const opened of peers) others.push(...(await unequalForms(opened, question)));
    const ratios = ours.map((ms, i) => Math.min(...theirs.map((all) => all[i])) / ms);
    return {
      value: median(ratios),
      least: Math.min(...ratios),
      most: Math.max(...ratios),
      sides: [
        side("Demetra, over HTTP", ours, { cpu_ms, peak: peakBytes(server.programs[0].pid) }),
        ...peers.map(({ name, query }, p) =>
          side(`${name}, ${query}`, theirs[p], { cpu_ms: last[p].cpu_ms, peak: last[p].peak_bytes }),
        ),
        ...others,
        side("a plain C loop over the same columns", [await limit(made, question)]),
      ],
    };
  } finally {
    for (const opened of peers) await opened.stop();
    await server.stop();
  }
}

// ---- the answers must be equal ----

function must(equal, who, what, ours, theirs) {
  if (!equal) throw new Error(`${who}: ${what} is ${theirs}, and ${ours} in Demetra's answer`);
}

// Credit to a millionth, money to the cent.
function checkAttribution(reply, rows, who, legend) {
  must(reply.rows.length === rows.length, who, "the number of platforms", reply.rows.length, rows.length);
  for (const [platform, ...cells] of rows) {
    const key = legend.platforms[platform];
    const row = reply.rows.find((one) => one.key === key);
    if (!row) throw new Error(`${who}: Demetra's answer has no ${key}`);
    for (const [m, model] of MODELS.entries()) {
      const { conversions, revenue } = row.models[model];
      const [credit, money] = cells.slice(2 * m, 2 * m + 2);
      must(Math.abs(conversions - credit) < 1e-6, who, `${key}'s credit by ${model}`, conversions, credit);
      must(revenue === money, who, `${key}'s revenue by ${model}`, revenue, money);
    }
  }
}

function checkFunnel(reply, [row], who) {
  for (const [i, step] of reply.steps.entries()) must(step.persons === row[i], who, step.name, step.persons, row[i]);
}

function checkRetention(reply, rows, who) {
  const theirs = rows.map(([, ...cells]) => cells.join());
  const ours = reply.cohorts.filter(({ size }) => size).map(({ returned }) => returned.join());
  must(ours.length === theirs.length, who, "the number of cohorts", ours.length, theirs.length);
  for (const [i, cells] of ours.entries()) must(cells === theirs[i], who, `cohort ${i}`, cells, theirs[i]);
}

function attributionBy(machine, question, path) {
  const pathOf = async (server) => `${path}&models=${await modelsOf(server, machine)}`;
  return against(machine, question, pathOf, [duckdb], checkAttribution);
}

export const attribution = (machine) => attributionBy(machine, "attribution", ATTRIBUTION);
export const attributionEvents = (machine) => attributionBy(machine, "attribution-events", ATTRIBUTION_EVENTS);
export const funnel = (machine) =>
  against(machine, "funnel", () => COUNT_ALONE, [clickhouse, duckdb], checkFunnel, {
    "with how long each step took": FUNNEL,
  });
export const retention = (machine) =>
  against(machine, "retention", () => RETENTION, [clickhouse, duckdb], checkRetention);
