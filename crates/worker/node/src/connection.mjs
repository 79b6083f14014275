// The connection to the server: frames in and out, calls in both directions, and cancellation.
//
// What a node prints, and that a run begins, has to be on its way before the code of the project goes on, which may never let go of the
// event loop, or end the process. So what is sent is written at once where the kernel takes it; what it does not take waits for the loop.
import { writeSync } from "node:fs";
import { Buffer } from "node:buffer";
import { Call, OutgoingCall } from "./calls.mjs";
import { CallFailed, ConnectionClosed, failureOf, FrameTooLarge } from "./errors.mjs";
import { BadFrame, Kind, decode, encode, frameLength } from "./frames.mjs";

/**
 * @import { Socket } from "node:net"
 * @import { CallId, Frame, Meta } from "./frames.mjs"
 */

/** Frames of one turn are sent together, up to so many bytes at once. */
const TOGETHER = 64 * 1024;
/** Bytes that may wait to be written before lines of logs are left out. */
const MOST_OFFERED = 8 * 1024 * 1024;

/**
 * @typedef {{ meta: Meta, sections?: readonly Uint8Array[] }} Answer
 * @typedef {(method: string, params: Meta, sections: Buffer[], call: Call) => Promise<Answer>} Handle
 * @typedef {{ resolve: (answer: { meta: Meta, sections: Buffer[] }) => void, reject: (error: Error) => void }} Waiter
 * @typedef {{ handle: Handle, onShutdown: () => void, onLost: () => void, describe?: (error: unknown) => CallFailed }} Ends
 */

/**
 * What the server answers; `fixtures/methods.json` lists it for every language.
 * @typedef {"checkpoint.put" | "checkpoint.put_writes" | "checkpoint.put_update" | "checkpoint.get" | "checkpoint.list" | "checkpoint.delete_thread" | "store.batch" | "terminal.read" | "http.serve" | "websocket.serve" | "http.authenticate"} ServerMethod
 */

/** One end of the connection. */
export class Connection {
  #socket;
  #ends;
  /** @type {Buffer[]} */
  #arrived = [];
  #arrivedSize = 0;
  /** How much has to arrive before there can be another whole frame. */
  #awaited = 0;
  /** @type {Buffer[]} */
  #unsent = [];
  #unsentSize = 0;
  #closed = false;
  #nextId = 1; // odd: the server's own are even
  /** @type {Map<CallId, Waiter>} */
  #waiting = new Map();
  /** @type {Map<CallId, OutgoingCall>} */
  #outgoing = new Map();
  /** @type {Map<CallId, Call>} */
  #answering = new Map();
  /** @type {(() => void)[]} */
  #draining = [];
  #fd;

  /**
   * @param {Socket} socket
   * @param {Ends} ends
   * @param {number | null} [fd] the descriptor of the socket, where that is known
   */
  constructor(socket, ends, fd = null) {
    this.#fd = fd;
    this.#socket = socket;
    this.#ends = ends;
    socket.on("data", (data) => this.#data(data));
    socket.on("drain", () => this.#resume());
    // What went wrong is of no use to anybody: the server has gone.
    socket.on("error", () => {});
    socket.on("close", () => this.#lost());
  }

  // Calls of the worker to the server

  /**
   * Calls the server and waits for its reply; `CallFailed` when it answers with an error.
   * @param {string} method
   * @param {Meta} params
   * @param {readonly Uint8Array[]} [sections]
   * @returns {Promise<{ meta: Meta, sections: Buffer[] }>}
   */
  async call(method, params, sections = []) {
    await this.drained();
    if (this.#closed) throw new ConnectionClosed();
    const id = this.#takeId();
    const frame = encode(Kind.CALL, id, { method, params }, sections);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.write(frame);
    });
  }

  /**
   * Calls the server with a method that streams. Whoever opens it iterates what is received to its end, or cancels it.
   * @param {string} method
   * @param {Meta} params
   * @param {readonly Uint8Array[]} [sections]
   */
  async open(method, params, sections = []) {
    await this.drained();
    const call = new OutgoingCall(this.#takeId(), this);
    this.write(encode(Kind.CALL, call.id, { method, params }, sections));
    if (this.#closed) call.lost(new ConnectionClosed());
    else this.#outgoing.set(call.id, call);
    return call;
  }

  /**
   * A call that is not answered, applied in the order sent.
   * @param {string} method
   * @param {Meta} params
   * @param {readonly Uint8Array[]} [sections]
   */
  note(method, params, sections = []) {
    this.write(encode(Kind.NOTE, 0, { method, params }, sections));
  }

  /**
   * Lets the server send so many bytes more into a call, of either side.
   * @param {CallId} id
   * @param {number} bytes
   */
  grant(id, bytes) {
    this.write(encode(Kind.CREDIT, id, { bytes }));
  }

  /**
   * Says that a call is being executed: from here on the server sends it to nobody else.
   * @param {CallId} id
   */
  begun(id) {
    this.write(encode(Kind.BEGUN, id, {}));
    this.#flush();
  }

  /**
   * Sends a line of output; false when it is left out, as too much waits to be sent.
   * @param {Meta} entry
   */
  log(entry) {
    if (this.#socket.writableLength + this.#unsentSize > MOST_OFFERED) return false;
    this.write(encode(Kind.LOG, 0, entry));
    this.#flush();
    return true;
  }

  /**
   * Sends HELLO.
   * @param {Meta} meta
   */
  hello(meta) {
    this.write(encode(Kind.HELLO, 0, meta));
    this.#flush();
  }

  /**
   * Says that what was to be imported ahead has been, and from which files.
   * @param {string[]} files
   */
  warm(files) {
    this.write(encode(Kind.WARM, 0, { files }));
  }

  /**
   * Sends a frame, together with the others of this turn and in their order.
   * @param {Buffer} frame
   */
  write(frame) {
    if (this.#closed) return;
    if (this.#unsent.length === 0) process.nextTick(() => this.#flush());
    this.#unsent.push(frame);
    this.#unsentSize += frame.length;
    if (this.#unsentSize >= TOGETHER) this.#flush();
  }

  /** Whether the socket takes no more for now. */
  get isFull() {
    return this.#socket.writableNeedDrain;
  }

  /** Waits until the socket takes more, if it is full. */
  async drained() {
    if (this.#closed || !this.#socket.writableNeedDrain) return;
    await new Promise((resolve) => {
      this.#draining.push(() => resolve(undefined));
    });
  }

  /** Writes what is left, then hangs up. */
  close() {
    this.#flush();
    this.#socket.end();
    this.#socket.destroySoon();
  }

  #takeId() {
    const id = this.#nextId;
    this.#nextId += 2;
    return id;
  }

  #flush() {
    const frames = this.#unsent;
    if (frames.length === 0) return;
    this.#unsent = [];
    this.#unsentSize = 0;
    const [first] = frames;
    const bytes = frames.length === 1 && first ? first : Buffer.concat(frames);
    // What waits already goes first.
    const written = this.#fd === null || this.#socket.writableLength > 0 ? 0 : this.#writeNow(this.#fd, bytes);
    if (written < bytes.length) this.#socket.write(bytes.subarray(written));
  }

  /**
   * How many of the bytes the kernel takes at once.
   * @param {number} fd
   * @param {Buffer} bytes
   */
  #writeNow(fd, bytes) {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(fd, bytes, written);
    } catch (error) {
      // That the server has gone is told by the socket.
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EAGAIN") this.#socket.destroy();
    }
    return written;
  }

  // What arrives

  /** @param {Buffer} data */
  #data(data) {
    this.#arrived.push(data);
    this.#arrivedSize += data.length;
    if (this.#arrivedSize < this.#awaited) return;
    const bytes = this.#arrived.length === 1 ? data : Buffer.concat(this.#arrived);
    this.#arrived = [];
    try {
      const rest = bytes.subarray(this.#frames(bytes));
      this.#arrivedSize = rest.length;
      this.#awaited = frameLength(rest) ?? 0;
      if (rest.length > 0) this.#arrived.push(rest);
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      // They make no sense, and so what follows them would not either.
      this.#socket.destroy();
    }
  }

  /**
   * Handles the whole frames among the bytes, and says how many they are.
   * @param {Buffer} bytes
   */
  #frames(bytes) {
    let at = 0;
    for (;;) {
      const length = frameLength(bytes, at);
      if (length === undefined || at + length > bytes.length) return at;
      this.#frame(decode(bytes.subarray(at, at + length)));
      at += length;
    }
  }

  /** @param {Frame} frame */
  #frame(frame) {
    switch (frame.kind) {
      case Kind.REPLY:
      case Kind.ERROR:
        return this.#answered(frame);
      case Kind.CALL:
        return void this.#answer(frame);
      case Kind.CREDIT:
        return this.#streaming(frame.id)?.granted(frame.meta.bytes);
      case Kind.DATA:
        return this.#feed(frame);
      case Kind.CANCEL:
        return this.#answering.get(frame.id)?.cancel();
      case Kind.PING:
        return this.write(encode(Kind.PONG, frame.id, {}));
      case Kind.SHUTDOWN:
        return this.#ends.onShutdown();
      default:
        throw new BadFrame(`the server does not send frames of kind ${frame.kind}`);
    }
  }

  /** @param {Frame} frame */
  #answered(frame) {
    const waiter = this.#waiting.get(frame.id);
    this.#waiting.delete(frame.id);
    if (waiter && frame.kind === Kind.REPLY) waiter.resolve({ meta: frame.meta, sections: frame.sections });
    else waiter?.reject(CallFailed.fromMeta(frame.meta));
    this.#outgoing.get(frame.id)?.answered(frame);
    this.#outgoing.delete(frame.id);
  }

  /** @param {Frame} frame */
  #feed(frame) {
    const streaming = this.#streaming(frame.id);
    if (streaming) streaming.feed(frame);
    else if (this.#waiting.has(frame.id)) throw new BadFrame("data came for a call that does not stream");
  }

  /** @param {CallId} id */
  #streaming(id) {
    return this.#answering.get(id) ?? this.#outgoing.get(id);
  }

  /** @param {Frame} frame */
  async #answer(frame) {
    const { method = "", params = {} } = frame.meta;
    const call = new Call(frame.id, method, this);
    this.#answering.set(call.id, call);
    let answer;
    try {
      const { meta, sections = [] } = await call.during(() => this.#ends.handle(method, params, frame.sections, call));
      answer = encode(Kind.REPLY, call.id, meta, sections);
    } catch (error) {
      const failed = error instanceof CallFailed || error instanceof FrameTooLarge;
      const { describe = failureOf } = this.#ends;
      answer = encode(Kind.ERROR, call.id, (failed ? failureOf : describe)(error).toMeta());
    }
    this.#answering.delete(call.id);
    this.write(answer);
  }

  #resume() {
    for (const resolve of this.#draining.splice(0)) resolve();
  }

  #lost() {
    this.#closed = true;
    this.#resume();
    for (const waiter of this.#waiting.values()) waiter.reject(new ConnectionClosed());
    this.#waiting.clear();
    for (const call of this.#outgoing.values()) call.lost(new ConnectionClosed());
    this.#outgoing.clear();
    this.#ends.onLost();
  }
}
