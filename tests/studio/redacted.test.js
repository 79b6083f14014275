// A server that keeps the words of exceptions to itself.

import assert from "node:assert/strict";
import { nodeIs, open, studio } from "./browser.js";
import { newThread, runToEnd, runsOf } from "./server.js";

studio("with --redact-errors the message of an exception is nowhere in the page", async ({ page }) => {
  const thread = await newThread();
  await runToEnd(thread, "boom", { input: {} });
  const [{ run_id: run }] = await runsOf(thread);
  await open(page, `/threads/${thread}`);
  await nodeIs(page, "explode", "failed");
  assert.doesNotMatch(await page.content(), /kaboom"\)|kaboom</);
  await open(page, `/runs/${run}`);
  await page.getByRole("main").getByText("explode").first().waitFor();
  assert.doesNotMatch((await page.getByRole("main").innerText()).replaceAll(/raise .*kaboom.*/g, ""), /kaboom/);
});
