// A server for tests of the worker: keeps checkpoints and items in memory, by the keys that the real one has.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import { decode, encode, frameLength, Kind } from "../src/frames.mjs";

/** @typedef {import("../src/frames.mjs").Frame} Frame */
/** @typedef {import("../src/frames.mjs").Meta} Meta */
/** @typedef {{meta: Meta, sections: Buffer[], data: {meta: Meta, sections: Buffer[]}[]}} Reply */
/**
 * A call of the worker that a test answers.
 * @typedef {object} Asked
 * @property {Meta} params
 * @property {Buffer[]} sections
 * @property {(meta: Meta, sections?: Buffer[]) => void} send
 * @property {(meta: Meta, sections?: Buffer[]) => void} reply
 * @property {(meta: Meta) => void} fail
 * @property {(frame: Frame) => void} [onFrame] told of what the worker sends into it
 */
/** @typedef {{row: any, body: Buffer, writes: Map<string, {write: any, blob: Buffer}>}} Stored */

const START = fileURLToPath(new URL("../start.cjs", import.meta.url));
const CONNECTION = 3;
const LIFELINE = 4;

/** A worker process, and what a server has of it. */
export class FakeServer {
  #child;
  #cwd;
  #socket;
  #nextId = 2;
  #rest = Buffer.alloc(0);
  /** @type {Map<number, {resolve: (reply: Reply) => void, reject: (error: Error) => void, data: Reply["data"], onData?: (data: Meta, sections: Buffer[]) => void}>} */
  #waiting = new Map();
  /** @type {Map<string, Stored>} */
  #checkpoints = new Map();
  /** @type {Map<string, {encoding: string, blob: Buffer}>} */
  #blobs = new Map();
  /** @type {Meta[]} */
  logs = [];
  /** How many messages brought what updates wrote. */
  updates = 0;
  /** @type {Meta[]} What was asked of the store. */
  operations = [];
  /** @type {Map<string, (asked: Asked) => void>} What answers other calls, by method. */
  answers = new Map();
  /** @type {Map<number, Asked>} */
  #asked = new Map();
  #onBegun = () => {};
  #onLog = () => {};
  /** @type {Meta | null} */
  greeting = null;

  /** @param {string} cwd the project's directory */
  constructor(cwd, env = {}) {
    this.#cwd = cwd;
    this.#child = spawn(process.execPath, [START], {
      cwd,
      env: { PATH: process.env["PATH"], ...env, LGX_WORKER_FD: String(CONNECTION), LGX_LIFELINE_FD: String(LIFELINE) },
      stdio: ["ignore", "inherit", "inherit", "pipe", "pipe"],
      detached: true,
    });
    this.#socket = /** @type {import("node:net").Socket} */ (this.#child.stdio[CONNECTION]);
    this.#socket.on("data", (data) => this.#take(data));
    /** @type {Promise<number | NodeJS.Signals | null>} */
    this.exited = new Promise((resolve) => this.#child.once("exit", (code, signal) => resolve(code ?? signal)));
  }

  /**
   * @param {string} method
   * @param {Meta} params
   * @param {{sections?: Buffer[], onData?: (data: Meta, sections: Buffer[]) => void, onId?: (id: number) => void, isTakenBack?: boolean}} [more] it may be
   *   cancelled in one breath
   * @returns {Promise<Reply>}
   */
  call(method, params, { sections = [], onData, onId, isTakenBack = false } = {}) {
    const id = this.#nextId;
    this.#nextId += 2;
    onId?.(id);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, data: [], ...(onData && { onData }) });
      const frames = [encode(Kind.CALL, id, { method, params }, sections), ...(isTakenBack ? [encode(Kind.CANCEL, id, {})] : [])];
      this.#socket.write(Buffer.concat(frames));
    });
  }

  /** @param {Meta} graphs */
  load(graphs, more = {}) {
    return this.call("load", { root: this.#cwd, sys_path: [], graphs, auth: null, jobs: 10, api_url: "http://127.0.0.1:1", user_agent_version: "0", ...more });
  }

  /** Resolves when the worker has said that it begins on something. */
  async hasBegun() {
    await /** @type {Promise<void>} */ (new Promise((resolve) => (this.#onBegun = resolve)));
  }

  /** Resolves when the worker has printed or told something more. */
  async nextLog() {
    await /** @type {Promise<void>} */ (new Promise((resolve) => (this.#onLog = resolve)));
  }

  /** @param {number} id */
  cancel(id) {
    this.#socket.write(encode(Kind.CANCEL, id, {}));
  }

  /**
   * Sends data into a call.
   * @param {number} id
   * @param {Meta} meta
   * @param {Buffer[]} [sections]
   * @param {{last?: boolean}} [options]
   */
  send(id, meta, sections = [], options = {}) {
    this.#socket.write(encode(Kind.DATA, id, meta, sections, options));
  }

  /** Ends the worker kindly. */
  async stop() {
    this.#socket.write(encode(Kind.SHUTDOWN, 0, {}));
    return this.exited;
  }

  /** Leaves, as a server does that is killed. */
  hangUp() {
    this.#socket.destroy();
    /** @type {import("node:net").Socket} */ (this.#child.stdio[LIFELINE]).destroy();
  }

  /** @param {Buffer} data */
  #take(data) {
    let bytes = Buffer.concat([this.#rest, data]);
    for (let length = frameLength(bytes); length !== undefined && bytes.length >= length; length = frameLength(bytes)) {
      this.#frame(decode(bytes.subarray(0, length)));
      bytes = bytes.subarray(length);
    }
    this.#rest = bytes;
  }

  /** @param {Frame} frame */
  #frame(frame) {
    const { kind, id: number, meta, sections, size } = frame;
    const id = Number(number);
    this.#asked.get(id)?.onFrame?.(frame);
    const waiting = this.#waiting.get(id);
    if (kind === Kind.HELLO) this.greeting = meta;
    else if (kind === Kind.LOG) {
      this.logs.push(meta);
      this.#onLog();
    }
    else if (kind === Kind.BEGUN) this.#onBegun();
    else if (kind === Kind.DATA && waiting) {
      waiting.data.push({ meta, sections });
      waiting.onData?.(meta, sections);
      this.#socket.write(encode(Kind.CREDIT, id, { bytes: size }));
    } else if (kind === Kind.REPLY && waiting) waiting.resolve({ meta, sections, data: waiting.data });
    else if (kind === Kind.ERROR && waiting) waiting.reject(Object.assign(new Error(meta["message"]), { meta }));
    else if (kind === Kind.CALL && this.answers.has(meta["method"])) this.#ask(id, meta["method"], meta["params"], sections);
    else if (kind === Kind.NOTE || kind === Kind.CALL) {
      const answer = this.#answer(meta["method"], meta["params"], sections);
      if (kind === Kind.CALL) this.#socket.write(encode(Kind.REPLY, number, answer.meta, answer.sections));
    }
  }

  /**
   * @param {number} id
   * @param {string} method
   * @param {Meta} params
   * @param {Buffer[]} sections
   */
  #ask(id, method, params, sections) {
    /** @param {number} kind */
    const frames = (kind) => (/** @type {Meta} */ meta, /** @type {Buffer[]} */ more = []) => void this.#socket.write(encode(kind, id, meta, more));
    /** @type {Asked} */
    const asked = { params, sections, send: frames(Kind.DATA), reply: frames(Kind.REPLY), fail: frames(Kind.ERROR) };
    this.#asked.set(id, asked);
    this.answers.get(method)?.(asked);
  }

  /**
   * @param {string} method
   * @param {any} params
   * @param {Buffer[]} sections
   * @returns {{meta: Meta, sections: Buffer[]}}
   */
  #answer(method, params, sections) {
    switch (method) {
      case "checkpoint.put": {
        const { checkpoint: row, new: blobs } = params;
        const [body = Buffer.alloc(0), ...values] = sections;
        for (const [index, [channel, version, encoding]] of blobs.entries()) {
          this.#blobs.set(blobKey(row, channel, version), { encoding, blob: values[index] ?? Buffer.alloc(0) });
        }
        const key = keyOf(row);
        this.#checkpoints.set(key, { row, body, writes: this.#checkpoints.get(key)?.writes ?? new Map() });
        return { meta: {}, sections: [] };
      }
      case "checkpoint.put_writes": {
        const stored = this.#checkpoints.get(keyOf(params.checkpoint));
        for (const [index, write] of params.writes.entries()) {
          const key = `${write[0]} ${write[1]}`;
          if (write[1] < 0 || !stored?.writes.has(key)) stored?.writes.set(key, { write, blob: sections[index] ?? Buffer.alloc(0) });
        }
        return { meta: {}, sections: [] };
      }
      case "checkpoint.put_update": {
        let at = 0;
        for (const { put, put_writes } of params.writes) {
          const count = put ? 1 + put.new.length : put_writes.writes.length;
          this.#answer(put ? "checkpoint.put" : "checkpoint.put_writes", put ?? put_writes, sections.slice(at, at + count));
          at += count;
        }
        this.updates += 1;
        return { meta: {}, sections: [] };
      }
      case "checkpoint.get": {
        const [found] = this.#matching(params);
        return { meta: { tuple: found?.meta ?? null }, sections: found?.sections ?? [] };
      }
      case "checkpoint.list": {
        const found = this.#matching(params).slice(0, params.limit ?? undefined);
        return { meta: { tuples: found.map(({ meta }) => meta), more: false }, sections: found.flatMap((one) => one.sections) };
      }
      case "store.batch": {
        this.operations.push(...params.operations);
        return { meta: { results: params.operations.map(() => "done"), more: false }, sections: [] };
      }
      default:
        throw new Error(`the fake server does not know ${method}`);
    }
  }

  /**
   * Newest first.
   * @param {any} query
   */
  #matching({ thread_id, checkpoint_ns, checkpoint_id, before = null }) {
    const all = [...this.#checkpoints.values()].filter(
      ({ row }) =>
        row.thread_id === thread_id &&
        (checkpoint_ns === null || row.checkpoint_ns === checkpoint_ns) &&
        (checkpoint_id === null || row.checkpoint_id === checkpoint_id) &&
        (before === null || row.checkpoint_id < before),
    );
    return all.toSorted((a, b) => (a.row.checkpoint_id < b.row.checkpoint_id ? 1 : -1)).map((stored) => this.#tuple(stored));
  }

  /** @param {Stored} stored */
  #tuple({ row, body, writes }) {
    const channels = Object.entries(row.channel_versions).flatMap(([channel, version]) => {
      const found = this.#blobs.get(blobKey(row, channel, String(version)));
      return found ? [{ entry: [channel, version, found.encoding], blob: found.blob }] : [];
    });
    const pending = [...writes.values()];
    return {
      meta: { checkpoint: row, channels: channels.map(({ entry }) => entry), writes: pending.map(({ write }) => write) },
      sections: [body, ...channels.map(({ blob }) => blob), ...pending.map(({ blob }) => blob)],
    };
  }
}

/** @param {any} row */
function keyOf({ thread_id, checkpoint_ns, checkpoint_id }) {
  return JSON.stringify([thread_id, checkpoint_ns, checkpoint_id]);
}

/**
 * @param {any} row
 * @param {string} channel
 * @param {string} version
 */
function blobKey({ thread_id, checkpoint_ns }, channel, version) {
  return JSON.stringify([thread_id, checkpoint_ns, channel, version]);
}
