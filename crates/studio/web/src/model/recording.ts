// What is not recorded of runs, and why: it was switched off, or the installed packages lack what it takes.

import type { Project } from "../api/wire.ts";

export interface Unrecorded {
  /** A sentence; null where they are recorded. */
  steps: string | null;
  calls: string | null;
}

export function unrecorded({ traces, unrecorded: lack }: Pick<Project, "traces" | "unrecorded">): Unrecorded {
  return {
    steps: lack.steps === null ? null : `Steps are not recorded: ${lack.steps}`,
    calls: traces ? (lack.calls === null ? null : `Calls are not recorded: ${lack.calls}`) : "Calls are not recorded: lgx was started with --no-trace or LGX_TRACE=0",
  };
}
