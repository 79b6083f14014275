// Stream modes: what to ask langgraph for, and how its chunks become the events that clients see.

import { shownAs } from "./checkpoint_shown.mjs";
import { isMessage } from "./encode.mjs";
import { MessageSnapshots, RootMessages } from "./message_stream.mjs";

/** @typedef {[namespace: string[], mode: string, data: any]} Chunk */
/** @typedef {{name: string, data: unknown, isRootValues: boolean}} Event */

const INTERRUPT = "__interrupt__";
const SAME_NAME = new Set(["values", "updates", "custom", "debug", "tasks", "checkpoints", "tools"]);

/**
 * The stream of one run. It also learns what the end of the run has to tell: the newest values, and whether the graph stopped early. So
 * `values` and `updates` are always asked for, and cost next to nothing unless a client wants them encoded.
 */
export class Stream {
  #wanted;
  #subgraphs;
  #disclosure;
  #snapshots;
  #rootMessages;
  /** @type {Set<string>} The tasks of the root graph that are subgraphs, while they go on. */
  #graphs = new Set();
  /** @type {unknown} The newest values of the root graph. */
  values = undefined;
  /** Whether the root graph stopped at an interrupt or a breakpoint. */
  isInterrupted = false;

  /**
   * @param {readonly string[]} modes
   * @param {boolean} subgraphs whether the client sees those of subgraphs too
   * @param {import("./disclosure.mjs").Disclosure} disclosure
   */
  constructor(modes, subgraphs, disclosure) {
    this.#wanted = new Set(modes);
    this.#subgraphs = subgraphs;
    this.#disclosure = disclosure;
    this.#snapshots = this.#wanted.has("messages") ? new MessageSnapshots() : null;
    this.#rootMessages = this.#wanted.has("messages-tuple") && !subgraphs ? new RootMessages() : null;
  }

  /** Whether everything that goes on in the graph is told, as langchain tells it. */
  get hasEvents() {
    return this.#wanted.has("events");
  }

  /** Whether checkpoints are told, which are to be made then. */
  get hasCheckpoints() {
    return this.#wanted.has("checkpoints") || this.#wanted.has("debug");
  }

  /** What has to hear of the nodes that are executed: handlers of langchain's callbacks. */
  get callbacks() {
    return this.#rootMessages ? [this.#rootMessages.callbacks] : [];
  }

  /** What langgraph is asked for. */
  get graphModes() {
    const modes = [...this.#wanted].filter((mode) => SAME_NAME.has(mode));
    const messages = this.#wanted.has("messages") || this.#wanted.has("messages-tuple") ? ["messages"] : [];
    // `tasks` tells of the steps, whoever wants to see them.
    return [...new Set(["values", "updates", "tasks", ...modes, ...messages])].toSorted();
  }

  /**
   * The events that one chunk becomes.
   * @param {Chunk} chunk
   * @returns {Iterable<Event>}
   */
  *events([namespace, mode, data]) {
    const isRoot = namespace.length === 0;
    const isInterrupt = isObject(data) && INTERRUPT in data;
    if (isRoot && isInterrupt) this.isInterrupted = true;
    const isRootValues = isRoot && mode === "values" && !isInterrupt;
    if (isRootValues) this.values = data;
    if (mode === "tasks") this.#heardTask(namespace, data);
    if (mode === "messages") yield* this.#said(namespace, data);
    if (!isRoot && !this.#subgraphs && !(mode === "tools" && this.#isRootNode(namespace))) return;
    if (isRoot && mode === "updates") yield* this.#written(data);
    if (SAME_NAME.has(mode) && this.#wanted.has(mode)) yield { name: named(mode, this.#subgraphs ? namespace : []), data: mode === "tools" ? this.#toolShown(data) : shownAs(mode, data, this.#disclosure), isRootValues };
    if (isRootValues && this.#snapshots) yield* asEvents(this.#snapshots.state(data));
  }

  /**
   * @param {string[]} namespace
   * @param {any} task
   */
  #heardTask([graph, ...deeper], { triggers, name, id }) {
    if (graph !== undefined && deeper.length === 0) this.#graphs.add(graph);
    if (graph !== undefined || triggers) return;
    this.#graphs.delete(`${name}:${id}`);
    this.#rootMessages?.ended(`${name}:${id}`);
  }

  /**
   * Before 1.7 langgraph told of tools, too, by the node that calls them.
   * @param {string[]} namespace
   */
  #isRootNode(namespace) {
    return namespace.length === 1 && !this.#graphs.has(namespace.join("|"));
  }

  /** @param {any} call */
  #toolShown(call) {
    return call.error === undefined ? call : { ...call, error: this.#disclosure.runError(call.error) };
  }

  /**
   * What models say is told wherever they are called.
   * @param {string[]} namespace
   * @param {import("./message_stream.mjs").Said} said
   * @returns {Iterable<Event>}
   */
  *#said(namespace, said) {
    if (this.#snapshots) yield* asEvents(this.#snapshots.said(said));
    if (!this.#wanted.has("messages-tuple")) return;
    // Before 1.7 langgraph counted the node itself among the graphs that it is in, and told who did not ask for subgraphs of all.
    const isOfNode = namespace.join("|") === said[1]["langgraph_checkpoint_ns"];
    if (this.#subgraphs || isOfNode || namespace.length === 0) yield event(named("messages", this.#subgraphs ? namespace : []), said);
    else this.#rootMessages?.saidBelow(said);
  }

  /**
   * What nodes of the root graph have written.
   * @param {any} updates
   * @returns {Iterable<Event>}
   */
  *#written(updates) {
    if (!this.#rootMessages) return;
    for (const update of Object.values(updates)) yield* [...this.#rootMessages.written(update)].map((said) => event("messages", said));
  }
}

/**
 * @param {Iterable<{name: string, data: unknown}>} told
 * @returns {Iterable<Event>}
 */
function* asEvents(told) {
  for (const { name, data } of told) yield event(name, data);
}

/**
 * @param {string} name
 * @param {unknown} data
 * @returns {Event}
 */
function event(name, data) {
  return { name, data, isRootValues: false };
}

/**
 * @param {string} mode
 * @param {readonly string[]} namespace
 */
export function named(mode, namespace) {
  return [mode, ...namespace].join("|");
}

/**
 * @param {unknown} value
 * @returns {value is object}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isMessage(value);
}
