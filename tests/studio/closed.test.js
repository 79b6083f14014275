// A project that does not let Studio in by itself: who asks is the first thing, and nothing is shown before.

import assert from "node:assert/strict";
import { studio } from "./browser.js";
import { post, URL_OF_SERVER } from "./server.js";

studio("the box comes first, and what is asked before is only who this is", { truncate: false }, async ({ page }) => {
  const { thread_id: thread } = await post("/threads", {}, { headers: { authorization: "Bearer alice", "x-auth-scheme": "" } });
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${URL_OF_SERVER}/studio/threads`);
  await page.getByRole("heading", { name: /wants to know who asks/ }).waitFor();
  assert.doesNotMatch(await page.locator("body").innerText(), new RegExp(`whoami|auth\\.py:\\d|${thread}|Threads`));
  assert.deepEqual([...new Set(asked.filter((path) => !path.startsWith("/studio")))], ["/lgx/project"]);
  await page.getByRole("textbox", { name: "Value of Authorization" }).fill("Bearer alice");
  await page.getByRole("button", { name: "Use", exact: true }).click();
  await page.locator(`[data-thread="${thread}"]`).waitFor();
});
