// A server that listens for the network too: the page is there for everybody, and what only it asks is for this machine alone.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { node, open, studio } from "./browser.js";
import { URL_OF_SERVER } from "./server.js";

const { port } = new URL(URL_OF_SERVER);
const address = Object.values(networkInterfaces()).flat().find((one) => one?.family === "IPv4" && !one.internal)?.address;
const skip = address ? false : "this machine has no address but its own";
const outside = `http://${address}:${port}`;
const here = `http://127.0.0.1:${port}`;
const PATHS = ["/lgx/project", "/lgx/logs", "/lgx/source?file=src/multi.py&line=1", "/lgx/events", "/lgx/schedule?schedule=*+*+*+*+*"];

test("from another address the page is served, and everything that only it asks is refused", { skip }, async () => {
  assert.equal((await fetch(`${outside}/studio/`)).status, 200);
  for (const path of PATHS) {
    const answer = await fetch(outside + path, { headers: { "x-lgx-studio": "1" } });
    assert.equal(answer.status, 403, path);
    await answer.text();
  }
  for (const [path, body] of [["/lgx/open", { file: "src/multi.py", line: 1 }], ["/lgx/runs/search", {}]]) {
    const answer = await fetch(outside + path, { method: "POST", headers: { "content-type": "application/json", "x-lgx-studio": "1" }, body: JSON.stringify(body) });
    assert.equal(answer.status, 403, path);
  }
  assert.equal((await fetch(`${here}/lgx/project`)).status, 200);
});

studio("a page from another address says that it may not ask, and shows nothing of the project", { skip, truncate: false, hosts: [`${address}:${port}`], console: [/403/] }, async ({ page }) => {
  await page.goto(`${outside}/studio/graphs/multi`);
  await page.getByText(/only answered? to this machine|this machine|127\.0\.0\.1|localhost/i).first().waitFor();
  assert.equal(await node(page, "slow").count(), 0);
  assert.doesNotMatch(await page.locator("body").innerText(), /multi\.py|generation \d/);
});

/** A page of another origin on this machine, as somebody's own front end is. */
async function otherPage() {
  const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<!doctype html><title>other</title>"));
  server.listen(0, "localhost");
  await once(server, "listening");
  return { url: `http://localhost:${server.address().port}`, close: () => server.close() };
}

studio("a page of another origin of this machine may use the API, and nothing that only Studio asks", { truncate: false, hosts: [/^(localhost|127\.0\.0\.1):\d+$/], console: [/CORS policy/, /403/, /ERR_FAILED/, /WebSocket connection/] }, async ({ page }) => {
  const other = await otherPage();
  try {
    await page.goto(other.url);
    const asked = await page.evaluate(
      async ({ server, paths }) => {
        const ask = (path, init) => fetch(server + path, init).then((answer) => answer.status, () => "refused");
        const socket = new Promise((resolve) => {
          const opened = new WebSocket(`${server.replace("http", "ws")}/lgx/socket`);
          opened.addEventListener("open", () => resolve("open"));
          opened.addEventListener("error", () => resolve("refused"));
        });
        const open = { method: "POST", headers: { "content-type": "application/json", "x-lgx-studio": "1" }, body: '{"file": "src/multi.py", "line": 1}' };
        return {
          api: await ask("/ok"),
          own: await Promise.all(paths.map((path) => ask(path))),
          simple: await Promise.all(paths.map((path) => ask(path, { mode: "no-cors" }))),
          open: await ask("/lgx/open", open),
          socket: await socket,
        };
      },
      { server: here, paths: PATHS },
    );
    assert.equal(asked.api, 200);
    for (const status of asked.own) assert.ok(status === 403 || status === "refused", JSON.stringify(asked.own));
    // Without CORS a page may send, but not read: of what came it knows nothing.
    for (const status of asked.simple) assert.ok(status === 0 || status === "refused", JSON.stringify(asked.simple));
    assert.ok(asked.open === 403 || asked.open === "refused", asked.open);
    assert.equal(asked.socket, "refused");
    await open(page, "/graphs/multi");
    await node(page, "slow").waitFor();
  } finally {
    other.close();
  }
});
