// Which lines of a run's log a step wrote.

import type { LogLine, Step } from "../api/wire.ts";

type Executed = Pick<Step, "task_id" | "started_at">;

/** The lines of a step. A task that was executed again has several steps: a line is of the last one that had begun. */
export function linesOfStep(lines: readonly LogLine[], step: Executed, steps: readonly Executed[]): LogLine[] {
  const begins = Date.parse(step.started_at);
  const later = steps.filter((one) => one.task_id === step.task_id).map((one) => Date.parse(one.started_at));
  const until = Math.min(Infinity, ...later.filter((at) => at > begins));
  const isFirst = later.every((at) => at >= begins);
  return lines.filter((line) => {
    if (line.task_id !== step.task_id) return false;
    const at = Date.parse(line.at);
    return (isFirst || at >= begins) && at < until;
  });
}
