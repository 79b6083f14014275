// Which run the running code belongs to.

import { AsyncLocalStorage } from "node:async_hooks";

/** @type {AsyncLocalStorage<string>} */
const runs = new AsyncLocalStorage();

/** The id of the run, or null outside of one. */
export function currentRun() {
  return runs.getStore() ?? null;
}

/**
 * What the function does is done for this run.
 * @template T
 * @param {string} runId
 * @param {() => T} run
 * @returns {T}
 */
export function withinRun(runId, run) {
  return runs.run(runId, run);
}
