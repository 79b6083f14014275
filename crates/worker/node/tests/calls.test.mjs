// Streams of calls: each direction has credit of its own, and one that stops holds up nobody else.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { CallFailed, ConnectionClosed } from "../src/errors.mjs";
import { Kind, encode } from "../src/frames.mjs";
import { WINDOW } from "../src/streams.mjs";
import { connected } from "./server.mjs";

/**
 * @import { Handle } from "../src/connection.mjs"
 * @import { OutgoingCall } from "../src/calls.mjs"
 * @import { Server } from "./server.mjs"
 */

const PART = Buffer.alloc(WINDOW / 8, "x");
const RUN = encode(Kind.CALL, 2, { method: "run", params: {} });

/** @type {Handle} */
const flood = async (method, _params, _sections, call) => {
  const pieces = method === "run" ? 20 : 0;
  for (let piece = 0; piece < pieces; piece += 1) await call.send({ piece }, [PART]);
  return { meta: { method, cancelled: call.signal.aborted }, sections: [] };
};

/**
 * What arrives until a run has used up its credit.
 * @param {Server} server
 */
async function stalled(server) {
  server.send(RUN);
  let size = 0;
  while (size < WINDOW) {
    const frame = await server.receive();
    assert.equal(frame.kind, Kind.DATA);
    size += frame.size;
  }
  return size;
}

test("a run whose data nobody takes stops alone, and goes on when it is taken", () =>
  connected(async (server) => {
    assert((await stalled(server)) < WINDOW + PART.length + 100, "a frame at most beyond the window");
    server.send(encode(Kind.CALL, 4, { method: "other", params: {} }), encode(Kind.PING, 6, {}));
    assert.deepEqual(new Set([(await server.receive()).id, (await server.receive()).id]), new Set([4, 6]));
    server.send(encode(Kind.CREDIT, 2, { bytes: 2 * WINDOW }));
    const pieces = [];
    let frame = await server.receive();
    while (frame.kind === Kind.DATA) {
      pieces.push(frame.meta.piece);
      frame = await server.receive();
    }
    assert.deepEqual([frame.kind, pieces.at(-1)], [Kind.REPLY, 19]);
    assert.deepEqual(pieces, pieces.toSorted((a, b) => a - b));
  }, flood));

test("a run that is cancelled while it waits for credit answers", () =>
  connected(async (server) => {
    await stalled(server);
    server.send(encode(Kind.CANCEL, 2, {}));
    let frame = await server.receive();
    while (frame.kind === Kind.DATA) frame = await server.receive();
    assert.deepEqual([frame.kind, frame.meta], [Kind.REPLY, { method: "run", cancelled: true }]);
  }, flood));

test("what the server sends into a call arrives in order, and is granted as it is taken", async () => {
  /** @type {() => void} */
  let take = () => {};
  const taking = new Promise((resolve) => {
    take = () => resolve(undefined);
  });
  /** @type {Handle} */
  const collect = async (method, _params, _sections, call) => {
    if (method === "other") return { meta: {}, sections: [] };
    await taking;
    const pieces = [];
    for await (const frame of call.received) if (frame.sections.length > 0) pieces.push(frame.meta.piece);
    return { meta: { pieces }, sections: [] };
  };
  await connected(async (server) => {
    const part = (/** @type {number} */ piece) => encode(Kind.DATA, 2, { piece }, [PART]);
    server.send(RUN, ...[0, 1, 2, 3, 4, 5, 6, 7].map(part));
    // Nobody takes it, and another call comes by.
    server.send(encode(Kind.CALL, 4, { method: "other", params: {} }));
    assert.equal((await server.receive()).id, 4);
    take();
    for (const pieces of [4, 4]) {
      const granted = await server.receive();
      assert.deepEqual([granted.kind, granted.id, granted.meta], [Kind.CREDIT, 2, { bytes: pieces * part(0).length }]);
    }
    server.send(part(8), encode(Kind.DATA, 2, {}, [], { last: true }));
    assert.deepEqual((await server.receive()).meta, { pieces: [0, 1, 2, 3, 4, 5, 6, 7, 8] });
  }, collect);
});

/** @type {Handle} */
const never = () => new Promise(() => {});

test("data that was not granted ends the connection", () =>
  connected(async (server) => {
    server.send(RUN, ...Array.from({ length: 10 }, () => encode(Kind.DATA, 2, {}, [PART])));
    await server.lost;
  }, never));

test("data for a call that does not stream ends the connection", () =>
  connected(async (server) => {
    server.send(encode(Kind.CALL, 2, { method: "state.get", params: {} }), encode(Kind.DATA, 2, {}));
    await server.lost;
  }, never));

test("data for a call that is over is left out", () =>
  connected(async (server) => {
    server.send(encode(Kind.DATA, 2, {}, [PART]), encode(Kind.CREDIT, 2, { bytes: 1 }), encode(Kind.PING, 4, {}));
    assert.equal((await server.receive()).kind, Kind.PONG);
  }));

/**
 * A call of the worker that streams, which the server has seen.
 * @param {Server} server
 */
async function opened(server) {
  const call = await server.connection.open("http.serve", { call: 2 });
  const seen = await server.receive();
  assert.deepEqual([seen.kind, seen.id, seen.meta], [Kind.CALL, call.id, { method: "http.serve", params: { call: 2 } }]);
  return call;
}

/** @param {OutgoingCall} call */
async function collected(call) {
  const frames = [];
  for await (const frame of call.received) frames.push(frame);
  return frames;
}

test("a call of the worker sends as far as it is granted, and stops when it is answered", () =>
  connected(async (server) => {
    const call = await opened(server);
    const feeding = (async () => {
      for (let count = 0; count < 30; count += 1) await call.send({}, [PART]);
      await call.send({}, [], { last: true });
    })();
    let size = 0;
    while (size < WINDOW) {
      size += (await server.receive()).size;
    }
    server.send(encode(Kind.PING, 8, {}));
    assert.equal((await server.receive()).kind, Kind.PONG, "it waits");
    server.send(encode(Kind.REPLY, call.id, { status: 413 }, [Buffer.from("enough")]));
    await feeding;
    assert.deepEqual(await collected(call), []);
    assert.deepEqual([call.reply?.meta, call.reply?.sections.map(String)], [{ status: 413 }, ["enough"]]);
    call.cancel(); // it is over: there is nothing to tell
    server.send(encode(Kind.PING, 10, {}));
    assert.equal((await server.receive()).id, 10);
  }));

test("a call of the worker grants what it has taken, and throws what the server answers", () =>
  connected(async (server) => {
    const call = await opened(server);
    const part = encode(Kind.DATA, call.id, {}, [PART]);
    server.send(part, part, part, part);
    const failed = assert.rejects(collected(call), (error) => error instanceof CallFailed && error.status === 502);
    const granted = await server.receive();
    assert.deepEqual([granted.kind, granted.id, granted.meta], [Kind.CREDIT, call.id, { bytes: 4 * part.length }]);
    server.send(encode(Kind.ERROR, call.id, { type: "Broken", message: "broke off", status: 502 }));
    await failed;
  }));

test("a call of the worker that is cancelled drops what still comes", () =>
  connected(async (server) => {
    const call = await opened(server);
    call.cancel();
    const { kind, id } = await server.receive();
    assert.deepEqual([kind, id], [Kind.CANCEL, call.id]);
    // More than was granted: the server may have sent it before it heard.
    server.send(...Array.from({ length: 20 }, () => encode(Kind.DATA, call.id, {}, [PART])));
    server.send(encode(Kind.ERROR, call.id, { type: "Cancelled", message: "cancelled" }), encode(Kind.PING, 8, {}));
    assert.deepEqual(await collected(call), []);
    assert.equal((await server.receive()).id, 8);
  }));

test("calls of the worker that stream end with the connection", () =>
  connected(async (server) => {
    const call = await opened(server);
    await server.hangUp();
    await assert.rejects(collected(call), ConnectionClosed);
    await assert.rejects(collected(await server.connection.open("http.serve", {})), ConnectionClosed);
  }));
