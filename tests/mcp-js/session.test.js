// Sessions of the official TypeScript client of MCP with the server at LGX_URL, which serves `tests/projects/mcp`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const URL_OF_SERVER = process.env.LGX_URL;

/** A client that is connected as somebody. */
async function connect(who) {
  const client = new Client({ name: "test", version: "1" });
  const headers = who ? { authorization: `Bearer ${who}` } : {};
  const transport = new StreamableHTTPClientTransport(new URL(`${URL_OF_SERVER}/mcp`), { requestInit: { headers } });
  await client.connect(transport);
  return client;
}

/** Uses a client, and closes it. */
async function as(who, use) {
  const client = await connect(who);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** Asks the server's other endpoints, as alice. */
function api(path, body) {
  const headers = { authorization: "Bearer alice", "content-type": "application/json" };
  return fetch(`${URL_OF_SERVER}${path}`, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
}

/** An answer that waits for the end of the only run there is. */
async function joined() {
  const [thread] = await (await api("/threads/search", { status: "busy" })).json();
  const [run] = await (await api(`/threads/${thread.thread_id}/runs`)).json();
  return api(`/threads/${thread.thread_id}/runs/${run.run_id}/join`);
}

/** A call that goes on until its client gives it up; `call` ends as it does. */
async function underWay(client, signal) {
  let call;
  await new Promise((begun) => {
    call = client.callTool({ name: "wait", arguments: {} }, undefined, { signal, onprogress: begun, timeout: 120_000 });
    call.catch(() => {});
  });
  return { call };
}

test("tools are listed and called", () =>
  as("alice", async (client) => {
    assert.equal(client.getServerVersion().name, "lgx");
    const { tools } = await client.listTools();
    const names = tools.map((tool) => tool.name);
    assert.deepEqual(names.toSorted(), ["ask", "broken", "fail", "letters", "loose", "square", "stops", "wait"]);
    assert.equal(tools.find((tool) => tool.name === "letters").description, "Counts the letters of a text.");
    // The client refuses results that do not fit the schemas that were listed.
    const result = await client.callTool({ name: "letters", arguments: { text: "abc" } });
    assert.equal(result.structuredContent.letters, 3);
    assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
    const loose = await client.callTool({ name: "loose", arguments: { number: 1, never: "" } });
    assert.equal(loose.structuredContent.number, "many");
    const square = await client.callTool({ name: "square", arguments: { input: 12 } });
    assert.equal(square.content[0].text, "144");
  }));

test("failures say why", () =>
  as("alice", async (client) => {
    for (const [name, why] of [
      ["fail", "ValueError: nothing works"],
      ["broken", "the database is not there"],
      ["ask", '{"question":"May I?"}'],
      ["stops", "stopped before ask"],
    ]) {
      const result = await client.callTool({ name, arguments: {} });
      assert.equal(result.isError, true);
      assert.ok(result.content[0].text.includes(why), result.content[0].text);
    }
    await assert.rejects(client.callTool({ name: "nope", arguments: {} }), /Unknown tool: nope/);
  }));

test("progress is told", () =>
  as("alice", async (client) => {
    const told = [];
    const call = { name: "letters", arguments: { text: "ab" } };
    const result = await client.callTool(call, undefined, { onprogress: (progress) => told.push(progress) });
    assert.equal(result.isError, false);
    assert.deepEqual(
      told.map(({ progress }) => progress),
      told.map((_, index) => index + 1),
    );
    const messages = told.map(({ message }) => message);
    assert.deepEqual(messages.slice(0, 2).map((message) => JSON.parse(message).letter), ["a", "b"]);
    assert.equal(messages.slice(2).join(""), "that is all");
  }));

test("a call that is cancelled ends its run", () =>
  as("alice", async (client) => {
    const controller = new AbortController();
    const { call } = await underWay(client, controller.signal);
    const join = await joined();
    controller.abort("enough");
    await assert.rejects(call);
    assert.equal("done" in (await join.json()), false);
    const after = await client.callTool({ name: "letters", arguments: { text: "" } });
    assert.equal(after.isError, false);
  }));

test("a client that leaves takes its run along", async () => {
  const client = await connect("alice");
  const { call } = await underWay(client);
  const join = await joined();
  await client.close();
  await assert.rejects(call);
  assert.equal("done" in (await join.json()), false);
});

test("auth decides", async () => {
  await assert.rejects(connect(), /who are you\?/);
  await as("bob", async (client) => {
    assert.notEqual((await client.listTools()).tools.length, 0);
    await assert.rejects(client.callTool({ name: "letters", arguments: { text: "abc" } }), /not on your plan/);
  });
  await as("carol", async (client) => {
    assert.deepEqual((await client.listTools()).tools, []);
  });
});
