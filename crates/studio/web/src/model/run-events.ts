// What a thread's events add to the steps and calls that are known of one run.

import { bounded, withNewest } from "./newest-steps.ts";
import type { Call, RunCalls, RunRecord, Step, ThreadEvent } from "../api/wire.ts";

/** The same record where the event is about another run, or says nothing of its steps. */
export function withStep(record: RunRecord, event: ThreadEvent): RunRecord {
  if (event.event !== "step" || event.run_id !== record.run_id) return record;
  return { ...record, steps: placed(record.steps, event.step, stepId, withNewest) };
}

export function withCall(known: RunCalls, runId: string, event: ThreadEvent): RunCalls {
  if (event.event !== "call" || event.run_id !== runId) return known;
  return { ...known, calls: placed(known.calls, event.call, callId) };
}

/** An answer of the server, with what events have told since it was made. */
export function keptUp(answer: RunRecord, known: RunRecord | undefined): RunRecord {
  if (known === undefined) return answer;
  const merged = known.steps.reduce((steps, step) => placed(steps, step, stepId), answer.steps);
  return { ...answer, steps: bounded(merged) };
}

export function keptUpCalls(answer: RunCalls, known: RunCalls | undefined): RunCalls {
  if (known === undefined) return answer;
  return { ...answer, calls: known.calls.reduce((calls, call) => placed(calls, call, callId), answer.calls) };
}

function stepId(step: Step): string {
  return `${step.task_id}#${step.attempt}`;
}

function callId(call: Call): string {
  return call.call_id;
}

/** In place of the one with the same key, else as `added` does it. What has ended is not undone by a late word of its beginning. */
function placed<T extends Step | Call>(list: T[], item: T, keyOf: (item: T) => string, added = atTheEnd<T>): T[] {
  const key = keyOf(item);
  const at = list.findIndex((one) => keyOf(one) === key);
  if (at < 0) return added(list, item);
  if (list[at]?.ended_at !== null && item.ended_at === null) return list;
  return list.with(at, item);
}

function atTheEnd<T>(list: T[], item: T): T[] {
  return [...list, item];
}

/** What a run's model calls took and gave; null where none tells. */
export function tokensOf(calls: readonly Call[]): { input: number; output: number; total: number } | null {
  const told = calls.flatMap((call) => (call.kind === "model" && call.usage !== null ? [call.usage] : []));
  if (told.length === 0) return null;
  return {
    input: told.reduce((sum, usage) => sum + usage.input_tokens, 0),
    output: told.reduce((sum, usage) => sum + usage.output_tokens, 0),
    total: told.reduce((sum, usage) => sum + usage.total_tokens, 0),
  };
}

/** What each task used, by its id: by its own calls, and by those of the subgraphs that it ran. */
export function tokensByTask(calls: Iterable<Call>): ReadonlyMap<string, number> {
  const tokens = new Map<string, number>();
  for (const { task_id: task, ns, usage } of calls) {
    if (task === null || usage === null) continue;
    for (const id of [...outerTasks(ns), task]) tokens.set(id, (tokens.get(id) ?? 0) + usage.total_tokens);
  }
  return tokens;
}

/** The tasks that a namespace lies within: `a:1|b:2` is in 1 and 2. */
function outerTasks(ns: string): string[] {
  return ns === "" ? [] : ns.split("|").map((part) => part.slice(part.lastIndexOf(":") + 1));
}
