// Why a run waits.
import { expect, test } from "vitest";
import type { RunSummary } from "../src/api/wire.ts";
import { byThread, waitingOf } from "../src/model/run-queue.ts";

function run(id: string, status: RunSummary["status"], position: number | null, thread = "t"): RunSummary {
  return {
    run_id: id,
    thread_id: thread,
    assistant_id: "a",
    assistant_version: null,
    cron_id: null,
    graph_id: "g",
    status,
    multitask_strategy: "enqueue",
    created_at: "2026-11-27T10:00:00Z",
    started_at: null,
    ended_at: null,
    attempt: 1,
    generation: 1,
    before_restart: false,
    queue_position: position,
    metadata: {},
  };
}

const known = [run("now", "running", null), run("one", "pending", 1), run("two", "pending", 2), run("other", "running", null, "u"), run("old", "success", null)];

test("a run waits behind the one that its thread executes", () => {
  expect(waitingOf(run("one", "pending", 1), known)).toEqual({ position: 1, strategy: "enqueue", behind: "now" });
  expect(waitingOf(run("two", "pending", 2), known)?.behind).toBe("now");
});

test("while its thread executes none it waits behind the one before it, the first behind none: for a slot", () => {
  const idle = known.slice(1);
  expect(waitingOf(run("two", "pending", 2), idle)?.behind).toBe("one");
  expect(waitingOf(run("one", "pending", 1), idle)?.behind).toBeNull();
});

test("a run that executes or is over does not wait", () => {
  expect(waitingOf(run("now", "running", null), known)).toBeNull();
});

test("runs are cancelled by their threads", () => {
  expect([...byThread([run("a", "running", null), run("b", "pending", 1), run("c", "running", null, "u")])]).toEqual([
    ["t", ["a", "b"]],
    ["u", ["c"]],
  ]);
});
