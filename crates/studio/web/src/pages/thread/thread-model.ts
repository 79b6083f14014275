// What the panes of a thread share: which state is shown, what may be done next.

import type { ShownThread } from "../../api/use-thread-view.ts";
import type { JsonObject, RunSummary } from "../../api/wire.ts";
import type { PendingInterrupt } from "../../model/thread-view.ts";

/** What the main button does. */
export type NextMove =
  /** Nothing waits: something new is sent. */
  | "send"
  /** Nodes asked something. */
  | "resume"
  /** A breakpoint or a step holds the thread. */
  | "continue";

/** The run that executes, else the newest. */
export function shownRun(thread: ShownThread): RunSummary | null {
  return thread.runs.find((run) => run.status === "running") ?? thread.runs[0] ?? null;
}

export function activeRun(thread: ShownThread): RunSummary | null {
  return thread.runs.find((run) => run.status === "running") ?? thread.runs.find((run) => run.status === "pending") ?? null;
}

/** A run that was cancelled or failed left steps undone too; but after those one mostly says something else. */
function brokeOff(run: RunSummary | null): boolean {
  return run !== null && (run.status === "interrupted" || run.status === "error" || run.status === "timeout");
}

export function nextMove(active: boolean, state: Pick<ShownState, "interrupts" | "next" | "checkpoint">, run: RunSummary | null): NextMove {
  if (active) return "send";
  if (state.interrupts.length > 0) return "resume";
  return stopped(state, run) ? "continue" : "send";
}

/** Whether a breakpoint or a step holds the thread. */
export function stopped(state: Pick<ShownState, "next" | "checkpoint">, run: RunSummary | null): boolean {
  return state.checkpoint === null && state.next.length > 0 && !state.next.includes("__start__") && !brokeOff(run);
}

/** The state that is shown: the newest, as it moves, or that of a checkpoint. */
export interface ShownState {
  values: JsonObject | null;
  next: string[];
  interrupts: PendingInterrupt[];
  /** Of a checkpoint that was chosen, and that is not just the newest. */
  checkpoint: { checkpoint_id: string; checkpoint_ns: string } | null;
  loading: boolean;
}
