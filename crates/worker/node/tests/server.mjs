// A connection of the worker whose other end is a bare socket.
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection } from "../src/connection.mjs";
import { decode, frameLength } from "../src/frames.mjs";

/**
 * @import { Socket } from "node:net"
 * @import { Handle } from "../src/connection.mjs"
 */

/** @type {Handle} */
const echo = async (method, params, sections) => ({ meta: { method, ...params }, sections });

/** The server's end, byte by byte. */
export class Server {
  #received = Buffer.alloc(0);
  #socket;
  /** How often the worker was told to leave. */
  shutdowns = 0;

  /**
   * @param {Socket} ours
   * @param {Socket} theirs
   * @param {Handle} handle
   */
  constructor(ours, theirs, handle) {
    this.#socket = ours;
    ours.on("error", () => {});
    /** Resolves when the worker has seen the end of the connection. */
    this.lost = new Promise((resolve) => {
      theirs.on("close", () => resolve(undefined));
    });
    this.connection = new Connection(theirs, {
      handle,
      onShutdown: () => void (this.shutdowns += 1),
      onLost: () => {},
    });
  }

  /** @param {Uint8Array[]} bytes */
  send(...bytes) {
    this.#socket.write(Buffer.concat(bytes));
  }

  /** The next frame of the worker. */
  async receive() {
    for (;;) {
      const length = frameLength(this.#received);
      if (length !== undefined && this.#received.length >= length) {
        const frame = this.#received.subarray(0, length);
        this.#received = this.#received.subarray(length);
        return decode(frame);
      }
      const data = this.#socket.read();
      if (data) this.#received = Buffer.concat([this.#received, data]);
      else await once(this.#socket, "readable");
    }
  }

  /** Hangs up. */
  async hangUp() {
    this.#socket.destroy();
    await this.lost;
  }
}

/**
 * Both ends, for as long as a test takes.
 * @param {(server: Server) => Promise<void>} use
 * @param {Handle} [handle]
 */
export async function connected(use, handle = echo) {
  const folder = mkdtempSync(join(tmpdir(), "lgx-"));
  const listener = createServer();
  try {
    const path = join(folder, "socket");
    listener.listen(path);
    await once(listener, "listening");
    const theirs = createConnection(path);
    const [[ours]] = await Promise.all([once(listener, "connection"), once(theirs, "connect")]);
    const server = new Server(ours, theirs, handle);
    await use(server);
    await server.hangUp();
  } finally {
    listener.close();
    rmSync(folder, { recursive: true });
  }
}
