// The request that made a run, as it is sent once more or shown as code.

import type { JsonObject, RunRecord } from "../api/wire.ts";
import { isObject, listAt, objectAt } from "./json.ts";
import { STREAM_MODES } from "./run-request.ts";

/** What the server adds to the configuration of a run, by the beginnings of names. */
const ADDED = ["__", "langgraph_", "run_id", "thread_id", "graph_id", "assistant_id", "user_id", "checkpoint_id", "checkpoint_ns", "cron_id"];

/** The body of the request as a client would have sent it: without what the server has added. */
export function requestBody(run: RunRecord): JsonObject {
  const { kwargs } = run;
  const body: JsonObject = { assistant_id: run.assistant_id };
  if (kwargs["command"] !== null && kwargs["command"] !== undefined) body["command"] = kwargs["command"];
  else body["input"] = kwargs["input"] ?? null;
  const config = configOf(kwargs);
  const context = objectAt(kwargs, "context") ?? {};
  const asked = Object.fromEntries(Object.entries(context).filter(([key]) => !isAdded(key)));
  // The server takes one of the two, and keeps each as both.
  if (Object.keys(asked).length > 0) {
    body["context"] = asked;
    delete config["configurable"];
  }
  if (Object.keys(config).length > 0) body["config"] = config;
  for (const key of ["interrupt_before", "interrupt_after"] as const) {
    const nodes = kwargs[key];
    if (nodes === "*" || listAt(kwargs, key).length > 0) body[key] = nodes ?? null;
  }
  if (typeof kwargs["durability"] === "string") body["durability"] = kwargs["durability"];
  return body;
}

function configOf(kwargs: JsonObject): JsonObject {
  const { configurable, metadata: _metadata, ...rest } = objectAt(kwargs, "config") ?? {};
  const own = isObject(configurable) ? Object.entries(configurable).filter(([key]) => !isAdded(key)) : [];
  return own.length > 0 ? { ...rest, configurable: Object.fromEntries(own) } : rest;
}

function isAdded(key: string): boolean {
  return ADDED.some((begin) => key.startsWith(begin));
}

/** As the SDK takes it, to run in the background; `parent` is the checkpoint that it begins at, null for a thread without any. */
export function againRequest(run: RunRecord, parent: string | null): Record<string, unknown> {
  const { assistant_id: _, interrupt_before, interrupt_after, ...body } = requestBody(run);
  return {
    ...body,
    ...(interrupt_before === undefined ? {} : { interruptBefore: interrupt_before }),
    ...(interrupt_after === undefined ? {} : { interruptAfter: interrupt_after }),
    ...(parent === null ? {} : { checkpointId: parent }),
    metadata: { again_of: run.run_id },
    streamMode: [...STREAM_MODES],
    streamSubgraphs: true,
    streamResumable: true,
  };
}
