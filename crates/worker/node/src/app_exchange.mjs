// One request that the app answers, from the call to the end of the answer, and which one the running code belongs to.
//
// The call ends when the answer is there or the client has left; what the app does goes on then, and is never interrupted.

import { AsyncLocalStorage } from "node:async_hooks";

import { metaOf } from "./app_request.mjs";
import { diagnose, isOfProject, nameOf } from "./diagnostics.mjs";
import { CallFailed } from "./errors.mjs";

/** @typedef {import("./app_request.mjs").RequestMeta} RequestMeta */
/** @typedef {import("./auth.mjs").User} User */
/** @typedef {import("./calls.mjs").Call} Call */
/** @typedef {import("./calls.mjs").OutgoingCall} OutgoingCall */
/** @typedef {import("./diagnostics.mjs").Diagnostic} Diagnostic */
/** @typedef {import("./frames.mjs").Meta} Meta */
/** @typedef {import("./worker.mjs").Worker} Worker */

/** @type {AsyncLocalStorage<Exchange>} */
const exchanges = new AsyncLocalStorage();

/** What shows that the running code asks the server on behalf of whoever sent a request; null outside of one, and once it is over. */
export function currentPass() {
  return exchanges.getStore()?.pass ?? null;
}

/** A request, and what becomes of it. */
export class Exchange {
  #worker;
  #pass;
  #aborting = new AbortController();
  /** @type {Set<OutgoingCall>} What the server is asked for on its behalf. */
  #asked = new Set();
  /** @type {(() => void)[]} */
  #onLeave = [];
  /** @type {User | null} Who asks, once that is known. */
  user;
  /** It was asked who asks. */
  isAuthenticated;
  /** @type {string | null} The path of the app's own route that answers, as the app writes it, until it is told. */
  route = null;
  /** @type {import("./app_socket.mjs").ServedSocket | null} The server's own WebSocket, once it has accepted. */
  socket = null;
  /** @type {Diagnostic | null} What crashed, if the answer says no more than that something did. */
  diagnostic = null;
  /** The answer is complete, or the client has left. */
  isOver = false;
  hasLeft = false;

  /**
   * @param {Worker} worker
   * @param {Call} call
   * @param {Meta} params
   */
  constructor(worker, call, params) {
    this.#worker = worker;
    this.call = call;
    /** @type {RequestMeta} */
    this.meta = params["request"];
    this.user = params["user"] ?? null;
    this.isAuthenticated = this.user !== null;
    this.#pass = params["pass"] ?? null;
    /** @type {Promise<never>} Fails once the client has left. */
    this.left = new Promise((_, reject) => {
      const leave = () => {
        this.#leave();
        reject(call.signal.reason);
      };
      if (call.isCancelled) leave();
      else call.signal.addEventListener("abort", leave);
    });
    this.left.catch(() => {}); // nobody may be there yet who waits for it
  }

  /** Aborted when the client leaves. */
  get signal() {
    return this.#aborting.signal;
  }

  get pass() {
    return this.isOver ? null : this.#pass;
  }

  get isSocket() {
    return this.meta.method === undefined;
  }

  /** What it is, for the log. */
  get name() {
    return `${this.meta.method ?? "WebSocket"} ${this.meta.path}`;
  }

  /**
   * Does something on behalf of this request.
   * @template T
   * @param {() => T} work
   */
  during(work) {
    return exchanges.run(this, work);
  }

  /** Says that the app sees the request now, unless that is not wanted any more. */
  begin() {
    if (this.hasLeft) throw new CallFailed("the call was cancelled before it began", { type: "Cancelled" });
    this.call.begun();
  }

  /**
   * Asks the server who asks, once, and says who is refused.
   * @param {Request} request as middleware has left it
   * @param {boolean} ofApp whether one of the app's own routes is asked for
   * @returns {Promise<Response | null>} the refusal
   */
  async letIn(request, ofApp) {
    if (this.isAuthenticated) return null;
    const params = { call: this.call.id, request: metaOf(request, this.meta), of_app: ofApp };
    try {
      const { meta } = await this.#worker.connection.call("http.authenticate", params);
      this.user = meta["user"];
      // Where the server asks nobody, because anybody may, one of the app's own routes may still ask.
      this.isAuthenticated = ofApp || this.user !== null;
      return null;
    } catch (refusal) {
      if (!(refusal instanceof CallFailed) || refusal.status === null) throw refusal;
      return Response.json({ detail: refusal.message }, { status: refusal.status, ...(refusal.headers && { headers: refusal.headers }) });
    }
  }

  /**
   * Asks the server for something that streams, until this request is over.
   * @param {string} method
   * @param {Meta} params
   * @param {readonly Uint8Array[]} [sections]
   */
  async ask(method, params, sections = []) {
    const asked = await this.#worker.connection.open(method, { call: this.call.id, ...params }, sections);
    if (this.isOver) asked.cancel();
    else this.#asked.add(asked);
    return asked;
  }

  /** @param {() => void} then done when the client leaves before the answer is complete */
  onLeave(then) {
    if (this.hasLeft) then();
    else this.#onLeave.push(then);
  }

  /** The answer is complete: what was still asked, and still comes of the body, is for nobody. */
  end() {
    this.isOver = true;
    this.call.received.end(new Error("the request has been answered, and what was left of its body is gone"));
    for (const asked of this.#asked) asked.cancel();
    this.#asked.clear();
  }

  /** What the server is told of the route, once: with the head of the answer, or before there is none. */
  takeRoute() {
    const { route } = this;
    this.route = null;
    return route === null ? {} : { route };
  }

  /**
   * The answer to a request at which the app has thrown something that it does not handle itself.
   * @param {unknown} error
   */
  crash(error) {
    this.diagnostic = diagnose(error, this.#worker.root);
    return Response.json({ detail: this.#text(error) }, { status: 500 });
  }

  /**
   * What the call ends with, or goes on without, when something was thrown that cannot be answered with a status.
   * @param {unknown} error
   */
  failure(error) {
    if (error instanceof CallFailed) return error;
    const diagnostic = diagnose(error, this.#worker.root);
    if (this.hasLeft) {
      // That the client has left is the fault of nobody.
      if (isOfProject(diagnostic.file ?? "", this.#worker.root) && nameOf(error) !== "AbortError") this.tell(error, "after its client had left");
    } else if (this.route !== null) this.call.sendNow(this.takeRoute());
    return new CallFailed(this.#worker.disclosure.message(error), { type: nameOf(error), diagnostic });
  }

  /**
   * Tells the log of something that nobody can be answered with.
   * @param {unknown} error
   * @param {string} when
   */
  tell(error, when) {
    const { file, line, type, message, traceback } = diagnose(error, this.#worker.root);
    const place = file === null ? "" : `${file}:${line}: `;
    const text = `${place}the HTTP app failed in ${this.name} ${when}: ${type}: ${message}`;
    const entry = { run_id: null, stream: "logging", level: "error", logger: "lgx", text: [text, traceback].filter(Boolean).join("\n") };
    this.#worker.connection.log(entry);
  }

  /** @param {unknown} error */
  #text(error) {
    return `${nameOf(error)}: ${this.#worker.disclosure.message(error)}`;
  }

  #leave() {
    this.hasLeft = true;
    const reason = new DOMException("The client has left.", "AbortError");
    this.#aborting.abort(reason);
    this.call.received.end(reason);
    for (const then of this.#onLeave.splice(0)) then();
    this.end();
  }
}
