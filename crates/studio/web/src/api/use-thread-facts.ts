// What a thread takes on disk, with dropping what only its history needs; and what the project's auth says of who asks for it.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useClient, useLgx, useStudio } from "../studio.tsx";
import { ApiFailure, detailOf, failureOf } from "./failure.ts";
import type { ThreadStorage } from "./wire.ts";

/** The SDK has no call of it. */
function useReadStorage(threadId: string): () => Promise<ThreadStorage> {
  const { project, identity } = useStudio();
  return async () => {
    const url = `${project.api_prefix}/threads/${encodeURIComponent(threadId)}/storage`;
    const answer = await fetch(url, { headers: identity.headers() }).catch((caught: unknown) => {
      throw failureOf(caught);
    });
    if (!answer.ok) throw new ApiFailure(answer.status, detailOf(await answer.text()));
    return answer.json();
  };
}

export function useThreadStorage(threadId: string) {
  return useQuery({ queryKey: ["thread", threadId, "storage"], queryFn: useReadStorage(threadId) });
}

/** Keeps the newest state of a thread and drops the others; tells how many bytes that freed. */
export function usePrune(threadId: string) {
  const client = useClient();
  const queries = useQueryClient();
  const read = useReadStorage(threadId);
  return useMutation({
    mutationFn: async (): Promise<number> => {
      const before = await read();
      await client.threads.prune([threadId], { strategy: "keep_latest" });
      return before.total_bytes - (await read()).total_bytes;
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["thread", threadId] });
      await queries.invalidateQueries({ queryKey: ["checkpoints", threadId] });
      await queries.invalidateQueries({ queryKey: ["state", threadId] });
    },
  });
}

export function useAuthLens(threadId: string) {
  const lgx = useLgx();
  return useQuery({ queryKey: ["thread", threadId, "auth"], queryFn: () => lgx.authLens(threadId) });
}
