// A thread as the API knows it, and the threads that wait for somebody.
import { useQuery } from "@tanstack/react-query";
import { useClient } from "../studio.tsx";

/** Null asks for nothing. */
export function useThread(threadId: string | null) {
  const client = useClient();
  return useQuery({
    queryKey: ["thread", threadId],
    queryFn: () => client.threads.get(threadId ?? ""),
    enabled: threadId !== null,
  });
}

/** How many threads wait for an answer. */
export function useWaitingCount(): number {
  const client = useClient();
  const asked = useQuery({
    queryKey: ["threads", { count: "interrupted" }],
    queryFn: () => client.threads.count({ status: "interrupted" }),
  });
  return asked.data ?? 0;
}
