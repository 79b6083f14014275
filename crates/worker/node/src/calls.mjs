// Calls that stream: those of the server that are being answered, and those of the worker; data in both directions before the answer.
import { AsyncLocalStorage } from "node:async_hooks";
import { CallFailed } from "./errors.mjs";
import { BadFrame, Kind, encode } from "./frames.mjs";
import { Credit, Received } from "./streams.mjs";

/**
 * @import { CallId, Frame, Meta } from "./frames.mjs"
 * @import { Connection } from "./connection.mjs"
 */

/** The methods of the server whose calls stream. */
const STREAMED = new Set(["load", "run", "http", "websocket"]);

/** @type {AsyncLocalStorage<Call>} */
const current = new AsyncLocalStorage();

/** The call that the running code answers. */
export function currentCall() {
  return current.getStore();
}

/** A call of the server. */
export class Call {
  #connection;
  #credit = new Credit();
  #aborting = new AbortController();
  #isCancelled = false;

  /**
   * @param {CallId} id
   * @param {string} method
   * @param {Connection} connection
   */
  constructor(id, method, connection) {
    this.id = id;
    this.method = method;
    this.#connection = connection;
    /** What the server sends along. */
    this.received = new Received((size) => connection.grant(id, size));
    /** @type {import("./blocking_error.mjs").BlockingError | null} What the run has done that it fails for, whatever becomes of it. */
    this.failure = null;
    /** @type {(() => void) | null} Called when the server takes more. */
    this.onCredit = null;
  }

  /** Aborted when the server asks to stop the call, which still has to be answered. */
  get signal() {
    return this.#aborting.signal;
  }

  /**
   * Does something as part of answering the call.
   * @template T
   * @param {() => T} answer
   * @returns {T}
   */
  during(answer) {
    return current.run(this, answer);
  }

  /**
   * Sends data; waits for credit, which a cancelled call does not need, and while the socket is full.
   * @param {Meta} meta
   * @param {readonly Uint8Array[]} [sections]
   */
  async send(meta, sections = []) {
    if (!this.#credit.any) await this.#credit.some();
    this.sendNow(meta, sections);
    if (this.#connection.isFull) await this.#connection.drained();
  }

  /** Whether data may be sent without waiting. */
  get hasCredit() {
    return this.#credit.any;
  }

  /**
   * Sends data for which there is credit.
   * @param {Meta} meta
   * @param {readonly Uint8Array[]} [sections]
   */
  sendNow(meta, sections = []) {
    const frame = encode(Kind.DATA, this.id, meta, sections);
    this.#credit.spend(frame.length);
    this.#connection.write(frame);
  }

  /** Says that it is being executed: from here on the server sends it to nobody else. */
  begun() {
    this.#connection.begun(this.id);
  }

  /** Whether the server has asked to stop it. */
  get isCancelled() {
    return this.#isCancelled;
  }

  // What the connection reports

  /**
   * It is to end with this error.
   * @param {Error} error
   */
  stop(error) {
    this.#aborting.abort(error);
  }

  /** The server wants it stopped. */
  cancel() {
    this.#credit.lift();
    this.#isCancelled = true;
    this.#aborting.abort(new CallFailed("the call was cancelled", { type: "Cancelled" }));
  }

  /** @param {Frame} frame data that has arrived; `BadFrame` when it may not */
  feed(frame) {
    if (!STREAMED.has(this.method)) throw new BadFrame(`\`${this.method}\` does not stream, and data came for it`);
    this.received.feed(frame);
  }

  /** @param {number} size so many bytes more are taken */
  granted(size) {
    this.#credit.grant(size);
    this.onCredit?.();
  }
}

/** A call of the worker that streams: iterate `received` for the server's data, behind its last piece is `reply`. */
export class OutgoingCall {
  #connection;
  #credit = new Credit();
  /** @type {Frame | undefined} */
  #reply;

  /**
   * @param {CallId} id
   * @param {Connection} connection
   */
  constructor(id, connection) {
    this.id = id;
    this.#connection = connection;
    /** It is answered, or cancelled: what is still sent is for nobody. */
    this.over = false;
    this.received = new Received((size) => connection.grant(id, size));
  }

  /** The answer, once `received` has come to its end. */
  get reply() {
    return this.#reply && { meta: this.#reply.meta, sections: this.#reply.sections };
  }

  /**
   * Sends data; waits for credit, and while the socket is full. Nothing is sent once the server has answered.
   * @param {Meta} meta
   * @param {readonly Uint8Array[]} [sections]
   * @param {{ last?: boolean }} [options]
   */
  async send(meta, sections = [], { last = false } = {}) {
    await this.#credit.some();
    if (this.over) return;
    const frame = encode(Kind.DATA, this.id, meta, sections, { last });
    this.#credit.spend(frame.length);
    this.#connection.write(frame);
    await this.#connection.drained();
  }

  /** Tells the server that nobody waits for the answer; whoever iterates meets the end. */
  cancel() {
    if (this.over) return;
    this.#connection.write(encode(Kind.CANCEL, this.id, {}));
    this.#end();
  }

  // What the connection reports

  /** @param {Frame} frame data that has arrived; `BadFrame` when it was not granted, dropped after a cancellation */
  feed(frame) {
    if (!this.over) this.received.feed(frame);
  }

  /** @param {number} size so many bytes more are taken */
  granted(size) {
    this.#credit.grant(size);
  }

  /** @param {Frame} frame the answer */
  answered(frame) {
    if (this.over) return;
    if (frame.kind === Kind.REPLY) {
      this.#reply = frame;
      this.#end();
    } else {
      this.#end(CallFailed.fromMeta(frame.meta));
    }
  }

  /** @param {Error} error why there will be no answer */
  lost(error) {
    if (!this.over) this.#end(error);
  }

  /** @param {Error} [failure] */
  #end(failure) {
    this.over = true;
    this.#credit.lift();
    this.received.end(failure);
  }
}
