// One run with its steps and calls, kept up by what its thread tells.
import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { withCall, withStep } from "../model/run-events.ts";
import { useRun, useRunCalls } from "./use-runs.ts";
import { useTopic } from "./use-socket.ts";
import type { RunCalls, RunRecord } from "./wire.ts";

export function useLiveRun(runId: string) {
  const queries = useQueryClient();
  const run = useRun(runId);
  const calls = useRunCalls(runId);
  const thread = run.data?.thread_id;
  const heard = useRef(false);
  const askAgain = () => {
    void queries.invalidateQueries({ queryKey: ["run", runId], exact: true });
    void queries.invalidateQueries({ queryKey: ["calls", runId] });
  };
  useTopic(
    thread === undefined ? null : `thread:${thread}`,
    (event) => {
      if (event.event !== "step" && event.event !== "call") return;
      queries.setQueryData<RunRecord>(["run", runId], (known) => (known ? withStep(known, event) : known));
      queries.setQueryData<RunCalls>(["calls", runId], (known) => (known ? withCall(known, runId, event) : known));
      // What happened between the answer and the subscription was not told: it is asked for once.
      if (!heard.current && event.run_id === runId) {
        heard.current = true;
        askAgain();
      }
    },
    { onMissed: askAgain },
  );
  return { run, calls };
}
