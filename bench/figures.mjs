// The figures that Demetra is held to: a row each, in the order of the table. A figure is a ratio of two things
// measured in the same run on the same machine, or a plain number with its unit.
//
// `measure` is async (machine) -> a result, as ingest.mjs makes them; `digits` are those behind the point, if not as
// many as the size of the number asks for.
import { CEILING_KB } from "../web/tools/first_page.mjs";
import { adImport } from "./ad_import.mjs";
import { dashboard } from "./dashboard.mjs";
import { ingestBatch, ingestFastapi, ingestSingle } from "./ingest.mjs";
import { attribution, attributionEvents, funnel, retention } from "./questions.mjs";
import { summary } from "./summary.mjs";
import { askedWhileIngest, bootstrap, ingestWhileAsked, startTime } from "./whole.mjs";

export const FIGURES = [
  {
    name: "ingest-single",
    what: "single-event POSTs, answered after fsync, 32 connections",
    against: "the same handler answering without storing",
    target: 0.4,
    unit: "×",
    measure: ingestSingle,
  },
  {
    name: "ingest-fastapi",
    what: "the same",
    against: "FastAPI + SQLAlchemy + PostgreSQL, 2 workers",
    target: 30,
    unit: "×",
    measure: ingestFastapi,
  },
  {
    name: "ingest-batch",
    what: "batches of 100 events",
    against: "raw SQLite inserts of the same bytes, 1,000 a transaction",
    target: 0.6,
    unit: "×",
    measure: ingestBatch,
  },
  {
    name: "ingest-asked",
    what: "batches of 100, 8 connections, while 2 clients ask funnels and attribution over 10 M events in a loop",
    against: "the same, unasked",
    target: 0.9,
    unit: "×",
    measure: ingestWhileAsked,
  },
  {
    name: "asked-ingest",
    what: "p99 of the same questions by one client while 50,000 events/s come in",
    against: "",
    target: 250,
    unit: "ms",
    less: true,
    measure: askedWhileIngest,
  },
  {
    name: "attribution",
    what: "nine attribution models, sessions as touches (the default) over 10 M events, 1 M persons",
    against: "DuckDB computing five of them to the cent in SQL, finding the sessions, table sorted by person",
    target: 25,
    unit: "×",
    measure: attribution,
  },
  {
    name: "attribution-events",
    what: "the same, every event a touch",
    against: "DuckDB computing five of them to the cent in SQL, table sorted by person",
    target: 25,
    unit: "×",
    measure: attributionEvents,
  },
  {
    name: "bootstrap",
    what: "100 bootstrap replicates of five models, every event a touch; same data",
    against: "",
    target: 2,
    unit: "s",
    less: true,
    measure: bootstrap,
  },
  {
    name: "funnel",
    what: "funnel of 4 steps, best chain, 7 days; same data",
    against: "ClickHouse `windowFunnel` (chDB); DuckDB; the faster",
    target: 25,
    unit: "×",
    measure: funnel,
  },
  {
    name: "retention",
    what: "weekly retention, 8 weeks; same data",
    against: "ClickHouse (chDB); DuckDB; the faster",
    target: 20,
    unit: "×",
    measure: retention,
  },
  {
    name: "start",
    what: "start with 10 M events, to the first answer",
    against: "",
    target: 1,
    unit: "s",
    less: true,
    measure: startTime,
  },
  {
    name: "summary",
    what: "`/api/analytics/summary` over 300,000 campaigns",
    against: "the same SQL through SQLAlchemy on PostgreSQL",
    target: 50,
    unit: "×",
    measure: summary,
  },
  {
    name: "import",
    what: "300,000 rows of campaigns from a file, upload to done",
    against: "",
    target: 3,
    unit: "s",
    less: true,
    measure: adImport,
  },
  {
    name: "dashboard",
    what: "dashboard: JavaScript for the first page, compressed",
    against: "",
    target: CEILING_KB,
    unit: "KB",
    digits: 1,
    less: true,
    measure: dashboard,
  },
];

export function isMet(figure, value) {
  return figure.less ? value <= figure.target : value >= figure.target;
}

export function targetText(figure) {
  return `${figure.less ? "at most" : "at least"} ${figure.target} ${figure.unit}`;
}
