// Opening a file in the editor: only what is of the project, and only for this page.

import assert from "node:assert/strict";
import { watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { test } from "node:test";
import { node, open, studio } from "./browser.js";
import { ask, URL_OF_SERVER } from "./server.js";

const OPENED = process.env.LGX_OPENED ?? "";
const STUDIO = { "x-lgx-studio": "1" };

/** What the recording editor was asked to open, as soon as that fits. */
async function opened(fits) {
  const watcher = watch(dirname(OPENED));
  try {
    for (;;) {
      const changed = new Promise((resolve) => watcher.once("change", resolve));
      const text = await readFile(OPENED, "utf8").catch(() => "");
      if (fits.test(text)) return;
      await changed;
    }
  } finally {
    watcher.close();
  }
}

studio("a node's file opens in the editor at its line", { skip: OPENED === "" && "no editor writes down what it opens" }, async ({ page }) => {
  await open(page, "/graphs/multi");
  await node(page, "slow").getByRole("button", { name: /^slow/ }).click();
  await page.getByRole("button", { name: /^Open in editor: src\/multi\.py:\d+/ }).click();
  await opened(/src\/multi\.py:\d+\n/);
  assert.equal(basename(OPENED), "opened");
});

test("a file outside of the project is refused, and so is a page of another origin", async () => {
  await ask("POST", "/lgx/open", { file: "/etc/hostname", line: 1 }, { status: 403, headers: STUDIO });
  await ask("POST", "/lgx/open", { file: "../outside.py", line: 1 }, { status: 403, headers: STUDIO });
  for (const origin of ["https://example.com", "http://localhost:3000"]) {
    await ask("GET", "/lgx/project", undefined, { status: 403, headers: { origin } });
    await ask("POST", "/lgx/open", { file: "src/multi.py", line: 1 }, { status: 403, headers: { ...STUDIO, origin } });
  }
  await ask("POST", "/lgx/open", { file: "src/multi.py", line: 1 }, { status: 403 });
  await ask("GET", "/lgx/project", undefined, { headers: { origin: URL_OF_SERVER } });
});
