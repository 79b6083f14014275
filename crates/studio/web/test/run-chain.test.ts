// Which runs of a thread are shown together on the graph.

import { expect, test } from "vitest";
import { runChain } from "../src/model/run-chain.ts";
import type { Step } from "../src/api/wire.ts";

const run = (name: string, ...steps: number[]) => ({
  name,
  steps: steps.map((step): Step => ({ task_id: `${name}${step}`, node: "n", ns: "", step, started_at: "", ended_at: null, status: "success", error: null, attempt: 1 })),
});
const asking = (name: string, ...steps: number[]) => {
  const made = run(name, ...steps);
  return { ...made, steps: made.steps.map((step, at): Step => (at === steps.length - 1 ? { ...step, status: "interrupted" } : step)) };
};
const names = (runs: { name: string }[]): string => runs.map(({ name }) => name).join("");

test.each([
  ["one run alone", [run("a", 1, 2)], "a"],
  ["a run that resumes the step that asked", [asking("a", 1, 2), run("b", 2, 3)], "ab"],
  ["a run that takes the place of a step", [run("a", 1, 2), run("b", 2, 3)], "b"],
  ["a run that goes on behind a breakpoint", [run("a", 1), run("b", 2), run("c", 3)], "abc"],
  ["a run with a new input", [run("a", 1, 2), run("b", 4, 5)], "b"],
  ["a run from an older step", [run("a", 1, 2, 3, 4), run("b", 2, 3)], "b"],
  ["a run that has not begun", [run("a", 1, 2), run("b")], "a"],
])("%s", (_case, runs, expected) => {
  expect(names(runChain(runs))).toBe(expected);
});
