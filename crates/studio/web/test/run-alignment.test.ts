// Two runs side by side.
import { expect, test } from "vitest";
import type { JsonObject, Step } from "../src/api/wire.ts";
import { alignRuns, type ComparedStep, comparedSteps, differingKeys, firstDifference, inOrder, nodePath, sameValue } from "../src/model/run-alignment.ts";

function step(node: string, more: Partial<Step> = {}): Step {
  return { task_id: `${node}-${more.step ?? 0}`, node, ns: "", step: 0, started_at: "2026-11-27T10:00:00Z", ended_at: null, status: "success", error: null, attempt: 1, ...more };
}

function run(nodes: string, values: (JsonObject | null)[] = []): ComparedStep[] {
  return [...nodes].map((node, place) => ({ step: step(node, { step: place }), values: values[place] ?? null }));
}

/** `a=a b- -c`: what is beside what. */
function drawn(left: ComparedStep[], right: ComparedStep[]): string {
  return alignRuns(left, right)
    .map((one) => `${one.left?.step.node ?? ""}${one.left && one.right ? "=" : "-"}${one.right?.step.node ?? ""}`)
    .join(" ");
}

test.each([
  ["abc", "abc", "a=a b=b c=c"],
  ["abc", "ac", "a=a b- c=c"],
  ["ac", "abc", "a=a -b c=c"],
  ["abab", "ab", "a=a b=b a- b-"],
  ["", "ab", "-a -b"],
  ["xaby", "aby", "x- a=a b=b y=y"],
  ["abcd", "axcd", "a=a b- -x c=c d=d"],
])("%s beside %s is %s", (left, right, expected) => {
  expect(drawn(run(left), run(right))).toBe(expected);
});

test("the first difference is a missing step, a status, an error or a state", () => {
  expect(firstDifference(alignRuns(run("ab"), run("ab")))).toBe(-1);
  expect(firstDifference(alignRuns(run("abc"), run("ac")))).toBe(1);
  const failed = [...run("a"), { step: step("b", { status: "error" as const, error: "ValueError: no" }), values: null }];
  const both = alignRuns(run("ab"), failed);
  expect([firstDifference(both), both[1]?.differs]).toEqual([1, ["status", "error"]]);
  const states = alignRuns(run("ab", [{ n: 1 }, { n: 2, m: 1 }]), run("ab", [{ n: 1 }, { n: 3 }]));
  expect([firstDifference(states), states[1]?.keys]).toEqual([1, ["m", "n"]]);
});

function message(id: string, content: string): JsonObject {
  return { messages: [{ type: "ai", id, content }] };
}

test("ids of messages do not make two states differ, all else does", () => {
  expect(differingKeys(message("1", "x"), message("2", "x"))).toEqual([]);
  expect(differingKeys(message("1", "x"), message("1", "y"))).toEqual(["messages"]);
  expect(sameValue({ id: 1 }, { id: 2 })).toBe(false);
  expect(sameValue([1, [2]], [1, [2]])).toBe(true);
  expect(sameValue([1], { 0: 1 })).toBe(false);
  expect(sameValue(null, {})).toBe(false);
});

test("a step of a subgraph is named by its path, whatever the ids of its tasks", () => {
  expect(nodePath({ ns: "child:11-22|deep:33", node: "inner" })).toBe("child:deep:inner");
  expect(nodePath({ ns: "", node: "a" })).toBe("a");
});

test("what began together is in the order of names", () => {
  const steps = [step("z", { step: 1 }), step("b", { step: 1, started_at: "2026-11-27T10:00:00.1Z" }), step("c", { step: 0 })];
  expect(inOrder(steps).map((one) => one.node)).toEqual(["c", "b", "z"]);
});

test("two runs of two thousand steps each are aligned", () => {
  const [left, right] = [run(`n${"nnnnnnx".repeat(285)}`), run("nnnnnny".repeat(285))];
  expect(alignRuns(left, right).filter((one) => one.differs.length === 0)).toHaveLength(1710);
});

test("a step has the state of the checkpoint of its number; steps of subgraphs have none", () => {
  const steps = [step("b", { step: 2 }), step("a", { step: 1 }), step("inner", { ns: "b:1", step: 1, started_at: "2026-11-27T10:00:05Z" })];
  const states = [
    { values: { n: 1 }, metadata: { step: 1 } },
    { values: null, metadata: { step: 3 } },
  ];
  expect(comparedSteps(steps, states).map((one) => [one.step.node, one.values])).toEqual([
    ["a", { n: 1 }],
    ["b", null],
    ["inner", null],
  ]);
});

test("what a run has not come to yet is no difference", () => {
  const [all, some] = [run("abc"), run("a")];
  expect(firstDifference(alignRuns(all, some))).toBe(1);
  const going = alignRuns(all, some, { left: false, right: true });
  expect([firstDifference(going), going.map((one) => one.awaited)]).toEqual([-1, [false, true, true]]);
  const other = alignRuns(run("axc"), run("ac"), { left: false, right: true });
  expect(firstDifference(other)).toBe(1);
  const running = [{ step: step("a", { status: "running" as const }), values: null }];
  expect(alignRuns(run("a"), running)[0]).toMatchObject({ differs: [], awaited: true });
});
