// Whole threads as streams of typed events, over server-sent events and over a WebSocket.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { collect, first, forEachClient, newThread } from "./clients.js";

const WHOLE = ["in", "a", "slow", "b"];

/** What the last event of the root graph tells. A subscription rests when a run has ended, until the next one starts. */
async function rootEnd(events) {
  const root = (await collect(events)).filter(({ method, params }) => method === "lifecycle" && params.namespace.length === 0);
  return root.at(-1).params.data;
}

forEachClient("thread streams", (client) => {
  for (const transport of ["sse", "websocket"]) {
    const open = (assistantId, threadId = randomUUID()) => client.threads.stream(threadId, { assistantId, transport });

    test(`values and the output, ${transport}`, async () => {
      const thread = open("multi");
      const { run_id } = await thread.run.start({ input: { log: ["in"] } });
      const values = collect(thread.values);
      assert.deepEqual((await thread.output).log, WHOLE);
      assert.deepEqual((await values).at(-1).log, WHOLE);
      assert.equal((await client.runs.get(thread.threadId, run_id)).status, "success");
      await thread.close();
    });

    test(`a second run on the same thread, ${transport}`, async () => {
      const thread = open("multi", await newThread(client));
      const events = await thread.subscribe(["lifecycle"]);
      for (const length of [4, 8]) {
        await thread.run.start({ input: { log: ["in"] } });
        assert.equal((await rootEnd(events)).event, "completed");
        assert.equal((await client.threads.getState(thread.threadId)).values.log.length, length);
      }
      await thread.close();
    });

    test(`messages token by token, and tool calls, ${transport}`, async () => {
      const thread = open("chat");
      const texts = (async () => {
        const found = [];
        for await (const message of thread.messages) found.push(await message.text);
        return found;
      })();
      await thread.run.start({ input: { messages: [{ role: "user", content: "the weather" }] } });
      assert.equal((await texts).at(-1), "You said: sunny in Paris");
      await thread.close();
    });

    test(`an interrupt and its answer, ${transport}`, async () => {
      const thread = open("hitl");
      const events = await thread.subscribe(["lifecycle", "input"]);
      await thread.run.start({ input: { question: "name" } });
      assert.equal((await rootEnd(events)).event, "interrupted");
      const [interrupt] = thread.interrupts;
      assert.deepEqual(interrupt.payload, { q: "name" });
      await thread.input.respond({ namespace: [], interrupt_id: interrupt.interruptId, response: "Bob" });
      assert.equal((await rootEnd(events)).event, "completed");
      assert.equal((await client.threads.getState(thread.threadId)).values.final, "answer=Bob");
      await thread.close();
    });

    test(`answers to several questions, right after one another, ${transport}`, async () => {
      const thread = open("hitl_many");
      const { run_id } = await thread.run.start({ input: { items: ["x", "y", "z"] } });
      await client.runs.join(thread.threadId, run_id);
      // Not `thread.interrupts`, which the SDK fills one by one.
      const { tasks } = await client.threads.getState(thread.threadId);
      const asked = tasks.flatMap((task) => task.interrupts);
      assert.equal(asked.length, 3);
      for (const { id } of asked) {
        await thread.input.respond({ namespace: [], interrupt_id: id, response: "yes" });
      }
      const [last] = await client.runs.list(thread.threadId);
      await client.runs.join(thread.threadId, last.run_id);
      assert.deepEqual((await client.threads.getState(thread.threadId)).values.out.sort(), ["x:yes", "y:yes", "z:yes"]);
      await thread.close();
    });

    test(`tool calls, ${transport}`, async () => {
      const thread = open("channels");
      const calls = collect(thread.toolCalls);
      await thread.run.start({ input: { messages: [{ role: "user", content: "weather?" }] } });
      const [call] = await calls;
      assert.deepEqual([call.name, call.input], ["get_weather", { city: "Paris" }]);
      await thread.close();
    });

    test(`events of chosen channels, ${transport}`, async () => {
      const thread = open("nested");
      await thread.run.start({ input: { log: ["in"] } });
      const subscription = await thread.subscribe(["lifecycle"]);
      const seen = [];
      for await (const event of subscription) {
        seen.push([event.params.namespace.length, event.params.data.event]);
        if (event.params.namespace.length === 0 && event.params.data.event === "completed") break;
      }
      assert.deepEqual(seen[0], [0, "running"]);
      assert.ok(seen.some(([depth]) => depth === 1));
      await thread.close();
    });

    test(`a run that fails, ${transport}`, async () => {
      const thread = open("boom");
      const events = await thread.subscribe(["lifecycle"]);
      await thread.run.start({ input: {} });
      const { event, error } = await rootEnd(events);
      assert.deepEqual([event, error], ["failed", "kaboom"]);
      await thread.close();
    });
  }

  test("who comes later sees everything", async () => {
    const open = (threadId) => client.threads.stream(threadId, { assistantId: "multi", transport: "sse" });
    const early = open(randomUUID());
    await early.run.start({ input: { log: ["in"] } });
    await early.output;
    await early.close();
    const late = open(early.threadId);
    assert.equal((await rootEnd(await late.subscribe(["lifecycle"]))).event, "completed");
    await late.close();
  });

  test("all runs of a thread as one stream", async () => {
    const threadId = await newThread(client);
    const wanted = (part) => part.event === "metadata" && part.data.status === "run_done";
    const done = first((signal) => client.threads.joinStream(threadId, { lastEventId: "-1", streamMode: ["run_modes"], signal }), wanted);
    await client.runs.wait(threadId, "multi", { input: { log: ["in"] } });
    assert.equal((await done).data.status, "run_done");
  });
}, ["newest"]);
