// The suite that langgraph has for savers, against the server's own store: `LGX_TEST_SOCKET` is where that answers.

import { createHash } from "node:crypto";
import { createConnection } from "node:net";

import * as checkpoint from "@langchain/langgraph-checkpoint";
import { validate } from "@langchain/langgraph-checkpoint-validation";

import { Connection } from "../../src/connection.mjs";
import { CallFailed } from "../../src/errors.mjs";
import { saverClass } from "../../src/saver.mjs";

/** @typedef {import("@langchain/core/runnables").RunnableConfig} RunnableConfig */
/** @typedef {import("@langchain/langgraph-checkpoint").CheckpointTuple} CheckpointTuple */

/** The threads of the suite have any names, and those of the server are UUIDs: each name stands for one. */
class NamedThreads extends saverClass(checkpoint) {
  /** @type {Map<string, string>} */
  #names = new Map();

  /** @override @param {RunnableConfig} config */
  async getTuple(config) {
    const found = await super.getTuple(this.#toServer(config));
    return found && this.#fromServer(found);
  }

  /** @override @param {RunnableConfig} config @param {checkpoint.CheckpointListOptions} [options] */
  async *list(config, options) {
    for await (const found of super.list(this.#toServer(config), options)) yield this.#fromServer(found);
  }

  /** @override @param {RunnableConfig} config @param {[checkpoint.Checkpoint, checkpoint.CheckpointMetadata, checkpoint.ChannelVersions]} rest */
  async put(config, ...rest) {
    return this.#named(await super.put(this.#toServer(config), ...rest));
  }

  /** @override @param {RunnableConfig} config @param {[checkpoint.PendingWrite[], string, string?]} rest */
  async putWrites(config, ...rest) {
    return super.putWrites(this.#toServer(config), ...rest);
  }

  /** @override @param {string} name */
  async deleteThread(name) {
    return super.deleteThread(this.#idOf(name));
  }

  /** Removes all that was put. */
  async clear() {
    for (const name of this.#names.values()) await this.deleteThread(name);
  }

  /** @param {string} name */
  #idOf(name) {
    const hash = createHash("sha256").update(name).digest("hex");
    const id = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
    this.#names.set(id, name);
    return id;
  }

  /** @param {RunnableConfig} config */
  #toServer(config) {
    const name = config.configurable?.["thread_id"];
    return name === undefined ? config : { ...config, configurable: { ...config.configurable, thread_id: this.#idOf(name) } };
  }

  /** @param {RunnableConfig} config */
  #named(config) {
    const id = config.configurable?.["thread_id"];
    return { ...config, configurable: { ...config.configurable, thread_id: this.#names.get(id) ?? id } };
  }

  /** @param {CheckpointTuple} tuple */
  #fromServer({ config, parentConfig, ...rest }) {
    return { ...rest, config: this.#named(config), ...(parentConfig && { parentConfig: this.#named(parentConfig) }) };
  }
}

/** A worker that only has a connection. */
async function connected() {
  const socket = createConnection(String(process.env["LGX_TEST_SOCKET"]));
  await new Promise((resolve) => socket.once("connect", () => resolve(null)));
  const connection = new Connection(socket, {
    handle: () => Promise.reject(new CallFailed("nothing is asked of it")),
    onShutdown: () => connection.close(),
    onLost: () => {},
  });
  const runtime = { name: "node", version: process.versions.node };
  connection.hello({ protocol: 2, pid: process.pid, runtime, executable: process.execPath, missing: [] });
  return connection;
}

/** @type {Connection} */
let connection;

validate({
  checkpointerName: "lgx",
  beforeAll: async () => {
    connection = await connected();
  },
  createCheckpointer: () => new NamedThreads(connection),
  destroyCheckpointer: (/** @type {any} */ saver) => saver.clear(),
});
