// WebSockets: the app is asked for one as for any GET, as middleware may keep it out; the server's own one answers behind it.
//
// No app has WebSockets of its own: Hono leaves them to adapters, each of which needs the HTTP server that it was written for.

import { whole } from "./app_answer.mjs";
import { metaOf } from "./app_request.mjs";

/** @typedef {import("./app_exchange.mjs").Exchange} Exchange */
/** @typedef {import("./calls.mjs").OutgoingCall} OutgoingCall */
/** @typedef {import("./connection.mjs").Answer} Answer */
/** @typedef {import("./frames.mjs").Frame} Frame */
/** @typedef {{asked: OutgoingCall, frames: AsyncGenerator<Frame, void, void>, subprotocol: string | null}} ServedSocket */

const NOT_IMPLEMENTED = 501;

/**
 * Has the server answer the handshake. A WebSocket that it accepts is an empty answer for middleware.
 * @param {Exchange} exchange
 * @param {Request} request as middleware has left it
 */
export async function serveSocket(exchange, request) {
  const asked = await exchange.ask("websocket.serve", { request: metaOf(request, exchange.meta) });
  const frames = asked.received[Symbol.asyncIterator]();
  const { value: first } = await frames.next();
  const accept = first?.meta["accept"];
  if (accept) {
    exchange.socket = { asked, frames, subprotocol: accept.subprotocol };
    return new Response(null, { headers: accept.headers });
  }
  const { status, headers } = asked.reply?.meta ?? { status: 500, headers: [] };
  return new Response(Buffer.concat(asked.reply?.sections ?? []), { status, headers });
}

/**
 * What becomes of the handshake: the server's WebSocket if it was asked and nobody objects, else a refusal.
 * @param {Exchange} exchange
 * @param {Response} response
 * @returns {Promise<Answer>}
 */
export async function openOrRefuse(exchange, response) {
  const { socket } = exchange;
  if (socket && response.ok) return talk(exchange, socket, response);
  if (response?.status >= 400) return whole(exchange, response);
  const detail = `This route of the app has answered a WebSocket with status ${response?.status}. An app in JavaScript has no WebSockets of its own here.`;
  return whole(exchange, Response.json({ detail }, { status: NOT_IMPLEMENTED }));
}

/**
 * Passes messages on until one side closes; each direction waits for its own receiver only.
 * @param {Exchange} exchange
 * @param {ServedSocket} socket
 * @param {Response} response
 * @returns {Promise<Answer>}
 */
async function talk({ call }, { asked, frames, subprotocol }, response) {
  await call.send({ accept: { subprotocol, headers: [...response.headers] } });
  hear(call.received, asked).catch(() => asked.cancel()); // the client has left without closing it
  for (let { value: frame } = await frames.next(); frame; { value: frame } = await frames.next()) await call.send(frame.meta, frame.sections);
  return { meta: { close: asked.reply?.meta["close"] ?? { code: 1011, reason: "" } } };
}

/**
 * @param {AsyncIterable<Frame>} received
 * @param {OutgoingCall} asked
 */
async function hear(received, asked) {
  for await (const { meta, sections } of received) await asked.send(meta, sections, { last: "closed" in meta });
}
