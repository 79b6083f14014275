// A server of a project for tests of JavaScript: in vitest's `globalSetup`, in `before` of node:test, or wherever.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { binary } from "./binary.js";

const EVERYTHING = JSON.stringify({ threads: true, runs: true, checkpointer: true, assistants: true, store: true });

export async function serve({ project, flags = [], env = {} } = {}) {
  const running = process.env.LGX_URL;
  if (running) return testServer(running.replace(/\/+$/, ""), async () => {});
  const state = await mkdtemp(join(tmpdir(), "lgx-testing-"));
  const forget = () => rm(state, { recursive: true, force: true });
  const fixed = ["dev", "--no-browser", "--no-reload", "--strict", "--port", "0", "--state-dir", join(state, "state")];
  const named = project === undefined ? [] : [project];
  const server = spawn(binary(), [...fixed, ...flags, ...named], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(server, "exit");
  const said = [];
  server.stderr.on("data", (chunk) => said.push(chunk));
  const url = await ready(server);
  if (url === null) {
    await exited;
    await forget();
    throw new Error(`lgx could not serve the project:\n${Buffer.concat(said)}`);
  }
  // From here on nobody asks what it says, and it must not fill the memory.
  server.stderr.removeAllListeners("data").resume();
  return testServer(url, async () => {
    server.kill("SIGTERM");
    await exited;
    await forget();
  });
}

/** The URL once the server is ready; null when it ends before. */
async function ready(server) {
  for await (const line of createInterface(server.stdout)) {
    const told = JSON.parse(line);
    if (told.event === "ready") return told.url;
  }
  return null;
}

function testServer(url, stop) {
  return { url, stop, reset: () => reset(url) };
}

async function reset(url) {
  const headers = { "content-type": "application/json", "x-auth-scheme": "langsmith" };
  const answer = await fetch(`${url}/internal/truncate`, { method: "POST", headers, body: EVERYTHING });
  if (!answer.ok) throw new Error(`the server could not be emptied: ${answer.status} ${await answer.text()}`);
}
