// Output of user code: each line goes to the server with the run that printed it, before the call that prints it returns.

import { inspect } from "node:util";

import { currentRun } from "./run_context.mjs";

/** @typedef {import("./connection.mjs").Connection} Connection */
/** @typedef {"stdout" | "stderr" | "logging"} Stream */

/** In characters. */
const LONGEST_ENTRY = 64 * 1024;

/** What the methods of `console` are levels of. Those that are not here print as `log` does. */
const LEVELS = /** @type {const} */ ({ debug: "debug", log: "info", info: "info", warn: "warning", error: "error", trace: "debug" });

/** Where output goes. */
export class LogSink {
  #connection;
  #lost = 0;
  /** @type {() => object} The node whose code writes, once that can be told. */
  place = () => ({});

  /** @param {Connection} connection */
  constructor(connection) {
    this.#connection = connection;
  }

  /**
   * One line, or a block of lines that belong together; an open one goes on with what the same run writes next.
   * @param {Stream} stream
   * @param {string} text
   * @param {{level?: string, logger?: string | null, isOpen?: boolean, runId?: string | null}} [more]
   */
  add(stream, text, { level = "info", logger = null, isOpen = false, runId = currentRun() } = {}) {
    const cut = text.length - LONGEST_ENTRY;
    const shown = cut > 0 ? `${text.slice(0, LONGEST_ENTRY)}… (${cut} more characters were cut)` : text;
    const entry = { run_id: runId, stream, level, logger, text: shown, ...(isOpen && { open: true }), ...this.place() };
    if (!this.#connection.log(entry)) this.#lost += 1;
    else if (this.#lost > 0) this.#tellLost();
  }

  #tellLost() {
    const text = `${this.#lost} entries of output were lost because there were too many at once.`;
    this.#lost = 0;
    this.add("logging", text, { level: "warning", logger: "lgx.worker" });
  }
}

/**
 * The innermost node whose code runs, as the steps of its run name it.
 * @param {any} config what langgraph says of the running code
 */
export function nodeOf(config) {
  const node = config?.metadata?.langgraph_node;
  const task_id = config?.metadata?.langgraph_checkpoint_ns?.split("|").at(-1)?.split(":").at(-1);
  return node && task_id ? { node, task_id } : {};
}

/**
 * From now on output goes to the sink, not to the pipes.
 * @param {LogSink} sink
 */
export function captureOutput(sink) {
  /** @type {string | null} */
  let level = null;
  for (const [name, of] of Object.entries(LEVELS)) {
    const method = /** @type {keyof typeof LEVELS} */ (name);
    // eslint-disable-next-line no-console -- it is what is captured
    const print = console[method];
    // eslint-disable-next-line no-console -- it is what is captured
    console[method] = (...values) => {
      level = of;
      try {
        print(...values);
      } finally {
        level = null;
      }
    };
  }
  for (const stream of /** @type {const} */ (["stdout", "stderr"])) {
    const decoder = new TextDecoder();
    /**
     * @param {string | Uint8Array} chunk
     * @param {unknown} [encoding]
     * @param {unknown} [callback]
     */
    const write = (chunk, encoding, callback) => {
      const text = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
      const isOpen = !text.endsWith("\n");
      if (text !== "") sink.add(stream, isOpen ? text : text.slice(0, -1), { level: level ?? "info", isOpen });
      const done = typeof encoding === "function" ? encoding : callback;
      if (typeof done === "function") process.nextTick(done);
      return true;
    };
    process[stream].write = /** @type {any} */ (write);
  }
}

/**
 * What nobody has caught is told, and the worker goes on: other runs have no part in it.
 * @param {LogSink} sink
 */
export function tellUncaught(sink) {
  /** @type {(kind: string) => (error: unknown) => void} */
  const tell = (kind) => (error) => sink.add("logging", `${kind}: ${inspect(error)}`, { level: "error", logger: "lgx" });
  process.on("uncaughtException", tell("an exception was not caught"));
  process.on("unhandledRejection", tell("a promise was rejected and nobody waited for it"));
}
