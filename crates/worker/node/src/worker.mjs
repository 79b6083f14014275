// The worker as handlers see it: the connection, the project's graphs, and how to open one for an operation.

import { CheckpointIds } from "./checkpoint_ids.mjs";
import { Disclosure } from "./disclosure.mjs";
import { Graphs } from "./graphs.mjs";
import { saverClass } from "./saver.mjs";
import { Source } from "./source.mjs";

/** @typedef {import("./connection.mjs").Connection} Connection */
/** @typedef {import("./factory.mjs").Opening} Opening */
/** @typedef {import("./project.mjs").Project} Project */
/** @typedef {import("./saver.mjs").RemoteSaver} RemoteSaver */
/** @typedef {import("./saver.mjs").SaverOptions} SaverOptions */
/** @typedef {import("./store_index.mjs").StoreIndex} StoreIndex */

/** What every handler gets first. What `load` finds is set by it. */
export class Worker {
  isLoaded = false;
  /** @type {Record<string, unknown>} What the metadata of every run says about the server. */
  server = {};
  disclosure = new Disclosure(false);
  /** Whether the calls of models and tools that runs make are recorded. */
  traces = false;
  /** @type {"allow" | "forbid" | null} What becomes of code that blocks the event loop; null: it is a warning. */
  blocking = null;
  /** @type {Map<string, import("./calls.mjs").Call>} The runs that are being executed, and their calls. */
  executing = new Map();
  graphs = new Graphs();
  source = new Source();
  /** @type {import("./auth.mjs").LoadedAuth | null} The project's auth, if it has any. */
  auth = null;
  /** @type {import("./project_app.mjs").ProjectApp | null} The project's own HTTP app, if it has one. */
  app = null;
  /** @type {StoreIndex | null} */
  index = null;
  /** @type {object | null} The store of every graph. */
  store = null;
  /** @type {ReturnType<typeof saverClass> | null} */
  #Saver = null;
  #ids = new CheckpointIds((text) => {
    this.connection.log({ run_id: null, stream: "logging", level: "warning", logger: "lgx", text });
  });

  /**
   * @param {Connection} connection
   * @param {Project} project
   */
  constructor(connection, project) {
    this.connection = connection;
    this.project = project;
  }

  /** The directory of langgraph.json. */
  get root() {
    return this.project.root;
  }

  /** Imports what every call needs. */
  async prepare() {
    this.#Saver = saverClass(await this.project.importCheckpoint());
    await this.project.importLanggraph();
  }

  /**
   * A checkpointer over the protocol.
   * @param {SaverOptions} options
   * @returns {RemoteSaver}
   */
  saver(options) {
    if (!this.#Saver) throw new Error("no project is loaded");
    return new this.#Saver(this.connection, { ids: this.#ids, ...options });
  }

  /**
   * The compiled graph for one operation, with our saver and store; a factory is called with the opening's config. An unknown graph and
   * one that could not be loaded throw `CallFailed`; what a factory throws comes out as it is.
   * @param {string} graphId
   * @param {Opening} opening
   * @param {RemoteSaver} saver
   */
  open(graphId, opening, saver) {
    if (!this.store) throw new Error("no project is loaded");
    return this.graphs.open(graphId, opening, { saver, store: this.store });
  }
}
