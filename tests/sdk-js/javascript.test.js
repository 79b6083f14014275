// Streams of graphs in JavaScript as the SDK sees them: those of `tests/projects/told`, over both transports.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { collect, connect, newThread, of } from "./clients.js";

const client = connect("newest");
const SAID = { messages: [{ role: "user", content: "hi" }] };
const CATS = { topic: "cats" };
const TOKENS = Array.from({ length: 2000 }, (_, index) => `${index} `).join("");

/** What the last event of the root graph tells. */
const rootEnd = (events) => events.findLast(({ method, params }) => method === "lifecycle" && params.namespace.length === 0).params.data;

for (const transport of ["sse", "websocket"]) {
  describe(`thread streams of graphs in JavaScript, ${transport}`, () => {
    const open = (assistantId, threadId = randomUUID()) => client.threads.stream(threadId, { assistantId, transport });

    test("values and the output", async () => {
      const thread = open("echo");
      const values = collect(thread.values);
      await thread.run.start({ input: CATS });
      assert.deepEqual(await thread.output, { topic: "cats", log: ["a of cats", "b"] });
      assert.deepEqual((await values).at(-1), { topic: "cats", log: ["a of cats", "b"] });
      await thread.close();
    });

    test("a message of 2,000 tokens without a pause", async () => {
      const thread = open("talks");
      const texts = (async () => {
        const found = [];
        for await (const message of thread.messages) found.push(await message.text);
        return found;
      })();
      await thread.run.start({ input: SAID });
      assert.deepEqual(await texts, [TOKENS]);
      await thread.close();
    });

    test("an interrupt in a subgraph and its answer", async () => {
      const thread = open("asksBelow");
      const events = await thread.subscribe(["lifecycle", "input"]);
      await thread.run.start({ input: CATS });
      const told = await collect(events);
      assert.equal(rootEnd(told).event, "interrupted");
      const [below] = told.filter(({ method, params }) => method === "lifecycle" && params.namespace.length === 1 && params.data.event !== "started");
      assert.equal(below.params.data.event, "interrupted");
      const [{ interruptId, namespace, payload }] = thread.interrupts;
      assert.deepEqual(payload, { question: "what of cats?" });
      await thread.input.respond({ namespace, interrupt_id: interruptId, response: "fine" });
      assert.equal(rootEnd(await collect(events)).event, "completed");
      assert.deepEqual((await client.threads.getState(thread.threadId)).values.log, ["before", "fine", "after"]);
      await thread.close();
    });

    test("two questions, while a node beside them goes on", async () => {
      const thread = open("asksTwice");
      const events = await thread.subscribe(["lifecycle", "input", "updates"]);
      await thread.run.start({ input: CATS });
      const told = await collect(events);
      assert.equal(rootEnd(told).event, "interrupted");
      assert.deepEqual(told.filter(({ method }) => method === "updates").map(({ params }) => [params.node, params.data]), [["quiet", { log: ["quiet"] }]]);
      assert.deepEqual(thread.interrupts.map(({ payload }) => payload), ["one?", "other?"]);
      const responses = Object.fromEntries(thread.interrupts.map(({ interruptId, payload }) => [interruptId, `to ${payload}`]));
      await thread.input.respond({ responses: Object.entries(responses).map(([interrupt_id, response]) => ({ namespace: [], interrupt_id, response })) });
      assert.equal(rootEnd(await collect(events)).event, "completed");
      assert.deepEqual((await client.threads.getState(thread.threadId)).values.log.toSorted(), ["quiet", "to one?", "to other?"]);
      await thread.close();
    });

    test("calls of tools", async () => {
      const thread = open("tools");
      const calls = collect(thread.toolCalls);
      await thread.run.start({ input: SAID });
      const [call] = await calls;
      assert.deepEqual([call.name, call.input], ["weather", { city: "Oslo" }]);
      assert.equal(await call.output, "rain in Oslo");
      await thread.close();
    });

    test("subgraphs", async () => {
      const thread = open("subgraph");
      const found = collect(thread.subgraphs);
      await thread.run.start({ input: CATS });
      assert.deepEqual((await found).map(({ name }) => name), ["child"]);
      await thread.close();
    });

    test("what a graph's own transformer adds and keeps back", async () => {
      const thread = open("extended");
      const events = await thread.subscribe(["lifecycle", "updates", "custom:lengths"]);
      await thread.run.start({ input: { log: [] } });
      const told = await collect(events);
      assert.deepEqual(told.filter(({ method }) => method !== "lifecycle").map(({ method, params }) => [method, params.data]), [
        ["custom", { name: "lengths", payload: 0 }],
        ["custom", { name: "lengths", payload: 1 }],
      ]);
      await thread.close();
    });

    test("a run that fails", async () => {
      const thread = open("error");
      const events = await thread.subscribe(["lifecycle"]);
      await thread.run.start({ input: CATS });
      assert.deepEqual(rootEnd(await collect(events)), { event: "failed", graph_name: "error", error: "kaboom" });
      await thread.close();
    });

    test("a run that is cancelled", async () => {
      const thread = open("waits");
      const events = await thread.subscribe(["lifecycle", "updates"]);
      const { run_id } = await thread.run.start({ input: {} });
      const told = [];
      for await (const event of events) {
        told.push(event);
        if (event.method === "updates") await client.runs.cancel(thread.threadId, run_id);
      }
      assert.equal(rootEnd(told).event, "interrupted");
      await client.runs.join(thread.threadId, run_id);
      const state = await client.threads.getState(thread.threadId);
      assert.deepEqual([state.values.log, state.next], [["first"], ["second"]]);
      await thread.close();
    });
  });
}

describe("runs of graphs in JavaScript", () => {
  test("a message of 2,000 tokens without a pause, as tuples", async () => {
    const parts = await collect(client.runs.stream(await newThread(client), "talks", { input: SAID, streamMode: "messages-tuple" }));
    assert.equal(of(parts, "messages").map(([message]) => message.content).join(""), TOKENS);
  });

  test("a message of 2,000 tokens without a pause, as it grows", async () => {
    const parts = await collect(client.runs.stream(await newThread(client), "talks", { input: SAID, streamMode: "messages" }));
    assert.equal(of(parts, "messages/partial").length, 2000);
    assert.equal(of(parts, "messages/complete").at(-1)[0].content, TOKENS);
  });

  test("a run that is cancelled", async () => {
    const threadId = await newThread(client);
    const told = [];
    let runId;
    for await (const part of client.runs.stream(threadId, "waits", { input: {}, streamMode: "updates", onRunCreated: (run) => (runId = run.run_id) })) {
      told.push(part.event);
      if (part.event === "updates") await client.runs.cancel(threadId, runId);
    }
    assert.ok(told.includes("updates"));
    assert.equal((await client.runs.get(threadId, runId)).status, "interrupted");
  });
});
