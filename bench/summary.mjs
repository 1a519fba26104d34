// How fast /api/analytics/summary is answered over 300,000 campaigns: Demetra against FastAPI, SQLAlchemy and PostgreSQL
// over the same campaigns (peers/campaigns_app.py), both asked over HTTP. The numbers must be equal before time is taken.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { campaignRows, channelRows, insert, MAKE_SUMS } from "../tests/lib/ads.mjs";
import { pieces } from "../tests/lib/social_ads.mjs";
import { median } from "./ingest.mjs";
import { makeFolder, peakBytes, quiet, removeFolder, run, usage } from "./process.mjs";
import { leastOf, side, timed } from "./questions.mjs";
import { campaignsApp, serving } from "./servers.mjs";

const CAMPAIGNS = { rows: 300_000, seed: 1 };
const REPETITIONS = 5;
const ROUNDS = 10;
const PATIENCE_S = 20;
const PATH = "/api/analytics/summary";

function fileOf(folder) {
  const file = join(folder, "campaigns.csv");
  writeFileSync(file, [...pieces(CAMPAIGNS)].join(""));
  return file;
}

async function filled(folder) {
  await (await serving(folder)).stop(); // makes the tables
  const rows = [insert("channel", channelRows()), insert("campaign", campaignRows(CAMPAIGNS)), MAKE_SUMS];
  run("sqlite3", ["-bail", join(folder, "demetra.sqlite")], { input: `BEGIN;\n${rows.join("\n")}\nCOMMIT;` });
  return serving(folder);
}

function checkEqual(ours, theirs) {
  for (const [name, value] of Object.entries(theirs)) {
    const own = ours[name];
    const same = typeof value === "number" ? Math.abs(own - value) <= 1e-9 * Math.max(1, Math.abs(value)) : `${own}` === `${value}`;
    if (!same) throw new Error(`${name} is ${value}, and ${own} in Demetra's answer`);
  }
}

export async function summary(machine) {
  const folder = makeFolder();
  const open = [];
  try {
    const theirs = await campaignsApp(fileOf(folder));
    open.push(theirs);
    const ours = await filled(folder);
    open.push(ours);
    checkEqual(await ours.get(PATH), await theirs.get(PATH));
    await quiet(PATIENCE_S);
    const all = { ours: [], theirs: [] };
    const cpu = { ours: 0, theirs: 0 };
    for (let i = 0; i < REPETITIONS; i++) {
      for (const [name, server] of [["ours", ours], ["theirs", theirs]]) {
        const before = usage(server.programs).cpu_s;
        all[name].push(await leastOf(() => timed(() => server.get(PATH)), ROUNDS));
        cpu[name] += usage(server.programs).cpu_s - before;
      }
      machine.say(`  ${i + 1}/${REPETITIONS}: ${all.ours[i].toFixed(2)} ms, ${all.theirs[i].toFixed(1)} ms`);
    }
    const ratios = all.ours.map((ms, i) => all.theirs[i] / ms);
    const cpu_ms = (name) => (cpu[name] * 1000) / (REPETITIONS * ROUNDS);
    return {
      value: median(ratios),
      least: Math.min(...ratios),
      most: Math.max(...ratios),
      sides: [
        side("Demetra, over HTTP", all.ours, { cpu_ms: cpu_ms("ours"), peak: peakBytes(ours.programs[0].pid) }),
        side(null, all.theirs, { cpu_ms: cpu_ms("theirs") }),
      ],
    };
  } finally {
    for (const one of open) await one.stop();
    removeFolder(folder);
  }
}
