// The project's own HTTP app, as the server asks it and is asked by it.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { Exchange } from "../src/app_exchange.mjs";
import { FakeServer } from "./fake_server.mjs";

/** @typedef {import("./fake_server.mjs").Asked} Asked */
/** @typedef {import("./fake_server.mjs").Reply} Reply */
/** @typedef {{method?: string, path?: string, query?: string, headers?: [string, string][], body?: string, user?: object, pass?: string, onId?: (id: number) => void, onData?: (data: any) => void}} Wanted */

const ROOT = fileURLToPath(new URL("project", import.meta.url));
const FILE = fileURLToPath(new URL("project/app.mjs", import.meta.url));

/**
 * A worker that has loaded one of the apps.
 * @param {string} attribute
 * @param {object} [spec]
 * @param {object} [more]
 */
async function serving(attribute, spec = {}, more = {}) {
  const server = new FakeServer(ROOT);
  const app = { target: { file: FILE, attribute }, auth: false, auth_first: false, prefix: "", ...spec };
  try {
    const loaded = await server.load({}, { app, ...more });
    return { server, told: loaded.meta["app"] };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** @param {Wanted} wanted */
function requestOf({ method = "GET", path = "/", query = "", headers = [] }) {
  const all = [["host", "127.0.0.1:2024"], ...headers];
  return { method, scheme: "http", path, raw_path: path, query, headers: all, client: ["127.0.0.1", 50123], server: ["127.0.0.1", 2024], http_version: "1.1" };
}

/**
 * @param {FakeServer} server
 * @param {Wanted} wanted
 */
async function ask(server, wanted) {
  const { body = "", user = null, pass, onId, onData } = wanted;
  const params = { request: requestOf(wanted), body: "whole", user, ...(pass && { pass }) };
  const more = { sections: [Buffer.from(body)], ...(onId && { onId }), ...(onData && { onData }) };
  return shown(await server.call("http", params, more));
}

/**
 * @param {Reply} reply
 * @returns {any}
 */
function shown({ meta, sections, data }) {
  const head = data[0]?.meta ?? meta;
  const body = [...data.flatMap((piece) => piece.sections), ...sections];
  return { ...head, headers: new Headers(head["headers"]), text: Buffer.concat(body).toString(), pieces: data.length };
}

describe("an app of Hono's", () => {
  /** @type {FakeServer} */
  let server;
  /** @type {any} */
  let told;

  before(async () => {
    ({ server, told } = await serving("app"));
    server.answers.set("http.serve", echoes);
  });

  /** @param {Asked} asked */
  function echoes({ params, sections, reply }) {
    const { method, raw_path } = params["request"];
    reply({ status: 200, headers: [["x-server", "yes"]] }, [Buffer.from(`${method} ${raw_path} ${sections[0]}`)]);
  }

  after(async () => assert.equal(await server.stop(), 0));

  test("tells what it is for", () => {
    assert.equal(told.wraps, true);
    assert.ok(told.routes.some((/** @type {any} */ route) => route.starts === "/hello" && route.whole));
    assert.ok(told.routes.some((/** @type {any} */ route) => route.starts === "/items" && !route.whole));
    assert.ok(!told.routes.some((/** @type {any} */ route) => route.starts === "/"));
  });

  test("answers at once, and says by which route", async () => {
    const { status, headers, text, route, pieces } = await ask(server, { path: "/hello", query: "name=ada" });
    assert.deepEqual([status, text, route, pieces, headers.get("x-app")], [200, "hello ada", "/hello", 0, "one"]);
    assert.equal((await ask(server, { path: "/items/7" })).route, "/items/:item");
  });

  test("leaves to the server what it has no route for, behind its middleware", async () => {
    const served = await ask(server, { method: "POST", path: "/threads", body: "{}" });
    assert.deepEqual([served.text, served.headers.get("x-app"), served.headers.get("x-server")], ["POST /threads {}", "one", "yes"]);
    assert.equal(served.route, undefined);
    assert.equal((await ask(server, { method: "DELETE", path: "/hello" })).text, "DELETE /hello ");
    const banned = await ask(server, { path: "/threads", headers: [["x-banned", "1"]] });
    assert.deepEqual([banned.status, banned.headers.get("x-server")], [403, null]);
  });

  test("leaves a body that its middleware has read", async () => {
    const served = await ask(server, { method: "POST", path: "/threads", body: "read", headers: [["x-read", "1"]] });
    assert.equal(served.text, "POST /threads read");
  });

  test("leaves a body that its middleware has read of a clone, however many pieces it has", async () => {
    /** @type {string[]} */
    const pieces = [];
    server.answers.set("http.serve", (asked) => {
      asked.onFrame = ({ sections, last }) => {
        pieces.push(Buffer.concat(sections).toString());
        if (last) asked.reply({ status: 200, headers: [] }, [Buffer.from(pieces.join(""))]);
      };
    });
    const params = { request: requestOf({ method: "POST", path: "/threads", headers: [["x-clone", "1"]] }), body: "streamed", user: null };
    const begun = server.hasBegun();
    let id = 0;
    const asked = server.call("http", params, { onId: (its) => (id = its) });
    await begun;
    server.send(id, {}, [Buffer.from("one ")]);
    server.send(id, {}, [Buffer.from("two ")]);
    server.send(id, {}, [Buffer.from("three")], { last: true });
    assert.equal(shown(await asked).text, "one two three");
    server.answers.set("http.serve", echoes);
  });

  test("has no say about the server's health", async () => {
    assert.equal((await ask(server, { path: "/ok" })).text, "GET /ok ");
  });

  test("knows who asks", async () => {
    const user = { identity: "ada", permissions: ["read"], __source__: "pickled" };
    assert.deepEqual(JSON.parse((await ask(server, { path: "/user", user })).text), { user: { identity: "ada", permissions: ["read"] }, scopes: ["read"] });
    assert.equal((await ask(server, { path: "/user" })).text, "null");
  });

  test("answers a crash behind its middleware, and tells its line", async () => {
    const { status, headers, text, diagnostic, route } = await ask(server, { path: "/crash" });
    assert.deepEqual([status, JSON.parse(text), headers.get("x-error")], [500, { detail: "RangeError: on fire" }, "on fire"]);
    assert.deepEqual([diagnostic.file, diagnostic.source.trim(), route], [FILE, 'throw new RangeError("on fire");', "/crash"]);
  });

  test("answers its own exceptions as it wants to", async () => {
    const { status, text, diagnostic } = await ask(server, { path: "/thrown" });
    assert.deepEqual([status, text, diagnostic], [418, "short and stout", undefined]);
  });

  test("sends every cookie, and bytes as they are", async () => {
    const reply = await server.call("http", { request: requestOf({ path: "/cookies" }), body: "whole", user: null }, { sections: [Buffer.alloc(0)] });
    assert.deepEqual(new Headers(reply.meta["headers"]).getSetCookie(), ["a=1", "b=2"]);
    assert.deepEqual([...(reply.sections[0] ?? [])], [0, 255]);
  });

  test("has no body for HEAD", async () => {
    const { status, text, pieces } = await ask(server, { method: "HEAD", path: "/hello" });
    assert.deepEqual([status, text, pieces], [200, "", 0]);
  });

  test("sends pieces as they come", async () => {
    const { text, pieces } = await ask(server, { path: "/pieces" });
    assert.deepEqual([text, pieces], ["firstsecond", 2]);
  });

  test("sends a body back while it still comes", async () => {
    const begun = server.hasBegun();
    const params = { request: requestOf({ method: "POST", path: "/mirror" }), body: "streamed", user: null };
    let id = 0;
    let isSeen = false;
    const mirrored = server.call("http", params, {
      onId: (its) => (id = its),
      onData: (_meta, sections) => {
        // The head may come before there is anything to mirror.
        if (isSeen || !sections.some(({ length }) => length > 0)) return;
        isSeen = true;
        server.send(id, {}, [Buffer.from("two")], { last: true });
      },
    });
    await begun;
    server.send(id, {}, [Buffer.from("one ")]);
    assert.equal(shown(await mirrored).text, "one two");
  });

  test("breaks off where its stream does, with the line", async () => {
    const failed = ask(server, { path: "/breaks-off" });
    await assert.rejects(failed, (/** @type {any} */ error) => error.meta.diagnostic.source.includes("on fire") && error.message === "the stream is on fire");
  });

  test("hears that its client has left, and is not interrupted", async () => {
    const begun = server.hasBegun();
    let id = 0;
    const asked = ask(server, { path: "/patient", onId: (its) => (id = its) });
    await begun;
    server.cancel(id);
    await assert.rejects(asked, (/** @type {any} */ error) => error.meta.type === "Cancelled");
    await ask(server, { path: "/hello" });
    assert.ok(server.logs.some(({ text }) => text === "left: AbortError"));
  });

  test("tells what fails in the background", async () => {
    assert.equal((await ask(server, { method: "POST", path: "/order" })).text, "ordered");
    await ask(server, { path: "/hello" });
    assert.ok(server.logs.some(({ text }) => text.includes("the HTTP app failed in POST /order in the background: TypeError: it was lost")));
  });

  test("does not see a request that is taken back before it begins", async () => {
    let hasBegun = false;
    const begun = server.hasBegun().then(() => (hasBegun = true));
    const params = { request: requestOf({ path: "/patient" }), body: "whole", user: null };
    const asked = server.call("http", params, { sections: [Buffer.alloc(0)], isTakenBack: true });
    await assert.rejects(asked, (/** @type {any} */ error) => error.meta.type === "Cancelled");
    assert.equal(hasBegun, false);
    await ask(server, { path: "/hello" });
    await begun;
  });

  test("refuses a host that is none, and takes none for this machine", async () => {
    const wanted = requestOf({ path: "/hello", query: "name=ada" });
    /** @param {string} host */
    const by = async (host) => {
      const params = { request: { ...wanted, headers: [["host", host]] }, body: "whole", user: null };
      return shown(await server.call("http", params, { sections: [Buffer.alloc(0)] }));
    };
    assert.equal((await by("")).text, "hello ada");
    for (const host of ["[", "a b", "x/crash?", "me@x"]) assert.deepEqual([host, (await by(host)).status], [host, 400]);
  });

  test("refuses a method that no request can have", async () => {
    assert.equal((await ask(server, { method: "TRACE", path: "/hello" })).status, 501);
  });

  test("passes on the server's WebSocket, and has none itself", async () => {
    const { method: _, ...request } = requestOf({ path: "/threads/1/stream/events", headers: [["upgrade", "websocket"]] });
    server.answers.set("websocket.serve", (asked) => {
      asked.send({ accept: { subprotocol: null, headers: [] } });
      asked.onFrame = ({ meta }) => {
        if (meta["text"]) asked.send({ text: `heard ${meta["text"]}` });
        if (meta["closed"]) asked.reply({ close: meta["closed"] });
      };
    });
    let id = 0;
    const talked = server.call("websocket", { request, user: null }, {
      onId: (its) => (id = its),
      onData: (meta) => {
        if (meta["accept"]) server.send(id, { text: "hi" });
        if (meta["text"]) server.send(id, { closed: { code: 1000, reason: "bye" } }, [], { last: true });
      },
    });
    const { data, meta } = await talked;
    assert.deepEqual(data.map((one) => one.meta["text"] ?? one.meta["accept"].headers), [[["x-app", "one"]], "heard hi"]);
    assert.deepEqual(meta["close"], { code: 1000, reason: "bye" });
    const refused = shown(await server.call("websocket", { request: { ...request, raw_path: "/hello", path: "/hello" }, user: null }));
    assert.deepEqual([refused["status"], refused.text.includes("no WebSockets of its own")], [501, true]);
  });
});

describe("auth of an app's routes", () => {
  const refused = { type: "Refused", message: "who are you?", status: 401, headers: null };

  test("comes before its middleware, if that is wanted", async () => {
    const { server } = await serving("app", { auth: true, auth_first: true });
    /** @type {boolean[]} */
    const asked = [];
    server.answers.set("http.authenticate", ({ params, reply, fail }) => {
      asked.push(params["of_app"]);
      if (new Headers(params["request"].headers).has("authorization")) reply({ user: { identity: "ada", permissions: [] } });
      else fail(refused);
    });
    const turnedAway = await ask(server, { path: "/user" });
    assert.deepEqual([turnedAway.status, turnedAway.text, turnedAway.headers.get("x-app")], [401, '{"detail":"who are you?"}', null]);
    const { text } = await ask(server, { path: "/user", headers: [["authorization", "ada"]] });
    assert.equal(JSON.parse(text).user.identity, "ada");
    assert.equal((await ask(server, { path: "/info" })).status, 401);
    await ask(server, { path: "/ok" });
    assert.deepEqual(asked, [true, true, false, false]);
    await server.stop();
  });

  test("comes behind it, if that is wanted", async () => {
    const { server } = await serving("app", { auth: true });
    server.answers.set("http.authenticate", ({ fail }) => fail(refused));
    server.answers.set("http.serve", ({ reply }) => reply({ status: 200, headers: [] }, [Buffer.from("served")]));
    const turnedAway = await ask(server, { path: "/user" });
    assert.deepEqual([turnedAway.status, turnedAway.headers.get("x-app")], [401, "one"]);
    assert.equal((await ask(server, { path: "/info" })).text, "served");
    await server.stop();
  });
});

describe("auth of what may be a route", () => {
  const refused = { type: "Refused", message: "who are you?", status: 401, headers: null };

  test("comes before what answers though it takes `next`", async () => {
    const { server } = await serving("mounts", { auth: true });
    server.answers.set("http.authenticate", ({ params, reply, fail }) => (params["of_app"] ? fail(refused) : reply({ user: null })));
    server.answers.set("http.serve", ({ reply }) => reply({ status: 200, headers: [] }, [Buffer.from("served")]));
    for (const path of ["/mounted", "/mounted/deep", "/all"]) assert.deepEqual([path, (await ask(server, { path })).status], [path, 401]);
    assert.equal((await ask(server, { path: "/info" })).text, "served");
    await server.stop();
  });

  test("is asked behind the prefix as it is there, and for all that only ends like what is open", async () => {
    const { server } = await serving("plain", { auth: true, prefix: "/api" });
    server.answers.set("http.authenticate", ({ params, reply, fail }) => (params["of_app"] ? fail(refused) : reply({ user: null })));
    assert.equal((await ask(server, { path: "/xyz/ok" })).status, 401);
    await server.stop();
  });
});

test("that nobody was asked does not let in where somebody is", async () => {
  /** @type {boolean[]} */
  const asked = [];
  const connection = { call: async (/** @type {string} */ _, /** @type {any} */ { of_app }) => (asked.push(of_app), { meta: { user: null } }) };
  const call = { id: 2, signal: new AbortController().signal, isCancelled: false };
  const exchange = new Exchange(/** @type {any} */ ({ connection }), /** @type {any} */ (call), { request: requestOf({}) });
  const request = new Request("http://localhost/");
  for (const ofApp of [false, true, true]) assert.equal(await exchange.letIn(request, ofApp), null);
  assert.deepEqual(asked, [false, true]);
});

describe("other apps", () => {
  test("middleware that no path shows is not left out", async () => {
    for (const attribute of ["pattern", "host", "rest"]) {
      const { server, told } = await serving(attribute);
      assert.deepEqual([attribute, told.wraps], [attribute, true]);
      await server.stop();
    }
  });

  test("what only has a fetch is asked first", async () => {
    const { server, told } = await serving("plain");
    assert.deepEqual([told.wraps, told.routes[0]], [false, { starts: "/", whole: false, socket: false }]);
    const known = new Map([["/threads", "the server's"]]);
    server.answers.set("http.serve", ({ params, sections, reply }) => {
      const found = known.get(params["request"].path);
      if (found) reply({ status: 200, headers: [] }, [Buffer.from(`${found} ${sections[0]}`)]);
      else reply({ status: 404, headers: [] }, [Buffer.from('{"detail":"Not Found"}')]);
    });
    assert.equal((await ask(server, { method: "POST", path: "/mine", body: "hi" })).text, "hi");
    assert.equal((await ask(server, { method: "POST", path: "/threads", body: "hi" })).text, "the server's hi");
    assert.equal((await ask(server, { path: "/nowhere" })).text, "the app has nothing here");
    await server.stop();
  });

  test("middleware for some paths is not left out where only middleware may be", async () => {
    const { server, told } = await serving("guards");
    assert.equal(told.wraps, true);
    server.answers.set("http.serve", ({ reply }) => reply({ status: 200, headers: [] }, [Buffer.from("served")]));
    assert.equal((await ask(server, { path: "/docs" })).status, 403);
    assert.equal((await ask(server, { path: "/ok" })).text, "served");
    assert.equal((await ask(server, { path: "/threads/x" })).text, "served");
    const { method: _, ...request } = requestOf({ path: "/threads/1/stream/events", headers: [["upgrade", "websocket"]] });
    assert.equal((await server.call("websocket", { request, user: null })).meta["status"], 403);
    await server.stop();
  });

  test("an app has its own path, order and answers to errors, below the prefix of the server", async () => {
    const { server, told } = await serving("nested", { prefix: "/api" });
    assert.deepEqual([told.wraps, told.routes[0].starts], [false, "/"]);
    server.answers.set("http.serve", ({ params, reply }) => reply({ status: 200, headers: [] }, [Buffer.from(params["request"].raw_path)]));
    assert.deepEqual([(await ask(server, { path: "/api/v1/here/" })).text, (await ask(server, { path: "/api/v1/here" })).route], ["here", "/v1/here"]);
    assert.equal((await ask(server, { path: "/api/v1/crash" })).text, "handled: on fire");
    assert.equal((await ask(server, { path: "/api/here" })).text, "/api/here");
    await server.stop();
  });

  test("what is no app is said", async () => {
    for (const [attribute, message] of /** @type {const} */ ([
      ["express", /as Express and Fastify do/],
      ["gone", /has no export `gone`/],
    ])) {
      await assert.rejects(serving(attribute), (/** @type {any} */ error) => {
        assert.match(error.message, message);
        assert.deepEqual([error.meta.type, error.meta.diagnostic.file], ["AppLoadError", FILE]);
        return true;
      });
    }
  });
});

test("a worker that is told to leave ends what it does in the background", async () => {
  const { server } = await serving("app");
  await ask(server, { method: "POST", path: "/later" });
  assert.equal(await server.stop(), 0);
  assert.ok(server.logs.some(({ text }) => text === "delivered"));
});

describe("a client without a URL", () => {
  test("asks the server on behalf of whoever sent the request", async () => {
    const api = createServer((request, response) => response.end(JSON.stringify([request.url, request.headers["x-lgx-request"], request.headers["x-lgx-run"]])));
    api.listen(0, "127.0.0.1");
    await once(api, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (api.address());
    const { server } = await serving("app", {}, { api_url: `http://127.0.0.1:${port}/api`, client_secret: "s" });
    for (const at of ["", "http://localhost:8123", `http://127.0.0.1:${port}/api`]) {
      const { text } = await ask(server, { path: "/asks", query: `at=${encodeURIComponent(at)}`, pass: "17 secret" });
      assert.deepEqual(JSON.parse(text), ["/api/threads", "17 secret", null]);
    }
    await server.stop();
    api.close();
  });
});
