// How long a file of 300,000 campaigns in the published format takes, from the first byte of its upload to the import's
// being done, on a server with nothing in it. Every row must be there afterwards.
import { setTimeout as pause } from "node:timers/promises";

import { pieces } from "../tests/lib/social_ads.mjs";
import { median } from "./ingest.mjs";
import { peakBytes, quiet, usage } from "./process.mjs";
import { side } from "./questions.mjs";
import { storing } from "./servers.mjs";

const CAMPAIGNS = { rows: 300_000, seed: 1 };
const REPETITIONS = 5;
const PATIENCE_S = 20;
const ASKED_MS = 20;
const PATH = "/api/v1/ad-imports";

async function importOnce(file) {
  const server = await storing();
  try {
    const { get, manage } = server.connect();
    await quiet(PATIENCE_S);
    const before = usage(server.programs);
    const from = performance.now();
    let now = await manage(`${PATH}?name=ads.csv`, file, "text/csv");
    const uploaded = performance.now();
    now = await manage(`${PATH}/${now.id}/start`, "{}");
    while (now.finished_at === null) {
      await pause(ASKED_MS);
      now = await get(`${PATH}/${now.id}`);
    }
    const to = performance.now();
    const { cpu_s, bytes } = usage(server.programs);
    if (now.state !== "done" || now.inserted !== CAMPAIGNS.rows)
      throw new Error(`the import is ${now.state} with ${now.inserted} rows: ${now.error}`);
    return {
      s: (to - from) / 1000,
      upload_s: (uploaded - from) / 1000,
      cpu_s: cpu_s - before.cpu_s,
      bytes_before: before.bytes,
      bytes,
      peak: peakBytes(server.programs[0].pid),
    };
  } finally {
    await server.stop();
  }
}

export async function adImport(machine) {
  const file = Buffer.from([...pieces(CAMPAIGNS)].join(""));
  const all = [];
  for (let i = 0; i < REPETITIONS; i++) {
    all.push(await importOnce(file));
    machine.say(`  ${i + 1}/${REPETITIONS}: ${all[i].s.toFixed(2)} s, ${all[i].cpu_s.toFixed(2)} s of CPU`);
  }
  const of = (key) => median(all.map((one) => one[key]));
  const [times, uploads] = ["s", "upload_s"].map((key) => all.map((one) => one[key]));
  const memory = { bytes_before: of("bytes_before"), bytes: of("bytes"), peak: Math.max(...all.map(({ peak }) => peak)) };
  return {
    value: median(times),
    least: Math.min(...times),
    most: Math.max(...times),
    sides: [
      side("upload to done", times.map((s) => s * 1000), { cpu_ms: of("cpu_s") * 1000, ...memory }),
      side("of that the upload", uploads.map((s) => s * 1000), {}),
    ],
  };
}
