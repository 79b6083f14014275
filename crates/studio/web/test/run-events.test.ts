// What a thread's events add to a run.
import { expect, test } from "vitest";
import type { Call, RunRecord, Step, ThreadEvent } from "../src/api/wire.ts";
import { keptUp, tokensByTask, tokensOf, withCall, withStep } from "../src/model/run-events.ts";

function step(id: string, status: Step["status"], attempt = 1): Step {
  return { task_id: id, node: id, ns: "", step: 1, started_at: "2026-11-27T10:00:00Z", ended_at: status === "running" ? null : "2026-11-27T10:00:01Z", status, error: null, attempt };
}

function call(id: string, output: number | null): Call {
  const usage = output === null ? null : { input_tokens: 1, output_tokens: output, total_tokens: output + 1 };
  return { call_id: id, parent_call_id: null, task_id: null, node: null, ns: "", kind: "model", name: "m", model: "m", provider: null, started_at: "2026-11-27T10:00:00Z", first_token_at: null, ended_at: null, status: "running", input: null, output: null, tools: [], parameters: {}, usage, error: null, cut: false };
}

const record = { run_id: "r", steps: [step("a", "success"), step("b", "running")] } as unknown as RunRecord;

function told(one: Step, run = "r"): ThreadEvent {
  return { event: "step", run_id: run, step: one };
}

function seen(after: RunRecord): string[] {
  return after.steps.map((one) => `${one.task_id}${one.attempt} ${one.status}`);
}

test("a step that ends takes the place of the one that began", () => {
  expect(seen(withStep(record, told(step("b", "error"))))).toEqual(["a1 success", "b1 error"]);
  expect(seen(withStep(record, told(step("c", "running"))))).toEqual(["a1 success", "b1 running", "c1 running"]);
});

test("a step that is executed again after a crash is another one", () => {
  expect(seen(withStep(record, told(step("a", "running", 2))))).toEqual(["a1 success", "b1 running", "a2 running"]);
});

test("late words and words of other runs change nothing", () => {
  expect(withStep(record, told(step("b", "error"), "other"))).toBe(record);
  expect(seen(withStep(record, told(step("a", "running"))))).toEqual(["a1 success", "b1 running"]);
});

test("calls are placed alike, and their tokens are summed where told", () => {
  const after = withCall({ calls: [call("1", null)], dropped: 0 }, "r", { event: "call", run_id: "r", call: call("1", 5) });
  expect(after.calls).toHaveLength(1);
  expect(tokensOf([...after.calls, call("2", 2), call("3", null)])).toEqual({ input: 2, output: 7, total: 9 });
  expect(tokensOf([call("3", null)])).toBeNull();
});

test("an answer does not undo what was told while it was on its way", () => {
  const known = withStep(withStep(record, told(step("b", "error"))), told(step("c", "running")));
  expect(seen(keptUp(record, known))).toEqual(["a1 success", "b1 error", "c1 running"]);
  const later = { ...record, steps: [step("a", "success"), step("b", "error"), step("c", "cancelled")] };
  expect(seen(keptUp(later, known))).toEqual(["a1 success", "b1 error", "c1 cancelled"]);
  expect(keptUp(record, undefined)).toBe(record);
});

test("a task used what its calls did, and those of the subgraphs in it", () => {
  const calls = [
    { ...call("1", 5), task_id: "t1" },
    { ...call("2", 7), task_id: "t2", ns: "child:t1" },
    { ...call("3", 9), task_id: "t3", ns: "child:t1|inner:t2" },
    { ...call("4", null), task_id: "t3", ns: "child:t1|inner:t2" },
    call("5", 11),
  ];
  expect([...tokensByTask(calls)]).toEqual([
    ["t1", 6 + 8 + 10],
    ["t2", 8 + 10],
    ["t3", 10],
  ]);
});
