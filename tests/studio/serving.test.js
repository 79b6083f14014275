// How the page is served: its addresses, what it loads, and that it loads nothing from elsewhere.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { deadline, node, open, studio } from "./browser.js";
import { get, newThread, runsOf, runToEnd, URL_OF_SERVER } from "./server.js";

test("addresses lead to the page, but not those of files that are not there", async () => {
  const first = await fetch(`${URL_OF_SERVER}/studio`, { redirect: "manual" });
  assert.equal(first.status, 308);
  assert.match(first.headers.get("location") ?? "", /\/studio\/$/);
  for (const [path, status] of [["/studio/", 200], ["/studio/threads/any-id", 200], ["/studio/nope.js", 404]]) {
    assert.equal((await fetch(URL_OF_SERVER + path)).status, status, path);
  }
});

/** What the scripts and styles that the page has loaded so far take, packed. */
async function weight(page) {
  const paths = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname).filter((path) => /\.(?:js|css)$/.test(path)));
  const files = await Promise.all([...new Set(paths)].map(async (path) => gzipSync(await (await fetch(URL_OF_SERVER + path)).text())));
  return { paths, bytes: files.reduce((sum, file) => sum + file.length, 0) };
}

studio("the first page paints within a second, has the project's name in its title and the graph in it, and is not heavy", async ({ page, t }) => {
  assert.doesNotMatch(await (await fetch(`${URL_OF_SERVER}/studio/`)).text(), /<script(?![^>]*\ssrc=)[^>]*>/);
  const { name } = await get("/lgx/project");
  await page.goto(`${URL_OF_SERVER}/studio/`);
  await node(page, "__start__").waitFor();
  const { painted, shown } = await page.evaluate(() => ({ painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime, shown: performance.now() }));
  t.diagnostic(`painted after ${painted?.toFixed(0)} ms, graph after ${shown.toFixed(0)} ms`);
  assert.ok(painted < deadline(1_000), `painted after ${painted} ms`);
  assert.ok(shown < deadline(1_000), `shown after ${shown} ms`);
  assert.equal(await page.title(), `${name} · lgx`);
  await page.waitForURL(/\/studio\/graphs\/[^/]+/);
  const { paths, bytes } = await weight(page);
  t.diagnostic(`${bytes} bytes in ${paths.join(" ")}`);
  assert.ok(paths.some((one) => one.endsWith("/app.js")) && paths.some((one) => one.endsWith(".css")), paths.join(" "));
  assert.ok(bytes > 50_000 && bytes < 500 * 1024, `${bytes} bytes`);
});

studio("every page opens by its address, says what it is, and asks nobody but its server", async ({ page }) => {
  const thread = await newThread();
  await runToEnd(thread, "multi", { input: {} });
  await runToEnd(thread, "multi", { input: {} });
  const [{ run_id: left }, { run_id: right }] = await runsOf(thread);
  const asked = new Set();
  page.on("request", (request) => asked.add(new URL(request.url()).host));
  for (const [path, name] of [
    ["/graphs/multi", "Graph"],
    ["/threads", "Threads"],
    [`/threads/${thread}`, "Threads"],
    ["/runs", "Runs"],
    [`/runs/${left}`, "Runs"],
    [`/compare?left=${left}&right=${right}`, "Runs"],
    ["/inbox", "Waiting for you"],
    ["/assistants", "Assistants"],
    ["/store", "Store"],
    ["/crons", "Crons"],
    ["/logs", "Logs"],
    ["/settings", "Settings"],
  ]) {
    await open(page, path);
    await page.getByRole("link", { name, exact: true, current: "page" }).waitFor();
    await page.getByRole("heading", { level: 1, name: /./ }).waitFor();
  }
  assert.deepEqual([...asked], [new URL(URL_OF_SERVER).host]);
  const { bytes } = await weight(page);
  assert.ok(bytes < 500 * 1024, `${bytes} bytes for all pages`);
});

studio("what no page may do is noticed: other hosts, errors of the console, inline scripts", async ({ page, faults }) => {
  await open(page, "/settings");
  await page.evaluate(() => fetch("https://example.com/").catch(() => {}));
  await page.evaluate(() => new Promise((resolve) => {
    const image = new Image();
    image.addEventListener("error", resolve);
    image.src = "https://example.com/a.png";
  }));
  await page.evaluate(() => {
    document.addEventListener("securitypolicyviolation", () => document.body.setAttribute("data-violated", ""));
    const script = document.createElement("script");
    script.textContent = "document.title = 'inline';";
    document.head.append(script);
  });
  await page.locator("body[data-violated]").waitFor();
  assert.notEqual(await page.title(), "inline");
  for (const policy of ["connect-src", "img-src", "script-src"]) assert.ok(faults.some((fault) => fault.includes(policy)), `${policy}: ${faults.join("\n")}`);
  faults.length = 0;
  const elsewhere = await page.context().newPage();
  await elsewhere.goto("about:blank");
  await elsewhere.evaluate(() => fetch("https://example.com/").catch(() => {}));
  assert.ok(faults.some((fault) => fault.startsWith("a request to https://example.com/")), faults.join("\n"));
  faults.length = 0;
});

studio("a thread opens by its address, and one that is not there says so", { console: [/404/] }, async ({ page }) => {
  await open(page, `/threads/${await newThread({ metadata: { graph_id: "multi" } })}`);
  await node(page, "slow").waitFor();
  await open(page, "/threads/00000000-0000-4000-8000-000000000000");
  await page.getByText(/not found|no such thread|does not exist/i).first().waitFor();
});
