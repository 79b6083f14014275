// Edits of the project that is served, for the time of a test.

import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "./server.js";

/** Saves a file at once: one that is written where it lies is empty for as long as the machine has other things to do. */
async function save(file, text) {
  await writeFile(`${file}.tmp`, text);
  await rename(`${file}.tmp`, file);
}

/** Edits a file of the project; afterwards the old text is there again, and the page says of nothing that it does not load. */
export async function edited(page, path, change, body) {
  const file = join(PROJECT ?? "", path);
  const before = await readFile(file, "utf8");
  try {
    await save(file, change(before));
    await body();
  } finally {
    await save(file, before);
    await page.getByRole("alertdialog", { name: "The new code does not load" }).waitFor({ state: "detached" });
  }
}

/** Lets runs of the graph `patient` go on for the time of `body`. */
export async function letGo(body) {
  const go = join(PROJECT ?? "", "go");
  await writeFile(go, "");
  try {
    await body();
  } finally {
    await rm(go);
  }
}

/** Of src/multi.py: what Python cannot read. */
export const broken = (text) => text.replace('return {"log": ["b"]}', 'return {"log": ["b"]');
