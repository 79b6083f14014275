// A request as the protocol has it, and as a Web `Request`: each made of the other.

import { Buffer } from "node:buffer";

/** @typedef {import("./streams.mjs").Received} Received */
/**
 * @typedef {{method?: string, scheme: string, path: string, raw_path: string, query: string, headers: [string, string][],
 *   client: [string, number] | null, server: [string, number] | null, http_version: string, subprotocols?: string[]}} RequestMeta
 */

/** Methods of which a Web `Request` has no body, whatever the client sends. */
const WITHOUT_BODY = new Set(["GET", "HEAD"]);
/** Bytes of a URL's path that are no characters of one. */
const NOT_ASCII = /[\u0080-\u00ff]/g;

/**
 * The request, for an app; one for a WebSocket is a GET. There is none where `Host` is no name of a host.
 * @param {RequestMeta} meta
 * @param {RequestBody} body
 * @param {AbortSignal} signal
 */
export function requestOf(meta, body, signal) {
  const { method = "GET" } = meta;
  const origin = originOf(meta);
  if (origin === null) return null;
  const url = `${origin}${targetOf(meta)}`;
  const headers = new Headers(meta.headers);
  if (WITHOUT_BODY.has(method)) return new Request(url, { method, headers, signal });
  // The types of Node leave out that a body which streams has to say so.
  const init = /** @type {RequestInit} */ ({ method, headers, signal, body: body.whole ?? body.stream(), duplex: "half" });
  return new Request(url, init);
}

/**
 * The request as middleware has left it, for the server.
 * @param {Request} request
 * @param {RequestMeta} first as it came
 * @returns {RequestMeta}
 */
export function metaOf(request, first) {
  const { pathname, search } = new URL(request.url);
  const told = { ...first, path: decoded(pathname), raw_path: pathname, query: search.slice(1), headers: [...request.headers] };
  return first.method === undefined ? told : { ...told, method: request.method };
}

/**
 * What the client calls this server; null if that is more than a host and a port, or no host at all.
 * @param {RequestMeta} meta
 */
function originOf({ headers }) {
  const host = headers.find(([name]) => name === "host")?.[1] || "localhost";
  const url = `http://${host}`;
  if (!URL.canParse(url)) return null;
  const { href, origin } = new URL(url);
  return href === `${origin}/` ? origin : null;
}

/** @param {RequestMeta} meta */
function targetOf({ raw_path: path, query }) {
  const target = `${path.startsWith("/") ? "" : "/"}${path}${query === "" ? "" : `?${query}`}`;
  return target.replace(NOT_ASCII, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
}

/**
 * The path as routes see it.
 * @param {string} path
 */
function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    const bytes = path.replace(/%([0-9a-f]{2})/gi, (_, byte) => String.fromCharCode(Number.parseInt(byte, 16)));
    return Buffer.from(bytes, "latin1").toString();
  }
}

/** The body of a request: there, or still on its way. Only reading it lets more of it come. */
export class RequestBody {
  #pieces;
  /** @type {Uint8Array | null} */
  #first = null;
  #taken = 0;
  #isOver = false;

  /**
   * @param {Buffer | null} whole all of it, if it is there
   * @param {Received} received what comes of it, if it is not
   */
  constructor(whole, received) {
    this.whole = whole;
    this.#pieces = received[Symbol.asyncIterator]();
  }

  /**
   * Whether somebody else can still be given all of it.
   * @param {Request} request that it is of
   */
  isLeft({ bodyUsed }) {
    return !bodyUsed || this.whole !== null || this.#taken <= 1;
  }

  /** What is still to come, for an app. */
  stream() {
    return new ReadableStream(
      {
        pull: async (controller) => {
          const piece = await this.#next();
          if (piece) controller.enqueue(piece);
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /**
   * All of it once more, for whoever answers when the app does not. A clone of the request may have read it, or still read it: then its
   * own body has all that it took.
   * @param {Request} request that it is of
   * @returns {Buffer | AsyncIterable<Uint8Array>}
   */
  again({ body, bodyUsed }) {
    if (this.whole) return this.whole;
    return body && !bodyUsed ? /** @type {any} */ (body) : this.#again();
  }

  async *#again() {
    if (this.#first) yield this.#first;
    for (let piece = await this.#next(); piece; piece = await this.#next()) yield piece;
  }

  /** The next piece that is not empty; null at the end. */
  async #next() {
    while (!this.#isOver) {
      const { value: frame, done } = await this.#pieces.next();
      if (done || !frame) throw new Error("the body of the request breaks off");
      this.#isOver = frame.last;
      const piece = new Uint8Array(Buffer.concat(frame.sections));
      if (piece.length === 0) continue;
      this.#taken += 1;
      this.#first ??= piece;
      return piece;
    }
    return null;
  }
}
