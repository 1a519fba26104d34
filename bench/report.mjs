// The results as a table for the terminal, and as docs/BENCHMARKS.md.
import { isMet, targetText } from "./figures.mjs";

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const decimal = (x) => (x >= 100 ? number.format(x) : x.toFixed(x >= 10 ? 1 : 2));

export function verdict(figure, result) {
  if (!result) return "not run";
  return isMet(figure, result.value) ? "met" : "MISSED";
}

function measured(figure, result) {
  if (!result) return "";
  const text = (x) => (figure.digits === undefined ? decimal(x) : x.toFixed(figure.digits));
  const spread = result.least === result.most ? "" : ` (${text(result.least)}–${text(result.most)})`;
  return `${text(result.value)} ${figure.unit}${spread}`;
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

// What is shown of a side; a column that no side of a figure has is left out.
const range = (least, most, text) => (least === most ? "" : `${text(least)}–${text(most)}`);
const megabytes = (bytes) => decimal(bytes / 2 ** 20);
const SIDE_COLUMNS = [
  ["events/s", "rate", (side) => number.format(side.rate)],
  ["(least–most)", "rate", (side) => range(side.rate_least, side.rate_most, number.format)],
  ["ms", "ms", (side) => decimal(side.ms)],
  ["(least–most)", "ms", (side) => range(side.ms_least, side.ms_most, decimal)],
  ["CPU ms", "cpu_ms", (side) => decimal(side.cpu_ms)],
  ["p50 ms", "p50_ms", (side) => decimal(side.p50_ms)],
  ["p99 ms", "p99_ms", (side) => decimal(side.p99_ms)],
  ["CPU µs an event", "cpu_us", (side) => decimal(side.cpu_us)],
  ["memory MB", "bytes", ({ bytes_before: was, bytes }) => (was ? `${megabytes(was)} → ` : "") + megabytes(bytes)],
  ["memory at most MB", "peak", (side) => megabytes(side.peak)],
  ["KB", "kb", (side) => side.kb.toFixed(1)],
  ["others' CPU", "others", (side) => `${decimal(side.others * 100)} %`],
];

function sideTable(figure, { sides }) {
  const has = (side, key) => side[key] !== undefined && side[key] !== null;
  const shown = SIDE_COLUMNS.filter(([, key]) => sides.some((side) => has(side, key)));
  return [
    ["", ...shown.map(([head]) => head)],
    ...sides.map((side) => [
      side.name ?? figure.against,
      ...shown.map(([, key, text]) => (has(side, key) ? text(side) : "")),
    ]),
  ];
}

export function detailText(figures, results) {
  return figures
    .filter((figure) => results.has(figure.name))
    .map((figure) => `${figure.name}\n${columns(sideTable(figure, results.get(figure.name)))}`)
    .join("\n\n");
}

// ---- docs/BENCHMARKS.md ----

function markdownTable(rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(rows[0]), line(rows[0].map(() => "---")), ...rows.slice(1).map(line)].join("\n");
}

function sides(figure, result) {
  return `### ${figure.name}: ${figure.what}${figure.against && `, against ${figure.against}`}

${markdownTable(sideTable(figure, result))}
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
pages counted once; "at most" is the most that the process ever had, loading and starting included. CPU is that of the
server and all its processes, the database's among them; others' CPU is what the rest of the machine took of its two
processors meanwhile, the kernel's work for nobody in particular included: the more, the less the figures say. A run of
ingest alone from which others took more than 15 % is made again, twice at most.

${ran.map((figure) => sides(figure, results.get(figure.name))).join("\n")}
## How it is measured

\`\`\`
./dev bench                             all of it; writes this page
./dev bench ingest-single               one row; prints only
./dev bench funnel --events 1000000     one row over fewer events; prints only
\`\`\`

### Ingest

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

### Questions

- The history (bench/history.c) is a made year of a shop: 10 M events by 1 M persons (most have a handful, one in 256
  has hundreds, up to a thousand), 20 event names, 3.2 % of the events orders, with 35 other events and ten
  sessions in the 30 days before an order on average, from 12 platforms and 265 campaigns. It is sent to Demetra
  through \`/v1/batch\`, and written down as CSV for the others; it stays in build/bench-data.
- Demetra is asked over HTTP on one keep-alive connection, the answer read and its JSON parsed; the others in their own
  processes, without a network, the rows read out. All are warm: the table is in memory, each is asked three times in a
  row and the least counts, in turn with the others, five times over; the figure is the median of the five ratios, to
  the faster of the others each time.
- *DuckDB* (bench/peers/duckdb.mjs): a table in memory sorted by person, then time; persons, names, platforms and
  campaigns as the smallest numbers that hold them. *ClickHouse* (bench/peers/clickhouse.mjs): a MergeTree so sorted, in
  one part. Each question is put in two forms of SQL, and the faster is timed.
- Before that the answers are compared: counts and money must be equal, credits to a millionth. Where they differ the
  benchmark fails.
- *A plain C loop* (bench/plain_loop.c) reads the columns that the question needs, one sum or comparison a row, on all
  processors: nothing that looks at every row can be faster.
- Nine models: first, last, last_non_direct, last_paid, linear, position, time_decay, markov of order 1, shapley; the
  touches are those of the 30 days before the order. DuckDB computes first, last, linear, position, time_decay.
- A conversion's money is shared out in whole cents that add up to it, by largest remainders, and so it is in SQL. *In
  fractions* is what the SQL costs without that: other numbers than were asked for, and below the ones that count.
- *attribution* asks as a user does by default: a touch is a session, which ends after 30 idle minutes or where another
  campaign begins, and DuckDB finds the sessions from the same events (a column has each event's campaign), faster by
  windows over the table as it lies sorted, a part of the persons on each processor, than by windows for each person.
  *attribution-events* asks with touches=events.
- *bootstrap*: first, last, linear, position, time_decay with touches=events, 90 % intervals over HTTP.
- *start* is from exec to the answer to a question about all events, after a clean stop, the files being in the page
  cache; beside it how long it takes to make everything again from the raw log.
- *ingest-asked* begins each time with a copy of the history; alone and while asked are measured one after the other, in
  turn first. The two clients ask the funnel with its times, *attribution*, the funnel again, and so on, the next when
  the last is answered. *asked-ingest*: one client asks the same while batches come in at a pace that leaves some of the
  machine (a batch is due every so often, and its answer timed from then); below it what becomes of them when two
  clients ask, each without a pause, so that the processors are full; and when the senders take all that there is.

### summary

- 300,000 campaigns of a made year (tests/lib/social_ads.mjs), in Demetra's tables and in an indexed table of PostgreSQL,
  which answers through FastAPI and SQLAlchemy (bench/peers/campaigns_app.py; two workers; PostgreSQL as it comes,
  analyzed) with one pass over the table, in parallel where it finds that better.
- Both are asked over HTTP on one keep-alive connection, in turn, ten times in a row and the least counts, five times
  over. Before that every number of the two answers is compared.

### dashboard

- What a browser loads before the first page stands whole: the entry, the larger of the two languages, the chart
  library; each file compressed by gzip -9, 1 KB being 1,024 bytes. \`npm run size\` in web/ holds the same sum to the
  same ceiling.

### import

- The same campaigns as a file of 40 MB in the published format, sent over HTTP to a server with nothing in it, five
  times; from the first byte of the upload until the import says that it is done, asked every 20 ms. What is done is on
  disk, with its indexes and sums; every row must have been inserted.

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
