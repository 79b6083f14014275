// A server that was told to have no Studio: neither the page nor what only it asks is there, and the API is as ever.

import assert from "node:assert/strict";
import { studio } from "./browser.js";
import { get, newThread, URL_OF_SERVER } from "./server.js";

studio("with --no-studio neither the page nor what it asks is there", { console: [/404/] }, async ({ page }) => {
  for (const path of ["/studio", "/studio/", "/studio/threads", "/studio/app.js", "/lgx/project", "/lgx/logs", "/lgx/socket"]) {
    const answer = await page.goto(URL_OF_SERVER + path);
    assert.equal(answer?.status(), 404, path);
    assert.equal(await page.getByRole("navigation").count(), 0);
  }
  await get(`/threads/${await newThread()}`);
});
