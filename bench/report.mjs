// The results as a table for the terminal, and as docs/BENCHMARKS.md.
import { isMet, targetText } from "./figures.mjs";

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const decimal = (x) => (x >= 100 ? number.format(x) : x.toFixed(x >= 10 ? 1 : 2));

function spread(result) {
  return `${decimal(result.least)}–${decimal(result.most)}`;
}

export function verdict(figure, result) {
  if (!figure.measure) return "not built yet";
  if (!result) return "not run";
  return isMet(figure, result.value) ? "met" : "MISSED";
}

function measured(figure, result) {
  return result ? `${decimal(result.value)} ${figure.unit} (${spread(result)})` : "";
}

// ---- the terminal ----

function columns(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd()).join("\n");
}

export function tableText(figures, results) {
  return columns([
    ["name", "what", "against", "target", "measured", ""],
    ...figures.map((figure) => [
      figure.name,
      figure.what,
      figure.against,
      targetText(figure),
      measured(figure, results.get(figure.name)),
      verdict(figure, results.get(figure.name)),
    ]),
  ]);
}

const SIDE_HEADS = ["", "events/s", "(least–most)", "p50 ms", "p99 ms", "CPU µs an event", "memory MB", "others' CPU"];

function sideCells(figure, side) {
  const megabytes = (bytes) => decimal(bytes / 2 ** 20);
  return [
    side.name ?? figure.against,
    number.format(side.rate),
    `${number.format(side.rate_least)}–${number.format(side.rate_most)}`,
    side.p50_ms === null ? "" : decimal(side.p50_ms),
    side.p99_ms === null ? "" : decimal(side.p99_ms),
    decimal(side.cpu_us),
    side.bytes_before === null ? megabytes(side.bytes) : `${megabytes(side.bytes_before)} → ${megabytes(side.bytes)}`,
    side.others === null ? "" : `${decimal(side.others * 100)} %`,
  ];
}

export function detailText(figures, results) {
  const rows = [SIDE_HEADS];
  for (const figure of figures)
    for (const side of results.get(figure.name)?.sides ?? []) {
      const [name, ...cells] = sideCells(figure, side);
      rows.push([`${figure.name}: ${name}`, ...cells]);
    }
  return columns(rows);
}

// ---- docs/BENCHMARKS.md ----

function markdownTable(rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(rows[0]), line(rows[0].map(() => "---")), ...rows.slice(1).map(line)].join("\n");
}

function sides(figure, result) {
  return `### ${figure.name}: ${figure.what}, against ${figure.against}

${markdownTable([SIDE_HEADS, ...result.sides.map((side) => sideCells(figure, side))])}
`;
}

export function markdown(figures, results, machine) {
  const ran = figures.filter((figure) => results.has(figure.name));
  const missed = ran.filter((figure) => !isMet(figure, results.get(figure.name).value));
  return `# Benchmarks

<!-- Written by \`./dev bench\` (bench/report.mjs); do not edit. -->

Ratios, both sides measured in one run on the same machine. ${machine.date}.
${missed.length ? `**Missed: ${missed.map((figure) => figure.name).join(", ")}.**` : "Every figure measured is met."}

${markdownTable([
  ["name", "what", "against", "target", "measured (least–most)", ""],
  ...figures.map((figure) => [
    figure.name,
    figure.what,
    figure.against,
    targetText(figure),
    measured(figure, results.get(figure.name)),
    verdict(figure, results.get(figure.name)),
  ]),
])}

## Both sides

Medians of the repetitions. Memory is resident, at the start → after the last event; of several processes, shared
pages counted once. CPU is that of the server and all its processes, the database's among them; others' CPU is what the
rest of the machine took of its two processors meanwhile, the kernel's work for nobody in particular included: the more,
the less the figures say. A run from which others took more than 15 % is made again, twice at most.

${ran.map((figure) => sides(figure, results.get(figure.name))).join("\n")}
## How it is measured

\`\`\`
./dev bench                 all of it; writes this page
./dev bench ingest-single   one row; prints only
\`\`\`

- Each measure is made five times on fresh data, its two sides one after the other and in turn first; the figure is the
  median of the five ratios. One second of warming up, five of measuring.
- The sender (bench/load.c) runs on the same two cores: one thread, so many connections, each sending its next request
  when the last is answered. Latency is from the first byte sent to the last byte of the answer received.
- After every run the server is asked over HTTP how many events it holds; a run in which that is not exactly the number
  acknowledged fails.
- Events are RudderStack-like track calls of some 630 bytes, each with a messageId of its own, by 50,000 people.
- *The same handler answering without storing* (bench/no_store.c) is the whole program with the call that hands a
  decoded event to the pipeline replaced at link time: it receives, checks the key, reads and checks the JSON, answers.
- *FastAPI* (bench/peers/fastapi_app.py): pydantic, SQLAlchemy with asyncpg, two uvicorn workers on uvloop and httptools,
  one insert with a unique message id committed before the answer; PostgreSQL as it comes, fsync on.
- *Raw SQLite* (bench/raw_sqlite.c): one thread, one prepared statement, WAL, synchronous=FULL, one row an event, 1,000 a
  transaction, no network and no reading of JSON; checkpoints as seldom as the product's.

## Machine

${markdownTable([
  ["", ""],
  ["processor", machine.processor],
  ["memory", `${machine.memory_gb} GB`],
  ["kernel", machine.kernel],
  ["disk", `${machine.disk}; a 4 KB page made durable in ${machine.fsync_us} µs`],
  ["load before the run", machine.load],
  ["versions", machine.versions.join("; ")],
])}
`;
}
