// The project's graphs by id: what was loaded, and opening one for an operation.
//
// A graph of the project's is never changed: each operation gets a copy that has the server's checkpointer and store. The official
// server sets both on the one object that all runs share, so that runs which overlap can write into each other's threads.

import { CallFailed } from "./errors.mjs";
import { Factory } from "./factory.mjs";

/** @typedef {import("@langchain/langgraph").Pregel<any, any>} Pregel */
/** @typedef {import("./diagnostics.mjs").Diagnostic} Diagnostic */
/** @typedef {import("./factory.mjs").Opening} Opening */
/** @typedef {{saver: object, store: object}} Storage */

/** What a graph is called that was compiled without a name. */
const UNNAMED = "LangGraph";

/** One entry of langgraph.json, as its module gave it. */
export class LoadedGraph {
  /** @type {string[]} */
  notices = [];

  /**
   * @param {string} id
   * @param {Pregel | Factory} source
   */
  constructor(id, source) {
    this.id = id;
    this.source = source;
    if (source instanceof Factory) return;
    const kept = /** @type {const} */ ([
      ["checkpointer", "the threads"],
      ["store", "the items"],
    ]);
    for (const [part, what] of kept) {
      const own = source[part];
      if (typeof own === "object" && own !== null) {
        this.notices.push(`Compiled with its own ${part} (${own.constructor.name}), which is not used here: the server keeps ${what}.`);
      }
    }
  }

  /** Whether it is made anew for each operation. */
  get isMade() {
    return this.source instanceof Factory;
  }

  /** The name it was compiled with, else its id. */
  get name() {
    const name = this.source instanceof Factory ? this.id : this.source.getName();
    return name === UNNAMED ? this.id : name;
  }
}

/** Graphs that can be opened, and the diagnostics of those that could not be loaded. */
export class Graphs {
  /** @type {Map<string, LoadedGraph>} */
  #loaded = new Map();
  /** @type {Map<string, Diagnostic>} */
  #failed = new Map();

  /**
   * Accepts what langgraph.json names: a compiled graph, a builder, an entrypoint, an agent, a promise of one, or a factory.
   * @param {string} id
   * @param {unknown} value
   */
  async add(id, value) {
    const source = graphOf(await value) ?? (typeof value === "function" ? new Factory(/** @type {any} */ (value)) : null);
    if (source === null) {
      throw new TypeError(
        `\`${id}\` is ${kindOf(await value)}, not a graph. Export a compiled graph, a StateGraph, an entrypoint, an agent, or a function that returns one.`,
      );
    }
    const graph = new LoadedGraph(id, source);
    this.#loaded.set(id, graph);
    return graph;
  }

  /**
   * @param {string} id
   * @param {Diagnostic} diagnostic
   */
  fail(id, diagnostic) {
    this.#failed.set(id, diagnostic);
  }

  /**
   * Whether the graph is made anew for each operation.
   * @param {string} id
   */
  isMade(id) {
    return this.#loaded.get(id)?.isMade ?? false;
  }

  /**
   * The compiled graph for one operation.
   * @param {string} id
   * @param {Opening} opening
   * @param {Storage} storage
   * @returns {Promise<Pregel>}
   */
  async open(id, opening, storage) {
    const loaded = this.#loaded.get(id);
    if (!loaded) throw this.#unavailable(id);
    const { source } = loaded;
    if (!(source instanceof Factory)) return opened(source, id, storage);
    const made = await source.make(opening, storage.store);
    const graph = graphOf(made);
    if (!graph) {
      throw new TypeError(`The factory of graph \`${id}\` returned ${kindOf(made)}, not a graph. Return a compiled graph or a StateGraph.`);
    }
    return opened(graph, id, storage);
  }

  /** @param {string} id */
  #unavailable(id) {
    const diagnostic = this.#failed.get(id);
    if (!diagnostic) return new CallFailed(`There is no graph \`${id}\` in this project.`, { status: 404, type: "UnknownGraph" });
    const message = `Graph \`${id}\` could not be loaded: ${diagnostic.type}: ${diagnostic.message}`;
    return new CallFailed(message, { status: 503, type: "GraphLoadError", diagnostic });
  }
}

/**
 * The compiled graph that a value is or stands for: told by its properties, as the project may have a copy of langgraph of its own.
 * @param {any} value
 * @returns {Pregel | null}
 */
function graphOf(value) {
  if (typeof value !== "object" || value === null) return null;
  if (value.lg_is_pregel === true) return value;
  // Agents (`createAgent`, `createDeepAgent`) have their graph inside.
  if (value.graph?.lg_is_pregel === true) return value.graph;
  return typeof value.compile === "function" ? graphOf(value.compile()) : null;
}

/**
 * The same graph with the server's checkpointer and store, and with its id for a name if it has none.
 * @param {Pregel} graph
 * @param {string} id
 * @param {Storage} storage
 * @returns {Pregel}
 */
function opened(graph, id, { saver, store }) {
  const copy = Object.assign(Object.create(Object.getPrototypeOf(graph)), graph, { checkpointer: saver, store });
  if (copy.getName() === UNNAMED) copy.name = id;
  return copy;
}

/** @param {unknown} value */
export function kindOf(value) {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  const name = value.constructor?.name;
  return name && name !== "Object" ? `an object of class ${name}` : "an object";
}
