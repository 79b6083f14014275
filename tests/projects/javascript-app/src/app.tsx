// A shop beside the graph: middleware, routes, pages and streams of Hono.

import { connect } from "node:net";
import { getConnInfo } from "@hono/node-server/conninfo";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { HTTPException } from "hono/http-exception";
import { streamSSE } from "hono/streaming";
import { Client } from "@langchain/langgraph-sdk";

const VERSION = "one";

/** What the server says of who asks. */
type Auth = { user: { identity: string }; scopes: string[] };

/** Things that happen, and can be waited for. */
const happenings = new Map<string, PromiseWithResolvers>();

type PromiseWithResolvers = { promise: Promise<string>; resolve: (what: string) => void };

function happening(name: string): PromiseWithResolvers {
  const known = happenings.get(name);
  if (known) return known;
  let resolve: (what: string) => void = () => {};
  const promise = new Promise<string>((done) => (resolve = done));
  happenings.set(name, { promise, resolve });
  return { promise, resolve };
}

function happens(name: string, what = "") {
  happening(name).resolve(what);
}

export const app = new Hono<{ Variables: { auth?: Auth } }>();

app.use(async (c, next) => {
  const seen = c.var.auth?.user.identity ?? "nobody";
  if (c.req.header("x-banned")) return c.json({ banned: c.req.path }, 403);
  if (c.req.header("x-look")) happens("looked", JSON.stringify(await c.req.json()));
  await next();
  c.header("x-app", VERSION);
  c.header("x-seen", seen);
});

app.use("/static/*", serveStatic({ root: "./" }));

app.get("/hello", (c) => c.json({ text: `welcome, ${c.req.query("name") ?? "you"}`, version: VERSION }));

app.get("/items/:item", (c) => c.html(<p>{c.req.param("item")}</p>));

app.get("/whoami", (c) => c.json({ user: c.var.auth?.user.identity ?? null, scopes: c.var.auth?.scopes ?? null }));

app.get("/from", (c) => c.text(getConnInfo(c).remote.address ?? "nowhere"));

app.post("/threads/search", (c) => c.json([]));

app.get("/ok", (c) => c.text("not the server's"));

app.get("/teapot", () => {
  throw new HTTPException(418, { message: "short and stout" });
});

app.get("/crash", () => {
  throw new RangeError("the shop is on fire");
});

app.get("/cookies", (c) => {
  setCookie(c, "a", "1");
  setCookie(c, "b", "2");
  deleteCookie(c, "c");
  return c.body(new Uint8Array([0, 255, 128, 10]), 200, { "content-type": "application/octet-stream" });
});

app.post("/mine", async (c) => {
  const client = new Client();
  const thread = await client.threads.create();
  const mine = await client.threads.search();
  return c.json({ owner: thread.metadata?.["owner"] ?? null, mine: mine.length });
});

app.post("/upload", async (c) => {
  let size = 0;
  let sum = 0;
  for await (const piece of c.req.raw.body ?? []) {
    if (size === 0) happens("upload");
    size += piece.length;
    for (const byte of piece) sum = (sum + byte) % 65_521;
  }
  return c.json({ size, sum });
});

app.post("/mirror", (c) => c.body(c.req.raw.body));

app.get("/ticker/:port", (c) => {
  const lines = connect(Number(c.req.param("port")), "127.0.0.1").setEncoding("utf8");
  return streamSSE(c, async (stream) => {
    for await (const line of lines) await stream.writeSSE({ event: "tick", data: JSON.stringify(`${VERSION} ${line.trim()}`) });
  });
});

let breakOff = () => {};

app.get("/breaks-off", (c) => {
  const told = new Promise<void>((resolve) => {
    breakOff = resolve;
  });
  let pieces = 0;
  const body = new ReadableStream({
    async pull(controller) {
      pieces += 1;
      if (pieces > 2) {
        await told;
        throw new Error("the stream is on fire");
      }
      controller.enqueue(new TextEncoder().encode(`piece ${pieces}\n`));
    },
  });
  return c.body(body);
});

app.post("/break-off", (c) => {
  breakOff();
  return c.body(null);
});

app.get("/patient", async (c) => {
  const { signal } = c.req.raw;
  happens("waits");
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  happens("left", `${signal.reason.name}`);
  return c.text("nobody reads this");
});

app.get("/endless", (c) => {
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      sent += 1;
      controller.enqueue(new Uint8Array(64 * 1024));
    },
    cancel() {
      happens("cancelled", String(sent));
    },
  });
  return c.body(body);
});

app.post("/order", (c) => {
  const deliver = async () => happens("delivered", await happening("released").promise);
  c.executionCtx.waitUntil(deliver());
  return c.text("ordered");
});

app.post("/release", (c) => {
  happens("released", "by hand");
  return c.body(null, 204);
});

app.get("/happened/:name", async (c) => c.text(await happening(c.req.param("name")).promise));
