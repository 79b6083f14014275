// Whose code the event loop is executing: the run and its node, and the line of the project behind it.

import { sep } from "node:path";

import { currentCall } from "./calls.mjs";
import { isOfProject, isOwn } from "./diagnostics.mjs";
import { currentRun } from "./run_context.mjs";
import { stackBelow } from "./stack.mjs";

/** @typedef {import("./stack.mjs").StackFrame} StackFrame */
/** @typedef {import("./worker.mjs").Worker} Worker */
/** @typedef {{file: string, line: number, name: string | null}} Line */
/**
 * What blocks the loop: the line of the project that does it, or that awaits what does it; the line of a library that does it, where the
 * project only awaits; the module that is being imported, which happens once; what the line of the project calls, where it does it itself.
 * @typedef {object} Place
 * @property {Line | null} line
 * @property {string | null} project `src/agent.ts:12 in act`
 * @property {string | null} library
 * @property {string | null} importing
 * @property {{name: string, file: string | null} | null} callee
 * @property {string | null} runId
 * @property {string | null} node `agent`, or `agent > tools` in a subgraph
 * @property {import("./calls.mjs").Call | null} call the call of the server that it is for
 * @property {string} step what is executed: a task of a run, or a call
 */

const MODULES = "node:internal/modules/";

/**
 * What runs below a function; null when it is the worker's own code, which must not be called while it runs, or nobody's.
 * @param {(...parameters: any[]) => unknown} above
 * @param {Worker} worker
 * @param {any} config what langgraph says of the running code
 * @returns {Place | null}
 */
export function placeBelow(above, worker, config) {
  const frames = stackBelow(above);
  const running = frames.filter(({ isAsync }) => !isAsync);
  const innermost = running.find(isInFile);
  if (innermost && isOwn(innermost.file ?? "")) return null;
  /** @type {(frame: StackFrame) => boolean} */
  const isProject = ({ file }) => file !== null && (isOfProject(file, worker.root) || worker.source.code.has(file));
  const importing = running.findIndex(({ file }) => file?.startsWith(MODULES));
  const imported = importing < 0 ? undefined : running.slice(0, importing).findLast(isInFile);
  const lines = imported ? frames.slice(importing) : frames;
  const at = lines.findIndex((frame) => isProject(frame) && (!frame.isAsync || innermost !== undefined));
  const line = lines[at];
  const isAwaited = line?.isAsync ?? true;
  /** @type {(frame: StackFrame | undefined) => string | null} */
  const told = (frame) => (frame ? describe(frame, worker.root) : null);
  const library = isAwaited ? running.find((frame) => isInFile(frame) && !isOwn(frame.file ?? "")) : undefined;
  const [runId, call, { node, task }] = [currentRun(), currentCall() ?? null, nodeIn(config)];
  if (!line && !library && node === null) return null;
  const callee = isAwaited ? undefined : lines[at - 1];
  return {
    line: line?.file ? { file: line.file, line: line.line, name: line.name } : null,
    project: told(line),
    library: told(library),
    importing: imported?.file ? pathIn(imported.file, worker.root) : null,
    callee: callee?.name ? { name: callee.name, file: callee.file } : null,
    runId,
    node,
    call,
    step: `${runId} ${task} ${String(call?.id)}`,
  };
}

/**
 * How a place begins in a sentence: src/agent.ts:12 in act (node `act`).
 * @param {Place} place
 */
export function subjectOf({ project, library, importing, node }) {
  const within = node === null ? null : `node \`${node}\``;
  if (importing !== null) {
    const by = [project ?? library, within].filter((part) => part !== null).join(", ");
    return `importing \`${importing}\`${by && ` (${by})`}`;
  }
  const line = project ?? library;
  if (line === null) return String(within);
  const subject = line + (within ? ` (${within})` : "");
  return project !== null && library !== null ? `${subject}, awaiting ${library},` : subject;
}

/** @param {StackFrame} frame */
function isInFile({ file }) {
  return file?.startsWith(sep) ?? false;
}

/**
 * @param {StackFrame} frame
 * @param {string} root
 */
function describe({ file, line, name }, root) {
  return `${pathIn(file ?? "", root)}:${line}${name ? ` in ${name}` : ""}`;
}

/**
 * @param {string} file
 * @param {string} root
 */
function pathIn(file, root) {
  const installed = `${sep}node_modules${sep}`;
  const at = file.lastIndexOf(installed);
  if (at >= 0) return file.slice(at + installed.length);
  return file.startsWith(root + sep) ? file.slice(root.length + 1) : file;
}

/**
 * The node that the running code is of, and its task.
 * @param {any} config
 * @returns {{node: string | null, task: string | null}}
 */
function nodeIn(config) {
  /** @type {string[]} */
  const namespace = config?.metadata?.langgraph_checkpoint_ns?.split("|") ?? [];
  const node = namespace.map((part) => part.split(":")[0]).join(" > ");
  return { node: node || null, task: namespace.at(-1) ?? null };
}
