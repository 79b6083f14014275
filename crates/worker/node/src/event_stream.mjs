// Runs of the event protocol: what `graph.streamEvents(…, {version: "v3"})` tells, as the events that the server makes frames of.
//
// It is put together here as langgraph does it, from what langgraph exports: its own method is private to the objects that it was
// called on to make, and a run has a copy.

import { CallFailed } from "./errors.mjs";
import { named } from "./stream_modes.mjs";

/** @typedef {import("./disclosure.mjs").Disclosure} Disclosure */
/** @typedef {import("./graphs.mjs").Pregel} Pregel */
/** @typedef {import("./stream_modes.mjs").Event} Event */
/** @typedef {{method: string, params: {namespace: string[], data: any}}} Told */

const INTERRUPT = "__interrupt__";
const OLDEST = "1.3.0";
const EXTENSION = "custom:";

/** The stream of one run. It also learns the newest values of the root graph, and whether that stopped early. */
export class EventStream {
  #onTask;
  #disclosure;
  #signal;
  /** Tasks that ask something, by the namespace that a graph in them has. */
  #asking = new Set();
  /** @type {unknown} The newest values of the root graph. */
  values = undefined;
  /** Whether the root graph stopped at an interrupt or a breakpoint. */
  isInterrupted = false;

  /**
   * @param {(namespace: string[], task: any) => void} onTask what is told of tasks, as in the mode `tasks`
   * @param {Disclosure} disclosure
   * @param {AbortSignal} signal says that the run is cancelled
   */
  constructor(onTask, disclosure, signal) {
    this.#onTask = onTask;
    this.#disclosure = disclosure;
    this.#signal = signal;
  }

  /**
   * Executes the graph.
   * @param {Pregel} graph
   * @param {unknown} input
   * @param {object} options
   * @param {import("./run_input.mjs").LangGraph} langgraph
   * @param {string} installed the version of that
   * @returns {AsyncGenerator<Event>}
   */
  async *events(graph, input, options, { createGraphRunStream, STREAM_EVENTS_V3_MODES }, installed) {
    if (!createGraphRunStream || !STREAM_EVENTS_V3_MODES) throw tooOld(installed);
    const all = /** @type {any} */ ({ ...options, version: "v3", streamMode: STREAM_EVENTS_V3_MODES, subgraphs: true });
    const chunks = /** @type {any} */ (await graph.stream(/** @type {any} */ (input), all));
    const { streamTransformers = [] } = /** @type {any} */ (graph);
    const told = createGraphRunStream(/** @type {any} */ (this.#heard(chunks)), streamTransformers);
    for await (const event of told) yield* this.#converted(/** @type {any} */ (event));
  }

  /**
   * Hears everything, also what the graph's own transformers keep from the stream.
   * @param {AsyncIterable<import("./stream_modes.mjs").Chunk>} chunks
   */
  async *#heard(chunks) {
    for await (const chunk of chunks) {
      const [namespace, mode, data] = chunk;
      if (mode === "tasks") this.#heardTask(namespace, data);
      else if (mode === "values" && namespace.length === 0) this.#heardValues(data);
      yield chunk;
    }
  }

  /**
   * @param {string[]} namespace
   * @param {any} task
   */
  #heardTask(namespace, task) {
    this.#onTask(namespace, task);
    if (!task.triggers && task.interrupts?.length > 0) this.#asking.add([...namespace, `${task.name}:${task.id}`].join("|"));
  }

  /** @param {any} data */
  #heardValues(data) {
    if (asked(data)) this.isInterrupted = true;
    else this.values = data;
  }

  /**
   * @param {Told} event
   * @returns {Iterable<Event>}
   */
  *#converted({ method, params: { namespace, data } }) {
    /** @type {(name: string, shown: unknown) => Event} */
    const event = (name, shown) => ({ name: named(name, namespace), data: shown, isRootValues: false });
    switch (method) {
      case "lifecycle":
        // The root's is the server's to tell, who knows how the run has ended.
        if (namespace.length > 0) yield event(method, this.#lifecycle(namespace, data));
        break;
      case "values":
        if (!asked(data)) yield event(method, data);
        else if (data[INTERRUPT].length > 0) yield event("asks", data[INTERRUPT]);
        break;
      case "updates":
        if (data.node !== INTERRUPT) yield event("update", data);
        break;
      case "tools":
        yield event("tool", data.event === "tool-error" ? { ...data, message: this.#disclosure.text(data.message) } : data);
        break;
      case "tasks":
        yield event(method, data.error ? { ...data, error: this.#disclosure.taskError(data.error) } : data);
        break;
      case "messages":
      case "custom":
      case "checkpoints":
        yield event(method, data);
        break;
      default:
        // What the graph's own transformers add.
        if (method.startsWith(EXTENSION)) yield event("custom", { name: method.slice(EXTENSION.length), payload: data });
    }
  }

  /**
   * langgraph says of a graph that asks something that it is completed, and of one that is cancelled that it has failed.
   * @param {string[]} namespace
   * @param {{event: string, graph_name: string, error?: string}} data
   */
  #lifecycle(namespace, data) {
    const isInterrupted = data.event === "completed" ? this.#asking.has(namespace.join("|")) : data.event === "failed" && this.#signal.aborted;
    if (isInterrupted) return { event: "interrupted", graph_name: data.graph_name };
    return data.error === undefined ? data : { ...data, error: this.#disclosure.text(data.error) };
  }
}

/**
 * The questions come alone, in what is no state.
 * @param {any} values
 */
function asked(values) {
  return typeof values === "object" && values !== null && INTERRUPT in values;
}

/** @param {string} installed */
function tooOld(installed) {
  const message = `The event protocol needs @langchain/langgraph ${OLDEST} or newer, and this project has ${installed}. The streams of runs work with it.`;
  return new CallFailed(message, { type: "NotSupported" });
}
