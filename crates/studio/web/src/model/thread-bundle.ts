// A thread as one file of JSON: what it holds, and how a thread is made of it again.

import type { Json, JsonObject } from "../api/wire.ts";
import { isObject, listAt, objectAt, textAt } from "./json.ts";
import { readJson } from "./json-text.ts";
import { asInput, withIdsOf } from "./message-input.ts";

export const FORMAT = "lgx-thread";
export const VERSION = 1;

/** States are exactly as `GET /threads/{id}/history` answers them, in its order: the newest first. */
export interface ThreadBundle {
  format: typeof FORMAT;
  version: number;
  exported_at: string;
  graph_id: string | null;
  thread: JsonObject;
  states: JsonObject[];
  /** As `GET /threads/{id}/runs` answers them. */
  runs: Json[];
}

export function bundleOf(thread: JsonObject, states: JsonObject[], runs: Json[], exportedAt: string): ThreadBundle {
  const graph = textAt(objectAt(thread, "metadata"), "graph_id") ?? textAt(objectAt(states[0], "metadata"), "graph_id");
  return { format: FORMAT, version: VERSION, exported_at: exportedAt, graph_id: graph, thread, states, runs };
}

/** What the file of a thread is called. */
export function bundleName(bundle: ThreadBundle): string {
  const name = textAt(objectAt(bundle.thread, "metadata"), "name") ?? textAt(bundle.thread, "thread_id") ?? "thread";
  return `${name.replaceAll(/[^\w.-]+/g, "-").slice(0, 60)}.thread.json`;
}

export type BundleRead = { ok: true; bundle: ThreadBundle } | { ok: false; why: string };

export function readBundle(text: string): BundleRead {
  const found = readJson(text);
  if (!found.ok) return { ok: false, why: `This is no JSON: ${found.fault.message} (line ${found.fault.line}, column ${found.fault.column})` };
  const { value } = found;
  if (!isObject(value) || value.format !== FORMAT) return { ok: false, why: "This file is no thread that was exported here" };
  if (typeof value.version !== "number" || value.version > VERSION) return { ok: false, why: "A newer version exported this thread" };
  const [thread, states] = [objectAt(value, "thread"), listAt(value, "states")];
  if (!thread || !states.every(isObject)) return { ok: false, why: "The file has no thread or no states in it" };
  return {
    ok: true,
    bundle: {
      format: FORMAT,
      version: value.version,
      exported_at: textAt(value, "exported_at") ?? "",
      graph_id: textAt(value, "graph_id"),
      thread,
      states: states.filter(isObject),
      runs: listAt(value, "runs"),
    },
  };
}

export interface Superstep {
  updates: { values: Json; as_node: string }[];
}

/**
 * What `POST /threads` is given as `supersteps` for a thread that came to the same state by the same steps: what each task returned on the way to
 * the newest state. Other branches are not on that way.
 */
export function superstepsOf(bundle: ThreadBundle): Superstep[] {
  const way = wayTo(bundle.states);
  return way.flatMap((state, at) => {
    const next = way[at + 1]?.values;
    const updates = listAt(state, "tasks").flatMap((task) => {
      const [name, result] = [textAt(task, "name"), isObject(task) ? task.result : undefined];
      return name !== null && result !== undefined && result !== null ? [{ values: asInput(withIdsOf(result, next)), as_node: name }] : [];
    });
    const [first] = updates;
    if (!first) return [];
    // An input is two steps: what comes in, and what the start makes of it.
    return first.as_node === "__start__" ? [{ updates: [{ ...first, as_node: "__input__" }] }, { updates }] : [{ updates }];
  });
}

/** From the first state to the newest, parent by parent. */
function wayTo(states: JsonObject[]): JsonObject[] {
  const byId = new Map(states.map((state) => [textAt(objectAt(state, "checkpoint"), "checkpoint_id"), state]));
  const way: JsonObject[] = [];
  let at = states[0];
  while (at && !way.includes(at)) {
    way.push(at);
    at = byId.get(textAt(objectAt(at, "parent_checkpoint"), "checkpoint_id"));
  }
  return way.toReversed();
}

/** The metadata that goes with the thread; what the server sets itself stays behind. */
export function importedMetadata(bundle: ThreadBundle): JsonObject {
  const kept = Object.entries(objectAt(bundle.thread, "metadata") ?? {}).filter(([key]) => !["assistant_id", "owner"].includes(key) && !key.startsWith("langgraph_"));
  return { ...Object.fromEntries(kept), imported_from: textAt(bundle.thread, "thread_id") };
}
