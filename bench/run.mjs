// ./dev bench [NAME...] [--events N]: measure the figures, print them as a table, say which are met.
//
// With names only those rows are measured, with --events over so many events; without either all are, and
// docs/BENCHMARKS.md is written anew. The exit code is 1 if a measured figure is missed, 2 if there is no such row.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { FIGURES, isMet, targetText } from "./figures.mjs";
import { describe } from "./machine.mjs";
import { detailText, markdown, tableText } from "./report.mjs";
import { BUILD } from "./servers.mjs";

const PAGE = join(import.meta.dirname, "..", "docs", "BENCHMARKS.md");
const EVENTS = 10_000_000;

function usage(why) {
  console.error(why);
  process.exit(2);
}

function chosen(names) {
  for (const name of names)
    if (!FIGURES.some((figure) => figure.name === name))
      usage(`there is no benchmark ${name}; there are: ${FIGURES.map((figure) => figure.name).join(", ")}`);
  return FIGURES.filter((figure) => !names.length || names.includes(figure.name));
}

function conclude(results) {
  const ran = FIGURES.filter((figure) => results.has(figure.name));
  for (const figure of ran) {
    const { value } = results.get(figure.name);
    console.log(`${isMet(figure, value) ? "met   " : "MISSED"} ${figure.name}: ${value.toFixed(2)} ${figure.unit}, ` +
      `target ${targetText(figure)}`);
  }
  return ran.every((figure) => isMet(figure, results.get(figure.name).value));
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { events: { type: "string" } } });
const figures = chosen(positionals);
if (!existsSync(join(BUILD, "bench", "load")))
  usage("build/bench is not built: meson configure build -Dbench=true, then ninja -C build");
const events = Number(values.events ?? EVENTS);
if (!(events >= 1000)) usage("--events takes a number, 1000 or more");
const machine = describe();
const results = new Map();
console.log(`${machine.processor}, ${machine.disk}, fsync ${machine.fsync_us} µs, load ${machine.load}`);
for (const figure of figures) {
  console.log(`${figure.name}: ${figure.what}${figure.against && `, against ${figure.against}`}`);
  results.set(figure.name, await figure.measure({ events, say: (text) => console.log(text) }));
}
console.log(`\n${tableText(FIGURES, results)}\n`);
if (results.size) console.log(`${detailText(FIGURES, results)}\n`);
if (!positionals.length && !values.events) {
  writeFileSync(PAGE, markdown(FIGURES, results, machine));
  console.log("wrote docs/BENCHMARKS.md");
}
process.exitCode = conclude(results) ? 0 : 1;
