// Assistants, the store and crons: made, changed and deleted in the page, and the same by the API.

import assert from "node:assert/strict";
import { open, studio } from "./browser.js";
import { ask, get, newThread, post, runBy, runToEnd, runsOf } from "./server.js";

studio("saving an assistant makes a version, and going back to one works", async ({ page }) => {
  const { assistant_id: id } = await post("/assistants", { graph_id: "ctx", name: "careful" });
  await open(page, `/assistants/${id}`);
  const form = page.getByRole("form", { name: "Settings of the assistant" });
  await form.getByRole("textbox", { name: "Recursion limit" }).fill("7");
  await form.getByRole("button", { name: "Save as version 2" }).click();
  await page.locator('[data-version="2"]').getByText("in effect").waitFor();
  const saved = await get(`/assistants/${id}`);
  assert.deepEqual([saved.version, saved.config.recursion_limit], [2, 7]);
  await page.locator('[data-version="1"]').getByRole("button").first().click();
  await page.getByRole("button", { name: "Go back to version 1" }).click();
  await page.locator('[data-version="1"]').getByText("in effect").waitFor();
  assert.equal((await get(`/assistants/${id}`)).config.recursion_limit, undefined);
});

studio("the context of an assistant is a form of what its graph declares; a run shows by which assistant it is", async ({ page }) => {
  const { assistant_id: id } = await post("/assistants", { graph_id: "ctx", name: "careful" });
  await open(page, `/assistants/${id}`);
  const form = page.getByRole("form", { name: "Settings of the assistant" });
  await form.getByText('text, "default-model" by default').waitFor();
  await form.getByText("number, 0.5 by default").waitFor();
  await form.getByRole("textbox", { name: "model" }).fill("large");
  await form.getByRole("textbox", { name: "temp" }).fill("0.1");
  await form.getByRole("button", { name: "Save as version 2" }).click();
  await page.locator('[data-version="2"]').getByText("in effect").waitFor();
  assert.deepEqual((await get(`/assistants/${id}`)).context, { model: "large", temp: 0.1 });
  await page.getByRole("button", { name: "Use it" }).click();
  await page.waitForURL(new RegExp(`assistant=${id}`));
  const run = await runBy(page, () => page.getByRole("button", { name: /^Submit/ }).click());
  assert.equal(run.assistant_id, id);
  assert.deepEqual((await get(`/threads/${run.thread_id}/state`)).values.seen.context, { model: "large", temp: 0.1 });
  await open(page, `/runs/${run.run_id}`);
  await page.getByRole("main").getByRole("link", { name: /^careful/ }).waitFor();
});

studio("the chosen assistant is kept over a reload and a failed run", async ({ page }) => {
  const { assistant_id: id } = await post("/assistants", { graph_id: "boom", name: "bold" });
  await open(page, "/graphs/boom");
  await page.getByRole("combobox", { name: "Assistant", exact: true }).selectOption(id);
  await page.waitForURL(new RegExp(`assistant=${id}`));
  await page.reload();
  const picker = page.getByRole("combobox", { name: "Assistant", exact: true });
  await picker.waitFor();
  assert.equal(await picker.inputValue(), id);
  await runToEnd(await newThread(), "boom", { input: {} });
  await open(page, "/graphs/boom");
  await picker.waitFor();
  assert.equal(await picker.inputValue(), id);
});

studio("the store is a tree of namespaces with items that can be changed", async ({ page }) => {
  for (const [namespace, key] of [[["notes", "ada"], "one"], [["notes", "bob"], "two"]]) {
    await ask("PUT", "/store/items", { namespace, key, value: { text: `of ${key}` } }, { status: 204 });
  }
  await open(page, "/store");
  await page.locator('[data-namespace="notes.ada"]').click();
  await page.locator('[data-item="one"]').click();
  const detail = page.getByRole("region", { name: "Item one" });
  await detail.getByText("of one").waitFor();
  await detail.getByRole("button", { name: "Edit" }).click();
  await detail.getByRole("textbox").first().fill('{"text": "changed"}');
  await detail.getByRole("button", { name: "Save" }).click();
  await detail.getByText("changed").waitFor();
  assert.deepEqual((await get("/store/items?namespace=notes.ada&key=one")).value, { text: "changed" });
  await detail.getByRole("button", { name: "Delete this item" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete item" }).click();
  await page.locator('[data-item="one"]').waitFor({ state: "detached" });
  assert.equal(await get("/store/items?namespace=notes.ada&key=one"), null);
});

studio("items of the store are searched by their fields, and what a graph writes is shown as a table and as JSON", async ({ page }) => {
  const thread = await newThread();
  for (const note of ["milk", "bread"]) await runToEnd(thread, "memory", { input: { user: "ada", note } });
  await ask("PUT", "/store/items", { namespace: ["orders"], key: "one", value: { text: "milk", open: true } }, { status: 204 });
  await open(page, "/store");
  const items = page.locator("[data-item]");
  await page.locator('[data-item="bread"]').waitFor();
  assert.equal(await items.count(), 3);
  await page.getByRole("searchbox", { name: "By fields" }).fill("text=milk");
  await page.getByRole("button", { name: "Search" }).click();
  await page.locator('[data-item="bread"]').waitFor({ state: "detached" });
  const found = await post("/store/items/search", { namespace_prefix: [], filter: { text: "milk" } });
  assert.deepEqual((await items.evaluateAll((all) => all.map((one) => one.getAttribute("data-item")))).toSorted(), found.items.map(({ key }) => key).toSorted());
  await page.locator('[data-item="one"]').click();
  const detail = page.getByRole("region", { name: "Item one" });
  await detail.getByRole("group", { name: "Value of one" }).getByText(/open:\s*true/).waitFor();
});

studio("an item says how long it lives, and an edit keeps that", async ({ page }) => {
  await ask("PUT", "/store/items", { namespace: ["notes"], key: "short", value: { n: 1 }, ttl: 90 }, { status: 204 });
  await open(page, "/store?ns=notes&key=short");
  const detail = page.getByRole("region", { name: "Item short" });
  await detail.getByText("1 h 30 min").waitFor();
  await detail.getByRole("button", { name: "Edit" }).click();
  assert.equal(await detail.getByRole("spinbutton", { name: "Minutes" }).inputValue(), "90");
  await detail.getByRole("textbox").first().fill('{"n": 2}');
  await detail.getByRole("button", { name: "Save" }).click();
  await detail.getByRole("button", { name: "Edit" }).waitFor();
  const life = await get("/lgx/store/life?namespace=notes&key=short");
  assert.equal(life.ttl_minutes, 90);
  assert.deepEqual((await get("/store/items?namespace=notes&key=short&refresh_ttl=false")).value, { n: 2 });
});

studio("a cron is made with its next times, paused and deleted", async ({ page }) => {
  await open(page, "/graphs/multi");
  await open(page, "/crons");
  await page.getByRole("button", { name: "New cron" }).first().click();
  const form = page.getByRole("dialog", { name: "New cron" });
  await form.getByRole("textbox", { name: "Schedule" }).fill("30 4 * * *");
  await form.getByRole("combobox", { name: "Time zone" }).or(form.getByRole("textbox", { name: "Time zone" })).first().fill("Europe/Berlin");
  await form.getByText("04:30").first().waitFor();
  await form.getByRole("button", { name: "Create" }).click();
  await page.getByText("30 4 * * *").first().waitFor();
  const [cron] = await post("/runs/crons/search", {});
  assert.deepEqual([cron.schedule, cron.timezone, cron.enabled], ["30 4 * * *", "Europe/Berlin", true]);
  await page.getByRole("switch", { checked: true }).click();
  await page.getByRole("switch", { checked: false }).waitFor();
  assert.equal((await post("/runs/crons/search", {}))[0].enabled, false);
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("dialog", { name: /Delete/ }).getByRole("button", { name: /^Delete/ }).click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await page.getByText("30 4 * * *").first().waitFor({ state: "hidden" });
  assert.deepEqual(await post("/runs/crons/search", {}), []);
});

studio("runs of all threads are listed, with their assistant, and found by status", async ({ page }) => {
  const [fine, failed] = [await newThread(), await newThread()];
  await runToEnd(fine, "multi", { input: {} });
  await runToEnd(failed, "boom", { input: {} });
  const [[{ run_id: good }], [{ run_id: bad }]] = [await runsOf(fine), await runsOf(failed)];
  await open(page, "/runs");
  const row = (run) => page.locator(`[data-run="${run}"]`).first();
  await row(good).waitFor();
  await row(bad).waitFor();
  await page.getByText("2 runs").first().waitFor();
  await page.getByRole("combobox", { name: "Status" }).selectOption("error");
  await row(good).waitFor({ state: "detached" });
  await row(bad).waitFor();
  await row(bad).click();
  await page.getByRole("region", { name: "ValueError: kaboom" }).first().waitFor();
});

studio("two runs are compared: the first step that differs is marked", async ({ page }) => {
  const [left, right] = [await newThread(), await newThread()];
  await runToEnd(left, "goto", { input: { to: "left" } });
  await runToEnd(right, "goto", { input: { to: "right" } });
  const [[{ run_id: one }], [{ run_id: other }]] = [await runsOf(left), await runsOf(right)];
  await open(page, `/compare?left=${one}&right=${other}`);
  const main = page.getByRole("main");
  // The same node, but another state behind it; then nodes that only one of them has.
  await main.getByRole("status").getByText("The first step that differs is route, 1 of 3").waitFor();
  const first = main.locator('[data-first="true"]');
  assert.deepEqual(await first.evaluateAll((all) => all.map((one) => one.getAttribute("data-node"))), ["route"]);
  await first.getByText("first difference").waitFor();
  for (const path of ["left", "right"]) await main.locator(`[data-node="${path}"]`).filter({ hasText: `only ${path}` }).waitFor();
  await main.getByRole("heading", { name: "The last states differ in path, to" }).waitFor();
});
