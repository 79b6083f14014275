// What is exported of a thread can be read again, and says by which steps its state came about.

import { describe, expect, it } from "vitest";
import type { JsonObject } from "../src/api/wire.ts";
import { bundleName, bundleOf, importedMetadata, readBundle, superstepsOf } from "../src/model/thread-bundle.ts";

const state = (id: string, parent: string | null, tasks: JsonObject[]): JsonObject => ({
  checkpoint: { checkpoint_id: id },
  parent_checkpoint: parent === null ? null : { checkpoint_id: parent },
  metadata: { graph_id: "multi" },
  tasks,
});
const thread = { thread_id: "t1", metadata: { name: "My first / thread", owner: "ada", graph_id: "multi", langgraph_x: 1 } };
const states = [
  state("4", "2", []),
  state("3", "2", [{ name: "other", result: { log: ["not this way"] } }]),
  state("2", "1", [{ name: "a", result: { log: ["a"] } }, { name: "b", result: { log: ["b"] } }]),
  state("1", "0", [{ name: "waits", result: null }, { name: "slow", result: { log: ["slow"] } }]),
  state("0", null, [{ name: "__start__", result: { log: ["in"] } }]),
];
const bundle = bundleOf(thread, states, [{ run_id: "r" }], "2026-01-01T00:00:00Z");

describe("a thread's file", () => {
  it("holds what the API answered, and is read again", () => {
    const text = JSON.stringify(bundle);
    expect(readBundle(text)).toEqual({ ok: true, bundle });
    expect(bundle).toMatchObject({ graph_id: "multi", states, thread });
    expect(bundleName(bundle)).toBe("My-first-thread.thread.json");
  });

  it.each([
    ["{", /no JSON: .*line 1, column 2/],
    ["[]", /no thread that was exported here/],
    [JSON.stringify({ ...bundle, version: 9 }), /newer version/],
    [JSON.stringify({ ...bundle, thread: null }), /no thread or no states/],
    [JSON.stringify({ ...bundle, states: [1] }), /no thread or no states/],
  ])("that cannot be read says why %#", (text, why) => {
    const read = readBundle(text);
    expect(!read.ok && read.why).toMatch(why);
  });
});

describe("the thread that is made of it", () => {
  it("takes the way to the newest state, step by step", () => {
    expect(superstepsOf(bundle)).toEqual([
      { updates: [{ values: { log: ["in"] }, as_node: "__input__" }] },
      { updates: [{ values: { log: ["in"] }, as_node: "__start__" }] },
      { updates: [{ values: { log: ["slow"] }, as_node: "slow" }] },
      { updates: [{ values: { log: ["a"] }, as_node: "a" }, { values: { log: ["b"] }, as_node: "b" }] },
    ]);
    expect(superstepsOf({ ...bundle, states: [] })).toEqual([]);
  });

  it("has its name and graph, and says where it is from", () => {
    expect(importedMetadata(bundle)).toEqual({ name: "My first / thread", graph_id: "multi", imported_from: "t1" });
  });
});
