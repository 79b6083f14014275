// Streams of whole threads: the event protocol over both transports, and `threads.joinStream`.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { collect, connect, first, forEachClient, newThread } from "./clients.js";

const LOG = ["in", "a", "slow", "b"];
const said = (content) => ({ messages: [{ role: "user", content }] });
// Node has WebSocket since version 22.
const TRANSPORTS = globalThis.WebSocket ? ["sse", "websocket"] : ["sse"];

/** A thread stream, closed when the test is done with it. */
async function streaming(client, transport, assistantId, use, threadId = randomUUID()) {
  const thread = client.threads.stream(threadId, { assistantId, transport });
  try {
    return await use(thread);
  } finally {
    await thread.close();
  }
}

forEachClient("thread streams", (client) => {
  for (const transport of TRANSPORTS) {
    test(`values and the output, ${transport}`, () =>
      streaming(client, transport, "multi", async (thread) => {
        const values = collect(thread.values);
        await thread.run.start({ input: { log: ["in"] } });
        assert.deepEqual((await thread.output).log, LOG);
        assert.deepEqual((await values).at(-1).log, LOG);
      }));

    test(`messages, ${transport}`, () =>
      streaming(client, transport, "chat", async (thread) => {
        const messages = collect(thread.messages);
        await thread.run.start({ input: said("good day") });
        const [message] = await messages;
        assert.equal(await message.text, "You said: good day");
      }));

    test(`tool calls, ${transport}`, () =>
      streaming(client, transport, "channels", async (thread) => {
        const calls = collect(thread.toolCalls);
        await thread.run.start({ input: said("weather?") });
        const [call] = await calls;
        assert.deepEqual([call.name, call.input], ["get_weather", { city: "Paris" }]);
      }));

    test(`a question and its answer, ${transport}`, () =>
      streaming(client, transport, "hitl", async (thread) => {
        // Not through a subscription, which ends where the run pauses.
        const told = (wanted) =>
          new Promise((resolve) => thread.onEvent((event) => wanted(event) && resolve(event.params.data)));
        const asked = told((event) => event.method === "input.requested");
        const completed = told((event) => event.params.data.event === "completed");
        await thread.run.start({ input: { question: "name?" } });
        const { interrupt_id, payload } = await asked;
        assert.deepEqual(payload, { q: "name?" });
        await thread.input.respond({ namespace: [], interrupt_id, response: "Bob" });
        await completed;
        const state = await client.threads.getState(thread.threadId);
        assert.equal(state.values.final, "answer=Bob");
      }));

    test(`a failure, ${transport}`, () =>
      streaming(client, transport, "boom", async (thread) => {
        const lifecycle = await thread.subscribe({ channels: ["lifecycle"] });
        await thread.run.start({ input: {} });
        const failed = await first(() => lifecycle, (event) => event.params.data.event === "failed");
        assert.equal(failed.params.data.error, "kaboom");
      }));
  }

  test("who comes later sees everything", async () => {
    const threadId = randomUUID();
    await streaming(client, "sse", "multi", async (thread) => {
      const output = thread.output;
      await thread.run.start({ input: { log: ["in"] } });
      await output;
    }, threadId);
    await streaming(client, "sse", "multi", async (thread) => {
      const lifecycle = await thread.subscribe({ channels: ["lifecycle"] });
      const completed = await first(() => lifecycle, (event) => event.params.data.event === "completed");
      assert.equal(completed.seq, 6);
    }, threadId);
  });

  test("a thread is joined with all its runs", async () => {
    const threadId = await newThread(client);
    const run = await client.runs.create(threadId, "multi", { input: { log: ["in"] }, streamResumable: true });
    const joined = (streamMode) => (signal) => client.threads.joinStream(threadId, { streamMode, lastEventId: "-", signal });
    const done = (part) => part.data.status === "run_done";
    for (const mode of ["run_modes", ["lifecycle", "state_update"]]) {
      const end = await first(joined(mode), done);
      assert.deepEqual(end.data, { status: "run_done", run_id: run.run_id });
    }
  });
});

test("a stream goes on from what a client has seen", async () => {
  const client = connect("newest");
  const threadId = await newThread(client);
  const run = await client.runs.create(threadId, "multi", { input: { log: ["in"] }, streamResumable: true });
  await client.runs.join(threadId, run.run_id);
  const all = await collect(client.runs.joinStream(threadId, run.run_id, { lastEventId: "-1" }));
  const rest = await collect(client.runs.joinStream(threadId, run.run_id, { lastEventId: all[1].id }));
  assert.deepEqual(rest, all.slice(2));
});
