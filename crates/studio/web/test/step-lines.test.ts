// The lines of a step are those of its task, from its beginning until the task is executed again.

import { expect, test } from "vitest";
import type { LogLine } from "../src/api/wire.ts";
import { linesOfStep } from "../src/model/step-lines.ts";

function line(id: number, taskId: string | null, second: number): LogLine {
  const at = `2026-01-01T00:00:0${second}Z`;
  return { id, at, level: "info", logger: null, message: "", stream: "stdout", run_id: "r", thread_id: "t", node: "n", task_id: taskId, generation: 1 };
}

const step = (taskId: string, second: number) => ({ task_id: taskId, started_at: `2026-01-01T00:00:0${second}Z` });

test("lines of other tasks, and of none, are not those of a step", () => {
  const steps = [step("a", 1), step("b", 1)];
  const lines = [line(1, "a", 1), line(2, "b", 2), line(3, null, 2), line(4, "a", 3)];
  expect(linesOfStep(lines, step("a", 1), steps).map(({ id }) => id)).toEqual([1, 4]);
});

test("a task that was executed again has each time the lines of that time", () => {
  const steps = [step("a", 2), step("a", 5)];
  const lines = [line(1, "a", 1), line(2, "a", 3), line(3, "a", 5), line(4, "a", 7)];
  expect(linesOfStep(lines, step("a", 2), steps).map(({ id }) => id)).toEqual([1, 2]);
  expect(linesOfStep(lines, step("a", 5), steps).map(({ id }) => id)).toEqual([3, 4]);
});
