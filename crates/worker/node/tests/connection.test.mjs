// The connection itself: bytes in any pieces, calls of both sides, a full socket, and a server that leaves.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers/promises";
import { test } from "node:test";
import { currentCall } from "../src/calls.mjs";
import { CallFailed, ConnectionClosed } from "../src/errors.mjs";
import { Kind, encode } from "../src/frames.mjs";
import { connected } from "./server.mjs";


test("frames may arrive in any pieces", () =>
  connected(async (server) => {
    const sections = [Buffer.from("a"), Buffer.alloc(0), Buffer.from("bc")];
    const call = encode(Kind.CALL, 6, { method: "echo", params: { word: "é" } }, sections);
    const three = Buffer.concat([call, call, call]);
    for (let piece = 1; piece < three.length; piece += 7) {
      for (let start = 0; start < three.length; start += piece) {
        server.send(three.subarray(start, start + piece));
        await setImmediate();
      }
      for (let count = 0; count < 3; count += 1) {
        const reply = await server.receive();
        assert.deepEqual([reply.kind, reply.id, reply.meta.word], [Kind.REPLY, 6, "é"]);
        assert.deepEqual(reply.sections.map(String), ["a", "", "bc"]);
      }
    }
  }));

test("bytes that are no frame end the connection", () =>
  connected(async (server) => {
    server.send(Buffer.from("HTTP/1.1 200 OK\r\n\r\n".repeat(3)));
    await server.lost;
  }));

test("a frame that only the worker sends ends the connection", () =>
  connected(async (server) => {
    server.send(encode(Kind.HELLO, 0, {}));
    await server.lost;
  }));

test("calls of both sides may cross, and each has its answer", () =>
  connected(async (server) => {
    const { connection } = server;
    const answers = Promise.all([connection.call("first", {}), connection.call("second", { a: 1 }, [Buffer.from("x")])]);
    const first = await server.receive();
    const second = await server.receive();
    assert.deepEqual([first.id, second.id], [1, 3]);
    assert.deepEqual(second.meta, { method: "second", params: { a: 1 } });
    assert.deepEqual(second.sections.map(String), ["x"]);
    server.send(
      encode(Kind.CALL, 2, { method: "echo", params: {} }),
      encode(Kind.REPLY, 3, { of: 3 }),
      encode(Kind.REPLY, 1, { of: 1 }, [Buffer.from("y")]),
    );
    const [one, other] = await answers;
    assert.deepEqual([one.meta, one.sections.map(String), other.meta], [{ of: 1 }, ["y"], { of: 3 }]);
    assert.deepEqual((await server.receive()).meta, { method: "echo" });
  }));

test("frames keep their order, whatever they are", () =>
  connected(async (server) => {
    const { connection } = server;
    const call = connection.call("checkpoint.get", {});
    connection.note("checkpoint.put", { step: 1 });
    connection.begun(2);
    connection.note("checkpoint.put", { step: 2 }, [Buffer.alloc(200_000)]);
    assert.equal(connection.log({ line: "text" }), true);
    connection.hello({ protocol: 2 });
    const kinds = [];
    for (let count = 0; count < 6; count += 1) {
      kinds.push((await server.receive()).kind);
    }
    assert.deepEqual(kinds.toSorted(), [Kind.HELLO, Kind.CALL, Kind.NOTE, Kind.NOTE, Kind.LOG, Kind.BEGUN].toSorted());
    const notes = kinds.filter((kind) => kind !== Kind.CALL);
    assert.deepEqual(notes, [Kind.NOTE, Kind.BEGUN, Kind.NOTE, Kind.LOG, Kind.HELLO]);
    server.send(encode(Kind.REPLY, 1, {}));
    await call;
  }));

test("a handler that throws answers with what went wrong", () => {
  /** @type {[unknown, object][]} */
  const failures = [
    [new TypeError("kaboom"), { type: "TypeError", message: "kaboom", status: null }],
    [new CallFailed("no such thread", { type: "NotFound", status: 404, headers: { a: "b" } }), { type: "NotFound", message: "no such thread", status: 404 }],
    ["a text", { type: "Error", message: "a text", status: null }],
  ];
  return connected(
    async (server) => {
      for (const [index, [, expected]] of failures.entries()) {
        server.send(encode(Kind.CALL, 2 + 2 * index, { method: "fail", params: { index } }));
        const { kind, meta } = await server.receive();
        const { type, message, status } = meta;
        assert.deepEqual([kind, { type, message, status }], [Kind.ERROR, expected]);
      }
    },
    async (_, { index }) => {
      throw failures[index]?.[0];
    },
  );
});

test("a reply that is too large fails its call alone", () =>
  connected(
    async (server) => {
      server.send(encode(Kind.CALL, 2, { method: "large", params: {} }), encode(Kind.PING, 4, {}));
      const answers = [await server.receive(), await server.receive()];
      assert.deepEqual(new Set(answers.map(({ kind }) => kind)), new Set([Kind.ERROR, Kind.PONG]));
      const failed = answers.find(({ kind }) => kind === Kind.ERROR);
      assert.equal(failed?.meta.type, "FrameTooLarge");
    },
    async () => ({ meta: {}, sections: Array.from({ length: 70_000 }, () => new Uint8Array()) }),
  ));

test("an error of the server is thrown where it was called", () =>
  connected(async (server) => {
    const call = server.connection.call("store.batch", {});
    const { id } = await server.receive();
    server.send(encode(Kind.ERROR, id, { type: "StoreError", message: "full", status: 507 }));
    await assert.rejects(call, (error) => {
      assert(error instanceof CallFailed);
      assert.deepEqual([error.type, error.message, error.status], ["StoreError", "full", 507]);
      return true;
    });
  }));

test("a call that is cancelled is told so, and answers all the same", () =>
  connected(
    async (server) => {
      server.send(encode(Kind.CALL, 2, { method: "wait", params: {} }), encode(Kind.CANCEL, 2, {}), encode(Kind.CANCEL, 2, {}));
      const answer = await server.receive();
      assert.deepEqual([answer.kind, answer.meta.type], [Kind.ERROR, "Cancelled"]);
      // Nobody knows it any more.
      server.send(encode(Kind.CANCEL, 2, {}), encode(Kind.PING, 4, {}));
      assert.equal((await server.receive()).kind, Kind.PONG);
    },
    (_method, _params, _sections, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
  ));

test("code knows the call that it runs for, also after it has waited", () =>
  connected(
    async (server) => {
      server.send(encode(Kind.CALL, 2, { method: "a", params: {} }), encode(Kind.CALL, 4, { method: "b", params: {} }));
      const answers = [await server.receive(), await server.receive()];
      assert.deepEqual(answers.map(({ id, meta }) => [id, meta.of]), [[2, 2], [4, 4]]);
      assert.equal(currentCall(), undefined);
    },
    async () => {
      await setImmediate();
      return { meta: { of: currentCall()?.id }, sections: [] };
    },
  ));

test("pings are answered and a shutdown is passed on", () =>
  connected(async (server) => {
    server.send(encode(Kind.PING, 18446744073709551614n, {}), encode(Kind.SHUTDOWN, 0, {}));
    const { kind, id } = await server.receive();
    assert.deepEqual([kind, id], [Kind.PONG, 18446744073709551614n]);
    assert.equal(server.shutdowns, 1);
  }));

test("calls that wait end with the connection, and so do later ones", () =>
  connected(async (server) => {
    const waiting = server.connection.call("checkpoint.get", {});
    const ended = assert.rejects(waiting, ConnectionClosed);
    await server.receive();
    await server.hangUp();
    await ended;
    await assert.rejects(server.connection.call("checkpoint.get", {}), ConnectionClosed);
    server.connection.note("checkpoint.put", {});
  }));

test("while the server does not read, lines of logs are left out and nobody who waits is forgotten", () =>
  connected(async (server) => {
    const { connection } = server;
    const line = { line: "x".repeat(100_000) };
    let sent = 0;
    while (connection.log(line)) sent += 1;
    assert(sent > 70 && sent < 200, `${sent} lines are kept`);
    const drained = connection.drained();
    for (let count = 0; count < sent; count += 1) {
      assert.equal((await server.receive()).kind, Kind.LOG);
    }
    await drained;
    assert.equal(connection.log(line), true);
  }));
