// The calls `state.*`: reading, listing and updating the checkpoints of a thread.

import { diagnose, isOfProject, messageOf, nameOf } from "./diagnostics.mjs";
import { toJson } from "./encode.mjs";
import { CallFailed, ConnectionClosed, FrameTooLarge } from "./errors.mjs";
import { HeldWrites } from "./held_writes.mjs";
import { snapshotState } from "./root_state.mjs";
import { graphCommand } from "./run_input.mjs";
import { addressOf } from "./checkpoint_shown.mjs";

/** @typedef {import("./calls.mjs").Call} Call */
/** @typedef {import("./connection.mjs").Answer} Answer */
/** @typedef {import("./disclosure.mjs").Disclosure} Disclosure */
/** @typedef {import("./factory.mjs").Access} Access */
/** @typedef {import("./frames.mjs").Meta} Meta */
/** @typedef {import("./worker.mjs").Worker} Worker */

/** How much of a history goes into one answer, in bytes: the server asks for the rest. */
const HISTORY_PAGE = 48 * 1024 * 1024;
/** A message to the server, less what is around the state in it. */
const LARGEST_STATE = 255 * 1024 * 1024;
/** What the client can have caused with its values: unknown nodes, the wrong kind of value. */
const CLIENT_MISTAKES = new Set(["InvalidUpdateError", "TypeError", "RangeError"]);

/**
 * `state.get`: the state at a checkpoint, or the newest one.
 * @param {Worker} worker
 * @param {Call} _call
 * @param {Meta} params
 * @returns {Promise<Answer>}
 */
export async function get(worker, _call, params) {
  const graph = await open(worker, params, "threads.read");
  const config = configOf(params, params["checkpoint"]);
  const snapshot = await graph.getState(config, { subgraphs: Boolean(params["subgraphs"]) });
  return { meta: {}, sections: [fitting(toJson(threadState(snapshot, worker.disclosure, config), worker.disclosure))] };
}

/**
 * `state.history`: past states, newest first, as many as fit.
 * @param {Worker} worker
 * @param {Call} _call
 * @param {Meta} params
 * @returns {Promise<Answer>}
 */
export async function history(worker, _call, params) {
  const graph = await open(worker, params, "threads.read");
  const options = {
    ...((params["limit"] ?? null) !== null && { limit: params["limit"] }),
    ...(params["metadata"] && { filter: params["metadata"] }),
    ...(params["before"] && { before: configOf(params, params["before"]) }),
  };
  /** @type {Buffer[]} */
  const states = [];
  let room = HISTORY_PAGE;
  let last = null;
  let more = false;
  for await (const snapshot of graph.getStateHistory(configOf(params, params["checkpoint"]), options)) {
    const state = fitting(toJson(threadState(snapshot, worker.disclosure), worker.disclosure));
    room -= state.length;
    more = states.length > 0 && room < 0;
    if (more) break;
    states.push(state);
    last = addressOf(snapshot.config);
  }
  const joined = states.flatMap((state, index) => (index === 0 ? [state] : [Buffer.from(","), state]));
  return { meta: { count: states.length, last, more }, sections: [Buffer.concat([Buffer.from("["), ...joined, Buffer.from("]")])] };
}

/**
 * `state.update`: a new checkpoint with values written as if by a node.
 * @param {Worker} worker
 * @param {Call} _call
 * @param {Meta} params
 * @returns {Promise<Answer>}
 */
export async function update(worker, _call, params) {
  const steps = [{ updates: [stateUpdate(params["values"], params["as_node"])] }];
  return write(worker, params, configOf(params, params["checkpoint"]), steps);
}

/**
 * `state.bulk_update`: several supersteps, one checkpoint each.
 * @param {Worker} worker
 * @param {Call} _call
 * @param {Meta} params
 * @returns {Promise<Answer>}
 */
export async function bulkUpdate(worker, _call, params) {
  const langgraph = await worker.project.importLanggraph();
  /** @type {(item: Meta) => object} */
  const updateOf = ({ values, command, as_node }) => stateUpdate(command ? commanded(command, langgraph) : values, as_node);
  const steps = params["supersteps"].map((/** @type {Meta} */ step) => ({ updates: (step["updates"] ?? []).map(updateOf) }));
  return write(worker, params, configOf(params, null), steps);
}

/**
 * @param {Worker} worker
 * @param {Meta} params
 * @param {{configurable: Meta}} config
 * @param {any[]} steps
 * @returns {Promise<Answer>}
 */
async function write(worker, params, config, steps) {
  const graph = await open(worker, params, "threads.update", new HeldWrites());
  /** @type {any} */
  let written;
  try {
    written = await graph.bulkUpdateState({ ...config, metadata: params["metadata"] ?? {} }, steps);
  } catch (error) {
    throw refused(error, worker);
  }
  const { meta, sections } = snapshotState(await graph.getState(configOf(params, null)), worker.disclosure);
  return { meta: { ...meta, configurable: addressOf(written) ?? {} }, sections };
}

/**
 * The answer to values that do not go into the state: a reducer, an edge or langgraph itself refused them.
 * @param {unknown} error
 * @param {Worker} worker
 */
function refused(error, worker) {
  if (error instanceof CallFailed || error instanceof ConnectionClosed || error instanceof FrameTooLarge) return error;
  const found = diagnose(error, worker.root);
  const isOurs = found.file !== null && isOfProject(found.file, worker.root);
  if (!isOurs && !CLIENT_MISTAKES.has(nameOf(error)) && !isRefusal(error)) return error;
  return new CallFailed(messageOf(error), { status: 400, type: nameOf(error), diagnostic: isOurs ? found : null });
}

/**
 * What langgraph refuses with a plain `Error`.
 * @param {unknown} error
 */
function isRefusal(error) {
  return /^(?:(?:Node|Subgraph) ".*" (?:does not exist|not found)|No (?:supersteps|updates) provided)/.test(messageOf(error));
}

/**
 * @param {Meta} command
 * @param {typeof import("@langchain/langgraph")} langgraph
 */
function commanded(command, langgraph) {
  const unknown = Object.keys(command).find((key) => !["update", "resume", "goto"].includes(key));
  if (unknown !== undefined) {
    const message = `A command has no \`${unknown}\`; it has \`update\`, \`resume\` and \`goto\`.`;
    throw new CallFailed(message, { status: 400, type: "InvalidCommand" });
  }
  return graphCommand(command, langgraph);
}

/**
 * @param {unknown} values
 * @param {string | null | undefined} asNode
 */
function stateUpdate(values, asNode) {
  return { values: values ?? null, ...((asNode ?? null) !== null && { asNode }) };
}

/**
 * The ThreadState of the API; `asked` is the config that an empty answer echoes.
 * @param {any} snapshot
 * @param {Disclosure} disclosure
 * @param {{configurable: Meta} | null} [asked]
 * @returns {Meta}
 */
function threadState(snapshot, disclosure, asked = null) {
  const exists = snapshot.createdAt !== undefined;
  const checkpoint = addressOf(exists ? snapshot.config : asked);
  const parent = addressOf(snapshot.parentConfig);
  const tasks = snapshot.tasks.map((/** @type {any} */ { id, name, path, error, interrupts, state, result }) => ({
    id,
    name,
    path: path ?? [],
    error: error === undefined || error === null ? null : errorText(disclosure.taskError(error)),
    interrupts: (interrupts ?? []).map(interruptOf),
    checkpoint: state && !("values" in state) ? (state.configurable ?? null) : null,
    state: state && "values" in state ? threadState(state, disclosure) : null,
    result: result ?? null,
  }));
  return {
    values: snapshot.values,
    next: snapshot.next,
    tasks,
    metadata: snapshot.metadata ?? null,
    created_at: snapshot.createdAt ?? null,
    checkpoint,
    parent_checkpoint: parent,
    interrupts: tasks.flatMap((/** @type {Meta} */ task) => task["interrupts"]),
    checkpoint_id: checkpoint?.["checkpoint_id"] ?? null,
    parent_checkpoint_id: parent?.["checkpoint_id"] ?? null,
  };
}

/** @param {any} error */
function errorText(error) {
  return typeof error === "object" && error !== null ? `${error.name ?? "Error"}: ${error.message ?? ""}` : String(error);
}

/** @param {any} interrupt */
function interruptOf({ id, value, response_schema }) {
  return { id: id ?? null, value, ...(response_schema && { response_schema }) };
}

/** @param {number} bytes */
function mib(bytes) {
  return (bytes / 1024 / 1024).toFixed(1);
}

/** @param {Buffer} state */
function fitting(state) {
  if (state.length <= LARGEST_STATE) return state;
  throw new CallFailed(
    `This state has ${mib(state.length)} MiB, and at most ${mib(LARGEST_STATE)} MiB of a state can be shown. Keep large data outside the state and pass a reference to it.`,
    { status: 413, type: "StateTooLarge" },
  );
}

/**
 * @param {Worker} worker
 * @param {Meta} params
 * @param {Access} access
 * @param {HeldWrites | null} [held] what holds the writes of an update
 */
function open(worker, { graph_id, thread_id, config, user = null }, access, held = null) {
  const opening = { config: { ...config, configurable: { ...config?.configurable, thread_id } }, user, access };
  return worker.open(graph_id, opening, worker.saver({ held }));
}

/**
 * The config of an operation. The assistant's own is for its factory: here it would end up in the checkpoint.
 * @param {Meta} params
 * @param {Meta | null | undefined} checkpoint
 */
function configOf({ thread_id }, checkpoint) {
  const kept = ["checkpoint_ns", "checkpoint_id", "checkpoint_map"].flatMap((key) => ((checkpoint?.[key] ?? null) === null ? [] : [[key, checkpoint?.[key]]]));
  return { configurable: { thread_id, checkpoint_ns: "", ...Object.fromEntries(kept) } };
}
