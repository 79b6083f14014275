// The input of a graph as a form and as JSON.

import assert from "node:assert/strict";
import { node, open, studio } from "./browser.js";
import { runBy, runsOf } from "./server.js";

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

studio("each control tells its type, default and description, and what is filled in is sent as those types", async ({ page }) => {
  await openForm(page, "typed");
  const field = (key) => page.locator(`[data-field="${key}"]`).first();
  for (const [key, ...told] of [
    ["name", "text, needed", "Who ordered"],
    ["amount", "whole number, 3 by default", "How many are wanted"],
    ["price", "number, 9.5 by default"],
    ["express", "yes or no, false by default", "Whether it is urgent"],
    ["kind", 'one of, "book" by default', "What is ordered"],
    ["note", "text or null"],
    ["tags", "list"],
    ["address", "object or null"],
  ]) {
    for (const words of told) await field(key).getByText(words, { exact: true }).waitFor();
  }
  await field("name").getByRole("textbox").fill("Ada");
  await field("amount").getByRole("textbox").fill("2");
  await field("price").getByRole("textbox").fill("7.25");
  await field("express").getByRole("combobox").selectOption("true");
  await field("kind").getByRole("combobox").selectOption("film");
  await field("note").getByRole("button", { name: "null" }).click();
  await field("tags").getByRole("button", { name: "Add" }).click();
  await field("tags").getByRole("textbox").fill("gift");
  await field("address").getByRole("button", { name: "Fill in" }).click();
  await field("street").getByRole("textbox").fill("Main Street");
  await field("number").getByRole("textbox").fill("12");
  const wanted = { name: "Ada", amount: 2, price: 7.25, express: true, kind: "film", note: null, tags: ["gift"], address: { street: "Main Street", number: 12 } };
  assert.deepEqual(JSON.parse(await raw(page).inputValue()), wanted);
  const { kwargs } = await runBy(page, () => submit(page).click());
  assert.deepEqual(kwargs.input, wanted);
});

studio("schema_int: the form has what the state declares", async ({ page }) => {
  await openForm(page, "schema_int");
  for (const key of ["a", "b"]) await page.locator(`[data-field="${key}"]`).getByText("text", { exact: true }).waitFor();
  await page.locator('[data-field="a"]').getByRole("textbox").fill("from the form");
  const { kwargs } = await runBy(page, () => submit(page).click());
  assert.deepEqual(kwargs.input, { a: "from the form" });
});
