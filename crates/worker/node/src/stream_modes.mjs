// Stream modes: what to ask langgraph for, and how its chunks become the events that clients see.

import { isMessage } from "./encode.mjs";

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
  #messages;
  /** @type {unknown} The newest values of the root graph. */
  values = undefined;
  /** Whether the root graph stopped at an interrupt or a breakpoint. */
  isInterrupted = false;

  /**
   * @param {readonly string[]} modes
   * @param {boolean} subgraphs whether the client sees those of subgraphs too
   */
  constructor(modes, subgraphs) {
    this.#wanted = new Set(modes);
    this.#subgraphs = subgraphs;
    this.#messages = this.#wanted.has("messages") && !this.#wanted.has("messages-tuple") ? new MessageSnapshots() : null;
  }

  /** Whether everything that goes on in the graph is told, as langchain tells it. */
  get hasEvents() {
    return this.#wanted.has("events");
  }

  /** Whether checkpoints are told, which are to be made then. */
  get hasCheckpoints() {
    return this.#wanted.has("checkpoints") || this.#wanted.has("debug");
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
    if (!isRoot && !this.#subgraphs && mode !== "messages") return;
    if (mode === "messages") {
      // What models say is told wherever they are called, as the library itself tells it.
      if (this.#messages) yield* this.#messages.events(data);
      else if (this.#subgraphs || isRoot) yield { name: named("messages", namespace), data, isRootValues: false };
    } else if (this.#wanted.has(mode)) {
      yield { name: named(mode, namespace), data: shownAs(mode, data), isRootValues };
    }
  }
}

/** The mode `messages`: what a model says as accumulated snapshots of each message. */
class MessageSnapshots {
  /** @type {Map<string, any>} */
  #soFar = new Map();

  /**
   * @param {[message: any, metadata: Record<string, unknown>]} chunk
   * @returns {Iterable<Event>}
   */
  *events([message, metadata]) {
    const id = message.id ?? "";
    const known = this.#soFar.get(id);
    if (known === undefined) yield event("messages/metadata", { [id]: { metadata } });
    if (typeof message.concat !== "function") {
      this.#soFar.set(id, message);
      yield event("messages/complete", [message]);
      return;
    }
    const whole = typeof known?.concat === "function" ? known.concat(message) : message;
    this.#soFar.set(id, whole);
    yield event("messages/partial", [whole]);
  }
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
function named(mode, namespace) {
  return [mode, ...namespace].join("|");
}

/**
 * Checkpoints and tasks, by the names that the API has for what is in them.
 * @param {string} mode
 * @param {any} data
 */
function shownAs(mode, data) {
  if (mode === "checkpoints") return checkpoint(data);
  if (mode === "debug" && data.type === "checkpoint") return { ...data, payload: withAddresses(checkpoint(data.payload)) };
  return data;
}

/** @param {any} payload */
function checkpoint({ parentConfig, config, tasks, ...rest }) {
  return {
    ...rest,
    config: ownConfig(config),
    parent_config: ownConfig(parentConfig),
    tasks: tasks?.map(withCheckpoint),
  };
}

/** @param {any} payload */
function withAddresses(payload) {
  return { ...payload, checkpoint: addressOf(payload.config), parent_checkpoint: addressOf(payload.parent_config) };
}

/** @param {any} task */
function withCheckpoint({ state, ...task }) {
  const configurable = isObject(state) && "configurable" in state ? state : null;
  return configurable ? { ...task, checkpoint: addressOf(configurable) } : { ...task, ...(state !== undefined && { state }) };
}

/**
 * A config without what langgraph keeps in it for itself.
 * @param {any} config
 */
function ownConfig(config) {
  if (!isObject(config)) return null;
  const { callbacks: _, ...rest } = /** @type {any} */ (config);
  const configurable = Object.entries(rest.configurable ?? {}).filter(([key]) => !key.startsWith("__"));
  return { ...rest, configurable: Object.fromEntries(configurable) };
}

/** @param {any} config */
export function addressOf(config) {
  const { thread_id, checkpoint_ns, checkpoint_id, checkpoint_map } = config?.configurable ?? {};
  if (!checkpoint_id && !checkpoint_ns) return null;
  const all = { checkpoint_id, thread_id, checkpoint_ns, checkpoint_map };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== null));
}

/**
 * @param {unknown} value
 * @returns {value is object}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isMessage(value);
}
