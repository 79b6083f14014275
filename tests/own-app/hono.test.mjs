// An app of Hono's as its clients see it, and the server behind it. LGX_URL serves tests/projects/javascript-app.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import test from "node:test";

const url = process.env.LGX_URL;
const PAGE = "http://localhost:3000";

/** The answer, and what it says as a text. */
async function ask(path, { json, ...init } = {}) {
  const posted = json !== undefined && { method: "POST", body: JSON.stringify(json), headers: { "content-type": "application/json", ...init.headers } };
  const answer = await fetch(url + path, { ...init, ...posted });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

async function happened(name) {
  return (await ask(`/happened/${name}`)).text;
}

test("its routes answer, with pages of JSX and parts of the path", async () => {
  const hello = await ask("/hello?name=Zo%C3%AB");
  assert.deepEqual([hello.status, JSON.parse(hello.text)], [200, { text: "welcome, Zoë", version: "one" }]);
  assert.equal((await ask("/items/%C3%A9t%C3%A9")).text, "<p>été</p>");
  assert.equal((await ask("/from")).text, "127.0.0.1");
});

test("its routes win, and what they do not match is the server's", async () => {
  const thread = JSON.parse((await ask("/threads", { json: { metadata: { a: 1 } } })).text);
  assert.deepEqual(thread.metadata, { a: 1 });
  assert.equal((await ask("/threads/search", { json: {} })).text, "[]");
  assert.equal(JSON.parse((await ask(`/threads/${thread.thread_id}`)).text).thread_id, thread.thread_id);
  assert.equal((await ask("/nowhere")).text, '{"detail":"Not Found"}');
  assert.equal((await ask("/hello", { method: "DELETE" })).status, 404);
  assert.equal(JSON.parse((await ask("/ok")).text).ok, true);
});

test("middleware marks every answer, and may refuse any request", async () => {
  const preflight = { method: "OPTIONS", headers: { origin: PAGE, "access-control-request-method": "POST" } };
  const answers = [await ask("/hello"), await ask("/info"), await ask("/nowhere"), await ask("/threads", preflight), await ask("/static/digits.txt")];
  for (const answer of answers) assert.equal(answer.headers.get("x-app"), "one");
  assert.ok(answers[3].headers.get("access-control-allow-origin"));
  for (const path of ["/hello", "/threads", "/info", "/ok"]) {
    assert.equal((await ask(path, { headers: { "x-banned": "1" } })).text, JSON.stringify({ banned: path }));
  }
});

test("middleware may read a body that the server's route reads again", async () => {
  const made = await ask("/threads", { json: { metadata: { looked: true } }, headers: { "x-look": "1" } });
  assert.deepEqual(JSON.parse(made.text).metadata, { looked: true });
  assert.equal(await happened("looked"), '{"metadata":{"looked":true}}');
});

test("streams of runs pass through as they come", async () => {
  const asked = { assistant_id: "agent", input: {}, stream_mode: ["updates"] };
  const { headers, text } = await ask("/runs/stream", { json: asked });
  assert.deepEqual([headers.get("x-app"), headers.get("content-type").startsWith("text/event-stream")], ["one", true]);
  assert.deepEqual(text.match(/^event: .*$/gm), ["event: metadata", "event: updates"]);
});

test("exceptions are answered as the app says, and a crash is JSON that a page can read", async () => {
  const teapot = await ask("/teapot");
  assert.deepEqual([teapot.status, teapot.text], [418, "short and stout"]);
  const crash = await ask("/crash", { headers: { origin: PAGE } });
  assert.deepEqual([crash.status, JSON.parse(crash.text)], [500, { detail: "RangeError: the shop is on fire" }]);
  assert.deepEqual([crash.headers.get("x-app"), crash.headers.has("access-control-allow-origin")], ["one", true]);
});

test("a part is never taken for the whole", async () => {
  const answer = await fetch(`${url}/breaks-off`);
  let seen = "";
  await assert.rejects(async () => {
    for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
      seen += piece;
      if (seen.endsWith("piece 2\n")) await ask("/break-off", { method: "POST" });
    }
  });
  assert.equal(seen, "piece 1\npiece 2\n");
});

test("cookies and bytes arrive as they are", async () => {
  const answer = await fetch(`${url}/cookies`);
  assert.deepEqual(answer.headers.getSetCookie(), ["a=1; Path=/", "b=2; Path=/", "c=; Max-Age=0; Path=/"]);
  assert.deepEqual([...new Uint8Array(await answer.arrayBuffer())], [0, 255, 128, 10]);
});

test("files are served in ranges, and HEAD says how long they are", async () => {
  const range = await ask("/static/digits.txt", { headers: { range: "bytes=2-4" } });
  assert.deepEqual([range.status, range.text], [206, "234"]);
  const head = await ask("/static/digits.txt", { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("content-length"), head.text], [200, "10", ""]);
});

test("a large upload is read piece by piece", async () => {
  const piece = Buffer.alloc(1024 * 1024, 7);
  const pieces = 24;
  const body = ReadableStream.from(Array.from({ length: pieces }, () => piece));
  const answer = await fetch(`${url}/upload`, { method: "POST", body, duplex: "half" });
  assert.deepEqual(await answer.json(), { size: pieces * piece.length, sum: (7 * pieces * piece.length) % 65_521 });
});

test("a large body goes on to the server's own route", async () => {
  const note = "x".repeat(3_000_000);
  const made = await ask("/threads", { json: { metadata: { note } } });
  assert.equal(JSON.parse(made.text).metadata.note.length, note.length);
});

test("an answer is sent while the request still comes", async () => {
  const request = http.request(`${url}/mirror`, { method: "POST" });
  request.write("one");
  const [answer] = await once(request, "response");
  for (const word of ["two", "three"]) {
    const echoed = once(answer, "data");
    request.write(word);
    assert.ok(String(await echoed).length > 0);
  }
  request.end();
  answer.resume();
  await once(answer, "end");
});

test("events arrive as they are sent", async () => {
  const server = net.createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connected = once(server, "connection");
  const answer = await fetch(`${url}/ticker/${server.address().port}`);
  const [socket] = await connected;
  server.close();
  const pieces = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (const word of ["first", "second"]) {
    socket.write(`${word}\n`);
    assert.equal((await pieces.read()).value, `event: tick\ndata: "one ${word}"\n\n`);
  }
  socket.end();
  assert.equal((await pieces.read()).done, true);
});

test("the app hears that its client has left", async () => {
  const leaving = new AbortController();
  const left = fetch(`${url}/patient`, { signal: leaving.signal });
  await happened("waits");
  leaving.abort();
  await assert.rejects(left);
  assert.equal(await happened("left"), "AbortError");
});

test("an answer without an end is made no faster than it is read", async () => {
  const leaving = new AbortController();
  const answer = await fetch(`${url}/endless`, { signal: leaving.signal });
  const pieces = answer.body.getReader();
  for (let read = 0; read < 4 * 1024 * 1024; ) read += (await pieces.read()).value.length;
  leaving.abort();
  // Of 64 KiB each: what was read, what the sockets on the way hold, and the credit of the stream.
  assert.ok(Number(await happened("cancelled")) < 1000);
});

test("what it does in the background goes on after its answer", async () => {
  assert.equal((await ask("/order", { json: {} })).text, "ordered");
  assert.equal((await ask("/release", { json: {} })).status, 204);
  assert.equal(await happened("delivered"), "by hand");
});

test("a client without a URL asks this server, through the middleware", async () => {
  assert.deepEqual(JSON.parse((await ask("/mine", { json: {} })).text), { owner: null, mine: 0 });
  assert.equal(JSON.parse((await ask("/runs/wait", { json: { assistant_id: "agent", input: {} } })).text).owner, "undefined");
});

test("the server's WebSocket opens behind the middleware, and the app has none", async () => {
  const { thread_id: thread } = JSON.parse((await ask("/threads", { json: {} })).text);
  const socket = new WebSocket(`${url.replace("http", "ws")}/threads/${thread}/stream/events`);
  await once(socket, "open");
  const ended = once(socket, "close");
  socket.close(4000, "bye");
  const [closed] = await ended;
  assert.deepEqual([closed.code, closed.wasClean], [4000, true]);
  const handshake = { connection: "upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" };
  for (const [path, headers, status] of [
    ["/hello", handshake, 501],
    [`/threads/${thread}/stream/events`, { ...handshake, "x-banned": "1" }, 403],
    ["/nowhere", handshake, 404],
  ]) {
    const request = http.get(url + path, { headers });
    const [refused] = await once(request, "response");
    refused.resume();
    assert.equal(refused.statusCode, status, path);
  }
});
