// The calls a worker answers, by method.

import { diagnose, nameOf } from "./diagnostics.mjs";
import * as describe from "./describe.mjs";
import { listen, wait } from "./attached_debugger.mjs";
import { authorize } from "./auth.mjs";
import { CallFailed } from "./errors.mjs";
import { load } from "./loader.mjs";
import { source } from "./node_source.mjs";
import * as app from "./project_app.mjs";
import { run } from "./runner.mjs";
import { embed } from "./store_index.mjs";
import * as state from "./state.mjs";

/** @typedef {import("./calls.mjs").Call} Call */
/** @typedef {import("./connection.mjs").Answer} Answer */
/** @typedef {import("./frames.mjs").Meta} Meta */
/** @typedef {import("./worker.mjs").Worker} Worker */
/** @typedef {(worker: Worker, call: Call, params: Meta, sections: Buffer[]) => Promise<Answer>} Handler */

/** @type {Record<string, Handler>} */
const METHODS = {
  load,
  run,
  "state.get": state.get,
  "state.history": state.history,
  "state.update": state.update,
  "state.bulk_update": state.bulkUpdate,
  "graph.draw": describe.draw,
  "graph.schemas": describe.schemas,
  "graph.subgraphs": describe.subgraphs,
  "graph.source": source,
  auth: authorize,
  "store.embed": embed,
  http: app.http,
  websocket: app.websocket,
  "http.openapi": app.openapi,
  "debug.listen": listen,
  "debug.wait": wait,
};

/** Those that must not be done twice, and do not say themselves when they begin. */
const BEGUN = new Set(["state.update", "state.bulk_update"]);

/**
 * Answers one call.
 * @param {Worker} worker
 * @param {Call} call
 * @param {Meta} params
 * @param {Buffer[]} sections
 */
export async function handle(worker, call, params, sections) {
  const handler = METHODS[call.method];
  if (!handler) throw new CallFailed(`This worker does not know the call \`${call.method}\`.`, { type: "UnknownMethod" });
  if (BEGUN.has(call.method)) {
    if (call.isCancelled) throw new CallFailed("the call was cancelled before it began", { type: "Cancelled" });
    call.begun();
  }
  return handler(worker, call, params, sections);
}

/**
 * What user code threw outside of a run, as an answer that says where.
 * @param {Worker} worker
 * @param {unknown} error
 */
export function failure(worker, error) {
  return new CallFailed(worker.disclosure.message(error), { type: nameOf(error), diagnostic: diagnose(error, worker.root) });
}
