// The states that a run made, oldest first, and running it once more.
import type { ThreadState } from "@langchain/langgraph-sdk";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { Client } from "@langchain/langgraph-sdk/client";
import { againRequest } from "../model/run-again.ts";
import { useClient } from "../studio.tsx";
import type { RunRecord } from "./wire.ts";

const MOST = 1000;

async function statesOf(client: Client, run: Pick<RunRecord, "run_id" | "thread_id">): Promise<ThreadState[]> {
  const states = await client.threads.getHistory(run.thread_id, { limit: MOST, metadata: { run_id: run.run_id } });
  return states.toReversed();
}

/** Null asks for nothing. Old when the run itself is. */
export function useRunStates(run: RunRecord | undefined) {
  const client = useClient();
  return useQuery({
    queryKey: ["run", run?.run_id ?? null, "states", run?.status ?? null],
    queryFn: () => (run ? statesOf(client, run) : []),
    enabled: run !== undefined,
  });
}

/** The same request on the code of now, from the same state: on a copy of the thread, so that what is there stays as it is. Answers the new run's id. */
export function useRunAgain() {
  const client = useClient();
  return useMutation({
    mutationFn: async (run: RunRecord) => {
      const [first] = await statesOf(client, run);
      const parent = first?.parent_checkpoint?.checkpoint_id ?? null;
      const thread = parent === null ? await client.threads.create({ metadata: { again_of: run.run_id } }) : await client.threads.copy(run.thread_id);
      const request = againRequest(run, parent);
      const made = await client.runs.create(thread.thread_id, run.assistant_id, request);
      return made.run_id;
    },
  });
}
