// A checkpoint as the API of threads takes it.

import type { Checkpoint } from "@langchain/langgraph-sdk";

/** The SDK wants the thread in it, which the server knows from the path. */
export function cut(checkpointId: string, ns: string): Checkpoint {
  return { thread_id: "", checkpoint_id: checkpointId, checkpoint_ns: ns, checkpoint_map: undefined };
}
