// Crons, what changes them, and when a schedule that is typed would be due.
import type { Cron } from "@langchain/langgraph-sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { CronCreation, CronPatch } from "../model/cron-draft.ts";
import { useClient, useLgx } from "../studio.tsx";
import { useServerEvents } from "./use-socket.ts";

const MOST = 1000;

export function useCrons() {
  const client = useClient();
  return useQuery({ queryKey: ["crons", {}], queryFn: () => client.crons.search({ limit: MOST, sortBy: "created_at", sortOrder: "desc" }) });
}

/** A cron that has fired has another next time: a run began then. */
export function useCronFreshness(): void {
  const queries = useQueryClient();
  useServerEvents((message) => {
    if (message.event === "run" && message.run.started_at === null) void queries.invalidateQueries({ queryKey: ["crons"] });
  });
}

/** As the server reads it: it computes the times. */
export function useScheduleTimes(schedule: string, timezone: string, endTime: string) {
  const lgx = useLgx();
  return useQuery({
    queryKey: ["schedule", schedule, timezone, endTime],
    queryFn: () => lgx.schedule(schedule, timezone || null, endTime || null),
    enabled: schedule.trim() !== "",
    staleTime: 30_000,
  });
}

function useCronChange<Asked, Answer>(change: (asked: Asked) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => queries.invalidateQueries({ queryKey: ["crons"] }) });
}

export function useCreateCron() {
  const client = useClient();
  return useCronChange(({ assistantId, threadId, ...payload }: CronCreation) =>
    threadId === null ? client.crons.create(assistantId, payload) : client.crons.createForThread(threadId, assistantId, payload),
  );
}

export function useChangeCron() {
  const client = useClient();
  return useCronChange(({ cron, patch }: { cron: Cron; patch: CronPatch }) => client.crons.update(cron.cron_id, patch));
}

export function useDeleteCron() {
  const client = useClient();
  return useCronChange((cron: Cron) => client.crons.delete(cron.cron_id));
}
