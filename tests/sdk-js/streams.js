// Streams of runs: modes, joining with lists of modes, and connections that break.

import assert from "node:assert/strict";
import { test } from "node:test";
import { begin, collect, connect, either, first, forEachClient, newThread, of } from "./clients.js";

const INPUT = { log: ["in"] };
const WHOLE = ["in", "a", "slow", "b"];

/** A `fetch` whose first stream breaks after so many bytes. */
function breaking(bytes) {
  const seen = [];
  const fetching = async (url, init) => {
    const answer = await fetch(url, init);
    seen.push({ method: init.method ?? "GET", path: new URL(url).pathname, lastEventId: new Headers(init.headers).get("last-event-id") });
    if (seen.length > 1) return answer;
    async function* some() {
      for await (const chunk of answer.body) {
        yield chunk.subarray(0, bytes);
        bytes -= chunk.length;
        if (bytes <= 0) throw new TypeError("terminated");
      }
    }
    return new Response(ReadableStream.from(some()), { status: answer.status, headers: answer.headers });
  };
  return { fetching, seen };
}

forEachClient("streams", (client, name) => {
  test("every mode", async () => {
    const streamMode = ["values", "updates", "messages", "custom", "debug", "tasks", "checkpoints", "events"];
    const input = { messages: [{ role: "user", content: "good day" }] };
    const parts = await collect(client.runs.stream(null, "chat", { input, streamMode }));
    const names = new Set(parts.map((part) => part.event));
    // Graphs in JavaScript say of each message when it is whole, also of what comes in.
    const whole = either({ python: [], javascript: ["messages/complete"] });
    assert.deepEqual([...names].sort(), [
      "checkpoints", "debug", "events", ...whole, "messages/metadata", "messages/partial", "metadata", "tasks", "updates", "values",
    ]);
    const [last] = of(parts, "messages/partial").at(-1);
    assert.equal(last.content, "You said: good day");
    const tuples = await collect(client.runs.stream(null, "chat", { input, streamMode: "messages-tuple" }));
    assert.equal(of(tuples, "messages").map(([chunk]) => chunk.content).join(""), "You said: good day");
  });

  test("without a mode there are values, and the run's id is told", async () => {
    const threadId = await newThread(client);
    let told;
    const parts = await collect(client.runs.stream(threadId, "multi", { input: INPUT, onRunCreated: (created) => (told = created) }));
    assert.deepEqual(parts.map((part) => part.event), ["metadata", "values", "values", "values", "values"]);
    assert.deepEqual(told, { run_id: parts[0].data.run_id, thread_id: threadId });
    assert.equal(parts[0].id, undefined);
  });

  test("subgraphs", async () => {
    const parts = await collect(client.runs.stream(null, "nested", { input: INPUT, streamMode: "updates", streamSubgraphs: true }));
    assert.equal(parts.filter((part) => /^updates\|child:/.test(part.event)).length, 2);
  });

  test("a failure is the last event", async () => {
    const parts = await collect(client.runs.stream(null, "boom", { input: {} }));
    assert.deepEqual([parts.at(-1).event, parts.at(-1).data], ["error", { error: "ValueError", message: "kaboom" }]);
  });

  test("an interrupt and a resume", async () => {
    const threadId = await newThread(client);
    const asked = await collect(client.runs.stream(threadId, "hitl", { input: { question: "name" }, streamMode: ["values", "updates"] }));
    assert.deepEqual(of(asked, "updates").at(-1).__interrupt__[0].value, { q: "name" });
    const told = await collect(client.runs.stream(threadId, "hitl", { command: { resume: "Bob" }, streamMode: "values" }));
    assert.equal(of(told, "values").at(-1).final, "answer=Bob");
  });

  test("joining with a list of modes, in the spelling of either client", async () => {
    const threadId = await newThread(client);
    const streamMode = ["values", "updates", "tasks"];
    const run = await client.runs.create(threadId, "multi", { input: INPUT, streamMode, streamResumable: true });
    await client.runs.join(threadId, run.run_id);
    for (const modes of [["updates"], ["values", "updates"]]) {
      const parts = await collect(client.runs.joinStream(threadId, run.run_id, { streamMode: modes, lastEventId: "-1" }));
      assert.deepEqual([...new Set(parts.map((part) => part.event))].sort(), modes.toSorted());
    }
  });

  test("a stream that is left cancels its run if so asked", async () => {
    const threadId = await newThread(client);
    const runId = await begin(client, threadId);
    await first((signal) => client.runs.joinStream(threadId, runId, { cancelOnDisconnect: true, lastEventId: "-1", signal }));
    await client.runs.join(threadId, runId);
    assert.equal((await client.runs.get(threadId, runId)).status, "interrupted");

    const options = { input: { log: [], delay: 60 }, streamMode: "updates", onDisconnect: "cancel" };
    const { data } = await first((signal) => client.runs.stream(threadId, "multi", { ...options, signal }));
    await client.runs.join(threadId, data.run_id);
    assert.equal((await client.runs.get(threadId, data.run_id)).status, "interrupted");
  });

  for (const stateless of [false, true]) {
    test(`a ${stateless ? "stateless " : ""}stream that breaks goes on where it was`, async () => {
      const threadId = stateless ? null : await newThread(client);
      const { fetching, seen } = breaking(300);
      const options = { input: INPUT, streamMode: ["values", "updates"], streamResumable: true, onCompletion: "keep" };
      const parts = await collect(connect(name, { fetch: fetching }).runs.stream(threadId, "multi", options));
      assert.deepEqual(parts.map((part) => part.event), [
        "metadata", "values", "updates", "values", "updates", "values", "updates", "values",
      ]);
      assert.deepEqual(of(parts, "values").at(-1).log, WHOLE);
      assert.equal(new Set(parts.map((part) => part.id)).size, parts.length);
      const again = seen.find((request) => request.lastEventId);
      assert.equal(again.method, "GET");
      assert.match(again.path, stateless ? /^\/runs\/[^/]+\/stream$/ : /^\/threads\/[^/]+\/runs\/[^/]+\/stream$/);
    });
  }
});
