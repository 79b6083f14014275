// A server that keeps the words of exceptions to itself.

import assert from "node:assert/strict";
import { nodeIs, open, studio } from "./browser.js";
import { newThread, runToEnd, runsOf } from "./server.js";

/** All texts of the page but the lines of the project's own sources: what stands there is no secret of an exception. */
const toldOf = (page) =>
  page.evaluate(() => {
    const copy = document.body.cloneNode(true);
    for (const source of copy.querySelectorAll(".source-excerpt")) source.remove();
    return copy.textContent;
  });

studio("with --redact-errors the message of an exception is nowhere in the page", async ({ page }) => {
  const thread = await newThread();
  // One that no client is told of; what a graph says by a ValueError is for clients.
  await runToEnd(thread, "boom", { input: { exc: "OSError" } });
  const [{ run_id: run }] = await runsOf(thread);
  await open(page, `/threads/${thread}`);
  await nodeIs(page, "explode", "failed");
  assert.doesNotMatch(await toldOf(page), /kaboom/);
  await open(page, `/runs/${run}`);
  await page.getByRole("main").getByText("explode").first().waitFor();
  assert.doesNotMatch(await toldOf(page), /kaboom/);
});
