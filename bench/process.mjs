// Programs under measurement: started in a folder of their own, watched, and ended however the benchmark ends.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const TICKS_PER_S = 100; // USER_HZ, on every Linux
const PAGE_BYTES = 4096;

const running = new Set();
const folders = new Set();

// A benchmark that is cut short leaves nothing behind.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

export function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), "demetra-bench-"));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

// Start a program; what it prints gathers in `output`.
export function start(file, args, options) {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  child.output = "";
  child.ended = new Promise((resolve) => child.once("close", resolve));
  child.stdout.on("data", (piece) => (child.output += piece));
  child.stderr.on("data", (piece) => (child.output += piece));
  child.on("error", (error) => (child.output += error.message));
  running.add(child);
  child.ended.then(() => running.delete(child));
  return child;
}

export async function stop(child, signal = "SIGTERM") {
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  await child.ended;
  clearTimeout(timer);
}

// Ask again and again until `ready` gives something, for at most ten minutes: a start may have to read a long log.
export async function until(child, ready) {
  for (let i = 0; i < 60_000; i++) {
    if (child.exitCode !== null) break;
    const got = await ready();
    if (got) return got;
    await sleep(10);
  }
  throw new Error(`${child.spawnfile} did not come up:\n${child.output}`);
}

export function run(file, args, options) {
  return execFileSync(file, args, { encoding: "utf8", maxBuffer: 1 << 26, ...options });
}

// Run to the end without blocking this process, which has others to watch.
export async function runJson(file, args) {
  const child = start(file, args);
  if ((await child.ended) !== 0) throw new Error(`${file} ${args.join(" ")} failed:\n${child.output}`);
  return JSON.parse(child.output);
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// ---- what a program takes: itself and all below it ----

function statOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" "); // from field 3 on
}

function family(root) {
  const parents = new Map();
  for (const name of readdirSync("/proc")) {
    try {
      if (/^\d+$/.test(name)) parents.set(Number(name), Number(statOf(name)[1]));
    } catch {
      // it has ended since
    }
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}

function memoryOf(pids) {
  if (pids.length === 1) return Number(readFileSync(`/proc/${pids[0]}/statm`, "utf8").split(" ")[1]) * PAGE_BYTES;
  let bytes = 0; // pages that several share count once
  for (const pid of pids) {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    bytes += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)[1]) * 1024;
  }
  return bytes;
}

// Seconds that all processors of the machine have worked so far, whoever for; but for what is niced, which gives way.
export function busySeconds() {
  const [user, , system, , , irq, softirq] = readFileSync("/proc/stat", "utf8").split("\n")[0].trim().split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + system + irq + softirq) / TICKS_PER_S;
}

// Wait until a second passes in which the machine does next to nothing, for at most `patience_s`.
export async function quiet(patience_s) {
  for (let i = 0; i < patience_s; i++) {
    const before = busySeconds();
    await sleep(1000);
    if (busySeconds() - before < 0.15 * availableParallelism()) return;
  }
}

// Seconds of processor time so far, and resident bytes, of the programs and their children.
export function usage(children) {
  const pids = children.flatMap((child) => family(child.pid));
  let ticks = 0;
  for (const pid of pids) {
    const stat = statOf(pid);
    ticks += Number(stat[11]) + Number(stat[12]);
  }
  return { cpu_s: ticks / TICKS_PER_S, bytes: memoryOf(pids) };
}

// The most memory that a program has had resident so far.
export function peakBytes(pid) {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
}
