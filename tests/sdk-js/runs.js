// Runs: what the JavaScript client sends otherwise than the Python one, and the errors it throws.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { begin, collect, connect, forEachClient, newThread, of } from "./clients.js";

const WHOLE = ["in", "a", "slow", "b"];
const INPUT = { input: { log: ["in"] } };

forEachClient("runs", (client, name) => {
  test("every option reaches the run", async () => {
    const threadId = await newThread(client);
    let told;
    const run = await client.runs.create(threadId, "ctx", {
      input: {}, metadata: { m: 1 }, config: { tags: ["t"], recursion_limit: 7, configurable: { model: "m" } },
      streamMode: ["values", "updates"], streamSubgraphs: true, streamResumable: true, feedbackKeys: ["thumbs"],
      interruptBefore: ["nobody"], interruptAfter: "*", multitaskStrategy: "enqueue", afterSeconds: 0, ifNotExists: "reject",
      durability: "sync", onCompletion: "keep", _langsmithTracer: { projectName: "mine", exampleId: randomUUID() },
      onRunCreated: (created) => (told = created),
    });
    assert.deepEqual(told, { run_id: run.run_id, thread_id: threadId });
    const { kwargs } = run;
    assert.deepEqual([run.metadata.m, run.multitask_strategy], [1, "enqueue"]);
    assert.deepEqual([kwargs.config.tags, kwargs.config.recursion_limit], [["t"], 7]);
    assert.equal(kwargs.config.configurable.__langsmith_project__, "mine");
    assert.deepEqual(kwargs.context, { model: "m" });
    assert.deepEqual([kwargs.stream_mode, kwargs.subgraphs, kwargs.resumable], [["values", "updates"], true, true]);
    assert.deepEqual([kwargs.interrupt_before, kwargs.interrupt_after], [["nobody"], "*"]);
    assert.deepEqual([kwargs.durability, kwargs.feedback_keys], ["sync", ["thumbs"]]);
    await client.runs.join(threadId, run.run_id);
  });

  test("wait, with a command and a checkpoint", async () => {
    const threadId = randomUUID();
    const paused = await client.runs.wait(threadId, "hitl", { input: { question: "name" }, ifNotExists: "create" });
    assert.deepEqual(paused.__interrupt__.map((interrupt) => interrupt.value), [{ q: "name" }]);
    const [state] = await client.threads.getHistory(threadId);
    const values = await client.runs.wait(threadId, "hitl", { command: { resume: "Bob" } });
    assert.equal(values.final, "answer=Bob");
    const again = await client.runs.wait(threadId, "hitl", { input: { question: "again" }, checkpoint: state.checkpoint });
    assert.deepEqual(again.__interrupt__.map((interrupt) => interrupt.value), [{ q: "again" }]);
    assert.equal((await client.runs.wait(null, "multi", { ...INPUT, checkpointDuring: false })).log.length, 4);
  });

  test("the error of a run is thrown, or returned if so asked", async () => {
    await assert.rejects(client.runs.wait(null, "boom", { input: {} }), /ValueError: kaboom/);
    const error = await client.runs.wait(null, "boom", { input: {}, raiseError: false });
    assert.deepEqual(error, { __error__: { error: "ValueError", message: "kaboom" } });
  });

  test("the error of a request has its status and says why", async () => {
    const threadId = await newThread(client);
    const { create, get } = client.runs;
    for (const [ask, status, message] of [
      [() => get(threadId, randomUUID()), 404, /not found/i],
      [() => create(threadId, "no-such-graph", {}), 422, /multi/],
      [() => create(threadId, "multi", { metadata: null }), 422, /metadata/],
      [() => create(randomUUID(), "multi", INPUT), 404, /not found/i],
      [() => create(threadId, "ctx", { context: { a: 1 }, config: { configurable: { b: 1 } } }), 400, /context/],
    ]) {
      await assert.rejects(ask(), (error) => {
        assert.equal(error.status, status);
        assert.match(error.message, message);
        return true;
      });
    }
  });

  test("a batch whose options have names of their own", async () => {
    const runs = await client.runs.createBatch([
      { assistantId: "multi", input: { log: ["in"] }, multitaskStrategy: "zap", metadata: { n: 1 } },
      { assistantId: "ctx", input: {}, context: { model: "m" }, webhook: undefined },
    ]);
    assert.deepEqual(runs.map((run) => run.metadata.graph_id), ["multi", "ctx"]);
    assert.deepEqual([runs[0].metadata.n, runs[1].kwargs.context], [1, { model: "m" }]);
  });

  test("list, with a list in its query", async () => {
    const threadId = await newThread(client);
    for (const graph of ["multi", "boom"]) await client.runs.wait(threadId, graph, { ...INPUT, raiseError: false });
    const failed = await client.runs.list(threadId, { limit: 5, offset: 0, status: "error", select: ["run_id", "status"] });
    assert.deepEqual(failed.map(Object.keys), [["run_id", "status"]]);
    assert.equal((await client.runs.get(threadId, failed[0].run_id)).status, "error");
    assert.equal(await client.runs.delete(threadId, failed[0].run_id), undefined);
    assert.equal((await client.runs.list(threadId)).length, 1);
  });

  test("cancel answers nothing, or the values if it waits", async () => {
    const threadId = await newThread(client);
    const runId = await begin(client, threadId);
    assert.equal(await client.runs.cancel(threadId, runId), undefined);
    await client.runs.join(threadId, runId);
    assert.equal((await client.runs.get(threadId, runId)).status, "interrupted");
    const second = await begin(client, threadId);
    assert.deepEqual((await client.runs.cancel(threadId, second, true, "rollback")).log, ["in", "a"]);
    await assert.rejects(client.runs.get(threadId, second), { status: 404 });
  });

  test("cancelMany", async () => {
    const threadId = await newThread(client);
    const runId = await begin(client, threadId);
    assert.equal(await client.runs.cancelMany({ threadId, runIds: [runId], action: "interrupt" }), undefined);
    await client.runs.join(threadId, runId);
    assert.equal((await client.runs.get(threadId, runId)).status, "interrupted");
    await assert.rejects(client.runs.cancelMany({ threadId, runIds: [runId] }), { status: 404 });
  });

  test("a join that is aborted cancels its run only if so asked", async () => {
    const threadId = await newThread(client);
    const runId = await begin(client, threadId);
    for (const cancelOnDisconnect of [false, true]) {
      const controller = new AbortController();
      // Without retries the client gives up as soon as it is told to.
      const joined = connect(name, {
        fetch: async (...asked) => {
          const answer = await fetch(...asked);
          controller.abort();
          return answer;
        },
      }).runs.join(threadId, runId, { cancelOnDisconnect, signal: controller.signal });
      await assert.rejects(joined);
      if (!cancelOnDisconnect) assert.equal((await client.runs.get(threadId, runId)).status, "running");
    }
    await client.runs.join(threadId, runId);
    assert.equal((await client.runs.get(threadId, runId)).status, "interrupted");
  });

  test("a stateless run can be joined by its id alone", async () => {
    const run = await client.runs.create(null, "multi", { ...INPUT, streamResumable: true, onCompletion: "keep" });
    await client.runs.join(run.thread_id, run.run_id);
    const parts = await collect(client.runs.joinStream(null, run.run_id, { lastEventId: "-1" }));
    assert.deepEqual(of(parts, "values").at(-1).log, WHOLE);
  });
});
