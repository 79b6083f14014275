// Starts runs in the background, watched elsewhere: a tab that is closed neither cancels nor loses anything.

import type { Run } from "@langchain/langgraph-sdk";
import type { Client } from "@langchain/langgraph-sdk/client";
import type { JsonObject } from "./wire.ts";
import { runBody, type RunWish } from "../model/run-request.ts";

/** Makes a thread for a graph. */
export async function makeThread(client: Client, graph: string, assistantId: string): Promise<string> {
  const thread = await client.threads.create({ metadata: { graph_id: graph, assistant_id: assistantId } });
  return thread.thread_id;
}

/** Sends the body as it is: the same that is copied as curl. */
export async function startRun(client: Client, threadId: string, wish: RunWish): Promise<Run> {
  const body = runBody(wish);
  return client.runs.create(threadId, wish.assistantId, payloadOf(body));
}

type Payload = NonNullable<Parameters<Client["runs"]["create"]>[2]>;

/** The SDK takes camel case and sends snake case; what it does not know of it would drop. */
function payloadOf(body: JsonObject): Payload {
  const { assistant_id: _, ...rest } = body;
  const named = Object.entries(rest).map(([key, value]) => [key.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase()), value]);
  // Every key of `runBody` is one of the payload's, of its type.
  return Object.fromEntries(named) as Payload;
}

/** Stops a run and keeps what it has done. */
export async function cancelRun(client: Client, threadId: string, runId: string): Promise<void> {
  await client.runs.cancel(threadId, runId, false, "interrupt");
}
