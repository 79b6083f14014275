// Requests that the app has no route for: the server's own routes answer them, behind the app's middleware.

import { Buffer } from "node:buffer";

import { metaOf } from "./app_request.mjs";
import { CallFailed } from "./errors.mjs";

/** @typedef {import("./app_exchange.mjs").Exchange} Exchange */
/** @typedef {import("./calls.mjs").OutgoingCall} OutgoingCall */
/** @typedef {import("./frames.mjs").Frame} Frame */
/** @typedef {{status: number, headers: [string, string][]}} Head */
/** @typedef {Buffer | AsyncIterable<Uint8Array>} Body */

/** Bytes of a body that go in one frame. */
const PIECE = 256 * 1024;
/** Answers that have no body, not even an empty one. */
const WITHOUT_BODY = new Set([101, 103, 204, 205, 304]);
const NOT_FOUND = 404;
/** What the server says of a path that it does not know; where it knows the path, it says what was not found. */
const NOT_FOUND_BODY = '{"detail":"Not Found"}';
/** The answer to a client that has left, which nobody reads. */
const NOBODY_WAITS = 499;

/**
 * Has the server answer. It does not throw: middleware must not take what happens there for what the app does.
 * @param {Exchange} exchange
 * @param {Request} request as middleware has left it
 * @param {Body} body
 */
export async function serve(exchange, request, body) {
  try {
    return await ask(exchange, request, body);
  } catch (error) {
    const gone = exchange.hasLeft || !(error instanceof CallFailed);
    return gone ? new Response(null, { status: NOBODY_WAITS }) : Response.json({ detail: error.message }, { status: 502 });
  }
}

/**
 * Has the server answer, unless it does not know the path: then it is null.
 * @param {Exchange} exchange
 * @param {Request} request
 * @param {Body} body
 */
export async function serveIfKnown(exchange, request, body) {
  const served = await serve(exchange, request, body);
  if (served.status !== NOT_FOUND) return served;
  const said = await served.text();
  return said === NOT_FOUND_BODY ? null : new Response(said, served);
}

/**
 * @param {Exchange} exchange
 * @param {Request} request
 * @param {Body} body
 */
async function ask(exchange, request, body) {
  const isWhole = Buffer.isBuffer(body);
  const params = { request: metaOf(request, exchange.meta), body: isWhole ? "whole" : "streamed" };
  const asked = await exchange.ask("http.serve", params, isWhole ? [body] : []);
  if (!isWhole) feed(asked, body).catch(() => asked.cancel()); // a body that breaks off is no whole one
  const frames = asked.received[Symbol.asyncIterator]();
  const { value: first } = await frames.next();
  if (first) return answered(/** @type {Head} */ (first.meta), streamed(asked, first, frames));
  const { meta, sections } = replyOf(asked);
  return answered(/** @type {Head} */ (meta), Buffer.concat(sections));
}

/**
 * @param {Head} head
 * @param {Uint8Array | ReadableStream} body
 */
function answered({ status, headers }, body) {
  return new Response(WITHOUT_BODY.has(status) ? null : body, { status, headers });
}

/**
 * What the server answers, as fast as it is taken.
 * @param {OutgoingCall} asked
 * @param {Frame} first
 * @param {AsyncGenerator<Frame, void, void>} frames
 */
function streamed(asked, first, frames) {
  /** @type {Frame | null} */
  let waiting = first;
  return new ReadableStream(
    {
      async pull(controller) {
        for (;;) {
          const frame = waiting ?? (await frames.next()).value;
          waiting = null;
          if (!frame) {
            replyOf(asked);
            controller.close();
            return;
          }
          const piece = Buffer.concat(frame.sections);
          if (piece.length > 0) {
            controller.enqueue(new Uint8Array(piece));
            return;
          }
        }
      },
      cancel: () => asked.cancel(),
    },
    { highWaterMark: 0 },
  );
}

/** @param {OutgoingCall} asked */
function replyOf(asked) {
  if (!asked.reply) throw new Error("nobody waits for this answer any more");
  return asked.reply;
}

/**
 * Sends the body as fast as the server takes it.
 * @param {OutgoingCall} asked
 * @param {AsyncIterable<Uint8Array>} body
 */
async function feed(asked, body) {
  for await (const bytes of body) {
    if (asked.over) return;
    for (let at = 0; at < bytes.length; at += PIECE) await asked.send({}, [bytes.subarray(at, at + PIECE)]);
  }
  await asked.send({}, [], { last: true });
}
