// An app of Hono's for the tests of the worker: one route for each thing that an app may do with a request.

import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";

export const app = new Hono();

app.use(async (c, next) => {
  if (c.req.header("x-read")) await c.req.text();
  if (c.req.header("x-clone")) c.header("x-cloned", await c.req.raw.clone().text());
  if (c.req.header("x-banned")) return c.text("banned", 403);
  await next();
  c.header("x-app", "one");
  if (c.error) c.header("x-error", c.error.message);
});

app.get("/hello", (c) => c.text(`hello ${c.req.query("name")}`));
app.get("/items/:item", (c) => c.text(c.req.param("item")));
app.get("/user", (c) => c.json(/** @type {any} */ (c).get("auth") ?? null));
app.get("/ok", (c) => c.text("not the server's"));
app.get("/crash", () => {
  throw new RangeError("on fire");
});
app.get("/thrown", () => {
  throw new HTTPException(418, { message: "short and stout" });
});
app.get("/cookies", (c) => {
  c.header("set-cookie", "a=1", { append: true });
  c.header("set-cookie", "b=2", { append: true });
  return c.body(new Uint8Array([0, 255]));
});
app.post("/mirror", (c) => c.body(/** @type {any} */ (c.req.raw.body)));
app.get("/pieces", (c) => {
  const pieces = ["first", "second"];
  const body = new ReadableStream({
    async pull(controller) {
      // Not in the same turn, or both would be there at once.
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      const piece = pieces.shift();
      if (piece) controller.enqueue(new TextEncoder().encode(piece));
      else controller.close();
    },
  });
  return c.body(body);
});
app.get("/breaks-off", (c) => {
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      sent += 1;
      if (sent > 2) throw new Error("the stream is on fire");
      controller.enqueue(new Uint8Array(1024 * 1024));
    },
  });
  return c.body(body);
});
app.get("/patient", async (c) => {
  const { signal } = c.req.raw;
  await new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined)));
  // eslint-disable-next-line no-console -- it is what the test looks for
  console.log(`left: ${signal.reason.name}`);
  return c.text("nobody reads this");
});
app.post("/order", (c) => {
  c.executionCtx.waitUntil(Promise.reject(new TypeError("it was lost")));
  return c.text("ordered");
});
app.post("/later", (c) => {
  const deliver = async () => {
    for (let turns = 0; turns < 100; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    // eslint-disable-next-line no-console -- it is what the test looks for
    console.log("delivered");
  };
  c.executionCtx.waitUntil(deliver());
  return c.text("ordered");
});
app.get("/asks", async (c) => {
  const ask = /** @type {any} */ (globalThis)[Symbol.for("langgraph_api:fetch")];
  const answer = await ask(`${c.req.query("at") ?? ""}/threads`, { method: "POST", headers: { "x-lgx-run": "forged" } });
  return c.body(answer.body, answer.status);
});

/** What answers, though it takes `next`, behind what the server asks nobody for. */
export const mounts = new Hono();
mounts.mount("/mounted", () => new Response("mounted"));
mounts.all("/all", async (c, _next) => c.text("all"));

/** Middleware that no path shows which is tried out. */
export const pattern = new Hono().use("/threads/:id{[0-9a-f-]{36}}/stream/*", async (_c, next) => next());
export const host = new Hono({ getPath: (request) => `/${new URL(request.url).host}/` }).use("/shop/*", async (_c, next) => next());
export const rest = new Hono().use("/docs/*", async (...given) => given[1]());

/** What has nothing but a `fetch`. */
export const plain = {
  async fetch(/** @type {Request} */ request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/mine") return new Response(await request.text());
    return new Response("the app has nothing here", { status: 404 });
  },
};

export const nested = new Hono({ strict: false }).basePath("/v1").get("/here", (c) => c.text("here"));
nested.onError((error, c) => c.text(`handled: ${error.message}`, 500));
nested.get("/crash", () => {
  throw new Error("on fire");
});

/** Keeps everybody out of some of what is the server's. */
export const guards = new Hono();
guards.get("/docs", async (c, _next) => c.text("not for you", 403));
guards.use("/threads/:thread/stream/*", async (c, _next) => c.text("not for you", 403));

export const express = Object.assign(() => {}, { listen() {} });
