// The call `graph.source`: where the function of a node is written, so that a person can look at it.

import { opened } from "./describe.mjs";
import { toJson } from "./encode.mjs";
import { CallFailed } from "./errors.mjs";
import { placeOf } from "./function_places.mjs";

/** @typedef {import("./calls.mjs").Call} Call */
/** @typedef {import("./connection.mjs").Answer} Answer */
/** @typedef {import("./frames.mjs").Meta} Meta */
/** @typedef {import("./graphs.mjs").Pregel} Pregel */
/** @typedef {import("./worker.mjs").Worker} Worker */

const DEEPEST = 20;

/**
 * `graph.source`: file, first line and number of lines; null of what is in no file of the project.
 * @param {Worker} worker
 * @param {Call} _call
 * @param {Meta} params
 * @returns {Promise<Answer>}
 */
export async function source(worker, _call, params) {
  const node = nodeOf(await opened(worker, params), params["node"]);
  for (const part of partsOf(node)) {
    const place = typeof part === "function" ? placeOf(part, worker.source) : null;
    if (place) return { meta: {}, sections: [toJson(place)] };
  }
  return { meta: {}, sections: [toJson(null)] };
}

/**
 * What a node runs; `outer:inner` is a node of a subgraph, as drawings name it.
 * @param {Pregel} graph
 * @param {string} path
 * @returns {any}
 */
function nodeOf(graph, path) {
  const names = Object.keys(graph.nodes).toSorted((a, b) => b.length - a.length);
  for (const name of names) {
    const { bound } = /** @type {any} */ (graph.nodes[name]);
    if (name === path) return bound;
    if (!path.startsWith(`${name}:`)) continue;
    const inner = [...partsOf(bound)].find((part) => part.lg_is_pregel === true);
    if (inner) return nodeOf(inner, path.slice(name.length + 1));
  }
  throw new CallFailed(`There is no node '${path}' in this graph.`, { type: "NotFound", status: 404 });
}

/**
 * What a node is made of, the innermost first: wrappers of langgraph and langchain hold what a person wrote.
 * @param {any} node
 * @returns {Generator<any>}
 */
function* partsOf(node, depth = 0) {
  if (node === null || node === undefined || depth > DEEPEST) return;
  if (typeof node === "object" && node.lg_is_pregel !== true) {
    for (const held of [node.func, node.bound, node.runnable, ...(Array.isArray(node.steps) ? node.steps : [])]) {
      if (held !== node) yield* partsOf(held, depth + 1);
    }
  }
  yield node;
}
