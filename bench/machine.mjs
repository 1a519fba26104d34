// What the figures were measured on: facts for the reader of a table, none of which a figure is made from.
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";

import { makeFolder, removeFolder, run } from "./process.mjs";
import { BUILD, postgresFolder } from "./servers.mjs";

const PACKAGES = ["libsqlite3-0", "libmicrohttpd12", "python3", "python3-fastapi", "python3-sqlalchemy"].concat([
  "python3-asyncpg",
  "python3-pydantic",
  "uvicorn",
]);

const NPM_PACKAGES = ["@duckdb/node-api", "chdb"];

function attempt(make) {
  try {
    return make().trim();
  } catch {
    return "unknown";
  }
}

// What every answer waits for: the median of 300 appended pages, each made durable by itself.
function fsyncUs() {
  const folder = makeFolder();
  const file = openSync(join(folder, "page"), "w");
  const page = Buffer.alloc(4096, 1);
  const times = [];
  for (let i = 0; i < 300; i++) {
    writeSync(file, page);
    const from = performance.now();
    fdatasyncSync(file);
    times.push((performance.now() - from) * 1000);
  }
  closeSync(file);
  removeFolder(folder);
  return Math.round(times.sort((a, b) => a - b)[150]);
}

function versionOf(name) {
  return `${name} ${attempt(() => run("dpkg-query", ["-W", "-f", "${Version}", name], { stdio: "pipe" }))}`;
}

function npmVersionOf(name) {
  const file = join(import.meta.dirname, "node_modules", name, "package.json");
  return `${name} ${attempt(() => JSON.parse(readFileSync(file, "utf8")).version)}`;
}

function commit() {
  const git = (...args) => attempt(() => run("git", args, { cwd: join(BUILD, ".."), stdio: "pipe" }));
  const hash = git("rev-parse", "--short", "HEAD");
  return git("status", "--porcelain", "--", "src", "meson.build") ? `${hash} with changes` : hash;
}

export function describe() {
  const model = /^model name\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? process.arch;
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${cpus().length} × ${model}`,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    disk: attempt(() => run("findmnt", ["-no", "FSTYPE,SOURCE", "-T", tmpdir()], { stdio: "pipe" })),
    fsync_us: fsyncUs(),
    load: loadavg()[0].toFixed(1),
    versions: [
      attempt(() => run(join(BUILD, "demetra"), ["--version"])),
      `commit ${commit()}`,
      attempt(() => run("cc", ["--version"]).split("\n")[0]),
      attempt(() => run(join(postgresFolder(), "postgres"), ["--version"])),
      `node ${process.version}`,
      ...PACKAGES.map(versionOf),
      ...NPM_PACKAGES.map(npmVersionOf),
    ],
  };
}
