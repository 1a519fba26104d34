// The servers that are measured, each on fresh data and behind the same three calls:
//   {port, path, key, programs, count(), stop()}
// `count` asks the server itself, over HTTP, how many events it holds.
import { chownSync, readdirSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";

import { freePort, makeFolder, removeFolder, run, start, stop, until } from "./process.mjs";

export const BUILD = join(import.meta.dirname, "..", "build");
const PEERS = join(import.meta.dirname, "peers");
const PYTHON = "/usr/bin/python3"; // Debian's, which has the packages
const KEY = "benchmark-write-key";
const TOKEN = "benchmark-admin-token-0123456789";

async function getJson(url, headers = {}) {
  const answer = await fetch(url, { headers });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

// One keep-alive connection, asked one thing at a time.
function connection(port) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (method, path, headers, body) =>
    new Promise((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port, agent, method, path, headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (piece) => (text += piece));
        answer.on("error", reject);
        answer.on("end", () => {
          if (answer.statusCode < 300) resolve(JSON.parse(text));
          else reject(new Error(`${path} answered ${answer.statusCode}: ${text}`));
        });
      });
      asked.on("error", reject);
      asked.end(body);
    });
  return {
    get: (path) => ask("GET", path, { Authorization: `Bearer ${TOKEN}` }),
    post: (path, body) =>
      ask("POST", path, {
        Authorization: `Basic ${Buffer.from(`${KEY}:`).toString("base64")}`,
        "Content-Type": "application/json",
        "Content-Length": Buffer.byteLength(body),
      }, body),
    manage: (path, body, type = "application/json") =>
      ask("POST", path, {
        Authorization: `Bearer ${TOKEN}`,
        "Content-Type": type,
        "Content-Length": Buffer.byteLength(body),
      }, body),
    close: () => agent.destroy(),
  };
}

export function environment(folder) {
  return {
    DEMETRA_DATA: folder,
    DEMETRA_LISTEN: "127.0.0.1:0",
    DEMETRA_WRITE_KEY: KEY,
    DEMETRA_ADMIN_TOKEN: TOKEN,
    DEMETRA_TIMEZONE: "UTC",
    DEMETRA_LOG: "warn",
  };
}

const EVENTS = "/api/v1/metrics?names=events";

// Demetra on a folder that stays. `program`: build/demetra, or build/bench/no_store, which takes the same commands.
export async function serving(folder, program = "demetra") {
  const child = start(join(BUILD, program), ["serve"], { cwd: folder, env: environment(folder) });
  const port = Number((await until(child, () => /\(port (\d+)\)/.exec(child.output)))[1]);
  const open = [];
  const connect = () => {
    open.push(connection(port));
    return open.at(-1);
  };
  const { get } = connect();
  return {
    port,
    key: KEY,
    programs: [child],
    connect,
    get,
    count: async () => (await get(EVENTS)).totals.events,
    stop: async () => {
      for (const one of open) one.close();
      await stop(child);
    },
  };
}

async function fresh(program) {
  const folder = makeFolder();
  const server = await serving(folder, program);
  const ended = async () => {
    await server.stop();
    removeFolder(folder);
  };
  return { ...server, stop: ended };
}

export const storing = () => fresh("demetra");
// It stores nothing, so there is nothing to ask it.
export const notStoring = async () => ({ ...(await fresh("bench/no_store")), count: null });

export function postgresFolder() {
  const root = "/usr/lib/postgresql";
  const newest = readdirSync(root).sort((a, b) => Number(b) - Number(a))[0];
  return join(root, newest, "bin");
}

// A cluster of its own with PostgreSQL's own defaults, fsync=on among them. PostgreSQL refuses to run as root.
async function postgres() {
  const folder = makeFolder();
  const who = {};
  if (process.getuid() === 0) {
    who.uid = Number(run("id", ["-u", "postgres"]));
    who.gid = Number(run("id", ["-g", "postgres"]));
    chownSync(folder, who.uid, who.gid);
  }
  const data = join(folder, "data");
  const options = { cwd: folder, env: { PATH: process.env.PATH, LC_ALL: "C.UTF-8" }, ...who };
  run(join(postgresFolder(), "initdb"), ["-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8"], options);
  const port = await freePort();
  const child = start(
    join(postgresFolder(), "postgres"),
    ["-D", data, "-p", String(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"],
    options,
  );
  await until(child, () => child.output.includes("ready to accept connections"));
  return {
    child,
    url: `postgresql+asyncpg://bench@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await stop(child, "SIGINT");
      removeFolder(folder);
    },
  };
}

// An app of peers/ behind two uvicorn workers, its database filled by running it with `args`; up when `path` answers.
async function uvicorn(app, args, path) {
  const database = await postgres();
  const env = { PATH: process.env.PATH, DATABASE_URL: database.url, WRITE_KEY: KEY, PYTHONDONTWRITEBYTECODE: "1" };
  const port = await freePort();
  run(PYTHON, [join(PEERS, `${app}.py`), ...args], { env });
  const child = start(
    PYTHON,
    ["-m", "uvicorn", `${app}:app`, "--app-dir", PEERS, "--workers", "2", "--port", String(port)].concat(
      ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"],
    ),
    { env },
  );
  const url = `http://127.0.0.1:${port}${path}`;
  await until(child, () => getJson(url).catch(() => null));
  return {
    port,
    url,
    programs: [child, database.child],
    stop: async () => {
      await stop(child);
      await database.stop();
    },
  };
}

export async function fastapi() {
  const server = await uvicorn("fastapi_app", [], "/count");
  return { ...server, key: KEY, count: async () => (await getJson(server.url)).events };
}

// Ad campaigns from a CSV file; asked on one connection, as Demetra is.
export async function campaignsApp(file) {
  const server = await uvicorn("campaigns_app", [file], "/api/analytics/summary");
  const { get, close } = connection(server.port);
  return {
    ...server,
    get,
    stop: async () => {
      close();
      await server.stop();
    },
  };
}
