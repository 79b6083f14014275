// The state of a thread at a checkpoint, and the list of its checkpoints.

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { StateAnswer } from "../model/run-view.ts";
import { useClient, useLgx } from "../studio.tsx";
import { cut } from "./wire-checkpoint.ts";

/** Null asks for nothing. */
export function useStateAt(threadId: string | null, checkpointId: string | null, ns: string) {
  const client = useClient();
  return useQuery({
    queryKey: ["state", threadId, checkpointId, ns],
    queryFn: async (): Promise<StateAnswer> => {
      // The SDK's type of a state is narrower about tasks than what the server sends.
      const answer: unknown = await client.threads.getState(threadId ?? "", cut(checkpointId ?? "", ns), { subgraphs: true });
      return answer as StateAnswer;
    },
    enabled: threadId !== null && checkpointId !== null,
    staleTime: 60_000,
  });
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
