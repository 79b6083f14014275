// Runs over all threads, and cancelling them. Events of the server make the list old, so that it is live.
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keptUp, keptUpCalls } from "../model/run-events.ts";
import { byThread } from "../model/run-queue.ts";
import { useClient, useLgx } from "../studio.tsx";
import type { RunCalls, RunRecord, RunSearch, RunSummary } from "./wire.ts";

const PAGE = 100;

export type RunConditions = Omit<RunSearch, "limit" | "offset">;

export function useRuns(conditions: RunConditions) {
  const lgx = useLgx();
  return useInfiniteQuery({
    queryKey: ["runs", conditions],
    initialPageParam: 0,
    queryFn: ({ pageParam }) => lgx.searchRuns({ ...conditions, limit: PAGE, offset: pageParam }),
    getNextPageParam: (last, pages) => (pages.length * PAGE < last.total ? pages.length * PAGE : undefined),
    placeholderData: keepPreviousData,
  });
}

/** Of no id nothing is asked. */
export function useRun(runId: string) {
  const lgx = useLgx();
  const queries = useQueryClient();
  const queryKey = ["run", runId];
  return useQuery({ queryKey, queryFn: async () => keptUp(await lgx.run(runId), queries.getQueryData<RunRecord>(queryKey)), enabled: runId !== "" });
}

/** Of no id nothing is asked. */
export function useRunCalls(runId: string) {
  const lgx = useLgx();
  const queries = useQueryClient();
  const queryKey = ["calls", runId];
  return useQuery({ queryKey, queryFn: async () => keptUpCalls(await lgx.runCalls(runId), queries.getQueryData<RunCalls>(queryKey)), enabled: runId !== "" });
}

/** Cancels runs; the API takes those of one thread at once. */
export function useCancelRuns() {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (runs: RunSummary[]) =>
      Promise.all([...byThread(runs)].map(([threadId, runIds]) => client.runs.cancelMany({ threadId, runIds, action: "interrupt" }))),
    onSettled: () => queries.invalidateQueries({ queryKey: ["runs"] }),
  });
}
