// Where calls of models are recorded, `fetch` goes by the proxy on every version of Node.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { goesByItself, installRecordedFetch, opener } from "../src/recorded_fetch.mjs";
import { listening, proxyTo } from "./proxy.mjs";

/** @typedef {import("node:net").Socket} Socket */

/**
 * @param {ReturnType<typeof opener>} open
 * @param {Parameters<ReturnType<typeof opener>>[0]} target
 * @returns {Promise<Socket>}
 */
function opened(open, target) {
  return new Promise((resolve, reject) => {
    open(target, (error, socket) => (socket === null ? reject(error) : resolve(socket)));
  });
}

test("fetch goes by the proxy, and to this machine straight", async () => {
  const host = createServer((request, response) => response.end(`at ${request.headers.host}`));
  const port = await listening(host);
  const { asked, server, url } = await proxyTo(port);
  await fetch("data:,"); // with the first one, there is an agent
  const before = Reflect.get(globalThis, Symbol.for("undici.globalDispatcher.1"));
  const env = { LGX_RECORDS: "1", HTTPS_PROXY: url.href, NO_PROXY: "localhost,127.0.0.1,::1" };
  await installRecordedFetch(env, "20.19.0");
  try {
    const answer = await fetch("http://models.test:8000/v1");
    assert.equal(await answer.text(), "at models.test:8000");
    assert.deepEqual(asked, [
      { url: "models.test:8000", token: `Basic ${Buffer.from("lgx:secret").toString("base64")}` },
    ]);
    const straight = await fetch(`http://127.0.0.1:${port}/`);
    assert.equal(await straight.text(), `at 127.0.0.1:${port}`);
    assert.equal(asked.length, 1);
  } finally {
    Reflect.set(globalThis, Symbol.for("undici.globalDispatcher.1"), before);
    for (const it of [host, server]) it.close().closeAllConnections();
  }
});

test("what the proxy refuses is an error with its reason", async () => {
  const { server, url } = await proxyTo(null);
  const open = opener(url, new Set());
  const target = { hostname: "models.test", port: "", protocol: "https:" };
  await assert.rejects(opened(open, target), /502 no recording of it/);
  server.close().closeAllConnections();
});

test("a Node that goes by proxies itself is left alone", async () => {
  for (const version of ["22.21.0", "24.0.0", "26.1.0"]) assert.ok(goesByItself(version), version);
  for (const version of ["20.19.0", "22.20.9", "23.11.0"]) assert.ok(!goesByItself(version), version);
  const agent = () => Reflect.get(globalThis, Symbol.for("undici.globalDispatcher.1"));
  await fetch("data:,");
  const before = agent();
  await installRecordedFetch({ LGX_RECORDS: "1", HTTPS_PROXY: "http://127.0.0.1:1" }, "24.1.0");
  await installRecordedFetch({ HTTPS_PROXY: "http://127.0.0.1:1" }, "20.19.0");
  assert.equal(agent(), before);
});
