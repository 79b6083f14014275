// The checkpoints of a thread without their values; from the history of the API where the server has no such list.

import type { ThreadState } from "@langchain/langgraph-sdk";
import type { Client } from "@langchain/langgraph-sdk/client";
import { isObject, numberAt, textAt } from "../model/json.ts";
import { failureOf } from "./failure.ts";
import type { LgxApi } from "./lgx.ts";
import type { CheckpointsFound, CheckpointSummary } from "./wire.ts";

interface Page {
  limit: number;
  offset: number;
  ns: string;
}

/** So many steps are read from a history, whose states come along. */
const MOST_STATES = 1000;

export async function checkpointsOf(lgx: LgxApi, client: Client, threadId: string, page: Page): Promise<CheckpointsFound> {
  try {
    return await lgx.checkpoints(threadId, page);
  } catch (error) {
    // Either there is no such thread, which the history says too, or there is no such list.
    if (failureOf(error).status !== 404) throw error;
    const checkpoint = page.ns === "" ? {} : { checkpoint: { checkpoint_ns: page.ns } };
    const states = await client.threads.getHistory(threadId, { limit: MOST_STATES, ...checkpoint });
    const checkpoints = summariesOf(states);
    return { checkpoints: checkpoints.slice(page.offset, page.offset + page.limit), total: checkpoints.length };
  }
}

const SOURCES = ["input", "loop", "update", "fork"] as const;

export function summariesOf(states: ThreadState[]): CheckpointSummary[] {
  const next = new Map(states.map((state) => [state.checkpoint.checkpoint_id, state.next]));
  return states.map((state): CheckpointSummary => {
    const { metadata } = state;
    const told = textAt(metadata, "source");
    const source = SOURCES.find((one) => one === told) ?? "loop";
    const parent = state.parent_checkpoint?.checkpoint_id ?? null;
    // What was to run behind its parent is what made it.
    const ran = source === "loop" ? (next.get(parent) ?? []).filter((node) => node !== "__start__") : [];
    return {
      checkpoint_id: state.checkpoint.checkpoint_id ?? "",
      parent_id: parent,
      ns: state.checkpoint.checkpoint_ns,
      step: numberAt(metadata, "step") ?? 0,
      source,
      nodes: ran,
      created_at: state.created_at ?? "",
      run_id: isObject(metadata) ? textAt(metadata, "run_id") : null,
      bytes: JSON.stringify(state.values ?? null).length,
    };
  });
}
