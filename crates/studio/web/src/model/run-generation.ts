// Which code executed a run, and whether that is older than the code of now.

import type { RunSummary } from "../api/wire.ts";

type Executed = Pick<RunSummary, "generation" | "before_restart">;

/** Whether code that is older than generation `now` executed the run; not known before it is executed. */
export function isOfOlderCode(run: Executed, now: number | null): boolean {
  if (run.generation === null || now === null) return false;
  return run.before_restart || run.generation < now;
}

/** `4`, or `4, before the restart`: generations are counted anew when the server is started. */
export function generationWords(run: Executed): string | null {
  if (run.generation === null) return null;
  return run.before_restart ? `${run.generation}, before the restart` : String(run.generation);
}
