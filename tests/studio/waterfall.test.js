// A run as its own page shows it: bars by the clock, waiting apart from work, tokens where a model told of them.

import assert from "node:assert/strict";
import { eventually, open, studio } from "./browser.js";
import { ended, get, newThread, post, runToEnd, runsOf, startRun } from "./server.js";

const bar = (page, label) => page.locator(`[data-bar="${label}"]`);
/** Where on the screen a bar works, or waits. */
const placeOf = async (page, label, part = "bar") => {
  const { x, width } = await bar(page, label).locator(`.waterfall-${part}`).boundingBox();
  return { from: x, to: x + width };
};
const fact = (page, name) => page.getByRole("term").filter({ hasText: new RegExp(`^${name}$`) }).locator("+ dd");

studio("parallel nodes overlap, what follows both begins behind them, and widths are those of the clock", async ({ page }) => {
  const thread = await newThread();
  await runToEnd(thread, "parallel", { input: { delay: 0.4 } });
  const [{ run_id: run }] = await runsOf(thread);
  const { steps } = await get(`/lgx/runs/${run}`);
  await open(page, `/runs/${run}`);
  await bar(page, "join").waitFor();
  const [left, right, join, whole] = await Promise.all(["left", "right", "join", "run"].map((label) => placeOf(page, label)));
  assert.ok(left.from < right.to && right.from < left.to, "side by side");
  assert.ok(join.from >= left.to - 1 && join.from >= right.to - 1, "after both");
  for (const one of [left, right, join]) assert.ok(one.from >= whole.from - 1 && one.to <= whole.to + 4, "within the run");
  const took = (name) => {
    const { started_at: from, ended_at: to } = steps.find((step) => step.node === name);
    return Date.parse(to) - Date.parse(from);
  };
  const scale = (left.to - left.from) / took("left");
  assert.ok(Math.abs((right.to - right.from) / took("right") - scale) < scale * 0.05, "one scale");
  const { started_at: began, ended_at: end } = await get(`/lgx/runs/${run}`);
  assert.ok(Math.abs((whole.to - whole.from) / (Date.parse(end) - Date.parse(began)) - scale) < scale * 0.05, "of the run too");
});

studio("the time that a run waited before it began is drawn apart", async ({ page }) => {
  const thread = await newThread();
  // One of which the end is for the test to say.
  const first = await startRun(thread, "multi", { input: { delay: 600 } });
  const second = await startRun(thread, "parallel", { input: { delay: 0.2 }, multitask_strategy: "enqueue" });
  await open(page, `/runs/${second}`);
  await page.getByText("pending", { exact: true }).first().waitFor();
  // So long that it is the greater part of the picture.
  await bar(page, "run").locator(".waterfall-wait").waitFor();
  await eventually(page, "two seconds of waiting", () => Number(document.querySelector('[data-bar="run"]')?.getAttribute("data-to")) > 2_000);
  await post(`/threads/${thread}/runs/${first}/cancel?wait=1`);
  assert.equal((await ended(thread, second)).status, "success");
  await bar(page, "join").waitFor();
  await page.getByText("success", { exact: true }).first().waitFor();
  const [waits, works, left] = await Promise.all([placeOf(page, "run", "wait"), placeOf(page, "run"), placeOf(page, "left")]);
  const { created_at: asked, started_at: began, ended_at: end } = await get(`/lgx/runs/${second}`);
  const wanted = (Date.parse(began) - Date.parse(asked)) / (Date.parse(end) - Date.parse(began));
  const drawn = (waits.to - waits.from) / (works.to - works.from);
  assert.ok(Math.abs(drawn / wanted - 1) < 0.05, `waiting beside work, as the clock has it: ${drawn} and ${wanted}`);
  assert.ok(Math.abs(waits.to - works.from) < 2, "waiting ends where work begins");
  assert.ok(left.from >= works.from - 1, "no node works while the run waits");
  assert.equal(await bar(page, "left").locator(".waterfall-wait").count(), 0);
  await bar(page, "run").click();
  await page.getByRole("region", { name: "run", exact: true }).getByText("Waited").waitFor();
});

studio("a run shows the sum of its tokens, and none where no model told of any", async ({ page }) => {
  const [chat, multi] = [await newThread(), await newThread()];
  await runToEnd(chat, "chat", { input: { messages: [{ role: "user", content: "hello" }] } });
  await runToEnd(multi, "multi", { input: {} });
  const [[{ run_id: told }], [{ run_id: untold }]] = [await runsOf(chat), await runsOf(multi)];
  await open(page, `/runs/${told}`);
  const { calls } = await get(`/lgx/runs/${told}/calls`);
  const sum = calls.reduce((all, call) => all + (call.usage?.total_tokens ?? 0), 0);
  assert.ok(sum > 0);
  await fact(page, "Tokens").getByText(`(${sum})`).waitFor();
  await open(page, `/runs/${untold}`);
  await bar(page, "slow").waitFor();
  assert.equal(await fact(page, "Tokens").count(), 0);
  assert.doesNotMatch(await page.getByRole("main").innerText(), /token/i);
});
