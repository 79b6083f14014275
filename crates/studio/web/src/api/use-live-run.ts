// One run with its steps and calls, kept up by what its thread tells.
import { useQueryClient } from "@tanstack/react-query";
import { withCall, withStep } from "../model/run-events.ts";
import { useRun, useRunCalls } from "./use-runs.ts";
import { useTopic } from "./use-socket.ts";
import type { RunCalls, RunRecord } from "./wire.ts";

export function useLiveRun(runId: string) {
  const queries = useQueryClient();
  const run = useRun(runId);
  const calls = useRunCalls(runId);
  const thread = run.data?.thread_id;
  useTopic(
    thread === undefined ? null : `thread:${thread}`,
    (event) => {
      queries.setQueryData<RunRecord>(["run", runId], (known) => (known ? withStep(known, event) : known));
      queries.setQueryData<RunCalls>(["calls", runId], (known) => (known ? withCall(known, runId, event) : known));
    },
    {
      onMissed: () => {
        void queries.invalidateQueries({ queryKey: ["run", runId] });
        void queries.invalidateQueries({ queryKey: ["calls", runId] });
      },
    },
  );
  return { run, calls };
}
