// Starting, resuming, stepping and cancelling the runs of the thread that is shown.

import { useCallback, useRef, useState } from "react";
import { failureOf, type ApiFailure } from "../../api/failure.ts";
import { cancelRun, makeThread, startRun } from "../../api/start-run.ts";
import type { Breakpoints, RunSettings, RunStart, RunWish } from "../../model/run-request.ts";
import { useClient } from "../../studio.tsx";

/** Whose runs are started. */
export interface RunTarget {
  /** Null: the first run makes a thread. */
  threadId: string | null;
  graph: string;
  assistantId: string | null;
  settings: RunSettings;
  breakpoints: Breakpoints;
  /** The run that is pending or running now. */
  activeRunId: string | null;
  /** A thread was made for the first run. */
  onThread: (threadId: string) => void;
}

export interface RunControl {
  /** Between the click and the server's answer. */
  starting: boolean;
  cancelling: boolean;
  failure: ApiFailure | null;
  /** Whether the run was started. */
  start: (start: RunStart, how?: { step?: boolean; checkpoint?: RunWish["checkpoint"] }) => Promise<boolean>;
  /** Stops the run; in the first moment it waits for the run's id, and stops it then. */
  cancel: () => Promise<void>;
  dismiss: () => void;
}

interface Started {
  threadId: string;
  runId: string;
}

export function useRunControl(target: RunTarget): RunControl {
  const client = useClient();
  const [starting, setStarting] = useState(false);
  const [cancelling, setCancelling] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const underWay = useRef<Promise<Started> | null>(null);
  const { threadId, graph, assistantId, settings, breakpoints, activeRunId, onThread } = target;

  const start = useCallback<RunControl["start"]>(
    async (begin, { step = false, checkpoint = null } = {}) => {
      if (assistantId === null || underWay.current) return false;
      const wish: RunWish = { assistantId, start: begin, settings, breakpoints, step, checkpoint };
      const making = async (): Promise<Started> => {
        const id = threadId ?? (await makeThread(client, graph, assistantId));
        const run = await startRun(client, id, wish);
        return { threadId: id, runId: run.run_id };
      };
      setStarting(true);
      setFailure(null);
      underWay.current = making();
      try {
        const started = await underWay.current;
        if (threadId === null) onThread(started.threadId);
        return true;
      } catch (error) {
        setFailure(failureOf(error));
        return false;
      } finally {
        underWay.current = null;
        setStarting(false);
      }
    },
    [client, threadId, graph, assistantId, settings, breakpoints, onThread],
  );

  const cancel = useCallback(async (): Promise<void> => {
    setCancelling(true);
    try {
      const started = underWay.current ? await underWay.current : null;
      const runId = started?.runId ?? activeRunId;
      const of = started?.threadId ?? threadId;
      if (of !== null && runId !== null) await cancelRun(client, of, runId);
    } catch (error) {
      // It may have ended by itself in the meantime: there is nothing left to cancel.
      const why = failureOf(error);
      if (why.status !== 404 && why.status !== 409) setFailure(why);
    } finally {
      setCancelling(false);
    }
  }, [client, threadId, activeRunId]);

  const dismiss = useCallback(() => setFailure(null), []);
  return { starting, cancelling, failure, start, cancel, dismiss };
}
