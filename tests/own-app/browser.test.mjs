// What browsers have of their own, as Node has it too: EventSource, fetch that streams, WebSocket. LGX_URL serves tests/projects/app.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import test from "node:test";

const url = process.env.LGX_URL;

/** A port whose lines the route `ticker` passes on, and the end to write them at, once the route is connected. */
async function source() {
  const server = net.createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connected = once(server, "connection");
  const lines = async () => {
    const [socket] = await connected;
    server.close();
    return socket;
  };
  return { port: server.address().port, lines };
}

test("an EventSource gets each event when it is sent", async () => {
  const { port, lines } = await source();
  const events = new EventSource(`${url}/ticker/${port}`);
  const socket = await lines();
  for (const word of ["first", "second", "third"]) {
    // Nothing further is sent before this one has come.
    const ticks = once(events, "tick");
    socket.write(`${word}\n`);
    const [event] = await ticks;
    assert.equal(event.data, `"one ${word}"`);
  }
  events.close();
  socket.destroy();
});

test("fetch reads an answer while it is made", async () => {
  const { port, lines } = await source();
  const answer = await fetch(`${url}/ticker/${port}`);
  const socket = await lines();
  const pieces = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (const word of ["first", "second"]) {
    socket.write(`${word}\n`);
    const { value } = await pieces.read();
    assert.equal(value, `event: tick\ndata: "one ${word}"\n\n`);
  }
  socket.end();
  assert.equal((await pieces.read()).done, true);
});

test("a WebSocket ends cleanly with the code that it is closed with", async () => {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws/echo`, ["shop"]);
  await once(socket, "open");
  assert.equal(socket.protocol, "shop");
  const answered = once(socket, "message");
  socket.send("hello");
  const [message] = await answered;
  assert.equal(message.data, "one: hello");
  const ended = once(socket, "close");
  socket.close(4000, "bye");
  const [closed] = await ended;
  assert.deepEqual([closed.code, closed.wasClean], [4000, true]);
});
