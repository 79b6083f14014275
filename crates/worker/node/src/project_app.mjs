// The project's own HTTP app in this worker: its requests, and what is under way when the worker is to leave.

import { send } from "./app_answer.mjs";
import { Exchange } from "./app_exchange.mjs";
import { RequestBody, requestOf } from "./app_request.mjs";
import { openOrRefuse } from "./app_socket.mjs";
import { stackOf } from "./app_target.mjs";
import { CallFailed } from "./errors.mjs";

/** @typedef {import("./app_stack.mjs").Stack} Stack */
/** @typedef {import("./app_target.mjs").Target} Target */
/** @typedef {import("./calls.mjs").Call} Call */
/** @typedef {import("./connection.mjs").Answer} Answer */
/** @typedef {import("./frames.mjs").Meta} Meta */
/** @typedef {import("./worker.mjs").Worker} Worker */
/** @typedef {{target: Target, auth: boolean, auth_first: boolean, prefix: string}} Spec */

/** Methods that no Web `Request` can have. */
const IMPOSSIBLE = new Set(["CONNECT", "TRACE", "TRACK"]);
/** Milliseconds that requests and what they do in the background have when the worker is told to leave: it is killed after two seconds. */
const LAST_REQUESTS = 1000;

/** An app that was loaded. */
export class ProjectApp {
  #worker;
  #stack;
  #spec;
  /** @type {Set<Promise<unknown>>} What is under way, in the background too. */
  #underWay = new Set();

  /**
   * @param {Worker} worker
   * @param {Stack} stack
   * @param {Spec} spec
   */
  constructor(worker, stack, spec) {
    this.#worker = worker;
    this.#stack = stack;
    this.#spec = spec;
  }

  /**
   * @param {Worker} worker
   * @param {Spec} spec
   * @param {(target: Target) => Promise<unknown>} named imports what a target names
   */
  static async load(worker, spec, named) {
    const options = { prefix: spec.prefix, asksAuth: spec.auth };
    return new ProjectApp(worker, await stackOf(spec.target, named, worker.root, options), spec);
  }

  /** What the answer to `load` says of it. */
  get told() {
    const { wraps, told } = this.#stack.routes;
    return { wraps, routes: told };
  }

  /**
   * Answers a request.
   * @param {Call} call
   * @param {Meta} params
   * @param {Buffer[]} sections
   */
  http(call, params, sections) {
    const exchange = new Exchange(this.#worker, call, params);
    return this.#during(exchange, async () => {
      const body = new RequestBody(params["body"] === "streamed" ? null : Buffer.concat(sections), call.received);
      return send(exchange, await this.#answer(exchange, body));
    });
  }

  /**
   * Answers the handshake of a WebSocket, and passes on what is said there.
   * @param {Call} call
   * @param {Meta} params
   */
  websocket(call, params) {
    const exchange = new Exchange(this.#worker, call, params);
    return this.#during(exchange, async () => {
      const none = new RequestBody(Buffer.alloc(0), call.received);
      return openOrRefuse(exchange, await this.#answer(exchange, none));
    });
  }

  /** Waits for what is under way, for a while. */
  async stop() {
    if (this.#underWay.size === 0) return;
    const late = new Promise((resolve) => {
      setTimeout(resolve, LAST_REQUESTS);
    });
    await Promise.race([Promise.allSettled(this.#underWay), late]);
  }

  /**
   * @param {Exchange} exchange
   * @param {() => Promise<Answer>} answer
   */
  #during(exchange, answer) {
    const answering = exchange.during(async () => {
      try {
        return await answer();
      } catch (error) {
        throw exchange.failure(error);
      } finally {
        exchange.end();
      }
    });
    this.#keep(answering);
    return Promise.race([answering, exchange.left]);
  }

  /**
   * @param {Exchange} exchange
   * @param {RequestBody} body
   */
  async #answer(exchange, body) {
    const { method = "GET" } = exchange.meta;
    if (IMPOSSIBLE.has(method)) return Response.json({ detail: `An app in JavaScript cannot be asked with ${method}.` }, { status: 501 });
    const request = requestOf(exchange.meta, body, exchange.signal);
    if (!request) return Response.json({ detail: "The header `Host` is no name of a host." }, { status: 400 });
    const refusal = await this.#refusal(exchange, request);
    if (refusal) return refusal;
    exchange.begin();
    return this.#stack.answer({ exchange, request, body }, environment(exchange), this.#context(exchange));
  }

  /**
   * Asks the project's auth before anything of the app sees the request, if that is wanted.
   * @param {Exchange} exchange
   * @param {Request} request
   */
  async #refusal(exchange, request) {
    if (!this.#spec.auth_first || exchange.isAuthenticated) return null;
    const ofApp = await this.#stack.routes.own(request);
    return this.#spec.auth || !ofApp ? exchange.letIn(request, ofApp) : null;
  }

  /**
   * What an app finds as `c.executionCtx`.
   * @param {Exchange} exchange
   */
  #context(exchange) {
    return {
      waitUntil: (/** @type {Promise<unknown>} */ promise) => {
        const settled = Promise.resolve(promise);
        settled.catch((error) => exchange.tell(error, "in the background"));
        this.#keep(settled);
      },
      passThroughOnException: () => {},
      props: {},
    };
  }

  /** @param {Promise<unknown>} work */
  #keep(work) {
    this.#underWay.add(work);
    const done = () => void this.#underWay.delete(work);
    work.then(done, done);
  }
}

/**
 * Handles `http`.
 * @param {Worker} worker
 * @param {Call} call
 * @param {Meta} params
 * @param {Buffer[]} sections
 */
export async function http(worker, call, params, sections) {
  return appOf(worker).http(call, params, sections);
}

/**
 * Handles `websocket`.
 * @param {Worker} worker
 * @param {Call} call
 * @param {Meta} params
 */
export async function websocket(worker, call, params) {
  return appOf(worker).websocket(call, params);
}

/**
 * Handles `http.openapi`: Hono knows no more of its routes than their paths.
 * @param {Worker} worker
 * @returns {Promise<Answer>}
 */
export async function openapi(worker) {
  appOf(worker);
  return { meta: { openapi: null } };
}

/** @param {Worker} worker */
function appOf({ app }) {
  if (!app) throw new CallFailed("This project has no HTTP app of its own.", { type: "NoApp" });
  return app;
}

/**
 * What an app finds as `c.env`: the connection as Hono's adapter for Node has it, by which `getConnInfo` knows who is there.
 * @param {Exchange} exchange
 */
function environment({ meta: { client, server } }) {
  const [remoteAddress, remotePort] = client ?? [];
  const [localAddress, localPort] = server ?? [];
  const remoteFamily = remoteAddress?.includes(":") ? "IPv6" : "IPv4";
  return { incoming: { socket: { remoteAddress, remotePort, remoteFamily, localAddress, localPort } } };
}
