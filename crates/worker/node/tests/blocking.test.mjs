// Code that blocks the event loop is told with its line, or is the error of its run.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { FakeServer } from "./fake_server.mjs";

const ROOT = fileURLToPath(new URL("project", import.meta.url));
const FILE = fileURLToPath(new URL("project/graphs.mjs", import.meta.url));
const GRAPHS = Object.fromEntries(["computes", "endless"].map((name) => [name, { file: FILE, attribute: name, description: null }]));
let runs = 0;

/**
 * @param {FakeServer} server
 * @param {string} topic
 * @param {Parameters<FakeServer["call"]>[2]} [more]
 */
function run(server, topic, more, graph = "computes") {
  runs += 1;
  const params = { graph_id: graph, run_id: `run-${topic}-${runs}`, thread_id: `thread-${runs}`, input: { topic }, stream_mode: ["tasks"], config: {} };
  return server.call("run", params, more);
}

/**
 * What the watchdog has said of a line.
 * @param {FakeServer} server
 * @param {RegExp} what
 */
async function told(server, what) {
  for (;;) {
    const found = server.logs.find(({ logger, text }) => logger === "lgx" && what.test(text));
    if (found) return found;
    await server.nextLog();
  }
}

describe("a block is told", () => {
  /** @type {FakeServer} */
  let server;
  before(async () => {
    server = new FakeServer(ROOT);
    await server.load(GRAPHS);
  });
  after(async () => assert.equal(await server.stop(), 0));

  test("once it is over, with its line, its node and who waited", async () => {
    let id = 0;
    const other = run(server, "other", { onId: (given) => (id = given) }, "endless");
    await server.hasBegun();
    await run(server, "compute");
    const { level, text, run_id } = await told(server, /graphs\.mjs:\d+ in withTime/);
    assert.match(text, /^graphs\.mjs:\d+ in withTime \(node `compute`\) blocked the event loop for \d\.\d s; run ther-1 waited meanwhile\. Do it in a worker/);
    assert.deepEqual([level, run_id], ["warning", "run-compute-2"]);
    server.cancel(id);
    await other;
  });

  test("with the form that does not wait of what Node itself does", async () => {
    await run(server, "shell");
    const { text } = await told(server, /node `shell`/);
    assert.match(text, /^graphs\.mjs:\d+ \(node `shell`\) blocked the event loop for \d\.\d s; no other run goes on meanwhile\. Use `exec` of `node:child_process`, which does not wait\.$/);
  });

  test("while it goes on, if it seems not to end, and the server knows which call it is", async () => {
    const staying = run(server, "stay");
    await told(server, /\(node `stay`\) has blocked the event loop for 2\.\d s and goes on/);
    assert.equal(server.logs.some(({ text }) => /let go/.test(text)), false);
    await staying;
    await told(server, /\(node `stay`\) let go of the event loop after 2\.\d s$/);
  });
});

test("with `forbid` it is the error of the run that does it, and of no other", async () => {
  const server = new FakeServer(ROOT);
  await server.load(GRAPHS, { blocking: "forbid" });
  let id = 0;
  const other = run(server, "other", { onId: (given) => (id = given) }, "endless");
  await server.hasBegun();
  const { meta } = await run(server, "compute");
  assert.equal(meta["status"], "error");
  assert.equal(meta["error"].error, "BlockingError");
  assert.match(meta["error"].message, /^graphs\.mjs:\d+ in withTime \(node `compute`\) blocked the event loop for \d\.\d s\. Do it in a worker/);
  assert.deepEqual([meta["diagnostic"].file, meta["diagnostic"].function], [FILE, "withTime"]);
  // What Node does itself is seen once it is over, and counts from when it was asked for.
  const shell = await run(server, "shell");
  assert.match(shell.meta["error"].message, /^graphs\.mjs:\d+ \(node `shell`\) blocked the event loop/);
  server.cancel(id);
  assert.equal((await other).meta["status"], "cancelled");
  assert.equal(await server.stop(), 0);
});

test("with `allow` nobody is told but who looks closely", async () => {
  const server = new FakeServer(ROOT);
  await server.load(GRAPHS, { blocking: "allow" });
  await run(server, "compute");
  assert.equal((await told(server, /withTime/))["level"], "debug");
  assert.equal(await server.stop(), 0);
});
