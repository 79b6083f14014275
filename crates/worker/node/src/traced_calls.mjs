// The calls of models, tools and retrievers that a run makes, told to the server while it goes on.

import { fitted, MOST_INPUT, MOST_OUTPUT, MOST_PARAMETERS, MOST_TOOLS, parametersOf, usageOf } from "./call_content.mjs";
import { now, oneLine } from "./run_steps.mjs";

/** @typedef {import("./call_content.mjs").Content} Content */
/** @typedef {import("./disclosure.mjs").Disclosure} Disclosure */
/** @typedef {import("./run_news.mjs").RunNews} RunNews */
/** @typedef {{kind: "model" | "tool" | "retriever", name: string, input: unknown, model?: string | null, tools?: unknown[], parameters?: object}} Asked */
/** @typedef {{hasToken: boolean, parts: string[], sent: number, left: number}} Open */

/** How many calls of a run are told of; further ones are counted. */
const MOST_CALLS = 500;
/** How much of all of them together, in bytes. */
const MOST_BYTES = 8 * 1024 * 1024;
/** Between two pieces of an answer that is streamed, in milliseconds. */
const PAUSE = 100;

/** The calls of one run: a handler of langchain's callbacks, told by the names of its methods. */
export class TracedCalls {
  name = "lgx_traced_calls";
  awaitHandlers = true;
  raiseError = false;
  ignoreLLM = false;
  ignoreChain = true;
  ignoreAgent = false;
  ignoreRetriever = false;
  ignoreCustomEvent = true;

  #news;
  #disclosure;
  /** @type {object[]} */
  #changes = [];
  /** @type {Map<string, Open>} */
  #open = new Map();
  #told = 0;
  #bytes = 0;
  #dropped = 0;

  /**
   * @param {RunNews} news
   * @param {Disclosure} disclosure
   */
  constructor(news, disclosure) {
    this.#news = news;
    this.#disclosure = disclosure;
    news.add("calls", () => this.#take());
  }

  copy() {
    return this;
  }

  /**
   * A model is asked with messages.
   * @param {any} serialized
   * @param {unknown[][]} messages
   * @param {string} runId
   * @param {string} [parent]
   * @param {any} [extra]
   * @param {string[]} [_tags]
   * @param {any} [metadata]
   * @param {string} [name]
   */
  handleChatModelStart(serialized, messages, runId, parent, extra, _tags, metadata, name) {
    this.#startModel(serialized, messages.length === 1 ? messages[0] : messages, runId, parent, extra, metadata, name);
  }

  /**
   * A model is asked with texts.
   * @param {any} serialized
   * @param {string[]} prompts
   * @param {string} runId
   * @param {string} [parent]
   * @param {any} [extra]
   * @param {string[]} [_tags]
   * @param {any} [metadata]
   * @param {string} [name]
   */
  handleLLMStart(serialized, prompts, runId, parent, extra, _tags, metadata, name) {
    this.#startModel(serialized, prompts.length === 1 ? prompts[0] : prompts, runId, parent, extra, metadata, name);
  }

  /**
   * A tool is called.
   * @param {any} serialized
   * @param {string} input
   * @param {string} runId
   * @param {string} [parent]
   * @param {string[]} [_tags]
   * @param {any} [metadata]
   * @param {string} [name]
   */
  handleToolStart(serialized, input, runId, parent, _tags, metadata, name) {
    this.#start(runId, parent, metadata, { kind: "tool", name: nameOf(serialized, name, "tool"), input: parsed(input) });
  }

  /**
   * A retriever is asked.
   * @param {any} serialized
   * @param {string} query
   * @param {string} runId
   * @param {string} [parent]
   * @param {string[]} [_tags]
   * @param {any} [metadata]
   * @param {string} [name]
   */
  handleRetrieverStart(serialized, query, runId, parent, _tags, metadata, name) {
    this.#start(runId, parent, metadata, { kind: "retriever", name: nameOf(serialized, name, "retriever"), input: query });
  }

  /**
   * A piece of an answer.
   * @param {string} token
   * @param {unknown} _index
   * @param {string} runId
   */
  handleLLMNewToken(token, _index, runId) {
    const call = this.#open.get(runId);
    if (!call) return;
    if (typeof token === "string" && call.left > 0) {
      call.parts.push(token.slice(0, call.left));
      call.left -= token.length;
    }
    const at = performance.now();
    if (call.hasToken && at - call.sent < PAUSE) return;
    this.#tell({ call_id: runId, text: call.parts.splice(0).join(""), ...(!call.hasToken && { first_token_at: now() }) });
    call.hasToken = true;
    call.sent = at;
  }

  /**
   * A model has answered.
   * @param {any} output
   * @param {string} runId
   */
  handleLLMEnd(output, runId) {
    /** @type {any[]} */
    const answers = (output?.generations ?? []).flat();
    const shown = answers.map(({ message, text }) => message ?? text);
    this.#end(runId, shown.length === 1 ? shown[0] : shown, usageOf(output, answers[0]?.message));
  }

  /**
   * A tool has its result.
   * @param {unknown} output
   * @param {string} runId
   */
  handleToolEnd(output, runId) {
    this.#end(runId, output);
  }

  /**
   * A retriever has found something.
   * @param {unknown} documents
   * @param {string} runId
   */
  handleRetrieverEnd(documents, runId) {
    this.#end(runId, documents);
  }

  /**
   * @param {unknown} error
   * @param {string} runId
   */
  handleLLMError(error, runId) {
    this.#fail(runId, error);
  }

  /**
   * @param {unknown} error
   * @param {string} runId
   */
  handleToolError(error, runId) {
    this.#fail(runId, error);
  }

  /**
   * @param {unknown} error
   * @param {string} runId
   */
  handleRetrieverError(error, runId) {
    this.#fail(runId, error);
  }

  /**
   * @param {any} serialized
   * @param {unknown} input
   * @param {string} runId
   * @param {string | undefined} parent
   * @param {any} extra
   * @param {any} metadata
   * @param {string | undefined} name
   */
  #startModel(serialized, input, runId, parent, extra, metadata, name) {
    const asked = { ...extra?.invocation_params, ...extra?.options };
    const model = [metadata?.ls_model_name, asked.model, asked.modelName].find((one) => typeof one === "string") ?? null;
    const tools = Array.isArray(asked.tools) ? asked.tools : [];
    this.#start(runId, parent, metadata, { kind: "model", name: nameOf(serialized, name, "model"), input, model, tools, parameters: parametersOf(asked) });
  }

  /**
   * @param {string} runId
   * @param {string | undefined} parent
   * @param {any} metadata
   * @param {Asked} asked
   */
  #start(runId, parent, metadata, { kind, name, input, model = null, tools = [], parameters = {} }) {
    if (this.#told >= MOST_CALLS || this.#bytes >= MOST_BYTES) {
      this.#dropped += 1;
      this.#news.soon();
      return;
    }
    this.#told += 1;
    const given = fitted(input, MOST_INPUT, this.#disclosure);
    const offered = fitted(tools, MOST_TOOLS, this.#disclosure);
    const withThese = fitted(parameters, MOST_PARAMETERS, this.#disclosure);
    this.#bytes += given.size + offered.size + withThese.size;
    const start = {
      parent_call_id: parent !== undefined && this.#open.has(parent) ? parent : null,
      ...placeOf(metadata?.langgraph_checkpoint_ns),
      node: metadata?.langgraph_node ?? null,
      kind,
      name,
      model,
      at: now(),
      input: given.value,
      tools: Array.isArray(offered.value) ? offered.value : [],
      parameters: withThese.isCut ? {} : withThese.value,
      cut: given.isCut || offered.isCut || withThese.isCut,
    };
    this.#open.set(runId, { hasToken: false, parts: [], sent: 0, left: MOST_OUTPUT });
    this.#tell({ call_id: runId, start });
  }

  /**
   * @param {string} runId
   * @param {unknown} output
   * @param {object | null} [usage]
   */
  #end(runId, output, usage = null) {
    if (!this.#open.delete(runId)) return;
    const { value, size, isCut } = fitted(output, MOST_OUTPUT, this.#disclosure);
    this.#bytes += size;
    this.#tell({ call_id: runId, end: { at: now(), output: value, usage, error: null, cut: isCut } });
  }

  /**
   * @param {string} runId
   * @param {unknown} error
   */
  #fail(runId, error) {
    const call = this.#open.get(runId);
    if (!call) return;
    this.#open.delete(runId);
    const text = call.parts.join("");
    const end = { at: now(), output: null, usage: null, error: oneLine(error, this.#disclosure), cut: false };
    this.#tell({ call_id: runId, ...(text && { text }), end });
  }

  /** @param {object} change */
  #tell(change) {
    this.#changes.push(change);
    this.#news.soon();
  }

  #take() {
    if (this.#changes.length === 0 && this.#dropped === 0) return null;
    const news = { changes: this.#changes, dropped: this.#dropped };
    this.#changes = [];
    this.#dropped = 0;
    return news;
  }
}

/**
 * The namespace of the graph, and the task in it, that made a call.
 * @param {unknown} place
 */
function placeOf(place) {
  const path = typeof place === "string" && place !== "" ? place.split("|") : [];
  const task = path.pop()?.split(":").at(-1) ?? null;
  return { ns: path.join("|"), task_id: task };
}

/**
 * @param {any} serialized
 * @param {string | undefined} given
 * @param {string} otherwise
 */
function nameOf(serialized, given, otherwise) {
  return given ?? serialized?.name ?? serialized?.id?.at?.(-1) ?? otherwise;
}

/**
 * Tools are told of their arguments as a text.
 * @param {unknown} input
 */
function parsed(input) {
  if (typeof input !== "string") return input;
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}
