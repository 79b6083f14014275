// The stack of the running code, with the lines that a person wrote.

import { fileURLToPath } from "node:url";

import { writtenAt } from "./source_positions.mjs";

/**
 * A call that is not over. Without a file it is of something that is built in; with `node:…` for one it is Node's own.
 * @typedef {{file: string | null, line: number, name: string | null, isAsync: boolean}} StackFrame
 */

const DEEPEST = 200;

/**
 * What called this function, innermost first; behind it, who awaits it.
 * @param {(...parameters: any[]) => unknown} above
 * @returns {StackFrame[]}
 */
export function stackBelow(above) {
  return callSites(above).map((site) => {
    const [file, line, column] = [fileOf(site), site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1];
    // Not every Node has it.
    const isAsync = /** @type {{isAsync?(): boolean}} */ (site).isAsync?.() ?? false;
    const name = site.getFunctionName();
    return { ...(file?.startsWith("/") ? writtenAt({ file, line, column }) : { file, line }), name, isAsync };
  });
}

/**
 * @param {(...parameters: any[]) => unknown} above
 * @returns {NodeJS.CallSite[]}
 */
function callSites(above) {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder = { stack: /** @type {unknown} */ ([]) };
  try {
    Error.stackTraceLimit = DEEPEST;
    Error.prepareStackTrace = (_error, sites) => sites;
    Error.captureStackTrace(holder, above);
    return /** @type {NodeJS.CallSite[]} */ (holder.stack);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** @param {NodeJS.CallSite} site */
function fileOf(site) {
  const name = site.getFileName();
  return name?.startsWith("file:") ? fileURLToPath(name) : name || null;
}
