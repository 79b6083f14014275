// What is read while code is loaded is known, however it is read.

import assert from "node:assert/strict";
import fs, { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { FilesRead } from "../src/files_read.mjs";
import { settingsFiles, workspace } from "../src/project_files.mjs";

/** @type {string} */
let root;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "lgx-"));
  fs.mkdirSync(join(root, "node_modules"));
  for (const name of ["a.md", "b.txt", "c.json", "d.jinja", "e.md", "f.bin", "node_modules/g.md"]) writeFileSync(join(root, name), "");
});
after(() => rm(root, { recursive: true }));

test("files and directories of data are collected, with whatever they are read", async () => {
  const read = new FilesRead([root], ["md", "txt", "json", "jinja"]);
  const { readFileSync: own } = fs;
  await read.during(async () => {
    readFileSync(join(root, "a.md"));
    await readFile(pathToFileURL(join(root, "b.txt")));
    fs.closeSync(fs.openSync(join(root, "c.json"), "r"));
    await assert.rejects(readFile(join(root, "missing.md")));
    writeFileSync(join(root, "d.jinja"), "");
    readFileSync(join(root, "d.jinja"));
    readFileSync(join(root, "f.bin"));
    readFileSync(join(root, "node_modules/g.md"));
    readFileSync(new URL("package.json", import.meta.resolve("../package.json")));
    await readdir(root);
  });
  assert.equal(fs.readFileSync, own);
  readFileSync(join(root, "e.md"));
  assert.deepEqual(read.files, ["a.md", "b.txt", "c.json", "missing.md"].map((name) => join(root, name)));
  assert.deepEqual(read.listed, [root]);
});

test("what somebody else has wrapped meanwhile stays wrapped", async () => {
  const own = fs.readFileSync;
  const theirs = /** @type {any} */ (() => "theirs");
  await new FilesRead([root], ["md"]).during(async () => void (fs.readFileSync = theirs));
  assert.equal(fs.readFileSync, theirs);
  fs.readFileSync = own;
});

test("settings count from the code's own folder up to the workspace, which has the lockfile", () => {
  const files = ["package.json", "package-lock.json", "tsconfig.base.json", "apps/agent/tsconfig.json", "apps/agent/src/tsconfig.json", "apps/other/tsconfig.json"];
  for (const file of files) {
    fs.mkdirSync(join(root, file, ".."), { recursive: true });
    writeFileSync(join(root, file), "{}");
  }
  const agent = join(root, "apps/agent");
  assert.deepEqual(workspace(agent), [agent, join(root, "apps"), root]);
  const found = settingsFiles(agent, [join(agent, "src/graph.ts")]).map((file) => file.slice(root.length + 1));
  assert.deepEqual(found.toSorted(), files.slice(0, 5).toSorted());
});
