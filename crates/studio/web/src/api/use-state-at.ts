// The state of a thread at a checkpoint, and the list of its checkpoints.

import { queryOptions, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Client } from "@langchain/langgraph-sdk/client";
import { useEffect, useState } from "react";
import type { StateAnswer } from "../model/thread-view.ts";
import { diffStates, summarize } from "../model/state-diff.ts";
import { useClient, useLgx } from "../studio.tsx";
import type { CheckpointSummary } from "./wire.ts";
import { cut } from "./wire-checkpoint.ts";

function stateAt(client: Client, threadId: string | null, checkpointId: string | null, ns: string) {
  return queryOptions({
    queryKey: ["state", threadId, checkpointId, ns],
    queryFn: async (): Promise<StateAnswer> => {
      // The SDK's type of a state is narrower about tasks than what the server sends.
      const answer: unknown = await client.threads.getState(threadId ?? "", cut(checkpointId ?? "", ns), { subgraphs: true });
      return answer as StateAnswer;
    },
    staleTime: 60_000,
  });
}

/** Null asks for nothing. */
export function useStateAt(threadId: string | null, checkpointId: string | null, ns: string) {
  const client = useClient();
  return useQuery({ ...stateAt(client, threadId, checkpointId, ns), enabled: threadId !== null && checkpointId !== null });
}

/** Of larger states a row of the history does not say what changed: it would be asked for only to be summed up. */
const LARGEST_SUMMED_UP = 200_000;
/** Rows that are only scrolled past ask for nothing. */
const IN_SIGHT_MS = 200;

/** What a step changed, in a few words; null while that is not known. */
export function useStepSummary(threadId: string | null, checkpoint: CheckpointSummary, wanted: boolean): string | null {
  const client = useClient();
  const queries = useQueryClient();
  const [inSight, setInSight] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setInSight(true), IN_SIGHT_MS);
    return () => clearTimeout(timer);
  }, []);
  const { checkpoint_id: id, parent_id: parent, ns } = checkpoint;
  const asked = useQuery({
    queryKey: ["step-summary", threadId, id, ns],
    queryFn: async () => {
      const [own, before] = await Promise.all([
        queries.fetchQuery(stateAt(client, threadId, id, ns)),
        parent === null ? null : queries.fetchQuery(stateAt(client, threadId, parent, ns)),
      ]);
      return summarize(diffStates(before?.values ?? {}, own.values ?? {}));
    },
    enabled: threadId !== null && wanted && inSight && checkpoint.bytes < LARGEST_SUMMED_UP,
    staleTime: Infinity,
  });
  return asked.data ?? null;
}

const PAGE = 500;

/** The newest first, page by page. */
export function useCheckpoints(threadId: string | null, ns: string) {
  const lgx = useLgx();
  return useInfiniteQuery({
    queryKey: ["checkpoints", threadId, ns],
    initialPageParam: 0,
    queryFn: ({ pageParam }) => lgx.checkpoints(threadId ?? "", { limit: PAGE, offset: pageParam, ns }),
    getNextPageParam: (last, pages) => {
      const loaded = pages.reduce((sum, page) => sum + page.checkpoints.length, 0);
      return last.checkpoints.length > 0 && loaded < last.total ? loaded : undefined;
    },
    enabled: threadId !== null,
  });
}
