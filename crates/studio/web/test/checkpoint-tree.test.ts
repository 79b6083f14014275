// Forks become lanes and branches; what is not loaded breaks nothing.

import { describe, expect, it } from "vitest";
import type { CheckpointSummary } from "../src/api/wire.ts";
import { branchPlace, checkpointName, checkpointTree, pathTo, tipOf } from "../src/model/checkpoint-tree.ts";

function made(id: string, parent: string | null, more: Partial<CheckpointSummary> = {}): CheckpointSummary {
  return { checkpoint_id: id, parent_id: parent, ns: "", step: 0, source: "loop", nodes: [], created_at: "2026-01-01T00:00:00Z", run_id: null, bytes: 1, ...more };
}

const line = ["1", "2", "3"].map((id, at, all) => made(id, all[at - 1] ?? null));
// 1 ─ 2 ─ 3, and beside it 2 ─ 4 ─ 6, and 2 ─ 5
const forked = [...line, made("4", "2"), made("5", "2"), made("6", "4")];

describe("a thread", () => {
  it("without forks is one lane, newest first", () => {
    const tree = checkpointTree(line);
    expect(tree).toMatchObject({ lanes: 1, forks: 0 });
    expect(tree.rows.map((row) => [row.checkpoint.checkpoint_id, row.lane, row.parentLane, row.tip])).toEqual([["3", 0, 0, true], ["2", 0, 0, false], ["1", 0, null, false]]);
    expect(branchPlace(tree, "3")).toBeNull();
  });

  it("with forks has a lane for each branch that lies beside another", () => {
    const tree = checkpointTree(forked);
    expect(tree).toMatchObject({ lanes: 3, forks: 2 });
    expect(tree.rows.map((row) => [row.checkpoint.checkpoint_id, row.lane, row.parentLane, row.passing])).toEqual([
      ["6", 0, 0, []],
      ["5", 1, 0, [0]],
      ["4", 0, 0, [1]],
      ["3", 2, 0, [0, 1]],
      ["2", 0, 0, []],
      ["1", 0, null, []],
    ]);
  });

  it("knows of each branch which it is, and its tip", () => {
    const tree = checkpointTree(forked);
    expect(branchPlace(tree, "4")).toEqual({ n: 2, of: 3, previous: "3", next: "5" });
    expect(branchPlace(tree, "2")).toBeNull();
    expect([tipOf(tree, "4"), tipOf(tree, "2"), tipOf(tree, "3")]).toEqual(["6", "5", "3"]);
    expect(pathTo(tree, "6")).toEqual(["1", "2", "4", "6"]);
    expect(pathTo(tree, "gone")).toEqual([]);
  });

  it("of which the beginning is not loaded has roots there", () => {
    const tree = checkpointTree(forked.slice(2));
    expect(tree.rows.filter((row) => row.parentLane === null).map((row) => row.checkpoint.checkpoint_id)).toEqual(["5", "4", "3"]);
    expect(tree.forks).toBe(0);
  });

  it("with several inputs has no branches among its beginnings", () => {
    expect(branchPlace(checkpointTree([made("1", null), made("2", null)]), "2")).toBeNull();
  });

  it("holds each checkpoint once, of one namespace", () => {
    expect(checkpointTree([...line, ...line, made("9", "2", { ns: "child:1" })]).rows).toHaveLength(3);
    expect(checkpointTree([...line, made("9", "2", { ns: "child:1" })], "child:1").rows).toHaveLength(1);
    expect(checkpointTree([])).toMatchObject({ rows: [], lanes: 0, forks: 0 });
  });

  it("of ten thousand is drawn at once", () => {
    const many = Array.from({ length: 10_000 }, (_, at) => made(String(at).padStart(6, "0"), at === 0 ? null : String(at - 1).padStart(6, "0")));
    const begun = performance.now();
    expect(checkpointTree(many).rows).toHaveLength(10_000);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe("a name", () => {
  it.each([
    [made("1", null, { source: "input" }), "input"],
    [made("1", null, { nodes: ["a", "b", "a"] }), "a, b"],
    [made("1", null), "start"],
    [made("1", null, { nodes: ["__start__"] }), "start"],
    [made("1", null, { nodes: ["a", "b", "c", "a"] }), "3 nodes: a, b, c"],
    [made("1", null, { source: "update", nodes: ["a"] }), "edited as a"],
    [made("1", null, { source: "update" }), "edited"],
    [made("1", null, { source: "fork" }), "fork"],
  ])("%#", (checkpoint, name) => {
    expect(checkpointName(checkpoint)).toBe(name);
  });
});
