// The state of a thread's root graph as the server keeps it in the thread's row: values, what is next, interrupts.

import { plain, toJson } from "./encode.mjs";

/** @typedef {import("./disclosure.mjs").Disclosure} Disclosure */
/** @typedef {import("@langchain/langgraph").StateSnapshot} StateSnapshot */
/** @typedef {{meta: {next: string[], interrupts: Record<string, object[]>, has_values: boolean}, sections: Buffer[]}} RootState */

/**
 * Of a graph that has nothing left to do; `values` is JSON already.
 * @param {Buffer} values
 * @returns {RootState}
 */
export function finishedState(values) {
  return { meta: { next: [], interrupts: {}, has_values: true }, sections: [values] };
}

/**
 * When there is no state to tell about.
 * @returns {RootState}
 */
export function unknownState() {
  return { meta: { next: [], interrupts: {}, has_values: false }, sections: [] };
}

/**
 * @param {RootState} state
 * @returns {RootState}
 */
export function withoutValues({ meta }) {
  return { meta: { ...meta, has_values: false }, sections: [] };
}

/**
 * Of a snapshot of the root graph.
 * @param {StateSnapshot} snapshot
 * @param {Disclosure} disclosure
 * @returns {RootState}
 */
export function snapshotState(snapshot, disclosure) {
  if (snapshot.createdAt === undefined) return unknownState(); // no checkpoint yet
  const waiting = snapshot.tasks.filter(({ interrupts }) => interrupts.length > 0);
  return {
    meta: {
      next: [...snapshot.next],
      interrupts: Object.fromEntries(waiting.map(({ id, interrupts }) => [id, interrupts.map((one) => interruptJson(one, disclosure))])),
      has_values: true,
    },
    sections: [toJson(snapshot.values, disclosure)],
  };
}

/**
 * @param {any} interrupt
 * @param {Disclosure} disclosure
 */
function interruptJson({ id, value, response_schema }, disclosure) {
  return { id: id ?? null, value: plain(value, disclosure), response_schema: response_schema ?? null };
}
