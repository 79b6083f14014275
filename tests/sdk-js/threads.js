// Threads: what the JavaScript client sends otherwise than the Python one.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { forEachClient, newThread } from "./clients.js";

const INPUT = { input: { log: ["in"] } };

forEachClient("threads", (client) => {
  test("a whole life", async () => {
    const threadId = randomUUID();
    const made = await client.threads.create({ threadId, metadata: { topic: "tea" }, graphId: "multi", ifExists: "raise", ttl: 30 });
    assert.deepEqual(made.metadata, { topic: "tea", graph_id: "multi" });
    assert.deepEqual((await client.threads.create({ threadId, ifExists: "do_nothing" })).metadata, made.metadata);
    await assert.rejects(client.threads.create({ threadId }), { status: 409 });
    const patched = await client.threads.update(threadId, { metadata: { topic: "coffee" }, ttl: { ttl: 60, strategy: "delete" } });
    assert.equal(patched.metadata.topic, "coffee");
    assert.equal(await client.threads.update(threadId, { metadata: { n: 1 }, returnMinimal: true }), undefined);
    assert.equal(await client.threads.delete(threadId), undefined);
    await assert.rejects(client.threads.get(threadId), { status: 404 });
  });

  test("a list in a query, in the spelling of either client", async () => {
    const threadId = await newThread(client, { ttl: 30 });
    assert.equal((await client.threads.get(threadId, { include: ["ttl"] })).ttl.ttl_minutes, 30);
  });

  test("a thread with a past", async () => {
    const supersteps = [
      { updates: [{ values: { log: ["in"] }, asNode: "__input__" }] },
      { updates: [{ values: { log: ["in"] }, asNode: "__start__" }] },
      { updates: [{ values: null, command: { update: { log: ["a"] } }, asNode: "a" }] },
    ];
    const thread = await client.threads.create({ graphId: "multi", supersteps });
    assert.deepEqual([thread.status, thread.values.log], ["interrupted", ["in", "a"]]);
    assert.deepEqual((await client.runs.wait(thread.thread_id, "multi", { input: null })).log, ["in", "a", "slow", "b"]);
  });

  test("search, count and extract", async () => {
    const metadata = { mark: randomUUID() };
    const threadId = await newThread(client, { metadata });
    await client.runs.wait(threadId, "multi", INPUT);
    await newThread(client, { metadata });
    const query = { metadata, status: "idle", values: { log: ["in", "a", "slow", "b"] } };
    const found = await client.threads.search({ ...query, ids: [threadId], limit: 1, sortBy: "created_at", sortOrder: "asc", select: ["thread_id"], extract: { last: "values.log[-1]" } });
    assert.deepEqual(found, [{ thread_id: threadId, extracted: { last: "b" } }]);
    assert.equal(await client.threads.count(query), 1);
    assert.equal(await client.threads.count({ metadata }), 2);
  });

  test("copy and prune", async () => {
    const threadId = await newThread(client);
    await client.runs.wait(threadId, "multi", INPUT);
    const copied = (await client.threads.copy(threadId)).thread_id;
    assert.deepEqual(await client.threads.prune([copied], { strategy: "keep_latest" }), { pruned_count: 1 });
    assert.equal((await client.threads.getHistory(copied)).length, 1);
    assert.deepEqual(await client.threads.prune([copied]), { pruned_count: 1 });
    await assert.rejects(client.threads.get(copied), { status: 404 });
  });

  test("the state: read, updated, and its history", async () => {
    const threadId = await newThread(client);
    await client.runs.wait(threadId, "nested", { input: { log: ["in"], ask: true } });
    const state = await client.threads.getState(threadId);
    const [task] = state.tasks;
    const inner = (await client.threads.getState(threadId, undefined, { subgraphs: true })).tasks[0].state;
    assert.deepEqual(inner.next, ["c2"]);
    assert.deepEqual((await client.threads.getState(threadId, task.checkpoint)).values, inner.values);
    assert.deepEqual((await client.threads.getState(threadId, state.checkpoint.checkpoint_id)).values, state.values);

    const history = await client.threads.getHistory(threadId, { limit: 10 });
    const before = { configurable: { checkpoint_id: history[0].checkpoint.checkpoint_id } };
    assert.deepEqual(await client.threads.getHistory(threadId, { before }), history.slice(1));
    assert.deepEqual(await client.threads.getHistory(threadId, { metadata: { source: "input" } }), history.slice(-1));
    assert.deepEqual(await client.threads.getHistory(threadId, { checkpoint: history[1].checkpoint }), [history[1]]);

    const updated = await client.threads.updateState(threadId, { values: { log: ["mine"] }, asNode: "before" });
    assert.deepEqual(updated.configurable, updated.checkpoint);
    const past = { checkpointId: history[1].checkpoint.checkpoint_id };
    const fork = await client.threads.updateState(threadId, { values: null, asNode: "__copy__", ...past });
    assert.equal((await client.threads.getState(threadId, fork.checkpoint)).metadata.source, "fork");
  });

  test("there is no way to patch a state", async () => {
    await assert.rejects(client.threads.patchState(await newThread(client), {}), { status: 405 });
  });
});
