// Where calls of models are recorded, `http.request` and `https.request` go by the proxy, by any agent.

import assert from "node:assert/strict";
import { once } from "node:events";
import http, { createServer } from "node:http";
import https from "node:https";
import { test } from "node:test";

import { installRecordedRequests } from "../src/recorded_requests.mjs";
import { listening, proxyTo } from "./proxy.mjs";

const token = `Basic ${Buffer.from("lgx:secret").toString("base64")}`;

/**
 * What a server answers to a request.
 * @param {import("node:http").ClientRequest} asked
 */
async function answered(asked) {
  asked.end();
  const [answer] = await once(asked, "response");
  let text = "";
  for await (const piece of answer) text += piece;
  return text;
}

/** @param {URL} url */
const install = (url) =>
  installRecordedRequests({ LGX_RECORDS: "1", HTTPS_PROXY: url.href, NO_PROXY: "localhost,127.0.0.1,::1" });

test("requests go by the proxy with the agent of all and with one of their own, and to this machine straight", async () => {
  const host = createServer((request, response) => response.end(`at ${request.headers.host}`));
  const port = await listening(host);
  const { asked, server, url } = await proxyTo(port);
  const undo = install(url);
  try {
    for (const agent of [undefined, new http.Agent({ keepAlive: true })]) {
      const request = http.get({ host: "models.test", port: 8000, path: "/v1", ...(agent && { agent }) });
      assert.equal(await answered(request), "at models.test:8000");
      agent?.destroy();
    }
    assert.deepEqual(asked, [
      { url: "models.test:8000", token },
      { url: "models.test:8000", token },
    ]);
    assert.equal(await answered(http.get({ host: "127.0.0.1", port })), `at 127.0.0.1:${port}`);
    assert.equal(asked.length, 2);
  } finally {
    undo();
    http.globalAgent.destroy();
    for (const it of [host, server]) it.close().closeAllConnections();
  }
});

test("what the proxy refuses is an error of the request with its reason", async () => {
  const { asked, server, url } = await proxyTo(null);
  const undo = install(url);
  try {
    const request = https.get({ host: "models.test", path: "/", agent: new https.Agent() });
    const [error] = await once(request, "error");
    assert.match(error.message, /502 no recording of it/);
    assert.deepEqual(asked, [{ url: "models.test:443", token }]);
  } finally {
    undo();
    server.close().closeAllConnections();
  }
});

test("where nothing is recorded, they go straight", async () => {
  const host = createServer((_request, response) => response.end("straight"));
  const port = await listening(host);
  const { asked, server, url } = await proxyTo(null);
  const undo = installRecordedRequests({ HTTPS_PROXY: url.href });
  try {
    assert.equal(await answered(http.get({ host: "127.0.0.1", port })), "straight");
    assert.equal(asked.length, 0);
  } finally {
    undo();
    for (const it of [host, server]) it.close().closeAllConnections();
  }
});
