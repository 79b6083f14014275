// The input of a graph as a form and as JSON.

import assert from "node:assert/strict";
import { node, open, studio } from "./browser.js";
import { runsOf } from "./server.js";

const raw = (page) => page.getByRole("textbox", { name: "Input as JSON" });
const submit = (page) => page.getByRole("button", { name: /^Submit/ });
const threadOf = (page) => new URL(page.url()).pathname.split("/").at(-1);

async function openForm(page, graph) {
  await open(page, `/graphs/${graph}`);
  await node(page, "__start__").waitFor();
  const form = page.getByRole("tab", { name: "Form" });
  if ((await form.count()) > 0) await form.click();
  await submit(page).waitFor();
}

studio("the form has a control for each property, and what is sent is exactly that JSON", async ({ page }) => {
  await openForm(page, "multi");
  const delay = page.locator('[data-field="delay"]');
  await delay.getByText("number").waitFor();
  await delay.getByRole("textbox").fill("0.25");
  const log = page.locator('[data-field="log"]');
  await log.getByRole("button", { name: /Add|Fill in/ }).first().click();
  await log.getByRole("textbox").first().fill("7");
  assert.deepEqual(JSON.parse(await raw(page).inputValue()), { delay: 0.25, log: ["7"] });
  await submit(page).click();
  await page.waitForURL(/\/studio\/threads\//);
  const [run] = await runsOf(threadOf(page));
  assert.deepEqual(run.kwargs.input, { delay: 0.25, log: ["7"] });
});

studio("JSON that is wrong names its line and column, and cannot be sent", async ({ page }) => {
  await openForm(page, "kinds");
  await raw(page).fill('{\n  "only": nope\n}');
  await page.getByRole("alert").getByText(/line 2, column 11/i).waitFor();
  assert.equal(await submit(page).isDisabled(), true);
  await raw(page).fill('{"only": "date"}');
  assert.equal(await submit(page).isDisabled(), false);
  assert.equal(await page.locator('[data-field="only"]').getByRole("textbox").inputValue(), "date");
  await raw(page).press("Control+Enter");
  await page.waitForURL(/\/studio\/threads\//);
  const [run] = await runsOf(threadOf(page));
  assert.deepEqual(run.kwargs.input, { only: "date" });
});
