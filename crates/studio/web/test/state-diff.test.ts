// What changed between two states, in the fewest words that are true.

import { describe, expect, it } from "vitest";
import type { Json } from "../src/api/wire.ts";
import { diffStates, summarize } from "../src/model/state-diff.ts";

describe("a diff", () => {
  it.each<[string, Json, Json, unknown[]]>([
    ["nothing", { a: 1, b: { c: [1] } }, { b: { c: [1] }, a: 1 }, []],
    ["a new key", {}, { a: 1 }, [{ kind: "added", key: "a", value: 1 }]],
    ["a lost key", { a: null }, {}, [{ kind: "removed", key: "a", value: null }]],
    ["another value", { a: 1 }, { a: 2 }, [{ kind: "changed", key: "a", before: 1, after: 2 }]],
    ["another kind of value", { a: [1] }, { a: { 0: 1 } }, [{ kind: "changed", key: "a", before: [1], after: { 0: 1 } }]],
    ["a list that grew", { a: [1, 2] }, { a: [1, 2, 3] }, [{ kind: "list", key: "a", length: 3, lengthBefore: 2, items: [{ kind: "added", index: 2, value: 3, before: null }] }]],
    ["a list that grew at its beginning", { a: [1, 2] }, { a: [0, 1, 2] }, [{ kind: "list", key: "a", length: 3, lengthBefore: 2, items: [{ kind: "added", index: 0, value: 0, before: null }] }]],
    ["a list that lost one", { a: [1, 2, 3] }, { a: [1, 3] }, [{ kind: "list", key: "a", length: 2, lengthBefore: 3, items: [{ kind: "removed", index: 1, value: 2, before: null }] }]],
    ["an item that changed", { a: [1, 2, 3] }, { a: [1, 9, 3] }, [{ kind: "list", key: "a", length: 3, lengthBefore: 3, items: [{ kind: "changed", index: 1, value: 9, before: 2 }] }]],
    [
      "messages by their ids",
      { m: [{ id: "1", c: "a" }, { id: "2", c: "b" }, { id: "3", c: "c" }] },
      { m: [{ id: "1", c: "a" }, { id: "3", c: "C" }, { id: "4", c: "d" }] },
      [
        {
          kind: "list",
          key: "m",
          length: 3,
          lengthBefore: 3,
          items: [
            { kind: "removed", index: 1, value: { id: "2", c: "b" }, before: null },
            { kind: "changed", index: 1, value: { id: "3", c: "C" }, before: { id: "3", c: "c" } },
            { kind: "added", index: 2, value: { id: "4", c: "d" }, before: null },
          ],
        },
      ],
    ],
    ["the first state", null, { a: 1 }, [{ kind: "added", key: "a", value: 1 }]],
    ["values that are no objects", "a", "b", [{ kind: "changed", key: "", before: "a", after: "b" }]],
    ["equal values that are no objects", [1], [1], []],
  ])("%s", (_, before, after, changes) => {
    expect(diffStates(before, after)).toEqual(changes);
  });

  it("of values of five megabytes takes no long time", () => {
    const items = (more: number): Json => Array.from({ length: 50_000 + more }, (_, at) => ({ id: String(at), text: "x".repeat(80), tags: ["a", "b"] }));
    const [before, after] = [{ a: items(0), b: 1 }, { a: items(3), b: 2 }];
    const begun = performance.now();
    const changes = diffStates(before, after);
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(changes).toMatchObject([{ kind: "list", items: [{ kind: "added" }, { kind: "added" }, { kind: "added" }] }, { kind: "changed" }]);
  });

  it("shows no more items than can be read", () => {
    const [change] = diffStates({ a: [] }, { a: Array.from({ length: 5_000 }, (_, at) => at) });
    expect(change).toMatchObject({ length: 5_000 });
    expect(change?.kind === "list" && change.items.length).toBe(200);
  });
});

describe("in a few words", () => {
  it.each<[Json, Json, string]>([
    [{ messages: [] }, { messages: [{ id: "1" }] }, "+1 message"],
    [{ messages: [{ id: "1" }] }, { messages: [] }, "−1 message"],
    [{ log: ["a"] }, { log: ["a", "b", "c"] }, "+2 log"],
    [{ n: 1, x: 1 }, { n: 2 }, "n 1 → 2 · without x"],
    [{}, { documents: [1, 2, 3] }, "documents 3"],
    [{ a: [1, 2] }, { a: [1, 3] }, "1 of a changed"],
    [{ a: 1 }, { a: 1 }, ""],
  ])("%j to %j", (before, after, words) => {
    expect(summarize(diffStates(before, after))).toBe(words);
  });
});
