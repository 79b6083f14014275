// The app's answer on its way to the server: at once if it is there, else piece by piece as the client takes it.

import { Buffer } from "node:buffer";

/** @typedef {import("./app_exchange.mjs").Exchange} Exchange */
/** @typedef {import("./connection.mjs").Answer} Answer */
/** @typedef {import("./frames.mjs").Meta} Meta */

/** Bytes of a body that may go along with its head. */
const AT_ONCE = 1024 * 1024;
const PIECE = 256 * 1024;
/** Milliseconds that a head waits for its body, to go with it. */
const PATIENCE = 10;
const NOTHING = Buffer.alloc(0);

/**
 * Sends an answer but for its last part, which is the answer to the call.
 * @param {Exchange} exchange
 * @param {Response} response
 * @returns {Promise<Answer>}
 */
export async function send(exchange, response) {
  const head = headOf(exchange, response);
  if (exchange.meta.method === "HEAD" || !response.body) {
    await response.body?.cancel();
    return { meta: head, sections: [NOTHING] };
  }
  const reader = response.body.getReader();
  exchange.onLeave(() => void reader.cancel(exchange.signal.reason).catch(() => {}));
  return passOn(exchange, head, reader);
}

/**
 * All of an answer at once.
 * @param {Exchange} exchange
 * @param {Response} response
 * @returns {Promise<Answer>}
 */
export async function whole(exchange, response) {
  const head = headOf(exchange, response);
  return { meta: head, sections: [Buffer.from(await response.arrayBuffer())] };
}

/**
 * What is sent before the body.
 * @param {Exchange} exchange
 * @param {Response} response
 */
function headOf(exchange, response) {
  if (typeof response?.status !== "number" || typeof response.headers?.get !== "function") {
    throw new TypeError(`an app answers with a \`Response\`, and this one has answered ${exchange.name} with ${response === undefined ? "nothing" : "something else"}`);
  }
  const { diagnostic } = exchange;
  return { status: response.status, headers: [...response.headers], ...exchange.takeRoute(), ...(diagnostic && { diagnostic }) };
}

/**
 * @param {Exchange} exchange
 * @param {Meta} head
 * @param {ReadableStreamDefaultReader} reader
 * @returns {Promise<Answer>}
 */
async function passOn(exchange, head, reader) {
  const { call } = exchange;
  let meta = head;
  let reading = reader.read();
  let read = await Promise.race([reading, later()]);
  if (!read) {
    await call.send(meta, [NOTHING]);
    meta = {};
    read = await reading;
  }
  while (!read.done) {
    const bytes = bytesOf(read.value);
    reading = reader.read();
    // Most answers are one piece; then it is known at once that no other follows. What fails is met when this piece is on its way.
    const known = reading.catch(() => undefined);
    const next = meta === head && bytes.length <= AT_ONCE ? await Promise.race([known, soon()]) : undefined;
    if (next?.done) return { meta, sections: [bytes] };
    for (let at = 0; at < bytes.length; at += PIECE) {
      await call.send(meta, [bytes.subarray(at, at + PIECE)]);
      meta = {};
    }
    read = next ?? (await reading);
  }
  return meta === head ? { meta, sections: [NOTHING] } : { meta };
}

/**
 * A piece of a body; texts are no pieces of one by the standard, but servers take them.
 * @param {unknown} piece
 */
function bytesOf(piece) {
  if (typeof piece === "string") return Buffer.from(piece);
  if (piece instanceof ArrayBuffer) return Buffer.from(piece);
  if (ArrayBuffer.isView(piece)) return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  throw new TypeError(`the body of an answer is bytes, and not ${typeof piece}`);
}

/** @returns {Promise<undefined>} */
function later() {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), PATIENCE);
  });
}

/** @returns {Promise<undefined>} */
function soon() {
  return new Promise((resolve) => {
    setImmediate(() => resolve(undefined));
  });
}
