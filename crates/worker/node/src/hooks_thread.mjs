// The hooks on a thread of their own, for Node 20, which has no others.

import { hooksFor } from "./hooks.mjs";

/** @type {import("./hooks.mjs").Hooks} */
let hooks;

/** @param {{fd: number | null, port: import("node:worker_threads").MessagePort}} data */
export function initialize({ fd, port }) {
  const loads = {
    loaded: (/** @type {string} */ file) => port.postMessage({ file }),
    compiled: (/** @type {string} */ file, /** @type {string} */ code) => port.postMessage({ file, code }),
    imported: (/** @type {string} */ specifier) => port.postMessage({ specifier }),
  };
  hooks = hooksFor(fd, loads);
}

/** @type {import("./hooks.mjs").Hooks["resolve"]} */
export async function resolve(specifier, context, next) {
  return hooks.resolve(specifier, context, next);
}

/** @type {import("./hooks.mjs").Hooks["load"]} */
export async function load(url, context, next) {
  return hooks.load(url, context, next);
}
