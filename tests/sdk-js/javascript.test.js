// Streams of graphs in JavaScript as the SDK sees them: those of `tests/projects/told`, over both transports.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { StreamController } from "@langchain/langgraph-sdk/stream";
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

/** What stands behind `useStream` of the frameworks. */
describe("pages over graphs in JavaScript", () => {
  const open = (assistantId) => new StreamController({ assistantId, client, threadId: null });

  /** Resolves with the first snapshot that is as wanted: that a run has ended is told over another connection than what it said. */
  const once = (page, wanted) =>
    new Promise((resolve) => {
      const look = () => wanted(page.rootStore.getSnapshot()) && resolve(page.rootStore.getSnapshot());
      page.rootStore.subscribe(look);
      look();
    });

  test("a message grows, and stays what it was", async () => {
    const page = open("talks");
    const lengths = new Set();
    page.rootStore.subscribe(() => lengths.add(page.rootStore.getSnapshot().messages.at(-1)?.text.length));
    await page.submit(SAID);
    const { messages, error } = await once(page, ({ messages, isLoading }) => messages.at(-1)?.text === TOKENS && !isLoading);
    assert.deepEqual([messages.map(({ type }) => type), error], [["human", "ai"], undefined]);
    assert.ok(lengths.size > 2, `it was seen with ${lengths.size} lengths`);
    await page.dispose();
  });

  test("a question of a subgraph is answered", async () => {
    const page = open("asksBelow");
    await page.submit(CATS);
    const asked = await once(page, ({ interrupts }) => interrupts.length > 0);
    assert.deepEqual(asked.interrupts.map(({ value }) => value), [{ question: "what of cats?" }]);
    await page.respond("fine");
    const { interrupts } = await once(page, ({ values, isLoading }) => values.log?.length === 3 && !isLoading);
    assert.deepEqual(interrupts, []);
    await page.dispose();
  });

  test("tools are called, and messages of subgraphs are told once", async () => {
    const page = open("tools");
    await page.submit(SAID);
    const { toolCalls } = await once(page, ({ toolCalls }) => toolCalls[0]?.status === "finished");
    assert.deepEqual(toolCalls.map(({ name, output }) => [name, output]), [["weather", "rain in Oslo"]]);
    await page.dispose();
    const other = open("speaking");
    await other.submit(SAID);
    const { messages } = await once(other, ({ messages }) => messages.length === 3);
    assert.deepEqual(messages.map(({ text }) => text), ["hi", "Hello there", "by hand"]);
    await other.dispose();
  });

  test("an error is shown", async () => {
    const page = open("error");
    await page.submit(CATS);
    assert.match(String((await once(page, ({ error }) => error)).error), /kaboom/);
    await page.dispose();
  });
});

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
