// ./dev bench [NAME]: measure the figures, print them as a table, say which are met.
//
// With a name only that row is measured; without one all are, and docs/BENCHMARKS.md is written anew. The exit code is
// 1 if a measured figure is missed, 2 if there is no such row.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { FIGURES, isMet, targetText } from "./figures.mjs";
import { describe } from "./machine.mjs";
import { detailText, markdown, tableText } from "./report.mjs";
import { BUILD } from "./servers.mjs";

const PAGE = join(import.meta.dirname, "..", "docs", "BENCHMARKS.md");

function chosen(name) {
  const figures = FIGURES.filter((figure) => !name || figure.name === name);
  if (figures.length) return figures;
  console.error(`there is no benchmark ${name}; there are: ${FIGURES.map((figure) => figure.name).join(", ")}`);
  process.exit(2);
}

function conclude(results) {
  const ran = FIGURES.filter((figure) => results.has(figure.name));
  for (const figure of ran) {
    const { value } = results.get(figure.name);
    console.log(`${isMet(figure, value) ? "met   " : "MISSED"} ${figure.name}: ${value.toFixed(2)} ${figure.unit}, ` +
      `target ${targetText(figure)}`);
  }
  const waiting = FIGURES.filter((figure) => !figure.measure).map((figure) => figure.name);
  console.log(`not built yet: ${waiting.join(", ")}`);
  return ran.every((figure) => isMet(figure, results.get(figure.name).value));
}

const name = process.argv[2];
const figures = chosen(name);
if (!existsSync(join(BUILD, "bench", "load"))) {
  console.error("build/bench is not built: meson configure build -Dbench=true, then ninja -C build");
  process.exit(2);
}
const machine = describe();
const results = new Map();
console.log(`${machine.processor}, ${machine.disk}, fsync ${machine.fsync_us} µs, load ${machine.load}`);
for (const figure of figures) {
  if (!figure.measure) continue;
  console.log(`${figure.name}: ${figure.what}, against ${figure.against}`);
  results.set(figure.name, await figure.measure({ say: (text) => console.log(text) }));
}
console.log(`\n${tableText(FIGURES, results)}\n`);
if (results.size) console.log(`${detailText(FIGURES, results)}\n`);
if (!name) {
  writeFileSync(PAGE, markdown(FIGURES, results, machine));
  console.log("wrote docs/BENCHMARKS.md");
}
process.exitCode = conclude(results) ? 0 : 1;
