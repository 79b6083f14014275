// Edits of the project that is served, for the time of a test.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "./server.js";

/** Edits a file of the project; afterwards the old text is there again, and the page says of nothing that it does not load. */
export async function edited(page, path, change, body) {
  const file = join(PROJECT ?? "", path);
  const before = await readFile(file, "utf8");
  try {
    await writeFile(file, change(before));
    await body();
  } finally {
    await writeFile(file, before);
    await page.getByRole("alertdialog", { name: "The new code does not load" }).waitFor({ state: "detached" });
  }
}

/** Of src/multi.py: what Python cannot read. */
export const broken = (text) => text.replace('return {"log": ["b"]}', 'return {"log": ["b"]');
