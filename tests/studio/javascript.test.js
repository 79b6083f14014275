// Graphs in TypeScript on the same pages: chat with tools, a form, a question, an error at its line, a saved edit.

import assert from "node:assert/strict";
import { node, nodeIs, open, studio } from "./browser.js";
import { edited } from "./edits.js";
import { get, runBy, runsOf, stateOf, threadWith, valuesOf } from "./server.js";

const box = (page) => page.getByRole("textbox", { name: "Message", exact: true });
const log = (page) => page.getByRole("log", { name: "Messages" });

async function say(page, text) {
  await box(page).fill(text);
  return runBy(page, () => page.keyboard.press("Enter"));
}

studio("an agent is talked to, and its tool, tokens and calls are shown", async ({ page }) => {
  await open(page, "/graphs/agent");
  await node(page, "tools").waitFor();
  const run = await say(page, "What is the weather?");
  assert.equal(run.status, "success");
  await log(page).getByText("It is sunny in Basel.").waitFor();
  await log(page).getByText('{"city":"Basel"}').waitFor();
  await log(page).getByText("44 tokens in all").waitFor();
  await nodeIs(page, "tools", "done");
  const { calls } = await get(`/lgx/runs/${run.run_id}/calls`);
  assert.deepEqual(calls.map(({ kind, name, node: of }) => [kind, name, of]), [
    ["model", "Scripted", "model_request"],
    ["tool", "weather", "tools"],
    ["model", "Scripted", "model_request"],
  ]);
  await open(page, `/runs/${run.run_id}`);
  await page.getByRole("listbox", { name: "Steps and calls" }).getByText("weather").first().waitFor();
});

studio("an answer comes word by word, and what is thrown is shown at the line of TypeScript", async ({ page }) => {
  await open(page, "/graphs/story");
  await node(page, "tell").waitFor();
  await say(page, "tell me a story");
  await log(page).getByText("a graph", { exact: true }).waitFor();
  const failed = await say(page, "fail");
  assert.equal(failed.status, "error");
  await nodeIs(page, "tell", "failed");
  await page.getByText(/src\/story\.ts:10:\d+/).first().waitFor();
  await page.locator("[aria-current]").getByText('throw new RangeError("no more stories");').waitFor();
});

studio("the function of a node is shown where it is written", async ({ page }) => {
  await open(page, "/graphs/story");
  await node(page, "tell").getByRole("button", { name: /^tell/ }).click();
  await page.getByRole("button", { name: /^Open in editor: src\/story\.ts:8\b/ }).waitFor();
});

studio("a state of zod's has a form, and one without types takes texts as they are typed", async ({ page }) => {
  await open(page, "/graphs/forms");
  const field = (name) => page.locator(`[data-field="${name}"]`);
  await field("name").getByRole("textbox").fill("Ada");
  await field("age").getByRole("textbox").fill("-1");
  await field("age").getByText("at least 0").waitFor();
  await field("age").getByRole("textbox").fill("36");
  await field("tone").getByRole("combobox").selectOption("cold");
  const run = await runBy(page, () => page.getByRole("button", { name: /^Submit/ }).click());
  assert.deepEqual(await valuesOf(run.thread_id), { name: "Ada", age: 36, tone: "cold", greetings: ["cold Ada"] });
  await open(page, "/graphs/review");
  await field("text").getByRole("textbox").fill("hello there");
  const asks = await runBy(page, () => page.getByRole("button", { name: /^Submit/ }).click());
  assert.equal((await valuesOf(asks.thread_id)).text, "hello there!");
});

studio("a question is answered, and the graph shows where it went", async ({ page }) => {
  const thread = await threadWith("review", { text: "draft" });
  await open(page, `/threads/${thread}`);
  await nodeIs(page, "review", "waiting");
  await page.getByRole("textbox", { name: "Answer", exact: true }).fill("yes");
  await runBy(page, () => page.keyboard.press("Control+Enter"));
  await nodeIs(page, "publish", "done");
  await page.locator('[data-edge="review->publish"][data-taken="true"]').waitFor({ state: "attached" });
  assert.deepEqual((await stateOf(thread)).values, { text: "draft!", verdict: "yes", log: ["draft", "review", "publish"] });
  assert.equal((await runsOf(thread)).length, 2);
});

studio("a node shows where its code is in TypeScript", async ({ page }) => {
  await open(page, "/graphs/review");
  await node(page, "draft").getByRole("button", { name: /^draft/ }).click();
  const details = page.getByRole("dialog", { name: "Node draft" });
  await details.getByText(/src\/review\.ts:11$/).waitFor();
  await details.getByText("function draft").waitFor();
  await details.getByRole("button", { name: /^Open in editor/ }).waitFor();
});

studio("a save that is no TypeScript lies over the graph, and goes when it is mended", async ({ page }) => {
  await open(page, "/graphs/review");
  await node(page, "draft").waitFor();
  const overlay = page.getByRole("alertdialog", { name: "The new code does not load" });
  await edited(page, "src/review.ts", (text) => text.replace('log: ["draft"] };', 'log: ["draft"] '), async () => {
    await overlay.getByText(/src\/review\.ts:\d+/).first().waitFor();
    await overlay.locator("[aria-current]").waitFor();
  });
  await overlay.waitFor({ state: "detached" });
});
