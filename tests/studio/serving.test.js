// How the page is served: its addresses, what it loads, and that it loads nothing from elsewhere.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { node, open, studio } from "./browser.js";
import { get, newThread, URL_OF_SERVER } from "./server.js";

test("addresses lead to the page, but not those of files that are not there", async () => {
  const first = await fetch(`${URL_OF_SERVER}/studio`, { redirect: "manual" });
  assert.equal(first.status, 308);
  assert.match(first.headers.get("location") ?? "", /\/studio\/$/);
  for (const [path, status] of [["/studio/", 200], ["/studio/threads/any-id", 200], ["/studio/nope.js", 404]]) {
    assert.equal((await fetch(URL_OF_SERVER + path)).status, status, path);
  }
});

test("scripts and styles are below 500 kB compressed, and nothing in the page is inline", async () => {
  const html = await (await fetch(`${URL_OF_SERVER}/studio/`)).text();
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)[^>]*>/);
  const files = [...html.matchAll(/(?:src|href)="(\/studio\/[^"]+\.(?:js|css))"/g)].map(([, path]) => path);
  assert.ok(files.some((path) => path.endsWith("app.js")) && files.some((path) => path.endsWith(".css")), files.join(" "));
  let size = 0;
  for (const path of ["/studio/app.js", "/studio/vendor.js", "/studio/graph.js", ...files.filter((one) => one.endsWith(".css"))]) {
    const answer = await fetch(URL_OF_SERVER + path);
    assert.equal(answer.status, 200, path);
    size += gzipSync(await answer.text()).length;
  }
  assert.ok(size < 500_000, `${size} bytes`);
});

studio("the first page has the project's name in its title and a graph within a second", async ({ page }) => {
  const { name } = await get("/lgx/project");
  await open(page, "/");
  await node(page, "__start__").waitFor();
  assert.equal(await page.title(), `${name} · lgx`);
  await page.waitForURL(/\/studio\/graphs\/[^/]+/);
  // Once more, as a browser that has the files: what is timed is the page and its server.
  await page.reload();
  await node(page, "__start__").waitFor();
  const shown = await page.evaluate(() => performance.now());
  assert.ok(shown < 1_000, `${shown} ms`);
});

studio("every page opens by its address and says what it is", async ({ page }) => {
  for (const [path, name] of [["/threads", "Threads"], ["/runs", "Runs"], ["/assistants", "Assistants"], ["/store", "Store"], ["/logs", "Logs"], ["/settings", "Settings"], ["/inbox", "Waiting for you"], ["/crons", "Crons"]]) {
    await open(page, path);
    await page.getByRole("link", { name, exact: true, current: "page" }).waitFor();
  }
});

studio("a thread opens by its address, and one that is not there says so", { console: [/404/] }, async ({ page }) => {
  await open(page, `/threads/${await newThread({ metadata: { graph_id: "multi" } })}`);
  await node(page, "slow").waitFor();
  await open(page, "/threads/00000000-0000-4000-8000-000000000000");
  await page.getByText(/not found|no such thread|does not exist/i).first().waitFor();
});
