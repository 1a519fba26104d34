// The made history of history.c, given to Demetra and written down for the peers, once for each number of events: it
// stays in build/bench-data/EVENTS and is taken from there by the next run.
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";

import { run } from "./process.mjs";
import { BUILD, serving } from "./servers.mjs";

const WRITER = join(BUILD, "bench/history_write");
const VERSION = 1; // of the history: another number makes all of it anew
const CSV = "csv-v2"; // of what is written down: another makes that alone anew
const BATCH = 1000;
const SENDERS = 3;

function write(events, ...args) {
  const child = spawn(WRITER, [events, ...args].map(String), { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => child.kill("SIGKILL"));
  return child;
}

// A folder that is made under another name first, so that a half-made one is never taken for whole.
async function once(folder, make) {
  if (existsSync(folder)) return;
  rmSync(`${folder}.part`, { recursive: true, force: true });
  mkdirSync(`${folder}.part`, { recursive: true });
  await make(`${folder}.part`);
  renameSync(`${folder}.part`, folder);
}

async function send(events, folder, say) {
  const server = await serving(folder);
  try {
    const lines = createInterface({ input: write(events, "batches", BATCH).stdout, crlfDelay: Infinity })[
      Symbol.asyncIterator
    ]();
    let sent = 0;
    const sender = async ({ post }) => {
      for (let next = await lines.next(); !next.done; next = await lines.next()) {
        await post("/v1/batch", next.value);
        sent += BATCH;
        if (sent % 1_000_000 === 0) say(`  ${sent / 1e6} M events sent`);
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, () => sender(server.connect())));
    const stored = await server.count();
    if (stored !== events) throw new Error(`${events} events were sent and ${stored} are stored`);
  } finally {
    await server.stop();
  }
}

// {events, legend, data, csv, folder}: what to ask about. `data` is Demetra's folder, not to be written to; `folder`
// is where the peers keep theirs.
export async function history(machine) {
  const { events } = machine;
  const folder = join(BUILD, "bench-data", `${events}-v${VERSION}`);
  const data = join(folder, "demetra");
  const csv = join(folder, CSV, "events.csv");
  mkdirSync(folder, { recursive: true });
  await once(join(folder, CSV), async (part) => {
    machine.say(`  writing ${events} events down`);
    await pipeline(write(events, "csv").stdout, createWriteStream(join(part, "events.csv")));
  });
  await once(data, async (part) => {
    machine.say(`  sending ${events} events to Demetra; the next run will find them in ${folder}`);
    await send(events, part, machine.say);
  });
  return { events, legend: JSON.parse(run(WRITER, [String(events), "legend"])), data, csv, folder };
}
