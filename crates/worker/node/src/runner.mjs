// The call `run`: executes a graph, streams its events, and tells the state it ended in.

import { CallFailed } from "./errors.mjs";
import { diagnose } from "./diagnostics.mjs";
import { toJson } from "./encode.mjs";
import { EventStream } from "./event_stream.mjs";
import { finishedState, snapshotState, unknownState, withoutValues } from "./root_state.mjs";
import { withinRun } from "./run_context.mjs";
import { graphInput, runConfig } from "./run_input.mjs";
import { LANGGRAPH } from "./project.mjs";
import { RunNews } from "./run_news.mjs";
import { RunSteps } from "./run_steps.mjs";
import { Prefetched } from "./saver.mjs";
import { Stream } from "./stream_modes.mjs";
import { TracedCalls } from "./traced_calls.mjs";

/** @typedef {import("./calls.mjs").Call} Call */
/** @typedef {import("./connection.mjs").Answer} Answer */
/** @typedef {import("./frames.mjs").Meta} Meta */
/** @typedef {import("./graphs.mjs").Pregel} Pregel */
/** @typedef {import("./root_state.mjs").RootState} RootState */
/** @typedef {import("./worker.mjs").Worker} Worker */

/** The event that says that the factory of the graph has not failed. */
const OPENED = "opened";
/** A run that was taken back so often begins at once: it may be itself what blocks one worker after the other. */
const MOST_MOVES = 3;
const NOTHING = Buffer.from("null");

/**
 * Handles `run`. It is answered with a REPLY whatever the graph does.
 * @param {Worker} worker
 * @param {Call} call
 * @param {Meta} params
 * @param {Buffer[]} sections
 * @returns {Promise<Answer>}
 */
export async function run(worker, call, params, sections) {
  const execution = new Execution(worker, call, params, sections);
  worker.executing.set(params["run_id"], call);
  try {
    return await withinRun(params["run_id"], () => execution.run());
  } finally {
    worker.executing.delete(params["run_id"]);
  }
}

/** One run, and what there is to say about its end. */
class Execution {
  #worker;
  #call;
  #params;
  #stream;
  #saver;
  #config;
  #news;
  #steps;
  #hasBegun = false;
  /** @type {RootState} */
  #state = unknownState();

  /**
   * @param {Worker} worker
   * @param {Call} call
   * @param {Meta} params
   * @param {Buffer[]} sections
   */
  constructor(worker, call, params, sections) {
    this.#worker = worker;
    this.#call = call;
    this.#params = params;
    this.#config = runConfig(params, worker.server);
    this.#news = new RunNews(call);
    this.#steps = new RunSteps(this.#news, worker.disclosure, (namespace) => this.#firstStep(namespace));
    this.#stream = params["event_streaming"]
      ? new EventStream((namespace, task) => this.#steps.heard(namespace, task), worker.disclosure, call.signal)
      : new Stream(params["stream_mode"] ?? ["values"], Boolean(params["subgraphs"]), worker.disclosure);
    this.#saver = worker.saver({
      runId: params["run_id"],
      behind: params["durability"] !== "sync",
      temporary: Boolean(params["temporary"]),
      prefetched: params["prefetched"] ? new Prefetched(params["thread_id"], params["checkpoint"] ?? null, sections) : null,
      onRead: () => this.#begin(),
    });
  }

  /** @returns {Promise<Answer>} */
  async run() {
    const worker = this.#worker;
    /** @type {Meta} */
    let status = { status: "success", error: null, diagnostic: null };
    try {
      await this.#execute();
    } catch (error) {
      if (error instanceof CallFailed) {
        status = { status: "error", error: { error: error.type, message: error.message }, diagnostic: error.diagnostic };
      } else {
        status = { status: "error", error: worker.disclosure.runError(error), diagnostic: diagnose(error, worker.root) };
      }
    }
    await this.#news.finish();
    await this.#saver.settled();
    const { failure } = this.#call;
    if (failure) status = { status: "error", error: worker.disclosure.runError(failure), diagnostic: failure.diagnostic() };
    // Also when user code swallowed the cancellation, or turned it into something else.
    if (this.#call.isCancelled) status = { status: "cancelled", error: null, diagnostic: null };
    // The state of a temporary run goes with it: nobody reads its values any more.
    const { meta, sections } = this.#params["temporary"] ? withoutValues(this.#state) : this.#state;
    return { meta: { ...status, ...meta }, sections };
  }

  async #execute() {
    const { graph_id, context = null, user = null, moves = 0 } = this.#params;
    if (this.#call.isCancelled) return;
    const isMade = this.#worker.graphs.isMade(graph_id);
    if (isMade || moves >= MOST_MOVES) this.#begin();
    const graph = await this.#worker.open(graph_id, { config: this.#config, context, user, access: "threads.create_run" }, this.#saver);
    if (isMade) await this.#call.send({ event: OPENED }, [NOTHING]);
    /** @type {Buffer | null} */
    let values = null;
    try {
      for await (const { name, data, isRootValues } of this.#events(graph)) {
        const encoded = toJson(data, this.#worker.disclosure);
        if (isRootValues) values = encoded;
        await this.#call.send({ event: name }, [encoded]);
      }
    } catch (error) {
      this.#state = await this.#snapshot(graph);
      throw error;
    }
    const isFinished = this.#stream.values !== undefined && !this.#stream.isInterrupted && !this.#call.isCancelled;
    this.#state = isFinished ? finishedState(values ?? toJson(this.#stream.values, this.#worker.disclosure)) : await this.#snapshot(graph);
  }

  /**
   * What the graph tells while it is executed.
   * @param {Pregel} graph
   * @returns {AsyncGenerator<import("./stream_modes.mjs").Event>}
   */
  async *#events(graph) {
    const stream = this.#stream;
    const { project } = this.#worker;
    const langgraph = await project.importLanggraph();
    const input = graphInput(this.#params, langgraph);
    if (stream instanceof EventStream) yield* stream.events(graph, input, this.#options([]), langgraph, project.versions[LANGGRAPH]);
    else if (stream.hasEvents) yield* this.#langchainEvents(stream, graph, input);
    else for await (const chunk of await graph.stream(input, this.#graphOptions(stream))) yield* this.#heard(stream, /** @type {any} */ (chunk));
  }

  /**
   * What a run has of its own, however it is streamed.
   * @param {object[]} callbacks
   * @returns {any}
   */
  #options(callbacks) {
    const params = this.#params;
    const traced = this.#worker.traces ? [new TracedCalls(this.#news, this.#worker.disclosure)] : [];
    const all = [...traced, ...callbacks];
    return {
      ...this.#config,
      ...(all.length > 0 && { callbacks: all }),
      ...((params["context"] ?? null) !== null && { context: params["context"] }),
      ...given("interruptBefore", params["interrupt_before"]),
      ...given("interruptAfter", params["interrupt_after"]),
      durability: this.#durability(),
      signal: this.#call.signal,
    };
  }

  /** @param {Stream} stream */
  #graphOptions(stream) {
    return { ...this.#options(stream.callbacks), streamMode: stream.graphModes, subgraphs: true };
  }

  /**
   * A chunk of the graph's own stream.
   * @param {Stream} stream
   * @param {import("./stream_modes.mjs").Chunk} chunk
   */
  *#heard(stream, chunk) {
    const [namespace, mode, data] = chunk;
    if (mode === "tasks") this.#steps.heard(namespace, data);
    yield* stream.events(chunk);
  }

  /**
   * The step that a graph begins with: two are taken by an input, what comes in and what it makes of the state.
   * @param {string} namespace
   */
  #firstStep(namespace) {
    const before = this.#saver.stepBefore(namespace);
    if (before === null) return 1;
    const hasInput = namespace === "" && (this.#params["input"] ?? null) !== null && !this.#params["command"];
    return before + (hasInput ? 3 : 1);
  }

  /**
   * All that langchain reports, among which are the graph's own chunks.
   * @param {Stream} stream
   * @param {Pregel} graph
   * @param {any} input
   */
  async *#langchainEvents(stream, graph, input) {
    const options = /** @type {any} */ ({ ...this.#graphOptions(stream), version: "v2" });
    for await (const item of /** @type {AsyncIterable<any>} */ (/** @type {unknown} */ (graph.streamEvents(input, options)))) {
      if (item.event === "on_chain_stream" && item.run_id === this.#params["run_id"]) {
        yield* this.#heard(stream, item.data.chunk);
      } else if (!item.tags?.includes("langsmith:hidden")) {
        yield { name: "events", data: this.#worker.disclosure.event(item), isRootValues: false };
      }
    }
  }

  /** When checkpoints are stored. Nobody can read those of a stateless run: unless they are streamed only the last is made. */
  #durability() {
    const durability = this.#params["durability"] ?? "async";
    const tells = this.#stream instanceof EventStream || this.#stream.hasCheckpoints;
    return durability === "async" && this.#params["temporary"] && !tells ? "exit" : durability;
  }

  /** Says, once, that code of the project is about to be executed. */
  #begin() {
    if (this.#hasBegun || this.#call.isCancelled) return;
    this.#hasBegun = true;
    this.#call.begun();
  }

  /**
   * The newest root state; a failure to tell it is not the run's failure.
   * @param {Pregel} graph
   */
  async #snapshot(graph) {
    this.#hasBegun = true; // what is read from now on is not for a node
    try {
      const snapshot = await graph.getState({ configurable: { thread_id: this.#params["thread_id"], checkpoint_ns: "" } });
      return snapshotState(snapshot, this.#worker.disclosure);
    } catch {
      return unknownState(); // such as a state that the changed code cannot read any more
    }
  }
}

/**
 * @param {string} key
 * @param {unknown} value
 */
function given(key, value) {
  return (value ?? null) === null ? {} : { [key]: value };
}
