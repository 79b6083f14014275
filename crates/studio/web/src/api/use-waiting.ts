// The threads that wait for somebody, and what one of them asks.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { fromState } from "../model/run-view.ts";
import type { PendingInterrupt } from "../model/thread-view.ts";
import { useClient } from "../studio.tsx";

const MOST = 500;

/** The longest wait first. Events of threads make it old. */
export function useWaiting() {
  const client = useClient();
  return useQuery({
    queryKey: ["threads", { waiting: true }],
    queryFn: () => client.threads.search({ status: "interrupted", limit: MOST, sortBy: "updated_at", sortOrder: "asc" }),
    placeholderData: keepPreviousData,
  });
}

export interface Asked {
  questions: PendingInterrupt[];
  /** The nodes that are executed when it goes on. */
  next: string[];
}

/** With the nodes that ask, which the list does not tell. */
export function useAsked(threadId: string) {
  const client = useClient();
  return useQuery({
    queryKey: ["state", threadId, null, "asked"],
    queryFn: async (): Promise<Asked> => {
      const state = await client.threads.getState(threadId, undefined, { subgraphs: true });
      // The SDK's type of what the API answers as JSON.
      const view = fromState(threadId, state as unknown as Parameters<typeof fromState>[1]);
      return { questions: view.interrupts, next: state.next };
    },
  });
}
