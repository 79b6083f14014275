// The life of a worker process: says hello, answers calls, and ends when the server does.

import { readFileSync } from "node:fs";
import { Socket } from "node:net";

import { letGo } from "./attached_debugger.mjs";
import { Connection } from "./connection.mjs";
import { failure, handle } from "./handlers.mjs";
import { installHooks } from "./hooks.mjs";
import { captureOutput, LogSink, nodeOf, tellUncaught } from "./logs.mjs";
import { Project } from "./project.mjs";
import { installRecordedFetch } from "./recorded_fetch.mjs";
import { installRecordedRequests } from "./recorded_requests.mjs";
import { SideThread } from "./side_thread.mjs";
import { Watchdog } from "./watchdog.mjs";
import { Worker } from "./worker.mjs";

const PROTOCOL = 2;
const CONNECTION = "LGX_WORKER_FD";
const CRASH_FILE = "LGX_CRASH_FD";
const LIFELINE = "LGX_LIFELINE_FD";
const TRANSPILE = "LGX_TRANSPILE_FD";
/** A file that names the packages which a worker is to import before it is told what to load. */
const AHEAD = "LGX_IMPORT_AHEAD";

/** Be a worker, until the server leaves. */
export async function main() {
  const lifeline = descriptor(LIFELINE);
  const fd = descriptor(CONNECTION);
  const transpile = descriptor(TRANSPILE);
  descriptor(CRASH_FILE);
  if (fd === null) throw new Error(`${CONNECTION} names no descriptor; a worker is started by lgx`);
  const thread = new SideThread(lifeline);
  process.on("SIGINT", () => {}); // it is the server's to end, which the terminal tells too
  // With background callbacks the last tokens of a model are lost: a run does not wait for those who stream them.
  process.env["LANGCHAIN_CALLBACKS_BACKGROUND"] ??= "false";
  Error.stackTraceLimit = 50;

  const project = new Project(process.cwd());
  const ends = {
    handle: /** @type {import("./connection.mjs").Handle} */ (
      async (method, params, sections, call) => {
        await ready;
        // What is imported while it loads holds up nobody.
        if (method === "load" || method.startsWith("debug.")) return handle(worker, call, params, sections);
        watchdog.callStarted();
        return handle(worker, call, params, sections).finally(() => watchdog.callEnded());
      }
    ),
    describe: (/** @type {unknown} */ error) => failure(worker, error),
    onShutdown: () => void leave(worker),
    onLost: () => process.exit(0),
  };
  const connection = new Connection(new Socket({ fd }), ends, fd);
  const worker = new Worker(connection, project);
  const { missing } = project;
  connection.hello({
    protocol: PROTOCOL,
    pid: process.pid,
    runtime: { name: "node", version: process.versions.node },
    executable: process.execPath,
    missing,
    packages: project.langgraph ? [project.packages] : [],
  });
  const sink = new LogSink(connection);
  captureOutput(sink);
  tellUncaught(sink);
  const watchdog = new Watchdog(worker, sink, thread);
  const ready = missing.length === 0 ? prepare(worker, sink, watchdog, transpile) : Promise.resolve();
  ready.catch(() => {}); // `load` meets it again, and tells it
  const ahead = process.env[AHEAD];
  delete process.env[AHEAD];
  if (ahead !== undefined && missing.length === 0) connection.warm(await warmed(project, ahead, ready));
}

/**
 * Imports what the project used the last time, and says by which files it is known whether that is still what is installed.
 * @param {Project} project
 * @param {string} ahead
 * @param {Promise<void>} ready
 */
async function warmed(project, ahead, ready) {
  await ready.catch(() => {});
  const { modules } = JSON.parse(readFileSync(ahead, "utf8"));
  for (const name of modules) await project.importFromRoot(name).catch(() => {}); // the project meets it again
  return project.manifests;
}

/**
 * @param {Worker} worker
 * @param {LogSink} sink
 * @param {Watchdog} watchdog
 * @param {number | null} transpile
 */
async function prepare(worker, sink, watchdog, transpile) {
  await installRecordedFetch();
  installRecordedRequests();
  await worker.prepare();
  const { getConfig } = await worker.project.importLanggraph();
  watchdog.config = getConfig;
  sink.place = () => nodeOf(getConfig());
  installHooks(transpile, worker.source);
}

/**
 * Lets user code do what it does at the end of a process, and goes.
 * @param {Worker} worker
 */
async function leave({ app, connection }) {
  process.on("exit", () => connection.close());
  await app?.stop();
  letGo();
  process.exit(0);
}

/**
 * The descriptor that a variable names, which children do not see.
 * @param {string} variable
 */
function descriptor(variable) {
  const text = process.env[variable];
  delete process.env[variable];
  return text === undefined ? null : Number(text);
}
