// What a run executes, task by task, told to the server whoever started the run and whatever it streams.
//
// langgraph tells of tasks in its stream mode `tasks`, without the step that they are of. But it tells of them in order: in a graph all
// tasks of a step are told to start before one of them ends, and none of the next step before all have.

/** @typedef {import("./disclosure.mjs").Disclosure} Disclosure */
/** @typedef {import("./run_news.mjs").RunNews} RunNews */
/** @typedef {{id: string, name: string, triggers?: string[], interrupts?: unknown[], error?: any}} Task */
/** @typedef {{step: number, hasEnds: boolean, open: Set<string>}} Progress */

/** How many tasks of a run are told of; further ones are counted. */
const MOST = 2000;
const LONGEST_ERROR = 500;

/** The tasks of one run. */
export class RunSteps {
  #news;
  #disclosure;
  #firstStep;
  /** @type {object[]} */
  #started = [];
  /** @type {object[]} */
  #ended = [];
  /** @type {Map<string, Progress>} By namespace. */
  #graphs = new Map();
  #told = 0;
  #dropped = 0;

  /**
   * @param {RunNews} news
   * @param {Disclosure} disclosure
   * @param {(namespace: string) => number} firstStep the step that a graph begins with
   */
  constructor(news, disclosure, firstStep) {
    this.#news = news;
    this.#disclosure = disclosure;
    this.#firstStep = firstStep;
    news.add("steps", () => this.#take());
  }

  /**
   * A chunk of the mode `tasks`.
   * @param {readonly string[]} path
   * @param {Task} task
   */
  heard(path, task) {
    const namespace = path.join("|");
    if (task.triggers) this.#begin(namespace, task);
    else {
      this.#end(namespace, task);
      this.#forget([...path, `${task.name}:${task.id}`].join("|"));
    }
    this.#news.soon();
  }

  /**
   * @param {string} namespace
   * @param {Task} task
   */
  #begin(namespace, { id, name }) {
    const graph = this.#graphs.get(namespace) ?? { step: this.#firstStep(namespace), hasEnds: false, open: new Set() };
    this.#graphs.set(namespace, graph);
    if (graph.hasEnds) graph.step += 1;
    graph.hasEnds = false;
    if (this.#told >= MOST) {
      this.#dropped += 1;
      return;
    }
    this.#told += 1;
    graph.open.add(id);
    this.#started.push({ task_id: id, node: name, ns: namespace, step: graph.step, at: now() });
  }

  /**
   * @param {string} namespace
   * @param {Task} task
   */
  #end(namespace, { id, interrupts = [], error = null }) {
    const graph = this.#graphs.get(namespace);
    if (!graph) return;
    graph.hasEnds = true;
    if (!graph.open.delete(id)) return;
    const status = error ? "error" : interrupts.length > 0 ? "interrupted" : "success";
    this.#ended.push({ task_id: id, at: now(), status, error: error && oneLine(error, this.#disclosure) });
  }

  /**
   * The graphs in a task that has ended.
   * @param {string} task its namespace
   */
  #forget(task) {
    for (const namespace of this.#graphs.keys()) {
      if (namespace === task || namespace.startsWith(`${task}|`)) this.#graphs.delete(namespace);
    }
  }

  #take() {
    const news = { started: this.#started, ended: this.#ended, dropped: this.#dropped };
    if (news.started.length === 0 && news.ended.length === 0 && news.dropped === 0) return null;
    this.#started = [];
    this.#ended = [];
    this.#dropped = 0;
    return news;
  }
}

/**
 * `TypeError: kaboom`, as far as clients may see it.
 * @param {any} error
 * @param {Disclosure} disclosure
 */
export function oneLine(error, disclosure) {
  const named = Object.assign(new Error(String(error?.message ?? error)), { name: String(error?.name ?? "Error") });
  const [message] = disclosure.message(named).trim().split("\n");
  return `${named.name}: ${message}`.slice(0, LONGEST_ERROR);
}

/** Microseconds since the Unix epoch. */
export function now() {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}
