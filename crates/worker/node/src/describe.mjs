// The calls `graph.*`: how a graph is drawn, and the JSON Schemas of what goes in and comes out of it.

import { toJson } from "./encode.mjs";
import { graphSchemas } from "./schemas.mjs";

/** @typedef {import("./calls.mjs").Call} Call */
/** @typedef {import("./connection.mjs").Answer} Answer */
/** @typedef {import("./frames.mjs").Meta} Meta */
/** @typedef {import("./worker.mjs").Worker} Worker */

/**
 * `graph.draw`: the nodes and edges, with those of subgraphs down to `xray` levels.
 * @param {Worker} worker
 * @param {Call} _call
 * @param {Meta} params
 * @returns {Promise<Answer>}
 */
export async function draw(worker, _call, params) {
  const graph = await opened(worker, params);
  const drawn = /** @type {any} */ ((await graph.getGraphAsync({ ...params["config"], xray: params["xray"] ?? false })).toJSON());
  for (const { data } of drawn.nodes) {
    // The path of the class: nothing that a client could use.
    if (typeof data === "object" && data !== null) delete data.id;
  }
  return { meta: {}, sections: [toJson(drawn)] };
}

/**
 * `graph.schemas`: the schemas of the graph's input, output, state and context.
 * @param {Worker} worker
 * @param {Call} _call
 * @param {Meta} params
 * @returns {Promise<Answer>}
 */
export async function schemas(worker, _call, params) {
  const found = await graphSchemas(await opened(worker, params), worker.project);
  return { meta: {}, sections: [toJson({ graph_id: params["graph_id"], ...found })] };
}

/**
 * `graph.subgraphs`: the schemas of the subgraphs, by namespace.
 * @param {Worker} worker
 * @param {Call} _call
 * @param {Meta} params
 * @returns {Promise<Answer>}
 */
export async function subgraphs(worker, _call, params) {
  const graph = await opened(worker, params);
  /** @type {Record<string, object>} */
  const found = {};
  for await (const [name, child] of graph.getSubgraphsAsync(params["namespace"] || undefined, Boolean(params["recurse"]))) {
    found[name] = await graphSchemas(child, worker.project);
  }
  return { meta: {}, sections: [toJson(found)] };
}

/**
 * The graph that a description is asked of.
 * @param {Worker} worker
 * @param {Meta} params
 */
export function opened(worker, { graph_id, config, context }) {
  return worker.open(graph_id, { config: config ?? {}, context, access: "assistants.read" }, worker.saver({}));
}
