// Why a run that is pending has not begun: what its thread is busy with, or that all slots are.

import type { RunSummary } from "../api/wire.ts";

export interface Waiting {
  /** 1 for the next of its thread. */
  position: number;
  strategy: string;
  /** The run of the same thread that executes now, if it is among those known. */
  behind: string | null;
}

/** Null for a run that does not wait. `known` are the runs that are listed. */
export function waitingOf(run: RunSummary, known: readonly RunSummary[]): Waiting | null {
  if (run.queue_position === null) return null;
  const before = known.filter((other) => other.thread_id === run.thread_id && other.run_id !== run.run_id && isAhead(other, run));
  const running = before.find((other) => other.status === "running");
  const next = before.toSorted((one, other) => (other.queue_position ?? 0) - (one.queue_position ?? 0))[0];
  return { position: run.queue_position, strategy: run.multitask_strategy, behind: (running ?? next)?.run_id ?? null };
}

function isAhead(other: RunSummary, run: RunSummary): boolean {
  if (other.status === "running") return true;
  return other.queue_position !== null && run.queue_position !== null && other.queue_position < run.queue_position;
}

export function isOver(run: Pick<RunSummary, "status">): boolean {
  return run.status !== "pending" && run.status !== "running";
}

/** Ids of runs by their thread, as the API cancels them. */
export function byThread(runs: readonly RunSummary[]): Map<string, string[]> {
  const threads = new Map<string, string[]>();
  for (const run of runs) threads.set(run.thread_id, [...(threads.get(run.thread_id) ?? []), run.run_id]);
  return threads;
}
