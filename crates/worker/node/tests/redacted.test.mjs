// A worker that keeps the messages of unexpected exceptions from clients: nothing that a run tells has them, or a stack.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { FakeServer } from "./fake_server.mjs";

const ROOT = fileURLToPath(new URL("project", import.meta.url));
const FILE = fileURLToPath(new URL("project/graphs.mjs", import.meta.url));

/** @param {boolean} redacts */
async function told(redacts) {
  const server = new FakeServer(ROOT);
  await server.load({ spills: { file: FILE, attribute: "spills", description: null } }, { redact_errors: redacts, traces: true });
  const params = { graph_id: "spills", run_id: "00000000-0000-4000-8000-000000000001", thread_id: "t", input: {}, command: null, config: {} };
  const { meta, sections, data } = await server.call("run", { ...params, stream_mode: ["values", "updates", "tasks", "events"] });
  assert.equal(await server.stop(), 0);
  assert.equal(meta["status"], "success");
  const all = [{ meta, sections }, ...data];
  return all.map((one) => JSON.stringify(one.meta) + one.sections.map(String).join("")).join("\n");
}

test("errors of tools and in the state keep their message and have no stack", async () => {
  const text = await told(true);
  assert.match(text, /on_tool_error/);
  assert.doesNotMatch(text, /password|graphs\.mjs/);
});

test("without that the message is told, and no stack either", async () => {
  const text = await told(false);
  assert.match(text, /the password is x/);
  assert.doesNotMatch(text, /graphs\.mjs/);
});
