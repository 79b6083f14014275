// What runs of the event protocol send, and what they say where langgraph does not know it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as langgraph from "@langchain/langgraph";

import { Disclosure } from "../src/disclosure.mjs";
import { EventStream } from "../src/event_stream.mjs";
import { asks, compiled, endless, fans, parent } from "./project/graphs.mjs";

const saver = () => new langgraph.MemorySaver();

/**
 * The events of a graph, its stream, and the tasks that were told beside it.
 * @param {any} graph
 * @param {object} input
 * @param {object} [options]
 */
async function ran(graph, input, options = {}) {
  /** @type {any[]} */
  const tasks = [];
  const stream = new EventStream((namespace, task) => tasks.push([namespace, task]), new Disclosure(false), new AbortController().signal);
  /** @type {{name: string, data: any}[]} */
  const events = [];
  const given = { configurable: { thread_id: "1" }, ...options };
  for await (const { name, data } of stream.events(graph, input, given, langgraph, "1.7.3")) events.push({ name, data });
  return { stream, events, tasks, names: events.map(({ name }) => name.split(":")[0]) };
}

describe("the event protocol", () => {
  test("tells updates node by node, and the values", async () => {
    const { stream, events, tasks } = await ran(compiled, { topic: "cats" });
    assert.deepEqual(events.filter(({ name }) => name === "update").map(({ data }) => data), [{ node: "say", values: { log: ["of cats"] } }]);
    assert.deepEqual(events.findLast(({ name }) => name === "values")?.data, { topic: "cats", log: ["of cats"] });
    assert.deepEqual(stream.values, { topic: "cats", log: ["of cats"] });
    assert.equal(stream.isInterrupted, false);
    assert.deepEqual(tasks.map(([, { name, result }]) => [name, Boolean(result)]), [["say", false], ["say", true]]);
  });

  test("leaves the root's lifecycle to the server, and tells that of subgraphs", async () => {
    const { events } = await ran(/** @type {any} */ (parent).compile(), {});
    const lifecycle = events.filter(({ name }) => name.startsWith("lifecycle"));
    assert.deepEqual(lifecycle.map(({ data }) => data.event), ["started", "completed"]);
    assert.match(lifecycle[0]?.name ?? "", /^lifecycle\|child:/);
  });

  test("asks apart from the values, and says that a graph that asks is interrupted", async () => {
    const around = new langgraph.StateGraph(langgraph.Annotation.Root({ log: langgraph.Annotation() }))
      .addNode("child", asks.compile())
      .addEdge(langgraph.START, "child")
      .compile({ checkpointer: saver() });
    const { stream, events, names } = await ran(around, { log: [] });
    assert.equal(stream.isInterrupted, true);
    const asked = events.find(({ name }) => name === "asks");
    assert.deepEqual(asked?.data[0].value, { question: "what of undefined?" });
    assert.ok(names.includes("asks|child"));
    assert.equal(events.findLast(({ name }) => name.startsWith("lifecycle|child"))?.data.event, "interrupted");
    assert.ok(events.every(({ name, data }) => name !== "values" || !("__interrupt__" in data)));
  });

  test("says nothing of a breakpoint", async () => {
    const { stream, names } = await ran(/** @type {any} */ (fans).compile({ checkpointer: saver() }), {}, { interruptBefore: ["one"] });
    assert.equal(stream.isInterrupted, true);
    assert.ok(!names.includes("asks"));
  });

  test("says of a subgraph that is cancelled that it is interrupted", async () => {
    const { START, StateGraph, Annotation } = langgraph;
    const around = new StateGraph(Annotation.Root({ log: Annotation() })).addNode("child", endless.compile()).addEdge(START, "child").compile();
    const cancelled = new AbortController();
    const stream = new EventStream(() => {}, new Disclosure(false), cancelled.signal);
    /** @type {any[]} */
    const lifecycle = [];
    const running = (async () => {
      for await (const { name, data } of stream.events(around, { log: [] }, { signal: cancelled.signal }, langgraph, "1.7.3")) {
        if (name.startsWith("lifecycle")) lifecycle.push(data);
        if (name.startsWith("tasks|child")) cancelled.abort();
      }
    })();
    await assert.rejects(running, /abort/i);
    assert.deepEqual(lifecycle.map(({ event }) => event), ["started", "interrupted"]);
  });

  test("needs a langgraph that knows it, and says which", async () => {
    const stream = new EventStream(() => {}, new Disclosure(false), new AbortController().signal);
    const events = stream.events(compiled, {}, {}, /** @type {any} */ ({}), "1.2.9");
    await assert.rejects(events.next(), { type: "NotSupported", message: /needs @langchain\/langgraph 1\.3\.0 or newer, and this project has 1\.2\.9/ });
  });
});
